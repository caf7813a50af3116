"""What a model must hold: the weights' names, shapes and values, and what fits together."""

from __future__ import annotations

from typing import Any

import numpy as np

from recurra.bundle.bundle import Bundle
from recurra.errors import ModelFileError, SettingsError
from recurra.networks.shapes import weight_shapes

__all__ = ["LARGEST_PAD_TO", "check_bundle"]

# Every document costs at least so many steps in an unmasked model, so the bound keeps a hostile file from stopping us.
LARGEST_PAD_TO = 1_000_000

_ANEW = "Write the file anew from the trained model."


def check_bundle(bundle: Bundle) -> None:
    """Checks that the parts of a model fit together.

    Raises:
        ModelFileError: a weight is missing, unknown, of a wrong shape or type or not finite; a threshold or ``pad_to``
            is out of range; the vocabulary does not suit the tokens, or these are not chosen yet; the weights are to be
            stored as something unknown.
    """
    if bundle.weights not in ("float32", "int8"):
        raise ModelFileError(f"The weights are to be stored as {bundle.weights!r:.80}", "Choose float32 or int8.")
    _check_pad_to(bundle.pad_to, masked=bundle.network.masked)
    if bundle.text.tokens == "auto":
        raise ModelFileError("The model's tokens are auto, which says nothing of how it reads", _ANEW)
    if bundle.text.tokens == "bytes" and bundle.vocabulary.tokens != tuple(map(chr, range(256))):
        raise ModelFileError("The vocabulary of a model that reads bytes is not the 256 bytes", _ANEW)
    if bundle.network.layers > len(bundle.tensors):
        # Before anything is built a layer: the number may come from a hostile file.
        raise ModelFileError(f"There are {len(bundle.tensors)} weights for {bundle.network.layers} layers", _ANEW)
    try:
        shapes = weight_shapes(bundle.network, rows=bundle.pipeline.rows, classes=len(bundle.labels))
    except SettingsError as error:
        raise ModelFileError(error.received[:200], f"{error.mend} Or update recurra: pip install -U recurra") from error
    for name in sorted(shapes.keys() ^ bundle.tensors.keys()):
        what = "is missing" if name in shapes else "belongs to no such network"
        raise ModelFileError(f"The weight {name[:80]!r} {what}", _ANEW)
    for name, shape in shapes.items():
        _check_weight(name, bundle.tensors[name], shape)
    if bundle.thresholds is not None:
        _check_thresholds(bundle.thresholds, len(bundle.labels))


def _check_weight(name: str, weight: Any, shape: tuple[int, ...]) -> None:
    if not isinstance(weight, np.ndarray) or weight.dtype != np.float32 or weight.shape != shape:
        found = f"{getattr(weight, 'dtype', type(weight).__name__)}{list(getattr(weight, 'shape', []))}"
        raise ModelFileError(f"The weight {name} is {found}, not float32{list(shape)}", _ANEW)
    finite = np.isfinite(weight)
    if not finite.all():
        raise ModelFileError(
            f"The weight {name} holds {weight[~finite][0]}",
            "Train the model again, with a lower learning rate or with clipping (clip).",
        )


def _check_thresholds(thresholds: Any, classes: int) -> None:
    _check_weight("thresholds", thresholds, (classes,))
    outside = (thresholds <= 0) | (thresholds >= 1)
    if outside.any():
        raise ModelFileError(f"A threshold is {thresholds[outside][0]}, and not between 0 and 1", _ANEW)


def _check_pad_to(pad_to: Any, *, masked: bool) -> None:
    if masked:
        if pad_to is not None:
            raise ModelFileError(f"pad_to is {pad_to!r:.80} in a masked model", "A masked model has no pad_to: null.")
    elif type(pad_to) is not int or not 0 <= pad_to <= LARGEST_PAD_TO:
        raise ModelFileError(
            f"pad_to is {pad_to!r:.80} in a model that is not masked",
            f"It is a whole number from 0 to {LARGEST_PAD_TO:,}.",
        )
