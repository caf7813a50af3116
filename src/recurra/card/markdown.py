"""Markdown that is safe for any text of a label or a record."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

__all__ = ["bullets", "plain", "quoted", "table"]

# Control characters, bidirectional controls and surrogates.
_ACTIVE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKS = re.compile(r"([\\`*_\[\]<>|#~$!])")
LONGEST = 80


def plain(value: object) -> str:
    """A value as escaped Markdown, in one line of at most 80 characters."""
    # Line breaks and tabs are white space, and only what is left may be active.
    text = _ACTIVE.sub("\ufffd", " ".join(str(value)[: 4 * LONGEST].split()))
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return _MARKS.sub(r"\\\1", text.replace("&", "&amp;"))


def quoted(value: object) -> str:
    """A value as a quoted string of YAML and TOML, both of which accept JSON strings."""
    return json.dumps(_ACTIVE.sub("\ufffd", str(value)), ensure_ascii=False)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """A table whose cells are Markdown; the columns with the numbers ``right`` are right-aligned."""
    rule = ["---:" if place in right else "---" for place in range(len(header))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))


def bullets(sentences: Sequence[str]) -> str:
    """Sentences as a bullet list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)
