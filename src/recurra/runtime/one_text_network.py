"""The recurrent network's outputs for one short document, in memory that is kept from document to document."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.kernels.array_types import address
from recurra.kernels.compiled import kernels_of
from recurra.kernels.inference import SCRATCH
from recurra.runtime.compiled_network import CompiledNetwork
from recurra.runtime.input_gates import gate_arguments

__all__ = ["OneTextNetwork"]

Array = npt.NDArray[np.float32]
Call: TypeAlias = tuple[Callable[..., object], tuple[int, ...]]


class OneTextNetwork:
    """What :meth:`recurra.runtime.compiled_network.CompiledNetwork.logits` says of one document.

    The calls of all kernels are prepared: they are alike for each document but for its number of tokens. One call at a
    time may use it.

    Args:
        network: the network, without attention.
        table: float32[rows, columns], the first layer's input projections of the vocabulary.
        tokens: largest number of tokens of a document, pads included.

    Attributes:
        rows: int64, where the document's ids are written before a call.
    """

    def __init__(self, network: CompiledNetwork, table: Array, *, tokens: int) -> None:
        self._network, self._tokens = network, tokens
        self._affine, self._pooling = kernels_of("inference.dense").affine, kernels_of("inference.pooling")
        self._offsets, self.rows = np.zeros(2, dtype=np.int64), np.zeros(tokens, dtype=np.int64)
        # Arrays whose addresses stand in calls.
        self._kept: list[Array] = []
        self._scratch = address(self._new(SCRATCH * network.recurrent[0].size))
        pooling, width = network.settings.pooling, network.width
        self._final = self._new(1, width)
        pooled = self._final if pooling == ("last",) else self._new(1, width * len(pooling))
        # Of each layer the arguments of its input product and its gates, ``None`` for the first, and its other calls.
        self._layers: list[tuple[tuple[tuple[int, ...], list[tuple[int, ...]]] | None, list[Call]]] = []
        projection, inputs_of, top = table, None, len(network.recurrent) - 1
        for number in range(top):
            states = self._new(tokens, width)
            self._layers.append((inputs_of, self._reading(number, projection, states)))
            inputs = network.inputs[number]
            projection = self._new(tokens, inputs.columns)
            affine = (
                address(states), 4 * width, inputs.size, *inputs.places, inputs.columns, address(projection),
                4 * inputs.columns,
            )  # fmt: skip
            inputs_of = affine, list[tuple[int, ...]](gate_arguments(network.settings, projection))
        self._last: Array | None = None
        self._layers.append((inputs_of, self._pooled_calls(projection, pooled)))
        out, self._logits = network.output, self._new(1, network.output.columns)
        self._output = (
            address(pooled), 4 * pooled.shape[1], out.size, *out.places, out.columns, address(self._logits),
            4 * out.columns,
        )  # fmt: skip

    def logits(self, count: int) -> Array:
        """Its outputs, float32[1, L or more], which the next call overwrites.

        Args:
            count: number of tokens, 1 or more.
        """
        self._offsets[1] = count
        for inputs_of, calls in self._layers:
            if inputs_of is not None:
                affine, gates = inputs_of
                self._affine(0, count, *affine)
                for arguments in gates:
                    kernels_of(self._network.kernels).gates(count, *arguments)
            for kernel, arguments in calls:
                kernel(*arguments)
        if self._last is not None:
            self._last[:] = self._final
        self._affine(0, 1, *self._output)
        return self._logits

    def _new(self, *shape: int) -> Array:
        self._kept.append(np.zeros(shape, dtype=np.float32))
        return self._kept[-1]

    def _places(self, number: int) -> tuple[int, int, int]:
        return 1, address(self._offsets), 0 if number else address(self.rows)

    def _reading(self, number: int, projection: Array, states: Array | None) -> list[Call]:
        """The calls of a layer's directions, which write the states at all tokens where they are wanted."""
        layer, line = self._network.recurrent[number], 4 * self._network.width
        forward, calls = kernels_of(self._network.kernels).forward, list[Call]()
        for direction, weights in enumerate(layer.places):
            side = 4 * direction * layer.size
            calls.append((forward, (
                *self._places(number), direction, layer.size, address(projection) + 4 * direction * layer.width,
                4 * projection.shape[1], *weights, 0 if states is None else address(states) + side, line,
                address(self._final) + side, line, self._scratch,
            )))  # fmt: skip
        return calls

    def _pooled_calls(self, projection: Array, pooled: Array) -> list[Call]:
        """The calls of the top layer and of its pooling."""
        network, top = self._network, len(self._network.recurrent) - 1
        if network.pools_as_it_reads:
            kernel = kernels_of(network.kernels).pooled
            every = network.pooled_arguments(self._places(top), projection, pooled, self._scratch)
            return [(kernel, arguments) for arguments in every]
        pooling, line = network.settings.pooling, 4 * network.width
        states = None if pooling == ("last",) else self._new(self._tokens, network.width)
        calls = self._reading(top, projection, states)
        for place, name in enumerate(pooling if states is not None else ()):
            if name == "last":
                self._last = pooled[:, place * network.width : (place + 1) * network.width]
            else:
                pool = self._pooling.maximum if name == "max" else self._pooling.mean
                where = (1, address(self._offsets), address(states), line, line, address(pooled) + place * line, line)
                calls.append((pool, where))
        return calls
