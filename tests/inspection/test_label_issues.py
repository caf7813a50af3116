"""Label issues of rows that were spoiled on purpose."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from rows import make_rows

from recurra import inspection
from recurra.data.review_decisions import apply_decisions, decisions_csv, read_decisions
from recurra.data.table import Table
from recurra.errors import DataError, SettingsError
from recurra.inspection import LabelIssues, label_issues
from recurra.inspection.label_issue_results import LabelIssue
from recurra.networks.settings import NetworkSettings
from recurra.presets import Recipe, TrainingSettings
from recurra.runtime import Model
from recurra.text import TextSettings
from recurra.training.fit import fit

WRONG, COPY = 12, 30


@pytest.fixture(scope="module")
def train() -> Table:
    pairs, labels = make_rows(160, seed=1)
    return Table(pairs, list(labels), "text", "title", "label", "train.csv")


@pytest.fixture(scope="module")
def model(train: Table) -> Model:
    fitted = fit(
        train.documents,
        train.labels or [],
        recipe=Recipe(
            text=TextSettings(vocabulary_size=200),
            network=NetworkSettings(cell="lstm", hidden=8, embedding=8, bidirectional=True),
            training=TrainingSettings(epochs=8, batch_size=8, learning_rate=0.02, validation=0.0),
        ),
    )
    return Model(fitted.bundle)


@pytest.fixture(scope="module")
def data(train: Table) -> Table:
    """Row 12 has a wrong label; row 30 is a copy of training row 3, all but a word, under another label."""
    pairs, labels = make_rows(80, seed=2)
    labels[WRONG] = "sport" if labels[WRONG] != "sport" else "tech"
    title, text = train.documents[3]
    pairs[COPY] = (title, text + " anew")
    assert train.labels is not None
    labels[COPY] = "money" if train.labels[3] != "money" else "tech"
    return Table(pairs, list(labels), "text", "title", "label", "data.csv")


def by_reason(rows: list[LabelIssue], reason: str) -> list[LabelIssue]:
    return [one for one in rows if one.reason == reason]


def test_spoiled_rows_are_doubted(model: Model, data: Table, train: Table) -> None:
    true = make_rows(80, seed=2)[1][WRONG]
    found = label_issues(model, data, train=train, top=5, neighbours=3)
    assert found.compared_with == "train"
    assert found.counts["rows"] == 80
    assert found.counts["mistakes"] == (model.predict(data.documents) != np.array(data.labels)).sum()

    mistake = next(one for one in by_reason(found.rows, "confident mistake") if one.row == WRONG)
    assert (mistake.predicted, mistake.suggested) == (true, true)
    assert mistake.probability > 0.8
    assert mistake.details["label_probability"] < 0.2

    error = next(one for one in by_reason(found.rows, "suspected label error") if one.row == WRONG)
    assert error.suggested == true
    assert error.details["margin"] > 0.6

    copy = by_reason(found.rows, "near-duplicate")[0]
    assert copy.row == COPY
    assert (copy.details["row"], copy.details["in"]) == (3, "train")
    assert copy.details["label"] == copy.suggested != copy.label
    assert 0.5 <= copy.details["similarity"] < 1
    assert found.counts["near-duplicate of another label"] >= 1


def test_beside_a_suggested_label_stands_its_own_probability(model: Model, data: Table, train: Table) -> None:
    assert train.labels is not None
    classes = list(model.bundle.labels.classes)
    twin = classes.index(train.labels[3])
    answers = np.full((len(data), len(classes)), 0.125, dtype=np.float32)
    answers[:, (twin + 1) % len(classes)] = 0.7
    answers[:, twin] = 0.05
    found = label_issues(model, data, train=train, probabilities=answers, top=80)
    copy = next(one for one in by_reason(found.rows, "near-duplicate") if one.row == COPY)
    # Of the row's own label and its copy's the more probable one; the model takes neither for the most probable.
    assert copy.details["label"] == classes[twin]
    own = classes.index(copy.label)
    best = max((own, twin), key=lambda place: answers[COPY, place])
    assert (copy.suggested, copy.predicted) == (classes[best], classes[(twin + 1) % len(classes)])
    assert copy.suggested_probability == pytest.approx(answers[COPY, best])
    assert copy.likely == [classes[place] for place in np.argsort(-answers[COPY], kind="stable")]
    for decision, note in zip(*found.queue(), strict=True):
        assert note["probability"] == f"{answers[decision.row, classes.index(decision.label)]:.4f}"


def test_where_the_model_agrees_with_the_label_the_copy_is_suspected(model: Model, data: Table, train: Table) -> None:
    assert data.labels is not None
    classes = list(model.bundle.labels.classes)
    answers = np.full((len(data), len(classes)), 0.001, dtype=np.float32)
    answers[np.arange(len(data)), [classes.index(label) for label in data.labels]] = 1 - 0.001 * (len(classes) - 1)
    found = label_issues(model, data, train=train, probabilities=answers, top=80)
    copy = next(one for one in by_reason(found.rows, "near-duplicate") if one.row == COPY)
    assert copy.suggested == copy.label != copy.details["label"]
    # In the queue nothing is suggested but the label that the row has.
    decision = next(one for one in found.queue()[0] if one.row == COPY)
    assert (decision.decision, decision.label) == ("keep", str(copy.label))


def test_neighbours_are_nearest_by_cosine(model: Model, data: Table, train: Table) -> None:
    from recurra.inspection.trajectories import final_states

    found = label_issues(model, data, train=train, top=3, neighbours=4)
    pipeline = model.bundle.pipeline
    others = final_states(model.bundle, pipeline.encode(train.documents)).astype(np.float64)
    for one in found.rows:
        own = final_states(model.bundle, pipeline.encode([data.documents[one.row]]))[0].astype(np.float64)
        cosine = others @ own / np.linalg.norm(others, axis=1) / np.linalg.norm(own)
        best = np.sort(cosine)[::-1][:4]
        np.testing.assert_allclose([near["similarity"] for near in one.neighbours], best, atol=1e-5)
        for near in one.neighbours:
            assert cosine[near["row"]] == pytest.approx(near["similarity"], abs=1e-5)
            assert train.labels is not None
            assert near["label"] == train.labels[near["row"]]


def test_data_are_compared_with_themselves(model: Model, data: Table) -> None:
    pairs = [*data.documents, data.documents[5]]
    table = Table(pairs, [*(data.labels or []), (data.labels or [])[5]], "text", "title", "label", "data.csv")
    found = label_issues(model, table, top=80)
    assert found.compared_with == "data"
    copies = {one.row: one.details for one in by_reason(found.rows, "near-duplicate")}
    assert (copies[5]["row"], copies[80]["row"]) == (80, 5)
    assert copies[5]["similarity"] == copies[80]["similarity"] == 1
    for one in found.rows:
        assert all(near["row"] != one.row for near in one.neighbours)
        assert len(one.neighbours) == 5


def test_who_learned_the_rows_is_told_so_and_probabilities_out_of_fold_are_taken(model: Model, train: Table) -> None:
    said: list[str] = []
    found = label_issues(model, train, say=said.append)
    assert said == found.notes
    assert "trained on these rows" in said[0]
    spoiled = model.predict_proba(train.documents)
    spoiled[7] = np.roll(spoiled[7], 1)
    other = label_issues(model, train, probabilities=spoiled)
    assert other.notes == []
    assert other.counts["mistakes"] == found.counts["mistakes"] + 1
    with pytest.raises(DataError, match="Probabilities of shape"):
        label_issues(model, train, probabilities=spoiled[1:])
    frame = pd.DataFrame(spoiled, columns=list(model.bundle.labels.classes)).iloc[:, ::-1]
    for given in (frame, pl.from_pandas(frame), spoiled.tolist()):
        assert label_issues(model, train, probabilities=given).to_dict() == other.to_dict()
    for wrong in (train.labels, frame.add_prefix("label ")):
        with pytest.raises(DataError, match=r"[Pp]robabilities"):
            label_issues(model, train, probabilities=wrong)


def test_the_queue_becomes_decisions(model: Model, data: Table, train: Table, tmp_path: Path) -> None:
    found = label_issues(model, data, train=train, top=5)
    decisions, notes = found.queue()
    assert len({one.row for one in decisions}) == len(decisions) == len(notes)
    assert {one.decision for one in decisions} == {"keep"}
    path = tmp_path / "queue.csv"
    path.write_text(decisions_csv(decisions, notes, numbers=data.row_numbers), encoding="utf-8", newline="")
    lines = path.read_text(encoding="utf-8").splitlines()
    # A person changes two words.
    lines = [
        line.replace(",keep,", ",relabel,", 1)
        if line.startswith(f"{WRONG},")
        else line.replace(",keep,", ",exclude,", 1)
        if line.startswith(f"{COPY},")
        else line
        for line in lines
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    decided = read_decisions(path, numbers=data.row_numbers)
    cleaned, record = apply_decisions(data.corpus, exclude=decided, relabel=decided)
    assert (record.excluded, record.relabelled) == (1, 1)
    assert cleaned.labels.plain()[WRONG] == make_rows(80, seed=2)[1][WRONG]
    assert data.documents[COPY] not in list(chain.from_iterable(cleaned.blocks()))


def test_json_and_determinism(model: Model, data: Table, train: Table) -> None:
    values = label_issues(model, data, train=train, top=4, seed=1).to_dict()
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert values == label_issues(model, data, train=train, top=4, seed=1).to_dict()
    assert label_issues(model, data, top=0).rows == []
    with pytest.raises(SettingsError, match="top is -1"):
        label_issues(model, data, top=-1)


def test_the_old_names_warn() -> None:
    with pytest.warns(DeprecationWarning, match="doubts is called label_issues now"):
        assert inspection.doubts is label_issues
    with pytest.warns(DeprecationWarning, match="Doubts is called LabelIssues now"):
        assert inspection.Doubts is LabelIssues
    with pytest.raises(AttributeError, match="no attribute 'silence'"):
        _ = inspection.silence
