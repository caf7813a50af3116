"""What appended pad tokens do to a network that takes them for words."""

from __future__ import annotations

import numpy as np

from recurra.data.table import Table
from recurra.lesson.trained_model import documents_and_labels
from recurra.runtime import Model
from recurra.runtime.network import Network

__all__ = ["PADS", "correct_with_pads"]

PADS = (0, 5, 10, 20, 50, 100, 200)


def correct_with_pads(model: Model, table: Table) -> list[int]:
    """Test documents classified rightly as 0, 5, 10, … pads (:data:`PADS`) are appended to every document.

    The network sees each document's own words and exactly so many pads, whatever ``pad_to`` the model stores.
    """
    bundle = model.bundle
    network = Network(bundle.network, bundle.tensors, pad_to=None)
    ids = bundle.pipeline.encode(table.documents)
    targets = bundle.labels.encode(documents_and_labels(table)[1])
    return [int(np.sum(network.probabilities(ids.extended(pads)).argmax(axis=1) == targets)) for pads in PADS]
