"""Models in other formats, each checked against the original model before it is written."""

from recurra.export.check import LEAST_AGREEMENT, check_answers, check_tokens
from recurra.export.documents import generated_documents
from recurra.export.exported_model import ExportedModel
from recurra.export.int8 import export_int8

__all__ = ["LEAST_AGREEMENT", "ExportedModel", "check_answers", "check_tokens", "export_int8", "generated_documents"]
