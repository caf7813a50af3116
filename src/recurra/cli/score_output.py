"""The file that ``recurra score`` writes."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recurra.cli.output import write_bytes
from recurra.errors import SettingsError

if TYPE_CHECKING:
    from recurra.runtime import Model

__all__ = ["OutKind", "StandardOutput", "mark_between", "out_kind"]


class OutKind(NamedTuple):
    """The kind of file that is written.

    Attributes:
        form: ``.csv``, ``.jsonl`` or ``.parquet``.
        packing: what it is compressed by, or ``None``.
    """

    form: str
    packing: str | None = None


class StandardOutput:
    """Takes bytes and prints them."""

    settled = True

    def write(self, data: bytes, /) -> int:
        """Prints them, and tells how many."""
        return write_bytes(data)

    def flush(self) -> None:
        """All is printed at once."""


def out_kind(out: Path | None, data: str, *, as_json: bool, resume: bool) -> OutKind:
    """The kind of file that ``out`` is to be.

    Raises:
        SettingsError: of none that is written, the data itself, or an option that does not fit.
        DataError: pyarrow is needed and missing.
    """
    if out is None:
        for option, given in (("--json", as_json), ("--resume", resume)):
            if given:
                raise SettingsError(f"{option} is given without --out", "Name a file for the answers with --out.")
        return OutKind(".csv")
    if resume and data == "-":
        raise SettingsError(
            "--resume is given with standard input, which cannot be read again", "Save the data as a file."
        )
    from recurra.data.formats import require_pyarrow
    from recurra.data.packed import PACKINGS
    from recurra.scoring.sinks import KINDS

    packing = PACKINGS.get(out.suffix.lower())
    form = (out.with_suffix("") if packing else out).suffix.lower()
    if form not in KINDS or (packing and form == ".parquet"):
        raise SettingsError(
            f"--out {str(out)!r:.200} ends in {''.join(out.suffixes[-2:] if packing else out.suffixes[-1:]).lower()!r}",
            "Give a name that ends in .csv, .jsonl or .parquet; the first two may be packed as .gz or .zst.",
        )
    if form == ".parquet" or packing == "zstd":
        require_pyarrow(f"Writing {out.suffix.lower()}")
    same = False
    with contextlib.suppress(OSError, ValueError):
        same = out.samefile(data)
    if same:
        raise SettingsError(f"--out {out} is the data itself", "Name another file: the data would be lost.")
    return OutKind(form, packing)


def mark_between(model: Model, kind: OutKind) -> str:
    """What stands between the labels of a row in CSV: as in the rows that the model learned from, or ``|``.

    Raises:
        SettingsError: a label holds the mark, so that nobody could tell labels apart.
    """
    from recurra.scoring.sinks import written

    found = model.record.get("label_separator")
    mark = found if isinstance(found, str) and found else "|"
    for label in map(written, model.classes_):
        if model.task.lists and kind.form == ".csv" and mark in label:
            raise SettingsError(
                f"The label {label!r:.80} holds {mark!r:.20}, which stands between labels in CSV",
                "Write a .jsonl or .parquet file with --out.",
            )
    return mark
