"""What a Japanese page must not hold: English sentences, and spaces between Japanese characters."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

__all__ = ["english_left", "spaces_between_japanese"]

JAPANESE = "[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]"
# Markup within a sentence, which parts no words.
INLINE = re.compile(r"</?(?:a|b|bdi|code)\b[^>]*>")
# Three words of English in turn, punctuation between them or not.
ENGLISH = re.compile(r"[A-Za-z’']+(?:[ ,;:.]+[A-Za-z’']+){2,}")


def _texts(page: str) -> Iterable[str]:
    """The texts of a page: between block elements, and in the attributes that are read aloud or shown."""
    body = INLINE.sub("", re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL))
    shown = re.findall(r'(?:aria-label|title|data-head)="([^"]*)"', body)
    return [html.unescape(text) for text in (*re.split(r"<[^>]*>", body), *shown)]


def english_left(page: str, names: Iterable[str]) -> list[str]:
    """What looks like an English sentence.

    Args:
        page: HTML.
        names: what may stay in English: names, and the texts of documents.
    """
    left = []
    for text in _texts(page):
        for name in names:
            text = text.replace(name, "")
        left += [found[0] for found in ENGLISH.finditer(text)]
    return left


def spaces_between_japanese(page: str) -> list[str]:
    """Places where white space stands between two Japanese characters of a text."""
    found = re.compile(rf".{{0,20}}{JAPANESE}\s+{JAPANESE}.{{0,20}}")
    return [place[0] for text in _texts(page) for place in found.finditer(text.strip())]
