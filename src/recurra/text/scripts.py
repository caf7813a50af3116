"""Scripts that are written without spaces between words, and their share of a text."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

__all__ = ["code_points", "language_of", "unspaced_shares"]

# First and last code point of the blocks (Unicode 16, Blocks.txt) that hold a script's letters.
BLOCKS = {
    "Han": ((0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)),
    "Hiragana": ((0x3040, 0x309F),),
    "Katakana": ((0x30A0, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F)),
    "Thai": ((0x0E00, 0x0E7F),),
    "Lao": ((0x0E80, 0x0EFF),),
    "Myanmar": ((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)),
    "Khmer": ((0x1780, 0x17FF),),
}
# Chinese titles contain a little kana now and then; Japanese texts are at least a third kana.
KANA = 0.1


def code_points(texts: Iterable[str]) -> npt.NDArray[np.uint32]:
    """The code points of all texts, one text after the other, uint32[N]; lone surrogates become question marks."""
    joined = "".join(texts).encode("utf-8", "replace").decode()
    return np.frombuffer(joined.encode("utf-32-le"), dtype="<u4")


def unspaced_shares(texts: Iterable[str]) -> dict[str, float]:
    """The share of each script in :data:`BLOCKS` among all letters and marks; 0 if there are none."""
    points, counts = np.unique(code_points(texts), return_counts=True)
    found: Counter[str] = Counter()
    letters = 0
    for point, count in zip(points.tolist(), counts.tolist(), strict=True):
        if unicodedata.category(chr(point))[0] in "LM":
            letters += count
            found[_script(point)] += count
    return {script: found[script] / max(letters, 1) for script in BLOCKS}


def language_of(shares: dict[str, float]) -> str:
    """A description of such texts: the language, and the shares of its scripts from 1 % on.

    Args:
        shares: of :func:`unspaced_shares`.
    """
    whole, kana = sum(shares.values()), shares["Hiragana"] + shares["Katakana"]
    first = max(shares, key=lambda script: shares[script])
    if first in ("Han", "Hiragana", "Katakana"):
        language = "Japanese" if kana >= KANA * whole else "Chinese"
        parts = {"Han": shares["Han"], "kana": kana}
    else:
        language, parts = {"Myanmar": "Burmese"}.get(first, first), {first: shares[first]}
    named = [f"{share:.0%} {script}".replace("%", " %") for script, share in parts.items() if share >= 0.01]
    return f"{language} text, {' and '.join(named)}"


def _script(point: int) -> str:
    for script, blocks in BLOCKS.items():
        if any(first <= point <= last for first, last in blocks):
            return script
    return ""
