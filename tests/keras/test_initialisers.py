"""Initial weights follow Keras's rules: the facts are measured on the weights that Keras draws at the real sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from recurra.networks.initial import initial_weights
from recurra.presets import load_preset

PRESETS = ["simple-rnn-titles", "simple-rnn-masked", "gru", "lstm", "bilstm"]
# Standard errors that a mean or a deviation may be off by: one test in a hundred million fails by chance.
ERRORS = 6


@pytest.fixture(scope="module", params=PRESETS)
def drawn(request: pytest.FixtureRequest, keras_json: Callable[[str], Any]) -> list[tuple[str, Any, Any, int]]:
    """Name, our array, facts of Keras's and hidden units, for each weight of a preset."""
    preset = load_preset(f"lesson/{request.param}")
    ours = initial_weights(preset.network, rows=preset.text.vocabulary_size, classes=4, seed=0)
    facts = keras_json("initialisers.json")[request.param]
    assert ours.keys() == facts.keys()
    return [(name, ours[name], facts[name], preset.network.hidden) for name in ours]


def test_shapes_are_those_of_keras(drawn: list[tuple[str, Any, Any, int]]) -> None:
    for name, ours, keras, _ in drawn:
        assert list(ours.shape) == keras["shape"], name
        assert ours.dtype == np.float32, name


def test_uniform_weights_have_the_range_and_the_spread_of_keras(drawn: list[tuple[str, Any, Any, int]]) -> None:
    for name, ours, keras, _ in drawn:
        if ours.ndim == 1 or name.endswith("W_H"):
            continue
        limit = keras.get("glorot_limit", 0.05)
        count = ours.size
        # The largest of n uniform numbers in ±a is below a by about 2a / n.
        gap = 20 * limit / count
        for low, high in ((keras["min"], keras["max"]), (ours.min(), ours.max())):
            assert -limit - 1e-7 <= low <= -limit + gap, name
            assert limit - gap <= high <= limit + 1e-7, name
        # A uniform variable's deviation has the standard error 0.447 σ / sqrt(n), its mean σ / sqrt(n); two draws.
        error = keras["std"] * np.sqrt(2 / count)
        assert abs(ours.std() - keras["std"]) < ERRORS * 0.447 * error, name
        assert abs(ours.mean() - keras["mean"]) < ERRORS * error, name


def test_recurrent_weights_are_orthogonal_as_one_matrix_and_not_gate_by_gate(
    drawn: list[tuple[str, Any, Any, int]],
) -> None:
    for name, ours, keras, hidden in drawn:
        if not name.endswith("W_H"):
            continue
        assert keras["orthogonality"] < 1e-5, name
        assert _distance(ours) < 1e-5, name
        if ours.shape[1] == hidden:
            continue
        assert keras["gate_orthogonality"] > 0.3, name
        for gate in np.split(ours, ours.shape[1] // hidden, axis=1):
            assert _distance(gate) > 0.3, name


def test_biases_are_those_of_keras(drawn: list[tuple[str, Any, Any, int]]) -> None:
    for name, ours, keras, hidden in drawn:
        if ours.ndim == 1:
            expected = keras["values"] * len(ours) if name == "b_O" else np.repeat(keras["gates"], hidden)
            np.testing.assert_array_equal(ours, np.asarray(expected, dtype=np.float32), err_msg=name)


def _distance(matrix: npt.NDArray[np.float32]) -> float:
    exact = matrix.astype(np.float64)
    return float(np.abs(exact @ exact.T - np.eye(len(exact))).max())
