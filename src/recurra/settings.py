"""Frozen groups of settings that read themselves from TOML or JSON and name every mistake."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, Literal, Self, Union, get_args, get_origin, get_type_hints

from recurra.errors import SettingsError

__all__ = ["NO_BASE", "OTHER_NAMES", "Settings", "choices", "setting_meant", "spread"]


# What 64 bits hold; no setting means more.
LARGEST_NUMBER = 2**63 - 1

NO_BASE = "none"
"""What a preset's file that names every setting itself has as its ``base``."""

# Names that are listed beside the one that was probably meant.
FEW = 16

OTHER_NAMES = {
    "learning_rate": ("lr", "rate", "eta", "step_size"),
    "epochs": ("num_epochs", "n_epochs", "max_epochs", "max_iter", "num_train_epochs"),
    "batch_size": ("bs", "batch", "minibatch", "train_batch_size"),
    "seed": ("random_state", "random_seed"),
    "hidden": ("hidden_size", "hidden_dim", "hidden_units", "num_hidden", "rnn_size", "rnn_units", "units"),
    "layers": ("num_layers", "n_layers", "depth"),
    "embedding": ("embedding_dim", "embedding_size", "embed_dim", "embed_size", "emb_dim"),
    "cell": ("cell_type", "rnn", "rnn_type"),
    "bidirectional": ("bidir", "directions"),
    "pooling": ("pool",),
    "vocabulary_size": ("vocab_size", "vocab", "max_features", "max_vocab", "num_words"),
    "min_count": ("min_freq", "min_df"),
    "max_tokens": ("max_len", "max_length", "maxlen", "seq_len", "seq_length", "max_seq_length"),
    "tokens": ("tokenizer", "tokeniser"),
    "optimiser": ("optimizer", "optim"),
    "clip": ("grad_clip", "clip_norm", "clipnorm", "max_grad_norm"),
    "decay": ("lr_decay", "schedule", "scheduler", "lr_scheduler"),
    "warmup": ("warmup_steps", "warmup_ratio"),
    "class_weights": ("class_weight",),
    "validation": ("validation_split", "val_split", "validation_size", "val_size", "test_size", "validation_fraction"),
    "patience": ("early_stopping", "early_stopping_patience", "n_iter_no_change"),
}
"""What settings are called elsewhere, by their name here."""

_KINDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


class Settings:
    """Base of the frozen dataclasses that hold settings.

    A field's annotation is its check: ``int``, ``float``, ``str``, ``bool``, ``Literal[...]``, ``tuple[str, ...]``
    or one of these ``| None``. Subclasses check ranges and combinations in ``__post_init__``, and say in their
    docstring what each field means: :meth:`meanings` reads it there.

    Attributes:
        list_choices: the values that a list may hold, by its setting, for messages.
    """

    list_choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, where: str) -> Self:
        """Builds the settings from plain values; what is not named keeps its default.

        Args:
            values: as read from TOML or JSON.
            where: the place the values come from, for errors; empty if they come from no place that has a name.

        Raises:
            SettingsError: an unknown name or a value of the wrong type or range.
        """
        hints = get_type_hints(cls)
        names = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
        unknown = sorted(set(values) - names)
        if unknown:
            raise SettingsError(
                f"{where or cls.__name__} has the unknown setting {unknown[0]!r:.80}",
                choices(unknown[0], sorted(names), "settings here"),
            )
        return cls(
            **{
                name: _checked(
                    value, hints[name], f"{name} in {where}" if where else name, cls.list_choices.get(name, ())
                )
                for name, value in values.items()
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; :meth:`from_dict` reads them back."""
        plain = dataclasses.asdict(self)  # type: ignore[call-overload]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}

    @classmethod
    def meanings(cls) -> dict[str, str]:
        """What each setting means, by its name, as the class's docstring says; empty where Python has dropped it."""
        _, _, attributes = inspect.cleandoc(cls.__doc__ or "").partition("Attributes:\n")
        found: dict[str, str] = {}
        name = ""
        for line in attributes.split("\n"):
            if begin := re.match(r" {4}(\w+): (.*)", line):
                name = begin[1]
                found[name] = begin[2]
            elif name and line.startswith(" " * 8):
                found[name] += f" {line.strip()}"
            else:
                break
        return {name: re.sub(r":\w+:`~?([^`]*)`", r"\1", meaning).replace("``", "") for name, meaning in found.items()}

    @classmethod
    def fixed_choices(cls) -> dict[str, tuple[str, ...]]:
        """The values of the settings that have a fixed list of them, by name."""
        hints = get_type_hints(cls)
        fields = dataclasses.fields(cls)  # type: ignore[arg-type]
        return {one.name: get_args(hints[one.name]) for one in fields if get_origin(hints[one.name]) is Literal}

    def replace(self, **changes: Any) -> Self:
        """The same settings with some changed, checked again. Errors name the setting."""
        return type(self).from_dict({**self.to_dict(), **changes}, where="")


def choices(word: str, names: Collection[str], what: str) -> str:
    """What to do about a name that does not exist: the one that was probably meant, and all there are if they are few.

    Nobody looks for a name among dozens once the right one is said.
    """
    known = setting_meant(word)
    close = [known] if known in names else get_close_matches(word, names, n=1, cutoff=0.75)
    if close and len(names) > FEW:
        return f"Did you mean {close[0]}?"
    return f"{f'Did you mean {close[0]}? ' if close else ''}The {what} are {', '.join(names)}."


def setting_meant(word: str) -> str | None:
    """The setting that is called so elsewhere, such as ``learning_rate`` for ``lr``."""
    return next((name for name, others in OTHER_NAMES.items() if word.lower() in others), None)


def spread(options: Mapping[str, Any], sections: Mapping[str, Settings]) -> dict[str, dict[str, Any]]:
    """Sorts single settings by the group that has them; a setting's name says which.

    Args:
        options: such as ``{"hidden": 128, "epochs": 3}``.
        sections: groups of settings that share no name.

    Raises:
        SettingsError: no group has such a setting.
    """
    changes: dict[str, dict[str, Any]] = {key: {} for key in sections}
    for name, value in options.items():
        home = next((key for key in sections if name in sections[key].to_dict()), None)
        if home is None:
            known = sorted(name for section in sections.values() for name in section.to_dict())
            raise SettingsError(f"There is no setting {name!r:.80}", choices(name, known, "settings"))
        changes[home][name] = value
    return changes


def at_least(name: str, value: float, least: float) -> None:
    """Raises if a setting is below its least value (or not a number)."""
    if not value >= least:
        raise SettingsError(f"{name} is {value}", f"Give {least} or more.")


def share(name: str, value: float) -> None:
    """Raises if a setting is not in [0, 1)."""
    if not 0 <= value < 1:
        raise SettingsError(f"{name} is {value}", "Give a share from 0 up to, but not, 1.")


def _checked(value: Any, hint: Any, where: str, in_list: tuple[str, ...] = ()) -> Any:
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        # Python turns no number of more than 4,300 digits into text.
        shown = value if value.bit_length() <= 128 else f"a number of {value.bit_length():,} bits"
        raise SettingsError(f"{where} is {shown}", f"Give {LARGEST_NUMBER:,} at most.")
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        return None if value is None else _checked(value, options[0], where, in_list)
    if origin is Literal:
        if value in get_args(hint) and not isinstance(value, bool):
            return value
        raise SettingsError(f"{where} is {value!r:.80}", f"Choose one of {', '.join(map(str, get_args(hint)))}.")
    if origin is tuple:
        if isinstance(value, list | tuple):
            return tuple(_checked(item, get_args(hint)[0], where) for item in value)
        raise SettingsError(f"{where} is {value!r:.80}", _list_hint(value, in_list))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise SettingsError(f"{where} is {value!r:.80}", f"Give {_KINDS[hint]}.")


def _list_hint(value: Any, choices: tuple[str, ...]) -> str:
    """How a list is given; of a value that no list may hold, one of those that it may."""
    if not choices or value in choices:
        return f"Give a list, such as [{value!r:.40}]."
    return f"Give a list of one or more of {', '.join(choices)}, such as [{choices[0]!r}]."
