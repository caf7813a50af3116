"""What a document is: one text, or a title with a text."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["Document", "Label"]

Document: TypeAlias = str | tuple[str, str]
"""One text, or (title, text)."""

Label: TypeAlias = str | int | bool | float
"""A class as the user writes it."""
