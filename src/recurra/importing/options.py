"""What a file does not say of its model, and a user does."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, fields
from typing import Any

from recurra.data.plain_values import plain_list, plain_value
from recurra.errors import SettingsError
from recurra.tokenizers import BUILT_IN, check_tokenizer

__all__ = ["KINDS", "ImportOptions", "as_arguments"]

KINDS = tuple(name for name in BUILT_IN if name != "auto")
"""The built-in ways of cutting texts."""

_OPTIONS = {"pad_to": "--pad-to", "multi_label": "--multi-label"}
_LISTS = ("vocabulary", "labels", "pooling")
_AS_OPTION = re.compile(
    r"--(?P<name>pad-to|multi-label|vocabulary|labels|tokens|pooling|embedding)\b(?: (?P<value>[A-Z]+\b|\w+,\w+))?"
)


def as_arguments(words: str) -> str:
    """A sentence on options as the command has them with the names that they have in :class:`ImportOptions`."""

    def argument(found: re.Match[str]) -> str:
        name, value = found["name"].replace("-", "_"), found["value"]
        return name if value is None else f"{name}={value if value.isupper() else repr(value)}"

    return _AS_OPTION.sub(argument, words)


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """What a file does not say of its model; ``None`` or ``False`` for what is left out.

    Attributes:
        vocabulary: the tokens in the order of their ids, or a file with one in each line.
        labels: the labels in the order of the outputs: a list, a text with commas between them, or a file with one in
            each line. In a list they are texts, whole numbers, numbers or booleans, as given.
        tokens: how texts are cut (:class:`recurra.text.TextSettings`).
        pad_to: of a model that reads pads, the length to which shorter texts are padded.
        pooling: how states become one vector, such as ``last``, ``mean,max`` or ``["mean", "max"]``; of a state dict.
        multi_label: each output is a label of its own, with a sigmoid; of a state dict.
        embedding: the name of the embedding's weight; of a state dict in which two may be meant.

    Raises:
        SettingsError: a list is given as something without an order, or ``tokens`` names no way of cutting texts.
    """

    vocabulary: str | os.PathLike[str] | Sequence[str] | None = None
    labels: str | Sequence[Any] | None = None
    tokens: str | None = None
    pad_to: int | None = None
    pooling: str | Sequence[str] | None = None
    multi_label: bool = False
    embedding: str | None = None

    def __post_init__(self) -> None:
        if self.tokens == "auto":
            raise SettingsError(
                "tokens is auto, which training decides by its rows", f"Give one of {', '.join(KINDS)}."
            )
        if self.tokens is not None:
            check_tokenizer(self.tokens)
        for name in _LISTS:
            value = getattr(self, name)
            if value is not None and not isinstance(value, str | os.PathLike):
                object.__setattr__(self, name, _listed(name, value))

    def refuse(self, *names: str, why: str) -> None:
        """Refuses options that say what the file says itself.

        Raises:
            SettingsError: one of these is given.
        """
        known = {field.name for field in fields(self)}
        for name in names:
            value: Any = getattr(self, name) if name in known else None
            if value is not None and value is not False:
                option = _OPTIONS.get(name, f"--{name}")
                raise SettingsError(f"{option} is given, and {why}", f"Leave {option} out.")


def _listed(name: str, value: Any) -> tuple[Any, ...]:
    """The values of a list, an array or a column.

    Raises:
        SettingsError: it has no order, or values that are not texts where only these can be meant.
    """
    if isinstance(value, Set | Mapping | bytes) or not hasattr(value, "__iter__") or getattr(value, "ndim", 1) != 1:
        raise SettingsError(f"{name} is {value!r:.60}", "Give a list: it has an order.")
    values = tuple(map(plain_value, plain_list(value)))
    wrong = [one for one in values if not isinstance(one, str)]
    if wrong and name != "labels":
        raise SettingsError(f"{name} holds {wrong[0]!r:.60}", "Give a list of texts.")
    return values
