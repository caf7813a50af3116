"""The cells, one file each. A new cell is its formula here and an entry in :data:`CELLS`."""

from __future__ import annotations

from recurra.errors import SettingsError
from recurra.recurrence.cells.base import Cell, Ops, State
from recurra.recurrence.cells.gru import GRU, GRUResetBefore
from recurra.recurrence.cells.lstm import LSTM
from recurra.recurrence.cells.simple_rnn import SimpleRNN

__all__ = ["CELLS", "Cell", "Ops", "State", "cell_named"]

CELLS: dict[str, Cell] = {cell.name: cell for cell in (SimpleRNN(), GRU(), GRUResetBefore(), LSTM())}


def cell_named(name: str) -> Cell:
    """The cell of that name.

    Raises:
        SettingsError: there is none.
    """
    if name not in CELLS:
        raise SettingsError(f"There is no cell {name!r:.80}", f"The cells are {', '.join(CELLS)}.")
    return CELLS[name]
