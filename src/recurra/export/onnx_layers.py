"""The recurrent layers of a network as ONNX's operators, which respect each document's length."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, helper

from recurra.bundle import Bundle
from recurra.bundle.int8 import int8_axis
from recurra.cells import Cell, State, cell_named
from recurra.cells.compiled_forms import OnnxForm
from recurra.errors import SettingsError
from recurra.export.onnx_values import GraphBuilder, Value
from recurra.networks.shapes import DIRECTIONS

__all__ = ["LayerOutputs", "Layers", "weight_axis"]

Array = npt.NDArray[np.float32]

# The name of a constant, and its shape.
Weight: TypeAlias = tuple[str, tuple[int, ...]]

OPS: Any = SimpleNamespace(tanh=lambda value: value.apply("Tanh"), sigmoid=lambda value: value.apply("Sigmoid"))


class LayerOutputs(NamedTuple):
    """The names of a layer's outputs; behind a document's end all states are 0.

    Attributes:
        states: float32[T, B, D], both directions side by side.
        last: float32[B, D], the state after the last token that each direction reads.
    """

    states: str
    last: str


def weight_axis(name: str, bundle: Bundle) -> int | None:
    """The axis along which the values of a weight share a scale; ``None`` if the model stores it as float32."""
    if bundle.weights == "float32":
        return None
    return int8_axis(name, bundle.network, compact=bundle.weights == "int8_compact")


class Layers:
    """The recurrent layers of a model.

    Args:
        builder: the graph that they are added to.
        bundle: the model.
        ids: name of int32[T, B], padded with 0.
        lengths: name of int32[B].
        inside: name of bool[T, B, 1], whether a place is within its document.
        batch: name of int64[1], B.
    """

    def __init__(
        self, builder: GraphBuilder, bundle: Bundle, *, ids: str, lengths: str, inside: str, batch: str
    ) -> None:
        self._builder, self._bundle, self._settings = builder, bundle, bundle.network
        self._cell: Cell = cell_named(bundle.network.cell)
        self._ids, self._lengths, self._inside, self._batch = ids, lengths, inside, batch

    def outputs(self) -> LayerOutputs:
        """Adds all layers; the outputs of the last one."""
        builder, settings, below = self._builder, self._settings, ""
        if settings.input == "embedding":
            below = self._rows("embedding")
        for layer in range(settings.layers):
            form = self._cell.compiled.onnx
            # A one-hot input's projection is a row of W_I, which ONNX's operators have no input for.
            if form is None or (not layer and settings.input == "one_hot"):
                outputs = self._scanned(layer, below)
            else:
                outputs = self._operator(form, layer, below)
            below = outputs.states
        # An empty document's backward direction may have read something behind its end.
        some = builder.one("Greater", self._lengths, builder.constant(0, np.int32))
        some = builder.one("Unsqueeze", some, builder.constant([1]))
        last = builder.one("Where", some, outputs.last, builder.constant(0, np.float32))
        return LayerOutputs(outputs.states, last)

    def _rows(self, name: str) -> str:
        table = self._bundle.tensors[name]
        return self._builder.rows(name, table, self._ids, axis=weight_axis(name, self._bundle))

    def _operator(self, form: OnnxForm, layer: int, below: str) -> LayerOutputs:
        """ONNX's own operator."""
        builder, settings = self._builder, self._settings
        hidden, size = settings.hidden, settings.state_size
        parts: dict[str, list[str]] = {"W": [], "R": [], "B": []}
        for direction in DIRECTIONS[: settings.directions]:
            prefix = f"layers.{layer}.{direction}."
            parts["W"].append(self._gates_first(form, prefix + "W_I"))
            parts["R"].append(self._gates_first(form, prefix + "W_H"))
            b = self._in_order(form, self._bundle.tensors[prefix + "b"])
            b_H = self._bundle.tensors.get(prefix + "b_H")
            second = np.zeros_like(b) if b_H is None else self._in_order(form, b_H)
            parts["B"].append(builder.weight(prefix + "b", np.concatenate([b, second])))
        stacked = [self._stacked(names) for names in parts.values()]
        extra = {"linear_before_reset": 1} if form.reset_after else {}
        # Some runtimes refuse an empty sequence; what it reads then is masked afterwards.
        lengths = builder.one("Max", self._lengths, builder.constant(1, np.int32))
        states, last = builder.node(
            form.operator,
            [below, *stacked, lengths],
            outputs=2,
            hidden_size=hidden,
            direction="bidirectional" if settings.bidirectional else "forward",
            **extra,
        )
        # [T, directions, B, H] and [directions, B, H] to [T, B, D] and [B, D].
        states = builder.one("Transpose", states, perm=[0, 2, 1, 3])
        states = builder.one("Reshape", states, builder.constant([0, 0, size]))
        last = builder.one("Reshape", builder.one("Transpose", last, perm=[1, 0, 2]), builder.constant([-1, size]))
        return LayerOutputs(builder.one("Where", self._inside, states, builder.constant(0, np.float32)), last)

    def _gates_first(self, form: OnnxForm, name: str) -> str:
        """A matrix [·, G·H] as ONNX wants it, [G·H, ·]."""
        array = self._in_order(form, self._bundle.tensors[name])
        matrix = self._builder.matrix(name, array, axis=weight_axis(name, self._bundle))
        return self._builder.one("Transpose", matrix, perm=[1, 0])

    def _in_order(self, form: OnnxForm, array: Array) -> Array:
        """The blocks of H columns in ONNX's order of the gates."""
        H = self._settings.hidden
        return np.concatenate([array[..., gate * H : (gate + 1) * H] for gate in form.order], axis=-1)

    def _stacked(self, names: list[str]) -> str:
        first = self._builder.constant([0])
        return self._builder.one("Concat", *(self._builder.one("Unsqueeze", name, first) for name in names), axis=0)

    def _scanned(self, layer: int, below: str) -> LayerOutputs:
        """A Scan over the cell's own step, for each direction."""
        builder, found = self._builder, []
        for direction in DIRECTIONS[: self._settings.directions]:
            prefix = f"layers.{layer}.{direction}."
            if below:
                W_I = builder.matrix(
                    prefix + "W_I", self._bundle.tensors[prefix + "W_I"], axis=weight_axis(prefix + "W_I", self._bundle)
                )
                products = builder.one("MatMul", below, W_I)
            else:
                products = self._rows(prefix + "W_I")
            b = builder.weight(prefix + "b", self._bundle.tensors[prefix + "b"])
            found.append(self._direction(prefix, builder.one("Add", products, b), backward=direction == "backward"))
        if len(found) == 1:
            return found[0]
        states, last = (builder.one("Concat", *names, axis=-1) for names in zip(*found, strict=True))
        return LayerOutputs(states, last)

    def _direction(self, prefix: str, projection: str, *, backward: bool) -> LayerOutputs:
        builder, cell, tensors, hidden = self._builder, self._cell, self._bundle.tensors, self._settings.hidden
        recurrent: list[Weight | None] = []
        for name in ("W_H", "b_H"):
            array = tensors.get(prefix + name)
            if array is None:
                recurrent.append(None)
                continue
            axis = weight_axis(prefix + name, self._bundle) if array.ndim == 2 else None
            recurrent.append((builder.matrix(prefix + name, array, axis=axis), array.shape))
        zeros = builder.one(
            "ConstantOfShape",
            builder.one("Concat", self._batch, builder.constant([hidden]), axis=0),
            value=helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0]),
        )
        carried = 2 if cell.cell_state else 1
        turned = [int(backward)]
        # The pads come first where the last token is read first: they leave the zero state as it is.
        *last, states = builder.node(
            "Scan",
            [zeros] * carried + [projection, self._inside],
            outputs=carried + 1,
            body=self._step(recurrent, carried),
            num_scan_inputs=2,
            scan_input_directions=turned * 2,
            scan_output_directions=turned,
        )
        return LayerOutputs(states, last[0])

    def _step(self, recurrent: list[Weight | None], carried: int) -> Any:
        """The body of a Scan: one step of the cell, which leaves documents that have no token there as they are."""
        cell, hidden, body = self._cell, self._settings.hidden, GraphBuilder(self._builder)
        before = [body.name(name) for name in ("hidden", "cell")[:carried]]
        projection, inside = body.name("projection"), body.name("inside")
        state = State(*(Value(body, name, (None, hidden)) for name in before))
        weights = [None if one is None else Value(body, *one) for one in recurrent]
        try:
            given = Value(body, projection, (None, hidden * len(cell.gates)))
            after, _ = cell.step(OPS, given, state, *weights)
            kept = [body.one("Where", inside, now.name, old) for now, old in zip(after[:carried], before, strict=True)]
        except (AttributeError, TypeError, ValueError) as error:
            raise SettingsError(
                f"The step of the cell {cell.name!r:.40} uses what an exported network cannot ({error!s:.80})",
                "Write its step with + - * / @, tanh, sigmoid, W_H[i] and a[:, i:j], or keep the model file.",
            ) from error
        shown = body.one("Where", inside, after.hidden.name, body.constant(0, np.float32))
        of_float = helper.make_tensor_value_info
        inputs = [of_float(name, TensorProto.FLOAT, ["batch", hidden]) for name in before]
        inputs.append(of_float(projection, TensorProto.FLOAT, ["batch", hidden * len(cell.gates)]))
        inputs.append(of_float(inside, TensorProto.BOOL, ["batch", 1]))
        outputs = [of_float(name, TensorProto.FLOAT, ["batch", hidden]) for name in (*kept, shown)]
        return helper.make_graph(body.nodes, f"{cell.name}_step", inputs, outputs)
