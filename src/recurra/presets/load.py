"""The presets by name, and recipes from your own files."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from recurra.cells import CELLS
from recurra.errors import SettingsError
from recurra.presets.recipe import Recipe
from recurra.settings import NO_BASE, choices

__all__ = ["load_preset", "preset_names", "presets_like"]

# The preset whose settings a file has where it names neither them nor a base.
BASE = "default"


def preset_names() -> list[str]:
    """The names of the shipped presets, the lesson's first and in the lesson's order."""
    lesson = ["lesson/simple-rnn-titles", "lesson/simple-rnn-masked", "lesson/gru", "lesson/lstm", "lesson/bilstm"]
    own = sorted(
        entry.name.removesuffix(".toml")
        for entry in resources.files("recurra.presets").iterdir()
        if entry.name.endswith(".toml")
    )
    return lesson + own


def load_preset(name: str | Path) -> Recipe:
    """Reads a shipped preset by its name, or your own from a path that ends in ``.toml``.

    What your own does not name is as in the shipped preset that it names as ``base``, in ``default`` if it names none;
    with ``base = "none"`` each setting has its own default.

    Raises:
        SettingsError: no such preset, or a mistake in the file.
    """
    if not isinstance(name, str | Path):
        raise SettingsError(
            f"The preset is {name!r:.80}",
            "Give its name or the path of your own; give a model as initial=.",
        )
    name = str(name)
    if name in preset_names():
        source = resources.files("recurra.presets").joinpath(*f"{name}.toml".split("/"))
        return Recipe.from_dict(tomllib.loads(source.read_text(encoding="utf-8")), name=name)
    if name.endswith(".safetensors"):
        raise SettingsError(
            f"The preset is {name!r:.80}, which is called like a model file",
            "TextClassifier.load reads a model, and fit(X, y, initial=path) or recurra train --from continue from it.",
        )
    if not name.endswith(".toml"):
        known = choices(name, preset_names(), "presets").rstrip(".")
        raise SettingsError(
            f"There is no preset {name!r:.80}", f"{_meant(name)}{known}; your own is a path that ends in .toml."
        )
    try:
        data = Path(name).read_bytes()
    except (OSError, ValueError) as error:
        # ValueError: a path with a null character, which no system call accepts.
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError(f"The preset {name} cannot be read: {reason}", "Check the path.") from error
    try:
        values = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        # Beside wrong syntax: bytes that are no UTF-8, a number too long to convert, lists in lists without end.
        raise SettingsError(f"The preset {name} is not TOML: {error}", "Correct the line that is named.") from error
    return Recipe.from_dict(values, name=name, base=_base(values.get("base", BASE), name))


def _base(base: object, name: str) -> Recipe | None:
    if base == NO_BASE:
        return None
    if base not in preset_names():
        known = choices(str(base), preset_names(), "presets")
        raise SettingsError(f"base in the preset {name} is {base!r:.80}", f"{known} {NO_BASE!r} is for none of them.")
    return load_preset(str(base))


def presets_like(name: str) -> list[str]:
    """Presets whose names a misspelt one resembles, the nearest first."""
    return get_close_matches(name.lower(), preset_names(), n=2, cutoff=0.7)


def _meant(name: str) -> str:
    """A question for who names a cell, or a preset of the lesson without its folder; else empty."""
    word = name.lower().replace("-", "_")
    meant = [preset for preset in preset_names() if preset.rpartition("/")[2].replace("-", "_") == word]
    if word in CELLS:
        # The comma ends what is written otherwise in Python.
        meant.append(f"--set cell={word}, the cell")
    return f"Did you mean {' or '.join(meant)}? " if meant else ""
