"""The report's pictures in a notebook, side by side, with the colours of the report's pages."""

from __future__ import annotations

from dataclasses import dataclass

from recurra.report.page import render
from recurra.report.picture import Picture

__all__ = ["NotebookOutput", "show"]


@dataclass(frozen=True)
class NotebookOutput:
    """HTML that a notebook shows if it is the last value of a cell.

    Attributes:
        html: markup in which all text from data is escaped.
    """

    html: str

    def _repr_html_(self) -> str:
        return self.html


def show(*pictures: Picture) -> NotebookOutput:
    """Shows pictures side by side in a notebook.

    Args:
        pictures: from the functions of :mod:`recurra.report`.

    Raises:
        RecurraError: jinja2 is not installed.
    """
    return NotebookOutput(render("notebook.html", pictures=pictures))
