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
    stem, number = _stem_of(data)
    if fixed is None and fixable and mixed_by_hand(report) is None:
        # CSV cells cannot hold lists.
        lists = report.task.lists and (report.separator is None or report.found(MIXED_LABELS) is not None)
        kind = ".jsonl" if lists else ".csv"
        return command_line("check", data, *again, *labels, "--fix", _copy_of(stem, number, kind))
    if report.found("no header row") is not None:
        return f"add a header row, then {command_line('check', data, *again, *labels)}"
    learned = _to_learn(report, fixed)
    if fixed is None and report.count("error") > learned:
        return f"fix the errors, then {command_line('check', data, *again, *labels)}"
    rows = data if fixed is None else str(fixed.out)
    if report.files["train"].columns["label"] is None:
        return command_line("score", found.model or "MODEL", rows, *_read_again(reading, fixed))
    if found.model is not None and learned:
        run = ["--out", f"runs/{stem}"]
        return command_line("train", rows, "--from", found.model, *_read_again(reading, fixed), *run)
    if found.model is not None:
        # A model takes the format of its labels from its own rows.
        asked = ["--label-separator", found.labels.separator] if found.labels.separator is not None else []
        return command_line("evaluate", found.model, rows, *_read_again(reading, fixed), *asked)
    return command_line("train", rows, *_read_again(reading.naming(columns), fixed), *labels, "--out", f"runs/{stem}")


def _to_learn(report: Report, fixed: FixResult | None) -> bool:
    """Whether labels that the model does not know are found, and stay."""
    from recurra.checking.fix_plan import UNKNOWN_LABEL
    from recurra.checking.labels import UNKNOWN_LABELS_HINT

    unknown = report.found("unknown labels")
    dropped = fixed is not None and UNKNOWN_LABEL in fixed.removed
    return unknown is not None and unknown.part == "train" and unknown.hint == UNKNOWN_LABELS_HINT and not dropped


def _read_again(reading: ReadOptions, fixed: FixResult | None) -> list[str]:
    return reading_again(reading, columns_only=fixed is not None)


def _stem_of(data: str) -> tuple[str, int]:
    """The name of the rows without endings, and the number of the cleaned copy that they are; 0 for none."""
    from recurra.data.decompression import COMPRESSIONS

    name = Path(data).name if Path(data).suffix.lower() not in COMPRESSIONS else Path(data).stem
    stem = (name if Path(data).is_dir() else Path(name).stem).strip("-") or "data"
    earlier = re.fullmatch(r"(.+)\.clean(\d*)", stem)
    return (stem, 0) if earlier is None else (earlier[1], int(earlier[2] or 1))


def _copy_of(stem: str, number: int, kind: str) -> str:
    """The name of a cleaned copy that no file has; from the second on with its number."""
    while True:
        number += 1
        copy = Path(f"{stem}.clean{number if number > 1 else ''}{kind}")
        if not copy.exists() and not copy.with_suffix(".changes.csv").exists():
            return str(copy)
