"""The model in whatever people hold: what ``recurra.load`` returns, or a classifier that was fitted."""

from __future__ import annotations

from typing import Any

from recurra.bundle import Bundle
from recurra.errors import SettingsError
from recurra.runtime import Model

__all__ = ["model_of", "place_hint"]


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
    hint = place_hint(given, "Give what recurra.load returns, or a fitted TextClassifier")
    raise SettingsError(f"The model is {given!r:.60}", f"{hint}.")


def place_hint(given: Any, hint: str) -> str:
    """The hint with the place of the classifier in what scikit-learn wraps it in, or that there is none of Recurra's.

    Args:
        given: what was given in place of a model.
        hint: what to give, without a full stop.
    """
    inside, place = given, ""
    if hasattr(inside, "best_estimator_"):
        inside, place = inside.best_estimator_, "search.best_estimator_"
    if hasattr(inside, "named_steps"):
        inside, place = inside[-1], f"{place or 'pipeline'}[-1]"
    if place and any(base.__module__.partition(".")[0] == "recurra" for base in type(inside).__mro__):
        return f"{hint}, such as {place}"
    if place:
        return f"Only Recurra's models can be given, not a {type(inside).__name__}: {hint[0].lower()}{hint[1:]}"
    return hint
