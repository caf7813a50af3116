"""What people use instead: a linear model on TF-IDF."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from recurra.bench.memory import forget_peak, peak_megabytes
from recurra.data.datasets import Dataset
from recurra.lesson.one_model import labelled
from recurra.text.fields import readable
from recurra.text.settings import TextSettings

__all__ = ["NAME", "Baseline", "measure_baseline"]

NAME = "TF-IDF (1- and 2-grams) + LinearSVC"


@dataclass(frozen=True)
class Baseline:
    """How the linear model fares.

    Attributes:
        parameters: weights and biases.
        seconds: to train.
        peak_mb: memory at its peak during training, or ``None``.
        train_accuracy: on all training rows.
        test_right: test rows classified rightly.
    """

    parameters: int
    seconds: float
    peak_mb: float | None
    train_accuracy: float
    test_right: int


def measure_baseline(data: Dataset) -> Baseline:
    """Trains scikit-learn's linear support-vector classifier on title and text of the same training rows."""
    settings = TextSettings()
    train, test = readable(data.train.documents, settings), readable(data.test.documents, settings)
    labels, answers = np.asarray(labelled(data.train)[1]), np.asarray(labelled(data.test)[1])
    forget_peak()
    began = time.perf_counter()
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC())
    model.fit(train, labels)
    seconds = time.perf_counter() - began
    peak = peak_megabytes()
    return Baseline(
        parameters=int(model[-1].coef_.size + model[-1].intercept_.size),
        seconds=seconds,
        peak_mb=peak,
        train_accuracy=float(np.mean(model.predict(train) == labels)),
        test_right=int(np.sum(model.predict(test) == answers)),
    )
