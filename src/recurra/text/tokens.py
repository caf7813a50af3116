"""Five tokenisers, each a function from one text to its tokens.

All of them read lone surrogates, which UTF-8 cannot encode, as question marks.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from functools import cache

from recurra.tokenizers import LOWERCASE_CHARACTERS

__all__ = [
    "TOKENISERS",
    "byte_tokens",
    "character_tokens",
    "lesson_tokens",
    "lowercase_character_tokens",
    "lowercase_points",
    "mark_characters",
    "word_tokens",
]

LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
PUNCTUATION = string.punctuation.encode()


def lesson_tokens(text: str) -> list[str]:
    """Keras's TextVectorization: ``standardize="lower_and_strip_punctuation"``, ``split="whitespace"``.

    A pass over bytes: only A to Z are lowered, the 32 ASCII punctuation marks are deleted without leaving a space, and
    the rest is split at ASCII white space alone (space, tab, line feed, vertical tab, form feed, carriage return), so
    that ``É`` keeps its case and a no-break space joins two words.
    """
    return [token.decode() for token in utf8(text).translate(LOWER, PUNCTUATION).split()]


def word_tokens(text: str) -> list[str]:
    """Words in Unicode lower case; each other character that is not white space is a token.

    A word is a run of letters, digits and underscores; apostrophes may stand inside it (``don't``). Combining marks and
    joiners belong to the character before them; otherwise words of Malayalam, Persian or Thai would be cut.
    """
    return word_pattern().findall(utf8(text).decode().lower())


def character_tokens(text: str) -> list[str]:
    """Code points, with white space and case unchanged."""
    return list(utf8(text).decode())


def lowercase_character_tokens(text: str) -> list[str]:
    """Code points, each in lower case where that is one code point (not ``İ``, whose lower case is two)."""
    return list(utf8(text).decode().translate(lowercase_points()))


def byte_tokens(text: str) -> list[str]:
    """Bytes of the UTF-8 encoding, each as the character U+0000 to U+00FF with the same number."""
    return list(utf8(text).decode("latin-1"))


TOKENISERS: dict[str, Callable[[str], list[str]]] = {
    "lesson": lesson_tokens,
    "words": word_tokens,
    "characters": character_tokens,
    LOWERCASE_CHARACTERS: lowercase_character_tokens,
    "bytes": byte_tokens,
}


def utf8(text: str) -> bytes:
    """The UTF-8 encoding, with lone surrogates as question marks."""
    return text.encode("utf-8", "replace")


@cache
def lowercase_points() -> dict[int, int]:
    """The lower case of each code point that has another one of one code point."""
    found = {}
    # Letters with case lie in planes 0 and 1; most blocks of 256 have none.
    for first in range(0, 0x20000, 256):
        block = "".join(map(chr, range(first, first + 256)))
        if block.lower() != block:
            lowered = ((ord(character), character.lower()) for character in block)
            found.update({point: ord(lower) for point, lower in lowered if len(lower) == 1 and ord(lower) != point})
    return found


@cache
def mark_characters() -> str:
    """Combining marks and the two joiners; cached because every code point that may be one is looked at."""
    # Marks lie in planes 0 and 1 and among the variation selectors of plane 14; U+200C and U+200D are the joiners.
    places = [*range(0x20000), *range(0xE0100, 0xE01F0)]
    return "".join(c for c in map(chr, places) if unicodedata.category(c) in {"Mn", "Mc", "Me"} or c in "\u200c\u200d")


@cache
def word_pattern() -> re.Pattern[str]:
    """The regular expression of :func:`word_tokens`; cached because of its many marks."""
    # Searching the long character class is slow; a lookahead for ASCII, which has no marks, avoids it in most cases.
    mark = rf"(?![\x00-\x7f])[{mark_characters()}]"
    word = rf"\w+(?:{mark}\w*)*"
    return re.compile(rf"{word}(?:['’]{word})*|[^\w\s](?:{mark})*")
