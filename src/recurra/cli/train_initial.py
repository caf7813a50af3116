"""``recurra train --from``: the model that training continues from, and the format of the labels that it learned."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from recurra.cli.output import Output
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    from recurra.bundle import Bundle
    from recurra.data.columns import Columns
    from recurra.data.corpus import Corpus
    from recurra.data.model_columns import ModelColumns

__all__ = ["check_label_column", "initial_model", "labels_of_model", "warn_of_forgetting"]


def initial_model(start: Path | None, model: str, replay: str | None) -> Bundle | None:
    """The model for a warm start.

    Raises:
        SettingsError: options that go with it alone, or not with it.
    """
    if start is None:
        if replay is not None:
            raise SettingsError(f"--replay {replay} is given without --from", "Name the model to continue from.")
        return None
    if model != "default":
        raise SettingsError(
            f"--model {model} is given with --from {start}", "Leave one out: the model's own settings are used."
        )
    from recurra.bundle import read_bundle

    return read_bundle(start)


def check_label_column(learned: ModelColumns | None, columns: Columns, source: str) -> None:
    """Checks that the labels were not guessed where those of the model had a column with another name.

    Args:
        learned: the columns that the model learned from, if it is known.
        columns: those that are read.
        source: name of the rows.

    Raises:
        DataError: they were.
    """
    if learned is not None and any(one.learned == learned.label for one in columns.missing):
        raise DataError(
            f"{source} has no column {learned.label!r:.60}, from which the model learned its labels",
            f"Name the column of the labels with --label, such as --label {shlex.quote(str(columns.label))}.",
        )


def labels_of_model(
    initial: Bundle, multi_label: bool, separator: str | None, output: Output
) -> tuple[bool, str | None]:
    """Whether rows have several labels, and what stands between them, as the model learned it where nothing is said.

    Args:
        initial: the model.
        multi_label: whether it is said that rows have several.
        separator: what is said to stand between them.
        output: told what is taken from the model.
    """
    from recurra.runtime import Model

    if not initial.task.lists or separator is not None:
        return multi_label, separator
    separator = Model(initial).label_separator
    if separator is not None:
        output.note(f"Labels are split at {separator!r}, as those of the model were.")
    return True, separator


def warn_of_forgetting(initial: Bundle, rows: Corpus, output: Output, *, replay: bool) -> None:
    """Warns if most classes of the model have no row among those that training goes on with.

    Args:
        initial: the model.
        rows: all training rows, replayed ones included.
        output: prints the warning, also if quiet.
        replay: whether old rows are mixed in.
    """
    from recurra.training.warm_start import forgetting_note

    # Values that no row has any more are left over where rows were left out.
    values = [rows.labels.values[code] for code in set(rows.labels.codes.tolist())]
    if lost := forgetting_note(initial, values, rows.source):
        way = "--replay mixes in as many old rows as there are new ones: append others to DATA" if replay else ""
        output.caution(f"{lost}: {way or 'mix old rows in with --replay OLD'}.")
