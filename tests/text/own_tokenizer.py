"""A tokenizer that is no part of Recurra, as a user's own file declares it."""

from __future__ import annotations

import recurra

NAME = "halves"


def halves(text: str) -> list[str]:
    """The first three letters of each word, and its rest with a mark before it; Case is kept."""
    tokens = []
    for word in text.split():
        tokens += [word[:3], *([f"##{word[3:]}"] if word[3:] else [])]
    return tokens


def register_halves() -> None:
    recurra.tokenizers.register(NAME, halves)
