"""``recurra info PRESET``: every setting of a preset, with what it means."""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path
from typing import Any

from recurra.cli.output import Output

__all__ = ["named_preset", "show_preset"]

# Wider lines are hard to read.
WIDEST = 100


def named_preset(name: Path) -> str | None:
    """The preset of a name or of a .toml file; ``None`` for anything else, such as a file that is called like one."""
    # Imported on demand, as everywhere in commands: the program starts faster.
    from recurra.presets import preset_names

    word = name.as_posix()
    return word if name.suffix == ".toml" or (word in preset_names() and not name.is_file()) else None


def show_preset(name: str, output: Output) -> None:
    """Prints the settings by the tables that a preset has.

    Raises:
        SettingsError: the file cannot be used.
    """
    from recurra.presets import load_preset
    from recurra.presets.describe import describe_settings

    recipe = load_preset(name)
    settings = describe_settings(recipe)
    columns = min(shutil.get_terminal_size().columns, WIDEST)
    output.result(f"preset {name}{f', based on {recipe.base}' if recipe.base else ''}")
    if recipe.about:
        output.result(textwrap.fill(recipe.about, columns))
    section = ""
    for one in settings:
        if one.section != section:
            section = one.section
            output.result(f"\n[{section}]")
        default = "" if one.value == one.default else f"  (default {_written(one.default)})"
        output.result(f"{one.name} = {_written(one.value)}{default}")
        output.detail(textwrap.fill(one.meaning, columns, initial_indent="    ", subsequent_indent="    "))
    if recipe.characters:
        output.result("\n[characters]  (where tokens = auto chooses characters)")
        for key, value in recipe.characters.items():
            output.result(f"{key} = {_written(value)}")
    output.detail("\nTo change one: --set NAME=VALUE; to keep changes: a .toml file, --model FILE.")
    output.document(
        {
            "preset": name,
            "about": recipe.about,
            "base": recipe.base,
            "settings": [one.to_dict() for one in settings],
            "characters": dict(recipe.characters),
        }
    )


def _written(value: Any) -> str:
    """A value as --set takes it, or a dash where a setting has none."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value)
