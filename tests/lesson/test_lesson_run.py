"""The lesson on a small generated set: every part is measured, and the parts agree with each other."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import recurra
from recurra.data.sets import NamedSet, load_set
from recurra.errors import SettingsError
from recurra.lesson.bucketing import padding_share
from recurra.lesson.callback import LessonCallback
from recurra.lesson.model_results import phrase
from recurra.lesson.pads import PADS, correct_with_pads
from recurra.lesson.run import MODELS, run_lesson
from recurra.lesson.shuffled import score_shuffled
from recurra.presets import load_preset
from recurra.training.epochs import epoch_batches

TRAIN, TEST = 240, 60


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets") / "tiny"
    folder.mkdir()
    generator = random.Random(5)
    for name, rows in {"train": TRAIN, "test": TEST}.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["label", "title", "description"])
            for row in range(rows):
                label = ["sea", "land"][row % 2]
                words = [*generator.choices(["the", "a", "old", "new", "long"], k=generator.randint(2, 12)), label]
                generator.shuffle(words)
                writer.writerow([label, f"{label} report {row % 5}", " ".join(words)])
    return folder.parent


@pytest.fixture(scope="module")
def tiny(data_folder: Path) -> NamedSet:
    return load_set("tiny", data_dir=data_folder, say=lambda message: None)


@pytest.fixture(scope="module")
def lesson(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, list[str]]:
    said: list[str] = []

    class Progress(LessonCallback):
        def on_message(self, message: str) -> None:
            said.append(message)

    out = tmp_path_factory.mktemp("lesson")
    result = run_lesson(dataset="tiny", data_dir=data_folder, epochs=2, out=out, callback=Progress())
    return result, out, said


def test_every_network_and_every_question_is_measured(lesson: tuple[Any, Path, list[str]]) -> None:
    result = lesson[0]
    assert [model["preset"] for model in result["models"]] == [f"lesson/{name}" for name in MODELS]
    assert (result["train_rows"], result["test_rows"]) == (TRAIN, TEST)
    for part in ("baseline", "masking", "bucketing", "shuffled", "vocabulary"):
        assert result[part], part
    assert result["vocabulary"]["rules"][1]["tokens"] > result["vocabulary"]["rules"][0]["tokens"]
    for model in result["models"]:
        low, high = model["interval"]
        assert low <= model["test_accuracy"] <= high
        assert model["docs_per_second"] == pytest.approx(235 * 2 / model["seconds"])
        assert model["lesson_accuracy"] is None  # figures of others are AG News' alone
        assert np.sum(model["evaluation"]["confusion"]) == TEST


def test_the_numbers_and_the_page_are_written(lesson: tuple[Any, Path, list[str]]) -> None:
    result, out, said = lesson
    assert json.loads((out / "lesson.json").read_text(encoding="utf-8")) == result
    page = (out / "lesson.html").read_text(encoding="utf-8")
    assert "medians of 3 runs each" in page
    assert f"{TRAIN} training rows" in page
    assert f"{1_281_364 - 2 * 17:,}" in said[-1]  # two classes instead of the lesson's four
    assert str(out / "lesson.html") in said[-1]


def test_the_models_on_disk_score_what_the_lesson_says(lesson: tuple[Any, Path, list[str]], tiny: NamedSet) -> None:
    result, out, _ = lesson
    for model in result["models"]:
        saved = recurra.load(out / "models" / f"{model['preset'].removeprefix('lesson/')}.safetensors")
        right = np.mean(saved.predict(tiny.test.documents) == np.array(tiny.test.labels))
        assert right == pytest.approx(model["test_accuracy"])


def test_pads_are_appended_to_what_the_document_has(lesson: tuple[Any, Path, list[str]], tiny: NamedSet) -> None:
    model = recurra.load(lesson[1] / "models" / "lstm.safetensors")
    pipeline, tensors = model.bundle.pipeline, model.bundle.tensors
    expected = []
    for pads in PADS:
        right = 0
        for document, label in zip(tiny.test.documents, tiny.test.labels or [], strict=True):
            h, c = np.zeros(8), np.zeros(8)
            for token in [*pipeline.encode([document])[0], *[0] * pads]:
                a = tensors["embedding"][token] @ tensors["layers.0.forward.W_I"] + tensors["layers.0.forward.b"]
                i, f, g, o = np.split(a + h @ tensors["layers.0.forward.W_H"], 4)
                c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
                h = np.tanh(c) / (1 + np.exp(-o))
            right += model.classes_[int(np.argmax(h @ tensors["W_O"] + tensors["b_O"]))] == label
        expected.append(right)
    assert correct_with_pads(model, tiny.test) == expected


def test_shuffling_keeps_each_documents_words(lesson: tuple[Any, Path, list[str]], tiny: NamedSet) -> None:
    model = recurra.load(lesson[1] / "models" / "gru.safetensors")
    one_word = tiny.test.take([0] * 5)
    same = type(one_word)(["sea"] * 5, one_word.labels, "text", None, "label", "test")
    alone = model.predict_proba(["sea"])[0]
    scored = score_shuffled(model, same, seed=3)
    place = model.classes_.index(one_word.labels[0])  # type: ignore[index]
    assert scored.log_loss == pytest.approx(-np.log(alone[place]), abs=1e-6)


def test_padding_is_counted_as_batches_are_cut() -> None:
    settings = load_preset("lesson/gru").training
    lengths = np.random.default_rng(0).integers(1, 60, 1000)
    shares = []
    for bucketing in (False, True):
        way = settings.replace(bucketing=bucketing)
        pads = sum(
            int(lengths[batch].max()) - int(lengths[row]) for batch in epoch_batches(lengths, way, 0) for row in batch
        )
        shares.append(padding_share(lengths, way))
        assert shares[-1] == pytest.approx(pads / (pads + lengths.sum()))
    assert shares[1] < shares[0] / 4


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


def test_an_unknown_model_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"'transformer'.*simple-rnn-titles, simple-rnn-masked, gru, lstm, bilstm"):
        run_lesson(models=["gru", "transformer"], out=tmp_path)


def test_rows_are_named_by_the_whole_set(data_dir: Path) -> None:
    news = load_set("agnews", data_dir=data_dir, say=lambda message: None)
    assert phrase(len(news.train), news) == "58,337 of 120,000 training rows"
    assert phrase(40_899, news) == "40,899 of 120,000 training rows"
