"""``recurra check``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from recurra.cli.check_label_options import LabelOptions, refuse_to_clean
from recurra.cli.check_next import CheckResult, command_after_check
from recurra.cli.check_output import show_fix, show_report
from recurra.cli.data_argument import ReadOptions, is_file
from recurra.cli.failures import FOUND
from recurra.cli.given_files import replacing
from recurra.cli.next_command import options_again, reading_again
from recurra.cli.options import (
    DataArgument,
    DataDir,
    DecisionsEncoding,
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
    model_file,
    model_name,
    number_above,
)
from recurra.cli.output import Output
from recurra.cli.progress import Bars
from recurra.cli.results_folder import check_results_folder, write_results
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    from recurra.checking.check import KnownModel, Training
    from recurra.checking.lenient_reader import LenientReader
    from recurra.checking.report import Report
    from recurra.runtime import Model

__all__ = ["EXAMPLES", "check"]

EXAMPLES = (
    "recurra check tickets.csv",
    "recurra check train.csv --test test.csv --out runs/check",
    "recurra check train.csv --test test.csv --fix train.clean.csv",
    "recurra check new.csv --unlabelled --unescape --fix new.clean.csv",
    "recurra check rows.csv --fix new.csv --exclude made.csv --relabel made.csv",
    "recurra check topics.csv --multi-label --label-separator '|'",
    "recurra check new.csv --model runs/tickets/model.safetensors --strict",
)

SIMILARITY = 0.5
PAGE = "check.html"


def check(
    data: DataArgument,
    test: Annotated[
        str | None,
        typer.Option("--test", metavar="FILE", help="The test rows; a named set has its own."),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            parser=model_file,
            metavar="MODEL",
            help="A trained model: check the rows against its labels and words.",
        ),
    ] = None,
    similarity: Annotated[
        float,
        typer.Option(parser=number_above(0), metavar="SHARE", help="Minimum similarity of near-copies, up to 1."),
    ] = SIMILARITY,
    inside: Annotated[
        bool, typer.Option("--inside", help="Look for near-copies among the training rows as well.")
    ] = False,
    fix: Annotated[
        Path | None,
        typer.Option(
            "--fix", metavar="OUT", help="Write a cleaned copy of DATA, such as a.csv, and its changes: a.changes.csv."
        ),
    ] = None,
    drop_conflicts: Annotated[
        bool, typer.Option("--drop-conflicts", help="With --fix: leave out equal texts under different labels.")
    ] = False,
    drop_unknown: Annotated[
        bool,
        typer.Option("--drop-unknown", help="With --fix and --model: leave out rows with labels unknown to the model."),
    ] = False,
    drop_placeholders: Annotated[
        bool, typer.Option("--drop-placeholders", help="With --fix: leave out rows labelled N/A, -, ? and the like.")
    ] = False,
    unescape: Annotated[
        bool, typer.Option("--unescape", help="With --fix: replace HTML entities by their characters; tags stay.")
    ] = False,
    unlabelled: Annotated[
        bool, typer.Option("--unlabelled", help="DATA has no labels: check its texts alone; --fix keeps all rows.")
    ] = False,
    exclude: Annotated[
        Path | None,
        typer.Option("--exclude", metavar="FILE", help="With --fix: file of decisions on rows to leave out."),
    ] = None,
    relabel: Annotated[
        Path | None,
        typer.Option("--relabel", metavar="FILE", help="With --fix: decisions on labels to change, or new names."),
    ] = None,
    decisions_encoding: DecisionsEncoding = None,
    multi_label: MultiLabel = False,
    label_separator: LabelSeparator = None,
    single_label: SingleLabel = False,
    strict: Annotated[
        bool, typer.Option("--strict", help=f"Exit with {FOUND} if there are errors or warnings.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Folder for check.json and check.html; the page needs recurra[report]."
        ),
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

    Looks for texts that are empty, damaged, truncated or duplicated, for test texts among the training rows, and for
    labels that are missing, misspelt, rare or contradictory. Shows rows, meaning and what to do; only --fix writes a
    file.
    """
    output = Output(as_json=as_json, quiet=quiet)
    for option, given in (
        ("--drop-conflicts", drop_conflicts),
        ("--drop-unknown", drop_unknown),
        ("--drop-placeholders", drop_placeholders),
        ("--unescape", unescape),
        ("--exclude", exclude),
        ("--relabel", relabel),
    ):
        if given and fix is None:
            raise SettingsError(f"{option} is given without --fix", "Name the cleaned copy with --fix OUT.")
    if unlabelled:
        _check_unlabelled(
            {"--test": test, "--inside": inside, "--label": label, "--drop-conflicts": drop_conflicts}
            | {"--drop-unknown": drop_unknown, "--drop-placeholders": drop_placeholders, "--exclude": exclude}
            | {"--relabel": relabel, "--multi-label": multi_label, "--label-separator": label_separator}
            | {"--single-label": single_label}
        )
    if drop_unknown and model is None:
        raise SettingsError("--drop-unknown is given without --model", "Name the model whose labels are to be kept.")
    if fix is not None:
        _check_copy(fix, {"DATA": data, "--test": test, "--exclude": exclude, "--relabel": relabel, "--model": model})
    with_page = out is not None and check_results_folder(out, PAGE, output)
    from recurra.checking.check import check as look
    from recurra.runtime import load

    labels = LabelOptions(multi_label, single_label, label_separator)
    reading = ReadOptions(text, title, label, encoding, data_dir, format_name)
    loaded = None if model is None else load(model)
    if loaded is not None:
        reading_of_model = reading.of_model(loaded) if unlabelled else reading.of_labelled(loaded)
    train, tested = _opened(data, test, reading if loaded is None else reading_of_model, output, not unlabelled)
    named = None if model is None else model_name(model)
    known = None if loaded is None else _known(str(named), loaded)
    if not unlabelled:
        labels.apply([one for one in (train, tested) if one is not None], loaded, model, output)
    with Bars(output) as bars:
        report = look(
            train,
            tested,
            training=_training(),
            known=known,
            similarity=similarity,
            inside=inside,
            progress=bars.counting,
        )
    if fix is not None:
        refuse_to_clean(report, fix)
    fixed, replaced = None, ("", "")
    if fix is not None:
        # Before anything is printed, as whoever reads that may stop.
        from recurra.checking.fix import changes_of
        from recurra.checking.fix import fix as clean
        from recurra.checking.fix_plan import FixOptions
        from recurra.data.renamed_classes import read_relabelling
        from recurra.data.review_decisions import Decision, read_decisions

        used = encoding if decisions_encoding is None else decisions_encoding
        numbers, mark = train.row_numbers, train.names.separator
        left_out: list[Decision] = []
        changed: list[Decision] = []
        if exclude is not None:
            left_out = read_decisions(exclude, numbers=numbers, encoding=used)
        if relabel is not None:
            changed = read_relabelling(
                relabel,
                lambda: (cell for block in train for cell in block.cells),
                numbers=numbers,
                separator=mark,
                encoding=used,
                say=output.note,
            )

        options = FixOptions(
            unescape=unescape,
            drop_conflicts=drop_conflicts,
            known=None if known is None else known.classes,
            drop_unknown=drop_unknown,
            drop_placeholders=drop_placeholders,
            exclude=left_out,
            relabel=changed,
        )
        replaced = replacing(fix), replacing(changes_of(fix))
        fixed = clean(train, fix, test=tested, options=options)
    for note in report.notes:
        (output.caution if note in train.warnings else output.note)(note)
    show_report(report, output)
    if fixed is not None:
        show_fix(fixed, report, output, *replaced)
        if exclude is not None or relabel is not None:
            output.result("The findings are those of the rows before the decisions: check the copy.")
    wrong = report.found("wrong encoding")
    if wrong is not None and wrong.facts["likely"] == "utf-8":
        # The files are read as what they are.
        reading = reading._replace(encoding="utf-8")
    again = options_again(test=test, model=named, inside=inside, unlabelled=unlabelled) + reading_again(reading)
    if similarity != SIMILARITY:
        again += options_again(similarity=similarity)
    columns = train.named_columns if loaded is not None and is_file(data) else None
    next_command = command_after_check(data, again, reading, CheckResult(report, fixed, labels, named), columns)
    if out is not None:
        # Include notes from before the rows were read, such as the separator that was found.
        write_results(out, _files(replace(report, notes=output.notes), next_command, with_page=with_page))
        output.result(f"page: {out / PAGE}" if with_page else f"report: {out / 'check.json'}")
    output.detail(f"next: {next_command}")
    written = None if fixed is None else fixed.to_dict()
    output.document({**report.to_dict(), "notes": output.notes, "fixed": written, "next": next_command})
    if strict and report.count("error") + report.count("warning"):
        raise typer.Exit(FOUND)


def _check_copy(fix: Path, read: Mapping[str, object]) -> None:
    """Refuses a copy, or a file of its changes, that would replace a file that is read.

    Args:
        fix: the copy.
        read: what is read, by what it is in messages; ``None`` where nothing is given.
    """
    from recurra.atomic import check_file
    from recurra.checking.fix import changes_of
    from recurra.checking.row_writers import SUFFIXES

    if fix.suffix.lower() not in SUFFIXES:
        raise SettingsError(
            f"--fix {str(fix)!r:.200} ends in {fix.suffix!r}", f"Give a name that ends in {', '.join(SUFFIXES)}."
        )
    for out in (fix, changes_of(fix)):
        written = f"--fix {fix}" if out == fix else f"--fix {fix} writes its changes to {out}, which"
        for what, name in read.items():
            if name is not None and Path(str(name)).exists() and out.exists() and out.samefile(str(name)):
                raise SettingsError(f"{written} is {what} {name} itself", "Name another file: the original is kept.")
    check_file(fix)


def _check_unlabelled(given: Mapping[str, object]) -> None:
    """Refuses options on labels, and on training rows, of which there are none."""
    for option, value in given.items():
        if value not in (None, False):
            raise SettingsError(f"{option} is given with --unlabelled", "Leave one of them out.")


def _opened(
    data: str, test: str | None, reading: ReadOptions, output: Output, labelled: bool
) -> tuple[LenientReader, LenientReader | None]:
    """Opens the training file and, if there is one, the test file; a named set has both."""
    from recurra.checking.check import open_source
    from recurra.checking.label_names import LabelNames
    from recurra.cli.data_argument import load_named_dataset
    from recurra.data.columns import NoLabelColumnError
    from recurra.data.sources import open_blocks

    names = LabelNames()

    def opened(name: str, part: Literal["train", "test"], like: LenientReader | None = None) -> LenientReader:
        own = () if like is None else (like.columns.text, like.columns.title, like.columns.label)
        blocks = open_blocks(
            name,
            format=reading.format,
            encoding=reading.encoding,
            part=part,
            named=[*reading.columns.values(), *own],
            model=reading.model,
        )
        columns: dict[str, Any] = {**reading.columns, "model": reading.model, "classes": reading.classes}
        try:
            return open_source(blocks, part, names, like=like, labelled=labelled, **columns)
        except NoLabelColumnError as error:
            raise DataError(error.received, f"{error.hint} For rows without labels say --unlabelled.") from None

    if is_file(data):
        train = opened(data, "train")
        return train, None if test is None else opened(test, "test", train)
    if not labelled:
        raise SettingsError(f"--unlabelled is given with the named set {data:.80}, which has labels", "Leave it out.")
    found = load_named_dataset(data, reading, output)
    train = open_source(found.train, "train", names)
    return train, open_source(found.test, "test", names) if test is None else opened(test, "test", train)


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
    from recurra.checking.label_names import label_text
    from recurra.text import TextPipeline

    bundle = model.bundle
    return KnownModel(name, TextPipeline(bundle.text, bundle.vocabulary), [*map(label_text, bundle.labels.classes)])


def _files(report: Report, next_command: str, *, with_page: bool) -> dict[str, str]:
    import json

    files = {"check.json": json.dumps({**report.to_dict(), "next": next_command}, ensure_ascii=False, indent=1)}
    if with_page:
        from recurra.report.check_page import check_page

        files[PAGE] = check_page(report)
    return files
