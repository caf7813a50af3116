"""Evaluation of a classifier: metrics with intervals, calibration, comparison and mistakes. NumPy only."""

from recurra.evaluation.evaluate import evaluate
from recurra.evaluation.evaluation import ClassScore, Evaluation, EvaluationJson
from recurra.evaluation.intervals import Interval, wilson
from recurra.evaluation.mistakes import Mistake, mistakes

__all__ = [
    "ClassScore",
    "Evaluation",
    "EvaluationJson",
    "Interval",
    "Mistake",
    "evaluate",
    "mistakes",
    "wilson",
]
