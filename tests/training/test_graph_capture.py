"""When a step is called, captured and replayed, with stand-ins for CUDA's graphs; tests/gpu has the real ones."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import pytest
import torch

from recurra.batches import Ragged
from recurra.models.cuda_graphs import CudaGraphs
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.presets import TrainingSettings
from recurra.training.steps.device import DeviceStep
from recurra.training.steps.step import EncodedRows


class Recorder:
    """What happens, in order; a captured function runs no more until its graph is replayed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.capturing: list[Any] | None = None
        recorder = self

        class CUDAGraph:
            def register_generator_state(self, generator: Any) -> None:
                recorder.events.append(("registers", generator))

            def replay(self) -> None:
                recorder.events.append(("replays", *self.captured))

        @contextmanager
        def graph(one: Any, *, pool: Any, stream: Any) -> Any:
            recorder.capturing = []
            yield
            recorder.events.append(("captures", pool, stream))
            one.captured, recorder.capturing = recorder.capturing, None

        monkeypatch.setattr(torch.cuda, "CUDAGraph", CUDAGraph)
        monkeypatch.setattr(torch.cuda, "Stream", lambda device: f"side stream of {device}")
        monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: "pool")
        monkeypatch.setattr(torch.cuda, "graph", graph)

    def run(self, key: str) -> None:
        if self.capturing is None:
            self.events.append(("runs", key))
        else:
            self.capturing.append(key)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder(monkeypatch)


def test_first_called_then_captured_then_replayed(recorder: Recorder) -> None:
    graphs = CudaGraphs(recorder.run, None, device=torch.device("cuda:1"))
    for key in "abaab":
        graphs(key)
    assert recorder.events == [
        ("runs", "a"),
        ("runs", "b"),
        ("captures", "pool", "side stream of cuda:1"),
        ("replays", "a"),
        ("replays", "a"),
        ("captures", "pool", "side stream of cuda:1"),
        ("replays", "b"),
    ]
    assert len(graphs) == 2


def test_a_generator_is_registered_with_every_graph(recorder: Recorder) -> None:
    generator = torch.Generator()
    graphs = CudaGraphs(recorder.run, generator, device=torch.device("cuda"))
    for key in "aabb":
        graphs(key)
    assert [event for event in recorder.events if event[0] == "registers"] == [("registers", generator)] * 2


def test_a_step_goes_through_its_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while there is none yet."""
    shape = NetworkSettings(cell="gru", hidden=3, embedding=2)
    network = Network(shape, initial_weights(shape, rows=9, classes=2, seed=0))
    network.place("cpu", seed=0)
    rows = EncodedRows(Ragged.from_lists([[2, 3], [4], [5, 6, 7]]), np.array([0, 1, 1]))
    step, taken = DeviceStep(network, rows, TrainingSettings(batch_size=2)), []

    class Counted:
        def __len__(self) -> int:
            return 0

        def __call__(self, room: Any) -> None:
            taken.append(room)
            step._step(room)

    monkeypatch.setattr(step, "_graphs", Counted())
    monkeypatch.setattr(step, "_on_stream", nullcontext)
    assert len(step.run([np.array([0, 1]), np.array([2])], [0.1, 0.1]).taken) == 2
    assert len(taken) == 2
