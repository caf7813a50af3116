"""Settings of the linear branch."""

from __future__ import annotations

from dataclasses import dataclass

from recurra.errors import SettingsError
from recurra.settings import Settings, at_least

__all__ = ["BranchSettings"]

# Tokens of an n-gram, and characters of a subword, at most.
LONGEST = 16


@dataclass(frozen=True, kw_only=True)
class BranchSettings(Settings):
    """Settings of the linear branch beside the network.

    Attributes:
        branch: whether there is a linear branch beside the network.
        ngrams: tokens of the longest n-gram that the branch counts.
        subwords: characters of the longest n-gram of a word's characters that the branch counts; 0 for none. Only where
            tokens are words.
        subword_rows: subwords are counted where training has no more rows than this, for they take most of the time and
            tell least where rows are many; ``None`` counts them anyway.
        ngram_decay: what the squared value of an n-gram is multiplied by for each token after the first: the smaller,
            the more is a long n-gram penalised, which has shorter ones in it. In (0, 1].
        ngram_count: largest number of n-grams of two and more tokens, and of subwords; the most frequent are taken.
        branch_weights: largest number of weights, of which each word, n-gram and subword has one for each output;
            n-grams of two and more tokens, and subwords, get half of what words leave, the most frequent first.
        ngram_min_count: how often an n-gram of two or more tokens, or a subword, must occur.
        branch_max_tokens: read only the first so many tokens of a document, but no fewer than the network, which has
            ``max_tokens``; ``None`` reads as many as the network.
        language_models: whether language models of the classes over the same n-grams are added, with the share that the
            held-out rows choose. Only where a row has one label.
        branch_penalty: λ of λ/2 |w|², which is added to the summed loss of all rows.
    """

    branch: bool = False
    ngrams: int = 2
    subwords: int = 5
    subword_rows: int | None = None
    ngram_decay: float = 1.0
    ngram_count: int = 200_000
    branch_weights: int = 8_000_000
    ngram_min_count: int = 2
    branch_max_tokens: int | None = None
    language_models: bool = False
    branch_penalty: float = 1 / 64

    def __post_init__(self) -> None:
        at_least("ngrams", self.ngrams, 1)
        at_least("subwords", self.subwords, 0)
        for name, value in (("ngrams", self.ngrams), ("subwords", self.subwords)):
            if value > LONGEST:
                # Each token of a text may begin as many n-grams: a file must not ask for more memory than there is.
                raise SettingsError(f"{name} is {value}", f"Give {LONGEST} or less.")
        if self.subword_rows is not None:
            at_least("subword_rows", self.subword_rows, 0)
        if self.branch_max_tokens is not None:
            at_least("branch_max_tokens", self.branch_max_tokens, 1)
        if not 0 < self.ngram_decay <= 1:
            raise SettingsError(f"ngram_decay is {self.ngram_decay}", "Give more than 0, and 1 at most.")
        at_least("ngram_count", self.ngram_count, 1)
        at_least("branch_weights", self.branch_weights, 1)
        at_least("ngram_min_count", self.ngram_min_count, 1)
        at_least("branch_penalty", self.branch_penalty, 1e-6)

    def tokens_read(self, by_network: int | None) -> int | None:
        """How many tokens of a document are read; ``None`` for all.

        Args:
            by_network: how many the network reads; ``None`` for all.
        """
        return None if by_network is None else max(by_network, self.branch_max_tokens or 0)

    def most(self, *, outputs: int, known: int, subwords: bool) -> int:
        """The largest number of n-grams of two and more tokens, and of subwords.

        Args:
            outputs: L, of the branch.
            known: V, tokens with an id.
            subwords: whether there are subwords.
        """
        room = (self.branch_weights // outputs - known) // (2 if subwords else 1)
        return min(self.ngram_count, max(room, 1))

    def counts_subwords(self, tokens: str) -> bool:
        """Whether subwords are counted where tokens are of this kind: a single character has none."""
        return self.subwords > 0 and tokens not in ("characters", "bytes")
