"""Random layers; all that an engine computes from them, and what the formula says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from recurrence.loops import packed_places, read_document
from torch import Tensor

from recurra.cells import Cell, State, cell_named
from recurra.recurrence.engines import Engine, ReferenceEngine, Weights

# Documents of length 0 have no row and stand last, so a layer never hears of them.
MIXED = [500, 41, 17, 1, 1]
ALIKE = [500, 410, 388, 350, 1]
SHORT = [12, 7, 7, 1]


@dataclass(frozen=True)
class Case:
    """A layer's arguments; every tensor asks for its gradient."""

    cell: Cell
    inputs: Tensor
    weights: list[Weights]
    active: list[int]
    initial: list[State] | None
    lengths: list[int]

    @property
    def leaves(self) -> dict[str, Tensor]:
        found = {"inputs": self.inputs}
        for place, weights in enumerate(self.weights):
            found |= {f"{place}.{name}": part for name, part in weights._asdict().items() if part is not None}
        for place, state in enumerate(self.initial or []):
            # An SRU does not read the hidden state.
            read = {"cell": state.cell} if self.cell.name == "sru" else state._asdict()
            found |= {f"{place}.{name}0": part for name, part in read.items() if part is not None}
        return found


def case(
    cell: str,
    lengths: Sequence[int],
    *,
    directions: int = 1,
    dtype: torch.dtype = torch.float64,
    initial: bool = True,
    size: int = 3,
    hidden: int = 4,
    seed: int = 0,
    device: str = "cpu",
) -> Case:
    rng = np.random.default_rng(seed)
    kind = cell_named(cell)
    fused, recurrent = hidden * len(kind.gates), kind.recurrent_shape(hidden)
    active = [sum(length > step for length in lengths) for step in range(max(lengths))]

    def draw(*shape: int, scale: float = 1.0) -> Tensor:
        return torch.tensor(rng.normal(0, scale, shape), dtype=dtype, device=device).requires_grad_()

    weights = [
        Weights(
            draw(size, fused),
            # Small enough that a state of 500 steps back is forgotten and not blown up.
            draw(*recurrent, scale=0.5) if recurrent else None,
            draw(fused),
            draw(fused) if kind.recurrent_bias else None,
        )
        for _ in range(directions)
    ]
    states = [
        State(draw(active[0], hidden), draw(active[0], hidden) if kind.cell_state else None) for _ in range(directions)
    ]
    return Case(kind, draw(sum(lengths), size), weights, active, states if initial else None, list(lengths))


def computed(engine: Engine, case: Case, cell: Cell | None = None) -> dict[str, Tensor]:
    """The states of each direction and the gradient of a mean over them with respect to every leaf."""
    states = engine.layer(cell or case.cell, case.inputs, case.weights, case.active, initial=case.initial)
    rng = np.random.default_rng(1)
    projections = [torch.tensor(rng.normal(size=tuple(s.shape)), dtype=s.dtype, device=s.device) for s in states]
    loss = sum((s * p).sum() for s, p in zip(states, projections, strict=True)) / len(case.lengths)
    leaves = case.leaves
    # A leaf that was not used at all has no gradient; that is a difference, not an error.
    gradients = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    found = {f"states {place}": s.detach() for place, s in enumerate(states)}
    for (name, leaf), gradient in zip(leaves.items(), gradients, strict=True):
        found[f"gradient of {name}"] = torch.full_like(leaf, torch.nan) if gradient is None else gradient
    return found


def traced(case: Case, cell: Cell | None = None) -> dict[str, Tensor]:
    """What the reference engine records of each direction."""
    engine = ReferenceEngine()
    traces = engine.trace(cell or case.cell, case.inputs, case.weights, case.active, initial=case.initial)
    return {
        f"{name} {place}": part.detach()
        for place, trace in enumerate(traces)
        for name, part in trace._asdict().items()
        if part is not None
    }


def formula(case: Case) -> dict[str, Tensor]:
    """The same as :func:`traced`, from the loop over one document at a time."""
    places = packed_places(case.lengths)
    found: dict[str, Tensor] = {}
    for direction, weights in enumerate(case.weights):
        arrays = {name: array(part) for name, part in weights._asdict().items() if part is not None}
        reads = []
        for k in range(len(case.lengths)):
            words = array(case.inputs)[[row for row, (document, _) in enumerate(places) if document == k]]
            state = case.initial[direction] if case.initial else State(None)
            zero = np.zeros(len(arrays["b"]) // len(case.cell.gates))
            h, c = (zero if part is None else array(part)[k] for part in state)
            reads.append(read_document(case.cell.name, words, arrays, h, c, backwards=direction == 1))
        for part in ("hidden", "cell", "gates") if case.cell.cell_state else ("hidden", "gates"):
            rows = np.array([getattr(reads[k], part)[t] for k, t in places])
            found[f"{part} {direction}"] = torch.from_numpy(rows)
    return found


def relative_errors(found: dict[str, Tensor], expected: dict[str, Tensor]) -> dict[str, float]:
    """‖found − expected‖ / ‖expected‖ of each tensor; what must be zero and is not is infinitely wrong."""
    assert found.keys() == expected.keys()
    errors = {}
    for name, right in expected.items():
        right = right.double().cpu()
        off, size = torch.linalg.norm(found[name].double().cpu() - right).item(), torch.linalg.norm(right).item()
        errors[name] = off / size if size else float("inf") if off else 0.0
    return errors


def too_far(
    found: dict[str, Tensor], expected: dict[str, Tensor], tolerance: float, rounded: dict[str, Tensor] | None = None
) -> list[str]:
    """What is off by more than the tolerance; a NaN always is.

    Where sums all but cancel, every float32 computation is off: then by more than ten times what ``rounded`` is, the
    reference's own computation in float32.
    """
    errors = relative_errors(found, expected)
    own = relative_errors(rounded, expected) if rounded is not None else dict.fromkeys(errors, 0.0)
    return [f"{name} by {error:.1e}" for name, error in errors.items() if not error < max(tolerance, 10 * own[name])]


def array(tensor: Tensor) -> npt.NDArray[np.float64]:
    return tensor.detach().double().numpy()


def differences(found: dict[str, Tensor], expected: dict[str, Tensor], tolerance: float) -> list[str]:
    """What differs by more than the tolerance (relative to values above 1)."""
    assert found.keys() == expected.keys()
    wrong = []
    for name, right in expected.items():
        off = ((found[name] - right).abs() / right.abs().clamp(min=1)).max().item()
        if not off <= tolerance:  # NaN is a difference, too
            wrong.append(f"{name} by {off:.1e}")
    return wrong
