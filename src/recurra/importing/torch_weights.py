"""The weights of a state dict of torch: from safetensors, and the recurrent ones in Recurra's layout."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.bundle.format import LARGEST_HEADER
from recurra.bundle.strict_json import parse_json
from recurra.cells import cell_named
from recurra.errors import ModelFileError
from recurra.networks.shapes import DIRECTIONS

__all__ = ["READ", "Stack", "read_tensors", "take_recurrent"]

Array = npt.NDArray[np.float32]

READ = "Recurra computes one nn.Embedding, one nn.RNN, nn.GRU or nn.LSTM, and one nn.Linear."
"""What is read of a state dict, for errors."""

# By the number of gates: the blocks of rows of weight_ih and weight_hh.
_CELLS = {1: ("simple_rnn", "nn.RNN"), 3: ("gru", "nn.GRU"), 4: ("lstm", "nn.LSTM")}
_RECURRENT = re.compile(
    r"(?P<prefix>(?:.*\.)?)(?P<kind>weight_ih|weight_hh|bias_ih|bias_hh)_l(?P<layer>0|[1-9]\d{0,3})(?P<back>_reverse)?"
)
_DTYPES = ("F32", "F16", "F64")


class Stack(NamedTuple):
    """The recurrent layers of a state dict.

    Attributes:
        prefix: of its names, such as ``rnn.``.
        kind: such as ``nn.LSTM``.
        cell: Recurra's name of the cell.
        hidden: units in each direction.
        layers: number of layers.
        directions: 1 or 2.
        size: of a token's vector.
        parameters: number of its weights.
    """

    prefix: str
    kind: str
    cell: str
    hidden: int
    layers: int
    directions: int
    size: int
    parameters: int


def read_tensors(data: bytes) -> dict[str, Array]:
    """The tensors of a safetensors file as float32.

    Raises:
        ModelFileError: it is damaged, a model file of Recurra, or has tensors that are no such numbers.
    """
    length = int.from_bytes(data[:8], "little")
    if length > LARGEST_HEADER or 8 + length > len(data):
        raise ModelFileError("its safetensors header is cut or too long", "Save the state dict again.")
    header = parse_json(data[8 : 8 + length], "header", writer="safetensors")
    if not isinstance(header, dict):
        raise ModelFileError("it is no safetensors file", "Save it with safetensors.torch.save_file.")
    metadata = header.pop("__metadata__", {})
    if isinstance(metadata, dict) and "recurra" in metadata:
        raise ModelFileError("it is a model file of Recurra", "Use it as it is: recurra predict, inspect, serve.")
    for name, entry in header.items():
        dtype = entry.get("dtype") if isinstance(entry, dict) else None
        if dtype not in _DTYPES:
            raise ModelFileError(
                f"the tensor {name!r:.80} is {dtype!r:.40}, and {', '.join(_DTYPES)} are read",
                "Save it as float32: {name: value.float() for name, value in model.state_dict().items()}.",
            )
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return {name: value.astype(np.float32, copy=False) for name, value in load(data).items()}
    except (SafetensorError, ValueError, OverflowError) as error:
        raise ModelFileError(f"its tensors cannot be read ({str(error)[:80]})", "Save the state dict again.") from None


def take_recurrent(left: dict[str, Array]) -> tuple[dict[str, Array], Stack]:
    """Takes the recurrent weights out of a state dict and returns them by Recurra's names.

    Args:
        left: tensors by torch's names, from which they are removed.

    Raises:
        ModelFileError: there are none, those of several networks, or some are missing or have other shapes.
    """
    found: dict[str, dict[tuple[int, bool], dict[str, Array]]] = {}
    for name in list(left):
        parts = _RECURRENT.fullmatch(name)
        if parts:
            place = (int(parts["layer"]), bool(parts["back"]))
            found.setdefault(parts["prefix"], {}).setdefault(place, {})[parts["kind"]] = left.pop(name)
    if len(found) != 1:
        what = f"recurrent weights under {', '.join(map(repr, sorted(found)))!s:.120}" if found else "no weight_ih_l0"
        raise ModelFileError(f"it has {what}", READ)
    ((prefix, parts_of),) = found.items()
    layers, directions = 1 + max(layer for layer, _ in parts_of), 1 + any(back for _, back in parts_of)
    first = parts_of.get((0, False), {})
    shape_i, shape_h = (first[kind].shape if kind in first else () for kind in ("weight_ih", "weight_hh"))
    gates = shape_h[0] / shape_h[1] if len(shape_h) == 2 and shape_h[1] else 0
    if gates not in _CELLS or len(shape_i) != 2 or shape_i[0] != shape_h[0] or not shape_i[1]:
        raise ModelFileError(
            f"{prefix}weight_ih_l0 and {prefix}weight_hh_l0 have the shapes {list(shape_i)} and {list(shape_h)}", READ
        )
    name, kind = _CELLS[int(gates)]
    hidden, size = shape_h[1], shape_i[1]
    biased = "bias_ih" in first
    if set(parts_of) != {(layer, bool(back)) for layer in range(layers) for back in range(directions)}:
        raise ModelFileError(f"{prefix}… has weights of {len(parts_of)} layers or directions, and not of each", READ)
    tensors: dict[str, Array] = {}
    for (layer, back), weights in parts_of.items():
        inputs = hidden * directions if layer else size
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (shape_h[0], inputs), "weight_hh": shape_h}
        if biased:
            shapes |= {"bias_ih": shape_h[:1], "bias_hh": shape_h[:1]}
        if {one: weight.shape for one, weight in weights.items()} != shapes:
            raise ModelFileError(
                f"the weights of layer {layer} under {prefix!r:.80} have not the shapes of a {kind}({size}, {hidden})",
                READ,
            )
        into = f"layers.{layer}.{DIRECTIONS[back]}."
        tensors |= {into + one: weight for one, weight in _converted(name, hidden, weights).items()}
    count = sum(weight.size for weights in parts_of.values() for weight in weights.values())
    return tensors, Stack(prefix, kind, name, hidden, layers, directions, size, count)


def _converted(name: str, hidden: int, weights: Mapping[str, Array]) -> dict[str, Array]:
    """Torch's weights of one layer and direction in Recurra's layout: transposed, and the gates in its order.

    nn.RNN and nn.LSTM add two biases, of which the sum is kept; nn.GRU multiplies one of them by the reset gate.
    """
    cell = cell_named(name)
    torch_form = cell.compiled.torch
    order = np.argsort(torch_form.order) if torch_form else range(len(cell.gates))
    columns = np.concatenate([np.arange(gate * hidden, (gate + 1) * hidden) for gate in order])
    zeros = np.zeros(len(columns), dtype=np.float32)
    b, b_H = (weights.get(one, zeros)[columns] for one in ("bias_ih", "bias_hh"))
    biases = {"b": b, "b_H": b_H} if cell.recurrent_bias else {"b": b + b_H}
    matrices = {"W_I": weights["weight_ih"], "W_H": weights["weight_hh"]}
    return {**{one: np.ascontiguousarray(value[columns].T) for one, value in matrices.items()}, **biases}
