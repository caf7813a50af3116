"""Groups of settings check what they are given and name every mistake."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.errors import SettingsError
from recurra.networks.settings import NetworkSettings
from recurra.presets import TrainingSettings
from recurra.settings import Settings, at_least
from recurra.text.settings import TextSettings


@dataclass(frozen=True, kw_only=True)
class Example(Settings):
    number: int = 1
    real: float = 0.5
    flag: bool = False
    word: str = "a"
    choice: Literal["x", "y"] = "x"
    several: tuple[str, ...] = ("p",)
    maybe: int | None = None

    def __post_init__(self) -> None:
        at_least("number", self.number, 0)


def test_values_of_the_right_type_are_taken() -> None:
    values = {"number": 3, "real": 2, "flag": True, "word": "b", "choice": "y", "several": ["q", "r"], "maybe": 4}
    built = Example.from_dict(values, where="here")
    assert built == Example(number=3, real=2.0, flag=True, word="b", choice="y", several=("q", "r"), maybe=4)
    assert type(built.real) is float
    assert Example.from_dict({}, where="here") == Example()
    assert Example.from_dict({"maybe": None}, where="here").maybe is None


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("number", 1.0, "Give a whole number."),
        ("number", True, "Give a whole number."),
        ("number", "3", "Give a whole number."),
        ("number", None, "Give a whole number."),
        ("real", "0.5", "Give a number."),
        ("real", True, "Give a number."),
        ("flag", 1, "Give true or false."),
        ("flag", "true", "Give true or false."),
        ("word", 1, "Give a text."),
        ("word", ["a"], "Give a text."),
        ("choice", "z", "Choose one of x, y."),
        ("choice", True, "Choose one of x, y."),
        ("choice", ["x"], "Choose one of x, y."),
        ("several", "p", "Give a list, such as ['p']."),
        ("several", [1], "Give a text."),
        ("maybe", "4", "Give a whole number."),
    ],
)
def test_values_of_a_wrong_type_are_named(name: str, value: Any, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Example.from_dict({name: value}, where="the file")
    assert str(caught.value).startswith(f"{name} in the file is ")
    assert str(caught.value).endswith(hint)


def test_an_unknown_name_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingsError) as caught:
        Example.from_dict({"nubmer": 3}, where="the file")
    assert str(caught.value) == (
        "the file has the unknown setting 'nubmer'. "
        "Did you mean number? The settings here are choice, flag, maybe, number, real, several, word."
    )


@given(st.text(min_size=200, max_size=400))
def test_an_error_stays_one_short_line(value: str) -> None:
    for name in ("number", "choice", "several", "x" * 300):
        with pytest.raises(SettingsError) as caught:
            Example.from_dict({name: value}, where="the file")
        assert len(str(caught.value)) < 320
        assert len(str(caught.value).splitlines()) == 1


def test_replace_checks_again() -> None:
    assert Example(number=3).replace(word="b") == Example(number=3, word="b")
    with pytest.raises(SettingsError, match=r"number is -1\. Give 0 or more\."):
        Example().replace(number=-1)
    with pytest.raises(SettingsError, match="unknown setting 'other'"):
        Example().replace(other=1)


@pytest.mark.parametrize("kind", [TextSettings, NetworkSettings, TrainingSettings])
def test_settings_survive_json(kind: type[Settings]) -> None:
    values = json.loads(json.dumps(kind().to_dict()))
    assert kind.from_dict(values, where="JSON") == kind()
    assert values.keys() == {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [TextSettings, NetworkSettings, TrainingSettings])
def test_settings_are_frozen_and_named(kind: type[Settings]) -> None:
    built = kind()
    name = next(iter(built.to_dict()))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(built, name, None)
    with pytest.raises(TypeError):
        kind(1)  # type: ignore[call-arg]
    # Every setting is explained.
    assert [name for name in built.to_dict() if f"        {name}: " not in (kind.__doc__ or "")] == []


def test_a_setting_is_in_one_group_only() -> None:
    """Options on the command line name a setting alone."""
    names = [name for kind in (TextSettings, NetworkSettings, TrainingSettings) for name in kind().to_dict()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs is 0. Give 1 or more."),
        ({"batch_size": 0}, "batch_size is 0. Give 1 or more."),
        ({"batch_tokens": 0}, "batch_tokens is 0. Give 1 or more."),
        ({"patience": -1}, "patience is -1. Give 0 or more."),
        ({"clip": -0.5}, "clip is -0.5. Give 0 or more."),
        ({"clip": float("nan")}, "clip is nan. Give 0 or more."),
        ({"seed": -1}, "seed is -1. Give 0 or more."),
        ({"seed": 2**63}, "seed in the test is 9223372036854775808. Give 9,223,372,036,854,775,807 at most."),
        ({"clip": 10**5000}, "clip in the test is a number of 16,610 bits. "),
        ({"weight_decay": -1.0, "optimiser": "adamw"}, "weight_decay is -1.0. Give 0 or more."),
        ({"weight_decay": 0.1}, "weight_decay is 0.1 with adam. Set optimiser to adamw."),
        ({"learning_rate": 0.0}, "learning_rate is 0.0. Give a number above 0."),
        ({"learning_rate": float("nan")}, "learning_rate is nan. Give a number above 0."),
        ({"learning_rate": float("inf")}, "learning_rate is inf. Give a number above 0."),
        ({"epsilon": 0.0}, "epsilon is 0.0. Give a number above 0."),
        ({"warmup": 1.0}, "warmup is 1.0. Give a share from 0 up to, but not, 1."),
        ({"label_smoothing": -0.1}, "label_smoothing is -0.1. Give a share from 0 up to, but not, 1."),
        ({"averaging": 1.0}, "averaging is 1.0. Give a share from 0 up to, but not, 1."),
        ({"validation": 1.0}, "validation is 1.0. Give a share from 0 up to, but not, 1."),
    ],
)
def test_training_settings_out_of_range_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TrainingSettings.from_dict(settings, where="the test")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"vocabulary_size": 2}, "vocabulary_size is 2. Give 3 or more."),
        ({"min_count": 0}, "min_count is 0. Give 1 or more."),
        ({"first_words": 0}, "first_words is 0. Give 1 or more."),
        ({"vocabulary_documents": 0}, "vocabulary_documents is 0. Give 1 or more."),
        (
            {"tokens": "subwords"},
            "There is no tokenizer 'subwords'. Did you mean words? The tokenizers are auto, lesson, words, characters, "
            "bytes, jieba, sudachi, newmm",
        ),
    ],
)
def test_text_settings_out_of_range_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TextSettings.from_dict(settings, where="the test")
    assert str(caught.value).startswith(message)
