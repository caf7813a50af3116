"""``recurra train``: the rows after the decisions of ``--exclude`` and ``--relabel``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recurra.cli.output import Output
from recurra.errors import DataError

if TYPE_CHECKING:
    from recurra.data.corpus import Corpus
    from recurra.data.review_decisions import Cleaning, NumberedRows

__all__ = ["DecisionFiles", "decided_rows"]


class DecisionFiles(NamedTuple):
    """The files of decisions, if there are any.

    Attributes:
        exclude: its rows to exclude are left out.
        relabel: its rows to relabel get their labels.
        encoding: of a file that is not UTF-8.
        replay: the rows to mix in, about which there are no decisions.
    """

    exclude: Path | None
    relabel: Path | None
    encoding: str
    replay: str | None = None


def decided_rows(
    rows: NumberedRows, given: DecisionFiles, *, multi_label: bool, separator: str | None, output: Output
) -> tuple[Corpus, Cleaning | None]:
    """The rows after the decisions, and a summary of the changes.

    Args:
        rows: the rows of the table.
        given: the files.
        multi_label: whether rows have several labels; then their separator is found in the cells if it is not given.
        separator: separator of the labels in a cell.
        output: told how many rows changed.

    Raises:
        DataError: a decision cannot be read, or not be applied.
    """
    if given.exclude is None and given.relabel is None:
        return rows, None
    from recurra.data.known_rows import CORRECTED
    from recurra.data.renamed_classes import read_relabelling
    from recurra.data.review_decisions import ABOUT_THIS_TABLE, Decision, apply_decisions, read_decisions
    from recurra.tasks.multi_label_detection import detect_multi_label

    files = {"exclude": given.exclude, "relabel": given.relabel}
    if multi_label and separator is None:
        found = detect_multi_label(rows.labels.values, rows.labels.counts)
        separator = None if found is None else found.separator
    decisions: dict[str, list[Decision]] = {"exclude": [], "relabel": []}
    if given.exclude is not None:
        decisions["exclude"] = read_decisions(given.exclude, numbers=rows.row_numbers, encoding=given.encoding)
    if given.relabel is not None:
        decisions["relabel"] = read_relabelling(
            given.relabel,
            lambda: (rows.labels.values[code] for code in rows.labels.codes.tolist()),
            numbers=rows.row_numbers,
            separator=separator,
            encoding=given.encoding,
            say=output.note,
        )
    try:
        cleaned, cleaning = apply_decisions(rows, **decisions, separator=separator)
    except DataError as error:
        if given.replay is None or error.hint != ABOUT_THIS_TABLE:
            raise
        hint = f"Decisions are about DATA, and {given.replay} is replayed as it is: {CORRECTED}; replay that."
        raise DataError(error.received, hint) from None
    output.note(f"{cleaning.excluded:,} rows are excluded and {cleaning.relabelled:,} relabelled by decision.")
    for option, other in (("exclude", "relabel"), ("relabel", "exclude")):
        made = {one.decision for one in decisions[option]}
        if option not in made and other in made and files[option] != files[other]:
            output.note(
                f"{files[option]} has no row to {option}, and rows to {other}, which --{other} {files[option]} applies."
            )
    return cleaned, cleaning
