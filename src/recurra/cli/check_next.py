"""``recurra check``: the command to type next."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recurra.cli.check_label_options import LabelOptions, mixed_by_hand, options_to_add
from recurra.cli.data_argument import ReadOptions
from recurra.cli.next_command import command_line, reading_again

if TYPE_CHECKING:
    from recurra.checking.fix import FixResult
    from recurra.checking.report import Report
    from recurra.data.model_columns import ModelColumns

__all__ = ["CheckResult", "command_after_check"]


class CheckResult(NamedTuple):
    """What a check found, the cleaned copy if there is one, the options for the labels' format, and the model."""

    report: Report
    fixed: FixResult | None
    labels: LabelOptions
    model: str | None = None


def command_after_check(
    data: str, again: list[str], reading: ReadOptions, found: CheckResult, columns: ModelColumns | None = None
) -> str:
    """The suggested next command.

    Args:
        data: the rows that were checked.
        again: the options of the check.
        reading: how the rows were read.
        found: what the check found, and its cleaned copy.
        columns: those of the model that were read, if there is one: training does not ask it for them.
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
        return command_line("check", data, *again, *labels, "--fix", _copy_of(data, stem, kind, again))
    if fixed is None and report.count("error"):
        return f"fix the errors, then {command_line('check', data, *again, *labels)}"
    rows = data if fixed is None else str(fixed.out)
    if found.model is not None and (report.found("unknown labels") is None or _dropped_unknown(fixed)):
        # A model takes the format of its labels from its own rows.
        asked = ["--label-separator", found.labels.separator] if found.labels.separator is not None else []
        return command_line("evaluate", found.model, rows, *_read_again(reading, fixed), *asked)
    return command_line("train", rows, *_read_again(reading.naming(columns), fixed), *labels, "--out", f"runs/{stem}")


def _read_again(reading: ReadOptions, fixed: FixResult | None) -> list[str]:
    return reading_again(reading, columns_only=fixed is not None)


def _dropped_unknown(fixed: FixResult | None) -> bool:
    return fixed is not None and "unknown label" in fixed.removed


def _copy_of(data: str, stem: str, kind: str, again: list[str]) -> str:
    """The name of a cleaned copy: that of a cleaned copy of a cleaned copy has a number."""
    earlier = re.search(r"\.clean(\d*)$", Path(data).stem)
    number = "" if earlier is None else str(int(earlier[1] or 1) + 1)
    name = f"{stem}.clean{number}{kind}"
    return f"{stem}.cleaned{kind}" if name in again else name
