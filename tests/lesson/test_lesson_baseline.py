"""The linear model: counts that are known beforehand, and a clock that is set by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import count, pairwise
from typing import Any

import pytest

from recurra.data.datasets import Dataset
from recurra.data.table import Table
from recurra.lesson import baseline
from recurra.lesson.baseline import measure_baseline


def turned(table: Table, rows: int) -> Table:
    """With another label in the first rows."""
    labels = list(table.labels or ())
    changed: list[Any] = ["land" if label == "sea" else "sea" for label in labels[:rows]]
    return replace(table, labels=[*changed, *labels[rows:]])


@pytest.fixture
def clean(tiny: Dataset) -> Dataset:
    """Rows whose label is the one of the two words that they hold, some of them in the title alone."""

    def cleaned(table: Table) -> Table:
        labels: list[Any] = ["sea" if "sea" in " ".join(document) else "land" for document in table.documents]
        documents: list[Any] = [
            (label, " ".join(word for word in text.split() if word != label)) if place % 3 == 0 else (title, text)
            for place, ((title, text), label) in enumerate(zip(table.documents, labels, strict=True))
        ]
        return replace(table, documents=documents, labels=labels)

    return replace(tiny, train=cleaned(tiny.train), test=cleaned(tiny.test))


@pytest.mark.parametrize("wrong", [0, 7, 60])
def test_what_is_right_is_counted_on_the_test_rows(wrong: int, clean: Dataset) -> None:
    found = measure_baseline(replace(clean, test=turned(clean.test, wrong)))
    assert (found.train_accuracy, found.test_correct) == (1.0, len(clean.test) - wrong)


@pytest.mark.parametrize("wrong", [0, 24])
def test_the_accuracy_on_training_rows_is_counted_on_these(wrong: int, clean: Dataset) -> None:
    # One word each: rows with another label than their like cannot be learned by heart.
    documents: list[Any] = [("", str(label)) for label in clean.train.labels or ()]
    found = measure_baseline(replace(clean, train=turned(replace(clean.train, documents=documents), wrong)))
    assert (found.train_accuracy, found.test_correct) == (1 - wrong / 240, 60)


def test_parameters_are_a_weight_for_each_word_and_pair_and_a_bias(clean: Dataset) -> None:
    grams = set()
    for title, text in clean.train.documents:
        # scikit-learn's words have two letters or more.
        words = re.findall(r"\w\w+", f"{title} {text}".lower())
        grams |= set(words) | set(pairwise(words))
    assert measure_baseline(clean).parameters == len(grams) + 1
    labels: list[Any] = [("a", "b", "c")[row % 3] for row in range(len(clean.train))]
    three = replace(clean, train=replace(clean.train, labels=labels))
    assert measure_baseline(three).parameters == 3 * (len(grams) + 1)


def test_seconds_are_those_of_learning(clean: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks, calls = count(), list[str]()

    def clock() -> float:
        calls.append("clock")
        return 100.0 + 2.5 * next(ticks)

    def peak() -> float:
        calls.append("peak")
        return 77.0

    usual = baseline.make_pipeline

    def watched(*steps: Any) -> Any:
        pipeline = usual(*steps)
        for name in ("fit", "predict"):
            call = getattr(pipeline, name)
            setattr(pipeline, name, lambda *words, name=name, call=call: (calls.append(name), call(*words))[1])
        return pipeline

    monkeypatch.setattr(baseline.time, "perf_counter", clock)
    monkeypatch.setattr(baseline, "forget_peak", lambda: calls.append("forget"))
    monkeypatch.setattr(baseline, "peak_megabytes", peak)
    monkeypatch.setattr(baseline, "make_pipeline", watched)
    found = measure_baseline(clean)
    assert (found.seconds, found.peak_mb) == (2.5, 77.0)
    assert calls == ["forget", "clock", "fit", "clock", "peak", "predict", "predict"]
