"""The engines: one contract, computed in several ways. ``reference`` is the definition."""

from __future__ import annotations

import sys
from functools import cache

from recurra.cells import Cell
from recurra.errors import SettingsError
from recurra.recurrence.engines.base import Engine, Trace, Weights
from recurra.recurrence.engines.numba_engine import NumbaEngine
from recurra.recurrence.engines.reference import ReferenceEngine
from recurra.recurrence.engines.torch_engine import TorchEngine
from recurra.recurrence.engines.triton_engine import TritonEngine, triton_missing

__all__ = ["ENGINES", "Engine", "Trace", "Weights", "engine_for"]

# In the order in which ``auto`` asks them.
ENGINES: dict[str, Engine] = {
    engine.name: engine for engine in (TritonEngine(), NumbaEngine(), TorchEngine(), ReferenceEngine())
}


def engine_for(name: str, cell: Cell, *, device: str = "cpu") -> Engine:
    """The engine of that name, or with ``auto`` the first that computes the cell on this kind of device.

    Args:
        name: of the engine, or ``auto``.
        cell: the formula.
        device: the kind of device that the weights are on: cpu, cuda, mps.

    Raises:
        SettingsError: no such engine, or it does not compute the cell or lacks a package.
    """
    able = [engine for engine in ENGINES.values() if engine.supports(cell)]
    if name == "auto":
        if device == TritonEngine.device:
            _tell_what_is_missing()
        return next(engine for engine in able if engine.device in (None, device))
    if name not in ENGINES:
        raise SettingsError(f"There is no engine {name!r}", f"The engines are auto, {', '.join(ENGINES)}.")
    if ENGINES[name] not in able:
        raise SettingsError(
            f"The {name} engine does not compute the cell {cell.name} here",
            f"Choose auto or {' or '.join(engine.name for engine in able)}{_to_install(name, cell)}.",
        )
    return ENGINES[name]


def _to_install(name: str, cell: Cell) -> str:
    wanting = name == TritonEngine.name and cell.compiled.triton is not None
    return ", or install what it needs" if wanting else ""


@cache
def _tell_what_is_missing() -> None:
    """One line, once, where a GPU is there and the kernels for it are not."""
    missing = triton_missing()
    if missing is not None:
        print(f"{missing}: recurrent layers run on torch's slower kernels; pip install triton.", file=sys.stderr)
