"""What a study is given, in whatever form whoever calls Python holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recurra.errors import SettingsError
from recurra.presets import Recipe, load_preset
from recurra.tuning.limits import StudyLimits

__all__ = ["checked_limits", "folder_of", "recipe_of"]


def recipe_of(given: Any) -> Recipe:
    """A recipe, or that of a preset.

    Args:
        given: a recipe, or a preset's name or path.

    Raises:
        SettingsError: there is no such preset.
    """
    return given if isinstance(given, Recipe) else load_preset(given)


def folder_of(given: Any) -> Path:
    """A folder's path.

    Args:
        given: it, also as a text.

    Raises:
        SettingsError: it is neither.
    """
    if not isinstance(given, str | Path):
        raise SettingsError(f"folder is {given!r:.60}", 'Give the path of a folder, such as "runs/tuned".')
    return Path(given)


def checked_limits(given: Any) -> StudyLimits:
    """The limits of a study as they are.

    Raises:
        SettingsError: they are none.
    """
    if not isinstance(given, StudyLimits):
        raise SettingsError(f"limits is {given!r:.60}", "Give StudyLimits(minutes=…) or StudyLimits(trials=…).")
    return given
