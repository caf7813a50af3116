"""Every setting has a meaning, which is read from the one place where it is written."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from recurra.presets import Recipe, load_preset, preset_names
from recurra.presets.describe import describe_settings
from recurra.settings import Settings

SECTIONS = Recipe().sections()


@dataclass(frozen=True, kw_only=True)
class Colours(Settings):
    """Colours of a page.

    Attributes:
        ink: ``black`` or ``blue``, as in :class:`recurra.report.palette.Palette` and
            :func:`~recurra.report.page`; see 1: 2.
        paper: what is written on.

    Raises:
        SettingsError: never: this is no setting.
    """

    ink: Literal["black", "blue"] = "black"
    paper: str = "white"


def test_meanings_are_the_docstrings_attributes_without_markup() -> None:
    assert Colours.meanings() == {
        "ink": "black or blue, as in recurra.report.palette.Palette and recurra.report.page; see 1: 2.",
        "paper": "what is written on.",
    }
    assert Colours.fixed_choices() == {"ink": ("black", "blue")}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_has_a_meaning_and_every_meaning_a_setting(section: str) -> None:
    settings: Any = SECTIONS[section]
    assert [*settings.meanings()] == [field.name for field in dataclasses.fields(settings)]
    for meaning in settings.meanings().values():
        assert len(meaning) > 15
        assert meaning.endswith(".")
        assert "`" not in meaning


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_its_described_values(name: str) -> None:
    recipe = load_preset(name)
    found = describe_settings(recipe)
    values = {section: {one.name: one.value for one in found if one.section == section} for section in SECTIONS}
    assert Recipe.from_dict({**values, "about": recipe.about, "characters": recipe.characters}, name=name) == recipe
    assert {one.name: one.default for one in found} == {one.name: one.value for one in describe_settings(Recipe())}
