"""``recurra evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recurra.cli.data_argument import ReadOptions, read_data
from recurra.cli.labelled_rows import labelled_rows, predict_with_progress, unknown_labels_note
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
    SkipUnlabelled,
    TextColumn,
    TitleColumn,
    UnknownLabelsOption,
    model_name,
)
from recurra.cli.output import Output, aligned, cut, folded
from recurra.cli.results_folder import check_results_folder, write_results

if TYPE_CHECKING:
    from recurra.evaluation.abstention import AbstentionScores
    from recurra.runtime import Model
    from recurra.tasks import Scores, Task

__all__ = ["EXAMPLES", "evaluate"]

EXAMPLES = (
    "recurra evaluate runs/tickets/model.safetensors test.csv",
    "recurra evaluate runs/tickets/model.safetensors test.csv --out scores",
)

# Number of classes that are all printed, of the worst ones if there are more, of confusions; columns of a label there.
ALL_CLASSES, WORST, CONFUSIONS, LABEL = 20, 10, 10, 34
PAGE = "evaluation.html"


def evaluate(
    model: ModelArgument,
    data: DataArgument,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Folder for metrics.json and evaluation.html; the page needs recurra[report]."
        ),
    ] = None,
    skip_unlabelled: SkipUnlabelled = False,
    abstain_below: AbstainBelow = None,
    label_separator: LabelSeparator = None,
    unknown_labels: UnknownLabelsOption = "wrong",
    all_classes: Annotated[
        bool, typer.Option("--all-classes", help="Print every class, not only the worst ones.")
    ] = False,
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
    from recurra.evaluation.abstention import evaluate_abstention
    from recurra.runtime import load
    from recurra.runtime.known_rows import KNOWN, known_rows_role
    from recurra.tasks import Predictions

    output = Output(as_json=as_json, quiet=quiet)
    with_page = out is not None and check_results_folder(out, PAGE, output)
    classifier = load(model)
    task = classifier.task
    below = task.check_abstain_below(abstain_below)
    separator = task.check_separator(label_separator)
    reading = ReadOptions(text, title, label, encoding, data_dir, format_name, task.label_cells)
    reading = reading.skipping_unlabelled(skip_unlabelled).of_labelled(classifier)
    table = read_data(data, reading, part="test", output=output)
    documents, rows = labelled_rows(table, classifier, output, unknown_labels, separator=separator)
    if (known := known_rows_role(table, classifier, separator=separator)) is not None:
        output.caution(KNOWN[known])
    targets = rows.targets
    probabilities = predict_with_progress(classifier.predict_proba, documents, output)
    found = task.evaluate(probabilities, targets, classifier.bundle.labels.classes, rows.unknown)
    values: dict[str, Any] = {"model": model_name(model), "data": table.source, **found.to_dict()}
    values.update(unknown_labels=rows.unknown_labels, known_rows=known)
    held_back = None if below is None else evaluate_abstention(probabilities, task.right(probabilities, targets), below)
    if held_back is not None:
        values["abstaining"] = held_back.to_dict()
    if out is not None:
        files = {"metrics.json": json.dumps({**values, "notes": output.notes}, ensure_ascii=False, indent=1)}
        if with_page:
            from recurra.report.evaluation_page import evaluation_page

            files[PAGE] = evaluation_page(
                task,
                found,
                Predictions(probabilities, targets, documents, classifier.bundle.labels.classes, rows.unknown),
                model_name=model_name(model),
                data_name=table.source,
                trained_on=_trained_on(classifier),
                abstaining=held_back,
                branch=classifier.bundle.branch is not None,
            )
        write_results(out, files)
    _show(found, task, table.source, output, every=all_classes)
    if held_back is not None:
        _show_abstaining(held_back, output)
    if out is not None:
        output.result(f"page: {out / PAGE}" if with_page else f"scores: {out / 'metrics.json'}")
    output.document({**values, "notes": output.notes})


def _trained_on(classifier: Model) -> str:
    from recurra.card.facts import Facts

    rows = Facts(classifier.bundle).rows
    return "" if rows is None else f"{rows:,} rows"


def _show_abstaining(found: AbstentionScores, output: Output) -> None:
    output.result(
        f"\nanswers of {found.below:g} or more: {found.answered:,} of {found.rows:,} rows ({found.coverage:.1%})"
    )
    if found.accuracy is not None and found.interval is not None:
        low, high = found.interval
        output.result(f"accuracy of these: {found.accuracy:.4f} ({low:.4f}–{high:.4f})")
    withheld = found.rows - found.answered
    output.result(f"held back: {withheld:,} answers, {found.withheld_right:,} of them right")


def _show(found: Scores, task: Task, source: str, output: Output, *, every: bool) -> None:
    """Prints the scores, overall and of each class."""
    values, rows = found.to_dict(), [("", "score", "95 % interval")]
    unknown = unknown_labels_note(values.get("unknown_labels", 0))
    output.result(folded(f"{found.rows:,} rows of {source}{task.heading(found)}{unknown}"))
    for score in task.scores:
        low, high = found.intervals[score.key]
        rows.append((score.name, f"{values[score.key]:.4f}", f"{low:.4f}–{high:.4f}"))
    output.result(aligned(rows, right=(1, 2)))
    _show_classes(found, task, output, every=every)


def _show_classes(found: Scores, task: Task, output: Output, *, every: bool) -> None:
    """Prints the scores of the classes, the lowest F1 first, and the most frequent confusions."""
    if table := task.class_table(found):
        header, *classes = table
        if scores := task.class_scores(found):
            from recurra.evaluation.worst_first import worst_first

            classes = [classes[place] for place in worst_first(scores)]
        heading = ""
        if not every and len(classes) > ALL_CLASSES:
            plural = f"{len(classes):,} {task.wording.plural}"
            heading = f"the {WORST} worst of {plural} (--all-classes, --json and --out DIR give all):\n"
            classes = classes[:WORST]
        # Whoever asks for all classes gets them, also if quiet.
        (output.result if every else output.detail)(
            f"\n{heading}{aligned([header, *classes], right=range(1, len(header)), flexible=0)}"
        )
    if found.to_dict().get("unknown_labels"):
        output.detail(
            folded(
                f"Not in this table: {task.wording.plural} that training never saw. Macro and weighted F1 count each "
                "as one more, with an F1 of 0."
            )
        )
    if confusions := task.confusions(found, CONFUSIONS):
        pairs = [
            (f"{cut(str(one['label']), LABEL)} → {cut(str(one['predicted']), LABEL)}", f"{one['rows']:,}")
            for one in confusions
        ]
        output.detail("\n" + aligned([("most frequent confusions (true → predicted)", "rows"), *pairs], right=(1,)))
