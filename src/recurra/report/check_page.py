"""The page of ``recurra check``: the files, and each finding with its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recurra.checking.finding import Finding, Part, Row, visible_spaces
from recurra.checking.report import SEVERITIES, FileSummary, Report
from recurra.data.review_decisions import EXCERPT_LENGTH
from recurra.report.charts import bar_chart
from recurra.report.file_titles import file_titles
from recurra.report.formatting import count, listing, percent, plural
from recurra.report.page import render
from recurra.report.picture import Picture
from recurra.tasks import Task

__all__ = ["check_page"]

ROWS = 20
"""Rows of a finding on the page; check.json has all."""

BARS = 20
"""Bars of a picture, for the largest classes; a sentence says what is left."""


def check_page(report: Report) -> str:
    """A self-contained HTML page about a check.

    Args:
        report: of :func:`recurra.checking.check.check`.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    counts = [plural(report.count(severity), severity) for severity in SEVERITIES if report.count(severity)]
    names = dict(zip(report.files, file_titles([seen.name for seen in report.files.values()]), strict=True))
    return render(
        "check.html",
        title=f"Check of {listing(list(names.values()))}",
        verdict=f"{listing(counts)}." if counts else "Nothing was found.",
        files=[_file(part, seen, report.task, names[part]) for part, seen in report.files.items()],
        words=_words(report),
        findings=[_finding(place, finding, names) for place, finding in enumerate(report.findings)],
        looked_for=listing(report.looked_for),
        notes=list(report.notes),
    )


def _file(part: str, seen: FileSummary, task: Task, name: str) -> dict[str, Any]:
    columns = [f"{role} “{name}”" for role, name in seen.columns.items() if name is not None]
    return {
        "name": name,
        "about": f"{plural(seen.rows, 'row')}, {plural(len(seen.classes), 'label')}"
        f"{task.labels_per_row(seen.mean_labels)}; columns: {listing(columns)}; "
        f"the median text has {count(seen.median)} characters.",
        "classes": _classes(part, seen, name),
        "left": _left(seen),
    }


def _left(seen: FileSummary) -> str:
    """A sentence on the classes without a bar: one bar for all of them would make the others too short to compare."""
    left = list(seen.classes.values())[BARS:]
    if not left:
        return ""
    each = f"{count(max(left))} each" if min(left) == max(left) else f"{count(min(left))} to {count(max(left))} each"
    if len(left) == 1:
        return f"One more class has {plural(left[0], 'row')}."
    return f"{count(len(left))} more classes have {plural(sum(left), 'row')} together, {each}."


def _classes(part: str, seen: FileSummary, name: str) -> Picture | None:
    if not seen.classes:
        return None
    items = list(seen.classes.items())
    shown = [(visible_spaces(label)[:40], float(rows), count(rows)) for label, rows in items[:BARS]]
    return bar_chart(shown, name=f"classes-{part}", title=f"Rows of each class in {name}", x_label="rows")


def _words(report: Report) -> str:
    if report.words is None:
        return ""
    words = report.words
    return (
        f"The vocabulary {words.whose} has {count(words.vocabulary)} {words.tokens}; it misses "
        f"{percent(words.share, 1)} of those in the {words.rows}."
    )


def _finding(place: int, finding: Finding, names: Mapping[Part, str]) -> dict[str, Any]:
    what = {"class": "classes"}.get(finding.what, finding.what + "s")
    rows = finding.rows[:ROWS]
    return {
        "id": f"finding-{place + 1}",
        "severity": finding.severity,
        "kind": finding.kind,
        "count": f"{count(finding.count)} {finding.what if finding.count == 1 else what}",
        "file": names[finding.part],
        "meaning": finding.meaning,
        "hint": finding.hint,
        "fixable": finding.fixable,
        "rows": [_row(row) for row in rows],
        "details": sorted({name for row in rows for name in row.details if name not in ("other", "found")}),
        "compared": any("other" in row.details for row in rows),
        "more": len(finding.rows) - len(rows),
        "at_least": finding.facts.get("at_least", []),
        "common": finding.facts.get("common", [])[:ROWS],
    }


def _row(row: Row) -> dict[str, Any]:
    other: Mapping[str, Any] | None = row.details.get("other")
    if other:
        other = {**other, "label": visible_spaces(other["label"]), "text": _begun(other["text"])}
    details = {name: _said(value) for name, value in row.details.items() if name not in ("other", "found")}
    text = row.details.get("found", _begun(row.text))
    return {"number": row.number, "label": visible_spaces(row.label), "text": text, "details": details, "other": other}


def _begun(text: str) -> str:
    """The beginning of a text; a finding's row has no more of it, perhaps without the space at which it was cut."""
    return text if len(text) < EXCERPT_LENGTH - 1 else f"{text}…"


def _said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return count(value) if isinstance(value, int) else visible_spaces(str(value))
