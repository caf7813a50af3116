"""``recurra evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recurra.cli.labelled import never_seen, probabilities_of, readable_rows
from recurra.cli.options import (
    AbstainBelow,
    DataArgument,
    DataDir,
    Encoding,
    FormatName,
    Json,
    LabelColumn,
    LabelSeparator,
    ModelArgument,
    Quiet,
    TextColumn,
    TitleColumn,
    UnknownLabelsOption,
)
from recurra.cli.output import Output, aligned, count, cut
from recurra.cli.tables import Reading, read_data
from recurra.errors import SettingsError
from recurra.evaluation.targets import UnknownLabels
from recurra.folders import made_folder

if TYPE_CHECKING:
    from recurra.data.table import Table
    from recurra.evaluation import Evaluation
    from recurra.evaluation.abstaining import Abstaining
    from recurra.runtime import Model

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
    abstain_below: AbstainBelow = None,
    label_separator: LabelSeparator = None,
    unknown_labels: UnknownLabelsOption = "wrong",
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
    from recurra.evaluation.abstaining import coverage_curve, evaluate_abstaining
    from recurra.evaluation.unknown_labels import labels_to_score
    from recurra.runtime import load

    output = Output(as_json=as_json, quiet=quiet)
    classifier = load(model)
    below = classifier.checked_abstaining(abstain_below)
    several = classifier.multi_label
    if label_separator is not None and not several:
        raise SettingsError(
            f"--label-separator {label_separator!r:.20} is given for a model of one class a row", "Leave it out."
        )
    reading = Reading(text, title, label, encoding, data_dir, format_name, several)
    table = read_data(data, reading, part="test", output=output)
    if several:
        _several(classifier, str(model), table, label_separator, unknown_labels, out, output)
        return
    readable, labels = readable_rows(table, classifier, output)
    rows = labels_to_score(classifier.bundle.labels, labels, unknown_labels, source=table.source, say=output.note)
    documents, targets = [readable[place] for place in rows.places.tolist()], rows.targets
    probabilities = probabilities_of(classifier.predict_proba, documents, output)
    found = score(probabilities, targets, classifier.classes_, unknown=rows.unknown)
    values: dict[str, Any] = {"model": str(model), "data": table.source, **found.to_json()}
    values["unknown_labels"] = rows.unknown_labels
    held_back = None if below is None else evaluate_abstaining(probabilities, targets, below)
    if held_back is not None:
        values["abstaining"] = held_back.to_dict()
    if out is not None:
        from recurra.evaluation import mistakes
        from recurra.report.evaluation_page import evaluation_page

        page = evaluation_page(
            found,
            mistakes(probabilities, targets, documents, classifier.classes_, unknown=rows.unknown),
            model_name=str(model),
            data_name=table.source,
            trained_on=_trained_on(classifier),
            curve=coverage_curve(probabilities, targets),
            abstaining=held_back,
        )
        metrics = json.dumps({**values, "notes": output.notes}, ensure_ascii=False, indent=1)
        _write(out, {"metrics.json": metrics, "evaluation.html": page})
    _show(found, table.source, output)
    if held_back is not None:
        _show_abstaining(held_back, output)
    if out is not None:
        output.result(f"page: {out / 'evaluation.html'}")
    output.document({**values, "notes": output.notes})


def _several(
    classifier: Model,
    model: str,
    table: Table,
    separator: str | None,
    unknown_labels: UnknownLabels,
    out: Path | None,
    output: Output,
) -> None:
    """The same for a model that gives several labels."""
    from recurra.cli.evaluate_several import Scored, score_several, show_several
    from recurra.evaluation.label_sets import wrong_decisions

    scored = Scored(classifier, table, separator, output, unknown_labels)
    found, thresholds = score_several(classifier, scored), classifier.bundle.thresholds
    values = {"model": model, "data": table.source, **found.to_json(), "unknown_labels": scored.unknown_labels}
    if out is not None and thresholds is not None:
        from recurra.report.label_sets_page import label_sets_page

        wrong = wrong_decisions(scored.probabilities, scored.targets, thresholds, scored.documents, classifier.classes_)
        page = label_sets_page(
            found, wrong, model_name=model, data_name=table.source, trained_on=_trained_on(classifier)
        )
        metrics = json.dumps({**values, "notes": output.notes}, ensure_ascii=False, indent=1)
        _write(out, {"metrics.json": metrics, "evaluation.html": page})
    show_several(found, table.source, output)
    if out is not None:
        output.result(f"page: {out / 'evaluation.html'}")
    output.document({**values, "notes": output.notes})


def _trained_on(classifier: Model) -> str:
    return f"{count(classifier.record['rows'])} rows" if "rows" in classifier.record else ""


def _show_abstaining(found: Abstaining, output: Output) -> None:
    output.result(
        f"\nanswers of {found.below:g} or more: {found.answered:,} of {found.rows:,} rows ({found.coverage:.1%})"
    )
    if found.accuracy is not None and found.interval is not None:
        low, high = found.interval
        output.result(f"accuracy of these: {found.accuracy:.4f} ({low:.4f}–{high:.4f})")
    withheld = found.rows - found.answered
    output.result(f"held back: {withheld:,} answers, {found.withheld_right:,} of them right")


def _write(folder: Path, files: dict[str, str]) -> None:
    from recurra.atomic import write_atomically

    with made_folder(folder):
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
    output.result(f"{found.rows:,} rows of {source}{never_seen(found.unknown_labels)}")
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
