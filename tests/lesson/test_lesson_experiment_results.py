"""What the lesson compares, counted by hand from texts, labels and weights."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from lesson_by_hand import answers_of, ids_of, right_of, wilson

from recurra.data.datasets import Dataset
from recurra.lesson import experiment_results
from recurra.lesson.bucketing import BatchingCost
from recurra.lesson.experiment_results import (
    bucketing_result,
    masking_result,
    pads_result,
    shuffled_result,
    vocabulary_result,
)


def score_by_hand(one: Any, data: Dataset) -> dict[str, Any]:
    labels = data.test.labels or []
    answers = answers_of(one.model, [ids_of(one.model, document) for document in data.test.documents])
    right = right_of(one.model, answers, labels)
    return {"accuracy": right / len(labels), "interval": pytest.approx(wilson(right, len(labels)), abs=1e-6)}


def test_masks_and_pads(trained: Any, tiny: Dataset) -> None:
    padded = {"one": trained["unmasked"], "two": trained["simple-rnn-titles"]}
    found = masking_result(trained["unmasked"], trained["simple-rnn-masked"], padded, tiny)
    assert found["without_mask"] == score_by_hand(trained["unmasked"], tiny)
    assert found["with_mask"] == score_by_hand(trained["simple-rnn-masked"], tiny)
    labels = tiny.test.labels or []
    assert labels.count("sea") > labels.count("land")
    assert found["majority_share"] == labels.count("sea") / len(labels)
    assert found["train_phrase"] == "240 training rows"
    assert [series["name"] for series in found["appended"]] == list(padded)
    for series, one in zip(found["appended"], padded.values(), strict=True):
        assert [point["pads"] for point in series["points"]] == [0, 5, 10, 20, 50, 100, 200]
        for point in series["points"][:4]:
            ids = [[*ids_of(one.model, document), *[0] * point["pads"]] for document in tiny.test.documents]
            right = right_of(one.model, answers_of(one.model, ids, padded=False), labels)
            assert point["accuracy"] == right / len(labels)
            assert point["interval"] == pytest.approx(wilson(right, len(labels)), abs=1e-6)


def test_pads_are_left_out_of_the_same_weights(trained: Any, tiny: Dataset) -> None:
    one, labels = trained["unmasked"], tiny.test.labels or []
    found = pads_result(one, trained["simple-rnn-masked"], tiny)
    ids = [ids_of(one.model, document) for document in tiny.test.documents]
    right = right_of(one.model, answers_of(one.model, ids, padded=False), labels)
    assert found == {
        "preset": one.preset,
        "train_phrase": "240 training rows",
        "pad_to": one.model.bundle.pad_to,
        "median_words": sorted(map(len, ids))[len(ids) // 2],
        "with_pads": score_by_hand(one, tiny),
        "pads_left_out": {
            "accuracy": right / len(labels),
            "interval": pytest.approx(wilson(right, len(labels)), abs=1e-6),
        },
        "trained_masked": score_by_hand(trained["simple-rnn-masked"], tiny),
    }


@pytest.mark.parametrize(("engine", "computation"), [("torch", "padded"), ("numba", "packed"), ("triton", "packed")])
def test_bucketing_says_what_is_computed(
    engine: str, computation: str, trained: Any, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiment_results, "engine_for", lambda name, cell: SimpleNamespace(name=engine))
    ways = [BatchingCost(False, 0.4, 3.0), BatchingCost(True, 0.1, 2.0)]
    assert bucketing_result(trained["gru"], ways, 50, replace(tiny, full_training_rows=1_000)) == {
        "preset": "lesson/gru",
        "train_phrase": "50 of 1,000 training rows",
        "batch_size": 8,
        "computation": computation,
        "runs": 3,
        "without_bucketing": {"padding_share": 0.4, "seconds": 3.0},
        "with_bucketing": {"padding_share": 0.1, "seconds": 2.0},
    }


def test_shuffled_words_stand_beside_those_in_order(trained: Any, tiny: Dataset) -> None:
    found = shuffled_result(trained["gru"], tiny, seed=2)
    assert (found["name"], found["in_order"]) == ("gru", score_by_hand(trained["gru"], tiny))
    rows, accuracy = len(tiny.test), found["shuffled"]["accuracy"]
    assert found["shuffled"]["interval"] == pytest.approx(wilson(round(accuracy * rows), rows), abs=1e-6)
    # Titles of one word have no other order.
    documents: list[Any] = [(title.split()[0] if title else "", text) for title, text in tiny.test.documents]
    short = replace(tiny, test=replace(tiny.test, documents=documents))
    one = trained["simple-rnn-titles"]
    assert shuffled_result(one, short, seed=2)["shuffled"] == score_by_hand(one, short)


@pytest.mark.parametrize("titles", [True, False])
def test_vocabularies_are_counted_by_hand(titles: bool, trained: Any, tiny: Dataset) -> None:
    data = tiny if titles else replace(tiny, train=replace(tiny.train, title_column=None))
    found = vocabulary_result(trained["gru"], trained["full text"], data)
    assert (found["preset"], found["train_phrase"]) == ("lesson/gru", "240 training rows")
    counted = [
        {word for title, _ in tiny.train.documents for word in title.split()},
        {word for document in tiny.train.documents for word in " ".join(document).split()},
    ]
    words = [word for document in tiny.test.documents for word in " ".join(document).split()]
    source = "titles" if titles else "documents' first ten words"
    names = [f"the first 2,000 {source}", "the full text of all training rows"]
    for rule, name, known, one in zip(found["rules"], names, counted, ("gru", "full text"), strict=True):
        assert (rule["name"], rule["tokens"]) == (name, len(known))
        assert rule["unknown_share"] == pytest.approx(sum(word not in known for word in words) / len(words))
        assert {"accuracy": rule["accuracy"], "interval": rule["interval"]} == score_by_hand(trained[one], tiny)
    assert found["rules"][0]["unknown_share"] > 0.3
