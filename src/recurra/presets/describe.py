"""The settings of a recipe one by one: value, default, choices, and meaning as the settings' classes document it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from recurra.presets.load import load_preset
from recurra.presets.recipe import Recipe

__all__ = ["SettingDescription", "describe_settings"]


@dataclass(frozen=True)
class SettingDescription:
    """One setting of a recipe.

    Attributes:
        section: the table of a preset's TOML that has it: ``text``, ``network``, ``branch`` or ``training``.
        name: its name there, and for ``--set``.
        value: its value in the recipe.
        default: its value where a preset does not name it: in a preset file, the value of its base.
        choices: the values that it may have, where they are fixed; else ``None``.
        meaning: what it does.
    """

    section: str
    name: str
    value: Any
    default: Any
    choices: tuple[str, ...] | None
    meaning: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return dataclasses.asdict(self)


def describe_settings(recipe: Recipe) -> list[SettingDescription]:
    """All settings of a recipe, in the order in which their classes have them."""
    found, base = [], load_preset(recipe.base) if recipe.base else Recipe()
    for section, settings in recipe.sections().items():
        values, defaults = settings.to_dict(), getattr(base, section).to_dict()
        meanings, choices = settings.meanings(), settings.fixed_choices()
        found += [
            SettingDescription(section, name, value, defaults[name], choices.get(name), meanings.get(name, ""))
            for name, value in values.items()
        ]
    return found
