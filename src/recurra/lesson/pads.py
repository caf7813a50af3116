"""The effect of appended pad tokens on a network without a mask."""

from __future__ import annotations

import numpy as np

from recurra.data.table import Table
from recurra.lesson.trained_model import documents_and_labels
from recurra.runtime import Model
from recurra.runtime.compiled_network import CompiledNetwork

__all__ = ["PADS", "correct_with_pads"]

PADS = (0, 5, 10, 20, 50, 100, 200)


def correct_with_pads(model: Model, table: Table) -> list[int]:
    """Number of correctly classified documents with 0, 5, 10, … pads (:data:`PADS`) appended to every document.

    The recurrent network, alone, reads the words of each document and exactly that many pads; the model's ``pad_to`` is
    ignored. A linear branch would read no pads: the lesson's models have none.
    """
    bundle = model.bundle
    network = CompiledNetwork(bundle.network, bundle.tensors, pad_to=None)
    ids = bundle.pipeline.encode(table.documents)
    targets = bundle.labels.encode(documents_and_labels(table)[1])
    return [int(np.sum(network.probabilities(ids.extended(pads)).argmax(axis=1) == targets)) for pads in PADS]
