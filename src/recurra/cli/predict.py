"""``recurra predict``."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recurra.cli.given_files import check_text, tell_of_titles
from recurra.cli.next_command import command_line, options_again
from recurra.cli.options import AbstainBelow, Encoding, Json, ModelArgument, Quiet, model_name, whole_number
from recurra.cli.output import Output, cut, plain, width

if TYPE_CHECKING:
    from recurra.runtime import Model

__all__ = ["EXAMPLES", "predict"]

EXAMPLES = (
    "recurra predict runs/news/model.safetensors 'Oil prices rise again'",
    "recurra predict runs/news/model.safetensors --json < headlines.txt",
)

# Number of texts in a batch: enough to be fast, few enough to print the first labels early.
BLOCK = 256

# Number of lines that tell whether they are rows of a table, and what is said of them.
LOOK_LINES = 3
TABS = "The lines have tabs as the rows of a table have, and each is classified as one text"

WRITTEN = {"jsonl": "a JSON object", "json": "the start of a JSON array", "fasttext": "a row with its __label__"}

# Least number of columns for a text beside its labels.
TEXT = 20


def predict(
    model: ModelArgument,
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT", help="Texts in quotes; none or - reads one text per line of standard input."),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(parser=whole_number(1), metavar="K", help="Show only the K most probable labels."),
    ] = None,
    abstain_below: AbstainBelow = None,
    encoding: Encoding = "utf-8",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Classify texts."""
    from recurra.runtime import load

    output = Output(as_json=as_json, quiet=quiet)
    classifier = load(model)
    below = classifier.checked_abstaining(abstain_below)
    again = options_again(abstain_below=abstain_below, encoding=None if encoding == "utf-8" else encoding)
    for text in texts or ():
        check_text(
            text,
            f"To classify its rows: {command_line('score', model_name(model), text, *again)}. "
            "To classify the name itself, pipe it to standard input.",
        )
    wanted: Iterable[str] = texts or ()
    if not texts or texts == ["-"]:
        if output.progress and sys.stdin is not None and sys.stdin.isatty():
            print("One text a line; Ctrl-D ends.", file=sys.stderr)
        from recurra.cli.stdin import lines_of_input

        wanted = _noting_a_table(lines_of_input(encoding), model, again, output)
    tell_of_titles({model: classifier}, output)
    answers, given, empty = [], 0, 0
    for block in _blocks(wanted, 1 if sys.stdin is not None and sys.stdin.isatty() else BLOCK):
        given += len(block)
        empty += sum(not text.strip() for text in block)
        for answer in _answers(classifier, block, top_k, below):
            if as_json:
                answers.append(answer)
            else:
                output.result(_line(answer, classifier, top_k or 1, abstaining=below is not None))
    output.document(answers)
    if empty:
        which = f"{empty:,} of {given:,} texts" if given > 1 else "The text"
        end = "is empty, and gets the label" if empty == 1 else "are empty, and get the labels"
        output.warn(f"{which} {end} of a text without words.")
    if not given:
        output.warn("Standard input is empty: no text is classified.")


def _noting_a_table(lines: Iterable[str], model: Path, again: list[str], output: Output) -> Iterator[str]:
    """The lines; a note is printed if the first look like rows of a table, also if quiet where they surely are."""
    from recurra.data.formats import format_of_text
    from recurra.data.table_guess import is_marked, table_format, table_or_texts

    first: list[str] = []
    noted = False
    for line in lines:
        if not noted and len(first) < LOOK_LINES:
            first.append(line)
            if (form := table_format(first)) is not None:
                marked = is_marked(form, first[0])
                # With quiet a row below the header has to make sure of it.
                head = "\n".join(first)
                sure = marked or (form == format_of_text(head) and table_or_texts(head, form) == "table")
                if sure or not output.quiet:
                    what = "" if marked else " with a header"
                    output.warn(
                        f"{_found(first, form)}. To classify the rows of a table{what}:",
                        command_line("score", model_name(model), "-", "--format", form, *again),
                        always=sure,
                    )
                    noted = True
        yield line


def _found(first: list[str], form: str) -> str:
    if form in WRITTEN:
        return f"The first line is {WRITTEN[form]}, and each line is classified as one text"
    if len(first) == 1:
        return f"The first line, {cut(first[0], 40)!r}, looks like the header of a table, and is classified as a text"
    return TABS if form == "tsv" else "The lines look like the rows of a table, and each is classified as one text"


def _blocks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    block: list[str] = []
    for text in texts:
        block.append(text)
        if len(block) == size:
            yield block
            block = []
    if block:
        yield block


def _answers(model: Model, texts: list[str], top_k: int | None, below: float | None) -> Iterator[dict[str, Any]]:
    """One result per text: its label or labels, and the probabilities in falling order."""
    probabilities = model.predict_proba(texts)
    given = model.task.decide(probabilities, below).labels(model.bundle.labels.classes)
    for text, answer, row in zip(texts, given, probabilities, strict=True):
        order = (-row).argsort(kind="stable")[:top_k].tolist()
        yield {
            "text": text,
            model.task.key: answer,
            "probabilities": {model.bundle.labels.classes[column]: row[column].item() for column in order},
        }


def _line(answer: dict[str, Any], model: Model, shown: int, *, abstaining: bool) -> str:
    """Labels with their probabilities, then the text cut to the width of the terminal.

    Labels that leave no room for the text stand below it. Of several labels those given are shown; a text without an
    answer has a dash for its label, or before the most probable ones where more than one is shown.
    """
    widest = min(30, max(width(plain(str(label))) for label in model.bundle.labels.classes))
    parts = []
    ranked = list(answer["probabilities"].items())[:shown]
    given = answer[model.task.key]
    if isinstance(given, list):
        if shown == 1:
            ranked = [pair for pair in answer["probabilities"].items() if pair[0] in given]
        if not ranked:
            parts.append(f"{'–':<{widest}}           ")
    elif shown == 1:
        ranked = [("–" if given is None else given, answer["probabilities"].get(given, ranked[0][1]))]
    elif abstaining:
        parts.append("–  " if given is None else "   ")
    for label, probability in ranked:
        name = cut(str(label), widest)
        parts.append(f"{name}{' ' * (widest - width(name))}  {100 * probability:5.1f} %  ")
    head, columns = "".join(parts), shutil.get_terminal_size().columns
    room = columns - width(head)
    if room < TEXT and len(parts) > 1:
        return "\n".join([cut(answer["text"], columns), *(f"  {part.rstrip()}" for part in parts)])
    return head + cut(answer["text"], max(TEXT, room))
