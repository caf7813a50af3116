"""The lesson's page: whole, safe, and showing the numbers it was given."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest

from recurra.lesson.page import lesson_page
from recurra.lesson.published_scores import PUBLISHED_SCORES
from recurra.lesson.result import LessonResult, ModelResult
from recurra.presets import preset_names


def test_the_page_shows_every_model_s_numbers(result: dict[str, Any], check_page: Callable[[str], Any]):
    page = check_page(lesson_page(result))
    text = page.text
    assert "58,337 of 120,000 training rows" in text
    assert "40,899 of 120,000 training rows" in text
    for model in result["models"]:
        low, high = model["interval"]
        for shown in (
            f"{model['parameters']:,}",
            f"{100 * model['train_accuracy']:.2f}",
            f"{100 * model['test_accuracy']:.2f}",
            f"{100 * low:.2f}–{100 * high:.2f}",
            f"The most confident mistakes of {model['preset'].removeprefix('lesson/')}",
            f"{100 * model['mistakes'][0]['probability']:.2f}",
        ):
            assert shown in text
    assert "79.95 %" in text  # the lesson's own figure
    assert "76.91 %" in text  # Keras's
    assert "TF-IDF + linear SVC 91.80 % 90.47–92.94 99.10 % whole texts 49 % – –" in text
    assert "TF-IDF + linear SVC 58,337 of 120,000 training rows – – 2,400,000" in text
    assert "AG News was found in the data directory." in text
    # Pictures say their numbers in their descriptions.
    assert "lstm, words in order: 87.1 (85.52 to 88.54); lstm, words shuffled: 82.2 (80.43 to 83.86)" in text
    assert "SimpleRNN without a mask: from 62 at 0 to 25 at 500" in text
    assert "random batches: 41.2 %; batches of similar length: 3.1 %" in text
    pictures = [tag for tag, attributes in page.elements if tag == "svg" and "aria-hidden" not in attributes]
    # The reading's answer, state and three gates, and the gradient before and after training.
    assert len(pictures) == 1 + 2 * 5 + 2 + 2 + 1 + 2 + (1 + 1 + 3) + 2


def test_the_page_is_the_same_every_time_and_its_result_is_json(result: dict[str, Any]):
    html = lesson_page(result)
    assert lesson_page(json.loads(json.dumps(result, allow_nan=False))) == html
    assert len(html) < 400_000


def test_parts_that_were_not_measured_have_no_section(result: dict[str, Any], check_page: Callable[[str], Any]):
    parts = {"masking": "padding", "bucketing": "bucketing", "shuffled": "order", "vocabulary": "words"}
    parts |= {"reading": "reading", "gradients": "gradients"}
    everything = check_page(lesson_page(result))
    assert set(parts.values()) < set(everything.values("id"))
    one = {**result, **dict.fromkeys(parts), "baseline": None, "models": result["models"][2:3]}
    page = check_page(lesson_page(one))
    assert not set(parts.values()) & set(page.values("id"))
    assert not {f"#{part}" for part in parts.values()} & set(page.values("href"))
    # The GRU has no published figures: no empty columns, no notes about them.
    assert "Keras" not in page.text
    assert "TF-IDF" not in page.text
    assert "This network learned from 58,337 of 120,000 training rows" in page.text


def test_no_held_out_rows_and_no_mistakes(result: dict[str, Any], check_page: Callable[[str], Any]):
    empty = {"epochs": [], "loss": [], "accuracy": []}
    model = {**result["models"][2], "validation_curve": empty, "mistakes": [], "peak_memory_mb": None}
    text = check_page(lesson_page({**result, "models": [model]})).text
    assert "No rows were held out" in text
    assert "None: every test row was classified correctly." in text
    both = {**model, "train_curve": empty}
    assert check_page(lesson_page({**result, "models": [both]})).text


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title>\x00\ud800"]
)
def test_hostile_text_stays_text(result: dict[str, Any], hostile: str, check_page: Callable[[str], Any]):
    model = {**result["models"][0], "preset": hostile, "train_phrase": hostile}
    model["mistakes"] = [{**model["mistakes"][0], "text": hostile, "label": hostile, "predicted": hostile}]
    classes = [{**score, "label": hostile} for score in model["evaluation"]["classes"]]
    model["evaluation"] = {**model["evaluation"], "classes": classes}
    for part in ("masking", "bucketing", "vocabulary"):
        result[part]["train_phrase"] = hostile
    result["masking"]["appended"][0]["name"] = hostile
    result["shuffled"][0]["name"] = hostile
    result["vocabulary"]["rules"][0]["name"] = hostile
    result["baseline"]["name"] = hostile
    result["reading"] = {**result["reading"], "model": hostile, "label": hostile, "labels": [hostile] * 4}
    result["reading"]["tokens"] = [{"text": hostile, "known": True} for _ in result["reading"]["tokens"]]
    result["gradients"][0]["name"] = hostile
    changed = {**result, "models": [model], "dataset": hostile, "dataset_note": hostile, "train_phrase": hostile}
    page = check_page(lesson_page(changed))
    assert hostile.rstrip("\x00\ud800") in page.text


def test_the_result_holds_what_json_promises_and_what_is_made_up_here(result: dict[str, Any]):
    """The keys that others rely on are part of the contract, and the made-up result has exactly the contract's keys."""
    assert {"dataset", "train_rows", "test_rows", "models"} <= set(get_type_hints(LessonResult))
    promised = ["preset", "parameters", "seconds", "docs_per_second", "train_accuracy", "test_accuracy", "interval"]
    assert set(promised) <= set(get_type_hints(ModelResult))
    assert set(result) == set(get_type_hints(LessonResult))
    assert all(set(model) == set(get_type_hints(ModelResult)) for model in result["models"])


def test_every_lesson_preset_has_its_published_figures():
    assert list(PUBLISHED_SCORES) == [name for name in preset_names() if name.startswith("lesson/")]
    figures = [figure for published in PUBLISHED_SCORES.values() for figure in published if figure is not None]
    assert all(0.7 < figure < 0.9 for figure in figures)
