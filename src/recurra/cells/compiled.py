"""The compiled forms of a cell, as traits: what the engines and the runtime ask before they call a kernel."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Compiled", "NumbaForm", "TorchForm", "TritonForm"]


class NumbaForm(NamedTuple):
    """Kernels for CPUs: the arrays that they need, in blocks of H columns.

    Attributes:
        kernels: their module in :mod:`recurra.kernels.training` and :mod:`recurra.kernels.inference`.
        early: blocks whose recurrent product is that of the state; that of the others needs these gates first.
        extra: blocks that forward keeps for backward beside gates and states.
        second: blocks that backward needs beside the gates.
        product_gradient: whether the gradient of the recurrent product is not that of the input projection. It then
            stands in ``second``, and that of the last block's b_H behind those of b.
    """

    kernels: str
    early: int
    extra: int = 0
    second: int = 0
    product_gradient: bool = False


class TorchForm(NamedTuple):
    """A layer of torch's own.

    Attributes:
        function: its name in :mod:`torch`.
        order: torch's order of gates as places in ours.
    """

    function: str
    order: tuple[int, ...]


class TritonForm(NamedTuple):
    """Kernels for GPUs: the branches that they take.

    Attributes:
        reset: where the reset gate of a GRU stands, ``after`` or ``before`` the recurrent product; ``none`` for other
            cells. One with a cell state is an LSTM, one without a SimpleRNN.
    """

    reset: Literal["none", "after", "before"] = "none"


class Compiled(NamedTuple):
    """Which kernels compute a cell; ``None`` where there are none.

    Attributes:
        numba: for training and predicting on CPUs.
        torch: of torch's own.
        triton: for training on GPUs.
    """

    numba: NumbaForm | None = None
    torch: TorchForm | None = None
    triton: TritonForm | None = None
