"""The first trials: the recipe itself, and settings that have been good on other sets."""

from __future__ import annotations

from typing import Any

from recurra.presets import Recipe, load_preset
from recurra.tuning.space import Choice, IntChoice, Parameter, parameters_of

__all__ = ["initial_trials", "smallest"]

# Each is a way of its own, so that the search begins with a view of the whole space.
_VARIANTS: tuple[dict[str, Any], ...] = (
    # Wider and held back: for sets with many rows or classes.
    {"hidden": 128, "embedding": 128, "dropout": 0.4, "word_dropout": 0.15, "learning_rate": 1e-3, "batch_size": 64},
    # Narrow and quick: for few rows, and for small files.
    {"cell": "gru", "hidden": 32, "embedding": 32, "pooling": "max", "vocabulary_size": 5_000, "learning_rate": 4e-3},
    # A single answer to which words matter.
    {"cell": "gru", "pooling": "attention", "dropout": 0.3},
    # Without a product from word to word, in a fraction of the time: the network of the preset ``fast``.
    {
        "cell": "min_gru",
        "bidirectional": False,
        "hidden": 32,
        "embedding": 32,
        "pooling": "mean",
        "learning_rate": 4e-3,
    },
)


def initial_trials(recipe: Recipe, space: tuple[Parameter, ...], *, small: bool) -> list[dict[str, Any]]:
    """The values of the first trials; the first of all are the recipe's.

    Args:
        recipe: where the search begins.
        space: around it.
        small: whether the last of them is to be the smallest network of the space, where a size is asked for.
    """
    own = parameters_of(recipe, space)
    # Characters where the recipe reads something else, and words where it reads characters.
    if own["tokens"] == "characters":
        other = load_preset("default").with_options({"tokens": "words"})
    else:
        other = load_preset("characters")
    found = [own, parameters_of(other, space)]
    for variant in _VARIANTS:
        found.append({**own, **_within(space, variant)})
    return [*found, smallest(recipe, space)] if small else found


def smallest(recipe: Recipe, space: tuple[Parameter, ...]) -> dict[str, Any]:
    """The values of the space's smallest network; of the recipe's those that do not change its size."""
    least: dict[str, Any] = {one.name: one.values[0] for one in space if isinstance(one, IntChoice)}
    least |= {"batch_size": recipe.training.batch_size, "bidirectional": False, "pooling": "max"}
    least |= _within(space, {"cell": "gru"}) | _within(space, {"cell": "min_gru"})
    return {**parameters_of(recipe, space), **_within(space, least)}


def _within(space: tuple[Parameter, ...], values: dict[str, Any]) -> dict[str, Any]:
    """Those of the values that the space has: a recipe may leave out a setting, or a cell that does not suit it."""
    allowed = {one.name: one.options if isinstance(one, Choice) else None for one in space}
    return {
        name: value
        for name, value in values.items()
        if name in allowed and ((options := allowed[name]) is None or value in options)
    }
