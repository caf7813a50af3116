"""Commands that are printed to be typed next: quoted for a shell, with the options that the rows need again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recurra.cli.data_argument import ReadOptions

__all__ = ["command_line", "options_again", "reading_again"]


def command_line(*words: object) -> str:
    """A command of the program in one line, such as ``recurra train 'my rows.csv'``.

    Args:
        words: the command's name and its arguments, unquoted.
    """
    return shlex.join(["recurra", *map(str, words)])


def options_again(**values: object) -> list[str]:
    """Options of these names and values as words; an option without a value (``None`` or ``False``) is left out."""
    words = []
    for name, value in values.items():
        if value is not None and value is not False:
            option = f"--{name.replace('_', '-')}"
            words += [option] if value is True else [option, str(value)]
    return words


def reading_again(reading: ReadOptions, *, columns_only: bool = False) -> list[str]:
    """The options on how DATA was read, as words, for a command that reads it again.

    Args:
        reading: the options as they were given.
        columns_only: for a copy of DATA in a format and an encoding of its own.
    """
    if columns_only:
        return options_again(**reading.columns)
    encoding = None if reading.encoding == reading._field_defaults["encoding"] else reading.encoding
    return options_again(
        **reading.columns,
        encoding=encoding,
        format=reading.format,
        data_dir=reading.data_dir,
        skip_unlabelled=reading.label_format.missing,
    )
