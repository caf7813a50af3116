"""``recurra inspect``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recurra.cli.data_argument import ReadOptions
from recurra.cli.failures import UsageError
from recurra.cli.given_files import check_no_input, check_text, tell_of_titles
from recurra.cli.inspect_views import VIEWS, DataView, show_data, view_name
from recurra.cli.next_command import command_line
from recurra.cli.options import (
    DataDir,
    Encoding,
    FormatName,
    Json,
    LabelColumn,
    ModelArgument,
    PageLanguage,
    Quiet,
    SkipUnlabelled,
    TextColumn,
    TitleColumn,
    model_file,
    model_name,
    whole_number,
)
from recurra.cli.output import Output, count

if TYPE_CHECKING:
    from recurra.inspection.read import ReadingJson

__all__ = ["EXAMPLES", "inspect"]

EXAMPLES = (
    "recurra inspect runs/news/model.safetensors 'Oil prices rise again'",
    "recurra inspect news.safetensors 'Oil prices rise' --gates --html oil.html",
    "recurra inspect news.safetensors --data test.csv --view flags --html f.html",
    "recurra inspect news.safetensors --data t.csv --view doubts --queue q.csv",
    "recurra inspect a.safetensors b.safetensors --data t.csv --view gradients",
)

TEXT = "a text"
# What the options go with that do not go with everything.
GOES_WITH = {
    **dict.fromkeys(("gates", "attribution"), (TEXT,)),
    **dict.fromkeys(("rows", "seed", "text", "title", "label", "format_name", "data_dir", "skip_unlabelled"), VIEWS),
    "top": ("flags", "doubts"),
    **dict.fromkeys(("train", "folds", "queue"), ("doubts",)),
}


def inspect(
    context: typer.Context,
    model: ModelArgument,
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT",
            help="Texts in quotes; none or - reads one text per line of standard input. "
            "With --view gradients, more models.",
        ),
    ] = None,
    gates: Annotated[
        bool, typer.Option("--gates", rich_help_panel="A text", help="Show the states and gates of every layer.")
    ] = False,
    attribution: Annotated[
        bool, typer.Option("--attribution", rich_help_panel="A text", help="Add integrated gradients and occlusion.")
    ] = False,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="DATA",
            rich_help_panel="A file",
            help="Labelled rows to show the model on: a file or a named set.",
        ),
    ] = None,
    view: Annotated[
        str | None,
        typer.Option(
            "--view",
            parser=view_name,
            metavar="VIEW",
            rich_help_panel="A file",
            help="flags (units that switch on at a word), states (where documents end), doubts (labels that may be "
            "wrong) or gradients (how far back it can learn); for models that give one label a row only.",
        ),
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            "--rows",
            parser=whole_number(1),
            metavar="N",
            rich_help_panel="A file",
            help="Maximum number of rows; default 2000 for flags, 1000 for states, 500 for gradients, else all.",
        ),
    ] = None,
    top: Annotated[
        int,
        typer.Option(
            parser=whole_number(1),
            metavar="N",
            rich_help_panel="A file",
            help="Number of flags, or of doubts per reason, to show.",
        ),
    ] = 12,
    seed: Annotated[
        int,
        typer.Option(
            parser=whole_number(0), metavar="N", rich_help_panel="A file", help="Seed of the random choices of a view."
        ),
    ] = 0,
    train: Annotated[
        str | None,
        typer.Option(
            "--train", metavar="DATA", rich_help_panel="Doubts", help="The model's training rows, to compare with."
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(2),
            metavar="K",
            rich_help_panel="Doubts",
            help="For training rows: number of models to cross-validate.",
        ),
    ] = None,
    queue: Annotated[
        Path | None,
        typer.Option(
            "--queue", metavar="FILE", rich_help_panel="Doubts", help="A .csv or .xlsx file for the review queue."
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", rich_help_panel="Output", help="File for an HTML page with pictures."),
    ] = None,
    language: PageLanguage = "en",
    skip_unlabelled: SkipUnlabelled = False,
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

    Give a text after MODEL, or a file with --data and --view.
    """
    _check_options(context, view, data, texts or [])
    for name, file in (("--html", html), ("--queue", queue)):
        check_no_input(name, file, [model, data, train, *(texts or ())])
    output = Output(as_json=as_json, quiet=quiet)
    if view is None or data is None:
        for one in texts or ():
            command = command_line("inspect", model_name(model), "--data", one, "--view", VIEWS[0])
            check_text(
                one,
                f"For its rows: {command}, or --view {', '.join(VIEWS[1:-1])} or {VIEWS[-1]}. "
                "For the name itself, pipe it to standard input.",
            )
        _show_texts(
            model,
            texts or [],
            encoding,
            gates=gates,
            attribution=attribution,
            html=html,
            language=language,
            output=output,
        )
        return
    show_data(
        [model, *map(model_file, texts or ())],
        DataView(
            view,
            data,
            train=train,
            rows=rows,
            top=top,
            folds=folds,
            queue=queue,
            seed=seed,
            html=html,
            language=language,
        ),
        ReadOptions(text, title, label, encoding, data_dir, format_name).skipping_unlabelled(skip_unlabelled),
        output,
    )


def _check_options(context: typer.Context, view: str | None, data: str | None, texts: list[str]) -> None:
    """Refuses options that do not go with a text, or with the view.

    Raises:
        UsageError: there is such an option.
    """
    if view is not None and data is None:
        raise UsageError(f"--view {view} needs labelled rows. Give --data DATA")
    if data is not None and view is None:
        raise UsageError(f"--data {data} is given without --view. Give --view {', '.join(VIEWS[:-1])} or {VIEWS[-1]}")
    here, shown = (TEXT, TEXT) if view is None else (view, f"--view {view}")
    for param in context.command.params:
        fits = GOES_WITH.get(param.name or "")
        source = context.get_parameter_source(param.name or "")
        if fits is not None and here not in fits and source is not None and source.name == "COMMANDLINE":
            wanted = " or ".join(one if one == TEXT else f"--view {one}" for one in fits)
            wanted = "--data and --view" if fits == VIEWS else wanted
            raise UsageError(f"{param.opts[0]} goes with {wanted}, not with {shown}")
    source = context.get_parameter_source("language")
    if context.params["html"] is None and source is not None and source.name == "COMMANDLINE":
        raise UsageError("--language is the language of the page. Give --html FILE, or leave it out")
    if texts and view not in (None, "gradients"):
        raise UsageError(f"The text {texts[0]!r:.80} is given with --view {view}, which shows no text. Leave one out")


def _show_texts(
    path: Path,
    texts: list[str],
    encoding: str,
    *,
    gates: bool,
    attribution: bool,
    html: Path | None,
    language: str,
    output: Output,
) -> None:
    from recurra.cli.inspect_output import show_reading, write_page
    from recurra.inspection import read
    from recurra.runtime import load

    if html is not None:
        from recurra.report.packages import require_page_packages

        require_page_packages()
    model = load(path)
    tell_of_titles({path: model}, output)
    if not texts or texts == ["-"]:
        if output.progress and sys.stdin is not None and sys.stdin.isatty():
            print("One text a line; Ctrl-D ends.", file=sys.stderr)
        # Imports NumPy.
        from recurra.cli.stdin import lines_of_input

        texts = list(lines_of_input(encoding))
    readings: list[ReadingJson] = []
    for place, one in enumerate(texts):
        readings.append(read(model, one, name=model_name(path), gates=gates, attribution=attribution))
        if place:
            output.result("")
        show_reading(readings[-1], output)
    if html is not None:
        from recurra.report.inspection_page import inspection_page
        from recurra.report.translation import translate, use_language

        with use_language(language):
            about = translate("Read word by word: {count} of your texts.", count=count(len(readings)))
            page = inspection_page(readings, [], about=about)
        write_page(html, page, output)
    output.document(readings)
