"""Rows to begin with: a few that a model answers rightly, wrongly and with doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recurra.inspection.given_table import table_of_rows
from recurra.inspection.labelled_sample import select_rows
from recurra.representation import ROWS, Representation, Represented, counted_rows, one_line
from recurra.runtime import Model
from recurra.runtime.given_model import model_of
from recurra.tasks.examples import choose_examples
from recurra.text.fields import input_texts

__all__ = ["Examples", "examples"]


@dataclass(frozen=True, repr=False)
class Examples(Represented):
    """Rows with the answers to them.

    Attributes:
        model: name of the model.
        rows: ``kind``, ``text``, ``label``, ``answer``, ``probability`` and ``number``, the row's number in messages.
    """

    model: str
    rows: list[dict[str, Any]]

    def _representation(self) -> Representation:
        names = ("kind", "label", "answer", "text")
        rows = [tuple(one_line(row[name], 60 if name == "text" else 30) for name in names) for row in self.rows]
        return Representation(f"Examples: {counted_rows(len(rows))}", names if rows else (), rows[:ROWS], [])

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"model": self.model, "source": "data", "rows": self.rows}


def examples(
    model: Model,
    data: Any,
    y: Any = None,
    *,
    name: str = "model",
    documents: int | None = 1000,
    count: int = 2,
    seed: int = 0,
) -> Examples:
    """Chooses rows of a table that show how a model answers (:func:`recurra.tasks.examples.choose_examples`).

    Args:
        model: of any task.
        data: labelled rows: a table of :func:`recurra.read_table`, or what it reads if its columns can be guessed; or,
            with ``y``, B texts or (title, text) pairs: a list, an array or a column.
        y: the B labels of texts.
        name: name of the model in the result.
        documents: largest number of rows to choose from, drawn at random; ``None`` takes all.
        count: number of rows of each kind.
        seed: seed of the draw.

    Raises:
        DataError: the rows have no labels, one that the model does not know, or it can read none of them.
    """
    model = model_of(model)
    data = table_of_rows(data, model, y)
    rows, read, cells = select_rows(model, data, limit=documents, seed=seed, say=lambda message: None)
    classes = model.bundle.labels
    encoded = model.task.encode_targets(
        classes, cells, "error", source=data.source, separator=model.label_separator if model.task.lists else None
    )
    places = encoded.places.tolist()
    texts = [read[place] for place in places]
    chosen = choose_examples(
        model.task,
        model.predict_proba(texts),
        encoded.targets,
        classes.classes,
        input_texts(texts, model.bundle.text),
        count=count,
    )
    numbers = data.numbers
    return Examples(name, [{**one.to_dict(), "number": int(numbers[rows[places[one.place]]])} for one in chosen])
