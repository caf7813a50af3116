"""The vocabulary: the known tokens and their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from recurra.errors import DataError, ModelFileError
from recurra.text.settings import TextSettings

__all__ = ["PAD_ID", "SPECIAL_IDS", "UNKNOWN_ID", "Vocabulary"]

PAD_ID = 0
UNKNOWN_ID = 1
SPECIAL_IDS = 2


@dataclass(frozen=True)
class Vocabulary:
    """The known tokens; the id of a token is its index plus 2 (id 0 is the pad, id 1 any unknown token).

    Attributes:
        tokens: distinct and not empty, the most frequent first.
    """

    tokens: tuple[str, ...]

    @classmethod
    def learn(cls, counts: Mapping[str, int], settings: TextSettings) -> Vocabulary:
        """Keeps the most frequent tokens, in Keras's order.

        The order is: falling count, equal counts in reverse order of the UTF-8 bytes (z before y), which is also the
        reverse order of code points. ``tokens="bytes"`` always gives the 256 bytes, in rising order.

        Args:
            counts: of each token.
            settings: ``vocabulary_size`` (including the two special ids) and ``min_count`` limit the vocabulary.

        Raises:
            DataError: no token is left.
        """
        if settings.tokens == "bytes":
            return cls(tuple(map(chr, range(256))))
        ranked = sorted(
            ((count, token) for token, count in counts.items() if count >= settings.min_count), reverse=True
        )
        if not counts:
            raise DataError(
                "The vocabulary would be empty: no text has a token",
                "Give texts that are not empty, other tokens, or learn it from all that is read "
                "(vocabulary_from = 'all').",
            )
        if not ranked:
            raise DataError(
                f"The vocabulary would be empty: of {len(counts)} tokens none occurs {settings.min_count} times",
                "Give more texts, lower min_count, or learn it from all that is read (vocabulary_from = 'all').",
            )
        return cls(tuple(token for _, token in ranked[: settings.vocabulary_size - SPECIAL_IDS]))

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each known token."""
        return {token: place for place, token in enumerate(self.tokens, start=SPECIAL_IDS)}

    def to_tensors(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        """The tokens as two arrays: uint8[S], their UTF-8 bytes; int64[tokens + 1], the offsets of the tokens."""
        encoded = [token.encode() for token in self.tokens]
        offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum(list(map(len, encoded)), out=offsets[1:])
        return np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets

    @classmethod
    def from_tensors(
        cls, text: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], *, name: str = "vocabulary"
    ) -> Vocabulary:
        """Reads the arrays of :meth:`to_tensors` and checks everything.

        Args:
            text: uint8[S].
            offsets: int64[tokens + 1].
            name: of the tensors in the file, for errors.

        Raises:
            ModelFileError: arrays of a wrong type, offsets that do not divide the bytes into tokens, bytes that are not
                UTF-8, an empty token or one that is there twice.
        """
        if text.dtype != np.uint8 or offsets.dtype != np.int64 or text.ndim != 1 or offsets.ndim != 1:
            raise _broken(name, f"are {text.dtype}{list(text.shape)} and {offsets.dtype}{list(offsets.shape)}")
        if not len(offsets) or offsets[0] != 0 or offsets[-1] != len(text) or (offsets[1:] <= offsets[:-1]).any():
            raise _broken(name, f"have offsets that do not cut {len(text)} bytes into tokens")
        whole, bounds = text.tobytes(), offsets.tolist()
        try:
            tokens = tuple(whole[a:b].decode() for a, b in pairwise(bounds))
        except UnicodeDecodeError as error:
            raise _broken(name, f"hold bytes that are no UTF-8 ({error.object[:40]!r})") from error
        if len(set(tokens)) < len(tokens):
            raise _broken(name, "hold a token twice")
        return cls(tokens)


def _broken(name: str, what: str) -> ModelFileError:
    return ModelFileError(f"The tensors {name}.bytes and {name}.offsets {what}", "Save the model again.")
