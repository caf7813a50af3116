"""Models in other formats, each checked against the original model before it is written."""

from recurra.export.check import (
    LEAST_AGREEMENT,
    TOLERANCE,
    check_answers,
    check_equal,
    check_tokens,
    probabilities_in_float64,
)
from recurra.export.documents import generated_documents, odd_documents
from recurra.export.exported_model import ExportedModel, program_path
from recurra.export.int8 import export_int8
from recurra.export.onnx_export import export_onnx

__all__ = [
    "LEAST_AGREEMENT",
    "TOLERANCE",
    "ExportedModel",
    "check_answers",
    "check_equal",
    "check_tokens",
    "export_int8",
    "export_onnx",
    "generated_documents",
    "odd_documents",
    "probabilities_in_float64",
    "program_path",
]
