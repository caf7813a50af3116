"""Seconds of a call: by the device's own events on a GPU, by the clock on a CPU."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

__all__ = ["captured", "median_seconds"]

WARM_UP = 3


def median_seconds(calls: Sequence[Callable[[], object]], *, device: str, repeats: int) -> float:
    """The median of so many calls.

    Args:
        calls: the same work on inputs of their own, which take turns: inputs that stay in the cache would measure it.
        device: cuda or cpu.
        repeats: timed calls.
    """
    for number in range(max(WARM_UP, len(calls))):
        calls[number % len(calls)]()
    if device == "cpu":
        seconds = []
        for number in range(repeats):
            began = time.perf_counter()
            calls[number % len(calls)]()
            seconds.append(time.perf_counter() - began)
        return statistics.median(seconds)
    # torch's events and streams have no types.
    event: Any = torch.cuda.Event
    pairs = [(event(enable_timing=True), event(enable_timing=True)) for _ in range(repeats)]
    torch.cuda.synchronize()
    for number, (before, after) in enumerate(pairs):
        before.record()
        calls[number % len(calls)]()
        after.record()
    torch.cuda.synchronize()
    return float(statistics.median(before.elapsed_time(after) / 1e3 for before, after in pairs))


def captured(calls: Sequence[Callable[[], object]]) -> list[Callable[[], object]] | None:
    """Each call as the replay of a CUDA graph; ``None`` where one cannot be captured."""
    replays: list[Callable[[], object]] = []
    stream: Any = torch.cuda.Stream
    side = stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for call in calls:
            call()
    torch.cuda.current_stream().wait_stream(side)
    for call in calls:
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                kept = call()
        except RuntimeError:
            torch.cuda.synchronize()
            return None
        replays.append(_Replay(graph, kept))
    return replays


class _Replay:
    """A graph and what it writes to, which must live as long."""

    def __init__(self, graph: torch.cuda.CUDAGraph, kept: object) -> None:
        self._graph, self._kept = graph, kept

    def __call__(self) -> None:
        self._graph.replay()
