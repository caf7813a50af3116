"""The engines: one contract, computed in several ways. ``reference`` is the definition."""

from __future__ import annotations

from recurra.errors import SettingsError
from recurra.recurrence.cells import Cell
from recurra.recurrence.engines.base import Engine, Trace, Weights
from recurra.recurrence.engines.numba_engine import NumbaEngine
from recurra.recurrence.engines.reference import ReferenceEngine
from recurra.recurrence.engines.torch_engine import TorchEngine

__all__ = ["ENGINES", "Engine", "Trace", "Weights", "engine_for"]

# In the order in which ``auto`` asks them.
ENGINES: dict[str, Engine] = {engine.name: engine for engine in (NumbaEngine(), TorchEngine(), ReferenceEngine())}


def engine_for(name: str, cell: Cell) -> Engine:
    """The engine of that name, or with ``auto`` the first that computes the cell.

    Raises:
        SettingsError: no such engine, or it does not compute the cell or lacks a package.
    """
    able = [engine for engine in ENGINES.values() if engine.supports(cell)]
    if name == "auto":
        return able[0]
    if name not in ENGINES:
        raise SettingsError(f"There is no engine {name!r}", f"The engines are auto, {', '.join(ENGINES)}.")
    if ENGINES[name] not in able:
        raise SettingsError(
            f"The {name} engine does not compute the cell {cell.name} here",
            f"Choose {' or '.join(engine.name for engine in able)}, or install what it needs.",
        )
    return ENGINES[name]
