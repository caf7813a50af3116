"""The option --validation: rows of their own to hold out, read as the training rows are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from recurra.cli.data_argument import ReadOptions, is_file, read_rows_beside
from recurra.cli.output import Output
from recurra.cli.progress import Bars
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    from recurra.data.corpus import Corpus

__all__ = ["check_validation", "read_validation"]


def check_validation(name: str, data: str) -> None:
    """Checks before anything is read that --validation names rows that are not those of DATA.

    Raises:
        DataError: there is no such file.
        SettingsError: it is no file, or the one to train on.
    """
    if not is_file(name):
        raise SettingsError(
            f"--validation {name} is no file", "Give a file, such as one of the latest rows, or leave it out."
        )
    path = Path(name)
    if name != "-" and not path.exists():
        raise DataError(f"There is no file {name} for --validation", "Check the path.")
    same = name == data or (path.exists() and Path(data).exists() and path.samefile(data))
    if same:
        raise SettingsError(
            f"--validation {name} is what is trained on", "Give other rows, or leave it out to hold out a share."
        )


def read_validation(
    name: str, reading: ReadOptions, training: Corpus, *, separator: str | None, output: Output, bars: Bars
) -> Corpus:
    """The rows to hold out.

    Args:
        name: the file.
        reading: how DATA was read; columns that were guessed there are the same here.
        training: the training rows, their cells split into labels where a row has several.
        separator: at which they were split.
        output: prints notes.
        bars: progress of the first pass.

    Raises:
        DataError: it cannot be read, its columns cannot be told, or it has a row without a label.
    """
    from recurra.data.unlabelled import skip_unlabelled
    from recurra.tasks.multi_label_detection import resolve_rows

    rows: Corpus = read_rows_beside(name, "--validation", reading, output=output, bars=bars)
    if reading.label_format.missing:
        rows = skip_unlabelled(rows, output.note)
    multi_label = any(isinstance(value, tuple) for value in training.labels.values)
    rows, _ = resolve_rows(
        rows, multi_label=multi_label, single_label=not multi_label, separator=separator, say=output.note
    )
    return rows
