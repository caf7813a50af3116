"""Validation of a model: names, shapes and values of the weights, and whether its parts fit together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from recurra.bundle.branch import check_branch
from recurra.bundle.bundle import Bundle
from recurra.errors import ModelFileError, SettingsError
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import weight_shapes
from recurra.text.labels import LONGEST_LABEL, MOST_DIGITS, is_long

__all__ = ["LARGEST_PAD_TO", "LARGEST_PAD_WORK", "check_bundle", "largest_pad_to"]

# In an unmasked model the shortest document costs as much as one of pad_to tokens. These bounds, in tokens and in
# multiplications, limit what a hostile file can take for it to some seconds of a core and half a GB.
LARGEST_PAD_TO = 100_000
LARGEST_PAD_WORK = 10_000_000_000

_REWRITE = "Write the file again from the trained model."


def check_bundle(bundle: Bundle) -> None:
    """Checks that the parts of a model fit together.

    Raises:
        ModelFileError: a weight is missing, unknown, of a wrong shape or type or not finite; a threshold or ``pad_to``
            is out of range; the record has too long values; the vocabulary does not fit the kind of tokens, or that is
            still ``auto``; the stored type of the weights is unknown.
    """
    if bundle.weights not in ("float32", "int8", "int8_compact"):
        raise ModelFileError(
            f"The weights are to be stored as {bundle.weights!r:.80}", "Choose float32, int8 or int8_compact."
        )
    if bundle.text.tokens == "auto":
        raise ModelFileError("The model's tokens are auto, not the kind that training chose", _REWRITE)
    if bundle.text.tokens == "bytes" and bundle.vocabulary.tokens != tuple(map(chr, range(256))):
        raise ModelFileError("The vocabulary of a model that reads bytes is not the 256 bytes", _REWRITE)
    if bundle.network.layers > len(bundle.tensors):
        # Checked before anything is built for each layer: the number may come from a hostile file.
        raise ModelFileError(f"There are {len(bundle.tensors)} weights for {bundle.network.layers} layers", _REWRITE)
    try:
        shapes = weight_shapes(
            bundle.network, rows=bundle.pipeline.rows, classes=bundle.task.outputs(len(bundle.labels))
        )
    except SettingsError as error:
        raise ModelFileError(error.received[:150], f"{error.hint} Or update recurra.") from error
    for name in sorted(shapes.keys() ^ bundle.tensors.keys()):
        what = "is missing" if name in shapes else "belongs to no such network"
        raise ModelFileError(f"The weight {name[:80]!r} {what}", _REWRITE)
    for name, shape in shapes.items():
        _check_weight(name, bundle.tensors[name], shape)
    _check_pad_to(bundle.pad_to, bundle.network)
    _check_record(bundle.record)
    for name in bundle.task.tensor_names:
        _check_weight(name, bundle.task.tensors.get(name), (len(bundle.labels),))
    bundle.task.check()
    if bundle.branch is not None:
        check_branch(bundle.branch, bundle.text, bundle.task.outputs(len(bundle.labels)))


def largest_pad_to(network: NetworkSettings) -> int:
    """The largest ``pad_to`` of a network that is not masked.

    Args:
        network: the network's shape; the more multiplications a token takes, the smaller the result.
    """
    # The first layer's input projection of a token is looked up in a table.
    shapes = weight_shapes(network, rows=1, classes=1).items()
    names = ("W_H", "W_I", "attention.W")
    weights = sum(math.prod(shape) for name, shape in shapes if name.endswith(names) and not _is_first(name))
    # A single layer of element-wise steps multiplies with none of these.
    return min(LARGEST_PAD_TO, LARGEST_PAD_WORK // max(weights, 1))


def _is_first(name: str) -> bool:
    return name.startswith("layers.0.") and name.endswith("W_I")


def _check_weight(name: str, weight: Any, shape: tuple[int, ...]) -> None:
    if not isinstance(weight, np.ndarray) or weight.dtype != np.float32 or weight.shape != shape:
        found = f"{getattr(weight, 'dtype', type(weight).__name__)}{list(getattr(weight, 'shape', []))}"
        raise ModelFileError(f"The weight {name} is {found}, not float32{list(shape)}", _REWRITE)
    finite = np.isfinite(weight)
    if not finite.all():
        raise ModelFileError(
            f"The weight {name} holds {weight[~finite][0]}",
            "Train the model again, with a lower learning rate or with clipping (clip).",
        )


def _check_record(record: dict[str, Any]) -> None:
    """Raises if a value of the record is longer than a label may be."""
    left: list[tuple[str, Any]] = [("record", record)]
    while left:
        where, value = left.pop()
        if isinstance(value, dict):
            left += [(f"{where}.{str(key)[:20]}", one) for key, one in value.items()]
            left += [(f"the names in {where}", key) for key in value]
        elif isinstance(value, list | tuple):
            left += [(where, one) for one in value]
        elif is_long(value):
            raise ModelFileError(
                f"The value at {where:.100} has more than {LONGEST_LABEL:,} characters or {MOST_DIGITS} digits",
                _REWRITE,
            )


def _check_pad_to(pad_to: Any, network: NetworkSettings) -> None:
    if network.masked:
        if pad_to is not None:
            raise ModelFileError(f"pad_to is {pad_to!r:.80} in a masked model", "A masked model has no pad_to: null.")
        return
    largest = largest_pad_to(network)
    if type(pad_to) is not int or not 0 <= pad_to <= largest:
        raise ModelFileError(
            f"pad_to is {pad_to!r:.80} in a model that is not masked",
            f"It is a whole number from 0 to {largest:,} in a network of this size.",
        )
