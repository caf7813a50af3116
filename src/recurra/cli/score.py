"""``recurra score``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recurra.cli.data_argument import ReadOptions
from recurra.cli.given_files import replacing
from recurra.cli.options import (
    AbstainBelow,
    Encoding,
    FormatName,
    Json,
    ModelArgument,
    Quiet,
    TextColumn,
    TitleColumn,
    model_name,
    whole_number,
)
from recurra.cli.output import Output
from recurra.cli.progress import Bars
from recurra.cli.score_input import RowSource, open_rows
from recurra.cli.score_output import (
    OutputFormat,
    StandardOutput,
    check_some_text,
    csv_label_separator,
    output_columns,
    output_format,
    report_scored,
)
from recurra.cli.watched_file import WatchedFile
from recurra.errors import SettingsError
from recurra.folders import made_folder
from recurra.interrupt import exit_code
from recurra.version import VERSION

if TYPE_CHECKING:
    from recurra.batch_prediction.predict import PredictionSummary
    from recurra.batch_prediction.resumable_file import ResumableFile
    from recurra.batch_prediction.sinks import File, Sink
    from recurra.runtime import Model

__all__ = ["EXAMPLES", "score"]

EXAMPLES = (
    "recurra score runs/tickets/model.safetensors tickets.csv --out labelled.csv",
    "recurra score news.safetensors news.parquet --out new.parquet --keep id",
    "recurra score news.safetensors news.jsonl.gz --out out.jsonl.gz --resume",
    "recurra score news.safetensors - --answers-only < texts.txt | cut -d, -f1",
    "recurra score news.safetensors 'lake/*.parquet' --ray --out answers/",
)


def score(
    model: ModelArgument,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="A table, a .txt file of one text a line, a folder of .txt files, or - for standard input.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="A .csv, .jsonl (either may be .gz or .zst), .xlsx or .parquet file; without it, CSV is printed. "
            "With --ray, a folder.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Write the probability of every class, one column each.")
    ] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="COLUMN", help="Column to keep, such as id; repeatable; default all."),
    ] = None,
    answers_only: Annotated[bool, typer.Option("--answers-only", help="Keep no columns of the table.")] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Continue an interrupted or killed run, or start where there is none; FILE is the same in the end.",
        ),
    ] = False,
    abstain_below: AbstainBelow = None,
    text: TextColumn = None,
    title: TitleColumn = None,
    encoding: Encoding = "utf-8",
    format_name: FormatName = None,
    with_ray: Annotated[
        bool,
        typer.Option(
            "--ray",
            rich_help_panel="Many machines",
            help="Score Parquet files with Ray: DATA is a pattern in quotes, a folder or a file, --out a folder. "
            "The same command again goes on where it stopped.",
        ),
    ] = False,
    address: Annotated[
        str | None,
        typer.Option(
            "--address",
            metavar="HOST:PORT",
            rich_help_panel="Many machines",
            help="The Ray cluster; without it Ray is started on this machine.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            parser=whole_number(1),
            metavar="N",
            rich_help_panel="Many machines",
            help="Number of workers, one processor each; default all processors.",
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Classify the rows of a file of any size into a file.

    Each row of DATA becomes one row of the output, in order: its columns, the label, its probability and, with --all,
    the probability of each class. A multi-label model writes its labels to one column, in CSV separated as in its
    training data, or by |. Memory does not grow with the rows. The file appears only when it is complete.
    """
    from recurra.batch_prediction.resumable_file import ResumableFile
    from recurra.batch_prediction.resume_plan import CONTENTS
    from recurra.data.content_digest import content_digest
    from recurra.runtime import load

    output = Output(as_json=as_json, quiet=quiet, aside=out is None)
    if answers_only and keep:
        raise SettingsError("--keep is given with --answers-only", "Give one of them.")
    kept = () if answers_only else tuple(keep) if keep else None
    reading = ReadOptions(text, title, encoding=encoding, format=format_name)
    if with_ray:
        from recurra.cli.score_ray import score_with_ray

        score_with_ray(model, data, out, reading, kept, every, abstain_below, address, workers, output)
        return
    for option, value in (("--address", address), ("--workers", workers)):
        if value is not None:
            raise SettingsError(f"{option} {value!s:.80} is given without --ray", "Add --ray, or leave it out.")
    kind = output_format(out, data, as_json=as_json, resume=resume)
    classifier = load(model)
    below = classifier.checked_abstaining(abstain_below)
    mark = csv_label_separator(classifier, kind)
    watched = WatchedFile(data)
    source = open_rows(data, reading.of_model(classifier), kept, classifier.bundle.text, output)
    if kind.form == ".csv" and source.unlike_csv:
        output.note(
            f"the answers are written with commas, in UTF-8; the data are {source.unlike_csv}; "
            "--out FILE.xlsx writes a workbook"
        )
    replaced = replacing(out)
    names = output_columns(source, classifier, every, output)
    if out is None:
        sink = _sink(kind, StandardOutput(), names, source, classifier, mark)
        with watched:
            summary = _predict(classifier, source, sink, below, output)
        check_some_text(summary, source, data)
    else:
        plan = {
            f"{CONTENTS}the data": None if data == "-" else content_digest(Path(data)),
            f"{CONTENTS}the model": content_digest(model),
            "columns (--keep, --all)": names,
            "--abstain-below": below,
            "columns to read": source.read_as,
            "--encoding": encoding,
            "--format": format_name,
            "version of recurra": VERSION,
        }
        file = ResumableFile(out, plan, resume=resume, resumable=data != "-")
        try:
            with made_folder(out.parent), file:
                _note_resume(file, resume, output)
                sink = _sink(kind, file, names, source, classifier, mark, begun=file.begun is not None)
                with watched:
                    summary = _predict(classifier, source, sink, below, output, file)
                check_some_text(summary, source, data)
                _finish(kind, file, names, mark)
        except KeyboardInterrupt:
            if not file.kept and not resume:
                raise
            said = f"interrupted. --resume goes on with {out}."
            if not file.kept:
                said = "interrupted before the first rows were stored. The same command starts at the first row."
            print(f"recurra: {said}", file=sys.stderr)
            raise typer.Exit(exit_code()) from None
    for warning in source.warnings:
        if warning not in output.notes:
            output.caution(warning)
    for note in source.notes:
        if note not in output.notes:
            # Of texts that are missing, a key that comes late may be the new name.
            (output.caution if summary.empty + summary.without_text else output.note)(note)
    report_scored(summary, model_name(model), data, out, names, below, output, replaced, source.columns)


def _note_resume(file: ResumableFile, resume: bool, output: Output) -> None:
    if file.begun is not None:
        output.note(f"going on after {file.begun.rows:,} rows that an earlier run answered")
    elif resume and file.out.exists():
        output.note(f"{file.out} exists, and no interrupted run to resume: it is written again from the first row")
    elif resume:
        output.note("there is no earlier run to resume: starting at the first row")
    elif file.dropped is not None:
        output.note(
            f"an interrupted run had answered {file.dropped.rows:,} rows: beginning again at the first row "
            "(--resume would go on after them)"
        )


def _sink(
    kind: OutputFormat,
    file: File,
    names: list[str],
    source: RowSource,
    model: Model,
    mark: str,
    *,
    begun: bool = False,
) -> Sink:
    from recurra.batch_prediction.compression import CompressedWriter
    from recurra.batch_prediction.parquet import RecordBatchSink
    from recurra.batch_prediction.sinks import text_sink

    if kind.form == ".parquet":
        return RecordBatchSink(file, names, model.bundle.labels.classes, begun=begun)
    compressed = CompressedWriter(file, kind.compression) if kind.compression else file
    classes = model.bundle.labels.classes
    form = ".jsonl" if kind.form == ".xlsx" else kind.form
    return text_sink(form, compressed, names, classes, kept=len(source.keep), mark=mark, begun=begun)


def _predict(
    model: Model, source: RowSource, sink: Sink, below: float | None, output: Output, file: ResumableFile | None = None
) -> PredictionSummary:
    from recurra.batch_prediction.predict import predict_batches

    with Bars(output) as bars:
        count = bars.counting("scoring")
        return predict_batches(
            model,
            source.batches,
            sink,
            done=lambda rows: count(rows, source.total()),
            below=below,
            begun=file.begun if file else None,
            checkpoint=file.checkpoint if file else None,
        )


def _finish(kind: OutputFormat, file: ResumableFile, names: Sequence[str], mark: str) -> None:
    from recurra.batch_prediction.excel import lines_to_excel
    from recurra.batch_prediction.parquet import stream_to_parquet

    converters: dict[str, Callable[[Path, Any], None]] = {
        ".parquet": stream_to_parquet,
        ".xlsx": partial(lines_to_excel, names=names, mark=mark),
    }
    file.finish(converters.get(kind.form))
