"""The engines: several implementations of one contract, of which ``reference`` is the definition."""

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

# In the order in which ``auto`` tries them.
ENGINES: dict[str, Engine] = {
    engine.name: engine for engine in (TritonEngine(), NumbaEngine(), TorchEngine(), ReferenceEngine())
}


def engine_for(name: str, cell: Cell, *, device: str = "cpu") -> Engine:
    """The engine with a name, or for ``auto`` the first one that computes the cell on this kind of device.

    Args:
        name: the engine's name, or ``auto``.
        cell: the formula.
        device: the kind of device that the weights are on: cpu, cuda, mps.

    Raises:
        SettingsError: there is no such engine, it does not compute the cell, or a package is missing.
    """
    able = [engine for engine in ENGINES.values() if engine.supports(cell)]
    if name == "auto":
        if device == TritonEngine.device:
            _warn_without_triton()
        return next(engine for engine in able if engine.device in (None, device))
    if name not in ENGINES:
        raise SettingsError(f"There is no engine {name!r}", f"The engines are auto, {', '.join(ENGINES)}.")
    if ENGINES[name] not in able:
        raise SettingsError(
            f"The {name} engine does not compute the cell {cell.name} here",
            f"Choose auto or {' or '.join(engine.name for engine in able)}{_install_hint(name, cell)}.",
        )
    return ENGINES[name]


def _install_hint(name: str, cell: Cell) -> str:
    missing = name == TritonEngine.name and cell.compiled.triton is not None
    return ", or install what it needs" if missing else ""


@cache
def _warn_without_triton() -> None:
    """Prints one line, once, where there is a GPU but not the kernels for it."""
    missing = triton_missing()
    if missing is not None:
        print(f"{missing}: recurrent layers run on torch's slower kernels; pip install triton.", file=sys.stderr)
