"""What a file does not say of its model, and a user does."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from recurra.errors import SettingsError
from recurra.tokenizers import BUILT_IN, check_tokenizer

__all__ = ["KINDS", "ImportOptions"]

KINDS = tuple(name for name in BUILT_IN if name != "auto")
"""The built-in ways of cutting texts."""

_OPTIONS = {"pad_to": "--pad-to", "multi_label": "--multi-label"}


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """What a file does not say of its model; ``None`` or ``False`` for what is left out.

    Attributes:
        vocabulary: a file with a token in each line, in the order of their ids.
        labels: the labels in the order of the outputs, with commas between them, or a file with one in each line.
        tokens: how texts are cut (:class:`recurra.text.TextSettings`).
        pad_to: of a model that reads pads, the length to which shorter texts are padded.
        pooling: how states become one vector, such as ``last`` or ``mean,max``; of a state dict.
        multi_label: each output is a label of its own, with a sigmoid; of a state dict.
        embedding: the name of the embedding's weight; of a state dict in which two may be meant.
    """

    vocabulary: Path | None = None
    labels: str | None = None
    tokens: str | None = None
    pad_to: int | None = None
    pooling: str | None = None
    multi_label: bool = False
    embedding: str | None = None

    def __post_init__(self) -> None:
        if self.tokens == "auto":
            raise SettingsError(
                "--tokens is auto, which training decides by its rows", f"Give one of {', '.join(KINDS)}."
            )
        if self.tokens is not None:
            check_tokenizer(self.tokens)

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
