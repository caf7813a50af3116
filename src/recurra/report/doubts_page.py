"""The page of label issues: rows whose label may be wrong, by reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recurra.report.charts import bar_chart
from recurra.report.formatting import count, percent, plural
from recurra.report.page import render

__all__ = ["doubts_page"]

# What is said of each reason, and its heading.
REASONS = {
    "confident mistake": (
        "Confident mistakes",
        "The model gives another label, and is sure of it: the wrong answers with the highest probability.",
    ),
    "suspected label error": (
        "Suspected label errors",
        "By confident learning: the label is less probable than for most rows of its class, and another is more "
        "probable than it mostly is. That needs a model that did not learn from the rows: for training rows give "
        "--folds.",
    ),
    "near-duplicate": (
        "Near-duplicates",
        "The text is nearly that of another row; those under another label come first.",
    ),
}
# Short names of counts for the picture, and the counts that are not in it.
BARS = {"suspected label error": "suspected errors", "near-duplicate": "near-duplicates"}
BARS |= {"near-duplicate of another label": "… of another label"}
NO_BARS = ("rows", "estimated noise")


def doubts_page(found: Mapping[str, Any], *, data_name: str) -> str:
    """A self-contained HTML page about rows whose label may be wrong.

    Args:
        found: plain values of :class:`recurra.inspection.label_issue_results.LabelIssues`.
        data_name: what the rows were taken from.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    counts = found["counts"]
    bars = [(BARS.get(name, name), float(counts[name]), count(counts[name])) for name in counts if name not in NO_BARS]
    return render(
        "doubts.html",
        model=found["model"],
        data_name=data_name,
        rows=plural(counts["rows"], "row"),
        noise=percent(counts["estimated noise"], 1),
        notes=found["notes"],
        picture=bar_chart(
            bars,
            name="counts",
            title="How many rows are in doubt",
            x_label="rows",
            whole=float(counts["rows"]),
        ),
        other="the training rows" if found["compared_with"] == "train" else "the same file",
        reasons=[
            {
                "title": title,
                "about": about,
                "id": reason.replace(" ", "-"),
                "rows": [one for one in found["rows"] if one["reason"] == reason],
            }
            for reason, (title, about) in REASONS.items()
        ],
    )
