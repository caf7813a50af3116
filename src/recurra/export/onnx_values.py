"""An ONNX graph in the making, and values in it that Python's operators compute with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from recurra.bundle.int8 import quantize

__all__ = ["GraphBuilder", "Value"]

Array = npt.NDArray[Any]
# The length of each axis, None where it is only known when the graph runs.
Shape = tuple[int | None, ...]


class GraphBuilder:
    """Collects the nodes and constants of a graph; names are given in order, so that the same model has the same bytes.

    Args:
        outer: the graph around this one, if it is the body of a Scan: it holds the constants.

    Attributes:
        nodes: in the order of computation.
        constants: the initializers.
    """

    def __init__(self, outer: GraphBuilder | None = None) -> None:
        self._outer = outer
        self._names: dict[str, int] = {} if outer is None else outer._names
        self._small: dict[tuple[Any, ...], str] = {} if outer is None else outer._small
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = [] if outer is None else outer.constants

    def name(self, hint: str) -> str:
        """A name that nothing else has."""
        count = self._names[hint] = self._names.get(hint, -1) + 1
        return f"{hint}_{count}" if count else hint

    def node(self, operator: str, inputs: Sequence[str], *, outputs: int = 1, **attributes: Any) -> list[str]:
        """Adds a node; returns the names of its outputs."""
        names = [self.name(operator) for _ in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names

    def one(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node of one output; returns that output's name."""
        return self.node(operator, inputs, **attributes)[0]

    def constant(self, value: Any, dtype: npt.DTypeLike = np.int64) -> str:
        """A small constant; equal ones are one."""
        array = np.asarray(value, dtype=dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._small:
            self._small[key] = self.weight("constant", array)
        return self._small[key]

    def weight(self, hint: str, array: Array) -> str:
        """A constant of a name that says what it is."""
        name = self.name(hint)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def prune(self, outputs: Iterable[str]) -> None:
        """Takes out the nodes and constants that nothing among the outputs needs: runtimes warn of them."""
        needed, kept = set(outputs), []
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(_read_by(node))
        self.nodes = kept[::-1]
        self.constants = [constant for constant in self.constants if constant.name in needed]

    def matrix(self, hint: str, array: Array, *, axis: int | None) -> str:
        """A weight that is stored as int8 if its values share scales along an axis; its float32 values are the result.

        Args:
            hint: its name.
            array: float32[R, C].
            axis: see :func:`recurra.bundle.int8.quantize`; ``None`` stores float32.
        """
        if axis is None:
            return self.weight(hint, array)
        values, scale = quantize(np.ascontiguousarray(array), axis=axis)
        # Runtimes may replace DequantizeLinear and a product by one that rounds the other factor as well; not these.
        wide = self.one("Cast", self.weight(hint, values), to=int(onnx.TensorProto.FLOAT))
        return self.one("Mul", wide, self.weight(f"{hint}.scale", np.expand_dims(scale, axis)))

    def rows(self, hint: str, array: Array, places: str, *, axis: int | None) -> str:
        """Rows of a table, float32[..., C]; only the rows that are read leave int8.

        Args:
            hint: the table's name.
            array: float32[R, C].
            places: name of whole numbers; -1 is the last row.
            axis: see :meth:`matrix`.
        """
        if axis is None:
            return self.one("Gather", self.weight(hint, array), places)
        values, scale = quantize(np.ascontiguousarray(array), axis=axis)
        found = self.one(
            "Cast", self.one("Gather", self.weight(hint, values), places), to=int(onnx.TensorProto.FLOAT)
        )  # fmt: skip
        stored = self.weight(f"{hint}.scale", scale)
        if axis:
            stored = self.one("Unsqueeze", self.one("Gather", stored, places), self.constant([-1]))
        return self.one("Mul", found, stored)


def _read_by(node: onnx.NodeProto) -> set[str]:
    """The names that a node reads, those in the body of a Scan among them."""
    bodies = [attribute.g for attribute in node.attribute if attribute.type == onnx.AttributeProto.GRAPH]
    return set(node.input).union(*(_read_by(inner) for body in bodies for inner in body.node))


@dataclass(frozen=True)
class Value:
    """A float32 value of a graph, with the operators of NumPy's arrays that steps of cells use.

    Attributes:
        builder: the graph.
        name: its name there.
        shape: the length of each axis, ``None`` where only running tells it.
    """

    builder: GraphBuilder
    name: str
    shape: Shape

    # NumPy's arrays leave operators to this class.
    __array_ufunc__ = None

    def __add__(self, other: Any) -> Value:
        return self._joined("Add", self, other)

    def __radd__(self, other: Any) -> Value:
        return self._joined("Add", other, self)

    def __sub__(self, other: Any) -> Value:
        return self._joined("Sub", self, other)

    def __rsub__(self, other: Any) -> Value:
        return self._joined("Sub", other, self)

    def __mul__(self, other: Any) -> Value:
        return self._joined("Mul", self, other)

    def __rmul__(self, other: Any) -> Value:
        return self._joined("Mul", other, self)

    def __truediv__(self, other: Any) -> Value:
        return self._joined("Div", self, other)

    def __rtruediv__(self, other: Any) -> Value:
        return self._joined("Div", other, self)

    def __neg__(self) -> Value:
        return self.apply("Neg")

    def __matmul__(self, other: Any) -> Value:
        if not isinstance(other, Value):
            return NotImplemented
        return Value(
            self.builder, self.builder.one("MatMul", self.name, other.name), (*self.shape[:-1], other.shape[-1])
        )

    def __getitem__(self, key: Any) -> Value:
        """A row, ``[i]``, or columns, ``[:, begin:end]``."""
        if isinstance(key, int):
            row = self.builder.one("Gather", self.name, self.builder.constant(key), axis=0)
            return Value(self.builder, row, self.shape[1:])
        everything, columns = key
        width = self.shape[-1]
        if everything != slice(None) or not isinstance(columns, slice) or columns.step is not None or width is None:
            raise TypeError("only whole columns can be taken")
        begin, end, _ = columns.indices(width)
        constant = self.builder.constant
        part = self.builder.one("Slice", self.name, constant([begin]), constant([end]), constant([len(self.shape) - 1]))
        return Value(self.builder, part, (*self.shape[:-1], end - begin))

    def apply(self, operator: str) -> Value:
        """An element-wise function."""
        return Value(self.builder, self.builder.one(operator, self.name), self.shape)

    def _joined(self, operator: str, left: Any, right: Any) -> Value:
        names, shapes = [], []
        for one in (left, right):
            if isinstance(one, Value):
                names.append(one.name)
                shapes.append(one.shape)
            elif isinstance(one, int | float):
                names.append(self.builder.constant(one, np.float32))
            else:
                raise TypeError(f"{operator} of a {type(one).__name__}")
        shape = max(shapes, key=len)
        return Value(self.builder, self.builder.one(operator, *names), shape)
