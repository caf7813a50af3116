"""Reading presets, the shipped ones by name and own ones by path."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from recurra.errors import SettingsError
from recurra.networks.settings import NetworkSettings
from recurra.presets.training_settings import TrainingSettings
from recurra.settings import Settings, choices, spread
from recurra.text.settings import TextSettings

__all__ = ["Preset", "load_preset", "preset_names"]

# What of the settings is used before tokens are chosen.
DECIDED_BEFORE = frozenset(
    {"tokens", "field", "first_words", "vocabulary_from", "vocabulary_documents", "validation", "seed", "precision"}
)

_SECTIONS: dict[str, type[Settings]] = {"text": TextSettings, "network": NetworkSettings, "training": TrainingSettings}


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Everything that is needed to train a kind of model, except the data.

    Attributes:
        name: ``lesson/lstm``, or an own file's path.
        about: one sentence for people.
        characters: settings that differ where ``tokens = "auto"`` chooses characters.
    """

    name: str
    about: str = ""
    text: TextSettings = field(default_factory=TextSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    characters: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, name: str) -> Preset:
        """Builds a preset from the tables ``text``, ``network`` and ``training``; the rest keeps its default.

        A table ``characters`` may name settings of all three that differ where ``tokens = "auto"`` chooses characters;
        what is read and how rows are held out stays, as it comes before that choice.
        """
        tables = [*_SECTIONS, "characters"]
        unknown = sorted(set(values) - {"about", *tables})
        if unknown:
            raise SettingsError(
                f"The preset {name} has {unknown[0]!r:.80} at its top", f"There may be about, {', '.join(tables)}."
            )
        sections: dict[str, Any] = {}
        for key in tables:
            table = values.get(key, {})
            if not isinstance(table, Mapping):
                raise SettingsError(f"{key} in the preset {name} is {table!r:.80}", f"Make it a table: [{key}].")
            sections[key] = (
                _SECTIONS[key].from_dict(table, where=f"[{key}] of the preset {name}") if key in _SECTIONS else table
            )
        about = values.get("about", "")
        if not isinstance(about, str):
            raise SettingsError(f"about in the preset {name} is {about!r:.80}", "Give a sentence in quotes.")
        preset = cls(name=name, about=about, **sections)
        preset._check_characters()
        return preset

    def with_options(self, options: Mapping[str, Any]) -> Preset:
        """The preset with single settings changed; a setting's name says which table it belongs to.

        Args:
            options: such as ``{"hidden": 128, "epochs": 3}``; ``None`` is a value where a setting allows it.

        Raises:
            SettingsError: no table has such a setting.
        """
        characters = {key: value for key, value in self.characters.items() if key not in options}
        if self.text.tokens == "auto" and options.get("tokens") == "characters":
            # Told to do what it might have chosen, it does it as well as if it had.
            options, characters = {**characters, **options}, {}
        changes = spread(options, self._groups())
        sections: dict[str, Any] = {key: group.replace(**changes[key]) for key, group in self._groups().items()}
        return Preset(name=self.name, about=self.about, characters=characters, **sections)

    def _groups(self) -> dict[str, Settings]:
        return {key: getattr(self, key) for key in _SECTIONS}

    def _check_characters(self) -> None:
        """Raises where the table ``characters`` holds a mistake."""
        where = f"[characters] of the preset {self.name}"
        early = [name for name in self.characters if name in DECIDED_BEFORE]
        if early:
            raise SettingsError(f"{where} sets {early[0]}", "That is decided before the tokens are: set it for both.")
        changes = spread(self.characters, self._groups())
        for key, group in self._groups().items():
            type(group).from_dict({**group.to_dict(), **changes[key]}, where=where)


def preset_names() -> list[str]:
    """The names of the shipped presets, the lesson's first and in the lesson's order."""
    lesson = ["lesson/simple-rnn-titles", "lesson/simple-rnn-masked", "lesson/gru", "lesson/lstm", "lesson/bilstm"]
    own = sorted(
        entry.name.removesuffix(".toml")
        for entry in resources.files("recurra.presets").iterdir()
        if entry.name.endswith(".toml")
    )
    return lesson + own


def load_preset(name: str) -> Preset:
    """Reads a shipped preset by its name, or an own one from a path that ends in ``.toml``.

    Raises:
        SettingsError: no such preset, or a mistake in the file.
    """
    if name in preset_names():
        source = resources.files("recurra.presets").joinpath(*f"{name}.toml".split("/"))
        return Preset.from_dict(tomllib.loads(source.read_text(encoding="utf-8")), name=name)
    if not name.endswith(".toml"):
        raise SettingsError(
            f"There is no preset {name!r:.80}",
            f"{choices(name, preset_names(), 'presets').rstrip('.')}; an own one is a path that ends in .toml.",
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
        raise SettingsError(f"The preset {name} is not TOML: {error}", "Mend the line that is named.") from error
    return Preset.from_dict(values, name=name)
