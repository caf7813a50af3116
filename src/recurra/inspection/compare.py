"""Models side by side on the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.evaluation.comparison import Comparison, compare_answers
from recurra.inspection.read import read
from recurra.inspection.sample import Sample
from recurra.runtime import Model
from recurra.text.vocabulary import UNKNOWN_ID

__all__ = ["compare", "compare_text"]

Flags = npt.NDArray[np.bool_]


def compare(
    models: Mapping[str, Model],
    data: Table,
    *,
    documents: int | None = None,
    examples: int = 5,
    resamples: int = 1000,
    seed: int = 0,
    say: Callable[[str], None] = lambda message: None,
) -> Comparison:
    """Compares models on the rows that all of them can read.

    The slices are the classes, thirds of the rows by their tokens, and thirds by the share of tokens that are unknown;
    the first model's tokens and vocabulary count.

    Args:
        models: two or more, by name, of the same classes.
        data: labelled rows that none of them learned from.
        documents: rows at most, drawn evenly; ``None`` takes all.
        examples: for each pair and side.
        resamples: of the bootstrap.
        seed: of the draw and the bootstrap.
        say: hears what a person should know.

    Raises:
        DataError: models of other classes, rows without labels, or none that all models can read.
    """
    if len(models) < 2:
        raise DataError(f"{len(models)} models to compare", "Give two or more.")
    (first, leader), *others = models.items()
    for name, model in others:
        if set(model.classes_) != set(leader.classes_):
            raise DataError(
                f"{first} knows the classes {leader.classes_!r:.120}, {name} {model.classes_!r:.120}",
                "Compare models of the same labels.",
            )
    # Who reads titles alone decides which rows all can read.
    reader = next((model for model in models.values() if model.bundle.text.field == "title"), leader)
    chosen = Sample.of(reader, data, limit=documents, seed=seed, say=say)
    answers = {}
    for name, model in models.items():
        columns = [model.classes_.index(label) for label in reader.classes_]
        answers[name] = model.predict_proba(chosen.documents)[:, columns]
    return compare_answers(
        answers,
        chosen.targets,
        chosen.documents,
        chosen.classes,
        rows=chosen.rows,
        slices=_slices(leader, chosen),
        examples=examples,
        resamples=resamples,
        seed=seed,
    )


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


def _slices(model: Model, sample: Sample) -> dict[str, Flags]:
    """Rows of like length, and rows of like shares of unknown tokens."""
    ids = model.bundle.pipeline.encode(sample.documents)
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
