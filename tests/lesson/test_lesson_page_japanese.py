"""The lesson's page in Japanese: complete, with the numbers of the English one."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from japanese_pages import english_left, spaces_between_japanese

from recurra.errors import SettingsError
from recurra.lesson.page import lesson_page
from recurra.lesson.run import PAGE, run_lesson
from recurra.report.translation import use_language

NAMES = ("AI for Beginners", "TF-IDF (1- and 2-grams) + LinearSVC", "TF-IDF + linear SVC")


def japanese(result: Any) -> str:
    with use_language("ja"):
        return lesson_page(result)


def test_no_english_sentence_and_no_space_between_japanese_characters(result: dict[str, Any]) -> None:
    result["dataset_note"] = "AG News, because it lies in /data/agnews (found here)"
    result["vocabulary"]["rules"][1]["name"] = "the full text of all training rows"
    texts = {mistake["text"] for model in result["models"] for mistake in model["mistakes"]}
    page = japanese(result)
    assert english_left(page, [*NAMES, *texts]) == []
    assert spaces_between_japanese(page) == []


def test_a_whole_lesson_in_japanese(lesson: tuple[Any, Path, list[str]]) -> None:
    result = lesson[0]
    texts = {mistake["text"] for model in result["models"] for mistake in model["mistakes"]}
    page = japanese(result)
    assert english_left(page, [*NAMES, *sorted(texts, key=len, reverse=True)]) == []
    assert spaces_between_japanese(page) == []


def test_the_page_says_its_language_and_the_same_numbers(
    result: dict[str, Any], check_page: Callable[[str], Any]
) -> None:
    before = copy.deepcopy(result)
    page, english = check_page(japanese(result)), check_page(lesson_page(result))
    assert result == before
    assert page.values("lang") == ["ja"]
    assert english.values("lang") == ["en"]
    assert page.values("id") == english.values("id")

    def percents(text: str) -> list[str]:
        return sorted(re.findall(r"\d+\.\d\d(?=\s%)", text))

    assert percents(page.text) == percents(english.text)
    assert "AG News で学ぶ再帰型ネットワーク" in page.text
    assert "学習データ 120,000 行のうち 58,337 行" in page.text


@pytest.mark.parametrize("part", ["masking", "pads", "bucketing", "shuffled", "vocabulary", "reading", "gradients"])
def test_parts_that_were_not_measured_leave_no_english(result: dict[str, Any], part: str) -> None:
    result |= {part: None, "dataset_note": "", "baseline": None, "models": result["models"][:1]}
    texts = {mistake["text"] for model in result["models"] for mistake in model["mistakes"]}
    assert english_left(japanese(result), [*NAMES, *texts]) == []


def test_hostile_text_stays_text(result: dict[str, Any], check_page: Callable[[str], Any]) -> None:
    hostile = "<script>alert({0})</script> & {name}"
    model = {**result["models"][0], "preset": hostile, "train_phrase": hostile}
    model["mistakes"] = [{**model["mistakes"][0], "text": hostile, "label": hostile, "predicted": hostile}]
    result["reading"] = {**result["reading"], "model": hostile, "label": hostile, "labels": [hostile] * 4}
    page = check_page(japanese({**result, "models": [model], "dataset": hostile, "train_phrase": hostile}))
    assert hostile in page.text


def test_pictures_leave_room_for_japanese(result: dict[str, Any]) -> None:
    """Names of rows are written to the left of the axis, each character an em wide: none begins left of the picture."""
    label = re.search(
        r'font-size: ([\d.]+)px; text-anchor: end[^>]* x="([\d.]+)"[^>]*>長さ別のバッチ<', japanese(result)
    )
    assert label is not None
    size, right = map(float, label.groups())
    assert right - size * len("長さ別のバッチ") > 0


def test_the_command_s_run_is_refused_before_it_trains(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="There are no pages in 'fr'"):
        run_lesson(dataset="tiny", language="fr", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_results_stay_english(data_folder: Path, tmp_path: Path) -> None:
    run_lesson(dataset="tiny", data_dir=data_folder, models=["gru"], epochs=1, out=tmp_path, language="ja")
    assert '<html lang="ja">' in (tmp_path / PAGE).read_text("utf-8")
    found = json.loads((tmp_path / "lesson.json").read_text("utf-8"))
    assert found["train_phrase"] == "240 training rows"
    assert found["models"][0]["reads"] == "whole texts"
