"""The hash table in which the compiled kernels look tokens up, with a random number of its own."""

from __future__ import annotations

import secrets
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.kernels.compiled import kernels_of

__all__ = ["TokenTable", "token_table"]

TokenTable: TypeAlias = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], int, npt.NDArray[np.int64]]


def token_table(tokens: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], room: int = 0) -> TokenTable:
    """The arguments ``tokens``, ``offsets``, ``basis`` and ``slots`` of :func:`recurra.kernels.token_table.row_of`.

    Args:
        tokens: uint8, the UTF-8 of N tokens.
        offsets: int64[N + 1], where each begins.
        room: tokens that the table has room for, if these are more than N.
    """
    count = max(room, len(offsets) - 1)
    basis, slots = secrets.randbits(62), np.zeros((1 << max(4, (2 * count).bit_length()), 2), dtype=np.int64)
    kernels_of("token_table").fill_table(tokens, offsets, basis, slots)
    return tokens, offsets, basis, slots
