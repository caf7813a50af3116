"""Everything that a trained model is, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from recurra.networks.settings import NetworkSettings
from recurra.tasks import SINGLE_LABEL, Task
from recurra.text import Labels, TextPipeline, TextSettings, Vocabulary

__all__ = ["Bundle"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Bundle:
    """A trained model: what :func:`recurra.bundle.write_bundle` stores and the runtime computes with.

    Attributes:
        text: how documents become tokens, as the trained pipeline holds it.
        network: the network's shape.
        vocabulary: the tokens that have an id of their own.
        labels: the classes, in the order of the network's outputs.
        pad_to: tokens up to which id 0 is appended to a shorter document if the network is not masked; ``None`` if it
            is masked.
        tensors: the weights, float32, by the names of :func:`recurra.networks.shapes.weight_shapes`.
        record: how the model came about, for people and later comparison: preset, training settings, rows, hash of
            the data, scores, package versions. Plain JSON values, and no times: the same model gives the same bytes.
        weights: how the file holds the weights; :func:`recurra.bundle.int8_bundle` makes int8 of a float32 model.
        task: what it learned, with what the file holds of that, such as a threshold for each of several labels.
    """

    text: TextSettings
    network: NetworkSettings
    vocabulary: Vocabulary
    labels: Labels
    pad_to: int | None
    tensors: dict[str, npt.NDArray[np.float32]]
    record: dict[str, Any]
    weights: Literal["float32", "int8"] = "float32"
    task: Task = SINGLE_LABEL

    @property
    def thresholds(self) -> npt.NDArray[np.float32] | None:
        """From which probability on each label is given, float32[C]; ``None`` where every row has one class."""
        return self.task.tensors.get("thresholds")

    @property
    def multi_label(self) -> bool:
        """Whether a row may have several labels."""
        return self.task.lists

    @cached_property
    def pipeline(self) -> TextPipeline:
        """From documents to token ids."""
        return TextPipeline(self.text, self.vocabulary)
