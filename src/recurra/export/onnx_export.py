"""A model as an ONNX file, with a Python file that goes from strings to labels."""

from __future__ import annotations

import inspect
from typing import Any

from recurra.bundle import int8_bundle
from recurra.errors import SettingsError
from recurra.export.exported_model import ExportedModel
from recurra.runtime.given_model import model_of

__all__ = ["export_onnx"]

# A file of ONNX is one message of Protocol Buffers.
LARGEST = 2**31 - 1


def export_onnx(model: Any, *, int8: bool = False) -> ExportedModel:
    """Exports network, linear branch and text pipeline; see :func:`recurra.export.onnx_graph.onnx_graph`.

    Args:
        model: a :class:`recurra.Model`, a fitted classifier or a bundle.
        int8: whether its weights are rounded to int8 first; the file is then about a quarter as large.

    Returns:
        The file's bytes; the predictions of ONNX Runtime from these, text pipeline included; and the Python file, which
        needs onnxruntime and NumPy alone.

    Raises:
        SettingsError: ``model`` is none of these, reads the words of a segmenter or of a tokenizer of your own, learned
            a task of your own, has a cell whose step a graph cannot compute, or is larger than a file of ONNX may be.
    """
    from recurra.export import onnx_predictor
    from recurra.export.onnx_graph import onnx_graph

    bundle = model_of(model).bundle
    if int8 and bundle.weights == "float32":
        bundle = int8_bundle(bundle)
    graph = onnx_graph(bundle)
    size = graph.ByteSize()
    if size > LARGEST:
        raise SettingsError(
            f"The file would have {size:,} bytes, and ONNX allows {LARGEST:,} in one", "Export it with --int8."
        )
    data = graph.SerializeToString(deterministic=True)
    predict = onnx_predictor.Classifier(data).predict_proba
    return ExportedModel("onnx", data, bundle, predict, inspect.getsource(onnx_predictor))
