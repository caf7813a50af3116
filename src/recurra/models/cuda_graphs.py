"""Captures a function's work on the device in CUDA graphs and replays it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import torch

__all__ = ["CudaGraphs"]

Key = TypeVar("Key", bound=Hashable)


class CudaGraphs(Generic[Key]):
    """For each key, calls a function the first time, captures it the second time, and replays the graph from then on.

    A step of a small network is some hundred kernels of a few microseconds, which the host cannot launch fast enough
    one by one; a graph launches all at once (Gray 2019, Getting Started with CUDA Graphs). The first call may compile
    kernels and allocate workspaces, which is not allowed during capture; and a key that occurs once needs no graph.

    Args:
        run: works only on the device, on tensors that keep their addresses; does the same for the same key.
        generator: from which it draws random numbers, ``None`` if it draws none.
        device: on which it works.
    """

    def __init__(self, run: Callable[[Key], None], generator: torch.Generator | None, *, device: torch.device) -> None:
        self._run, self._generator = run, generator
        # Capture is not allowed on the default stream.
        self.stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        # One graph is replayed at a time, and the next reads nothing of it: they can share memory.
        self._pool = torch.cuda.graph_pool_handle()
        self._seen: set[Key] = set()
        self._graphs: dict[Key, torch.cuda.CUDAGraph] = {}

    def __len__(self) -> int:
        return len(self._graphs)

    def __call__(self, key: Key) -> None:
        """Does the function's work; :attr:`stream` must be the current stream."""
        if key not in self._seen:
            self._seen.add(key)
            self._run(key)
            return
        if key not in self._graphs:
            self._graphs[key] = self._captured(key)
        self._graphs[key].replay()

    def _captured(self, key: Key) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        if self._generator is not None:
            graph.register_generator_state(self._generator)
        with torch.cuda.graph(graph, pool=self._pool, stream=self.stream):
            self._run(key)
        return graph
