"""Weights of rows: a batch's gradient is that of the batch in which each row stands as often as its weight says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rows import make_rows
from sklearn.utils.class_weight import compute_sample_weight
from training.runs import PLAIN, SHORT, TEXT

from recurra import TextClassifier
from recurra.batches import Ragged
from recurra.bundle.format import encode
from recurra.data.corpus import InMemoryRows
from recurra.errors import DataError, TrainingError
from recurra.linear_branch import BranchSettings
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.presets import Recipe, TrainingSettings
from recurra.runtime import Model
from recurra.tasks import MULTI_LABEL, SINGLE_LABEL
from recurra.training.callbacks import Callback
from recurra.training.fit import RunOptions, fit
from recurra.training.prepare import labelled_rows, prepare
from recurra.training.sample_weight import drawn_by_weight
from recurra.training.steps.autograd import AutogradStep
from recurra.training.steps.compiled import CompiledStep
from recurra.training.steps.device import DeviceStep
from recurra.training.steps.step import EncodedRows

VOCABULARY, CLASSES, COUNT = 30, 3, 80
SMALL = NetworkSettings(cell="gru", hidden=5, embedding=4)
# A large epsilon: Adam's first steps divide a gradient by its own size, and so show the rounding of those near zero.
STEADY = TrainingSettings(epsilon=1e-3, batch_size=60)
HARD = STEADY.replace(class_weights="balanced", label_smoothing=0.1, clip=0.5)
WEIGHTS = np.random.default_rng(9).integers(1, 5, COUNT)


def rows(*, several: bool = False) -> EncodedRows:
    rng = np.random.default_rng(0)
    lengths = np.where(rng.random(COUNT) < 0.2, 0, rng.integers(1, 12, COUNT))
    documents = Ragged.from_lists([rng.integers(0, VOCABULARY, length).tolist() for length in lengths])
    targets = rng.random((COUNT, CLASSES)) < 0.4 if several else rng.integers(0, CLASSES, COUNT)
    return EncodedRows(documents, targets, MULTI_LABEL if several else SINGLE_LABEL)


def stepped(
    kind: Any,
    shape: NetworkSettings,
    training: TrainingSettings,
    data: EncodedRows,
    *,
    repeated: bool,
    tokens: Any = None,
) -> tuple[list[float], dict[str, np.ndarray]]:
    """Losses and weights of some steps, on batches of different rows, each as often as its weight says if asked for."""
    network = Network(shape, initial_weights(shape, rows=VOCABULARY, classes=CLASSES, seed=1))
    network.place("cpu", seed=2)
    step = kind(network, data, training)
    if tokens is not None:
        step.micro_batches.tokens = tokens
    rng, losses = np.random.default_rng(3), []
    for _ in range(6):
        batch = rng.permutation(COUNT)[:12]
        found = step.run([np.repeat(batch, WEIGHTS[batch]) if repeated else batch], [0.02])
        losses.append(found.taken[0].loss)
    step.flush()
    return losses, network.arrays()


@pytest.mark.parametrize(
    ("kind", "shape", "training", "tokens"),
    [
        (CompiledStep, SMALL, STEADY, None),
        (CompiledStep, SMALL, HARD.replace(loss="focal"), None),
        (CompiledStep, SMALL, HARD, 20),
        (AutogradStep, SMALL, HARD, None),
        (AutogradStep, SMALL.replace(every_step=0.4), HARD, 20),
        (DeviceStep, SMALL.replace(every_step=0.4), HARD, None),
    ],
)
def test_a_weight_is_as_many_of_the_row(kind: Any, shape: Any, training: Any, tokens: Any) -> None:
    data = rows()
    weighted = replace(data, weights=WEIGHTS.astype(np.float32))
    losses, arrays = stepped(kind, shape, training, weighted, repeated=False, tokens=tokens)
    expected, others = stepped(kind, shape, training, data, repeated=True)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    for name, array in others.items():
        np.testing.assert_allclose(arrays[name], array, atol=2e-5, err_msg=name)
    # What makes no difference would pass as well.
    plain, _ = stepped(kind, shape, training, data, repeated=False)
    assert np.abs(np.array(plain) - losses).max() > 1e-3


@pytest.mark.parametrize(("kind", "tokens"), [(CompiledStep, None), (CompiledStep, 20), (AutogradStep, None)])
def test_of_several_labels_too(kind: Any, tokens: Any) -> None:
    data = rows(several=True)
    weighted = replace(data, weights=WEIGHTS.astype(np.float32))
    losses, arrays = stepped(kind, SMALL, HARD, weighted, repeated=False, tokens=tokens)
    expected, others = stepped(kind, SMALL, HARD, data, repeated=True)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    for name, array in others.items():
        np.testing.assert_allclose(arrays[name], array, atol=2e-5, err_msg=name)


BRANCH = BranchSettings(branch=True, ngrams=2)
DOCUMENTS, LABELS = make_rows(60)
RECIPE = Recipe(text=TEXT, network=PLAIN, branch=BRANCH, training=SHORT.replace(validation=0.2))


def trained(sample_weight: Any, *, recipe: Recipe = RECIPE, some: Any = slice(None), run: Any = None) -> Model:
    documents, labels = (np.array(one, dtype=object)[some] for one in ([" ".join(d) for d in DOCUMENTS], LABELS))
    fitted = fit(documents.tolist(), labels.tolist(), recipe=recipe, sample_weight=sample_weight, run=run)
    return Model(fitted.bundle)


def probabilities(model: Model) -> Any:
    return model.predict_proba([" ".join(one) for one in DOCUMENTS])


def test_only_what_rows_count_beside_one_another_matters() -> None:
    plain = probabilities(trained(None))
    for weight in (1, 7.5, 1e-300, 1e300):
        np.testing.assert_array_equal(probabilities(trained([weight] * 60)), plain)


def test_a_row_of_weight_0_is_left_out() -> None:
    weights = np.random.default_rng(1).integers(0, 3, 60)
    assert 0 < (weights == 0).sum() < 40
    found, expected = trained(weights), trained(weights[weights > 0], some=weights > 0)
    assert encode(found.bundle) == encode(expected.bundle)
    assert found.record["rows"] == (weights > 0).sum()
    assert found.record["sample_weight"] is True
    assert "sample_weight" not in trained(None).record


def test_balanced_weights_are_balanced_classes_in_network_and_branch() -> None:
    """scikit-learn says what each row counts; the classes are of unequal size."""
    some = np.flatnonzero((np.array(LABELS) != sorted(set(LABELS))[0]) | (np.arange(60) % 3 == 0))
    weights = compute_sample_weight("balanced", np.array(LABELS)[some])
    assert len(set(weights)) > 1
    recipe = replace(RECIPE, training=SHORT)
    found = trained(weights, recipe=recipe, some=some)
    expected = trained(None, recipe=recipe.with_options({"class_weights": "balanced"}), some=some)
    assert found.bundle.branch is not None
    assert expected.bundle.branch is not None
    np.testing.assert_allclose(found.bundle.branch.W, expected.bundle.branch.W, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found.bundle.tensors["W_O"], expected.bundle.tensors["W_O"], atol=1e-4)
    unweighted = trained(None, recipe=recipe, some=some)
    assert np.abs(unweighted.bundle.tensors["W_O"] - expected.bundle.tensors["W_O"]).max() > 1e-3


def test_weights_multiply_with_those_of_classes() -> None:
    recipe = replace(RECIPE, training=SHORT.replace(class_weights="balanced"))
    weights = np.where(np.arange(60) % 2, 3.0, 1.0)
    both, one, other = (
        trained(w, recipe=r).bundle.branch for w, r in ((weights, recipe), (weights, RECIPE), (None, recipe))
    )
    assert both is not None
    assert all(branch is not None and not np.allclose(both.W, branch.W) for branch in (one, other))


def test_the_branch_learns_from_all_rows_by_their_weights() -> None:
    """Rows that contradict each other: the heavier ones are right, also where some of them are held out."""
    texts = ["good" if row % 4 < 2 else "bad" for row in range(400)]
    labels = [("yes" if text == "good" else "no") if row % 2 else "maybe" for row, text in enumerate(texts)]
    recipe = replace(RECIPE, training=SHORT.replace(validation=0.2))
    for heavy in (1, 0):
        weights = [20.0 if row % 2 == heavy else 1.0 for row in range(400)]
        branch = fit(texts, labels, recipe=recipe, sample_weight=weights).bundle
        model = Model(branch)
        assert model.predict(["good", "bad"]).tolist() == (["yes", "no"] if heavy else ["maybe", "maybe"])


def test_rows_are_drawn_by_their_weights_and_alike_without() -> None:
    assert drawn_by_weight(None, 5, seed=0).all()
    assert drawn_by_weight(np.full(50, 0.3, dtype=np.float32), 50, seed=0).all()
    weights = np.tile(np.array([4, 2, 1], dtype=np.float32), 4000)
    drawn = drawn_by_weight(weights, len(weights), seed=1).reshape(-1, 3).mean(axis=0)
    reference = (16 + 4 + 1) / 7
    np.testing.assert_allclose(drawn, [1, 2 / reference, 1 / reference], atol=0.03)
    # One row that outweighs all others stands for them.
    assert drawn_by_weight(np.array([1e6, 1e-6, 1e-6], dtype=np.float32), 3, seed=0).tolist() == [True, False, False]


@pytest.mark.filterwarnings("ignore:.*have the same text as a row that is learned from")
@pytest.mark.parametrize("count", [300, 1500])
def test_texts_under_every_label_with_its_probability_as_the_weight_are_learned(count: int) -> None:
    """Soft labels; with 300 texts answers to rows that were not seen choose, with 1,500 rows that are held out."""
    pairs, labels = make_rows(count, seed=8)
    texts, classes = [" ".join(pair) for pair in pairs], sorted(set(labels))
    weights = np.array([[0.94 if name == label else 0.02 for name in classes] for label in labels])
    fitted = TextClassifier("fast", epochs=3).fit(
        np.repeat(texts, len(classes)), np.tile(classes, count), sample_weight=weights.ravel()
    )
    pairs, asked = make_rows(400, seed=9)
    probabilities = fitted.predict_proba([" ".join(pair) for pair in pairs])
    targets = np.searchsorted(classes, asked)
    assert (probabilities.argmax(axis=1) == targets).mean() > 0.95
    assert probabilities.max(axis=1).mean() > 0.6


def test_titles_and_weights_stay_together() -> None:
    pairs = [("", "a b"), ("c", "d"), ("e", "f"), ("", "g"), ("h", "i")]
    text = TEXT.replace(field="title")
    found = labelled_rows(
        InMemoryRows(pairs, ["x", "y", "x", "x", "y"]), text, Callback(), sample_weight=[9, 0, 2, 9, 4]
    )
    assert len(found.corpus) == 2
    assert found.weights is not None
    np.testing.assert_allclose(found.weights, [2 / 3, 4 / 3], rtol=1e-6)


def test_each_part_of_the_rows_keeps_its_weights() -> None:
    weights = np.arange(1, 61)
    texts = [f"word{row} text" for row in range(60)]
    labelled = labelled_rows(InMemoryRows(texts, LABELS), TEXT, Callback(), sample_weight=weights)
    prepared = prepare(labelled, TEXT, SHORT.replace(validation=0.3), folder=None, callbacks=Callback())
    assert prepared.held is not None
    assert prepared.choosing is not None
    rows_of = {weight: int(row) for row, weight in enumerate(labelled.weights if labelled.weights is not None else ())}
    for part in (prepared.rows, prepared.held, prepared.choosing):
        assert part.weights is not None
        assert [LABELS[rows_of[w]] for w in part.weights] == [labelled.classes.classes[c] for c in part.targets]
    assert len(prepared.rows) + len(prepared.held) == 60


def test_a_run_of_other_weights_is_not_resumed(tmp_path: Any) -> None:
    trained(np.arange(1, 61), run=RunOptions(folder=tmp_path))
    trained(2 * np.arange(1, 61), run=RunOptions(folder=tmp_path, resume=True))
    with pytest.raises(TrainingError, match="other data or settings"):
        trained(np.arange(2, 62), run=RunOptions(folder=tmp_path, resume=True))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([1.0] * 59, r"60 rows, and sample_weight has the shape \[59\]"),
        ([[1.0]] * 60, r"shape \[60, 1\]"),
        (2.0, r"shape \[\]"),
        ([1.0] * 59 + [-0.5], r"row 59 \(counted from 0\) is -0.5"),
        ([1.0, float("nan")] + [1.0] * 58, "row 1 .* is nan"),
        ([float("inf")] + [1.0] * 59, "row 0 .* is inf"),
        ([0] * 60, "0 for all 60 rows"),
        (["much"] * 60, r"sample_weight is \['much'"),
    ],
)
def test_what_is_no_weight_is_refused(weights: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        fit(DOCUMENTS, LABELS, recipe=RECIPE, sample_weight=weights)
