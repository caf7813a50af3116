"""Models that know different classes side by side, as on the day on which a class is new."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.metrics as peer
from bundles import make_bundle

from recurra.data.table import Table
from recurra.errors import DataError
from recurra.inspection import compare
from recurra.runtime import Model
from recurra.tasks import MultiLabel, SingleLabel

TEXTS = ["oil prices rise", "the team wins a late match in rome", "oil", "unheard words alone", "team wins again", ""]
LABELS = ["a", "b", "a", "d", "b", "c"]
SHARED = "the log loss is that of labels that all models know."
OLD, NEW = ("a", "b", "c"), ("a", "d", "b")


def table(labels: list[Any], texts: list[str] = TEXTS) -> Table:
    return Table(texts, labels, "text", None, "label", "made.csv")


def model(seed: int, labels: tuple[Any, ...], thresholds: list[float] | None = None) -> Model:
    bundle = make_bundle(seed=seed, labels=labels, thresholds=thresholds)
    return Model(type(bundle)(**{**bundle.__dict__, "record": {}}))


@pytest.fixture
def models() -> dict[str, Model]:
    return {"old": model(1, OLD), "new": model(2, NEW)}


def test_a_class_that_one_model_lacks_is_wrong_for_it(models: dict[str, Model]) -> None:
    said: list[str] = []
    found = compare(models, table(LABELS * 3, TEXTS * 3), say=said.append)
    assert said == [
        f"old does not know a label of 3 of 18 rows ('d' 3): counted as wrong for it; {SHARED}",
        f"new does not know a label of 3 of 18 rows ('c' 3): counted as wrong for it; {SHARED}",
    ]
    assert (found.rows, found.unknown_labels, found.notes) == (18, 6, said)
    assert found.to_dict()["notes"] == said
    assert [(one.name, one.rows) for one in found.slices][:4] == [
        ("class a", 6),
        ("class b", 6),
        ("class c", 3),
        ("class d", 3),
    ]
    for name, one in models.items():
        given = one.predict(TEXTS)
        assert found.accuracy[name] == pytest.approx(peer.accuracy_score(LABELS, given))
        macro = peer.f1_score(LABELS, given, average="macro", zero_division=0.0)
        assert found.scores[name]["macro_f1"] == pytest.approx(macro)
        # Over the rows of a and b, which both know: rows 0, 1, 2 and 4.
        answers, classes = one.predict_proba(TEXTS).astype(np.float64), list(one.bundle.labels.classes)
        losses = [-np.log(answers[row, classes.index(LABELS[row])]) for row in (0, 1, 2, 4)]
        assert found.scores[name]["log_loss"] == pytest.approx(np.mean(losses))


@pytest.mark.parametrize("number", [int, float])
def test_numbers_and_texts_are_compared_as_they_are_written(number: type) -> None:
    """One model learned from a file with the labels 1, 2 and 3 alone, the other with labels that were texts."""
    models = {"texts": model(1, ("1", "2", "3")), "numbers": model(2, (number(1), number(3), number(4)))}
    written = ["1", "3", "1", "4", "3", "2"]
    for labels in (written, [*map(int, written)]):
        found = compare(models, table(labels))
        said = f"The classes are str in texts, {number.__name__} in numbers; they are compared as they are written."
        assert (found.notes[0], found.rows, found.unknown_labels) == (said, 6, 2)
        assert [one.name for one in found.slices][:4] == ["class 1", "class 2", "class 3", "class 4"]
        for name, one in models.items():
            given = [str(int(label)) for label in one.predict(TEXTS)]
            assert found.accuracy[name] == pytest.approx(peer.accuracy_score(written, given))
    with pytest.raises(DataError, match=r"texts knows the classes '1', '2', numbers 3, 4\. Compare models that share"):
        compare({"texts": model(1, ("1", "2")), "numbers": model(2, (3, 4))}, table(written))


def test_scores_are_those_of_evaluate(models: dict[str, Model]) -> None:
    """Of the model that lacks a class: all of them, if the other model knows all of its classes."""
    wider = model(3, (*OLD, "d"))
    data = table(LABELS)
    found = compare({"old": models["old"], "wider": wider}, data)
    old = models["old"]
    own = old.task.encode_targets(old.bundle.labels, LABELS, "wrong", source="made.csv")
    scores = old.task.evaluate(old.predict_proba(TEXTS), own.targets, OLD, own.unknown).to_dict()
    assert scores["unknown_labels"] == found.unknown_labels == 1
    for name in ("accuracy", "macro_f1", "log_loss"):
        assert found.scores["old"][name] == pytest.approx(scores[name])


def test_rows_whose_label_not_all_know_are_left_out_or_refused(models: dict[str, Model]) -> None:
    said: list[str] = []
    labels = [*LABELS, "never"]
    data = table(labels, [*TEXTS, "rise again"])
    found = compare(models, data, unknown_labels="skip", say=said.append)
    assert said == [
        "1 of 7 rows has a label that training never saw ('never' 1) and is left out.",
        "old does not know a label of 1 of 6 rows ('d' 1): left out.",
        "new does not know a label of 1 of 6 rows ('c' 1): left out.",
    ]
    assert (found.rows, found.unknown_labels) == (4, 3)
    kept = compare(models, table(["a", "b", "a", "b"], [TEXTS[row] for row in (0, 1, 2, 4)]))
    assert (found.accuracy, found.scores, found.intervals) == (kept.accuracy, kept.scores, kept.intervals)
    assert found.pairs[0].intervals == kept.pairs[0].intervals
    assert [one["row"] for pair in found.pairs for one in pair.examples if one["row"] not in (0, 1, 2, 4)] == []
    # Left out or wrong, the log loss is the same.
    wrong = compare(models, data)
    assert (wrong.rows, wrong.unknown_labels) == (7, 3)
    for name in models:
        assert wrong.scores[name]["log_loss"] == pytest.approx(found.scores[name]["log_loss"])
    with pytest.raises(DataError, match=r"^old does not know a label of 1 of 6 rows of made.csv \('d' 1\)\. Leave"):
        compare(models, table(LABELS), unknown_labels="error")
    with pytest.raises(DataError, match=r"has the label 'never' \(1 row\), which training never saw"):
        compare(models, data, unknown_labels="error")
    # Of classes that no row has nothing else is said.
    assert compare(models, table(["a", "b"], TEXTS[:2]), unknown_labels="error").notes == [
        "old does not know 'd', a class of another model.",
        "new does not know 'c', a class of another model.",
    ]


def test_rows_that_one_model_knows_alone_have_no_log_loss_to_compare(models: dict[str, Model]) -> None:
    data = table(["d", "d"], TEXTS[:2])
    found = compare(models, data)
    assert found.accuracy["old"] == 0
    assert found.accuracy["new"] == np.mean(models["new"].predict(TEXTS[:2]) == "d")
    assert set(found.scores["old"]) == set(found.pairs[0].intervals) == {"accuracy", "macro_f1"}
    with pytest.raises(DataError, match=r"No row of made.csv has a label that all models know\. Give rows"):
        compare(models, data, unknown_labels="skip")


def test_a_task_without_wrong_labels_leaves_them_out(monkeypatch: pytest.MonkeyPatch, models: dict[str, Model]) -> None:
    monkeypatch.setattr(SingleLabel, "counts_unknown", False)
    found = compare(models, table(LABELS))
    assert (found.rows, found.unknown_labels) == (4, 2)


SETS = [("a", "bill"), ("b",), (), ("bill", "b"), ("a", "other"), ("pay",)]


def test_a_renamed_label_is_never_given_by_the_old_model() -> None:
    """Several labels a row: scores over all labels, as scikit-learn has them; log loss over those that both know."""
    models = {
        "old": model(1, ("a", "b", "pay"), [0.4, 0.5, 0.6]),
        "new": model(2, ("bill", "b", "a"), [0.45, 0.5, 0.4]),
    }
    said: list[str] = []
    found = compare(models, table(SETS), say=said.append)
    assert said == [
        "1 of 6 rows has a label that training never saw ('other' 1): counted as wrong; the log loss is that of known "
        "labels.",
        f"old does not know a label of 2 of 6 rows ('bill' 2): counted as wrong for it; {SHARED}",
        f"new does not know a label of 1 of 6 rows ('pay' 1): counted as wrong for it; {SHARED}",
    ]
    assert (found.rows, found.unknown_labels) == (6, 4)
    every = ["a", "b", "pay", "bill", "other"]
    had = np.array([[label in row for label in every] for row in SETS])
    for name, one in models.items():
        given = np.array([[label in row for label in every] for row in one.predict(TEXTS)])
        assert given.any()
        assert found.accuracy[name] == peer.accuracy_score(had, given)
        assert found.scores[name]["micro_f1"] == pytest.approx(peer.f1_score(had, given, average="micro"))
        occurs = (had | given).any(axis=0)
        macro = peer.f1_score(had[:, occurs], given[:, occurs], average="macro", zero_division=0.0)
        assert found.scores[name]["macro_f1"] == pytest.approx(macro)
        p, classes = one.predict_proba(TEXTS).astype(float), one.bundle.labels.classes
        loss = np.mean([peer.log_loss(had[:, place], p[:, classes.index(label)]) for place, label in enumerate("ab")])
        assert found.scores[name]["log_loss"] == pytest.approx(loss, rel=1e-6)
    assert {one.name: one.rows for one in found.slices if one.name.startswith(("class", "no", "unknown l"))} == {
        "class a": 2,
        "class b": 2,
        "class pay": 1,
        "class bill": 2,
        "no label": 1,
        "no word unknown": 5,
        "unknown label": 1,
    }
    left = compare(models, table(SETS), unknown_labels="skip")
    assert (left.rows, left.unknown_labels) == (2, 4)
    with pytest.raises(DataError, match="old does not know a label of 2 of 4 rows"):
        compare(models, table(SETS[:4], TEXTS[:4]), unknown_labels="error")
    assert isinstance(models["old"].task, MultiLabel)
