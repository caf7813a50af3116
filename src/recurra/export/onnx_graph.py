"""A model as an ONNX graph: ids in, probabilities out."""

from __future__ import annotations

import json

import numpy as np
import onnx
from onnx import TensorProto, helper

from recurra.bundle import Bundle
from recurra.export.onnx_layers import LayerOutputs, Layers, weight_axis
from recurra.export.onnx_values import GraphBuilder
from recurra.export.preprocessing import preprocessing
from recurra.linear_branch import LinearBranch
from recurra.version import VERSION

__all__ = ["METADATA_KEY", "OPSET", "onnx_graph"]

OPSET = 17
"""Version of ONNX's operators, of 2022: every runtime that is still kept up knows them."""
IR_VERSION = 8

METADATA_KEY = "recurra"
"""Key of :func:`recurra.export.preprocessing.preprocessing`'s values in the file's metadata."""

# What replaces states behind a document's end where the largest is looked for.
LOWEST = float(np.finfo(np.float32).min)


def onnx_graph(bundle: Bundle) -> onnx.ModelProto:
    """The network and the linear branch of a model, with its text pipeline in the metadata.

    Inputs: ``ids`` int32[batch, time], the token ids of documents, padded with 0, of at least one column; ``lengths``
    int32[batch], how many tokens each has. With a linear branch also ``ngrams`` int32[batch, ngrams], rows of W, and,
    where it counts them, ``subwords`` int32[batch, subwords], rows of U, each padded with -1 and of at least one
    column. Output: ``probabilities`` float32[batch, classes].

    The weights are stored as the model stores them, float32 or int8, and computed with in float32. The pads that a
    network without masking reads are added within.

    Args:
        bundle: a model.

    Raises:
        SettingsError: it reads the words of a segmenter or of a tokenizer of your own, or the step of a cell of your
            own uses more than a graph can.
    """
    text = preprocessing(bundle)
    builder = GraphBuilder()
    ids, lengths = _read(builder, bundle)
    time = builder.one("Range", *(builder.constant(0), _size(builder, ids, 0, scalar=True), builder.constant(1)))
    inside = builder.one(
        "Less",
        builder.one("Unsqueeze", time, builder.constant([1])),
        builder.one("Cast", lengths, to=TensorProto.INT64),
    )
    inside = builder.one("Unsqueeze", inside, builder.constant([2]))
    layers = Layers(builder, bundle, ids=ids, lengths=lengths, inside=inside, batch=_size(builder, ids, 1))
    pooled = _pooled(builder, bundle, layers.outputs(), inside, lengths)
    logits = builder.one(
        "Gemm", pooled, *(builder.weight(name, bundle.tensors[name]) for name in ("W_O", "b_O"))
    )  # fmt: skip
    inputs = [("ids", ["batch", "time"]), ("lengths", ["batch"])]
    if bundle.branch is not None:
        inputs.append(("ngrams", ["batch", "ngrams"]))
        logits = builder.one("Add", logits, _branch_part(builder, bundle, bundle.branch, "ngrams", "W"))
        if bundle.branch.subwords is not None:
            inputs.append(("subwords", ["batch", "subwords"]))
            logits = builder.one("Add", logits, _branch_part(builder, bundle, bundle.branch, "subwords", "U"))
    link = {"softmax": "Softmax", "sigmoid": "Sigmoid"}[bundle.task.link_name]
    builder.nodes.append(helper.make_node(link, [logits], ["probabilities"]))
    builder.prune(["probabilities"])
    graph = helper.make_graph(
        builder.nodes,
        "recurra",
        [helper.make_tensor_value_info(name, TensorProto.INT32, shape) for name, shape in inputs],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", len(bundle.labels)])],
        builder.constants,
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="recurra",
        producer_version=VERSION,
    )
    helper.set_model_props(model, {METADATA_KEY: json.dumps(text, ensure_ascii=False, sort_keys=True)})
    onnx.checker.check_model(model)
    return model


def _read(builder: GraphBuilder, bundle: Bundle) -> tuple[str, str]:
    """The ids with time first, int32[T, B], and the lengths, int32[B], with the pads of a network without masking."""
    for name in ("ids", "lengths", "ngrams", "subwords", "probabilities"):
        builder.name(name)
    ids, lengths = builder.one("Transpose", "ids", perm=[1, 0]), "lengths"
    if not bundle.pad_to:
        return ids, lengths
    lengths = builder.one("Max", lengths, builder.constant(bundle.pad_to, np.int32))
    rows = builder.one("Concat", builder.constant([bundle.pad_to]), _size(builder, ids, 1), axis=0)
    pads = builder.one("ConstantOfShape", rows, value=helper.make_tensor("pad", TensorProto.INT32, [1], [0]))
    longest = builder.one("Cast", builder.one("ReduceMax", lengths, keepdims=1), to=TensorProto.INT64)
    ids = builder.one("Concat", ids, pads, axis=0)
    return builder.one("Slice", ids, builder.constant([0]), longest, builder.constant([0])), lengths


def _size(builder: GraphBuilder, value: str, axis: int, *, scalar: bool = False) -> str:
    shape = builder.one("Shape", value)
    return builder.one("Gather", shape, builder.constant(axis if scalar else [axis]))


def _pooled(builder: GraphBuilder, bundle: Bundle, outputs: LayerOutputs, inside: str, lengths: str) -> str:
    """The poolings in their order, float32[B, P]; zero for an empty document."""
    parts = []
    first = builder.constant([0])
    for name in bundle.network.pooling:
        if name == "last":
            parts.append(outputs.last)
        elif name == "mean":
            total = builder.one("ReduceSum", outputs.states, first, keepdims=0)
            count = builder.one("Max", lengths, builder.constant(1, np.int32))
            count = builder.one("Unsqueeze", builder.one("Cast", count, to=TensorProto.FLOAT), builder.constant([1]))
            parts.append(builder.one("Div", total, count))
        elif name == "max":
            present = builder.one("Where", inside, outputs.states, builder.constant(LOWEST, np.float32))
            highest = builder.one("ReduceMax", present, axes=[0], keepdims=0)
            some = builder.one("Greater", lengths, builder.constant(0, np.int32))
            some = builder.one("Unsqueeze", some, builder.constant([1]))
            parts.append(builder.one("Where", some, highest, builder.constant(0, np.float32)))
        else:
            parts.append(_attended(builder, bundle, outputs.states, inside))
    return parts[0] if len(parts) == 1 else builder.one("Concat", *parts, axis=1)


def _attended(builder: GraphBuilder, bundle: Bundle, states: str, inside: str) -> str:
    """The states weighted by softmax of v · tanh(W s + b) over a document's tokens."""
    tensors = bundle.tensors
    W = builder.matrix("attention.W", tensors["attention.W"], axis=weight_axis("attention.W", bundle))
    keys = builder.one("Add", builder.one("MatMul", states, W), builder.weight("attention.b", tensors["attention.b"]))
    v = builder.weight("attention.v", tensors["attention.v"][:, None])
    scores = builder.one("MatMul", builder.one("Tanh", keys), v)
    scores = builder.one("Where", inside, scores, builder.constant(LOWEST, np.float32))
    # An empty document's shares are even, of states that are all 0.
    shares = builder.one("Softmax", scores, axis=0)
    return builder.one("ReduceSum", builder.one("Mul", shares, states), builder.constant([0]), keepdims=0)


def _branch_part(builder: GraphBuilder, bundle: Bundle, branch: LinearBranch, places: str, name: str) -> str:
    """Σ of the rows at the places / √(their number), float32[B, L]."""
    weights = getattr(branch, name)
    # A row of zeros at the end, which -1 reads.
    table = np.concatenate([weights, np.zeros((1, weights.shape[1]), dtype=np.float32)])
    axis = weight_axis(f"branch.{name}", bundle)
    # Of a long document there are so many that float32 would lose digits of their sum.
    rows = builder.one("Cast", builder.rows(f"branch.{name}", table, places, axis=axis), to=TensorProto.DOUBLE)
    total = builder.one("ReduceSum", rows, builder.constant([1]), keepdims=0)
    total = builder.one("Cast", total, to=TensorProto.FLOAT)
    known = builder.one("GreaterOrEqual", places, builder.constant(0, np.int32))
    known = builder.one("Cast", known, to=TensorProto.FLOAT)
    count = builder.one("ReduceSum", known, builder.constant([1]), keepdims=1)
    return builder.one("Div", total, builder.one("Sqrt", builder.one("Max", count, builder.constant(1, np.float32))))
