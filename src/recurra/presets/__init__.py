"""Recipes: a text pipeline, a network and a training under one name. Those that come along are presets, TOML files."""

import warnings
from typing import Any

from recurra.presets.load import load_preset, preset_names
from recurra.presets.of_model import recipe_of_model
from recurra.presets.recipe import Recipe, setting_names
from recurra.presets.training_settings import TrainingSettings

__all__ = ["Recipe", "TrainingSettings", "load_preset", "preset_names", "recipe_of_model", "setting_names"]

RENAMED: dict[str, Any] = {"Preset": Recipe, "preset_to_continue": recipe_of_model}


def __getattr__(name: str) -> Any:
    if name not in RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"{name} is called {RENAMED[name].__name__} now.", DeprecationWarning, stacklevel=2)
    return RENAMED[name]
