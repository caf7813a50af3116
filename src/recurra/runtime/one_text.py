"""The answer to one short text: the same kernels as for many, in memory that is kept from text to text."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle
from recurra.kernels.compiled import kernels_of
from recurra.linear_branch import LinearBranch
from recurra.runtime.compiled_network import CompiledNetwork
from recurra.runtime.finite import checked_finite
from recurra.runtime.one_text_branch import OneTextBranch, UnknownWords
from recurra.runtime.one_text_network import OneTextNetwork
from recurra.text.encoding import CharacterEncoder, WordEncoder, code_points, scratch

__all__ = ["OneText"]

Array = npt.NDArray[np.float32]

# Texts of more bytes, or tokens, are answered like many: there the time goes into the kernels.
BYTES, TOKENS = 4096, 512


class OneText:
    """Answers one text at a time in a few microseconds more than the kernels take.

    Of the 40 µs for a text of 39 words and an LSTM of 8 units the kernels took 7: the others went into arrays that one
    text does not need (benchmarks/recurrence/LOG.md). Several threads may use it at the same time.

    Args:
        network: the network.
        table: float32[rows, columns], the first layer's input projections of the vocabulary.
        encoder: finds token ids.
        max_tokens: the network reads the first so many tokens; ``None`` if all.
        branch: the linear branch beside the network, if there is one.
    """

    def __init__(
        self,
        network: CompiledNetwork,
        table: Array,
        encoder: WordEncoder | CharacterEncoder,
        *,
        max_tokens: int | None,
        branch: LinearBranch | None = None,
    ) -> None:
        self._network, self._table, self._encoder, self._max_tokens = network, table, encoder, max_tokens
        self._branch = branch
        self._answer = getattr(kernels_of("inference.probabilities"), str(network.task.kernel))
        # Each call takes one, and puts it back.
        self._free: list[_Memory] = []

    @classmethod
    def of(cls, bundle: Bundle, network: Any) -> OneText | None:
        """The way for one text, or ``None`` where a model has none.

        Args:
            bundle: the model.
            network: its network.
        """
        if not isinstance(network, CompiledNetwork) or bundle.text.field != "all":
            return None
        encoder, pooling = bundle.pipeline.encoder, bundle.network.pooling
        if (
            not isinstance(encoder, WordEncoder | CharacterEncoder)
            or "attention" in pooling
            or (bundle.pad_to or 0) > TOKENS
        ):
            return None
        table = network.input_projection.table
        if network.task.kernel is None or table is None:
            return None
        return cls(network, table, encoder, max_tokens=bundle.text.max_tokens, branch=bundle.branch)

    def __call__(self, text: str) -> Array | None:
        """The probability of each class, float32[1, C]; ``None`` for a text that is too long, or not for the kernels.

        Raises:
            ModelFileError: a probability is not finite.
        """
        data = text.encode("utf-8", "replace")
        if len(data) > BYTES:
            return None
        try:
            memory = self._free.pop()
        except IndexError:
            memory = _Memory.of(self._network, self._table, self._branch)
        answer = self._answered(memory, data)
        self._free.append(memory)
        return answer if answer is None else checked_finite(answer)

    def _answered(self, memory: _Memory, data: bytes) -> Array | None:
        # No tokens: an empty text, or one that is not ASCII where words are defined by Unicode.
        count, most, least = self._find_ids(memory, data), self._max_tokens, self._network.pad_to
        if not 0 < count <= TOKENS:
            return None
        beside = None if memory.branch is None else memory.branch.outputs(memory.ids, count, memory.unknown_words())
        if most is not None and count > most:
            count = most
        rows = memory.network.rows
        rows[:count] = memory.ids[:count]
        if count < least:
            rows[count:least] = 0
            count = least
        logits = memory.network.logits(count)
        if beside is not None:
            logits = (logits[:, : self._network.outputs] + beside).astype(np.float32)
        answer = np.empty((1, self._network.outputs), dtype=np.float32)
        self._answer(0, 1, memory.order, logits, answer)
        return answer

    def _find_ids(self, memory: _Memory, data: bytes) -> int:
        """Writes the token ids of a text, and returns their number."""
        encoder = self._encoder
        if isinstance(encoder, CharacterEncoder):
            ids = encoder.ids(code_points(data))
            memory.ids[: len(ids)] = ids
            return len(ids)
        memory.bounds[1] = len(data)
        encoder.kernel(0, 1, np.frombuffer(data, dtype=np.uint8), memory.bounds, *encoder.tables, *memory.tokens)
        return int(memory.total[0])


class _Memory(NamedTuple):
    """The arrays of one call.

    Attributes:
        bounds: int64[2], where the text begins and ends.
        ids: int32, the token ids.
        total: int64[2], their number, and that of the unknown words that are written.
        tokens: what the kernel that finds ids writes to.
        network: of the recurrent network.
        branch: of the linear branch, if there is one.
        order: int64[1], zero.
    """

    bounds: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int32]
    total: npt.NDArray[np.int64]
    tokens: tuple[Any, ...]
    network: OneTextNetwork
    branch: OneTextBranch | None
    order: npt.NDArray[np.int64]

    @classmethod
    def of(cls, network: CompiledNetwork, table: Array, branch: LinearBranch | None) -> _Memory:
        """Memory for texts of up to :data:`BYTES` and :data:`TOKENS`."""
        ids, total = np.empty(BYTES, dtype=np.int32), np.zeros(2, dtype=np.int64)
        beside = None if branch is None else OneTextBranch(branch, tokens=TOKENS, size=BYTES)
        # Without room for unknown words, none is written.
        spelled = BYTES if beside is not None and beside.spells else 0
        written = (
            *scratch(BYTES), ids, np.empty(1, dtype=np.int64), np.empty(spelled, dtype=np.uint8),
            np.empty(spelled, dtype=np.int64), total,
        )  # fmt: skip
        return cls(
            np.zeros(2, dtype=np.int64), ids, total, written, OneTextNetwork(network, table, tokens=TOKENS), beside,
            np.zeros(1, dtype=np.int64),
        )  # fmt: skip

    def unknown_words(self) -> UnknownWords:
        """The unknown words of the text, if the branch asks for their letters."""
        *_, text, ends, total = self.tokens
        return UnknownWords(text, ends, int(total[1]))
