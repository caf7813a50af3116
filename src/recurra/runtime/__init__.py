"""Prediction with NumPy and Numba alone: a model file in, labels and probabilities out."""

from recurra.runtime.model import Model, load
from recurra.runtime.reading import Reading

__all__ = ["Model", "Reading", "load"]
