"""``recurra check``: prints the report and the summary of the cleaned copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recurra.cli.output import Output, aligned, cut, folded

if TYPE_CHECKING:
    from recurra.checking.finding import Finding, Row
    from recurra.checking.fix import FixResult
    from recurra.checking.report import Report

__all__ = ["show_fix", "show_report"]

# Number of rows shown per finding, and most columns of their texts.
FIRST, WIDE = 3, 60
LISTED = 6
"""Number of classes listed per file, before the smallest one."""


def show_report(report: Report, output: Output) -> None:
    """Prints the files, the vocabulary and the findings."""
    from recurra.checking.finding import visible_spaces

    for part, seen in report.files.items():
        classes = list(seen.classes.items())
        each = [f"{cut(visible_spaces(label), 30)} {rows:,}" for label, rows in (*classes[:LISTED], *classes[-1:])]
        shown = ", ".join(each[: len(classes)])
        if (more := len(classes) - LISTED) > 1:
            shown = f"{', '.join(each[:-1])} and {more:,} more, the smallest {each[-1]}"
        wording = report.task.wording
        what = _counted(len(classes), wording.each, wording.plural)
        unlabelled = seen.columns["label"] is None
        kinds = "no labels" if unlabelled else f"{what}{report.task.labels_per_row(seen.mean_labels)}: {shown}"
        rows = _counted(seen.rows, "row", "rows")
        output.detail(
            folded(f"{part}: {seen.name}, {rows}{seen.row_hint}, median {seen.median:,.0f} characters, {kinds}")
        )
    if (words := report.words) is not None:
        output.detail(
            folded(
                f"vocabulary {words.whose}: {words.vocabulary:,} {words.tokens}; "
                f"of the {words.rows} it misses {words.share:.1%}"
            )
        )
    for finding in report.findings:
        _show_finding(finding, report, output)
    found = [(report.count(severity), severity) for severity in ("error", "warning", "note")]
    if report.findings:
        output.detail("")
        output.result(", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in found))
    else:
        output.detail(folded(f"Looked for {', '.join(report.looked_for)}."))
        output.result("nothing found")


def _show_finding(finding: Finding, report: Report, output: Output) -> None:
    name = report.files[finding.part].name
    output.detail("")
    output.result(folded(f"{finding.severity}: {finding.kind}, {_how_many(finding)} in {name}{_which(finding)}"))
    output.detail(folded(finding.meaning, "  "))
    rows = [line for row in finding.rows[:FIRST] for line in _lines(row, finding)]
    if rows:
        output.detail(aligned(rows, right=(1,), flexible=4))
    if len(finding.rows) > FIRST:
        output.detail(f"    … {len(finding.rows) - FIRST:,} more in --json and --out")
    output.detail(folded(f"→ {finding.hint}", "  "))


def _how_many(finding: Finding) -> str:
    """``1 row``, ``2 classes``."""
    plural = {"class": "classes"}.get(finding.what, finding.what + "s")
    return _counted(finding.count, finding.what, plural)


def _which(finding: Finding) -> str:
    """The names of a column that is missing and of the one that is read instead, for --quiet as well."""
    if finding.kind != "columns missing":
        return ""
    own, other = finding.facts["column"], finding.facts["read_instead"]
    return f": {own!r:.60}" + ("" if other is None else f", and {other!r:.60} is read instead")


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


def _lines(row: Row, finding: Finding) -> list[tuple[str, str, str, str, str]]:
    """A row and, below it, the row that it is compared with."""
    from recurra.checking.finding import visible_spaces

    details = row.details
    shown = [f"{details['similarity']:.2f}"] if "similarity" in details else []
    shown += [f"cleanest {cut(visible_spaces(details['usual']), 20)}"] if "usual" in details else []
    shown += [f"{details['missed']:,} of {details['tokens']:,}"] if "missed" in details else []
    shown += [f"{details[name]:,} {name}" for name in ("characters", "bytes") if name in details]
    text = cut(details.get("found", row.text), WIDE)
    lines = [("    row", f"{row.number:,}", cut(visible_spaces(row.label), 20), " ".join(shown), text)]
    other = details.get("other")
    if other:
        where = "row" if other["part"] == finding.part else f"{other['part']} row"
        # Do not repeat an equal text.
        text = "" if other["text"] == row.text else cut(other["text"], WIDE)
        lines.append((f"     = {where}", f"{other['number']:,}", cut(visible_spaces(other["label"]), 20), "", text))
    return lines


def show_fix(fixed: FixResult, report: Report, output: Output, replaced: str, replaced_changes: str) -> None:
    """Prints what was changed in the cleaned copy, and that it and its changes replaced earlier files, if they did."""
    what = [f"{rows:,} removed ({reason})" for reason, rows in fixed.removed.items()]
    what += [f"{fixed.relabelled:,} relabelled"] if fixed.relabelled else []
    what += [f"{fixed.decided:,} relabelled by decision"] if fixed.decided else []
    what += [f"{_counted(fixed.listed, 'label written as a list', 'labels written as lists')}"] if fixed.listed else []
    what += [f"{_counted(fixed.repaired, 'text', 'texts')} repaired"] if fixed.repaired else []
    if (mixed := report.found("several encodings")) is not None and mixed.part == "train":
        likely = mixed.facts["likely"]
        how = "with lost characters" if likely == "utf-8" else f"read as {likely}"
        what += [f"{_counted(mixed.count, mixed.what, mixed.what + 's')} {how}"]
    changed = ", ".join(what) or "nothing needed repair"
    output.result(folded(f"cleaned copy: {fixed.out}, {_counted(fixed.rows, 'row', 'rows')}; {changed}{replaced}"))
    output.result(f"changes: {fixed.changes}{replaced_changes}")
