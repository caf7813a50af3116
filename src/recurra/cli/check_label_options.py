"""``recurra check``: the options for the label format, --multi-label, --single-label and --label-separator."""

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

__all__ = ["LabelOptions", "mixed_by_hand", "options_to_add", "refuse_to_clean"]


SHOWN = 10


class LabelOptions(NamedTuple):
    """The values of the options.

    Attributes:
        multi_label: whether rows have any number of labels.
        single_label: whether each cell is one label.
        separator: separator of the labels in a cell.
    """

    multi_label: bool
    single_label: bool
    separator: str | None

    def apply(self, readers: Sequence[LenientReader], model: Model | None, path: Path | None, output: Output) -> None:
        """Sets the label format of the files from the options, or from the model.

        Raises:
            DataError: see :func:`recurra.checking.label_format.choose_label_format`.
            SettingsError: the options contradict each other or the model.
        """
        from recurra.checking.label_format import choose_label_format

        asked = self
        if model is not None:
            lists = "--multi-label" if self.multi_label else "--label-separator" if self.separator is not None else ""
            if wrong := ("--single-label" if self.single_label else "") if model.task.lists else lists:
                raise SettingsError(
                    f"{wrong} is given with {path}, which gives {model.task.wording.gives} a row", "Leave it out."
                )
            if model.task.lists:
                # The model's format applies even if the cells look different, as in an evaluation.
                mark = model.label_separator if self.separator is None else self.separator
                readers[0].names.set_format(model.task, separator=mark)
                return
            asked = self._replace(single_label=True)
        choose_label_format(
            readers,
            multi_label=asked.multi_label,
            single_label=asked.single_label,
            separator=asked.separator,
            say=output.note,
        )
        if model is not None:
            readers[0].names.set_format(model.task)

    def again(self, report: Report) -> list[str]:
        """The same options as words for the next command line."""
        if self.single_label:
            return ["--single-label"]
        said = self.multi_label or self.separator is not None
        # Lists among texts, of which nobody said that they are right.
        if not report.task.lists or (not said and mixed_by_hand(report) is not None):
            return []
        return ["--label-separator", report.separator] if report.separator else ["--multi-label"]


def options_to_add(report: Report) -> list[str]:
    """The options to choose from as words, if the label format was not given and the cells look multi-label."""
    found = _format_finding(report)
    return [] if found is None else shlex.split(str(found.facts["say"]))


def refuse_to_clean(report: Report, fix: Path) -> None:
    """Checks that a cleaned copy can be written.

    Raises:
        DataError: it needs the label format, which was not given, or labels are of several kinds.
    """
    found = _format_finding(report)
    if found is not None and not report.task.lists:
        name = report.files["train"].name
        raise DataError(f"--fix {str(fix)!r:.80} is given, and {name} looks like several labels a row", found.hint)
    if (mixed := mixed_by_hand(report)) is not None:
        rows = ", ".join(f"{row.number:,}" for row in mixed.rows[:SHOWN]) + (", …" if mixed.count > SHOWN else "")
        name = report.files["train"].name
        held = mixed.meaning.partition(" in these:")[0].replace("Column", "column", 1)
        raise DataError(
            f"--fix {str(fix)!r:.80} is given, and in {name} {held} in {mixed.count:,}: "
            f"{'row' if mixed.count == 1 else 'rows'} {rows}",
            mixed.hint,
        )


def mixed_by_hand(report: Report) -> Finding | None:
    """The finding of training labels of several kinds, if a copy cannot be written without being told more."""
    from recurra.checking.mixed_labels import MIXED_LABELS

    found = report.found(MIXED_LABELS)
    return None if found is None or found.fixable else found


def _format_finding(report: Report) -> Finding | None:
    from recurra.checking.label_format import LOOKS_MULTI_LABEL

    return report.found(LOOKS_MULTI_LABEL)
