"""Rows held out that go into the model file as examples, where whoever trains asks for it: rows may be private."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle
from recurra.data.corpus import blocks_with_mask
from recurra.data.documents import Document
from recurra.presets import TrainingSettings
from recurra.runtime import Model
from recurra.tasks.examples import choose_examples
from recurra.text.fields import input_texts
from recurra.training.prepare import LabelledRows, split_of

__all__ = ["HeldSample", "with_examples"]

# Held-out rows that examples are chosen from.
LOOKED_AT = 1000


@dataclass(frozen=True)
class HeldSample:
    """Some of the rows held out.

    Attributes:
        documents: B documents.
        targets: of the same rows.
        count: number of examples of each kind.
    """

    documents: Sequence[Document]
    targets: npt.NDArray[Any]
    count: int

    @classmethod
    def of(cls, labelled: LabelledRows, training: TrainingSettings, count: int) -> HeldSample:
        """Draws them with the seed of the training; there may be none."""
        held = split_of(labelled, training)[1]
        generator = np.random.default_rng(training.seed)
        places = np.sort(generator.choice(held, min(LOOKED_AT, len(held)), replace=False))
        marked = np.zeros(len(labelled.corpus), dtype=bool)
        marked[places] = True
        documents = [
            block[place]
            for _, block, some in blocks_with_mask(labelled.corpus, marked)
            for place in np.flatnonzero(some).tolist()
        ]
        return cls(documents, labelled.targets[places], count)


def with_examples(bundle: Bundle, held: HeldSample | None) -> Bundle:
    """The model with examples in its record; the same one if none are asked for, or no rows were held out."""
    if held is None or not held.documents:
        return bundle
    chosen = choose_examples(
        bundle.task,
        Model(bundle).predict_proba(list(held.documents)),
        held.targets,
        bundle.labels.classes,
        input_texts(held.documents, bundle.text),
        count=held.count,
    )
    return replace(bundle, record={**bundle.record, "examples": [one.to_dict() for one in chosen]})
