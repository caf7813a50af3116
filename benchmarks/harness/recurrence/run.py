"""A table of layers: ours beside torch's kernels, each in its fastest precision and in float32, and the floor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch

from harness.recurrence.chip import measured_chip
from harness.recurrence.roofline import Chip, array_bytes, floor_of, operations
from harness.recurrence.shapes import Shape
from harness.recurrence.timing import captured, median_seconds
from harness.recurrence.ways import Way, our_ways, packed_ways, padded_ways
from recurra.bench.machine import machine
from recurra.cells import cell_named
from recurra.errors import SettingsError
from recurra.recurrence.engines import engine_for

__all__ = ["Measured", "rows_of", "run_recurrence"]

# Sets of inputs that take turns.
INPUT_SETS = 3
# Steps of the two batches that a single step is measured with.
ALONE = (100, 400)


class Measured(NamedTuple):
    """Medians of a way, in seconds.

    Attributes:
        way: what was measured.
        eager: launched call by call.
        graph: replayed from a CUDA graph; ``None`` where there is none.
    """

    way: Way
    eager: float
    graph: float | None


def run_recurrence(shapes: Sequence[Shape], *, device: str, repeats: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Measures layers.

    Args:
        shapes: of the layers.
        device: cuda or cpu.
        repeats: timed calls of each way.
        say: hears of the progress.

    Returns:
        ``{"machine", "rows"}``, plain JSON values; see :func:`rows_of`.

    Raises:
        SettingsError: no such device here, no kernels of ours for it, or a cell that torch lacks.
    """
    _check(shapes, device)
    chip = measured_chip() if device == "cuda" else None
    rows = []
    steps: dict[str, float] = {}
    for shape in shapes:
        # A PackedSequence has its sizes on the host, so that nobody replays it with other documents.
        ours, padded, packed = (
            [_measured(way, device=device, repeats=repeats, graphs=graphs) for way in ways(shape, device)]
            for ways, graphs in ((our_ways, True), (padded_ways, True), (packed_ways, False))
        )
        if device == "cuda":
            steps = _shortest_steps(shape, repeats)
        found = rows_of(shape, ours, padded, packed, chip, steps=steps)
        rows += found
        for row in found:
            say(f"{row['what']}: {row['ours']:,.0f} µs, {row['peer_name']} {row['peer']:,.0f} µs, {row['ratio']:.2f} ×")
    about = machine()
    if chip is not None:
        about |= {"card": torch.cuda.get_device_name(), "chip": chip._asdict()}
    return {"machine": about, "rows": rows}


def rows_of(
    shape: Shape,
    ours: Sequence[Measured],
    padded: Sequence[Measured],
    packed: Sequence[Measured],
    chip: Chip | None,
    *,
    steps: Mapping[str, float],
) -> list[dict[str, Any]]:
    """The rows of a layer: beside the fastest padded way, the float32 one and the fastest packed one.

    Where the peer can be replayed from a graph, both are; elsewhere both are launched call by call. A ratio says how
    many times as fast we are.

    Args:
        shape: of the layer.
        ours: in each precision.
        padded: the peer on a grid.
        packed: the peer on a PackedSequence.
        chip: for the floor; ``None`` leaves it out.
        steps: seconds of a step in each precision, measured alone; one that is missing is counted by formula.
    """
    exact = [one for one in padded if one.way.precision == "ieee"]
    rows = [_row(shape, ours, padded, chip, steps), _row(shape, ours, packed, chip, steps)]
    if len(padded) > len(exact):
        float32 = [one for one in ours if one.way.precision == "ieee"]
        rows.insert(1, _row(shape, float32, exact, chip, steps, note=", float32"))
    return rows


def _check(shapes: Sequence[Shape], device: str) -> None:
    if device not in ("cpu", "cuda"):
        raise SettingsError(f"device is {device!r}", "Choose cuda or cpu.")
    if device == "cuda" and not torch.cuda.is_available():
        raise SettingsError("There is no CUDA device here", "Choose --device cpu, or run it on a machine with a GPU.")
    for shape in shapes:
        cell = cell_named(shape.cell)
        engine_for("torch", cell)
        engine_for("triton" if device == "cuda" else "numba", cell)


def _measured(way: Way, *, device: str, repeats: int, graphs: bool) -> Measured:
    calls = [way.build(seed) for seed in range(INPUT_SETS)]
    eager = median_seconds(calls, device=device, repeats=repeats)
    replays = captured(calls) if graphs and device == "cuda" else None
    graph = None if replays is None else median_seconds(replays, device=device, repeats=repeats)
    return Measured(way, eager, graph)


def _shortest_steps(shape: Shape, repeats: int) -> dict[str, float]:
    """Seconds of a step, both ways, of one block of documents that has the chip to itself, in each precision.

    The difference of a long and a short batch, so that launches and what is done once for all steps fall out.
    """
    short, long = (shape._replace(batch=1, steps=steps) for steps in ALONE)
    found = {}
    for few, many in zip(our_ways(short, "cuda"), our_ways(long, "cuda"), strict=True):
        seconds = [_measured(way, device="cuda", repeats=repeats, graphs=True) for way in (few, many)]
        if all(one.graph is not None for one in seconds):
            less, more = (one.graph or 0.0 for one in seconds)
            found[few.precision] = (more - less) / (ALONE[1] - ALONE[0])
    return found


def _row(
    shape: Shape,
    ours: Sequence[Measured],
    peers: Sequence[Measured],
    chip: Chip | None,
    steps: Mapping[str, float],
    *,
    note: str = "",
) -> dict[str, Any]:
    graphs = all(any(one.graph is not None for one in some) for some in (ours, peers))

    def seconds(one: Measured) -> float:
        return (float("inf") if one.graph is None else one.graph) if graphs else one.eager

    our, peer = min(ours, key=seconds), min(peers, key=seconds)
    tokens = sum(shape.lengths())
    row: dict[str, Any] = {
        "what": shape.what + note,
        "unit": "µs, forward and backward",
        "ours": 1e6 * seconds(our),
        "peer": 1e6 * seconds(peer),
        "peer_name": peer.way.name,
        "ratio": seconds(peer) / seconds(our),
        "our_way": our.way.name,
        "launch": "CUDA graph" if graphs else "eager",
        "tokens": tokens,
        "operations": operations(shape, tokens),
        "bytes": array_bytes(shape, tokens, our.way.precision),
        "tried": [
            {"way": one.way.name, "eager_us": 1e6 * one.eager, "graph_us": one.graph and 1e6 * one.graph}
            for one in (*ours, *peers)
        ],
    }
    if chip is not None:
        floor = floor_of(shape, tokens, our.way.precision, chip, step=steps.get(our.way.precision))
        row["roofline"] = floor.to_dict() | {"share": floor.seconds / seconds(our)}
    return row
