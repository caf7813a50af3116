"""Files in the wrong place: a table given for a text, or a file to write that is one to read."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable
from pathlib import Path

from recurra.errors import SettingsError

__all__ = ["check_no_input", "check_text"]


def check_text(text: str, hint: str) -> None:
    """Refuses a text that is the name of a table, or that the shell gave in another encoding.

    Args:
        text: as it was typed.
        hint: what to type for the table's rows.

    Raises:
        SettingsError: there is such a file, or bytes are no text.
    """
    # Python hands bytes that it cannot decode on as surrogates.
    if wrong := next((one for one in text if "\udc80" <= one <= "\udcff"), None):
        raise SettingsError(
            f"The text {text!a:.80} has byte 0x{ord(wrong) - 0xDC00:02x}, which is not {sys.getfilesystemencoding()}",
            "Pipe it to standard input and name its --encoding.",
        )
    try:
        if not Path(text).is_file():
            return
    except (OSError, ValueError):
        # Too long for a file name, or not a file name.
        return
    from recurra.data.formats import named_format

    if named_format(text) is not None:
        raise SettingsError(f"The text {text!r:.80} is the name of a file", hint)


def check_no_input(option: str, out: Path | None, read: Iterable[str | Path | None]) -> None:
    """Refuses to write over what is read.

    Args:
        option: how ``out`` was given.
        out: the file to write.
        read: files that are read, or names that are none.

    Raises:
        SettingsError: ``out`` is one of them.
    """
    for name in read if out is not None else ():
        same = False
        with contextlib.suppress(OSError, ValueError):
            same = name is not None and out is not None and out.samefile(name)
        if same:
            raise SettingsError(f"{option} {out} is {name} itself", "Name another file: what is in it would be lost.")
