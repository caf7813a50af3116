"""``recurra check``: how a person or a model says that cells of labels are to be taken."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recurra.cli.output import Output
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    from recurra.checking.finding import Finding
    from recurra.checking.lenient_reader import LenientReader
    from recurra.checking.report import Report
    from recurra.runtime import Model

__all__ = ["LabelOptions", "asked_for", "refuse_to_clean"]


class LabelOptions(NamedTuple):
    """What the options say of the cells.

    Attributes:
        multi_label: rows have several labels, or none.
        single_label: each cell is one label.
        separator: between the labels of a cell.
    """

    multi_label: bool
    single_label: bool
    separator: str | None

    def settle(self, readers: Sequence[LenientReader], model: Model | None, path: Path | None, output: Output) -> None:
        """Has the files' cells taken as these options say, or as the model learned them.

        Raises:
            DataError: see :func:`recurra.checking.label_cells.settle`.
            SettingsError: options that contradict each other or the model.
        """
        from recurra.checking.label_cells import settle

        asked = self
        if model is not None:
            lists = "--multi-label" if self.multi_label else "--label-separator" if self.separator is not None else ""
            if wrong := ("--single-label" if self.single_label else "") if model.task.lists else lists:
                raise SettingsError(
                    f"{wrong} is given with {path}, which gives {model.task.wording.gives} a row", "Leave it out."
                )
            if model.task.lists:
                # Cells of another kind than the model learned from are looked at as they would be evaluated.
                mark = model.label_separator if self.separator is None else self.separator
                readers[0].names.decide(model.task, separator=mark)
                return
            asked = self._replace(single_label=True)
        settle(
            readers,
            multi_label=asked.multi_label,
            single_label=asked.single_label,
            separator=asked.separator,
            say=output.note,
        )
        if model is not None:
            readers[0].names.decide(model.task)

    def again(self, report: Report) -> str:
        """The options that say the same to the next command, each with a space before it."""
        if self.single_label:
            return " --single-label"
        if not report.task.lists:
            return ""
        return f" --label-separator {shlex.quote(report.separator)}" if report.separator else " --multi-label"


def asked_for(report: Report) -> str | None:
    """The options that would say how cells are to be taken, where that is not said and they look like several."""
    found = _undecided(report)
    return None if found is None else str(found.facts["say"])


def refuse_to_clean(report: Report, fix: Path) -> None:
    """Raises a :class:`DataError` where what is wrong with the rows hangs on what is not said."""
    found = _undecided(report)
    if found is not None and not report.task.lists:
        name = report.files["train"].name
        raise DataError(f"--fix {str(fix)!r:.80} is given, and {name} looks like several labels a row", found.mend)


def _undecided(report: Report) -> Finding | None:
    from recurra.checking.label_cells import LOOK_ALIKE

    return report.found(LOOK_ALIKE)
