"""What a study is given, in whatever form whoever calls Python holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recurra.data.corpus import Corpus
from recurra.data.model_columns import ModelColumns
from recurra.data.table import Table
from recurra.errors import SettingsError
from recurra.presets import Recipe, load_preset
from recurra.tuning.limits import StudyLimits

__all__ = ["checked_limits", "folder_of", "recipe_of", "rows_of"]


def rows_of(given: Any, name: str, columns: ModelColumns | None = None) -> tuple[Corpus, ModelColumns | None]:
    """Labelled rows, and the names of their columns where they are known.

    Args:
        given: a corpus, or a table that :func:`recurra.read_table` has read.
        name: of the argument.
        columns: those that were named.

    Raises:
        DataError: the table has no labels.
        SettingsError: it is neither.
    """
    if isinstance(given, Table):
        return given.corpus, columns or given.named_columns
    if not hasattr(given, "blocks") or not hasattr(given, "labels"):
        raise SettingsError(
            f"{name} is a {type(given).__name__}",
            "Give what recurra.read_table(frame) returns, or recurra.data.corpus.InMemoryRows(texts, labels).",
        )
    return given, columns


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
