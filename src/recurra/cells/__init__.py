"""The recurrent cells: one file declares everything about a cell. Importing them needs only NumPy.

A cell of your own is a class derived from :class:`Cell` that :func:`register` registers; nothing else needs to change.
"""

from __future__ import annotations

import warnings
from typing import Any

from recurra.cells.base import SATURATED, Cell, Gate, Ops, State, StepGradient
from recurra.cells.compiled_forms import CompiledForms, NumbaForm, OnnxForm, TorchForm, TritonForm
from recurra.cells.gru import GRU, GRUResetBefore
from recurra.cells.lstm import LSTM
from recurra.cells.min_gru import MinGRU
from recurra.cells.min_lstm import MinLSTM
from recurra.cells.simple_rnn import SimpleRNN
from recurra.cells.sru import SRU
from recurra.cells.trial import check_cell
from recurra.errors import SettingsError
from recurra.settings import choices

__all__ = [
    "CELLS",
    "GRU",
    "LSTM",
    "SATURATED",
    "SRU",
    "Cell",
    "CompiledForms",
    "GRUResetBefore",
    "Gate",
    "MinGRU",
    "MinLSTM",
    "NumbaForm",
    "OnnxForm",
    "Ops",
    "SimpleRNN",
    "State",
    "StepGradient",
    "TorchForm",
    "TritonForm",
    "cell_named",
    "register",
]

# By name, with those of :func:`register`.
CELLS: dict[str, Cell] = {
    cell.name: cell for cell in (SimpleRNN(), GRU(), GRUResetBefore(), LSTM(), SRU(), MinGRU(), MinLSTM())
}
_BUILT_IN = tuple(CELLS)


def register(cell: Cell) -> None:
    """Registers a cell under its name, for settings, model files and everything else in this process.

    Args:
        cell: of your own. It replaces a cell that was registered under the same name before.

    Raises:
        SettingsError: it is not a cell, has no name, title or gates, a built-in cell has its name, or a trial step
            shows a mistake (:func:`recurra.cells.trial.check_cell`).
    """
    if not isinstance(cell, Cell):
        raise SettingsError(f"{cell!r:.80} is no cell", "Give an object of a class derived from recurra.cells.Cell.")
    missing = [name for name in ("name", "title", "gates") if not getattr(cell, name, None)]
    if missing:
        kind = type(cell).__name__
        raise SettingsError(f"The cell {kind} has no {missing[0]}", "Declare name, title and gates in its class.")
    if cell.name in _BUILT_IN:
        raise SettingsError(f"The cell {cell.name!r} is built in", "Register yours under another name.")
    check_cell(cell)
    CELLS[cell.name] = cell


def cell_named(name: str) -> Cell:
    """The cell of that name.

    Raises:
        SettingsError: there is none.
    """
    if name not in CELLS:
        raise SettingsError(
            f"There is no cell {name!r:.40}",
            f"{choices(str(name).lower(), CELLS, 'cells')} Register yours with recurra.cells.register in each process, "
            "those of n_jobs too.",
        )
    return CELLS[name]


def __getattr__(name: str) -> Any:
    if name != "Compiled":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn("Compiled is called CompiledForms now.", DeprecationWarning, stacklevel=2)
    return CompiledForms
