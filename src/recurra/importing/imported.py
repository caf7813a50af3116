"""What an import gives, and the parts that are alike for every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle
from recurra.errors import ModelFileError
from recurra.importing.names import KnownTokens
from recurra.tasks import SINGLE_LABEL, Task, task_named
from recurra.text.vocabulary import SPECIAL_IDS

__all__ = [
    "Imported",
    "ImportedLayer",
    "Output",
    "rows_for",
    "sigmoid_output",
    "softmax_output",
    "unused_rows_notes",
]

Array = npt.NDArray[np.float32]

THRESHOLD = 0.5


class ImportedLayer(NamedTuple):
    """A layer of the imported network.

    Attributes:
        name: in the file.
        kind: such as ``LSTM``.
        parameters: its number of weights; 0 of a layer without any.
    """

    name: str
    kind: str
    parameters: int


@dataclass(frozen=True, eq=False)
class Imported:
    """A model of another program as one of Recurra's.

    Attributes:
        bundle: the model.
        format: of the file: ``keras``, ``keras-h5`` or ``torch-state-dict``.
        layers: of the network, from the input on.
        notes: what was assumed, in sentences.
    """

    bundle: Bundle
    format: str
    layers: tuple[ImportedLayer, ...]
    notes: list[str] = field(default_factory=list)


class Output(NamedTuple):
    """The output layer.

    Attributes:
        W_O: float32[P, L].
        b_O: float32[L].
        classes: number of classes.
        task: what the outputs mean.
    """

    W_O: Array
    b_O: Array
    classes: int
    task: Task


def softmax_output(W_O: Array, b_O: Array) -> Output:
    """Classes of which each text has one."""
    return Output(W_O, b_O, len(b_O), SINGLE_LABEL)


def sigmoid_output(W_O: Array, b_O: Array) -> Output:
    """A label for each output, or, of a single one, the second of two classes.

    A sigmoid of x is the second value of the softmax of (0, x).
    """
    if len(b_O) == 1:
        return softmax_output(
            np.concatenate([np.zeros_like(W_O), W_O], axis=1), np.concatenate([np.zeros_like(b_O), b_O])
        )
    thresholds = np.full(len(b_O), THRESHOLD, dtype=np.float32)
    return Output(W_O, b_O, len(b_O), task_named("multi_label").of({"thresholds": thresholds}))


def rows_for(known: KnownTokens, rows: int) -> Mapping[str, Any]:
    """Settings of a text pipeline whose embedding has ``rows`` rows.

    Raises:
        ModelFileError: there are fewer rows than tokens.
    """
    tokens = len(known.vocabulary) + SPECIAL_IDS
    if tokens > rows:
        raise ModelFileError(
            f"the embedding has {rows:,} rows, and the vocabulary {tokens:,} tokens with pad (0) and unknown token (1)",
            "Give the vocabulary that the network learned with: the token of row 2 in its first line, "
            "or pad and unknown token before it, such as <pad> and <unk>.",
        )
    return {"vocabulary_size": max(rows, SPECIAL_IDS + 1), "fixed_rows": rows > tokens}


def unused_rows_notes(known: KnownTokens, rows: int) -> list[str]:
    """A note on rows of the embedding that no token of a given vocabulary has; none if all are used."""
    tokens = len(known.vocabulary) + SPECIAL_IDS
    if tokens >= rows:
        return []
    left = "its last row is" if rows == tokens + 1 else f"its last {rows - tokens:,} rows are"
    return [
        f"the embedding has {rows:,} rows, and the vocabulary {tokens:,} tokens with pad (0) and unknown token (1): "
        f"{left} never read. If the network had other special tokens in front, such as <bos>, or tokens are missing, "
        "all tokens after these are read as others: give the whole list"
    ]
