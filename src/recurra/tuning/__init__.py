"""Looking for good settings: many short trainings on the same rows, the best of which is kept."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recurra.tuning.limits import StudyLimits
    from recurra.tuning.results import StudyResult, TrialResult
    from recurra.tuning.tuner import Tuner

__all__ = ["StudyLimits", "StudyResult", "TrialResult", "Tuner"]

# Where they are defined: Optuna and torch are imported with the first of them.
_HOMES = {"StudyLimits": "limits", "StudyResult": "results", "TrialResult": "results", "Tuner": "tuner"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"recurra.tuning.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in ("optuna", "torch"):
            raise
        raise ImportError(
            f"{name} needs {error.name}, which is not installed. Run: pip install 'recurra[tune]'", name=error.name
        ) from error
