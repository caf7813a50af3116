"""The lesson's networks have the lesson's parameter counts."""

from __future__ import annotations

import math

import pytest
from models.networks import CELLS, JOINED

from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import count_parameters, weight_shapes
from recurra.presets import load_preset

# As Keras's summary prints them: embedding, recurrent layers, output.
LESSON = {
    "simple-rnn-titles": (1_280_000, [1_296], 68),
    "simple-rnn-masked": (1_280_000, [1_296], 68),
    "gru": (1_280_000, [1_776], 36),
    "lstm": (1_280_000, [2_336], 36),
    "bilstm": (2_560_000, [98_816, 98_816], 516),
}
TOTAL = {
    "simple-rnn-titles": 1_281_364,
    "simple-rnn-masked": 1_281_364,
    "gru": 1_281_812,
    "lstm": 1_282_372,
    "bilstm": 2_758_148,
}


@pytest.mark.parametrize("name", LESSON)
def test_the_lessons_networks_have_their_parameters(name: str) -> None:
    preset = load_preset(f"lesson/{name}")
    assert preset.text.fixed_rows
    rows = preset.text.vocabulary_size
    counts = count_parameters(preset.network, rows=rows, classes=4)
    embedding, layers, output = LESSON[name]
    expected = {"embedding": embedding, **{f"layers.{k}": n for k, n in enumerate(layers)}, "output": output}
    assert counts == expected
    assert list(counts) == list(expected)
    assert sum(counts.values()) == TOTAL[name]
    network = Network(preset.network, initial_weights(preset.network, rows=rows, classes=4, seed=0))
    assert sum(weight.numel() for weight in network.parameters()) == TOTAL[name]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("shape", [{}, {"bidirectional": True, "layers": 3, "pooling": JOINED}, {"input": "one_hot"}])
def test_the_count_is_that_of_the_weights(cell: str, shape: dict[str, object]) -> None:
    settings = NetworkSettings.from_dict({"cell": cell, "hidden": 5, "embedding": 7, **shape}, where="the test")
    shapes = weight_shapes(settings, rows=13, classes=3)
    assert sum(count_parameters(settings, rows=13, classes=3).values()) == sum(map(math.prod, shapes.values()))
    assert ("embedding" in shapes) == (settings.input == "embedding")
    assert ("attention.v" in shapes) == ("attention" in settings.pooling)
    assert any(name.endswith(".b_H") for name in shapes) == (cell == "gru")


def test_a_layer_reads_both_directions_of_the_one_below() -> None:
    settings = NetworkSettings(cell="lstm", hidden=5, embedding=7, layers=2, bidirectional=True)
    assert weight_shapes(settings, rows=13, classes=3) == {
        "embedding": (13, 7),
        "layers.0.forward.W_I": (7, 20),
        "layers.0.forward.W_H": (5, 20),
        "layers.0.forward.b": (20,),
        "layers.0.backward.W_I": (7, 20),
        "layers.0.backward.W_H": (5, 20),
        "layers.0.backward.b": (20,),
        "layers.1.forward.W_I": (10, 20),
        "layers.1.forward.W_H": (5, 20),
        "layers.1.forward.b": (20,),
        "layers.1.backward.W_I": (10, 20),
        "layers.1.backward.W_H": (5, 20),
        "layers.1.backward.b": (20,),
        "W_O": (10, 3),
        "b_O": (3,),
    }
