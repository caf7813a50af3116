"""The layers of a Sequential model of Keras, from its configuration, which is not trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recurra.errors import ModelFileError
from recurra.importing.keras_options import READ, check_options, flag_of, number_of
from recurra.importing.source import SAVE_KERAS

__all__ = ["KerasLayer", "KerasNetwork", "Recurrent", "read_layers"]

_CELLS = {"SimpleRNN": "simple_rnn", "GRU": "gru", "LSTM": "lstm"}
# In a prediction they hand on what they are given.
_IDLE = {"InputLayer", "Dropout", "SpatialDropout1D"}
_WEIGHTED = {"TextVectorization", "Embedding", "Bidirectional", "Dense", *_CELLS}

_SEQUENTIAL = "Give a Sequential model of Keras."
MOST_LAYERS = 1_000


@dataclass(frozen=True)
class KerasLayer:
    """A layer as its configuration names it.

    Attributes:
        kind: its class.
        name: that its user or Keras gave it.
        place: its name among the weights of a ``.keras`` file: its class and how many of that class come before it.
        options: its configuration.
    """

    kind: str
    name: str
    place: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Recurrent:
    """A recurrent layer, in one or two directions.

    Attributes:
        layer: as it is named.
        cell: Recurra's name of the cell.
        units: of the hidden state in each direction.
        bidirectional: whether it reads in both directions.
        bias: whether it has biases.
    """

    layer: KerasLayer
    cell: str
    units: int
    bidirectional: bool
    bias: bool


@dataclass(frozen=True)
class KerasNetwork:
    """The layers that compute a prediction.

    Attributes:
        text: the TextVectorization, if the model has one.
        embedding: the Embedding.
        recurrent: the recurrent layers from the input on, all alike.
        dense: the Dense layer.
        every: all layers in order.
        length: of the input, where the model itself fixes it.
    """

    text: KerasLayer | None
    embedding: KerasLayer
    recurrent: tuple[Recurrent, ...]
    dense: KerasLayer
    every: tuple[KerasLayer, ...]
    length: int | None


def read_layers(config: Any) -> KerasNetwork:
    """The layers of a model that Recurra computes as Keras does.

    Args:
        config: the model's configuration, from JSON.

    Raises:
        ModelFileError: it is no Sequential model, or a layer, an option or the layers' order is one that is not read.
    """
    every = _listed(config)
    working = [one for one in every if one.kind not in _IDLE]
    text = working.pop(0) if working and working[0].kind == "TextVectorization" else None
    kinds = [one.kind for one in working]
    middle = working[1:-1]
    if (
        len(working) < 3 or kinds[0] != "Embedding" or kinds[-1] != "Dense"
        or any(one.kind not in {*_CELLS, "Bidirectional"} for one in middle)
    ):  # fmt: skip
        raise ModelFileError(
            f"its layers are {', '.join(one.kind for one in every)[:200] or 'none'}",
            "Recurra computes Embedding, recurrent layers and Dense, in this order, perhaps after TextVectorization.",
        )
    for layer in (text, working[0], working[-1]):
        if layer is not None:
            check_options(layer.kind, layer.name, layer.options)
    recurrent = tuple(_recurrent(one, last=one is middle[-1]) for one in middle)
    for one in recurrent[1:]:
        first = recurrent[0]
        if (one.cell, one.units, one.bidirectional) != (first.cell, first.units, first.bidirectional):
            raise ModelFileError(
                f"the layers {first.layer.name!r:.60} and {one.layer.name!r:.60} differ in cell, units or direction",
                "Recurra stacks layers that are alike: train the network again with such ones.",
            )
    length = None if text else _length(every, working[0])
    return KerasNetwork(text, working[0], recurrent, working[-1], tuple(every), length)


def _listed(config: Any) -> list[KerasLayer]:
    """All layers, of known classes."""
    if not isinstance(config, Mapping) or not isinstance(config.get("class_name"), str):
        raise ModelFileError("its configuration describes no model", _SEQUENTIAL)
    if config["class_name"] != "Sequential" or not _is_kerass(config):
        raise ModelFileError(f"it is a {config['class_name'][:60]!r} model, and only Sequential is read", _SEQUENTIAL)
    inner = config.get("config")
    listed = inner.get("layers") if isinstance(inner, Mapping) else None
    if not isinstance(listed, list) or len(listed) > MOST_LAYERS:
        raise ModelFileError("its configuration has no list of layers", _SEQUENTIAL)
    seen: dict[str, int] = {}
    return [_layer(one, seen) for one in listed]


def _layer(one: Any, seen: dict[str, int]) -> KerasLayer:
    kind = one.get("class_name") if isinstance(one, Mapping) else None
    options = one.get("config") if isinstance(one, Mapping) else None
    if not isinstance(kind, str) or not isinstance(options, Mapping):
        raise ModelFileError(f"a layer is {one!r:.60}", SAVE_KERAS)
    name = options.get("name")
    name = name if isinstance(name, str) else kind.lower()
    if kind not in _IDLE | _WEIGHTED or not _is_kerass(one):
        raise ModelFileError(
            f"the layer {name!r:.60} is a {kind!r:.60}, which is not read", f"Recurra computes {READ}."
        )
    snake = {"SimpleRNN": "simple_rnn", "TextVectorization": "text_vectorization"}.get(kind, kind.lower())
    before = seen.get(snake, 0)
    seen[snake] = before + 1
    return KerasLayer(kind, name, f"{snake}_{before}" if before else snake, options)


def _is_kerass(one: Mapping[str, Any]) -> bool:
    """Whether a class is Keras's own and not one of the same name that was registered elsewhere."""
    module, registered = one.get("module"), one.get("registered_name")
    own = module is None or (isinstance(module, str) and module.split(".")[0] in {"keras", "tf_keras", "tensorflow"})
    return own and registered in (None, one.get("class_name"))


def _recurrent(one: KerasLayer, *, last: bool) -> Recurrent:
    """A recurrent layer, whose options are checked in both directions."""
    if one.kind != "Bidirectional":
        return _direction(one, one.kind, one.options, last=last, bidirectional=False)
    check_options(one.kind, one.name, one.options)
    inner = one.options.get("layer")
    forward = _of_direction(one, inner, last=last)
    other = one.options.get("backward_layer")
    if other is not None:
        turned = other.get("config") if isinstance(other, Mapping) else None
        if not isinstance(turned, Mapping) or turned.get("go_backwards") is not True:
            raise ModelFileError(
                f"the Bidirectional layer {one.name!r:.60} has the backward layer {other!r:.60}",
                "Recurra reads backwards with a layer that is like the forward one.",
            )
        backward = _of_direction(one, {**other, "config": {**turned, "go_backwards": False}}, last=last)
        if backward != forward:
            raise ModelFileError(
                f"the two directions of the Bidirectional layer {one.name!r:.60} differ",
                "Recurra reads backwards with a layer that is like the forward one.",
            )
    return forward


def _of_direction(one: KerasLayer, inner: Any, *, last: bool) -> Recurrent:
    kind = inner.get("class_name") if isinstance(inner, Mapping) else None
    options = inner.get("config") if isinstance(inner, Mapping) else None
    if not isinstance(kind, str) or kind not in _CELLS or not isinstance(options, Mapping) or not _is_kerass(inner):
        raise ModelFileError(
            f"the Bidirectional layer {one.name!r:.60} holds a {kind!r:.60}",
            f"Recurra computes {', '.join(_CELLS)} in it.",
        )
    return _direction(one, kind, options, last=last, bidirectional=True)


def _direction(one: KerasLayer, kind: str, options: Mapping[str, Any], *, last: bool, bidirectional: bool) -> Recurrent:
    check_options(kind, one.name, options)
    if flag_of(kind, one.name, options, "return_sequences", False) == last:
        what = "the last recurrent layer, returns sequences" if last else "before another one, returns its last state"
        raise ModelFileError(
            f"the {kind} layer {one.name!r:.60}, {what}",
            "Recurra computes return_sequences=True in all recurrent layers but the last.",
        )
    cell = _CELLS[kind]
    if kind == "GRU" and not flag_of(kind, one.name, options, "reset_after", False):
        cell = "gru_reset_before"
    return Recurrent(
        one,
        cell,
        number_of(kind, one.name, options, "units"),
        bidirectional,
        flag_of(kind, one.name, options, "use_bias", True),
    )


def _length(every: list[KerasLayer], embedding: KerasLayer) -> int | None:
    """The number of tokens that the input of a model without TextVectorization has, if it is fixed."""
    found = [one.options.get("batch_shape", one.options.get("batch_input_shape")) for one in every[:1]]
    shapes = [shape[1] for shape in found if isinstance(shape, list) and len(shape) == 2]
    lengths = [one for one in (*shapes, embedding.options.get("input_length")) if type(one) is int and one > 0]
    return lengths[0] if lengths else None
