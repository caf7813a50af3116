"""``recurra check``."""

from __future__ import annotations

import shlex
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from recurra.cli.check_label_options import LabelOptions, options_to_add, refuse_to_clean
from recurra.cli.data_argument import ReadOptions
from recurra.cli.options import (
    DataArgument,
    DataDir,
    Encoding,
    FormatName,
    Json,
    LabelColumn,
    LabelSeparator,
    MultiLabel,
    Quiet,
    SingleLabel,
    TextColumn,
    TitleColumn,
    number_above,
)
from recurra.cli.output import Output, aligned, cut
from recurra.cli.progress import Bars
from recurra.errors import SettingsError
from recurra.folders import made_folder

if TYPE_CHECKING:
    from recurra.checking.check import KnownModel, Training
    from recurra.checking.finding import Finding, Row
    from recurra.checking.fix import FixResult
    from recurra.checking.lenient_reader import LenientReader
    from recurra.checking.report import Report
    from recurra.runtime import Model

__all__ = ["EXAMPLES", "check"]

EXAMPLES = (
    "recurra check tickets.csv",
    "recurra check train.csv --test test.csv --out runs/check",
    "recurra check train.csv --test test.csv --fix train.clean.csv",
    "recurra check topics.csv --multi-label --label-separator '|'",
    "recurra check new-tickets.csv --model runs/tickets/model.safetensors --strict",
)

# Number of rows shown per finding, width of their texts, and width of a line.
FIRST, WIDE, LINE = 3, 60, 100


def check(
    data: DataArgument,
    test: Annotated[
        str | None,
        typer.Option("--test", metavar="FILE", help="The test rows; a named set has its own."),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="MODEL", help="A trained model: check the rows against its labels and words."),
    ] = None,
    similarity: Annotated[
        float,
        typer.Option(parser=number_above(0), metavar="SHARE", help="Minimum similarity of near-copies, up to 1."),
    ] = 0.5,
    inside: Annotated[
        bool, typer.Option("--inside", help="Look for near-copies among the training rows as well.")
    ] = False,
    fix: Annotated[
        Path | None,
        typer.Option("--fix", metavar="OUT", help="Write a cleaned copy of DATA, and its changes to OUT.changes.csv."),
    ] = None,
    drop_conflicts: Annotated[
        bool, typer.Option("--drop-conflicts", help="With --fix: leave out equal texts under different labels.")
    ] = False,
    unescape: Annotated[
        bool, typer.Option("--unescape", help="With --fix: replace HTML entities by their characters.")
    ] = False,
    multi_label: MultiLabel = False,
    label_separator: LabelSeparator = None,
    single_label: SingleLabel = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if there are errors or warnings.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for check.json and check.html.")
    ] = None,
    text: TextColumn = None,
    title: TitleColumn = None,
    label: LabelColumn = None,
    format_name: FormatName = None,
    encoding: Encoding = "utf-8",
    data_dir: DataDir = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find problems in labelled rows before training.

    Looks for texts that are empty, damaged, cut or there twice, for test texts among the training rows, and for labels
    that are missing, misspelt, rare or contradictory. Shows rows, meaning and what to do; only --fix writes a file.
    """
    output = Output(as_json=as_json, quiet=quiet)
    for option, given in (("--drop-conflicts", drop_conflicts), ("--unescape", unescape)):
        if given and fix is None:
            raise SettingsError(f"{option} is given without --fix", "Name the cleaned copy with --fix OUT.")
    if fix is not None:
        _check_copy(fix, data, test)
    from recurra.checking.check import check as look
    from recurra.runtime import load

    labels = LabelOptions(multi_label, single_label, label_separator)
    reading = ReadOptions(text, title, label, encoding, data_dir, format_name)
    train, tested = _opened(data, test, reading, output)
    loaded = None if model is None else load(model)
    labels.apply([one for one in (train, tested) if one is not None], loaded, model, output)
    with Bars(output) as bars:
        report = look(
            train,
            tested,
            training=_training(),
            known=None if loaded is None else _known(str(model), loaded),
            similarity=similarity,
            inside=inside,
            progress=bars.counting,
        )
    if fix is not None:
        refuse_to_clean(report, fix)
    for note in report.notes:
        output.note(note)
    _show(report, output)
    fixed = None
    if fix is not None:
        from recurra.checking.fix import fix as clean
        from recurra.checking.fix_plan import FixOptions

        options = FixOptions(unescape=unescape, drop_conflicts=drop_conflicts)
        fixed = clean(train, fix, test=tested, options=options)
        _show_fixed(fixed, output)
    next_command = _next_command(data, test, report, fixed, labels)
    if out is not None:
        # Include notes from before the rows were read, such as the separator that was found.
        _write(out, replace(report, notes=output.notes), next_command)
        output.result(f"page: {out / 'check.html'}")
    output.detail(f"next: {next_command}")
    written = None if fixed is None else fixed.to_dict()
    output.document({**report.to_dict(), "notes": output.notes, "fixed": written, "next": next_command})
    if strict and report.count("error") + report.count("warning"):
        raise typer.Exit(1)


def _check_copy(fix: Path, data: str, test: str | None) -> None:
    from recurra.checking.row_writers import SUFFIXES

    if fix.suffix.lower() not in SUFFIXES:
        raise SettingsError(
            f"--fix {str(fix)!r:.200} ends in {fix.suffix!r}", f"Give a name that ends in {', '.join(SUFFIXES)}."
        )
    for name in filter(None, (data, test)):
        if Path(name).exists() and fix.exists() and fix.samefile(name):
            raise SettingsError(f"--fix {fix} is {name} itself", "Name another file: the original is kept.")


def _opened(
    data: str, test: str | None, reading: ReadOptions, output: Output
) -> tuple[LenientReader, LenientReader | None]:
    """Opens the training file and, if there is one, the test file; a named set has both."""
    from recurra.checking.check import open_source
    from recurra.checking.label_names import LabelNames
    from recurra.cli.data_argument import is_file, load_named_dataset
    from recurra.data.sources import open_blocks

    names = LabelNames()

    def opened(name: str, part: Literal["train", "test"]) -> LenientReader:
        blocks = open_blocks(name, format=reading.format, encoding=reading.encoding, part=part)
        return open_source(blocks, part, names, **reading.columns)

    if is_file(data):
        return opened(data, "train"), None if test is None else opened(test, "test")
    found = load_named_dataset(data, reading, output)
    tested = open_source(found.test, "test", names) if test is None else opened(test, "test")
    return open_source(found.train, "train", names), tested


def _training() -> Training:
    """The settings of ``recurra train DATA`` without options."""
    from recurra.checking.check import Training
    from recurra.presets import load_preset

    preset = load_preset("default")
    return Training(
        text=preset.text,
        characters=preset.characters,
        share=preset.training.validation,
        seed=preset.training.seed,
    )


def _known(name: str, model: Model) -> KnownModel:
    from recurra.checking.check import KnownModel
    from recurra.checking.label_names import value_text
    from recurra.text import TextPipeline

    bundle = model.bundle
    return KnownModel(name, TextPipeline(bundle.text, bundle.vocabulary), [*map(value_text, bundle.labels.classes)])


def _show(report: Report, output: Output) -> None:
    from recurra.checking.finding import visible_spaces

    for part, seen in report.files.items():
        classes = list(seen.classes.items())
        shown = [f"{cut(visible_spaces(label), 30)} {rows:,}" for label, rows in classes[:6]]
        more = f", … {cut(visible_spaces(classes[-1][0]), 30)} {classes[-1][1]:,}" if len(classes) > 6 else ""
        kinds = f"{len(classes):,} {report.task.wording.plural}{report.task.a_row(seen.mean_labels)}"
        output.detail(
            f"{part}: {seen.name}, {seen.rows:,} rows{seen.row_hint}, median {seen.median:,.0f} characters, "
            f"{kinds}: {', '.join(shown)}{more}"
        )
    if (words := report.words) is not None:
        output.detail(
            f"vocabulary {words.whose}: {words.vocabulary:,} {words.tokens}; "
            f"of the {words.rows} it misses {words.share:.1%}"
        )
    for finding in report.findings:
        _show_finding(finding, report, output)
    found = [(report.count(severity), severity) for severity in ("error", "warning", "note")]
    if report.findings:
        output.detail("")
        output.result(", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in found))
    else:
        output.detail(_folded(f"Looked for {', '.join(report.looked_for)}.", ""))
        output.result("nothing found")


def _show_finding(finding: Finding, report: Report, output: Output) -> None:
    name = report.files[finding.part].name
    output.detail("")
    output.result(f"{finding.severity}: {finding.kind}, {how_many(finding)} in {name}")
    output.detail(_folded(finding.meaning, "  "))
    rows = [line for row in finding.rows[:FIRST] for line in _lines(row, finding)]
    if rows:
        output.detail(aligned(rows, right=(1,)))
    if len(finding.rows) > FIRST:
        output.detail(f"    … {len(finding.rows) - FIRST:,} more in --json and --out")
    output.detail(_folded(f"→ {finding.hint}", "  "))


def how_many(finding: Finding) -> str:
    """``1 row``, ``2 classes``."""
    plural = {"class": "classes"}.get(finding.what, finding.what + "s")
    return f"{finding.count:,} {finding.what if finding.count == 1 else plural}"


def _lines(row: Row, finding: Finding) -> list[tuple[str, str, str, str, str]]:
    """A row and, below it, the row that it is compared with."""
    from recurra.checking.finding import visible_spaces

    details = row.details
    shown = [f"{details['similarity']:.2f}"] if "similarity" in details else []
    shown += [f"usually {cut(visible_spaces(details['usual']), 20)}"] if "usual" in details else []
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


def _folded(text: str, indent: str) -> str:
    return textwrap.fill(text, LINE, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _show_fixed(fixed: FixResult, output: Output) -> None:
    what = [f"{rows:,} removed ({reason})" for reason, rows in fixed.removed.items()]
    what += [f"{fixed.relabelled:,} relabelled"] if fixed.relabelled else []
    what += [f"{fixed.repaired:,} text{'' if fixed.repaired == 1 else 's'} mended"] if fixed.repaired else []
    output.result(f"cleaned copy: {fixed.out}, {fixed.rows:,} rows; {', '.join(what) or 'nothing was to be mended'}")
    output.result(f"changes: {fixed.changes}")


def _next_command(data: str, test: str | None, report: Report, fixed: FixResult | None, labels: LabelOptions) -> str:
    """The suggested next command."""
    tested = "" if test is None else f" --test {shlex.quote(test)}"
    if fixed is None and (asked := options_to_add(report)):
        return f"recurra check {shlex.quote(data)}{tested} {asked}"
    said = labels.as_arguments(report)
    fixable = any(finding.fixable and finding.severity != "note" for finding in report.findings)
    stem = Path(data).name.partition(".")[0] or "data"
    if fixed is None and fixable:
        # CSV cells cannot hold lists.
        kind = ".jsonl" if report.task.lists and report.separator is None else ".csv"
        return f"recurra check {shlex.quote(data)}{tested}{said} --fix {shlex.quote(stem + '.clean' + kind)}"
    rows = data if fixed is None else str(fixed.out)
    if fixed is None and report.count("error"):
        return f"fix the errors, then recurra check {shlex.quote(rows)}{tested}{said}"
    return f"recurra train {shlex.quote(rows)}{said} --out {shlex.quote('runs/' + stem)}"


def _write(folder: Path, report: Report, next_command: str) -> None:
    import json

    from recurra.atomic import write_atomically
    from recurra.report.check_page import check_page

    files = {
        "check.json": json.dumps({**report.to_dict(), "next": next_command}, ensure_ascii=False, indent=1),
        "check.html": check_page(report),
    }
    with made_folder(folder):
        for name, content in files.items():
            write_atomically(folder / name, content.encode("utf-8", "replace"))
