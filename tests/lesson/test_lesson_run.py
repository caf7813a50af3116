"""The lesson on a small generated set: what is measured, written and said, and that the parts agree with each other."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lesson_by_hand import answers_of, ids_of, right_of

import recurra
from recurra.data.datasets import Dataset
from recurra.errors import SettingsError
from recurra.lesson import run
from recurra.lesson.callback import LessonCallback
from recurra.lesson.run import MODELS, run_lesson

Lesson = tuple[dict[str, Any], Path, list[str]]


def test_every_network_and_every_question_is_measured(lesson: Lesson, tiny: Dataset) -> None:
    result = lesson[0]
    assert [model["preset"] for model in result["models"]] == [f"lesson/{name}" for name in MODELS]
    assert (result["train_rows"], result["test_rows"], result["seed"]) == (len(tiny.train), len(tiny.test), 0)
    assert (result["dataset"], result["dataset_note"]) == (tiny.title, tiny.reason)
    assert [one["name"] for one in result["shuffled"]] == list(MODELS)
    assert [one["name"] for one in result["masking"]["appended"]] == [
        "SimpleRNN without a mask",
        "simple-rnn-titles",
        "lstm",
    ]
    assert (result["bucketing"]["preset"], result["vocabulary"]["preset"]) == (
        "lesson/simple-rnn-masked",
        "lesson/gru",
    )
    assert [(flow["name"], flow["when"]) for flow in result["gradients"]] == [
        (f"lesson/{name}", when) for name in MODELS for when in ("before training", "after training")
    ]
    assert result["reading"]["model"] == "lesson/gru"
    assert all(model["epochs"] == 3 for model in result["models"])


def test_one_figure_is_the_same_wherever_it_stands(lesson: Lesson) -> None:
    result = lesson[0]
    of = {
        model["preset"].removeprefix("lesson/"): {"accuracy": model["test_accuracy"], "interval": model["interval"]}
        for model in result["models"]
    }
    assert {one["name"]: one["in_order"] for one in result["shuffled"]} == of
    assert result["masking"]["with_mask"] == of["simple-rnn-masked"]
    first = result["vocabulary"]["rules"][0]
    assert {"accuracy": first["accuracy"], "interval": first["interval"]} == of["gru"]
    for model in result["models"]:
        assert model["evaluation"]["accuracy"] == model["test_accuracy"]


def test_the_models_on_disk_score_what_the_lesson_says(lesson: Lesson, tiny: Dataset) -> None:
    """Answered by a loop over single words, not by our runtime."""
    result, out, _ = lesson
    assert sorted(path.stem for path in (out / "models").iterdir()) == sorted(MODELS)
    for model in result["models"]:
        saved = recurra.load(out / "models" / f"{model['preset'].removeprefix('lesson/')}.safetensors")
        answers = answers_of(saved, [ids_of(saved, document) for document in tiny.test.documents])
        assert right_of(saved, answers, tiny.test.labels or ()) == round(model["test_accuracy"] * len(tiny.test))


def test_the_page_shows_the_numbers_of_the_json(lesson: Lesson) -> None:
    result, out, _ = lesson
    assert json.loads((out / "lesson.json").read_text(encoding="utf-8")) == result
    page = (out / "lesson.html").read_text(encoding="utf-8")
    scores, costs = (_cells(table) for table in re.findall("<tbody>(.*?)</tbody>", page, re.DOTALL)[:2])
    models = [*result["models"], result["baseline"]]
    assert len(models) == len(MODELS) + 1
    for of_score, of_cost, model in zip(scores, costs, models, strict=True):
        low, high = model["interval"]
        name = model.get("preset", model.get("name")).removeprefix("lesson/")
        # Figures of others are AG News' alone.
        assert of_score == [
            name,
            f"{100 * model['test_accuracy']:.2f} %",
            f"{100 * low:.2f}–{100 * high:.2f}",
            f"{100 * model['train_accuracy']:.2f} %",
            model.get("reads", "whole texts"),
        ]
        epochs = [str(model.get("epochs", "–")), str(model.get("best_epoch", "–"))]
        assert of_cost[:5] == [name, model["train_phrase"], *epochs, f"{model['parameters']:,}"]
        assert len(of_cost) == 8
    assert "medians of 3 runs each" in page


def _cells(table: str) -> list[list[str]]:
    """The texts of a table's cells, row by row."""
    return [
        [
            html.unescape(re.sub("<[^>]*>", "", cell)).replace("\N{NO-BREAK SPACE}", " ")
            for cell in re.split("</t[hd]>", row)[:-1]
        ]
        for row in re.findall("<tr>(.*?)</tr>", table, re.DOTALL)
    ]


def test_what_is_said_ends_with_the_table_and_the_places(lesson: Lesson) -> None:
    result, out, said = lesson
    for model in result["models"]:
        own = [message for message in said if message.startswith(f"\n{model['preset']}\n")]
        assert len(own) == 1
        assert f"test accuracy {model['test_accuracy']:.2%}" in own[0]
        assert f"{model['docs_per_second']:,.0f} documents a second" in own[0]
    assert f"{result['models'][0]['parameters']:,}" in said[-1]
    assert f"The page is {out / 'lesson.html'}, the models lie in {out / 'models'}." in said[-1]


def test_small_sets_get_more_epochs_and_are_told_so(data_folder: Path, tmp_path: Path) -> None:
    said: list[str] = []

    class Progress(LessonCallback):
        def on_message(self, message: str) -> None:
            said.append(message)

    result = run_lesson(
        dataset="tiny", data_dir=data_folder, take=40, models=["simple-rnn-titles"], out=tmp_path, callback=Progress()
    )
    assert result["models"][0]["epochs"] == 10
    assert any("10 epochs instead of the lesson's one" in message for message in said)
    assert result["masking"] is None  # its SimpleRNN was not asked for
    assert result["vocabulary"] is None
    assert result["bucketing"] is None


def test_a_set_of_long_texts_is_read_to_its_first_words(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(run.FIRST_WORDS, "tiny", 3)
    result = run_lesson(dataset="tiny", data_dir=data_folder, take=40, models=["lstm"], epochs=1, out=tmp_path)
    assert result["reads"] == "simple-rnn-titles reads titles, the other networks the first 3 words; 1\xa0epoch."
    model = recurra.load(tmp_path / "models" / "lstm.safetensors")
    assert (model.bundle.text.max_tokens, model.bundle.pad_to) == (3, 3)
    # The section on pads is about whole texts.
    assert result["pads"] is not None
    assert result["pads"]["pad_to"] > 3


@pytest.mark.parametrize(
    ("rows", "epochs"), [(120_000, 1), (30_000, 1), (20_001, 1), (19_999, 2), (7_500, 4), (3_000, 10), (2, 10)]
)
def test_networks_see_about_thirty_thousand_documents_in_ten_epochs_at_most(rows: int, epochs: int) -> None:
    said: list[str] = []

    class Monitor(LessonCallback):
        def on_message(self, message: str) -> None:
            said.append(message)

    data: Any = type("Data", (), {"train": range(rows)})
    assert run._epochs(data, Monitor()) == epochs
    assert len(said) == (epochs > 1)
    assert all(f"{rows:,} rows" in message for message in said)


def test_networks_are_trained_in_the_lessons_order_each_once() -> None:
    assert run._chosen(["lstm", "lesson/gru", "lstm"]) == ["gru", "lstm"]
    assert run._chosen(None) == list(MODELS)


def test_an_unknown_model_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"'transformer'.*simple-rnn-titles, simple-rnn-masked, gru, lstm, bilstm"):
        run_lesson(models=["gru", "transformer"], out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_confusion_counts_every_test_row_once(lesson: Lesson, tiny: Dataset) -> None:
    labels = tiny.test.labels or []
    for model in lesson[0]["models"]:
        confusion = np.array(model["evaluation"]["confusion"])
        assert confusion.sum(axis=1).tolist() == [labels.count("land"), labels.count("sea")]
        assert np.trace(confusion) == round(model["test_accuracy"] * len(labels))
