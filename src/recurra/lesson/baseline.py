"""The baseline: a linear model on TF-IDF."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import make_pipeline

from recurra.bench.memory import forget_peak, peak_megabytes
from recurra.data.datasets import Dataset
from recurra.lesson.trained_model import documents_and_labels
from recurra.text.fields import input_texts
from recurra.text.settings import TextSettings
from recurra.training.baseline import linear_classifier, tfidf

__all__ = ["NAME", "Baseline", "measure_baseline"]

NAME = "TF-IDF (1- and 2-grams) + LinearSVC"


@dataclass(frozen=True)
class Baseline:
    """Results of the linear model.

    Attributes:
        parameters: number of weights and biases.
        seconds: training time.
        peak_mb: peak memory during training in MB, or ``None``.
        train_accuracy: accuracy on all training rows.
        test_correct: number of test rows classified correctly.
    """

    parameters: int
    seconds: float
    peak_mb: float | None
    train_accuracy: float
    test_correct: int


def measure_baseline(data: Dataset) -> Baseline:
    """Trains scikit-learn's linear support-vector classifier on title and text of the same training rows."""
    settings = TextSettings()
    train, test = input_texts(data.train.documents, settings), input_texts(data.test.documents, settings)
    labels, answers = np.asarray(documents_and_labels(data.train)[1]), np.asarray(documents_and_labels(data.test)[1])
    forget_peak()
    began = time.perf_counter()
    model = make_pipeline(tfidf(), linear_classifier())
    model.fit(train, labels)
    seconds = time.perf_counter() - began
    peak = peak_megabytes()
    return Baseline(
        parameters=int(model[-1].coef_.size + model[-1].intercept_.size),
        seconds=seconds,
        peak_mb=peak,
        train_accuracy=float(np.mean(model.predict(train) == labels)),
        test_correct=int(np.sum(model.predict(test) == answers)),
    )
