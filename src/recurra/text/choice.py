"""``tokens = "auto"``: whether texts are read by words or by characters, by rules that a person can follow.

Looked at are at most 2,000 training rows, drawn from all of them by a fixed seed, the first 1,000 characters of each;
for the same rows the choice is the same. Then, in this order:

1. Three tenths of the letters or more are of a script that is written without spaces: characters.
2. The texts have two words or fewer on average, and more than half of the words are new from one half of the rows to
   the other, as with surnames: characters.
3. There are 500 rows or more, more than two fifths of the words are new so, and naive Bayes errs on trigrams of
   characters a fifth less than on words, by more than two standard errors, as where languages are mixed: characters.
   (New words alone do not tell: in Finnish or Korean they are twice as many as in English, and carry topics well.)
4. Otherwise: words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.text.naive_bayes import PLACES, crossfitted, trigrams
from recurra.text.scripts import language_of, unspaced_shares
from recurra.text.tokens import word_tokens

__all__ = ["LOOKED_AT", "TokenChoice", "choose_tokens", "looked_at"]

# Rows that are looked at, and characters of each: a fraction of a second's work for files of any size.
LOOKED_AT, CHARACTERS = 2_000, 1_000
# The first rule: the share of letters in scripts without spaces.
UNSPACED = 0.3
# The second: words a text, and the share of them that is new.
FEW_WORDS, MOST_ARE_NEW = 2.0, 0.5
# The third: rows, the share that is new, the part of the errors that must go, and by how many standard errors.
ENOUGH_ROWS, MANY_ARE_NEW, FEWER_ERRORS, STANDARD_ERRORS = 500, 0.4, 0.2, 2.0


@dataclass(frozen=True)
class TokenChoice:
    """What was chosen, and why.

    Attributes:
        tokens: ``words`` or ``characters``.
        reason: for people, such as ``Chinese text, 93 % Han``.
    """

    tokens: Literal["words", "characters"]
    reason: str

    def __str__(self) -> str:
        return f"{self.reason}: read by {self.tokens}"


def looked_at(rows: int) -> npt.NDArray[np.int64]:
    """The places of the rows that are looked at, rising, int64[at most 2,000]; the same for as many rows."""
    if rows <= LOOKED_AT:
        return np.arange(rows)
    # Not every so many rows: where classes take turns in a file, that could be one class alone.
    return np.sort(np.random.default_rng(0).choice(rows, LOOKED_AT, replace=False))


def choose_tokens(texts: Sequence[str], targets: npt.NDArray[np.int64] | None) -> TokenChoice:
    """Words or characters, by the rules above.

    Args:
        texts: B training texts, those that :func:`looked_at` names.
        targets: int64[B], their classes; ``None`` where a text may have several, which the third rule is not for.
    """
    texts = [text[:CHARACTERS] for text in texts]
    shares = unspaced_shares(texts)
    if sum(shares.values()) >= UNSPACED:
        return TokenChoice("characters", language_of(shares))
    # The halves are the rows of even and of odd place, and classes may take turns in a file.
    order = np.random.default_rng(0).permutation(len(texts))
    texts = [texts[place] for place in order.tolist()]
    words = [[word for word in word_tokens(text) if word[0].isalnum()] for text in texts]
    count = sum(map(len, words))
    if not count:
        return TokenChoice("words", "texts without words")
    share = _new(words)
    new = f"{_percent(share)} of the words are new from one half of the rows to the other"
    if count <= FEW_WORDS * len(texts) and share > MOST_ARE_NEW:
        return TokenChoice("characters", f"{count / len(texts):.1f} words a text, and {new}")
    if targets is not None and len(texts) >= ENOUGH_ROWS and share > MANY_ARE_NEW:
        by_word, by_trigram = _right(words, texts, targets[order])
        wrong, fewer = int((~by_word).sum()), int(by_trigram.sum()) - int(by_word.sum())
        # McNemar (1947): were both alike, a row that one of them alone has right would be either's by chance.
        if fewer >= FEWER_ERRORS * wrong and fewer > STANDARD_ERRORS * math.sqrt((by_word != by_trigram).sum()):
            less = f"a linear model errs {_percent(fewer / wrong)} less on characters"
            return TokenChoice("characters", f"{new}, and {less}")
    return TokenChoice("words", new)


def _new(words: Sequence[Sequence[str]]) -> float:
    """The share of words that do not occur in the other half of the rows."""
    halves = [[word for row in words[half::2] for word in row] for half in (0, 1)]
    known = [set(half) for half in halves]
    missing = sum(word not in known[1 - place] for place, half in enumerate(halves) for word in half)
    return missing / sum(map(len, halves))


def _right(
    words: Sequence[Sequence[str]], texts: Sequence[str], targets: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Rows that naive Bayes has right by words, and by trigrams."""
    ids: dict[str, int] = {}
    by_word = Ragged.from_lists([[ids.setdefault(word, len(ids)) for word in row] for row in words])
    return (
        crossfitted(by_word, targets, count=len(ids)),
        crossfitted(trigrams(texts), targets, count=PLACES),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
