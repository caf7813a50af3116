"""A model file with int8 weights."""

from __future__ import annotations

from typing import Any

from recurra.bundle import int8_bundle
from recurra.bundle.format import decode, encode
from recurra.errors import SettingsError
from recurra.export.check import check_tokens
from recurra.export.exported_model import ExportedModel
from recurra.runtime import Model
from recurra.runtime.given_model import model_of

__all__ = ["export_int8"]


def export_int8(model: Any) -> ExportedModel:
    """Exports a model file of about a quarter of the size, which :func:`recurra.load` reads like any other.

    Args:
        model: a model with float32 weights: a :class:`recurra.Model`, a fitted classifier or a bundle.

    Returns:
        The file's bytes, and in ``predict`` the exported model's ``predict_proba`` to compare with.

    Raises:
        SettingsError: ``model`` is none of these, has int8 weights already, or reads with a tokenizer of your own.
    """
    bundle = model_of(model).bundle
    check_tokens(bundle)
    if bundle.weights != "float32":
        raise SettingsError("The weights of this model are int8 already", "Copy its file, or export the float32 model.")
    data = encode(int8_bundle(bundle))
    written = decode(data)
    return ExportedModel("int8", data, written, Model(written).predict_proba)
