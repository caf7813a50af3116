"""The model in whatever people hold: what ``recurra.load`` returns, or a classifier that was fitted."""

from __future__ import annotations

from typing import Any

from recurra.bundle import Bundle
from recurra.errors import SettingsError
from recurra.runtime import Model

__all__ = ["model_of"]


def model_of(given: Any) -> Model:
    """The model in whatever people hold.

    Args:
        given: a model, a fitted ``TextClassifier``, which has it as ``model_``, or a model's bundle.

    Raises:
        SettingsError: it is none of these.
    """
    found = getattr(given, "model_", given)
    if isinstance(found, Model):
        return found
    if isinstance(found, Bundle):
        return Model(found)
    hint = "Give what recurra.load returns, or a fitted TextClassifier"
    # What scikit-learn wraps it in.
    inside = "search.best_estimator_" if hasattr(given, "best_estimator_") else "pipeline[-1]"
    if hasattr(given, "best_estimator_") or hasattr(given, "named_steps"):
        hint += f", such as {inside}"
    raise SettingsError(f"The model is {given!r:.60}", f"{hint}.")
