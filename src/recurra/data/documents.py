"""What a document is: one text, or a title with a text."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["Document", "Label", "LabelSet"]

Document: TypeAlias = str | tuple[str, str]
"""One text, or (title, text)."""

Label: TypeAlias = str | int | bool | float
"""A class as the user writes it."""

LabelSet: TypeAlias = tuple[Label, ...]
"""The labels of a row that may have several, or none."""
