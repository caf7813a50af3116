"""The compiled forms of a cell: what the engines and the runtime need to know to call its kernels."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["CompiledForms", "NumbaForm", "OnnxForm", "TorchForm", "TritonForm"]


class NumbaForm(NamedTuple):
    """Kernels for CPUs, and the arrays that they need, in blocks of H columns.

    Attributes:
        kernels: their module in :mod:`recurra.kernels.training` and :mod:`recurra.kernels.inference`.
        early: number of blocks whose recurrent product is that of the state; the product of the others needs the
            gates of these first; 0 of a cell without such a product.
        extra: number of blocks that forward stores for backward in addition to gates and states.
        second: number of blocks that backward needs in addition to the gates.
        product_gradient: whether the gradient of the recurrent product differs from that of the input projection. It is
            then in ``second``, and that of the last block's b_H follows those of b.
        pools: whether prediction has a kernel that pools as it reads, without the states of all tokens in memory.
        input_gates: whether the gates depend on the input alone, and prediction has a kernel that computes them once
            for a word.
    """

    kernels: str
    early: int
    extra: int = 0
    second: int = 0
    product_gradient: bool = False
    pools: bool = False
    input_gates: bool = False


class TorchForm(NamedTuple):
    """A layer that torch provides.

    Attributes:
        function: its name in :mod:`torch`.
        order: for each of torch's gates, its index in the cell's ``gates``.
    """

    function: str
    order: tuple[int, ...]


class TritonForm(NamedTuple):
    """Kernels for GPUs, and their branches.

    Attributes:
        reset: where the reset gate of a GRU stands, ``after`` or ``before`` the recurrent product; ``none`` for other
            cells. One with a cell state is an LSTM, one without a SimpleRNN.
        elementwise: the step of a cell without a recurrent product; ``none`` for those with one.
    """

    reset: Literal["none", "after", "before"] = "none"
    elementwise: Literal["none", "sru", "min_gru", "min_lstm"] = "none"


class OnnxForm(NamedTuple):
    """An operator that ONNX provides; other cells are exported as a Scan over their step.

    Attributes:
        operator: its name in ONNX.
        order: for each of ONNX's gates, its index in the cell's ``gates``.
        reset_after: whether the reset gate of a GRU stands after the recurrent product (``linear_before_reset``).
    """

    operator: str
    order: tuple[int, ...]
    reset_after: bool = False


class CompiledForms(NamedTuple):
    """The kernels of a cell; ``None`` if there are none.

    Attributes:
        numba: for training and prediction on CPUs.
        torch: a layer of torch.
        triton: for training on GPUs.
        onnx: an operator of exported networks.
    """

    numba: NumbaForm | None = None
    torch: TorchForm | None = None
    triton: TritonForm | None = None
    onnx: OnnxForm | None = None
