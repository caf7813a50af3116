"""``recurra bench``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recurra.cli.command import Command
from recurra.cli.data_argument import ReadOptions
from recurra.cli.failures import UsageError
from recurra.cli.options import (
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
from recurra.cli.output import Output, aligned, folded
from recurra.cli.score_input import open_rows
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    from recurra.data.documents import Document
    from recurra.runtime import Model

__all__ = ["COMMAND_CLASS", "EXAMPLES", "bench"]

EXAMPLES = (
    "recurra bench runs/tickets/model.safetensors",
    "recurra bench runs/tickets/model.safetensors tickets.csv --rounds 9 --json",
)

COMPARISONS = ("train", "predict", "latency", "recurrence")
TAKE = 10_000
# Name, format and heading of each figure.
FIGURES = {
    "docs_per_second": ("documents a second", ",.0f"),
    "microseconds_per_document": ("one document, µs", ",.0f"),
    "start_seconds": ("start, s", ".2f"),
    "memory_mb": ("memory above imports, MB", ",.0f"),
}


class Bench(Command):
    """The command, which redirects the names of its former subcommands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses the arguments; the name of a former subcommand is an error that says where it is now."""
        if args and args[0] in COMPARISONS and not Path(args[0]).exists():
            raise UsageError(
                f"recurra bench {args[0]} compares with other libraries, which is done in a checkout of Recurra: "
                f"python benchmarks/compare.py {args[0]}",
                ctx,
            )
        return super().parse_args(ctx, args)


COMMAND_CLASS = Bench


def bench(
    model: ModelArgument,
    texts: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXTS",
            help="A table, a .txt file of one text a line, a folder of .txt files, or - for standard input; "
            "without it, generated texts of words from the model's vocabulary.",
        ),
    ] = None,
    rounds: Annotated[
        int, typer.Option(parser=whole_number(1), metavar="N", help="Number of measurements; figures are medians.")
    ] = 5,
    take: Annotated[
        int, typer.Option(parser=whole_number(1), metavar="N", help="Maximum number of texts; the first ones are used.")
    ] = TAKE,
    length: Annotated[
        int | None,
        typer.Option(parser=whole_number(1), metavar="N", help="Mean length of generated texts, in words or letters."),
    ] = None,
    text: TextColumn = None,
    title: TitleColumn = None,
    encoding: Encoding = "utf-8",
    format_name: FormatName = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure a model's speed and memory on this machine.

    Documents a second and one document are from strings to labels, with the model loaded. The start is that of a new
    process of Python up to its first answer. The memory is what that process takes above its imports at its peak, while
    it answers all texts at once.
    """
    from recurra.bench.machine import machine
    from recurra.bench.measure import measure_model, summarize
    from recurra.kernels.threads import cpu_count
    from recurra.runtime import load

    output = Output(as_json=as_json, quiet=quiet)
    classifier = load(model)
    reading = ReadOptions(text, title, encoding=encoding, format=format_name)
    if texts is None:
        documents = _generated(classifier, take, length, reading, output)
    else:
        documents = _read(classifier, texts, take, length, reading, output)
    tokens = classifier.bundle.pipeline.encode(documents).lengths.mean().item()
    # Warm-up: compiles kernels and builds the network's tables.
    classifier.predict(documents)
    found = []
    for number in range(rounds):
        found.append(measure_model(model, classifier, documents))
        output.detail(
            folded(
                f"round {number + 1} of {rounds}: {found[-1].docs_per_second:,.0f} documents a second, "
                f"{found[-1].microseconds_per_document:,.0f} µs for one, {found[-1].start_seconds:.2f} s to start"
            )
        )
    known: dict[str, Any] = {
        "model": model_name(model),
        "texts": texts,
        "documents": len(documents),
        "tokens_per_document": tokens,
        "threads": cpu_count(),
        "rounds": rounds,
        **summarize(found),
        "machine": machine(),
        "notes": output.notes,
    }
    _tell(known, output)
    output.document(known)


def _generated(model: Model, take: int, length: int | None, reading: ReadOptions, output: Output) -> list[Document]:
    from recurra.bench.texts import generated_texts, usual_length

    for option, value in (("--text", reading.text), ("--title", reading.title), ("--format", reading.format)):
        if value is not None:
            raise SettingsError(f"{option} is given without TEXTS", "Name the file of the texts, or leave it out.")
    length = usual_length(model.bundle) if length is None else length
    output.note(f"no TEXTS: {take:,} are generated, of about {length:,} tokens of the model's vocabulary")
    return [*generated_texts(model.bundle, take, length)]


def _read(
    model: Model, texts: str, take: int, length: int | None, reading: ReadOptions, output: Output
) -> list[Document]:
    """The first texts of a file as Python strings, or pairs if the model needs to tell titles apart."""
    from recurra.text.arrow import from_arrow
    from recurra.text.buffer import TextBuffer

    if length is not None:
        raise SettingsError(f"--length {length} is given with TEXTS", "Leave it out: it is for generated texts.")
    source = open_rows(texts, reading.of_model(model), (), model.bundle.text, output)
    documents: list[Document] = []
    for batch in source.batches:
        given = batch.documents
        some = given if isinstance(given, list | TextBuffer) else from_arrow(given)
        documents += [some[place] for place in range(len(some))]
        if len(documents) >= take:
            break
    for note in source.notes:
        output.note(note)
    if not documents:
        raise DataError(f"{texts} has no texts", "Give a file with one or more, or none for generated texts.")
    return documents[:take]


def _tell(known: dict[str, Any], output: Output) -> None:
    rows = [("", "median", "lowest", "highest")]
    for name, (heading, form) in FIGURES.items():
        if known[name] is not None:
            median, low, high = (f"{known[name][part]:{form}}" for part in ("median", "lowest", "highest"))
            rows.append((heading, median, low, high))
    output.result(aligned(rows, right=(1, 2, 3)))
    output.detail(
        folded(
            f"{known['documents']:,} texts of {known['tokens_per_document']:,.1f} tokens on average, "
            f"threads: {known['threads']}, {known['machine']['processor'] or 'processor unknown'}"
        )
    )
