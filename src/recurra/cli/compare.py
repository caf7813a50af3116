"""``recurra compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recurra.cli.data_argument import ReadOptions, read_data
from recurra.cli.labelled_rows import unknown_labels_note
from recurra.cli.options import (
    DataDir,
    Encoding,
    FormatName,
    Json,
    LabelColumn,
    LabelSeparator,
    Quiet,
    TitleColumn,
    UnknownLabelsOption,
    model_file,
    whole_number,
)
from recurra.cli.output import Output, aligned, cut
from recurra.errors import SettingsError
from recurra.training.run import MODEL

if TYPE_CHECKING:
    from recurra.evaluation.comparison import Comparison
    from recurra.runtime import Model

__all__ = ["EXAMPLES", "compare"]

EXAMPLES = (
    "recurra compare runs/gru/model.safetensors runs/lstm/model.safetensors --data test.csv",
    "recurra compare runs/gru/model.safetensors runs/lstm/model.safetensors --text 'Oil prices rise again'",
)

# Width of the text of an example.
WIDE = 60

SCORES = {"micro_f1": "micro F1", "macro_f1": "macro F1", "log_loss": "log loss"}


def compare(
    models: Annotated[
        list[Path], typer.Argument(parser=model_file, metavar="MODEL...", help="Two model files or more.")
    ],
    data: Annotated[
        str | None, typer.Option("--data", metavar="DATA", help="Labelled rows: a file or a named set.")
    ] = None,
    texts: Annotated[
        list[str] | None, typer.Option("--text", metavar="TEXT", help="A text to classify with all models; repeatable.")
    ] = None,
    take: Annotated[
        int | None, typer.Option(parser=whole_number(1), metavar="N", help="Maximum number of rows of DATA.")
    ] = None,
    seed: Annotated[int, typer.Option(parser=whole_number(0), metavar="N", help="Seed of every random choice.")] = 0,
    column: Annotated[
        str | None, typer.Option("--text-column", metavar="COLUMN", help="Column of the texts; guessed by default.")
    ] = None,
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
    """Compare models on the same texts or labelled rows."""
    from recurra.runtime import load

    output = Output(as_json=as_json, quiet=quiet)
    if (data is None) == (not texts):
        raise SettingsError(
            "Compare is given both --data and --text" if texts else "Compare is given neither --data nor --text",
            "Give one of them.",
        )
    if len(models) < 2:
        raise SettingsError(f"Compare is given one model, {models[0]}", "Give two or more.")
    loaded = {name: load(path) for name, path in zip(_names(models), models, strict=True)}
    if texts:
        _texts(loaded, texts, output)
        return
    from recurra.inspection import compare as compare_on
    from recurra.inspection.compare import check_same_task

    check_same_task(loaded)
    task = next(iter(loaded.values())).task
    task.check_separator(label_separator)
    reading = ReadOptions(column, title, label, encoding, data_dir, format_name, task.label_cells)
    table = read_data(data or "", reading, part="test", output=output)
    found = compare_on(
        loaded,
        table,
        separator=label_separator,
        unknown_labels=unknown_labels,
        documents=take,
        seed=seed,
        say=output.note,
    )
    _show(found, unknown_labels_note(found.unknown_labels if unknown_labels == "wrong" else 0), output)
    output.document({"data": table.source, **found.to_dict(), "notes": output.notes})


def _texts(models: dict[str, Model], texts: list[str], output: Output) -> None:
    """Classifies every text with every model; shows the labels and where they differ."""
    from recurra.inspection.compare import compare_text

    found = [compare_text(models, text) for text in texts]
    for one in found:
        output.result(cut(one["text"], WIDE + 40))
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
            rows.append(
                (reading["model"], cut(str(reading["label"]), 30), p, cut(tokens[stays], 20) if tokens[stays:] else "")
            )
        output.result(aligned(rows, right=(2,)))
    output.document(found[0] if len(found) == 1 else found)


def _show(found: Comparison, unknown: str, output: Output) -> None:
    output.result(f"{found.rows:,} rows{unknown}")
    names = list(found.accuracy)
    rows = [("model", found.right_is, "95 % interval")]
    for name, accuracy in found.accuracy.items():
        low, high = found.intervals[name]
        rows.append((name, f"{accuracy:.4f}", f"{low:.4f}–{high:.4f}"))
    output.result(aligned(rows, right=(1, 2)))
    pairs = [("a", "b", "a - b", "95 % interval", "p", "p, all pairs", "only a", "only b", "both", "neither")]
    for pair in found.pairs:
        low, high = pair.intervals["accuracy"]
        counts = (f"{pair.only_a:,}", f"{pair.only_b:,}", f"{pair.both:,}", f"{pair.neither:,}")
        difference = f"{pair.differences['accuracy']:+.4f}"
        numbers = (difference, f"{low:+.4f} to {high:+.4f}", f"{pair.p:.2g}", f"{pair.p_adjusted:.2g}")
        pairs.append((pair.a, pair.b, *numbers, *counts))
    output.result("\n" + aligned(pairs, right=range(2, 10)))
    scores = [("a", "b", "score", "of a", "of b", "a - b", "95 % interval")]
    for pair in found.pairs:
        for key in (key for key in SCORES if key in pair.differences):
            low, high = pair.intervals[key]
            both = (f"{found.scores[pair.a][key]:.4f}", f"{found.scores[pair.b][key]:.4f}")
            apart = (f"{pair.differences[key]:+.4f}", f"{low:+.4f} to {high:+.4f}")
            scores.append((pair.a, pair.b, SCORES[key], *both, *apart))
    output.detail("\n" + aligned(scores, right=range(3, 7)))
    slices = [("slice", "rows", *names)]
    for one in found.slices:
        slices.append((cut(one.name, 40), f"{one.rows:,}", *(f"{accuracy:.4f}" for accuracy in one.accuracy)))
    output.detail("\n" + aligned(slices, right=range(1, 2 + len(names))))
    for pair in found.pairs:
        for example in pair.examples:
            right = example["right"]
            wrong = pair.b if right == pair.a else pair.a
            said = example["answers"][wrong]["label"]
            output.detail(
                f"row {example['row']}, {_written(example['label'])}: {right} is right, {wrong} says "
                f"{_written(said)}: {cut(example['text'], WIDE)}"
            )


def _written(label: Any) -> str:
    """A label, or all labels of a row, as text."""
    return cut(", ".join(map(str, label)) or "no label" if isinstance(label, list) else str(label), 20)


def _names(models: list[Path]) -> list[str]:
    """Short distinct names: the last parts of the paths, of equal number; for runs, the names of their folders."""
    from recurra.hub import display_folder

    runs = all(path.name == MODEL and path.parent.name for path in models)
    parts = [display_folder(path).parts if runs else path.parts for path in models]
    for count in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-count:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    raise SettingsError("The same model is given twice", "Give different files.")
