"""The rows and the preset of a study, in whatever form whoever calls Python holds them."""

from __future__ import annotations

from typing import Any

from recurra.data.corpus import Corpus
from recurra.data.model_columns import ModelColumns
from recurra.data.table import Table
from recurra.errors import SettingsError
from recurra.presets import Recipe, load_preset

__all__ = ["recipe_of", "rows_of"]


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
