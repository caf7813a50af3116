"""``recurra score``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from recurra.cli.options import Encoding, FormatName, Json, ModelArgument, Quiet, TextColumn, TitleColumn
from recurra.cli.output import Output, aligned, cut, write_bytes
from recurra.cli.progress import Bars
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    from recurra.data.blocks import Blocks
    from recurra.data.lines import LineBlocks
    from recurra.scoring.rows import Rows
    from recurra.scoring.score import Scored
    from recurra.scoring.sinks import File
    from recurra.text import TextSettings

__all__ = ["EXAMPLES", "score"]

EXAMPLES = (
    "recurra score runs/tickets/model.safetensors tickets.csv --out labels.csv --keep id",
    "recurra score runs/tickets/model.safetensors tickets.parquet --out labels.parquet --all",
    "recurra score runs/tickets/model.safetensors - < texts.txt | cut -d, -f1 | sort | uniq -c",
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
            "--out", metavar="FILE", help="A .csv, .jsonl or .parquet file; without it CSV goes to standard output."
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Write the probability of every class, a column each.")] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="COLUMN", help="Copy this column of the table, such as id; may be repeated."),
    ] = None,
    text: TextColumn = None,
    title: TitleColumn = None,
    encoding: Encoding = "utf-8",
    format_name: FormatName = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Classify all rows of a file, however many, into a file.

    Each row of DATA gives one of the output, in order: the columns kept, the label, its probability, and with --all
    each class's. Memory does not grow with the rows. The file appears when it is whole, or not at all.
    """
    from recurra.runtime import load
    from recurra.scoring.score import score as score_rows
    from recurra.scoring.sinks import column_names, sink_for

    output = Output(as_json=as_json, quiet=quiet, aside=out is None)
    kind = _kind(out, data, as_json=as_json)
    classifier = load(model)
    names = column_names(keep or [], classifier.classes_, every=every)
    with contextlib.ExitStack() as stack:
        asked = _Asked(text, title, tuple(keep or ()), encoding, format_name)
        source = _opened(data, asked, classifier.bundle.text, output)
        sink = sink_for(kind, stack.enter_context(_written(out)), names, classifier.classes_)
        count = stack.enter_context(Bars(output)).counting("scoring")
        scored = score_rows(classifier, source.rows, sink, done=lambda rows: count(rows, source.total()))
    _tell(scored, str(model), data, out, output)


class _Asked(NamedTuple):
    text: str | None
    title: str | None
    keep: tuple[str, ...]
    encoding: str
    format: str | None


class _Source(NamedTuple):
    """Rows, and how many there are in all as far as can be told by now."""

    rows: Iterator[Rows]
    total: Callable[[], int | None]


def _kind(out: Path | None, data: str, *, as_json: bool) -> str:
    """The kind of file that is written."""
    if out is None:
        if as_json:
            raise SettingsError(
                "--json is given without --out", "Name a file for the answers with --out: both cannot be printed."
            )
        return ".csv"
    from recurra.scoring.sinks import KINDS

    kind = out.suffix.lower()
    if kind not in KINDS:
        raise SettingsError(
            f"--out {str(out)!r:.200} ends in {kind!r}",
            f"Give a name that ends in {', '.join(KINDS[:-1])} or {KINDS[-1]}.",
        )
    if kind == ".parquet":
        from recurra.data.formats import require_pyarrow

        require_pyarrow("Writing .parquet")
    same = False
    with contextlib.suppress(OSError, ValueError):
        same = out.samefile(data)
    if same:
        raise SettingsError(f"--out {out} is the data itself", "Name another file: the data would be lost.")
    return kind


def _opened(data: str, asked: _Asked, settings: TextSettings, output: Output) -> _Source:
    from recurra.data.lines import LineBlocks
    from recurra.data.sources import open_blocks

    blocks = open_blocks(data, format=asked.format, encoding=asked.encoding, part="test")
    rows = _lines(blocks, asked) if isinstance(blocks, LineBlocks) else _table(blocks, asked, settings, output)
    for note in blocks.notes:
        output.note(note)
    return _Source(rows, lambda: blocks.total)


def _lines(lines: LineBlocks, asked: _Asked) -> Iterator[Rows]:
    from recurra.scoring.rows import rows_of_lines

    for option, value in (("--text", asked.text), ("--title", asked.title), ("--keep", " ".join(asked.keep) or None)):
        if value is not None:
            raise SettingsError(
                f"{option} {value:.80} is given for {lines.source}, which has no columns",
                "Leave it out, give a table such as a .csv file, or say what it is with --format.",
            )
    return rows_of_lines(lines)


def _table(blocks: Blocks, asked: _Asked, settings: TextSettings, output: Output) -> Iterator[Rows]:
    from recurra.data.blocks import head_of
    from recurra.data.columns import choose_columns, listed
    from recurra.data.read import check_separator, facts_of
    from recurra.scoring.rows import rows_of_table

    head, source = head_of(blocks), blocks.source
    if asked.text is None:
        check_separator(head, source)
    columns = choose_columns(facts_of(head), source=source, text=asked.text, title=asked.title, labelled=False)
    if columns.note is not None:
        output.note(columns.note)
    for name in asked.keep:
        if name not in head.names:
            raise DataError(f"{source} has no column {name!r:.80}", f"Name one of {listed(head.names)} with --keep.")
    return rows_of_table(blocks, columns, asked.keep, settings)


class _StandardOutput:
    def write(self, data: bytes, /) -> int:
        return write_bytes(data)


@contextlib.contextmanager
def _written(out: Path | None) -> Iterator[File]:
    from recurra.bundle import AtomicFile

    if out is None:
        yield _StandardOutput()
        return
    with AtomicFile(out) as file:
        yield file


def _tell(scored: Scored, model: str, data: str, out: Path | None, output: Output) -> None:
    from recurra.scoring.sinks import written

    speed = scored.rows / scored.seconds if scored.seconds else 0.0
    if scored.empty:
        output.note(f"{scored.empty:,} of {scored.rows:,} rows have no text: they all get the same answer.")
    if out is not None:
        output.detail(f"{scored.rows:,} rows of {data} in {scored.seconds:.1f} s, {speed:,.0f} a second")
        rows = [(cut(written(label), 40), f"{count:,}") for label, count in scored.counts]
        output.detail(aligned(rows, right=(1,)))
        output.result(f"answers: {out}")
    output.document(
        {
            "model": model,
            "data": data,
            "rows": scored.rows,
            "seconds": scored.seconds,
            "docs_per_second": speed,
            "labels": {written(label): count for label, count in scored.counts},
            "out": str(out),
            "notes": output.notes,
        }
    )
