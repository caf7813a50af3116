"""``recurra evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recurra.cli.folders import unless_empty
from recurra.cli.labelled import probabilities_of, readable_rows
from recurra.cli.options import (
    DataArgument,
    DataDir,
    Encoding,
    FormatName,
    Json,
    LabelColumn,
    ModelArgument,
    Quiet,
    TextColumn,
    TitleColumn,
)
from recurra.cli.output import Output, aligned, count, cut
from recurra.cli.tables import Reading, read_data
from recurra.errors import RecurraError
from recurra.evaluation.targets import targets_of

if TYPE_CHECKING:
    from recurra.evaluation import Evaluation

__all__ = ["EXAMPLES", "evaluate"]

EXAMPLES = (
    "recurra evaluate runs/tickets/model.safetensors test.csv",
    "recurra evaluate runs/tickets/model.safetensors test.csv --out runs/tickets/test",
)


def evaluate(
    model: ModelArgument,
    data: DataArgument,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write metrics.json and evaluation.html there.")
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
    """Score a model on labelled rows that it did not learn from."""
    from recurra.evaluation import evaluate as score
    from recurra.runtime import load

    output = Output(as_json=as_json, quiet=quiet)
    classifier = load(model)
    table = read_data(data, Reading(text, title, label, encoding, data_dir, format_name), part="test", output=output)
    documents, labels = readable_rows(table, classifier, output)
    targets = targets_of(classifier.bundle.labels, labels, source=table.source, say=output.note)
    probabilities = probabilities_of(classifier.predict_proba, documents, output)
    found = score(probabilities, targets, classifier.classes_)
    values = {"model": str(model), "data": table.source, **found.to_json()}
    if out is not None:
        from recurra.evaluation import mistakes
        from recurra.report.evaluation_page import evaluation_page

        page = evaluation_page(
            found,
            mistakes(probabilities, targets, documents, classifier.classes_),
            model_name=str(model),
            data_name=table.source,
            trained_on=f"{count(classifier.record['rows'])} rows" if "rows" in classifier.record else "",
        )
        metrics = json.dumps({**values, "notes": output.notes}, ensure_ascii=False, indent=1)
        _write(out, {"metrics.json": metrics, "evaluation.html": page})
    _show(found, table.source, output)
    if out is not None:
        output.result(f"page: {out / 'evaluation.html'}")
    output.document({**values, "notes": output.notes})


def _write(folder: Path, files: dict[str, str]) -> None:
    from recurra.bundle import write_atomically

    with unless_empty(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecurraError(
                f"The folder {folder} cannot be used: {error.strerror}", "Choose another folder with --out."
            ) from error
        for name, text in files.items():
            write_atomically(folder / name, text.encode("utf-8", "replace"))


def _show(found: Evaluation, source: str, output: Output) -> None:
    names = {
        "accuracy": "accuracy",
        "macro_f1": "macro F1",
        "weighted_f1": "weighted F1",
        "log_loss": "log loss",
        "ece": "calibration error",
    }
    output.result(f"{found.rows:,} rows of {source}")
    rows = [("", "score", "95 % interval")]
    for key, name in names.items():
        low, high = found.intervals[key]
        rows.append((name, f"{getattr(found, key):.4f}", f"{low:.4f}–{high:.4f}"))
    output.result(aligned(rows, right=(1, 2)))
    classes = [("class", "precision", "recall", "F1", "rows")]
    for one in found.classes:
        numbers = (f"{one.precision:.4f}", f"{one.recall:.4f}", f"{one.f1:.4f}", f"{one.support:,}")
        classes.append((cut(str(one.label), 40), *numbers))
    output.detail("\n" + aligned(classes, right=(1, 2, 3, 4)))
