"""The cells, one file each. A new cell is its formula here and an entry in :data:`CELLS`."""

from __future__ import annotations

from recurra.cells.base import Cell, Ops, State
from recurra.cells.gru import GRU, GRUResetBefore
from recurra.cells.lstm import LSTM
from recurra.cells.simple_rnn import SimpleRNN
from recurra.errors import SettingsError

__all__ = ["CELLS", "Cell", "Ops", "State", "cell_named"]

CELLS: dict[str, Cell] = {cell.name: cell for cell in (SimpleRNN(), GRU(), GRUResetBefore(), LSTM())}


def cell_named(name: str) -> Cell:
    """The cell of that name.

    Raises:
        SettingsError: there is none.
    """
    if name not in CELLS:
        raise SettingsError(f"There is no cell {name!r}", f"The cells are {', '.join(CELLS)}.")
    return CELLS[name]
