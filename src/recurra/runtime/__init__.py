"""Prediction with NumPy and Numba only: loads model files, and returns labels and probabilities."""

from recurra.runtime.model import Model, load
from recurra.runtime.reading import Reading
from recurra.runtime.trace import LayerTrace

__all__ = ["LayerTrace", "Model", "Reading", "load"]
