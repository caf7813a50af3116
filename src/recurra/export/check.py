"""Checks that an exported model predicts what the original model predicts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle
from recurra.errors import ModelFileError, SettingsError
from recurra.evaluation.paired import PredictionDifferences, prediction_differences
from recurra.tasks import SINGLE_LABEL, Task
from recurra.tokenizers import TOKENIZERS

__all__ = ["LEAST_AGREEMENT", "check_answers", "check_tokens"]

LEAST_AGREEMENT = 0.9
"""The least share of documents that must keep their label. A correct export keeps more than 0.99 of them."""


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
