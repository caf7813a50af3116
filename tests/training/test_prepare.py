"""Which rows are learned from, what the vocabulary may have seen, and what the record's hash is of."""

from __future__ import annotations

import numpy as np
import pytest
from training.runs import Steps

from recurra.data.corpus import InMemoryRows
from recurra.data.documents import Document
from recurra.data.split import hold_out
from recurra.data.table import Table
from recurra.linear_branch import BranchSettings
from recurra.presets import TrainingSettings
from recurra.text import TextSettings
from recurra.training.callbacks import Callback
from recurra.training.prepare import TrainingData, labelled_rows, prepare, split_of

TRAINING = TrainingSettings(validation=0.2, seed=3)
LABELS = ["abc"[place % 3] for place in range(60)]
# A word of its own in each row tells which rows were counted.
TEXTS: list[Document] = [f"some text only{place}" for place in range(60)]


def prepared(text: TextSettings) -> TrainingData:
    labelled = labelled_rows(InMemoryRows(TEXTS, LABELS), text, Callback())
    return prepare(labelled, text, TRAINING, folder=None, callbacks=Callback())


def own_words(found: TrainingData) -> list[int]:
    return sorted(int(token[4:]) for token in found.pipeline.vocabulary.tokens if token.startswith("only"))


def test_words_of_held_out_rows_are_new_to_the_network() -> None:
    kept, _ = hold_out(LABELS, share=0.2, seed=3)
    assert own_words(prepared(TextSettings(tokens="words"))) == kept.tolist()


def test_a_fixed_number_of_texts_is_counted_from_the_head() -> None:
    assert own_words(prepared(TextSettings(tokens="words", vocabulary_documents=9))) == list(range(9))


def test_rows_and_targets_stay_together_on_either_side() -> None:
    found = prepared(TextSettings(tokens="characters"))
    kept, held = hold_out(LABELS, share=0.2, seed=3)
    assert found.held is not None
    for rows, places in ((found.rows, kept), (found.held, held)):
        expected = found.pipeline.encode([TEXTS[place] for place in places])
        assert np.array_equal(rows.documents.values, expected.values)
        assert np.array_equal(rows.documents.offsets, expected.offsets)
        assert [found.classes.classes[target] for target in rows.targets] == [LABELS[place] for place in places]


def test_classes_in_several_spellings_are_told_once_and_without_reason_nothing() -> None:
    written = list(LABELS)
    written[3], written[6], written[4] = "A", " a", "b  "
    told = Steps()
    labelled_rows(InMemoryRows(TEXTS, written), TextSettings(), told)
    (message,) = told.messages
    assert "' a' (1) is 'a' (18), 'A' (1) is 'a' (18), 'b  ' (1) is 'b' (19)." in message
    assert message.endswith("Write each class in one way, such as y.replace({' a': 'a', 'A': 'a', 'b  ': 'b'}).")
    for plain in (LABELS, [label == "a" for label in LABELS], [(label, "x") for label in LABELS]):
        quiet = Steps()
        labelled_rows(InMemoryRows(TEXTS, plain), TextSettings(), quiet)
        assert quiet.messages == []


def test_several_labels_a_row_are_compared_one_by_one() -> None:
    told = Steps()
    rows = [(label, "x" if place else "X ") for place, label in enumerate(LABELS)]
    labelled_rows(InMemoryRows(TEXTS, rows), TextSettings(), told)
    (message,) = told.messages
    assert "'X ' (1) is 'x' (59)." in message


BRANCH = BranchSettings(branch=True, branch_max_tokens=7)


def repeated(texts: list[Document]) -> tuple[TrainingData, Steps]:
    text, callback = TextSettings(tokens="words"), Steps()
    labelled = labelled_rows(InMemoryRows(texts, LABELS), text, callback)
    return prepare(labelled, text, TRAINING, branch=BRANCH, folder=None, callbacks=callback), callback


def test_held_out_rows_whose_texts_are_learned_from_do_not_choose() -> None:
    kept, held = hold_out(LABELS, share=0.2, seed=3)
    texts = list(TEXTS)
    for place in held[[1, 4]]:
        texts[place] = texts[kept[7]]
    # The same text twice among the rows held out is as new as any.
    texts[held[2]] = texts[held[3]]
    found, callback = repeated(texts)
    expected = np.delete(held, [1, 4])
    assert found.held is not None
    assert found.choosing is not None
    assert len(found.held) == 12
    assert found.new.tolist() == [0, 2, 3, *range(5, 12)]
    assert [found.classes.classes[target] for target in found.choosing.targets] == [LABELS[place] for place in expected]
    encoded = found.pipeline.encode([texts[place] for place in expected])
    assert np.array_equal(found.choosing.documents.values, encoded.values)
    assert np.array_equal(found.choosing.documents.offsets, encoded.offsets)
    said = (
        "2 of 12 rows held out have the same text as a row that is learned from: "
        "validation during training leaves them out."
    )
    assert callback.messages == [said]


COPIES = (
    "12 of 12 rows held out have the same text as a row that is learned from: as they are most of them, validation "
    "counts them, and its scores say little of new texts."
)


def test_all_held_out_rows_choose_where_most_texts_come_up_again_and_again() -> None:
    found, callback = repeated(["red", "blue", "green"] * 20)
    assert len(found.new) == 12
    assert callback.messages == [COPIES]


def test_how_many_documents_are_read_in_part_is_told() -> None:
    texts: list[Document] = [" ".join("abcdefgh"[: place % 9]) for place in range(60)]
    text, callback = TextSettings(tokens="words", max_tokens=5), Steps()
    labelled = labelled_rows(InMemoryRows(texts, LABELS), text, callback)
    found = prepare(labelled, text, TRAINING, folder=None, callbacks=callback)
    assert found.held is not None
    lengths = [*found.rows.documents.lengths.tolist(), *found.held.documents.lengths.tolist()]
    assert sorted(lengths) == sorted(min(5, place % 9) for place in range(60))
    long = sum(place % 9 >= 5 for place in range(60))
    assert callback.messages == [
        COPIES,
        f"{long} of 60 documents have 5 tokens or more: only their first 5 are read, in training and prediction "
        "(max_tokens).",
    ]


def test_the_branch_reads_more_of_a_document_than_the_network() -> None:
    texts: list[Document] = [" ".join("abcdefgh"[: place % 9]) for place in range(60)]
    text, callback = TextSettings(tokens="words", max_tokens=5), Steps()
    labelled = labelled_rows(InMemoryRows(texts, LABELS), text, callback)
    found = prepare(labelled, text, TRAINING, branch=BRANCH, folder=None, callbacks=callback)
    assert found.branch_rows is not None
    assert found.held is not None
    every = zip(
        [*found.rows.documents, *found.held.documents],
        [*found.branch_rows.rows.ids, *found.branch_rows.held.ids],
        strict=True,
    )
    lengths = []
    for by_network, by_branch in every:
        assert np.array_equal(by_network, by_branch[:5])
        lengths.append(len(by_branch))
    assert sorted(lengths) == sorted(min(7, place % 9) for place in range(60))
    assert callback.messages[0] == COPIES
    assert callback.messages[1].endswith("(max_tokens); the linear branch reads 7 (branch_max_tokens).")


def test_documents_that_are_short_enough_are_not_told_of() -> None:
    text, callback = TextSettings(tokens="words", max_tokens=4), Steps()
    labelled = labelled_rows(InMemoryRows(TEXTS, LABELS), text, callback)
    prepare(labelled, text, TRAINING, folder=None, callbacks=callback)
    assert callback.messages == []


def test_the_hash_is_of_all_rows() -> None:
    found = prepared(TextSettings(tokens="words"))
    assert found.count == 60
    assert found.fingerprint == Table(TEXTS, LABELS, "text", None, "label", "memory").fingerprint


@pytest.mark.parametrize("seed", [0, 3])
def test_each_label_is_held_out_in_its_share_by_the_runs_seed(seed: int) -> None:
    training = TRAINING.replace(seed=seed)
    sets = [tuple("abc"[: place % 4]) for place in range(60)]
    labelled = labelled_rows(InMemoryRows(TEXTS, sets), TextSettings(), Callback())
    expected = hold_out(labelled.targets, share=0.2, seed=seed)
    assert [part.tolist() for part in split_of(labelled, training)] == [part.tolist() for part in expected]
    # Rows in the order of their labels: a split by place would leave a class out.
    labels = sorted(LABELS)
    labelled = labelled_rows(InMemoryRows(TEXTS, labels), TextSettings(), Callback())
    _, held = split_of(labelled, training)
    assert held.tolist() == hold_out(labels, share=0.2, seed=seed)[1].tolist()
    assert [sum(labels[row] == label for row in held) for label in "abc"] == [4, 4, 4]
