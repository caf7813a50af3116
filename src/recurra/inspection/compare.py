"""Models side by side on the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document
from recurra.data.label_format import UnknownLabels, split_labels
from recurra.errors import DataError
from recurra.evaluation.comparison import Comparison
from recurra.inspection.compared_labels import all_labels, class_columns, encode_compared, listed_classes
from recurra.inspection.given_table import table_of_rows
from recurra.inspection.labelled_sample import select_rows
from recurra.inspection.read import read
from recurra.runtime import Model
from recurra.runtime.given_model import model_of
from recurra.runtime.known_rows import known_rows_note
from recurra.tasks import common_task
from recurra.tasks.compare import compare_predictions
from recurra.text.vocabulary import UNKNOWN_ID

__all__ = ["check_same_task", "compare", "compare_text"]

Array = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]


def compare(
    models: Mapping[str, Model],
    data: Any,
    y: Any = None,
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

    The slices are the classes, thirds of the rows by number of tokens, and thirds by share of unknown tokens, both by
    the first model's vocabulary. A multi-label model is right on a row if it predicts exactly the row's labels.
    Classes of several types, such as 1 and ``"1"``, are compared as they are written, and the answer has texts.
    Models may know different classes, as on the day on which a class is new: one that a model does not know has the
    probability 0 in its answers and is never given. The log loss is over rows whose label all models know; for several
    labels a row over the labels that all models know.

    Args:
        models: two or more models by name, with the same task and a class in common.
        data: labelled rows that none of them was trained on (the notes say so otherwise): a table of
            :func:`recurra.read_table`, or what it reads if its columns can be guessed; or, with ``y``, B texts or
            (title, text) pairs: a list, an array or a column.
        y: the B labels of texts; of several, lists of labels or an indicator matrix, as ``fit`` takes them, whose
            columns are the first model's classes in order.
        separator: separator of the labels in a cell, if rows have several; ``None`` takes that of the models' training
            rows.
        unknown_labels: how rows with a label that not all models know are treated: ``wrong`` counts them as wrong for
            those that do not know it, ``skip`` leaves them out, ``error`` raises.
        documents: largest number of rows, drawn at random; ``None`` takes all.
        examples: number of examples for each pair and side.
        resamples: number of bootstrap resamples.
        seed: seed of the draw and the bootstrap.
        say: called with messages for the user.

    Raises:
        DataError: the models have other tasks, or no class in common; the rows have no labels, or none can be read by
            all models; or there are unknown labels with ``error``, or no other ones.
    """
    if not isinstance(models, Mapping):
        raise DataError(f"The models are {models!r:.60}", 'Give them by name: {"one": model, "two": other}.')
    if len(models) < 2:
        raise DataError(f"{len(models)} models to compare", "Give two or more.")
    models = {name: model_of(model) for name, model in models.items()}
    check_same_task(models)
    leader = next(iter(models.values()))
    data = table_of_rows(data, leader, y)
    # A model that reads only titles limits the rows that all can read.
    reader = next((model for model in models.values() if model.bundle.text.field == "title"), leader)
    labels = all_labels(models, reader)
    classes = labels.classes
    columns = {name: class_columns(model, labels) for name, model in models.items()}
    notes: list[str] = []

    def note(message: str) -> None:
        notes.append(message)
        say(message)

    kinds = {name: type(model.bundle.labels.classes[0]).__name__ for name, model in models.items()}
    if len({*kinds.values()}) > 1:
        listed = ", ".join(f"{kind} in {name}" for name, kind in kinds.items())
        note(f"The classes are {listed}; they are compared as they are written.")

    def answers(read: Sequence[Document]) -> dict[str, Array]:
        return {name: _in_order(model.predict_proba(read), columns[name]) for name, model in models.items()}

    # By default the separator of the models' training rows; single-label models have none.
    mark = _mark(models) if separator is None else separator
    chosen, readable, cells = select_rows(reader, data, limit=documents, seed=seed, say=note)
    for name, model in models.items():
        if (known := known_rows_note(data, model, separator=mark)) is not None:
            note(f"{name}: {known}")
    missing = {name: [classes[place] for place in np.flatnonzero(own < 0)] for name, own in columns.items()}
    there = {one for given in split_labels(cells, mark) for one in given}
    for name, lacking in missing.items():
        # Of those that rows have more is said.
        if bare := [one for one in lacking if str(one) not in there]:
            which = listed_classes(bare)
            note(f"{name} does not know {which}, {'a class' if len(bare) == 1 else 'classes'} of another model.")
    rows = encode_compared(models, labels, cells, unknown_labels, source=data.source, say=note, separator=mark)
    texts = [readable[place] for place in rows.places.tolist()]
    found = compare_predictions(
        answers(texts),
        rows.targets,
        texts,
        classes,
        # A class that a model does not know gets another's threshold, which is above its probability of 0.
        tasks={name: model.task.permuted(columns[name].tolist()) for name, model in models.items()},
        known={name: places >= 0 for name, places in columns.items()},
        unknown=rows.unknown,
        rows=chosen[rows.places],
        slices=_slices(leader, texts),
        examples=examples,
        resamples=resamples,
        seed=seed,
    )
    numbers = data.numbers.tolist()
    for pair in found.pairs:
        for example in [*pair.examples, *pair.neither_examples]:
            example["number"] = numbers[example["row"]]
    return replace(found, unknown_labels=rows.unknown_labels, notes=notes, missing_classes=missing)


def _in_order(probabilities: Array, columns: Places) -> Array:
    """A model's answers by all classes, float32[B, C]; 0 for those that it does not know."""
    known = columns >= 0
    found = np.zeros((len(probabilities), len(columns)), dtype=np.float32)
    found[:, known] = probabilities[:, columns[known]]
    return found


def check_same_task(models: Mapping[str, Model]) -> None:
    """Raises a :class:`DataError` for models of different tasks."""
    (first, leader), *others = models.items()
    for name, model in others:
        if common_task([leader.task, model.task]) is None:
            one, other = leader.task.wording.gives, model.task.wording.gives
            raise DataError(
                f"{first} gives {one} a row, and {name} gives {other}", "Compare models of one of these kinds."
            )


def _mark(models: Mapping[str, Model]) -> str | None:
    """The separator of labels in the models' training rows."""
    marks = sorted({model.label_separator for model in models.values() if model.label_separator is not None})
    if len(marks) > 1:
        raise DataError(
            f"The models were trained with the label separators {' and '.join(map(repr, marks))}",
            "Give the separator of these rows with --label-separator.",
        )
    return marks[0] if marks else None


def compare_text(models: Mapping[str, Model], text: Document) -> dict[str, Any]:
    """Reads a text with all models, as JSON: ``{"text", "models"}`` with one reading for each model.

    Args:
        models: by name.
        text: one text or (title, text).

    Raises:
        DataError: ``text`` is neither.
    """
    readings = [read(model, text, name=name) for name, model in models.items()]
    return {"text": readings[0]["text"], "models": readings}


def _slices(model: Model, documents: Sequence[Document]) -> dict[str, Flags]:
    """Thirds of the rows by length, and by share of unknown tokens."""
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
