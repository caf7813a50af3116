"""Models side by side on the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.evaluation.comparison import Comparison
from recurra.evaluation.targets import UnknownLabels
from recurra.inspection.read import read
from recurra.inspection.sample import chosen_rows
from recurra.runtime import Model
from recurra.tasks import common_task
from recurra.tasks.compare import compare_predictions
from recurra.text.vocabulary import UNKNOWN_ID

__all__ = ["check_alike", "compare", "compare_text"]

Array = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


def compare(
    models: Mapping[str, Model],
    data: Table,
    *,
    separator: str | None = None,
    unknown_labels: UnknownLabels = "wrong",
    documents: int | None = None,
    examples: int = 5,
    resamples: int = 1000,
    seed: int = 0,
    say: Callable[[str], None] = lambda message: None,
) -> Comparison:
    """Compares models on the rows that all of them can read.

    The slices are the classes, thirds of the rows by their tokens, and thirds by the share of tokens that are unknown;
    the first model's tokens and vocabulary count. Models that give several labels a row have it right where they give
    exactly its own.

    Args:
        models: two or more, by name, of the same classes; all of them give several labels a row, or none does.
        data: labelled rows that none of them learned from.
        separator: between the labels of a cell, where rows have several; ``None`` takes that which the models learned
            from.
        unknown_labels: what becomes of rows with a label that training never saw: they count as ``wrong`` for all
            models, or ``skip`` leaves them out, or they are an ``error``.
        documents: rows at most, drawn evenly; ``None`` takes all.
        examples: for each pair and side.
        resamples: of the bootstrap.
        seed: of the draw and the bootstrap.
        say: hears what a person should know.

    Raises:
        DataError: models of other classes or of both kinds, rows without labels, or none that all models can read; or
            unknown labels, where they are an error or there are no others.
    """
    if len(models) < 2:
        raise DataError(f"{len(models)} models to compare", "Give two or more.")
    check_alike(models)
    (first, leader), *others = models.items()
    for name, model in others:
        if set(model.classes_) != set(leader.classes_):
            raise DataError(
                f"{first} knows the classes {leader.classes_!r:.120}, {name} {model.classes_!r:.120}",
                "Compare models of the same labels.",
            )
    # Who reads titles alone decides which rows all can read.
    reader = next((model for model in models.values() if model.bundle.text.field == "title"), leader)
    classes = reader.classes_
    columns = {name: [model.classes_.index(label) for label in classes] for name, model in models.items()}

    def answers(read: Sequence[Document]) -> dict[str, Array]:
        return {name: model.predict_proba(read)[:, columns[name]] for name, model in models.items()}

    # Without a mark of one's own it is that which the models learned; of one label a row there is none.
    mark = _mark(models) if separator is None else separator
    chosen, readable, cells = chosen_rows(reader, data, limit=documents, seed=seed, say=say)
    rows = leader.task.encode_targets(
        reader.bundle.labels, cells, unknown_labels, source=data.source, say=say, separator=mark
    )
    texts = [readable[place] for place in rows.places.tolist()]
    found = compare_predictions(
        answers(texts),
        rows.targets,
        texts,
        classes,
        tasks={name: model.task.permuted(columns[name]) for name, model in models.items()},
        unknown=rows.unknown,
        rows=chosen[rows.places],
        slices=_slices(leader, texts),
        examples=examples,
        resamples=resamples,
        seed=seed,
    )
    return replace(found, unknown_labels=rows.unknown_labels)


def check_alike(models: Mapping[str, Model]) -> None:
    """Raises a :class:`DataError` for models of several tasks."""
    (first, leader), *others = models.items()
    for name, model in others:
        if common_task([leader.task, model.task]) is None:
            one, other = leader.task.wording.gives, model.task.wording.gives
            raise DataError(
                f"{first} gives {one} a row, and {name} gives {other}", "Compare models of one of these kinds."
            )


def _mark(models: Mapping[str, Model]) -> str | None:
    """What stands between the labels of a cell, as the models learned it."""
    marks = sorted({model.label_separator for model in models.values() if model.label_separator is not None})
    if len(marks) > 1:
        raise DataError(
            f"The models learned from cells with the marks {' and '.join(map(repr, marks))}",
            "Name the mark of these rows with --label-separator.",
        )
    return marks[0] if marks else None


def compare_text(models: Mapping[str, Model], text: Document) -> dict[str, Any]:
    """Reads a text with all models, as JSON: ``{"text", "models"}``, a reading a model.

    Args:
        models: by name.
        text: one text or (title, text).

    Raises:
        DataError: ``text`` is neither.
    """
    readings = [read(model, text, name=name) for name, model in models.items()]
    return {"text": readings[0]["text"], "models": readings}


def _slices(model: Model, documents: Sequence[Document]) -> dict[str, Flags]:
    """Rows of like length, and rows of like shares of unknown tokens."""
    ids = model.bundle.pipeline.encode(documents)
    lengths = ids.lengths
    short, long = np.quantile(lengths, [1 / 3, 2 / 3])
    unknown = np.zeros(len(ids))
    owner = np.repeat(np.arange(len(ids)), lengths)
    np.add.at(unknown, owner, ids.values == UNKNOWN_ID)
    share = unknown / np.maximum(lengths, 1)
    few, many = np.quantile(share, [1 / 3, 2 / 3])
    return {
        f"up to {short:.0f} tokens": lengths <= short,
        f"{short + 1:.0f} to {long:.0f} tokens": (lengths > short) & (lengths <= long),
        f"more than {long:.0f} tokens": lengths > long,
        f"up to {few:.0%} unknown" if few else "no word unknown": share <= few,
        f"{few:.0%} to {many:.0%} unknown": (share > few) & (share <= many),
        f"more than {many:.0%} unknown" if many else "some words unknown": share > many,
    }
