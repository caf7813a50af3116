"""Appended pads, against a loop over each document's words and pads."""

from __future__ import annotations

from typing import Any

import pytest
from lesson_by_hand import answers_of, ids_of, right_of

from recurra.data.datasets import Dataset
from recurra.lesson.pads import PADS, correct_with_pads


@pytest.mark.parametrize("name", ["unmasked", "simple-rnn-titles", "lstm"])
def test_pads_are_appended_to_what_the_document_has(name: str, trained: Any, tiny: Dataset) -> None:
    model, test = trained[name].model, tiny.test.take(range(0, 60, 2))
    assert model.bundle.pad_to  # which a document of its own length is not filled up to
    ids = [ids_of(model, document) for document in test.documents]
    expected = [
        right_of(model, answers_of(model, [[*one, *[0] * pads] for one in ids], padded=False), test.labels or ())
        for pads in PADS
    ]
    assert correct_with_pads(model, test) == expected
    # An LSTM of three epochs on these rows forgets nothing yet.
    assert len(set(expected)) > 1 or name == "lstm"
