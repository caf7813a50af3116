"""The first trials: the preset itself, and settings that have been good on other sets."""

from __future__ import annotations

from typing import Any

from recurra.presets import Preset, load_preset
from recurra.tuning.space import Parameter, parameters_of

__all__ = ["starts"]

# Each is a way of its own, so that the search begins with a view of the whole space.
_VARIANTS: tuple[dict[str, Any], ...] = (
    # Wider and held back: for sets with many rows or classes.
    {"hidden": 128, "embedding": 128, "dropout": 0.4, "word_dropout": 0.15, "learning_rate": 1e-3, "batch_size": 64},
    # Narrow and quick: for few rows, and for small files.
    {"cell": "gru", "hidden": 32, "embedding": 32, "pooling": "max", "vocabulary_size": 5_000, "learning_rate": 4e-3},
    # A single answer to which words matter.
    {"cell": "gru", "pooling": "attention", "dropout": 0.3},
)


def starts(preset: Preset, space: tuple[Parameter, ...]) -> list[dict[str, Any]]:
    """The values of the first trials; the first of all are the preset's.

    Args:
        preset: where the search begins.
        space: around it.
    """
    own = parameters_of(preset, space)
    names = own.keys()
    characters = parameters_of(load_preset("characters"), space)
    found = [own, characters if own["tokens"] != "characters" else {**own, "tokens": "words"}]
    for variant in _VARIANTS:
        found.append({**own, **{name: value for name, value in variant.items() if name in names}})
    return found
