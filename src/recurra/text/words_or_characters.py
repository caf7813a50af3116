"""``tokens = "auto"``: chooses between words and characters, by simple rules on a sample of the training rows.

The sample is at most 2,000 training rows, drawn with a fixed seed, and the first 1,000 characters of each; the same
rows always lead to the same choice. The first rule that applies decides:

1. At least three tenths of the letters are of a script that is written without spaces: characters.
2. The texts have two words or fewer on average, and more than half of the words of one half of the rows do not occur in
   the other half, as with surnames: characters.
3. There are at least 500 rows, more than two fifths of the words do not occur in the other half, and naive Bayes makes
   a fifth fewer errors on character trigrams than on words, by more than two standard errors, as with mixed languages:
   characters. (New words alone do not suffice: Finnish and Korean have twice as many as English, and words serve well.)
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
from recurra.text.naive_bayes import PLACES, cross_val_correct, trigrams
from recurra.text.scripts import language_of, unspaced_shares
from recurra.text.tokens import word_tokens

__all__ = ["SAMPLED_ROWS", "TokenChoice", "choose_tokens", "sampled_places"]

# Rows in the sample, and characters of each: they take a fraction of a second for files of any size.
SAMPLED_ROWS, CHARACTERS = 2_000, 1_000
# The first rule: the share of letters in scripts without spaces.
UNSPACED = 0.3
# The second: words a text, and the share of words that are new.
FEW_WORDS, MOST_ARE_NEW = 2.0, 0.5
# The third: rows, the share of words that are new, by what part the errors must fall, and by how many standard errors.
ENOUGH_ROWS, MANY_ARE_NEW, FEWER_ERRORS, STANDARD_ERRORS = 500, 0.4, 0.2, 2.0


@dataclass(frozen=True)
class TokenChoice:
    """The chosen kind of tokens, and the reason.

    Attributes:
        tokens: ``words`` or ``characters``.
        reason: for the user, such as ``Chinese text, 93 % Han``.
    """

    tokens: Literal["words", "characters"]
    reason: str

    def __str__(self) -> str:
        return f"{self.reason}: read by {self.tokens}"


def sampled_places(rows: int) -> npt.NDArray[np.int64]:
    """The indices of the sampled rows, rising, int64[at most 2,000]; they depend only on the number of rows."""
    if rows <= SAMPLED_ROWS:
        return np.arange(rows)
    # Random rather than every n-th row: if classes alternate in a file, that could be a single class.
    return np.sort(np.random.default_rng(0).choice(rows, SAMPLED_ROWS, replace=False))


def choose_tokens(texts: Sequence[str], targets: npt.NDArray[np.int64] | None) -> TokenChoice:
    """Chooses words or characters by the rules above.

    Args:
        texts: B training texts, those at :func:`sampled_places`.
        targets: int64[B], their classes; ``None`` for multi-label rows, to which the third rule does not apply.
    """
    texts = [text[:CHARACTERS] for text in texts]
    shares = unspaced_shares(texts)
    if sum(shares.values()) >= UNSPACED:
        return TokenChoice("characters", language_of(shares))
    # The halves are the even and the odd rows, and classes may alternate in a file.
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
        # McNemar (1947): if both were equally good, a row that only one has right would be either's with equal chance.
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
    """Which rows naive Bayes has right by words, and by trigrams."""
    ids: dict[str, int] = {}
    by_word = Ragged.from_lists([[ids.setdefault(word, len(ids)) for word in row] for row in words])
    return (
        cross_val_correct(by_word, targets, count=len(ids)),
        cross_val_correct(trigrams(texts), targets, count=PLACES),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
