"""``recurra check``: the command to type next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recurra.cli.check_label_options import LabelOptions, mixed_by_hand, options_to_add
from recurra.cli.data_argument import ReadOptions
from recurra.cli.next_command import command_line, reading_again

if TYPE_CHECKING:
    from recurra.checking.fix import FixResult
    from recurra.checking.report import Report

__all__ = ["CheckResult", "command_after_check"]


class CheckResult(NamedTuple):
    """What a check found, the cleaned copy if there is one, and the options for the labels' format."""

    report: Report
    fixed: FixResult | None
    labels: LabelOptions


def command_after_check(data: str, again: list[str], reading: ReadOptions, found: CheckResult) -> str:
    """The suggested next command.

    Args:
        data: the rows that were checked.
        again: the options of the check.
        reading: how the rows were read.
        found: what the check found, and its cleaned copy.
    """
    from recurra.checking.mixed_labels import MIXED_LABELS

    report, fixed = found.report, found.fixed
    if fixed is None and (asked := options_to_add(report)):
        return command_line("check", data, *again, *asked)
    labels = found.labels.again(report)
    fixable = any(finding.fixable and finding.severity != "note" for finding in report.findings)
    stem = Path(data).name.partition(".")[0].strip("-") or "data"
    if fixed is None and fixable and mixed_by_hand(report) is None:
        # CSV cells cannot hold lists.
        lists = report.task.lists and (report.separator is None or report.found(MIXED_LABELS) is not None)
        kind = ".jsonl" if lists else ".csv"
        return command_line("check", data, *again, *labels, "--fix", f"{stem}.clean{kind}")
    if fixed is None and report.count("error"):
        return f"fix the errors, then {command_line('check', data, *again, *labels)}"
    rows = data if fixed is None else str(fixed.out)
    read = reading_again(reading, columns_only=fixed is not None)
    return command_line("train", rows, *read, *labels, "--out", f"runs/{stem}")
