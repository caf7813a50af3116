"""Options shared by several commands, and the parsers of their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from recurra.data.label_format import UNKNOWN_LABELS, UnknownLabels

__all__ = [
    "AbstainBelow",
    "DataArgument",
    "DataDir",
    "DecisionsEncoding",
    "Encoding",
    "FormatName",
    "Json",
    "KeepExamples",
    "LabelColumn",
    "LabelSeparator",
    "ModelArgument",
    "MultiLabel",
    "PageLanguage",
    "Quiet",
    "SingleLabel",
    "SkipUnlabelled",
    "TextColumn",
    "TitleColumn",
    "UnknownLabelsOption",
    "Validation",
    "examples",
    "mark",
    "model_file",
    "model_name",
    "number_above",
    "probability",
    "whole_number",
]


def mark(word: str) -> str:
    """Parser of a separator: any text that is not empty."""
    if not word:
        raise typer.BadParameter("'' is no mark. Give one, such as |")
    return word


def probability(word: str) -> float:
    """Parser of a probability above 0, up to 1."""
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if 0 < number <= 1:
        return number
    raise typer.BadParameter(f"{word!r:.80}. Give a probability above 0, up to 1, such as 0.8")


def unknown_labels(word: str) -> UnknownLabels:
    """Parser of --unknown-labels."""
    for known in UNKNOWN_LABELS:
        if word == known:
            return known
    raise typer.BadParameter(f"{word!r:.80}. Give {', '.join(UNKNOWN_LABELS[:-1])} or {UNKNOWN_LABELS[-1]}")


def page_language(word: str) -> str:
    """Parser of the language of a page."""
    from recurra.report.translation import LANGUAGES

    if word not in LANGUAGES:
        raise typer.BadParameter(f"{word!r:.80}. Give {' or '.join(LANGUAGES)}")
    return word


def whole_number(least: int) -> Callable[[str], int]:
    """Parser of integers from ``least``."""

    def read(word: str) -> int:
        try:
            if int(word) >= least:
                return int(word)
        except ValueError:
            pass
        raise typer.BadParameter(f"{word!r:.80}. Give a whole number, {least} or more")

    return read


def number_above(bound: float, *, included: bool = False) -> Callable[[str], float]:
    """Parser of finite numbers above ``bound``; ``included`` allows ``bound`` itself."""

    def read(word: str) -> float:
        try:
            number = float(word)
        except ValueError:
            number = math.nan
        if math.isfinite(number) and (number > bound or (included and number == bound)):
            return number
        wanted = f"{bound:g} or more" if included else f"above {bound:g}"
        raise typer.BadParameter(f"{word!r:.80}. Give a number, {wanted}")

    return read


def examples(*lines: str) -> str:
    """The examples at the end of a command's help; the control character keeps their line breaks."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


# Whether --quiet is given, which is read before all other options; and how fetched models were named.
_quiet = False
_names: dict[Path, str] = {}


def model_file(word: str) -> Path:
    """Parser of a model file: a path, or ``hf://owner/name``, which is fetched."""
    from recurra.hub import PREFIX, local_path

    path = Path(local_path(word, quiet=_quiet))
    if word.startswith(PREFIX):
        _names[path] = word
    return path


def model_name(path: Path) -> str:
    """A model as it was named: its path, or its address on the hub instead of that in the cache."""
    return _names.get(path, str(path))


def _read_quiet(value: bool) -> bool:
    global _quiet
    _quiet = value
    return value


PageLanguage: TypeAlias = Annotated[
    str,
    typer.Option(
        "--language",
        parser=page_language,
        metavar="LANG",
        rich_help_panel="Output",
        help="Language of the page: en (English) or ja (Japanese).",
    ),
]
KeepExamples: TypeAlias = Annotated[
    int,
    typer.Option(
        "--keep-examples",
        parser=whole_number(0),
        metavar="N",
        rich_help_panel="Output",
        help="Keep the texts of N right, N wrong and N doubtful held-out rows in the model file and its card; none by "
        "default, since rows may be private.",
    ),
]
Json: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--json", rich_help_panel="Output", help="Print one JSON document on standard output, and nothing else there."
    ),
]
Quiet: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        is_eager=True,
        callback=_read_quiet,
        rich_help_panel="Output",
        help="Print only the result: no notes, no progress.",
    ),
]
ModelArgument: TypeAlias = Annotated[
    Path,
    typer.Argument(
        parser=model_file,
        metavar="MODEL",
        help="A model file, such as runs/news/model.safetensors, or hf://owner/name on the Hugging Face Hub.",
    ),
]
DataArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A file, a folder per class, - for standard input, or a named set (see recurra data).",
    ),
]
DataDir: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", metavar="DIR", rich_help_panel="Data", help="Folder of named sets instead of RECURRA_DATA."
    ),
]
TextColumn: TypeAlias = Annotated[
    str | None,
    typer.Option("--text", metavar="COLUMN", rich_help_panel="Data", help="Column of the texts; guessed by default."),
]
TitleColumn: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--title", metavar="COLUMN", rich_help_panel="Data", help="Column of the titles; guessed if --text is."
    ),
]
LabelColumn: TypeAlias = Annotated[
    str | None,
    typer.Option("--label", metavar="COLUMN", rich_help_panel="Data", help="Column of the labels; guessed by default."),
]
FormatName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        rich_help_panel="Data",
        help="csv, tsv, jsonl, json, fasttext, txt, xlsx or parquet; default by the name.",
    ),
]
MultiLabel: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--multi-label", rich_help_panel="Data", help="Rows have any number of labels: lists, or texts to split."
    ),
]
SingleLabel: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--single-label", rich_help_panel="Data", help="Each cell is one label, even if it looks like several."
    ),
]
LabelSeparator: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--label-separator",
        parser=mark,
        metavar="MARK",
        rich_help_panel="Data",
        help="Separator of the labels in a cell, such as |.",
    ),
]
SkipUnlabelled: TypeAlias = Annotated[
    bool, typer.Option("--skip-unlabelled", rich_help_panel="Data", help="Skip rows without a label, and say how many.")
]
Validation: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--validation",
        metavar="FILE",
        rich_help_panel="Data",
        help="Rows to hold out, such as the latest ones, instead of a share of DATA.",
    ),
]
AbstainBelow: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--abstain-below",
        parser=probability,
        metavar="P",
        help="Give no label if the best one has a lower probability.",
    ),
]
UnknownLabelsOption: TypeAlias = Annotated[
    UnknownLabels,
    typer.Option(
        "--unknown-labels",
        parser=unknown_labels,
        metavar="HOW",
        rich_help_panel="Data",
        help="Rows with a label that a model does not know: wrong, skip (leave them out) or error.",
    ),
]
DecisionsEncoding: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--decisions-encoding",
        metavar="NAME",
        rich_help_panel="Data",
        help="Encoding of files of decisions that are neither UTF-8 nor in that of DATA.",
    ),
]
Encoding: TypeAlias = Annotated[
    str, typer.Option("--encoding", metavar="NAME", rich_help_panel="Data", help="Encoding of text files.")
]
