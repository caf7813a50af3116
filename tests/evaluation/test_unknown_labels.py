"""Rows with labels that the classifier does not know, against scikit-learn, for which they are classes as others."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as peer

from recurra.errors import DataError
from recurra.evaluation import evaluate, mistakes
from recurra.evaluation.multi_label_scores import MultiLabelRowScores
from recurra.evaluation.single_label_scores import SingleLabelRowScores
from recurra.evaluation.targets import unknown_label_error
from recurra.tasks import MultiLabel
from recurra.tasks.compare import compare_predictions
from recurra.tasks.unknown_labels import multi_label_targets, single_label_targets
from recurra.text import Labels

CLASSES = ["a", "b", "c"]
UNKNOWN = ["x", "y"]


def rows_of_one(seed: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and targets of which the first is a class and others are not."""
    generator = np.random.default_rng(seed)
    targets = np.append(0, generator.integers(0, 5, rows - 1))
    return generator.dirichlet(np.ones(3), rows).astype(np.float32), targets


def rows_of_several(seed: int, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[tuple[str, ...]]]:
    """Probabilities, targets with two columns of unknown labels behind the classes', thresholds, and unknown labels."""
    generator = np.random.default_rng(seed)
    p = generator.random((rows, 3)).astype(np.float32)
    targets = generator.random((rows, 5)) < 0.3
    targets[:2, 3:] = [[True, False], [False, True]]
    unknown = [tuple(label for label, has in zip(UNKNOWN, row, strict=True) if has) for row in targets[:, 3:]]
    return p, targets, np.array([0.4, 0.5, 0.6], dtype=np.float32), unknown


@given(st.integers(0, 10**6), st.integers(1, 40))
def test_scores_are_those_of_scikit_learn(seed: int, rows: int) -> None:
    probabilities, targets = rows_of_one(seed, rows)
    found = evaluate(probabilities, targets, CLASSES, unknown=UNKNOWN, class_numbers=True, resamples=5)
    names = np.array([*CLASSES, *UNKNOWN])
    said, true = names[probabilities.argmax(axis=1)], names[targets]
    assert found.rows == rows
    assert found.unknown_labels == np.isin(true, UNKNOWN).sum()
    assert found.accuracy == pytest.approx(peer.accuracy_score(true, said))
    options: dict[str, Any] = {"zero_division": 0.0}
    assert found.macro_f1 == pytest.approx(peer.f1_score(true, said, average="macro", **options))
    assert found.weighted_f1 == pytest.approx(peer.f1_score(true, said, average="weighted", **options))
    each = peer.precision_recall_fscore_support(true, said, labels=CLASSES, **options)
    for one, precision, recall, f1, support in zip(found.classes, *each, strict=True):
        assert (one.precision, one.recall, one.f1) == pytest.approx((precision, recall, f1))
        assert one.support == support
    known = targets < 3
    losses = -np.log(np.clip(probabilities[known, targets[known]].astype(float), 2**-23, 1 - 2**-23))
    assert found.log_loss == pytest.approx(losses.mean())
    assert found.confusion.tolist() == peer.confusion_matrix(true[known], said[known], labels=CLASSES).tolist()
    assert found.reliability.rows.sum() == rows
    right, sure = said == true, probabilities.max(axis=1)
    bins = np.ceil(sure.astype(float) * 15).astype(int)
    gaps = [abs((right[bins == one] - sure[bins == one]).sum()) for one in np.unique(bins)]
    assert found.ece == pytest.approx(sum(gaps) / rows, abs=1e-6)
    assert found.to_dict()["unknown_labels"] == found.unknown_labels


def test_resamples_are_scored_alike() -> None:
    probabilities, targets = rows_of_one(3, 6)
    targets[2:] = [4, 3, 1, 4]
    draws = SingleLabelRowScores(probabilities, targets, CLASSES, unknown=UNKNOWN).bootstrap(seed=1, resamples=300)
    drawn = np.random.default_rng(1).integers(0, 6, (300, 6))
    predicted, losses = probabilities.argmax(axis=1), -np.log(probabilities[np.arange(6), np.minimum(targets, 2)])
    nothing_known = 0
    for place, rows in enumerate(drawn):
        known = rows[targets[rows] < 3]
        nothing_known += not len(known)
        mean = losses[known if len(known) else targets < 3].mean()
        assert draws["log_loss"][place] == pytest.approx(mean, rel=1e-5)
        macro = peer.f1_score(targets[rows], predicted[rows], average="macro", zero_division=0.0)
        assert draws["macro_f1"][place] == pytest.approx(macro)
    assert nothing_known


@given(st.integers(0, 10**6), st.integers(2, 40))
def test_scores_of_several_labels_are_those_of_scikit_learn(seed: int, rows: int) -> None:
    p, targets, thresholds, unknown = rows_of_several(seed, rows)
    said = np.hstack([p >= thresholds, np.zeros((rows, 2), dtype=bool)])
    found = evaluate(p, targets[:, :3], CLASSES, thresholds=thresholds, unknown=unknown, resamples=5)
    assert found.unknown_labels == targets[:, 3:].any(axis=1).sum()
    options: dict[str, Any] = {"zero_division": 0.0}
    assert found.micro_f1 == pytest.approx(peer.f1_score(targets, said, average="micro", **options))
    occurring = (targets | said).any(axis=0)
    each = peer.f1_score(targets, said, average=None, **options)
    assert found.macro_f1 == pytest.approx(each[occurring].mean())
    assert found.subset_accuracy == pytest.approx(peer.accuracy_score(targets, said))
    assert found.hamming_loss == pytest.approx(peer.hamming_loss(targets, said))
    assert found.mean_labels == pytest.approx((targets.sum() / rows, said.sum() / rows))
    without = evaluate(p, targets[:, :3], CLASSES, thresholds=thresholds, resamples=5)
    assert without.unknown_labels == 0
    for name in ("ranking_precision", "log_loss", "ece"):
        assert getattr(found, name) == getattr(without, name)


def test_resamples_of_several_labels_are_scored_alike() -> None:
    p, targets, thresholds, unknown = rows_of_several(7, 9)
    rows_scored = MultiLabelRowScores(p, targets[:, :3], CLASSES, thresholds=thresholds, unknown=unknown)
    draws = rows_scored.bootstrap(seed=2, resamples=50)
    counts = np.random.default_rng(2).multinomial(9, np.full(9, 1 / 9), 50)
    said = np.hstack([p >= thresholds, np.zeros((9, 2), dtype=bool)])
    for place, count in enumerate(counts):
        rows = np.repeat(np.arange(9), count)
        had, given_to = targets[rows], said[rows]
        assert draws["micro_f1"][place] == pytest.approx(
            peer.f1_score(had, given_to, average="micro", zero_division=0.0)
        )
        each = peer.f1_score(had, given_to, average=None, zero_division=0.0)
        assert draws["macro_f1"][place] == pytest.approx(each[(had | given_to).any(axis=0)].mean())


def test_a_mistake_may_have_an_unknown_label() -> None:
    probabilities = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]], dtype=np.float32)
    (found,) = mistakes(probabilities, np.array([0, 4]), ["one", "two"], CLASSES, unknown=UNKNOWN)
    assert (found.row, found.label, found.predicted, found.label_probability) == (1, "y", "b", 0.0)


def test_rows_with_unknown_labels_only_are_refused() -> None:
    with pytest.raises(DataError, match="No row has a label that is a class"):
        evaluate(
            np.full((2, 3), 1 / 3, dtype=np.float32), np.array([3, 4]), CLASSES, unknown=UNKNOWN, class_numbers=True
        )
    with pytest.raises(DataError, match="The target 5 is no class number"):
        evaluate(
            np.full((2, 3), 1 / 3, dtype=np.float32), np.array([0, 5]), CLASSES, unknown=UNKNOWN, class_numbers=True
        )


def test_no_classifier_has_them_right() -> None:
    probabilities, targets = rows_of_one(5, 60)
    other = probabilities[:, [1, 2, 0]]
    answers, texts = {"one": probabilities, "other": other}, [f"text {row}" for row in range(60)]
    found = compare_predictions(answers, targets, texts, CLASSES, unknown=UNKNOWN, resamples=50)
    names = np.array([*CLASSES, *UNKNOWN])
    for name, p in answers.items():
        said = names[p.argmax(axis=1)]
        assert found.accuracy[name] == pytest.approx(peer.accuracy_score(names[targets], said))
        macro = peer.f1_score(names[targets], said, average="macro", zero_division=0.0)
        assert found.scores[name]["macro_f1"] == pytest.approx(macro)
    (slice_,) = (one for one in found.slices if one.name == "unknown label")
    assert (slice_.rows, slice_.accuracy) == (found.unknown_labels, [0.0, 0.0])
    assert found.unknown_labels == (targets > 2).sum() > 5
    assert found.to_dict()["unknown_labels"] == found.unknown_labels

    p, sets, thresholds, unknown = rows_of_several(5, 60)
    both = {"one": (p, thresholds), "other": (p[:, ::-1], thresholds)}
    tasks = {name: MultiLabel(marks) for name, (_, marks) in both.items()}
    probabilities = {name: given for name, (given, _) in both.items()}
    multi_label = compare_predictions(
        probabilities, sets[:, :3], texts, CLASSES, tasks=tasks, unknown=unknown, resamples=50
    )
    said = np.hstack([p >= thresholds, np.zeros((60, 2), dtype=bool)])
    assert multi_label.accuracy["one"] == pytest.approx(peer.accuracy_score(sets, said))
    assert multi_label.unknown_labels == sum(map(bool, unknown))
    rows = {one.name: one.rows for one in multi_label.slices}
    assert rows["unknown label"] == multi_label.unknown_labels
    assert rows.get("no label", 0) == (~sets.any(axis=1)).sum()


def test_how_they_are_counted() -> None:
    classes, notes = Labels(("a", "b", "c")), []
    told: dict[str, Any] = {"source": "it", "say": notes.append}
    labels = ["a", "x", "b", "y", "x"]
    found = single_label_targets(classes, labels, "wrong", **told)
    assert found.places.tolist() == [0, 1, 2, 3, 4]
    assert (found.targets.tolist(), found.unknown, found.unknown_labels) == ([0, 3, 1, 4, 3], ["x", "y"], 3)
    assert notes.pop() == (
        "3 of 5 rows have a label that training never saw ('x' 2, 'y' 1): counted as wrong; "
        "the log loss is that of known labels."
    )
    found = single_label_targets(classes, labels, "skip", **told)
    assert (found.places.tolist(), found.targets.tolist()) == ([0, 2], [0, 1])
    assert (list(found.unknown), found.unknown_labels) == ([], 3)
    assert notes.pop() == "3 of 5 rows have a label that training never saw ('x' 2, 'y' 1) and are left out."
    with pytest.raises(DataError, match=r"it has the label 'x' \(2 rows\), which training never saw \(1 other label"):
        single_label_targets(classes, labels, "error", **told)
    for how in ("wrong", "skip"):
        with pytest.raises(DataError, match="which training never saw"):
            single_label_targets(classes, ["x", "y"], how, **told)  # type: ignore[arg-type]
    assert single_label_targets(classes, ["a", "c"], "error", **told).targets.tolist() == [0, 2]
    assert notes == []

    sets = [("a", "x"), (), ("b", "a", "b"), ("y",)]
    found = multi_label_targets(classes, sets, "wrong", **told)
    assert found.targets.tolist() == [[1, 0, 0], [0, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert (found.unknown, found.unknown_labels) == ([("x",), (), (), ("y",)], 2)
    found = multi_label_targets(classes, sets, "skip", **told)
    assert (found.places.tolist(), found.targets.tolist()) == ([1, 2], [[0, 0, 0], [1, 1, 0]])
    assert (list(found.unknown), found.unknown_labels) == ([(), ()], 2)
    with pytest.raises(DataError, match="which training never saw"):
        multi_label_targets(classes, sets, "error", **told)
    with pytest.raises(DataError, match=r"'a; b', which is 2 labels with ';' between them\. Name the mark with --l"):
        multi_label_targets(classes, ["a", "a; b"], "wrong", **told)
    with pytest.raises(
        DataError, match=r"between them\. Write the separator of the training rows, or lists of single labels\."
    ):
        multi_label_targets(classes, [("a",), ("a; b",)], "wrong", **told)


def test_a_few_cells_with_another_separator_are_unknown_labels() -> None:
    classes, notes = Labels(("a", "b", "c")), []
    told: dict[str, Any] = {"source": "it", "say": notes.append, "separator": ","}
    cells = ["a,b", "b, c", "a;b", "c", "b,c|a"]
    what = (
        "'a;b' looks like several labels with ';' between them, and cells are split at ',': write one separator in all "
        "cells. recurra check FILE --model MODEL shows the rows, and with --fix OUT --drop-unknown leaves them out."
    )
    both = what.replace("'a;b' looks", "'a;b', 'c|a' look").replace("';' between", "';' or '|' between")
    found = multi_label_targets(classes, cells, "wrong", **told)
    assert found.targets.tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert (found.unknown, found.unknown_labels) == ([(), (), ("a;b",), (), ("c|a",)], 2)
    assert notes.pop() == (
        "2 of 5 rows have a label that training never saw ('a;b' 1, 'c|a' 1): counted as wrong; "
        f"the log loss is that of known labels. {both}"
    )
    found = multi_label_targets(classes, cells[:4], "skip", **told)
    assert (found.places.tolist(), found.unknown_labels) == ([0, 1, 3], 1)
    assert notes.pop() == f"1 of 4 rows has a label that training never saw ('a;b' 1) and is left out. {what}"
    with pytest.raises(DataError) as caught:
        multi_label_targets(classes, cells[:4], "error", **told)
    assert str(caught.value) == (
        f"it has the label 'a;b' (1 row), which training never saw. {what} Leave these rows out, or train with them; "
        "the classes are 'a', 'b', 'c'."
    )
    # The other way round most cells have the comma, whatever is to be done with unknown labels.
    for how in ("wrong", "skip", "error"):
        with pytest.raises(DataError, match=r"'a,b', which is 2 labels with ',' between them\. Name the mark with --l"):
            multi_label_targets(classes, cells, how, **{**told, "separator": ";"})  # type: ignore[arg-type]


def test_leading_zeros_are_named() -> None:
    error = unknown_label_error(Counter({"01": 2, "x": 1}), Labels.learn([1, 2]), "t.csv")
    assert str(error) == (
        "t.csv has the label '01' (2 rows), which training never saw (1 other labels neither). But for leading zeros, "
        "'01' is '1': write them alike. Leave these rows out, or train with them; the classes are 1, 2."
    )
