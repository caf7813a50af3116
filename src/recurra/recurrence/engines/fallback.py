"""The engine for layers that another engine's kernels cannot compute."""

from __future__ import annotations

from recurra.cells import Cell
from recurra.recurrence.engines.base import Engine
from recurra.recurrence.engines.reference import ReferenceEngine
from recurra.recurrence.engines.torch_engine import TorchEngine

__all__ = ["fallback"]


def fallback(cell: Cell) -> Engine:
    """The torch engine, which runs on every device and in every precision, or the reference where torch lacks it."""
    engines: tuple[Engine, ...] = (TorchEngine(), ReferenceEngine())
    return next(engine for engine in engines if engine.supports(cell))
