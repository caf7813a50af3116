"""A recipe as the TOML file that ``recurra train --model`` reads."""

from __future__ import annotations

import json
from typing import Any

from recurra.presets import Recipe
from recurra.settings import NO_BASE

__all__ = ["recipe_toml"]


def recipe_toml(recipe: Recipe) -> str:
    """The file's text; what is ``None``, which TOML has no word for, keeps its default there."""
    lines = [f"about = {json.dumps(recipe.about, ensure_ascii=False)}", f"base = {json.dumps(NO_BASE)}"]
    for section in ("text", "network", *(["branch"] if recipe.branch.branch else []), "training"):
        lines += ["", f"[{section}]"]
        values = getattr(recipe, section).to_dict()
        lines += [f"{name} = {_value(value)}" for name, value in values.items() if value is not None]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    # JSON's words, numbers and basic strings are TOML's, too.
    return json.dumps(value, ensure_ascii=False)
