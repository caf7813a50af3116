"""A recipe: all that a model is trained by, except the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from recurra.errors import SettingsError
from recurra.linear_branch.settings import BranchSettings
from recurra.networks.settings import NetworkSettings
from recurra.presets.training_settings import TrainingSettings
from recurra.settings import Settings, spread
from recurra.text.settings import TextSettings

__all__ = ["Recipe", "setting_names"]

# What of the settings is used before tokens are chosen.
DECIDED_BEFORE = frozenset(
    {"tokens", "field", "first_words", "vocabulary_from", "vocabulary_documents", "validation", "seed", "precision"}
)

_SECTIONS: dict[str, type[Settings]] = {
    "text": TextSettings,
    "network": NetworkSettings,
    "branch": BranchSettings,
    "training": TrainingSettings,
}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Text, network, branch and training settings under a name; what a preset's TOML file holds.

    Attributes:
        name: of the preset, such as ``lesson/lstm``, or the path of your own file; empty for neither.
        about: one sentence for people.
        base: of your own file, the shipped preset whose settings it has where it names none; else empty.
        text: how documents become tokens.
        network: the network's shape.
        branch: the linear branch beside it.
        training: how it learns.
        characters: settings that differ where ``tokens = "auto"`` chooses characters.
        vectors: pretrained vectors for the embedding, whose size then follows from them: a file, or a name
            (:data:`recurra.text.named_vectors.NAMED_VECTORS`).
    """

    name: str = ""
    about: str = ""
    base: str = ""
    text: TextSettings = field(default_factory=TextSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    branch: BranchSettings = field(default_factory=BranchSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    characters: Mapping[str, Any] = field(default_factory=dict)
    vectors: Path | str | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, name: str, base: Recipe | None = None) -> Recipe:
        """Builds a recipe from the tables ``text``, ``network``, ``branch``, ``training``; the rest is as in ``base``.

        A table ``characters`` may name settings of all three that differ where ``tokens = "auto"`` chooses characters;
        what is read and how rows are held out stays, as it comes before that choice.

        Args:
            values: of the TOML file.
            name: of the preset, for errors.
            base: has the settings that the tables do not name; without it they have their defaults.
        """
        base = cls() if base is None else base
        tables = [*_SECTIONS, "characters"]
        unknown = sorted(set(values) - {"about", "base", *tables})
        if unknown:
            raise SettingsError(
                f"The preset {name} has {unknown[0]!r:.80} at its top",
                f"There may be about, base, {', '.join(tables)}.",
            )
        given = {key: values.get(key, {}) for key in tables}
        for key, table in given.items():
            if not isinstance(table, Mapping):
                raise SettingsError(f"{key} in the preset {name} is {table!r:.80}", f"Make it a table: [{key}].")
        if given["text"].get("tokens") == "characters":
            base = base.with_options({"tokens": "characters"})
        sections: dict[str, Any] = {
            key: section.from_dict(
                {**getattr(base, key).to_dict(), **given[key]}, where=f"[{key}] of the preset {name}"
            )
            for key, section in _SECTIONS.items()
        }
        named = {setting for key in _SECTIONS for setting in given[key]}
        inherited = {setting: value for setting, value in base.characters.items() if setting not in named}
        sections["characters"] = {**inherited, **given["characters"]}
        about = values.get("about", "")
        if not isinstance(about, str):
            raise SettingsError(f"about in the preset {name} is {about!r:.80}", "Give a sentence in quotes.")
        recipe = cls(name=name, about=about, base=base.name, **sections)
        recipe._check_characters()
        return recipe

    def with_options(self, options: Mapping[str, Any]) -> Recipe:
        """The recipe with single settings changed; a setting's name says which table it belongs to.

        Args:
            options: such as ``{"hidden": 128, "epochs": 3}``; ``None`` is a value where a setting allows it.

        Raises:
            SettingsError: no table has such a setting.
        """
        characters = {key: value for key, value in self.characters.items() if key not in options}
        if self.text.tokens == "auto" and options.get("tokens") == "characters":
            # Told to do what it might have chosen, it does it as well as if it had.
            options, characters = {**characters, **options}, {}
        changes = spread(options, self.sections())
        return replace(
            self,
            characters=characters,
            text=self.text.replace(**changes["text"]),
            network=self.network.replace(**changes["network"]),
            branch=self.branch.replace(**changes["branch"]),
            training=self.training.replace(**changes["training"]),
        )

    def with_tokens(self, tokens: str) -> Recipe:
        """The recipe once it is chosen whether to read words or characters."""
        differing = self.characters if tokens == "characters" else {}
        return replace(self, characters={}).with_options({**differing, "tokens": tokens})

    def for_rows(self, rows: int) -> Recipe:
        """The recipe without subwords where there are more training rows than they are counted for."""
        most = self.branch.subword_rows
        return self if most is None or rows <= most else self.with_options({"subwords": 0})

    def sections(self) -> dict[str, Settings]:
        """The groups of settings by the name of their table in TOML."""
        return {key: getattr(self, key) for key in _SECTIONS}

    def _check_characters(self) -> None:
        """Raises where the table ``characters`` holds a mistake."""
        where = f"[characters] of the preset {self.name}"
        early = [name for name in self.characters if name in DECIDED_BEFORE]
        if early:
            raise SettingsError(f"{where} sets {early[0]}", "That is decided before the tokens are: set it for both.")
        changes = spread(self.characters, self.sections())
        for key, group in self.sections().items():
            type(group).from_dict({**group.to_dict(), **changes[key]}, where=where)


def setting_names() -> list[str]:
    """The names of all settings: of text, network, branch and training, in this order."""
    return [field.name for section in _SECTIONS.values() for field in fields(section)]  # type: ignore[arg-type]
