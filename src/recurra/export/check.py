"""Checks that an exported model predicts what the original model predicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle
from recurra.data.documents import Document
from recurra.errors import ModelFileError, SettingsError
from recurra.evaluation.paired import PredictionDifferences, prediction_differences
from recurra.runtime import Model
from recurra.runtime.branched_network import BranchedNetwork
from recurra.runtime.numpy_network import NumpyNetwork
from recurra.tasks import SINGLE_LABEL, Task
from recurra.tokenizers import TOKENIZERS

__all__ = ["LEAST_AGREEMENT", "TOLERANCE", "check_answers", "check_equal", "check_tokens", "probabilities_in_float64"]

LEAST_AGREEMENT = 0.9
"""The least share of documents that must keep their label. A correct export keeps more than 0.99 of them."""

TOLERANCE = 1e-5
"""The largest difference of a probability between a model and the same weights in another format."""
# Where a network is chaotic, its probabilities in float32 are known to so many times their distance from float64 only.
CHAOTIC = 10


def check_tokens(bundle: Bundle) -> None:
    """Checks that an exported model can read texts as the model does.

    Raises:
        SettingsError: it reads with a tokenizer of your own, and an export carries no code.
    """
    if bundle.text.tokens in TOKENIZERS:
        raise SettingsError(
            f"The model reads with the tokenizer {bundle.text.tokens!r:.40}, which is your own, and an export carries "
            "no code",
            "Export a model with built-in tokens, such as words, or hand on the model file and the tokenizer.",
        )


def check_equal(
    bundle: Bundle,
    documents: Sequence[Document],
    predict: Callable[[Sequence[Document]], npt.NDArray[np.float32]],
) -> float:
    """Checks that an exported model predicts what the model of the same weights predicts.

    Args:
        bundle: the model of the same weights.
        documents: one or more documents.
        predict: from documents to the exported model's float32[B, C].

    Returns:
        The largest difference of a probability.

    Raises:
        ModelFileError: it is more than :data:`TOLERANCE`, and more than 10 times the difference between float32 and
            float64 of the model itself (a SimpleRNN may be chaotic).
    """
    before, after = Model(bundle).predict_proba(documents), predict(documents)
    apart = np.abs(before - after).max(axis=1)
    # NaN compares false.
    far = np.flatnonzero(~(apart <= TOLERANCE))
    if len(far):
        wide = probabilities_in_float64(bundle, [documents[row] for row in far.tolist()])
        allowed = CHAOTIC * np.abs(before[far] - wide).max(axis=1)
        wrong = far[~(apart[far] <= allowed)]
        if len(wrong):
            worst = documents[int(wrong[apart[wrong].argmax()])]
            raise ModelFileError(
                f"The exported model gives the document {worst!r:.60} a probability that differs by "
                f"{apart[wrong].max():.3g}, and {TOLERANCE:g} is allowed; nothing is written",
                "Keep the model as it is, and report the model's settings (recurra info MODEL) as a bug.",
            )
    return float(apart.max())


def probabilities_in_float64(bundle: Bundle, documents: Sequence[Document]) -> npt.NDArray[np.float32]:
    """A model's probabilities, float32[B, C], computed in float64, step by step in NumPy.

    Args:
        bundle: the model.
        documents: B texts or (title, text) pairs.
    """
    opened = bundle.open(documents)
    network = NumpyNetwork(bundle.network, bundle.tensors, pad_to=bundle.pad_to, task=bundle.task)
    if bundle.branch is None:
        return network.probabilities(opened.closed)
    branched = BranchedNetwork(network, bundle.branch, opened.words, max_tokens=opened.max_tokens)
    return branched.probabilities(opened.ids)


def check_answers(
    before: npt.NDArray[np.float32],
    after: npt.NDArray[np.float32],
    *,
    task: Task = SINGLE_LABEL,
) -> PredictionDifferences:
    """Compares the predictions for the same documents.

    Args:
        before: float32[B, C], the original model's probabilities; B of 1 or more.
        after: float32[B, C], the exported model's probabilities.
        task: the task of both models.

    Raises:
        ModelFileError: fewer than :data:`LEAST_AGREEMENT` of the documents keep their label.
    """
    found = prediction_differences(before, after, task=task)
    kept = found.rows - found.changed
    if kept / found.rows < LEAST_AGREEMENT:
        raise ModelFileError(
            f"The exported model gives {kept:,} of {found.rows:,} documents the model's label, and "
            f"{100 * LEAST_AGREEMENT:.0f} % must keep it; nothing is written",
            "Keep the model as it is; if documents were generated, try again with labelled rows as DATA.",
        )
    return found
