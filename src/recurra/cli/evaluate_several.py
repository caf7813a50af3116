"""``recurra evaluate`` of a model that gives several labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recurra.cli.labelled import never_seen, probabilities_of, readable_rows
from recurra.cli.output import Output, aligned, cut

if TYPE_CHECKING:
    from recurra.data.documents import Document
    from recurra.data.table import Table
    from recurra.evaluation.label_sets import SetEvaluation
    from recurra.evaluation.targets import UnknownLabels
    from recurra.evaluation.unknown_labels import ScoredRows
    from recurra.runtime import Model

__all__ = ["Scored", "labelled_sets", "score_several", "show_several"]

NAMES = {
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
    "subset_accuracy": "exactly right",
    "hamming_loss": "Hamming loss",
    "ranking_precision": "ranking precision",
    "log_loss": "log loss",
    "ece": "calibration error",
}


class Scored:
    """Rows with their labels and the model's answers.

    Args:
        model: answers.
        table: labelled rows, their labels as they were read.
        separator: between the labels of a cell, as a person says.
        output: of the command.
        how: what becomes of rows with a label that training never saw.

    Attributes:
        documents: B texts or pairs.
        targets: bool[B, C].
        unknown: of each row, the labels that training never saw.
        unknown_labels: rows of the table that have some, scored or not.
        probabilities: float32[B, C].
    """

    def __init__(self, model: Model, table: Table, separator: str | None, output: Output, how: UnknownLabels) -> None:
        self.documents, rows = labelled_sets(model, table, separator, output, how)
        self.targets, self.unknown, self.unknown_labels = rows.targets, rows.unknown, rows.unknown_labels
        self.probabilities = probabilities_of(model.predict_proba, self.documents, output)


def labelled_sets(
    model: Model, table: Table, separator: str | None, output: Output, how: UnknownLabels
) -> tuple[Sequence[Document], ScoredRows]:
    """B documents that the model can read, and which labels they have. Arguments: see :class:`Scored`."""
    from recurra.data.several import sets_of_table
    from recurra.evaluation.unknown_labels import sets_to_score

    labels: Any
    documents, labels = readable_rows(
        sets_of_table(table, model.label_separator if separator is None else separator), model, output
    )
    rows = sets_to_score(model.bundle.labels, labels, how, source=table.source, say=output.note)
    return [documents[place] for place in rows.places.tolist()], rows


def score_several(model: Model, scored: Scored) -> SetEvaluation:
    """The scores of these answers."""
    from recurra.evaluation.label_sets import evaluate_sets

    if model.bundle.thresholds is None:
        raise TypeError("The model gives one class a row.")
    return evaluate_sets(
        scored.probabilities, scored.targets, model.bundle.thresholds, model.classes_, unknown=scored.unknown
    )


def show_several(found: SetEvaluation, source: str, output: Output) -> None:
    """Prints the scores, and those of each label."""
    labelled = f"{found.mean_labels[0]:.2f} labels each{never_seen(found.unknown_labels)}"
    output.result(f"{found.rows:,} rows of {source}, {labelled}")
    rows = [("", "score", "95 % interval")]
    for key, name in NAMES.items():
        low, high = found.intervals[key]
        rows.append((name, f"{getattr(found, key):.4f}", f"{low:.4f}–{high:.4f}"))
    output.result(aligned(rows, right=(1, 2)))
    labels = [("label", "threshold", "precision", "recall", "F1", "have it", "given it")]
    for one in found.labels:
        numbers = (f"{one.threshold:.3f}", f"{one.precision:.4f}", f"{one.recall:.4f}", f"{one.f1:.4f}")
        labels.append((cut(str(one.label), 40), *numbers, f"{one.support:,}", f"{one.given:,}"))
    output.detail("\n" + aligned(labels, right=range(1, 7)))
