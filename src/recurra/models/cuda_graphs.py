"""Replaying a function's work on the device as CUDA graphs."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import torch

__all__ = ["CudaGraphs"]

Key = TypeVar("Key", bound=Hashable)


class CudaGraphs(Generic[Key]):
    """Calls a function the first time, captures it the second time, and from then on replays what was captured.

    A small network's step is some hundred kernels of a few microseconds, which a host cannot start that fast one by
    one; a graph starts them all at once (Gray 2019, Getting Started with CUDA Graphs). What is called first compiles
    kernels and takes workspaces, which a capture may not; and what comes once need not be captured.

    Args:
        run: works on the device alone, on tensors that keep their addresses; the same for the same key.
        generator: what it draws random numbers from, ``None`` if from nothing.
        device: where it works.
    """

    def __init__(self, run: Callable[[Key], None], generator: torch.Generator | None, *, device: torch.device) -> None:
        self._run, self._generator = run, generator
        # Captures on the default stream are not allowed.
        self.stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        # One at a time is replayed and leaves nothing that the next one reads: they may share their memory.
        self._pool = torch.cuda.graph_pool_handle()
        self._seen: set[Key] = set()
        self._graphs: dict[Key, torch.cuda.CUDAGraph] = {}

    def __len__(self) -> int:
        return len(self._graphs)

    def __call__(self, key: Key) -> None:
        """Does the function's work; :attr:`stream` must be the current one."""
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
