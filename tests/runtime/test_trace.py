"""States and gates against torch's own cells and the reference engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from bundles import make_bundle
from torch import nn

from recurra.cells import CELLS, cell_named
from recurra.recurrence.engines import Weights
from recurra.recurrence.engines.reference import ReferenceEngine
from recurra.runtime import LayerTrace, Model

TEXT = "the team wins a late match in Rome again oil zzz prices"
# Our gates as places in torch's fused weights.
TORCH = {
    "simple_rnn": (nn.RNN, (0,)),
    "gru": (nn.GRU, (1, 0, 2)),
    "lstm": (nn.LSTM, (0, 1, 2, 3)),
}


def torch_module(bundle: Any) -> Any:
    """The recurrent stack in torch's own module."""
    settings = bundle.network
    kind, order = TORCH[settings.cell]
    module = kind(settings.embedding, settings.hidden, settings.layers, bidirectional=settings.bidirectional)
    for layer in range(settings.layers):
        for suffix, direction in (("", "forward"), ("_reverse", "backward"))[: settings.directions]:
            prefix = f"layers.{layer}.{direction}."
            for theirs, ours in (("weight_ih", "W_I"), ("weight_hh", "W_H"), ("bias_ih", "b"), ("bias_hh", "b_H")):
                value = bundle.tensors.get(prefix + ours, np.zeros_like(bundle.tensors[prefix + "b"]))
                blocks = np.split(value, len(order), axis=-1)
                fused = np.concatenate([blocks[place] for place in order], axis=-1).T
                getattr(module, f"{theirs}_l{layer}{suffix}").data = torch.tensor(fused)
    return module


@pytest.mark.parametrize("cell", list(TORCH))
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_hidden_states_are_torch_s(cell: str, both: bool, masked: bool) -> None:
    bundle = make_bundle(cell=cell, bidirectional=both, layers=2, hidden=6, masked=masked, pad_to=20, scale=0.9)
    traces = Model(bundle).read(TEXT, gates=True).layers
    tokens = len(TEXT.split())
    ids = np.pad(bundle.pipeline.encode([TEXT])[0], (0, 0 if masked else 20 - tokens))
    with torch.no_grad():
        states, _ = torch_module(bundle)(torch.tensor(bundle.tensors["embedding"][ids]))
    top = np.concatenate([one.h for one in traces if one.layer == 1], axis=1)
    np.testing.assert_allclose(top, states[:tokens], atol=1e-5)


GATES = {
    "simple_rnn": "",
    "gru": "zrh",
    "gru_reset_before": "zrh",
    "lstm": "ifgo",
    "sru": "frgx",
    "min_gru": "zh",
    "min_lstm": "ifh",
}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("network", [{"bidirectional": True, "layers": 2}, {"input": "one_hot"}])
def test_states_and_gates_are_those_of_the_reference_engine(cell: str, network: dict[str, Any]) -> None:
    bundle = make_bundle(cell=cell, hidden=6, scale=0.9, **network)
    traces = iter(Model(bundle).read(TEXT, gates=True).layers)
    settings, formula = bundle.network, cell_named(cell)
    weights = {name: torch.tensor(array, dtype=torch.float64) for name, array in bundle.tensors.items()}
    ids = torch.tensor(bundle.pipeline.encode([TEXT])[0].astype(np.int64))
    one_hot = torch.eye(len(weights["layers.0.forward.W_I"]), dtype=torch.float64)
    states = weights["embedding"][ids] if settings.input == "embedding" else one_hot[ids]
    for layer in range(settings.layers):
        directions = ["forward", "backward"][: settings.directions]
        parts = [
            Weights(*(weights.get(f"layers.{layer}.{name}.{part}") for part in ("W_I", "W_H", "b", "b_H")))
            for name in directions
        ]
        found = ReferenceEngine().trace(formula, states, parts, [1] * len(ids))
        for direction, expected in zip(directions, found, strict=True):
            trace = next(traces)
            assert (trace.layer, trace.direction, trace.cell) == (layer, direction, cell)
            np.testing.assert_allclose(trace.h, expected.hidden, atol=1e-12)
            if expected.cell is None:
                assert trace.c is None
            else:
                np.testing.assert_allclose(trace.c, expected.cell, atol=1e-12)
            names = "".join(trace.gates)
            assert names == GATES[cell]
            if names:
                np.testing.assert_allclose(
                    np.concatenate(list(trace.gates.values()), axis=1), expected.gates, atol=1e-12
                )
        states = torch.cat([one.hidden for one in found], dim=1)
    assert next(traces, None) is None


def test_huge_weights_saturate_without_a_warning() -> None:
    bundle = make_bundle(cell="lstm", scale=1e4)
    trace: LayerTrace = Model(bundle).read(TEXT, gates=True).layers[0]
    assert np.isfinite(trace.h).all()
    assert set(np.round(trace.gates["f"], 6).ravel().tolist()) <= {0.0, 1.0}


def test_no_tokens_have_no_rows() -> None:
    trace = Model(make_bundle()).read("", gates=True).layers[0]
    assert trace.h.shape == (0, 4)
    assert trace.c is not None
    assert trace.c.shape == (0, 4)
    assert trace.gates["o"].shape == (0, 4)
