"""The report's pictures in a notebook, side by side, with the colours of the report's pages."""

from __future__ import annotations

from dataclasses import dataclass

from recurra.report.page import render
from recurra.report.picture import Picture

__all__ = ["Shown", "show"]


@dataclass(frozen=True)
class Shown:
    """What a notebook shows when it is the last value of a cell.

    Attributes:
        html: markup in which everything that comes from data is escaped.
    """

    html: str

    def _repr_html_(self) -> str:
        return self.html


def show(*pictures: Picture) -> Shown:
    """Puts pictures side by side into a notebook.

    Args:
        pictures: as the functions of :mod:`recurra.report` draw them.

    Raises:
        RecurraError: jinja2 is not installed.
    """
    return Shown(render("notebook.html", pictures=pictures))
