"""``recurra inspect``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recurra.cli.data_argument import ReadOptions, read_data
from recurra.cli.inspect_views import DataView, show_data, view_name
from recurra.cli.options import (
    DataDir,
    Encoding,
    FormatName,
    Json,
    LabelColumn,
    ModelArgument,
    Quiet,
    TextColumn,
    TitleColumn,
    model_file,
    whole_number,
)
from recurra.cli.output import Output, count
from recurra.cli.progress import Bars
from recurra.cli.stdin import lines_of_input

if TYPE_CHECKING:
    from collections.abc import Callable

    from recurra.inspection.gradient_flow import FlowJson
    from recurra.inspection.read import ReadingJson

__all__ = ["EXAMPLES", "inspect"]

EXAMPLES = (
    "recurra inspect runs/news/model.safetensors 'Oil prices rise again'",
    "recurra inspect runs/news/model.safetensors 'Oil prices rise' --gates --attribution --html oil.html",
    "recurra inspect rnn.safetensors lstm.safetensors --gradients --data test.csv",
    "recurra inspect runs/news/model.safetensors --view flags --data test.csv",
    "recurra inspect runs/news/model.safetensors --view doubts --data train.csv --folds 5 --queue decisions.csv",
)

GRADIENT_ROWS = 500


def inspect(
    model: ModelArgument,
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT",
            help="Texts in quotes; none or - reads one text per line of standard input. With --gradients, more models.",
        ),
    ] = None,
    gates: Annotated[bool, typer.Option("--gates", help="Show the states and gates of every layer.")] = False,
    attribution: Annotated[bool, typer.Option("--attribution", help="Add integrated gradients and occlusion.")] = False,
    gradients: Annotated[
        bool, typer.Option("--gradients", help="Measure on DATA how far back the gradient of the loss reaches.")
    ] = False,
    view: Annotated[
        str | None,
        typer.Option("--view", parser=view_name, metavar="VIEW", help="View of DATA: flags, states or doubts."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATA", help="Labelled rows for --gradients and --view: a file or a named set."),
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            "--rows",
            parser=whole_number(1),
            metavar="N",
            help="Maximum number of rows; default 500 for gradients, 2000 for flags, 1000 for states, else all.",
        ),
    ] = None,
    top: Annotated[
        int,
        typer.Option(parser=whole_number(1), metavar="N", help="Number of flags, or of doubts per reason, to show."),
    ] = 12,
    train: Annotated[
        str | None, typer.Option("--train", metavar="DATA", help="For doubts: the training rows, to compare with.")
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(2),
            metavar="K",
            help="For doubts about training rows: number of models to cross-validate.",
        ),
    ] = None,
    queue: Annotated[
        Path | None, typer.Option("--queue", metavar="FILE", help="For doubts: .csv file for the review queue.")
    ] = None,
    seed: Annotated[
        int, typer.Option(parser=whole_number(0), metavar="N", help="Seed of a view's random choices.")
    ] = 0,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="File for an HTML page with pictures.")
    ] = None,
    text: TextColumn = None,
    title: TitleColumn = None,
    label: LabelColumn = None,
    encoding: Encoding = "utf-8",
    format_name: FormatName = None,
    data_dir: DataDir = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show a model at work: on a text, word by word, or over a file.

    --gradients measures how far back it can learn.
    """
    output = Output(as_json=as_json, quiet=quiet)
    reading = ReadOptions(text, title, label, encoding, data_dir, format_name)
    if gradients and view is not None:
        raise typer.BadParameter(f"--gradients is given with --view {view}. Choose one")
    if gradients:
        if data is None:
            raise typer.BadParameter("--gradients needs labelled rows. Give --data DATA")
        if gates or attribution:
            raise typer.BadParameter("--gradients reads no text. Leave out --gates and --attribution")
        paths = [model, *map(model_file, texts or ())]
        flows = _flows(
            paths, data, ReadOptions(text, title, label, encoding, data_dir, format_name), rows or GRADIENT_ROWS, output
        )
        about = f"Measured on {count(max(flow['documents'] for flow in flows))} rows of {data}."
        _page(html, [], flows, about, output)
        output.document({"models": flows, "notes": output.notes})
        return
    if view is not None:
        if data is None:
            raise typer.BadParameter("--view needs labelled rows. Give --data DATA")
        if texts or gates or attribution or html is not None:
            raise typer.BadParameter("--view shows no text. Leave out texts, --gates, --attribution and --html")
        wanted = DataView(view, data, train=train, rows=rows, top=top, folds=folds, queue=queue, seed=seed)
        show_data(model, wanted, reading, output)
        return
    if data is not None:
        raise typer.BadParameter("--data is given without --gradients or --view. Add one, or leave --data out")
    readings = _readings(model, texts or [], encoding, gates=gates, attribution=attribution, output=output)
    _page(html, readings, [], f"Read word by word: {count(len(readings))} of your texts.", output)
    output.document(readings)


def _readings(
    path: Path, texts: list[str], encoding: str, *, gates: bool, attribution: bool, output: Output
) -> list[ReadingJson]:
    from recurra.cli.inspect_output import show_reading
    from recurra.inspection import read
    from recurra.runtime import load

    model = load(path)
    if not texts or texts == ["-"]:
        if output.progress and sys.stdin is not None and sys.stdin.isatty():
            print("One text a line; Ctrl-D ends.", file=sys.stderr)
        texts = list(lines_of_input(encoding))
    readings = []
    for place, one in enumerate(texts):
        readings.append(read(model, one, name=str(path), gates=gates, attribution=attribution))
        if place:
            output.result("")
        show_reading(readings[-1], output)
    return readings


def _flows(paths: list[Path], data: str, reading: ReadOptions, rows: int, output: Output) -> list[FlowJson]:
    from recurra.cli.inspect_output import show_flows
    from recurra.inspection import gradients
    from recurra.runtime import load

    models = {str(path): load(path) for path in paths}
    table = read_data(data, reading, part="test", output=output)
    flows: list[FlowJson] = []
    with Bars(output) as bars:
        for name, model in models.items():
            # Each row is measured before and after training.
            bar = bars.begin(name, 2 * min(rows, len(table)))

            def advance(done: int, bar: Callable[[int, str], None] = bar) -> None:
                bar(done, "")

            found = gradients(model, table, name=name, limit=rows, say=output.note, advance=advance)
            flows += found.to_dict()["models"]
    show_flows(flows, output)
    return flows


def _page(path: Path | None, readings: list[ReadingJson], flows: list[FlowJson], about: str, output: Output) -> None:
    if path is None:
        return
    from recurra.atomic import write_atomically
    from recurra.report.inspection_page import inspection_page

    write_atomically(path, inspection_page(readings, flows, about=about).encode("utf-8", "replace"))
    output.detail(f"page: {path}")
