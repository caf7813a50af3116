"""Prediction with NumPy and Numba alone: a model file in, labels and probabilities out."""

from recurra.runtime.model import Model, load
from recurra.runtime.reading import Reading
from recurra.runtime.trace import LayerTrace

__all__ = ["LayerTrace", "Model", "Reading", "load"]
