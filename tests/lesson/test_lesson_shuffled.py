"""Words in random order: each document keeps its own, every order is as likely, and the scores are those of these."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from lesson_by_hand import answers_of, right_of

from recurra.batches import Ragged
from recurra.data.datasets import Dataset
from recurra.lesson import shuffled
from recurra.lesson.shuffled import score_shuffled


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Ragged]:
    """The ids that networks are given to read."""
    read: list[Ragged] = []

    def watched(values: Any, offsets: Any) -> Ragged:
        read.append(Ragged(values, offsets))
        return read[-1]

    monkeypatch.setattr(shuffled, "Ragged", watched)
    return read


@pytest.mark.parametrize("name", ["gru", "simple-rnn-titles"])
def test_documents_keep_their_words_and_the_scores_are_of_what_was_read(
    name: str, trained: Any, tiny: Dataset, given: list[Ragged]
) -> None:
    model = trained[name].model
    scores = [score_shuffled(model, tiny.test, seed=seed) for seed in (3, 3, 4)]
    first, again, other = ([list(map(int, one)) for one in documents] for documents in given)
    usual = [list(map(int, one)) for one in model.bundle.pipeline.encode(tiny.test.documents)]
    for mixed in (first, again, other):
        assert [sorted(one) for one in mixed] == [sorted(one) for one in usual]
    assert first == again
    assert usual != first != other != usual
    for score, mixed in zip(scores, (first, again, other), strict=True):
        right = right_of(model, answers_of(model, mixed), tiny.test.labels or ())
        assert score.accuracy == right / len(tiny.test)


def test_every_order_is_as_likely(trained: Any, tiny: Dataset, given: list[Ragged]) -> None:
    rows = 600
    documents: list[Any] = [("", "sea land report")] * rows
    table = replace(tiny.test, documents=documents, labels=["sea"] * rows)
    score_shuffled(trained["gru"].model, table, seed=0)
    orders = Counter(tuple(map(int, one)) for one in given[0])
    assert len(orders) == 6
    # 100 of each are expected; five standard deviations are 46.
    assert all(54 <= count <= 146 for count in orders.values())


def test_a_single_word_scores_as_it_does_alone(trained: Any, tiny: Dataset) -> None:
    model = trained["gru"].model
    one = replace(tiny.test, documents=["sea"] * 5, labels=["sea"] * 5, title_column=None)
    alone = model.predict_proba(["sea"])[0][model.bundle.labels.classes.index("sea")]
    assert score_shuffled(model, one, seed=3).log_loss == pytest.approx(-np.log(alone), abs=1e-6)
