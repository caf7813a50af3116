"""``recurra compare``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recurra.cli.data_argument import ReadOptions, read_data
from recurra.cli.failures import FOUND, UsageError
from recurra.cli.given_files import tell_of_titles
from recurra.cli.options import (
    DataDir,
    Encoding,
    FormatName,
    Json,
    LabelColumn,
    LabelSeparator,
    Quiet,
    SkipUnlabelled,
    TextColumn,
    TitleColumn,
    UnknownLabelsOption,
    model_file,
    model_name,
    number_above,
    whole_number,
)
from recurra.cli.output import LINE, Output, aligned, cut, excerpt, flush, folded, plain
from recurra.errors import SettingsError
from recurra.training.run import MODEL

if TYPE_CHECKING:
    from recurra.data.table import Table
    from recurra.evaluation.comparison import Comparison, Pair
    from recurra.runtime import Model

__all__ = ["EXAMPLES", "compare"]

EXAMPLES = (
    "recurra compare gru.safetensors lstm.safetensors --data test.csv",
    "recurra compare gru.safetensors lstm.safetensors --on 'Oil prices rise'",
    "recurra compare a.safetensors b.safetensors --data new.csv --fail-if-worse 1",
)

# Widths of names of models and of slices in a table, and of labels in a sentence.
NAME, SLICE, LABEL = 17, 24, 40

SCORES = {"micro_f1": "micro F1", "macro_f1": "macro F1", "log_loss": "log loss"}


def compare(
    models: Annotated[list[Path], typer.Argument(parser=model_file, metavar="MODEL", help="Two model files or more.")],
    data: Annotated[
        str | None, typer.Option("--data", metavar="DATA", help="Labelled rows: a file or a named set.")
    ] = None,
    texts: Annotated[
        list[str] | None, typer.Option("--on", metavar="TEXT", help="A text to classify with all models; repeatable.")
    ] = None,
    take: Annotated[
        int | None, typer.Option(parser=whole_number(1), metavar="N", help="Maximum number of rows of DATA.")
    ] = None,
    fail_if_worse: Annotated[
        float | None,
        typer.Option(
            "--fail-if-worse",
            parser=number_above(0, included=True),
            metavar="POINTS",
            help=f"Exit with {FOUND} if the second model has over POINTS % fewer of all rows right than the first.",
        ),
    ] = None,
    skip_unlabelled: SkipUnlabelled = False,
    seed: Annotated[int, typer.Option(parser=whole_number(0), metavar="N", help="Seed of every random choice.")] = 0,
    text: TextColumn = None,
    title: TitleColumn = None,
    label: LabelColumn = None,
    label_separator: LabelSeparator = None,
    unknown_labels: UnknownLabelsOption = "wrong",
    encoding: Encoding = "utf-8",
    format_name: FormatName = None,
    data_dir: DataDir = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare models on labelled rows (--data) or texts (--on)."""
    from recurra.runtime import load

    output = Output(as_json=as_json, quiet=quiet)
    if data is None and text is not None:
        raise UsageError(f"--text names a column of --data. Give a text to compare on by --on {shlex.quote(text):.80}")
    if (data is None) == (not texts):
        raise SettingsError(
            "Compare is given both --data and --on" if texts else "Compare is given neither --data nor --on",
            "Give one of them.",
        )
    if len(models) < 2:
        raise SettingsError(f"Compare is given one model, {models[0]}", "Give two or more.")
    if fail_if_worse is not None and (data is None or len(models) > 2):
        what = f"{len(models)} models" if data is not None else "--on, which has no right answers"
        raise SettingsError(f"--fail-if-worse is given with {what}", "Give two models, first the old one, and --data.")
    loaded = {name: load(path) for name, path in zip(_names(models), models, strict=True)}
    # The names depend on the other paths.
    files = {name: _file(path) for name, path in zip(loaded, models, strict=True)}
    if texts:
        tell_of_titles(dict(zip(models, loaded.values(), strict=True)), output)
        _texts(loaded, texts, files, output)
        return
    from recurra.inspection import compare as compare_on
    from recurra.inspection.compare import check_same_task
    from recurra.runtime.known_rows import is_known_rows_note

    check_same_task(loaded)
    task = next(iter(loaded.values())).task
    task.check_separator(label_separator)
    reading = ReadOptions(text, title, label, encoding, data_dir, format_name, task.label_cells)
    reading = reading.skipping_unlabelled(skip_unlabelled)
    table = read_data(data or "", reading.of_model(*loaded.values()), part="test", output=output)
    found = compare_on(
        loaded,
        table,
        separator=label_separator,
        unknown_labels=unknown_labels,
        documents=take,
        seed=seed,
        say=lambda note: (output.caution if is_known_rows_note(note) else output.note)(note),
    )
    wrong = found.unknown_labels if unknown_labels == "wrong" and task.counts_unknown else 0
    _show(found, f", {wrong:,} with a label that not all models know" if wrong else "", output)
    _show_examples(found, table, output)
    values = found.to_dict()
    values["models"] = [{"name": one["name"], **files[one["name"]], **one} for one in values["models"]]
    verdict = None if fail_if_worse is None else _verdict(found, fail_if_worse)
    output.document({"data": table.source, **values, "fail_if_worse": verdict, "notes": output.notes})
    if verdict is not None and verdict["worse"]:
        _end_as_worse(found, verdict)


def _file(path: Path) -> dict[str, str]:
    """Which file a model is, for the document."""
    from recurra.bundle import digest_of

    return {"path": model_name(path), "digest": digest_of(path)}


def _verdict(found: Comparison, points: float) -> dict[str, Any]:
    """Whether the second model has more than ``points`` % fewer of the rows right than the first."""
    (pair,) = found.pairs
    # Of whole rows: a difference of two shares is not exact.
    loss = 100 * (pair.only_a - pair.only_b) / found.rows
    return {"points": points, "loss": loss, "worse": loss > points + 1e-9}


def _end_as_worse(found: Comparison, verdict: dict[str, Any]) -> None:
    """Ends the command with a line on the second model, which is worse."""
    (pair,) = found.pairs
    flush()
    low, high = (100 * end for end in pair.intervals["accuracy"])
    said = f"{pair.b} is worse than {pair.a}: {found.right_is} is {verdict['loss']:.2f} points lower"
    line = f"{said} (95 % interval {low:.2f} to {high:.2f}), and --fail-if-worse allows {verdict['points']:g}."
    print(f"recurra: {plain(line)}", file=sys.stderr)
    raise typer.Exit(FOUND)


def _texts(models: dict[str, Model], texts: list[str], files: dict[str, dict[str, str]], output: Output) -> None:
    """Classifies every text with every model; shows the labels and where they differ."""
    from recurra.inspection.compare import compare_text

    found = [compare_text(models, text) for text in texts]
    for one in found:
        output.result(excerpt(one["text"], LINE))
        rows = [("model", "label", "p", "sure from")]
        for reading in one["models"]:
            steps = reading["probabilities"]
            last = reading["labels"].index(reading["label"])
            # The word after which the label no longer changes.
            stays = len(steps)
            while stays and max(steps[stays - 1]) == steps[stays - 1][last]:
                stays -= 1
            tokens = [token["text"] for token in reading["tokens"]]
            p = f"{(steps[-1] if steps else reading['start'])[last]:.4f}"
            word = cut(tokens[stays], 16) if tokens[stays:] else ""
            rows.append((cut(reading["model"], 26), cut(str(reading["label"]), 24), p, word))
        output.result(aligned(rows, right=(2,)))
        one["models"] = [{"model": reading["model"], **files[reading["model"]], **reading} for reading in one["models"]]
    output.document(found[0] if len(found) == 1 else found)


def _show(found: Comparison, unknown: str, output: Output) -> None:
    output.result(f"{found.rows:,} rows{unknown}")
    rows = [("model", found.right_is, "95 % interval")]
    for name, accuracy in found.accuracy.items():
        low, high = found.intervals[name]
        rows.append((cut(name, 40), f"{accuracy:.4f}", f"{low:.4f}–{high:.4f}"))
    output.result(aligned(rows, right=(1, 2)))
    for pair in found.pairs:
        _show_pair(pair, found, output)
    # Of many models each has less room.
    room = max(6, (LINE - SLICE - 8) // len(found.accuracy) - 2)
    slices = [("slice", "rows", *(cut(name, min(NAME, room)) for name in found.accuracy))]
    for one in found.slices:
        slices.append((excerpt(one.name, SLICE), f"{one.rows:,}", *(f"{accuracy:.4f}" for accuracy in one.accuracy)))
    output.detail("\n" + aligned(slices, right=range(1, 2 + len(found.accuracy))))


def _show_examples(found: Comparison, table: Table, output: Output) -> None:
    """Prints rows that one model of a pair has right, under the numbers that messages about the file have."""
    if any(pair.examples for pair in found.pairs):
        output.detail("\n" + folded(f"Examples, by their row in {table.source}{table.row_hint}:"))
    for pair in found.pairs:
        for example in pair.examples:
            right = example["right"]
            wrong = pair.b if right == pair.a else pair.a
            label, said = _written(example["label"]), _written(example["answers"][wrong]["label"])
            head = f"row {example['number']:,}, {label}: {right} is right, {wrong} says {said}:"
            output.detail(f"\n{folded(head)}\n  {excerpt(example['text'], LINE - 2)}")


def _show_pair(pair: Pair, found: Comparison, output: Output) -> None:
    """The scores of two models and their differences, and how many rows each has right."""
    right = (found.accuracy[pair.a], found.accuracy[pair.b])
    scores = [("accuracy", found.right_is, right)]
    for key in (key for key in SCORES if key in pair.differences):
        scores.append((key, SCORES[key], (found.scores[pair.a][key], found.scores[pair.b][key])))
    rows = [("", cut(pair.a, NAME), cut(pair.b, NAME), "difference", "95 % interval")]
    for key, name, (a, b) in scores:
        low, high = pair.intervals[key]
        difference = f"{pair.differences[key]:+.4f}"
        rows.append((name, f"{a:.4f}", f"{b:.4f}", difference, f"{low:+.4f} to {high:+.4f}"))
    output.result("\n" + aligned(rows, right=range(1, 5)))
    output.result(folded(f"difference: {pair.a} minus {pair.b}"))
    p = f"p={pair.p:.2g}" + (f", over all pairs p={pair.p_adjusted:.2g}" if len(found.pairs) > 1 else "")
    output.result(
        folded(
            f"rows right: {pair.a} alone {pair.only_a:,}, {pair.b} alone {pair.only_b:,}, both {pair.both:,}, "
            f"neither {pair.neither:,}; sign test {p}"
        )
    )


def _written(label: Any) -> str:
    """A label, or all labels of a row, as text."""
    return excerpt(", ".join(map(str, label)) or "no label" if isinstance(label, list) else str(label), LABEL)


def _names(models: list[Path]) -> list[str]:
    """Short distinct names: the last parts of the paths, of equal number; model.safetensors is named by its folder."""
    from recurra.hub import display_folder

    parts = [display_folder(path.absolute()).parts if path.name == MODEL else path.parts for path in models]
    for count in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-count:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    raise SettingsError("The same model is given twice", "Give different files.")
