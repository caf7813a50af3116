"""State dicts of torch, saved as safetensors: nn.Embedding, one of nn.RNN, nn.GRU and nn.LSTM, nn.Linear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle
from recurra.errors import ModelFileError, SettingsError
from recurra.importing.imported import (
    Imported,
    ImportedLayer,
    Output,
    rows_for,
    sigmoid_output,
    softmax_output,
    unused_rows_notes,
)
from recurra.importing.names import KnownTokens, labels_of, vocabulary_in
from recurra.importing.options import KINDS, ImportOptions
from recurra.importing.source import Source
from recurra.importing.torch_weights import READ, Stack, read_tensors, take_recurrent
from recurra.networks.settings import POOLINGS, NetworkSettings
from recurra.text import TextSettings, Vocabulary

__all__ = ["import_state_dict"]

Array = npt.NDArray[np.float32]

_POOLINGS = tuple(name for name in POOLINGS if name != "attention")


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
    left = read_tensors(source.data)
    notes: list[str] = []
    tensors, stack = take_recurrent(left)
    embedding = _embedding(left, stack, options)
    pooling = _pooling(options)
    rows = left.pop(embedding)
    output, linear, parameters = _output(left, stack.hidden * stack.directions * len(pooling), pooling, options)
    known, text = _text(options, len(rows))
    notes += unused_rows_notes(known, len(rows))
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


def _embedding(left: Mapping[str, Array], stack: Stack, options: ImportOptions) -> str:
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
        raise SettingsError(
            f"{' and '.join(sorted(without))[:200]} may both be the embedding", "Name it: --embedding NAME."
        )
    if not without:
        raise ModelFileError(f"it has no embedding with vectors of {stack.size:,} numbers", READ)
    return without[0]


def _pooling(options: ImportOptions) -> tuple[str, ...]:
    if options.pooling is None:
        raise SettingsError(
            "A state dict does not say how the states become one vector",
            f"Give --pooling {', '.join(_POOLINGS[:-1])} or {_POOLINGS[-1]}, or several with commas between them.",
        )
    given = options.pooling
    names = tuple(one.strip() for one in given.split(",")) if isinstance(given, str) else tuple(given)
    if any(one not in _POOLINGS for one in names) or len(set(names)) < len(names):
        raise SettingsError(
            f"--pooling is {options.pooling!r:.80}", f"Give one or more of {', '.join(_POOLINGS)}, each once."
        )
    return names


def _output(
    left: dict[str, Array], size: int, pooling: tuple[str, ...], options: ImportOptions
) -> tuple[Output, str, int]:
    """The output layer, its name and the number of its weights; nothing else may be left of the state dict."""
    linear = [name for name, value in left.items() if _is_matrix(name, value)]
    if len(linear) != 1:
        raise ModelFileError(f"it has {len(linear)} linear layers{_named(linear)}", READ)
    W = left.pop(linear[0])
    prefix = linear[0].removesuffix("weight")
    b = left.pop(f"{prefix}bias", np.zeros(len(W), dtype=np.float32))
    if left:
        raise ModelFileError(f"it has weights of something else{_named(sorted(left))}", READ)
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
    if options.tokens is None:
        raise SettingsError("A state dict does not say how texts are cut", f"Give --tokens: one of {', '.join(KINDS)}.")
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
