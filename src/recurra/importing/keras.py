"""Keras's Sequential models as models of Recurra."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle
from recurra.bundle.strict_json import parse_json
from recurra.cells import cell_named
from recurra.errors import ModelFileError, SettingsError
from recurra.importing.hdf5 import Hdf5, read_hdf5
from recurra.importing.imported import (
    Imported,
    ImportedLayer,
    Output,
    rows_for,
    sigmoid_output,
    softmax_output,
    unused_rows_notes,
)
from recurra.importing.keras_archive import Archive
from recurra.importing.keras_layers import KerasLayer, KerasNetwork, Recurrent, read_layers
from recurra.importing.keras_options import flag_of, number_of
from recurra.importing.names import KnownTokens, labels_of, lines_of, tokens_of, vocabulary_in
from recurra.importing.options import ImportOptions
from recurra.importing.source import KERAS, SAVE_KERAS, Source
from recurra.networks.settings import NetworkSettings
from recurra.text import TextSettings

__all__ = ["import_keras"]

Array = npt.NDArray[np.float32]

_PARTS = {False: ("forward",), True: ("forward", "backward")}


class _Weights:
    """The weights of layers, by the layout of the file, and which were used."""

    def __init__(self, found: Hdf5, *, whole: bool) -> None:
        self.found, self.whole = found, whole
        self.used: set[str] = set()

    def of(self, layer: KerasLayer, shapes: list[tuple[int, ...]], part: str = "", first: int = 0) -> list[Array]:
        """The weights of a layer, or of one direction of it.

        Args:
            layer: the layer.
            shapes: of its weights in Keras's order.
            part: where they are within the layer in a ``.keras`` file.
            first: the place of the first one among all of the layer's in an ``.h5`` file.

        Raises:
            ModelFileError: one is missing or has another shape.
        """
        if self.whole:
            group = f"model_weights/{layer.name}"
            names = self.found.texts(group, "weight_names")[first : first + len(shapes)]
            paths = [f"{group}/{name}" for name in names]
            paths += [f"{group}: weight {first + k}" for k in range(len(paths), len(shapes))]
        else:
            paths = [f"layers/{layer.place}/{part}vars/{k}" for k in range(len(shapes))]
        for path, shape in zip(paths, shapes, strict=True):
            weight = self.found.datasets.get(path)
            if weight is None or weight.shape != shape:
                found = "no weight" if weight is None else f"{list(weight.shape)} numbers"
                raise ModelFileError(
                    f"the layer {layer.name!r:.60} needs {list(shape)} numbers, "
                    f"and the file has {found} at {path!r:.120}",
                    SAVE_KERAS,
                )
        self.used |= set(paths)
        return [self.found.datasets[path] for path in paths]

    def check_all_used(self) -> None:
        """Checks that no weight is left, which would change the answer in a way that the layers do not say.

        Raises:
            ModelFileError: there is one.
        """
        if left := sorted(self.found.datasets.keys() - self.used):
            raise ModelFileError(f"it has weights that none of its layers needs, at {left[0]!r:.120}", SAVE_KERAS)


def import_keras(source: Source, options: ImportOptions) -> Imported:
    """A Sequential model of Keras 2 or 3 as a model of Recurra.

    Args:
        source: a ``.keras`` or an ``.h5`` file, which is not trusted.
        options: what the file does not say.

    Raises:
        ModelFileError: the file is damaged or hostile, or its model computes something else.
        SettingsError: an option is missing, or says what the file says itself.
    """
    options.refuse("pooling", "embedding", "multi_label", why="a Keras model says it by its layers")
    archive: Archive | None = None
    if source.format == KERAS:
        archive = Archive(source.data)
        network, found, version = read_layers(archive.config), read_hdf5(archive.weights), archive.version
    else:
        found = read_hdf5(source.data)
        config = found.text("", "model_config")
        if config is None:
            raise ModelFileError("it has weights without a model", "Save the whole model: model.save('model.keras').")
        network = read_layers(parse_json(config.encode(), "model_config", writer="Keras"))
        version = found.text("", "keras_version")
    notes: list[str] = []
    weights = _Weights(found, whole=archive is None)
    settings, tensors = _tensors(network, weights)
    output = _output(network, weights, settings.state_size)
    weights.check_all_used()
    text, known = _text(network, archive, options, len(tensors["embedding"]), notes)
    labels, more = labels_of(options.labels, output.classes)
    pad_to = _pad_to(network, settings, text, options, notes)
    if network.length is not None:
        text = text.replace(max_tokens=network.length)
        notes.append(
            f"the first {network.length:,} tokens of a text are read, as the input has so many; Keras's pad_sequences "
            "keeps the last ones and puts pads before them, unless told padding='post' and truncating='post'"
        )
    bundle = Bundle(
        text=text,
        network=settings,
        vocabulary=known.vocabulary,
        labels=labels,
        pad_to=pad_to,
        tensors={**tensors, "W_O": output.W_O, "b_O": output.b_O},
        record={"imported": source.record | ({"keras_version": version[:40]} if version else {})},
        task=output.task,
    )
    return Imported(bundle, source.format, _listed(network, weights), notes + more)


def _tensors(network: KerasNetwork, weights: _Weights) -> tuple[NetworkSettings, dict[str, Array]]:
    """The settings of the network, and its weights but the output's."""
    layer, first = network.embedding, network.recurrent[0]
    rows = number_of(layer.kind, layer.name, layer.options, "input_dim")
    size = number_of(layer.kind, layer.name, layer.options, "output_dim")
    settings = NetworkSettings(
        cell=first.cell,
        hidden=first.units,
        layers=len(network.recurrent),
        bidirectional=first.bidirectional,
        embedding=size,
        masked=flag_of(layer.kind, layer.name, layer.options, "mask_zero", False),
    )
    tensors = {"embedding": weights.of(layer, [(rows, size)])[0]}
    for number, one in enumerate(network.recurrent):
        for turn, direction in enumerate(_PARTS[one.bidirectional]):
            prefix = f"layers.{number}.{direction}."
            tensors |= {
                prefix + name: weight for name, weight in _direction(one, weights, size, direction, turn).items()
            }
        size = settings.state_size
    return settings, tensors


def _direction(one: Recurrent, weights: _Weights, size: int, direction: str, turn: int) -> dict[str, Array]:
    """The weights of one direction of a recurrent layer, by their names behind ``layers.0.forward.``."""
    cell = cell_named(one.cell)
    fused = one.units * len(cell.gates)
    bias: tuple[int, ...] = (2, fused) if cell.recurrent_bias else (fused,)
    shapes = [(size, fused), (one.units, fused), *([bias] if one.bias else [])]
    part = f"{direction}_layer/cell/" if one.bidirectional else "cell/"
    W_I, W_H, *biases = weights.of(one.layer, shapes, part, turn * len(shapes))
    b = biases[0] if biases else np.zeros(bias, dtype=np.float32)
    return {"W_I": W_I, "W_H": W_H, **({"b": b[0], "b_H": b[1]} if cell.recurrent_bias else {"b": b})}


def _output(network: KerasNetwork, weights: _Weights, size: int) -> Output:
    layer = network.dense
    units = number_of(layer.kind, layer.name, layer.options, "units")
    biased = flag_of(layer.kind, layer.name, layer.options, "use_bias", True)
    W_O, *biases = weights.of(layer, [(size, units), *([(units,)] if biased else [])])
    b_O = biases[0] if biases else np.zeros(units, dtype=np.float32)
    activation = layer.options.get("activation")
    if activation == "softmax" and units > 1:
        return softmax_output(W_O, b_O)
    if activation == "sigmoid":
        return sigmoid_output(W_O, b_O)
    raise ModelFileError(
        f"the Dense layer {layer.name!r:.60} has {units:,} units with activation {activation!r:.60}",
        "Recurra computes softmax of two outputs or more, or sigmoid.",
    )


def _text(
    network: KerasNetwork, archive: Archive | None, options: ImportOptions, rows: int, notes: list[str]
) -> tuple[TextSettings, KnownTokens]:
    """How texts are cut, and the vocabulary: from the TextVectorization, or by options."""
    if network.text is not None:
        options.refuse("tokens", why="the model says by its TextVectorization how texts are cut")
    elif options.tokens is None:
        notes.append("texts are cut as TextVectorization cuts them: --tokens chooses another way")
    known = _vocabulary(network.text, archive, options)
    if options.vocabulary is not None:
        notes += unused_rows_notes(known, rows)
    longest = None
    if network.text is not None and network.text.options.get("output_sequence_length") is not None:
        longest = number_of(network.text.kind, network.text.name, network.text.options, "output_sequence_length")
    tokens = options.tokens or "lesson"
    return TextSettings(tokens=tokens, max_tokens=longest, first_words=None, **rows_for(known, rows)), known


def _vocabulary(layer: KerasLayer | None, archive: Archive | None, options: ImportOptions) -> KnownTokens:
    own: list[str] | None = None
    listed: Any = layer.options.get("vocabulary") if layer else None
    if layer is not None and isinstance(listed, list) and listed:
        if not all(isinstance(one, str) for one in listed):
            raise ModelFileError(
                f"the TextVectorization layer {layer.name!r:.60} has a vocabulary that is not of texts",
                SAVE_KERAS,
            )
        own = listed
    elif layer is not None and archive is not None:
        data = archive.vocabulary(layer.place)
        own = None if data is None else lines_of(data, "the vocabulary in the file")
    if own is not None:
        options.refuse("vocabulary", why="the model has a vocabulary of its own")
        known = tokens_of(own, "the vocabulary in the file")
    elif options.vocabulary is not None:
        known = vocabulary_in(options.vocabulary)
    else:
        raise SettingsError(
            "The file has no vocabulary",
            "Give --vocabulary FILE with a token in each line, as TextVectorization.get_vocabulary() lists them.",
        )
    if known.swapped:
        raise ModelFileError("the vocabulary has the unknown token before the pad", "In Keras the pad is token 0.")
    return known


def _pad_to(
    network: KerasNetwork, settings: NetworkSettings, text: TextSettings, options: ImportOptions, notes: list[str]
) -> int | None:
    """The length to which shorter texts are padded; ``None`` for a masked network."""
    if settings.masked:
        options.refuse("pad_to", why="the Embedding masks pads (mask_zero=True)")
        return None
    fixed = text.max_tokens or network.length
    if fixed is not None:
        options.refuse("pad_to", why=f"the model itself pads texts to {fixed:,} tokens")
        return fixed
    if options.pad_to is None:
        notes.append(
            "the network reads pads as words, and Keras pads a text to the longest of its batch: here each is read "
            "without pads, as in a batch of its own; --pad-to N pads each to N tokens"
        )
    return options.pad_to or 0


def _listed(network: KerasNetwork, weights: _Weights) -> tuple[ImportedLayer, ...]:
    """All layers with the number of their parameters."""

    def parameters(layer: KerasLayer) -> int:
        prefix = f"model_weights/{layer.name}/" if weights.whole else f"layers/{layer.place}/"
        return sum(weight.size for path, weight in weights.found.datasets.items() if path.startswith(prefix))

    return tuple(ImportedLayer(layer.name, layer.kind, parameters(layer)) for layer in network.every)
