"""What the commands say of rows whose text is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recurra.cli.output import Output

if TYPE_CHECKING:
    from recurra.data.missing_texts import MissingTexts

__all__ = ["tell_of_missing_texts"]

MANY = 0.2
"""Share of the rows from which it is said with --quiet as well: a column may have been renamed."""


def tell_of_missing_texts(missing: MissingTexts, column: str, output: Output, *, source: str = "") -> None:
    """Says how many rows have a title alone, and how many nothing; if no row has anything, an error follows.

    Args:
        missing: the numbers.
        column: name of the column of the texts; empty if it has none.
        output: of the command.
        source: the file, if the command reads several or has not named it; empty where each row is answered.
    """
    of = f" of {source}" if source else ""
    lacking = f"an empty column {column!r:.60}" if column else "no text"
    # ``1 of 9 rows has``, ``2 of 9 rows have``.
    said = {
        f"a title and {lacking}: their titles alone are read.": missing.without_text,
        "no text." if source else "no text: they all get the same answer.": missing.empty,
    }
    for what, rows in said.items():
        if rows and missing.empty < missing.rows:
            say = output.caution if rows >= MANY * missing.rows else output.note
            say(f"{rows:,} of {missing.rows:,} rows{of} {'has' if rows == 1 else 'have'} {what}")
