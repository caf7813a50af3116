"""Whether a network uses the order of words."""

from __future__ import annotations

import numpy as np

from recurra.batches import Ragged
from recurra.data.table import Table
from recurra.evaluation import Evaluation
from recurra.lesson.trained_model import score
from recurra.runtime import Model

__all__ = ["score_shuffled"]


def score_shuffled(model: Model, table: Table, *, seed: int) -> Evaluation:
    """Scores on documents with the words of each in random order."""
    network, opened = model.open(table.documents)
    ids = opened.ids
    generator = np.random.default_rng(seed)
    documents = np.repeat(np.arange(len(ids)), ids.lengths)
    # Sorting by document first and by a random number second shuffles within each document.
    mixed = Ragged(ids.values[np.lexsort((generator.random(len(documents)), documents))], ids.offsets)
    return score(model, network.probabilities(mixed), table)
