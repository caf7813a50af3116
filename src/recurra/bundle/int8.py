"""Int8 quantization of the weights: a model file of about a quarter of the size.

A matrix ``name`` becomes int8 ``name`` and float32 ``name.scale``: ``weight ≈ scale · whole number``, symmetric, from
-127 to 127 (Jacob et al. 2018, arXiv 1712.05877, with a zero point of 0). The embedding has a scale for each row, which
is a word's, and the linear branch one for each n-gram; the other matrices one for each output column, which is a gate's
unit. Of 10,000 training rows of AG News that changes fewer labels than one scale for the whole matrix (lesson/simple-
rnn-masked's embedding 2, 6 and 2 instead of 17, 13 and 14 over three seeds); for W_I the two axes are alike, for W_H of
an LSTM the columns are better.

``int8_compact``, which is for the smallest files, has one scale for each column everywhere: in a file of a few thousand
words and n-grams the scales of rows would take a fifth. On 8,751 of AG News's training rows that cost nothing (91.28 %
right either way, benchmarks/own_files/LOG.md).

Biases, diagonals and W_O stay float32, because they are too small to matter for the file, and so does the W_H of a
SimpleRNN: no gate damps its errors, which grow from word to word. In lesson/simple-rnn-masked it alone would change 51,
45 and 26 of these 10,000 labels, in lesson/lstm only 4, 6 and 6, in lesson/gru none and in lesson/bilstm 2 (one seed
each).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.bundle.bundle import Bundle
from recurra.bundle.schema import check_bundle
from recurra.cells import cell_named
from recurra.errors import ModelFileError
from recurra.linear_branch import LinearBranch
from recurra.networks.settings import NetworkSettings

__all__ = [
    "SCALE",
    "dequantize",
    "dequantize_tensors",
    "int8_axis",
    "int8_branch",
    "int8_bundle",
    "quantize",
    "quantize_tensors",
]

SCALE = ".scale"
LARGEST = 127
# A scale keeps 17 of float32's 24 bits, so that its product with seven bits is exact: what is quantized once gives the
# same whole numbers and the same scales when it is quantized again.
KEPT_BITS = np.uint32(0xFFFFFF80)
SMALLEST_SCALE = np.finfo(np.float32).tiny
LARGEST_SCALE = np.finfo(np.float32).max / LARGEST

_REWRITE = "Write the file again from the trained model."

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.int8]


def int8_axis(name: str, network: NetworkSettings, *, compact: bool = False) -> int | None:
    """The axis along which the values of a weight share a scale, or ``None`` if the weight stays float32."""
    last = name.rpartition(".")[2]
    if name in ("embedding", "branch.W", "branch.U"):
        return 0 if compact else 1
    if last in {"W_I", "W"}:
        return 0
    cell = cell_named(network.cell)
    return 0 if last == "W_H" and cell.gated and cell.recurrent_weights else None


def quantize(weight: FloatArray, *, axis: int) -> tuple[ByteArray, FloatArray]:
    """Quantizes a matrix to whole numbers, rounding half to even.

    The scale is the largest magnitude along the axis / 127, truncated to 17 significant bits; the largest whole number
    is still 127. Where the scale would be below float32's normal range (a largest magnitude under 1.5e-36, such as a
    row of zeros) scale and whole numbers are 0. Everywhere else the error of a weight is at most half a scale.

    Args:
        weight: float32[R, C], finite.
        axis: axis along which the values share a scale: 1 for one scale a row, 0 for one a column.

    Returns:
        int8[R, C], and float32[R] (axis 1) or float32[C] (axis 0).
    """
    scale = np.abs(weight).max(axis=axis, initial=0) / np.float32(LARGEST)
    scale = (scale.view(np.uint32) & KEPT_BITS).view(np.float32)
    scale[scale < SMALLEST_SCALE] = 0
    # In float64 the quotient is exact enough to be rounded as the true one would be.
    divisor = np.expand_dims(np.where(scale > 0, scale, np.inf).astype(np.float64), axis)
    return np.rint(weight / divisor).astype(np.int8), scale


def dequantize(values: ByteArray, scale: FloatArray, *, axis: int) -> FloatArray:
    """The weights that :func:`quantize` returned: float32[R, C], each product exact."""
    weights: FloatArray = values.astype(np.float32) * np.expand_dims(scale, axis)
    return weights


def int8_bundle(bundle: Bundle, *, compact: bool = False) -> Bundle:
    """The same model with weights rounded to int8, which its file will store as int8.

    Raises:
        ModelFileError: the parts of the model do not fit together.
    """
    check_bundle(bundle)
    stored = quantize_tensors(bundle.tensors, bundle.network, compact=compact)
    tensors = dequantize_tensors(stored, bundle.network, compact=compact)
    branch = int8_branch(bundle.branch, compact=compact) if bundle.branch else None
    return replace(bundle, tensors=tensors, branch=branch, weights="int8_compact" if compact else "int8")


def int8_branch(branch: LinearBranch, *, compact: bool = False) -> LinearBranch:
    """The same branch with weights rounded to int8."""
    axis = 0 if compact else 1
    W, U = (dequantize(*quantize(weights, axis=axis), axis=axis) for weights in (branch.W, branch.U))
    return replace(branch, W=W, U=U)


def quantize_tensors(
    tensors: dict[str, FloatArray], network: NetworkSettings, *, compact: bool = False
) -> dict[str, npt.NDArray[Any]]:
    """The tensors of an int8 file: int8 with their scales, and the ones that stay float32."""
    stored: dict[str, npt.NDArray[Any]] = {}
    for name, weight in tensors.items():
        axis = int8_axis(name, network, compact=compact)
        if axis is None:
            stored[name] = weight
        else:
            stored[name], stored[name + SCALE] = quantize(weight, axis=axis)
    return stored


def dequantize_tensors(
    stored: dict[str, npt.NDArray[Any]], network: NetworkSettings, *, compact: bool = False
) -> dict[str, npt.NDArray[Any]]:
    """The inverse of :func:`quantize_tensors`: float32 weights. ``stored`` is not trusted.

    Only values that :func:`quantize_tensors` returns are accepted, so that a file which is read and written again keeps
    its bytes. Tensors that are no weights are left for :func:`recurra.bundle.schema.check_bundle` to refuse.

    Raises:
        ModelFileError: a weight is not int8 where it should be, a scale is missing, or whole numbers and scales cannot
            come from a weight.
    """
    left, tensors = dict(stored), {}
    for name in stored:
        axis = int8_axis(name, network, compact=compact)
        if axis is not None:
            values = left.pop(name)
            scale = _checked_scale(name[:80], values, left.pop(name + SCALE, None), axis)
            tensors[name] = dequantize(values, scale, axis=axis)
    return left | tensors


def _checked_scale(name: str, values: npt.NDArray[Any], scale: npt.NDArray[Any] | None, axis: int) -> FloatArray:
    if values.dtype != np.int8 or values.ndim != 2:
        raise ModelFileError(f"The weight {name} is {_kind(values)}, not an int8 matrix", _REWRITE)
    if scale is None:
        raise ModelFileError(f"The tensor {name}{SCALE} is missing", _REWRITE)
    wanted = values.shape[1 - axis]
    if scale.dtype != np.float32 or scale.shape != (wanted,):
        raise ModelFileError(f"The tensor {name}{SCALE} is {_kind(scale)}, not float32[{wanted}]", _REWRITE)
    # NaN compares false, and a negative zero has a bit: neither passes.
    normal = (scale >= SMALLEST_SCALE) & (scale <= LARGEST_SCALE)
    bits = scale.view(np.uint32)
    good = (bits == 0) | (normal & (bits & ~KEPT_BITS == 0))
    if not good.all():
        raise ModelFileError(f"The tensor {name}{SCALE} holds {scale[~good][0]}, which is no scale", _REWRITE)
    largest = np.maximum(values.max(axis=axis, initial=0), -values.min(axis=axis, initial=0).astype(np.int16))
    wrong = largest != np.where(scale > 0, LARGEST, 0)
    if wrong.any():
        raise ModelFileError(
            f"The weight {name} goes up to {largest[wrong][0]} where its scale is {scale[wrong][0]:.3g}", _REWRITE
        )
    return scale


def _kind(tensor: npt.NDArray[Any]) -> str:
    return f"{tensor.dtype}{list(tensor.shape)}"
