"""Rows of their own to validate on: nothing of them is learned from, and nothing of the training rows is held out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rows import make_rows
from training.runs import SHORT, TEXT, Steps, train

from recurra.bundle import Bundle
from recurra.card import model_card
from recurra.data.corpus import InMemoryRows
from recurra.errors import DataError, TrainingError
from recurra.linear_branch import BranchSettings
from recurra.presets import TrainingSettings
from recurra.runtime import Model
from recurra.text import TextSettings

ROWS = make_rows(60)
LATER = make_rows(20, seed=9)
SHARE = SHORT.replace(validation=0.2)
WORDS = TextSettings(tokens="words")


def validated(
    documents: Any = LATER[0], labels: Any = LATER[1], *, source: str = "july.csv", **options: Any
) -> tuple[Bundle, list[str]]:
    told = Steps()
    options = {"rows": ROWS, "training": SHARE, "callbacks": [told], **options}
    fitted = train(validation_data=InMemoryRows(documents, labels, source=source), **options)
    assert fitted.validation is not None
    return fitted.bundle, told.messages


def test_the_network_learns_from_all_training_rows_and_from_no_other() -> None:
    bundle, _ = validated()
    alone = train(rows=ROWS).bundle
    assert bundle.vocabulary == alone.vocabulary
    for name, weight in alone.tensors.items():
        assert np.array_equal(bundle.tensors[name], weight)
    record = bundle.record
    assert (record["rows"], record["held_out"]) == (80, 20)
    assert record["validation_data"] == {"source": "july.csv", "unknown_labels": 0}
    assert record["classes"]["held_out"] == [5, 5, 5, 5]
    right = Model(bundle).predict(LATER[0]) == np.array(LATER[1])
    assert record["scores"]["validation"]["accuracy"] == pytest.approx(right.mean())


def test_a_fixed_number_of_texts_to_count_reaches_no_validation_row() -> None:
    text = TEXT.replace(vocabulary_documents=1000)
    later = ([*LATER[0][:-1], ("zebra", "zebra zebra zebra")], LATER[1])
    assert "zebra" not in validated(*later, text=text)[0].vocabulary.tokens


def test_the_linear_branch_never_learns_from_them() -> None:
    branch = BranchSettings(branch=True)
    many = make_rows(120, seed=9)
    bundle = validated(*many, branch=branch, text=WORDS)[0]
    alone = train(rows=ROWS, branch=branch, text=WORDS).bundle
    assert bundle.record["branch"]["chosen_on_held_out_rows"]
    assert bundle.branch is not None
    assert alone.branch is not None
    learned = [one.branch.W / one.record["branch"]["branch_factor"] for one in (bundle, alone)]
    assert np.allclose(*learned, rtol=1e-5, atol=1e-7)
    assert np.abs(learned[1]).max() > 0.01


def test_the_best_epoch_is_chosen_by_them() -> None:
    # Labels that contradict what is learned: the loss rises from the first epoch on.
    wrong = [LATER[1][(place + 1) % len(LATER[1])] for place in range(len(LATER[1]))]
    training = TrainingSettings(epochs=9, batch_size=8, learning_rate=0.05, validation=0.2, patience=2, calibrate=False)
    assert validated(LATER[0], wrong, training=training)[0].record["epochs"] < 9
    assert validated(training=training)[0].record["best_epoch"] > 2


def test_texts_that_are_trained_on_choose_nothing() -> None:
    documents = [ROWS[0][3], *LATER[0][1:]]
    _, messages = validated(documents, [ROWS[1][3], *LATER[1][1:]])
    assert (
        "1 of 20 rows held out have the same text as a row that is learned from: "
        "validation during training leaves them out."
    ) in messages


def test_labels_that_training_lacks_are_left_out_and_counted() -> None:
    labels = ["weather", "weather", "law", *LATER[1][3:]]
    bundle, messages = validated(LATER[0], labels)
    said = "july.csv: 3 of 20 rows have a label that training never saw ('weather' 2, 'law' 1) and are left out."
    assert messages[0] == said
    record = bundle.record
    assert (record["held_out"], record["validation_data"]["unknown_labels"]) == (17, 3)
    assert bundle.labels.classes == ("money", "sport", "tech", "world")
    right = Model(bundle).predict(LATER[0][3:]) == np.array(labels[3:])
    assert record["scores"]["validation"]["accuracy"] == pytest.approx(right.mean())


def test_labels_of_a_continued_model_are_known() -> None:
    before = train(rows=ROWS).bundle
    some = [place for place, label in enumerate(ROWS[1]) if label != "world"]
    fewer = ([ROWS[0][place] for place in some], [ROWS[1][place] for place in some])
    record = validated(rows=fewer, network=before.network, initial=before)[0].record
    assert (record["held_out"], record["validation_data"]["unknown_labels"]) == (20, 0)


def test_rows_with_several_labels() -> None:
    rows = (ROWS[0], [(label, "all") for label in ROWS[1]])
    later = [(label, "all") for label in LATER[1]]
    later[4], later[5] = (), ("weather", "all")
    bundle, messages = validated(LATER[0], later, rows=rows)
    assert "1 of 20 rows has a label that training never saw" in messages[0]
    assert bundle.record["held_out"] == 19
    assert bundle.record["classes"]["held_out"][0] == 18


def test_rows_without_a_title_are_left_out_where_titles_are_read() -> None:
    documents = [("", "no title"), *LATER[0][1:]]
    bundle, messages = validated(documents, LATER[1], text=TEXT.replace(field="title"))
    assert messages[0] == "1 of 20 rows have no title and are left out."
    assert bundle.record["held_out"] == 19


@pytest.mark.parametrize(
    ("documents", "labels", "message"),
    [
        ([], [], "july.csv has 0 rows to validate on. Give 2 or more"),
        (["a text"], ["tech"], "july.csv has 1 row to validate on. Give 2 or more"),
        (["a text", "b"], ["tech", "law"], "july.csv has 1 row to validate on"),
        (["a text", "b"], ["weather", "law"], "july.csv has the label 'weather'"),
        (["a text", "b"], [("tech",), ("tech", "money")], "july.csv has labels of another kind: training learns one"),
    ],
)
def test_rows_that_cannot_be_validated_on(documents: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError) as caught:
        validated(documents, labels)
    assert str(caught.value).startswith(message)


def test_a_run_resumes_with_the_same_rows_alone(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    first = validated(folder=folder)[0]
    assert validated(folder=folder, resume=True)[0].record == first.record
    moved = (ROWS[0] + LATER[0][:4], ROWS[1] + LATER[1][:4])
    for options in ({"documents": LATER[0][:-1], "labels": LATER[1][:-1]}, {"rows": moved}):
        if "rows" in options:
            # All rows are the same, but other ones are held out.
            options |= {"documents": LATER[0][4:], "labels": LATER[1][4:]}
        with pytest.raises(TrainingError, match="belongs to other data or settings"):
            validated(folder=folder, resume=True, **options)


@pytest.mark.parametrize(("source", "shown"), [("data/july.csv", "of `july.csv`"), ("memory", "given to validate on")])
def test_the_card_says_where_they_come_from(source: str, shown: str) -> None:
    labels = ["weather", *LATER[1][1:]]
    card = model_card(validated(LATER[0], labels, source=source)[0], digest="0" * 64)
    assert f"On 19 rows {shown}, which were not learned from; no test set has been looked at." in card
    assert f"| rows held out | 19 {shown}; 1 more have a label that training never saw |" in card
    assert "data/" not in card
