"""Trained networks as numbers of the lesson's page."""

from __future__ import annotations

from recurra.data.datasets import Dataset
from recurra.evaluation import mistakes, wilson
from recurra.lesson.baseline import NAME, Baseline
from recurra.lesson.published_scores import PUBLISHED_SCORES
from recurra.lesson.result import BaselineResult, Curve, ModelResult, Score
from recurra.lesson.trained_model import TrainedModel, documents_and_labels
from recurra.training.callbacks import TrainingMetrics, ValidationMetrics

__all__ = ["baseline_result", "model_result", "phrase", "share", "test_score"]


def phrase(rows: int, data: Dataset) -> str:
    """A phrase for a number of training rows: ``58,337 of 120,000 training rows``."""
    full = data.full_training_rows or len(data.train)
    return f"{rows:,} training rows" if rows == full else f"{rows:,} of {full:,} training rows"


def share(rows: int, data: Dataset) -> float | None:
    """A number of training rows as a share of the published set's; ``None`` if its size is unknown."""
    return rows / data.full_training_rows if data.full_training_rows else None


def test_score(one: TrainedModel) -> Score:
    """The test accuracy with its interval."""
    return {"accuracy": one.test.accuracy, "interval": list(one.test.intervals["accuracy"])}


def model_result(one: TrainedModel, data: Dataset) -> ModelResult:
    """One network's row of the table, curves, scores and mistakes."""
    bundle, outcome = one.model.bundle, one.fitted.outcome
    published = PUBLISHED_SCORES.get(one.preset) if data.name == "agnews" else None
    targets = bundle.labels.encode(documents_and_labels(data.test)[1])
    surest = mistakes(one.probabilities, targets, data.test.documents, one.model.bundle.labels.classes, top=10)
    return {
        "preset": one.preset,
        "cell": one.model.settings.cell,
        "parameters": one.model.info["parameters"]["total"],
        "train_phrase": phrase(one.fitted.rows, data),
        "train_share": share(one.fitted.rows, data),
        "reads": _read(one, data),
        "epochs": outcome.epochs,
        "masked": one.model.settings.masked,
        "learned_rows": one.fitted.rows - one.model.record.get("held_out", 0),
        "held_out": one.model.record.get("held_out", 0),
        "choosing": one.fitted.choosing,
        "best_epoch": _best_epoch(outcome.history.validation),
        "seconds": outcome.seconds,
        "docs_per_second": one.docs_per_second,
        "peak_memory_mb": one.peak_mb,
        "train_accuracy": one.train_accuracy,
        "test_accuracy": one.test.accuracy,
        "interval": list(one.test.intervals["accuracy"]),
        "lesson_accuracy": published.lesson if published else None,
        "keras_accuracy": published.keras if published else None,
        "train_curve": _curve(outcome.history.training),
        "validation_curve": _curve(outcome.history.validation),
        "evaluation": one.test.to_dict(),
        "mistakes": [mistake.to_dict() for mistake in surest],
    }


def baseline_result(baseline: Baseline, data: Dataset) -> BaselineResult:
    """The linear model's row of the table."""
    accuracy = baseline.test_correct / len(data.test)
    return {
        "name": NAME,
        "parameters": baseline.parameters,
        "train_phrase": phrase(len(data.train), data),
        "train_share": share(len(data.train), data),
        "seconds": baseline.seconds,
        "docs_per_second": len(data.train) / baseline.seconds,
        "peak_memory_mb": baseline.peak_mb,
        "train_accuracy": baseline.train_accuracy,
        "test_accuracy": accuracy,
        "interval": list(wilson(baseline.test_correct, len(data.test))),
    }


def _read(one: TrainedModel, data: Dataset) -> str:
    text = one.model.bundle.text
    if text.field == "title":
        return "titles" if data.train.has_titles else "first 10 words"
    return "whole texts" if text.max_tokens is None else f"first {text.max_tokens} words"


def _best_epoch(validation: list[ValidationMetrics]) -> int | None:
    # In the first epoch there are points before its end.
    ends = [point for point in validation if point.epoch == round(point.epoch)]
    return round(min(ends, key=lambda point: point.loss).epoch) if ends else None


def _curve(points: list[TrainingMetrics] | list[ValidationMetrics]) -> Curve:
    return {
        "epochs": [point.epoch for point in points],
        "loss": [point.loss for point in points],
        "accuracy": [point.accuracy for point in points],
    }
