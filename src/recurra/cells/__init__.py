"""The cells: one file declares all that others ask of a cell. NumPy alone is needed to import them.

A cell of your own is a class derived from :class:`Cell` that :func:`register` makes known; nothing else need change.
"""

from __future__ import annotations

from recurra.cells.base import SATURATED, Cell, Gate, Ops, State, StepGradient
from recurra.cells.compiled import Compiled, NumbaForm, TorchForm, TritonForm
from recurra.cells.gru import GRU, GRUResetBefore
from recurra.cells.lstm import LSTM
from recurra.cells.simple_rnn import SimpleRNN
from recurra.errors import SettingsError

__all__ = [
    "CELLS",
    "GRU",
    "LSTM",
    "SATURATED",
    "Cell",
    "Compiled",
    "GRUResetBefore",
    "Gate",
    "NumbaForm",
    "Ops",
    "SimpleRNN",
    "State",
    "StepGradient",
    "TorchForm",
    "TritonForm",
    "cell_named",
    "register",
]

# By name; those of :func:`register` among them.
CELLS: dict[str, Cell] = {cell.name: cell for cell in (SimpleRNN(), GRU(), GRUResetBefore(), LSTM())}
_BUILT_IN = tuple(CELLS)


def register(cell: Cell) -> None:
    """Makes a cell known under its name: to settings, to model files, and to all that runs in this process.

    Args:
        cell: of your own. One of a name that was registered before takes its place.

    Raises:
        SettingsError: it is no cell, has no name, title or gates, or a built-in cell has its name.
    """
    if not isinstance(cell, Cell):
        raise SettingsError(f"{cell!r:.80} is no cell", "Give an object of a class derived from recurra.cells.Cell.")
    missing = [name for name in ("name", "title", "gates") if not getattr(cell, name, None)]
    if missing:
        kind = type(cell).__name__
        raise SettingsError(f"The cell {kind} has no {missing[0]}", "Declare name, title and gates in its class.")
    if cell.name in _BUILT_IN:
        raise SettingsError(f"The cell {cell.name!r} is built in", "Register yours under another name.")
    CELLS[cell.name] = cell


def cell_named(name: str) -> Cell:
    """The cell of that name.

    Raises:
        SettingsError: there is none.
    """
    if name not in CELLS:
        raise SettingsError(
            f"There is no cell {name!r}",
            f"The cells are {', '.join(CELLS)}; register your own first, with recurra.cells.register.",
        )
    return CELLS[name]
