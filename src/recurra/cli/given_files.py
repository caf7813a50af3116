"""Files in the wrong place: a table given for a text, or a file to write that is one to read or is there already."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from recurra.cli.next_command import command_line
from recurra.cli.options import model_name
from recurra.cli.output import Output
from recurra.errors import RecurraError, SettingsError

if TYPE_CHECKING:
    from recurra.runtime import Model

__all__ = ["check_no_input", "check_output_file", "check_text", "replacing", "tell_of_titles"]

# Characters of a path; what is longer is a text, however it ends.
_LONGEST = 250


def check_text(text: str, hint: str) -> None:
    """Refuses a text that is the name of a table, or that the shell gave in another encoding.

    Args:
        text: as it was typed.
        hint: what to type for the table's rows.

    Raises:
        SettingsError: there is such a file, one word is called as a table is and there is none, or bytes are no text.
    """
    # Python hands bytes that it cannot decode on as surrogates.
    if wrong := next((one for one in text if "\udc80" <= one <= "\udcff"), None):
        raise SettingsError(
            f"The text {text!a:.80} has byte 0x{ord(wrong) - 0xDC00:02x}, which is not {sys.getfilesystemencoding()}",
            "Pipe it to standard input and name its --encoding.",
        )
    try:
        there, other = Path(text).is_file(), Path(text).exists()
    except (OSError, ValueError):
        # Too long for a file name, or not a file name.
        return
    # A text of several words may well end in the name of a file that is not here.
    if not there and (other or len(text.split()) != 1 or len(text) > _LONGEST):
        return
    from recurra.data.formats import has_table_suffix

    if has_table_suffix(text):
        found = "is the name of a file" if there else "is called as a table is, and there is no such file"
        raise SettingsError(f"The text {text!r:.80} {found}", hint if there else f"Check the path. {hint}")


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


def replacing(out: Path | None) -> str:
    """What is said behind the name of a file that is about to be written: that there was one before, if there was.

    Called before it is written.
    """
    return ", which replaces the earlier file" if out is not None and out.is_file() else ""


def check_output_file(
    out: Path,
    read: Mapping[str, Path | None],
    *,
    ending: str = ".safetensors",
    kind: str = "a model file of recurra",
) -> None:
    """Checks early where a file is to be written: writable, of the right ending, and no input.

    Args:
        out: the file to write.
        read: files that are read, by what they are called in errors.
        ending: of its name.
        kind: what it is, for the error.

    Raises:
        SettingsError: ``out`` is one of these, or ends otherwise.
        RecurraError: it cannot be written, or its folder cannot be made.
    """
    for what, taken in read.items():
        try:
            same = taken is not None and out.exists() and taken.exists() and out.samefile(taken)
        except OSError:
            # Reading or writing reports the error.
            same = False
        if same:
            raise SettingsError(f"--out {out} is {what} itself", "Give the name of another file.")
    from recurra.folders import check_folder

    check_folder(out.parent)
    if out.is_dir():
        raise RecurraError(f"{out} cannot be written: it is a folder", "Give the name of a file in that folder.")
    if out.suffix != ending:
        raise SettingsError(
            f"--out {out} {f'ends in {out.suffix!r}' if out.suffix else 'has no ending'}, and {kind} is written",
            f"Give a name that ends in {ending}.",
        )


def tell_of_titles(models: Mapping[Path, Model], output: Output) -> None:
    """Says which models learned from titles and texts, where they are given texts alone.

    Args:
        models: by the file's path.
        output: of the command.
    """
    from recurra.data.model_columns import learned_from_titles, titles_missing

    for path, model in models.items():
        if learned_from_titles(model.record):
            way = "write the title before the text, or give a file with both columns"
            output.warn(titles_missing(model.record, way), command_line("score", model_name(path), "FILE"))
