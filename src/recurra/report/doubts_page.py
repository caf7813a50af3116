"""The page of label issues: rows whose label may be wrong, by reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recurra.report.charts import bar_chart
from recurra.report.formatting import count, percent, plural
from recurra.report.page import render
from recurra.report.translation import translate, translate_result

__all__ = ["doubts_page"]

# Counts that are not in the picture.
NO_BARS = ("rows", "estimated noise")


def _reasons() -> dict[str, tuple[str, str]]:
    """The heading of each reason, and what is said of it."""
    return {
        "confident mistake": (
            translate("Confident mistakes"),
            translate(
                "The model gives another label, and is sure of it: the wrong answers with the highest probability."
            ),
        ),
        "suspected label error": (
            translate("Suspected label errors"),
            translate(
                "By confident learning: the label is less probable than for most rows of its class, and another is "
                "more probable than it mostly is. That needs a model that did not learn from the rows: for training "
                "rows give --folds."
            ),
        ),
        "near-duplicate": (
            translate("Near-duplicates"),
            translate("The text is nearly that of another row; those under another label come first."),
        ),
    }


def _bars() -> dict[str, str]:
    """Short names of counts for the picture."""
    return {
        "suspected label error": translate("suspected errors"),
        "near-duplicate": translate("near-duplicates"),
        "near-duplicate of another label": translate("… of another label"),
    }


def doubts_page(found: Mapping[str, Any], *, data_name: str) -> str:
    """A self-contained HTML page about rows whose label may be wrong.

    Args:
        found: plain values of :class:`recurra.inspection.label_issue_results.LabelIssues`.
        data_name: what the rows were taken from.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    counts, names = found["counts"], _bars()
    bars = [
        (names.get(name) or translate_result(name), float(counts[name]), count(counts[name]))
        for name in counts
        if name not in NO_BARS
    ]
    return render(
        "doubts.html",
        model=found["model"],
        data_name=data_name,
        rows=plural(counts["rows"], "row"),
        first=found["first_row"],
        noise=percent(counts["estimated noise"], 1),
        notes=[translate_result(note) for note in found["notes"]],
        picture=bar_chart(
            bars,
            name="counts",
            title=translate("How many rows are in doubt"),
            x_label=translate("rows"),
            whole=float(counts["rows"]),
        ),
        other=translate("the training rows") if found["compared_with"] == "train" else translate("the same file"),
        reasons=[
            {
                "title": title,
                "about": about,
                "id": reason.replace(" ", "-"),
                "rows": [one for one in found["rows"] if one["reason"] == reason],
            }
            for reason, (title, about) in _reasons().items()
        ],
    )
