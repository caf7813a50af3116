"""Weights that are finite, and answers that are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle, make_overflowing

from recurra.bundle.format import decode, encode
from recurra.data.table import Table
from recurra.errors import ModelFileError
from recurra.inspection import attribute, compare, flags, gradients, label_issues, states
from recurra.runtime import Model

OVERFLOWING = Model(decode(encode(make_overflowing())))
TEXTS = ["the team wins", "", "a late match in oil"]
LINE = r"^The model's answer is (nan|-?inf), and no finite number: its weights are too large\. Train the model again"


@pytest.mark.parametrize(
    "ask",
    [
        lambda model, texts: model.predict(texts),
        lambda model, texts: model.predict(texts, abstain_below=0.5),
        lambda model, texts: model.predict_proba(texts),
        lambda model, texts: model.read(texts[-1]),
        lambda model, texts: model.read(texts[-1], gates=True),
    ],
)
def test_they_are_one_error(ask: Callable[[Model, list[str]], Any]) -> None:
    ask(OVERFLOWING, TEXTS[:2])
    for texts in (TEXTS, TEXTS[2:]):
        with pytest.raises(ModelFileError, match=LINE):
            ask(OVERFLOWING, texts)


def test_only_the_text_that_overflows_is_concerned() -> None:
    """The softmax of the biases 0, 1 and 2 is what is left where no word drives the network."""
    powers = np.exp([0.0, 1.0, 2.0])
    found = OVERFLOWING.predict_proba(["oil wins", "", "team"])
    np.testing.assert_allclose(found, np.tile(powers / powers.sum(), (3, 1)), rtol=1e-6)
    many = ["oil wins"] * 40_000
    assert np.array_equal(OVERFLOWING.predict(many), np.full(40_000, "c"))
    many[30_001] = "oil"
    with pytest.raises(ModelFileError, match=LINE):
        OVERFLOWING.predict(many)


def test_of_a_model_of_several_labels() -> None:
    bundle = make_bundle(pooling=("attention",), thresholds=(0.5, 0.5, 0.5))
    bundle.tensors["attention.W"][:], bundle.tensors["attention.b"][:], bundle.tensors["attention.v"][:] = 0, 20, 3e38
    model = Model(bundle)
    assert model.predict_proba([""]).shape == (1, 3)
    for ask in (model.predict, model.predict_proba):
        with pytest.raises(ModelFileError, match=LINE):
            ask(["oil prices"])
    # The sigmoid of a logit that is infinite is a number; what the word changes is none.
    overflowing = Model(make_overflowing(thresholds=(0.5, 0.5, 0.5)))
    assert overflowing.predict(["oil"]).tolist() == [["a", "b", "c"]]
    with pytest.raises(ModelFileError, match=LINE):
        overflowing.read("oil")


def test_large_weights_whose_answers_are_finite_are_answered() -> None:
    """Two logits are further apart than float32 reaches: the softmax is 1 and 0, and no warning is given."""
    bundle = make_overflowing(labels=("a", "b"))
    bundle.tensors["W_O"][:] = [0.8e38, -0.8e38]
    model = Model(bundle)
    assert model.predict_proba(["oil"]).tolist() == [[1, 0]]
    reading = model.read("oil")
    assert reading.probabilities.tolist() == [[1, 0]]
    assert np.isfinite(reading.evidence).all()
    # By how much the word changes the logits is beyond float32 itself.
    bundle.tensors["W_O"][:] = [1.6e38, -1.6e38]
    bundle.tensors["b_O"][:] = [-3.3e38, 3.3e38]
    assert Model(bundle).predict_proba([""]).tolist() == [[0, 1]]
    with pytest.raises(ModelFileError, match=LINE):
        Model(bundle).read("oil")


@pytest.mark.parametrize("view", [states, flags, label_issues])
def test_views_of_a_file(view: Callable[[Model, Table], Any]) -> None:
    table = Table([*TEXTS, *TEXTS], ["a", "b", "c"] * 2, "text", None, "label", "made.csv")
    with pytest.raises(ModelFileError, match=LINE):
        view(OVERFLOWING, table)
    with pytest.raises(ModelFileError, match=LINE):
        compare({"sound": Model(make_bundle()), "overflowing": OVERFLOWING}, table)


@pytest.mark.parametrize("view", [states, flags, label_issues])
def test_states_that_are_no_numbers(view: Callable[[Model, Table], Any]) -> None:
    """A closed reset gate times a product that overflows; with W_O of zeros the answers hide it no more than these."""
    bundle = make_bundle(cell="gru")
    bundle.tensors["layers.0.forward.b"][4:8] = -200
    bundle.tensors["layers.0.forward.b_H"][8:] = 3.4e38
    bundle.tensors["layers.0.forward.W_H"][:, 8:] = 3.4e38
    table = Table(["oil prices rise and the team wins"] * 6, ["a", "b", "c"] * 2, "text", None, "label", "made.csv")
    with pytest.raises(ModelFileError, match=r"^The model's (answer|state) is nan, and no finite number"):
        view(Model(bundle), table)


def test_gradients_that_explode() -> None:
    """An identity that multiplies by 1e38 at each step, in a network whose states stay at 0."""
    bundle = make_overflowing()
    bundle.record["training"] = {"seed": 1}
    bundle.tensors["W_O"][:] = np.eye(4, 3)
    bundle.tensors["layers.0.forward.W_H"][:] = 1e38 * np.eye(4)
    table = Table(["team wins a late match in rome"] * 3, ["a", "b", "c"], "text", None, "label", "made.csv")
    with pytest.raises(ModelFileError, match=r"^The model's gradient is inf, and no finite number"):
        gradients(Model(bundle), table, name="exploding")
    with pytest.raises(ModelFileError, match=r"^The model's gradient is (inf|nan), and no finite number"):
        attribute(bundle, "team " * 12)
