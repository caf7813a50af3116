"""State dicts of torch, saved as safetensors: nn.Embedding, one of nn.RNN, nn.GRU and nn.LSTM, nn.Linear."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle
from recurra.bundle.format import LARGEST_HEADER
from recurra.bundle.strict_json import parse_json
from recurra.cells import cell_named
from recurra.errors import ModelFileError, SettingsError
from recurra.importing.imported import Imported, ImportedLayer, Output, rows_for, sigmoid_output, softmax_output
from recurra.importing.names import KnownTokens, labels_of, vocabulary_in
from recurra.importing.options import ImportOptions
from recurra.importing.source import Source
from recurra.networks.settings import POOLINGS, NetworkSettings
from recurra.networks.shapes import DIRECTIONS
from recurra.text import TextSettings, Vocabulary
from recurra.tokenizers import BUILT_IN

__all__ = ["import_state_dict"]

Array = npt.NDArray[np.float32]

# By the number of gates: the blocks of rows of weight_ih and weight_hh.
_CELLS = {1: ("simple_rnn", "nn.RNN"), 3: ("gru", "nn.GRU"), 4: ("lstm", "nn.LSTM")}
_RECURRENT = re.compile(
    r"(?P<prefix>(?:.*\.)?)(?P<kind>weight_ih|weight_hh|bias_ih|bias_hh)_l(?P<layer>0|[1-9]\d{0,3})(?P<back>_reverse)?"
)
_DTYPES = ("F32", "F16", "F64")
_POOLINGS = tuple(name for name in POOLINGS if name != "attention")
_READ = "Recurra computes one nn.Embedding, one nn.RNN, nn.GRU or nn.LSTM, and one nn.Linear."


class _Stack(NamedTuple):
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


def import_state_dict(source: Source, options: ImportOptions) -> Imported:
    """The state dict of a classifier in torch as a model of Recurra.

    The shapes tell the cell, layers and directions; pooling, tokens and vocabulary are options.

    Args:
        source: a safetensors file, which is not trusted.
        options: what the file does not say.

    Raises:
        ModelFileError: the file is damaged, or holds weights of something else.
        SettingsError: an option is missing.
    """
    left = _read(source.data)
    notes: list[str] = []
    tensors, stack = _recurrent(left)
    embedding = _embedding(left, stack, options)
    pooling = _pooling(options)
    rows = left.pop(embedding)
    output, linear, parameters = _output(left, stack.hidden * stack.directions * len(pooling), pooling, options)
    known, text = _text(options, len(rows))
    if known.swapped:
        rows = rows[[1, 0, *range(2, len(rows))]]
    masked = options.pad_to is None
    if masked:
        notes.append("pads are left out, as with pack_padded_sequence: --pad-to N reads them as words, up to N tokens")
    if stack.cell == "simple_rnn":
        notes.append("nn.RNN is taken with its tanh; Recurra has no cell with nonlinearity='relu'")
    if not options.multi_label and output.classes > 2:
        notes.append("outputs are read by softmax: --multi-label reads each by a sigmoid")
    labels, more = labels_of(options.labels, output.classes)
    bundle = Bundle(
        text=text,
        network=NetworkSettings(
            cell=stack.cell, hidden=stack.hidden, layers=stack.layers, bidirectional=stack.directions == 2,
            embedding=stack.size, masked=masked, pooling=pooling,
        ),
        vocabulary=known.vocabulary,
        labels=labels,
        pad_to=options.pad_to,
        tensors={"embedding": rows, **tensors, "W_O": output.W_O, "b_O": output.b_O},
        record={"imported": source.record},
        task=output.task,
    )  # fmt: skip
    layers = (
        ImportedLayer(embedding.removesuffix(".weight"), "nn.Embedding", rows.size),
        ImportedLayer(stack.prefix.removesuffix("."), stack.kind, stack.parameters),
        ImportedLayer(linear, "nn.Linear", parameters),
    )
    return Imported(bundle, source.format, layers, notes + more)


def _read(data: bytes) -> dict[str, Array]:
    """The tensors of a safetensors file as float32."""
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


def _recurrent(left: dict[str, Array]) -> tuple[dict[str, Array], _Stack]:
    """Takes the recurrent weights out of a state dict and returns them by Recurra's names."""
    found: dict[str, dict[tuple[int, bool], dict[str, Array]]] = {}
    for name in list(left):
        parts = _RECURRENT.fullmatch(name)
        if parts:
            place = (int(parts["layer"]), bool(parts["back"]))
            found.setdefault(parts["prefix"], {}).setdefault(place, {})[parts["kind"]] = left.pop(name)
    if len(found) != 1:
        what = f"recurrent weights under {', '.join(map(repr, sorted(found)))!s:.120}" if found else "no weight_ih_l0"
        raise ModelFileError(f"it has {what}", _READ)
    ((prefix, parts_of),) = found.items()
    layers, directions = 1 + max(layer for layer, _ in parts_of), 1 + any(back for _, back in parts_of)
    first = parts_of.get((0, False), {})
    shape_i, shape_h = (first[kind].shape if kind in first else () for kind in ("weight_ih", "weight_hh"))
    gates = shape_h[0] / shape_h[1] if len(shape_h) == 2 and shape_h[1] else 0
    if gates not in _CELLS or len(shape_i) != 2 or shape_i[0] != shape_h[0] or not shape_i[1]:
        raise ModelFileError(
            f"{prefix}weight_ih_l0 and {prefix}weight_hh_l0 have the shapes {list(shape_i)} and {list(shape_h)}", _READ
        )
    name, kind = _CELLS[int(gates)]
    hidden, size = shape_h[1], shape_i[1]
    biased = "bias_ih" in first
    if set(parts_of) != {(layer, bool(back)) for layer in range(layers) for back in range(directions)}:
        raise ModelFileError(f"{prefix}… has weights of {len(parts_of)} layers or directions, and not of each", _READ)
    tensors: dict[str, Array] = {}
    for (layer, back), weights in parts_of.items():
        inputs = hidden * directions if layer else size
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (shape_h[0], inputs), "weight_hh": shape_h}
        if biased:
            shapes |= {"bias_ih": shape_h[:1], "bias_hh": shape_h[:1]}
        if {one: weight.shape for one, weight in weights.items()} != shapes:
            raise ModelFileError(
                f"the weights of layer {layer} under {prefix!r:.80} have not the shapes of a {kind}({size}, {hidden})",
                _READ,
            )
        into = f"layers.{layer}.{DIRECTIONS[back]}."
        tensors |= {into + one: weight for one, weight in _converted(name, hidden, weights).items()}
    count = sum(weight.size for weights in parts_of.values() for weight in weights.values())
    return tensors, _Stack(prefix, kind, name, hidden, layers, directions, size, count)


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


def _embedding(left: Mapping[str, Array], stack: _Stack, options: ImportOptions) -> str:
    """The name of the embedding's weight."""
    fitting = [name for name, value in left.items() if _is_matrix(name, value) and value.shape[1] == stack.size]
    if options.embedding is not None:
        names = [name for name in fitting if name in (options.embedding, f"{options.embedding}.weight")]
        if not names:
            raise SettingsError(
                f"--embedding {options.embedding!r:.80} names no weight of vectors of {stack.size:,} numbers",
                f"Such are {', '.join(fitting)[:200] or 'none'}.",
            )
        return names[0]
    # A linear layer mostly has a bias, an embedding never.
    without = [name for name in fitting if f"{name.removesuffix('weight')}bias" not in left]
    if len(without) > 1:
        raise SettingsError(f"{' and '.join(without)[:200]} may both be the embedding", "Name it: --embedding NAME.")
    if not without:
        raise ModelFileError(f"it has no embedding with vectors of {stack.size:,} numbers", _READ)
    return without[0]


def _pooling(options: ImportOptions) -> tuple[str, ...]:
    if options.pooling is None:
        raise SettingsError(
            "A state dict does not say how the states become one vector",
            f"Give --pooling {', '.join(_POOLINGS[:-1])} or {_POOLINGS[-1]}, or several with commas between them.",
        )
    names = tuple(one.strip() for one in options.pooling.split(","))
    if any(one not in _POOLINGS for one in names) or len(set(names)) < len(names):
        raise SettingsError(
            f"--pooling is {options.pooling!r:.80}", f"Give one or more of {', '.join(_POOLINGS)}, each once."
        )
    return names


def _output(
    left: dict[str, Array], size: int, pooling: tuple[str, ...], options: ImportOptions
) -> tuple[Output, str, int]:
    """The output layer, its name and the number of its weights; nothing else may be left of the state dict."""
    linear = [
        name for name, value in left.items() if (name == "weight" or name.endswith(".weight")) and value.ndim == 2
    ]
    if len(linear) != 1:
        raise ModelFileError(f"it has {len(linear)} linear layers{_named(linear)}", _READ)
    W = left.pop(linear[0])
    prefix = linear[0].removesuffix("weight")
    b = left.pop(f"{prefix}bias", np.zeros(len(W), dtype=np.float32))
    if left:
        raise ModelFileError(f"it has weights of something else{_named(list(left))}", _READ)
    if W.shape[1] != size or b.shape != W.shape[:1] or not len(W):
        raise ModelFileError(
            f"{linear[0]:.80} has the shape {list(W.shape)} and its bias {list(b.shape)}, "
            f"and pooling by {', '.join(pooling)} gives {size:,} numbers",
            "Give the --pooling that the network was trained with.",
        )
    W_O = np.ascontiguousarray(W.T)
    if options.multi_label and len(W) < 2:
        raise SettingsError("--multi-label is given for a single output", "Leave it out: it is one of two classes.")
    output = sigmoid_output(W_O, b) if options.multi_label or len(W) == 1 else softmax_output(W_O, b)
    return output, prefix.removesuffix("."), W.size + b.size


def _is_matrix(name: str, value: Array) -> bool:
    return (name == "weight" or name.endswith(".weight")) and value.ndim == 2


def _named(names: list[str]) -> str:
    return f": {', '.join(names)[:200]}" if names else ""


def _text(options: ImportOptions, rows: int) -> tuple[KnownTokens, TextSettings]:
    """The vocabulary, and how texts are cut."""
    kinds = [name for name in BUILT_IN if name != "auto"]
    if options.tokens is None:
        raise SettingsError("A state dict does not say how texts are cut", f"Give --tokens: one of {', '.join(kinds)}.")
    if options.tokens == "bytes" and options.vocabulary is None:
        known = KnownTokens(Vocabulary(tuple(map(chr, range(256)))), swapped=False)
    elif options.vocabulary is None:
        raise SettingsError(
            "A state dict has no vocabulary",
            "Give --vocabulary FILE with a token in each line, in the order of their ids.",
        )
    else:
        known = vocabulary_in(options.vocabulary)
    settings: Mapping[str, Any] = rows_for(known, rows)
    return known, TextSettings(tokens=options.tokens, first_words=None, **settings)
