"""The network of a job as an ONNX graph of ONNX's own recurrent operators, which respect each document's length."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from .job import DIRECTIONS, Job

__all__ = ["graph"]

_OPERATORS = {"simple_rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
# ONNX's order of an LSTM's gates is i, o, f, c; of a GRU's z, r, h, as ours.
_ORDERS = {"simple_rnn": (0,), "gru": (0, 1, 2), "lstm": (0, 3, 1, 2)}
OPSET = 17
IR = 9


def graph(job: Job) -> onnx.ModelProto:
    """A model from ``ids`` int32[T, B] and ``lengths`` int32[B] to ``logits`` float32[B, C]."""
    network, weights = job.network, job.weights
    constants: dict[str, npt.NDArray[Any]] = {name: weights[name] for name in ("embedding", "W_O", "b_O")}
    nodes = [helper.make_node("Gather", ["embedding", "ids"], ["vectors"])]
    below, size = "vectors", network["hidden"] * len(job.directions)
    constants["joined"] = np.array([0, 0, size], dtype=np.int64)
    for layer in range(network["layers"]):
        names = _layer_weights(job, layer)
        constants |= {f"{name}{layer}": array for name, array in names.items()}
        extra = {"linear_before_reset": 1} if network["cell"] == "gru" else {}
        inputs = [below, f"W{layer}", f"R{layer}", f"B{layer}", "lengths"]
        nodes.append(
            helper.make_node(
                _OPERATORS[network["cell"]],
                inputs,
                [f"all{layer}", f"final{layer}"],
                hidden_size=network["hidden"],
                direction="bidirectional" if network["bidirectional"] else "forward",
                **extra,
            )
        )
        # [T, directions, B, H] to [T, B, directions · H].
        nodes.append(helper.make_node("Transpose", [f"all{layer}"], [f"turned{layer}"], perm=[0, 2, 1, 3]))
        nodes.append(helper.make_node("Reshape", [f"turned{layer}", "joined"], [f"states{layer}"]))
        below = f"states{layer}"
    pooling = network["pooling"]
    if pooling == ["last"]:
        # The last layer's states at every word are not read.
        del nodes[-2:]
    nodes += [node for name in pooling for node in _pooling(name, below, f"final{network['layers'] - 1}")]
    constants |= {
        "flat": np.array([-1, size], dtype=np.int64), "zero": np.array(0), "one": np.array(1), "steps": np.array([0]),
        "below": np.array(-1, dtype=np.float32), "middle": np.array([1]), "ends": np.array([2]),
    }  # fmt: skip
    nodes.append(helper.make_node("Concat", [f"{name}_pooled" for name in pooling], ["pooled"], axis=1))
    nodes.append(helper.make_node("Gemm", ["pooled", "W_O", "b_O"], ["logits"]))
    made = helper.make_graph(
        nodes,
        "network",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT32, ["T", "B"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT32, ["B"]),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["B", job.settings["classes"]])],
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in constants.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model)
    return model


def _pooling(name: str, states: str, final: str) -> list[onnx.NodeProto]:
    """From the last layer's states to one vector a document; states behind a document's end are 0."""
    node = helper.make_node
    if name == "last":
        return [
            node("Transpose", [final], ["by_document"], perm=[1, 0, 2]),
            node("Reshape", ["by_document", "flat"], ["last_pooled"]),
        ]
    if name == "mean":
        return [
            node("ReduceSum", [states, "steps"], ["summed"], keepdims=0),
            node("Cast", ["lengths"], ["counts"], to=TensorProto.FLOAT),
            node("Unsqueeze", ["counts", "middle"], ["divisors"]),
            node("Div", ["summed", "divisors"], ["mean_pooled"]),
        ]
    return [
        node("Shape", ["ids"], ["size"]),
        node("Gather", ["size", "zero"], ["longest"]),
        node("Range", ["zero", "longest", "one"], ["places"]),
        node("Unsqueeze", ["places", "middle"], ["rows"]),
        node("Cast", ["lengths"], ["bounds"], to=TensorProto.INT64),
        node("Less", ["rows", "bounds"], ["inside"]),
        node("Unsqueeze", ["inside", "ends"], ["mask"]),
        node("Where", ["mask", states, "below"], ["present"]),
        node("ReduceMax", ["present"], ["max_pooled"], axes=[0], keepdims=0),
    ]


def _layer_weights(job: Job, layer: int) -> dict[str, npt.NDArray[np.float32]]:
    """W [directions, G·H, I], R [directions, G·H, H] and B [directions, 2·G·H] of a layer, in ONNX's order."""
    parts: dict[str, list[npt.NDArray[np.float32]]] = {"W": [], "R": [], "B": []}
    for direction in DIRECTIONS[: len(job.directions)]:
        of = {name: job.weights.get(f"layers.{layer}.{direction}.{name}") for name in ("W_I", "W_H", "b", "b_H")}
        b = of["b"]
        if of["W_I"] is None or of["W_H"] is None or b is None:
            raise ValueError(f"The job has no weights for layer {layer}, {direction}.")
        second = np.zeros_like(b) if of["b_H"] is None else of["b_H"]
        parts["W"].append(_gates(of["W_I"], job).T)
        parts["R"].append(_gates(of["W_H"], job).T)
        parts["B"].append(np.concatenate([_gates(b, job), _gates(second, job)]))
    return {name: np.stack(arrays) for name, arrays in parts.items()}


def _gates(array: npt.NDArray[np.float32], job: Job) -> npt.NDArray[np.float32]:
    hidden = job.network["hidden"]
    order = _ORDERS[job.network["cell"]]
    return np.concatenate([array[..., gate * hidden : (gate + 1) * hidden] for gate in order], axis=-1)
