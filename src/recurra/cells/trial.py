"""A trial step of a cell, which finds mistakes in its formula before anything is trained with it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from recurra.cells.base import Cell, Gate, State
from recurra.errors import SettingsError

__all__ = ["check_cell"]

# Documents and units of the trial: different, so that an exchange of axes shows.
N, H = 3, 2
# What torch's tensors and NumPy's arrays both have as operators.
_OPERATORS = {
    np.add, np.subtract, np.multiply, np.true_divide, np.matmul, np.negative, np.positive, np.power, np.absolute,
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
}  # fmt: skip
# Of central differences with this step in float64 about ten digits are right.
_STEP, _TOLERANCE = 1e-5, 1e-6
_LOOK = "See recurra.cells.Cell.step for what it is given and returns; recurra/cells/lstm.py is an example."


class _Operand(np.ndarray[Any, Any]):
    """An array that knows only what torch's tensors know as well: operators and slices."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc not in _OPERATORS or method != "__call__" or options:
            raise TypeError(f"numpy.{ufunc.__name__} is used where torch's tensors are given as well")
        found = getattr(ufunc, method)(*(np.asarray(one) for one in inputs))
        return np.asarray(found).view(_Operand)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise TypeError(f"numpy.{function.__name__} is used where torch's tensors are given as well")


def _tanh(value: Any) -> Any:
    return np.tanh(np.asarray(value)).view(_Operand)


def _sigmoid(value: Any) -> Any:
    return (0.5 + 0.5 * np.tanh(0.5 * np.asarray(value))).view(_Operand)


_OPS: Any = SimpleNamespace(tanh=_tanh, sigmoid=_sigmoid)


def check_cell(cell: Cell) -> None:
    """Computes a step of a cell, and its gradient, on random numbers.

    Args:
        cell: with name, title and gates.

    Raises:
        SettingsError: its gates are not gates, its step fails or returns something else than the state and the gates'
            activations, or its gradient is not that of its step (central differences). A gradient that raises
            ``NotImplementedError`` is left out: such a cell has no attribution.
    """
    gates = cell.gates
    if not isinstance(gates, tuple) or not all(isinstance(gate, Gate) for gate in gates):
        raise SettingsError(
            f"The gates of the cell {cell.name!r:.40} are {gates!r:.80}",
            'Give a tuple of recurra.cells.Gate, such as (Gate("z", "update gate"), Gate("h", "candidate", '
            "candidate=True)).",
        )
    arrays = _arguments(cell)
    _, activations = _step(cell, arrays)
    try:
        gradient = cell.step_gradient(
            State(arrays["d_hidden"], arrays["d_cell"] if cell.cell_state else None),
            [np.asarray(one) for one in activations],
            State(arrays["hidden"], arrays.get("cell")),
            arrays.get("W_H"),
            arrays.get("b_H"),
        )
    except NotImplementedError:
        return
    except Exception as error:
        raise SettingsError(
            f"The step_gradient of the cell {cell.name!r:.40} fails: {type(error).__name__}: {error!s:.120}",
            "See recurra.cells.Cell.step_gradient for what it is given and returns.",
        ) from error
    for name in ("projection", "hidden", *(("cell",) if cell.cell_state else ())):
        found, expected = np.asarray(getattr(gradient, name, None)), _difference(cell, arrays, name)
        if found.shape != expected.shape or not np.allclose(found, expected, rtol=1e-4, atol=_TOLERANCE):
            shown = np.round(found[0], 4).tolist() if found.shape == expected.shape else f"of shape {list(found.shape)}"
            raise SettingsError(
                f"The step_gradient of the cell {cell.name!r:.40} is not the gradient of its step: that with respect "
                f"to {name} is {np.round(expected[0], 4).tolist()!s:.60} and not {shown!s:.60}",
                "Compare it with torch's, as tests/cells/test_step_gradients.py does; raise NotImplementedError to "
                "leave attribution out.",
            )


def _arguments(cell: Cell) -> dict[str, np.ndarray[Any, Any]]:
    """Random numbers for each argument that the cell has."""
    generator = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...] | None] = {
        "projection": (N, H * len(cell.gates)),
        "hidden": (N, H),
        "cell": (N, H) if cell.cell_state else None,
        "W_H": cell.recurrent_shape(H),
        "b_H": (H * len(cell.gates),) if cell.recurrent_bias else None,
        "d_hidden": (N, H),
        "d_cell": (N, H),
    }
    return {name: generator.uniform(-0.9, 0.9, shape) for name, shape in shapes.items() if shape is not None}


def _step(cell: Cell, arrays: dict[str, np.ndarray[Any, Any]]) -> tuple[State, tuple[Any, ...]]:
    """The state after a step and the activations, checked."""
    given = {name: array.view(_Operand) for name, array in arrays.items()}
    try:
        found = cell.step(
            _OPS, given["projection"], State(given["hidden"], given.get("cell")), given.get("W_H"), given.get("b_H")
        )
    except Exception as error:
        raise SettingsError(
            f"The step of the cell {cell.name!r:.40} fails: {type(error).__name__}: {error!s:.120}", _LOOK
        ) from error
    if not (isinstance(found, tuple) and len(found) == 2 and isinstance(found[0], State)):
        raise SettingsError(
            f"The step of the cell {cell.name!r:.40} returned {type(found).__name__}, not (State, activations)", _LOOK
        )
    state, activations = found
    if not isinstance(activations, tuple | list) or len(activations) != len(cell.gates):
        raise SettingsError(
            f"The step of the cell {cell.name!r:.40} returned "
            f"{len(activations) if isinstance(activations, tuple | list) else type(activations).__name__} activations "
            f"for {len(cell.gates)} gates",
            "Return a tuple of one array [n, H] for each gate, in their order.",
        )
    named = {"hidden": state.hidden, **{gate.name: one for gate, one in zip(cell.gates, activations, strict=True)}}
    if cell.cell_state:
        named["cell"] = state.cell
    for name, array in named.items():
        shape = list(np.asarray(array).shape)
        if shape != [N, H]:
            raise SettingsError(
                f"The step of the cell {cell.name!r:.40} returned {name} of shape {shape} for {N} "
                f"documents and {H} units",
                f"Return arrays [n, H], here [{N}, {H}].",
            )
    return state, tuple(activations)


def _difference(cell: Cell, arrays: dict[str, np.ndarray[Any, Any]], name: str) -> np.ndarray[Any, Any]:
    """The gradient with respect to an argument by central differences."""

    def weighted(changed: np.ndarray[Any, Any]) -> float:
        state, _ = _step(cell, {**arrays, name: changed})
        total = (np.asarray(state.hidden) * arrays["d_hidden"]).sum()
        return float(total + ((np.asarray(state.cell) * arrays["d_cell"]).sum() if cell.cell_state else 0.0))

    found = np.zeros_like(arrays[name])
    for place in np.ndindex(*found.shape):
        sides = []
        for sign in (1, -1):
            changed = arrays[name].copy()
            changed[place] += sign * _STEP
            sides.append(weighted(changed))
        found[place] = (sides[0] - sides[1]) / (2 * _STEP)
    return found
