"""The lesson's experiments as numbers of its page: masking, bucketing, word order, vocabulary."""

from __future__ import annotations

from collections import Counter

import numpy as np

from recurra.cells import cell_named
from recurra.data.datasets import Dataset
from recurra.evaluation import wilson
from recurra.lesson.bucketing import ROUNDS, BatchingCost
from recurra.lesson.model_results import phrase, test_score
from recurra.lesson.pads import PADS, correct_with_pads
from recurra.lesson.result import (
    BucketingResult,
    EpochCost,
    MaskingResult,
    PadSeries,
    PadsResult,
    ShuffledResult,
    VocabularyResult,
    VocabularyRule,
)
from recurra.lesson.shuffled import score_shuffled
from recurra.lesson.trained_model import TrainedModel, documents_and_labels
from recurra.recurrence.engines import engine_for

__all__ = ["bucketing_result", "masking_result", "pads_result", "shuffled_result", "vocabulary_result"]


def masking_result(
    unmasked: TrainedModel, masked: TrainedModel, padded: dict[str, TrainedModel], data: Dataset
) -> MaskingResult:
    """The same network with and without a mask, and unmasked networks as pads are appended.

    Args:
        unmasked: the network without a mask, which reads pads as words.
        masked: the same network with a mask.
        padded: unmasked networks by the name to show.
        data: the data set.
    """
    counts = Counter(documents_and_labels(data.test)[1])
    lengths, pad_to = (
        unmasked.model.bundle.pipeline.encode(data.test.documents).lengths,
        unmasked.model.bundle.pad_to or 0,
    )
    return {
        "train_phrase": phrase(masked.fitted.rows, data),
        "without_mask": test_score(unmasked),
        "with_mask": test_score(masked),
        "pad_to": pad_to,
        "mean_pads": float(np.maximum(pad_to - lengths, 0).mean()),
        "appended": [_pad_series(name, one, data) for name, one in padded.items()],
        "majority_share": max(counts.values()) / len(data.test),
    }


def pads_result(padded: TrainedModel, masked: TrainedModel, data: Dataset) -> PadsResult:
    """A network that reads pads with them, without them, and trained with a mask.

    Args:
        padded: the network, which reads whole texts and pads.
        masked: the same network, trained with a mask.
        data: the data set.
    """
    rows, right = len(data.test), correct_with_pads(padded.model, data.test)[0]
    lengths = padded.model.bundle.pipeline.encode(data.test.documents).lengths
    return {
        "preset": padded.preset,
        "train_phrase": phrase(padded.fitted.rows, data),
        "pad_to": padded.model.bundle.pad_to or 0,
        "median_words": int(np.median(lengths)),
        "with_pads": test_score(padded),
        "pads_left_out": {"accuracy": right / rows, "interval": list(wilson(right, rows))},
        "trained_masked": test_score(masked),
    }


def _pad_series(name: str, one: TrainedModel, data: Dataset) -> PadSeries:
    rows = len(data.test)
    return {
        "name": name,
        "points": [
            {"pads": pads, "accuracy": right / rows, "interval": list(wilson(right, rows))}
            for pads, right in zip(PADS, correct_with_pads(one.model, data.test), strict=True)
        ],
    }


def bucketing_result(one: TrainedModel, ways: list[BatchingCost], documents: int, data: Dataset) -> BucketingResult:
    """Padding and time on random batches and on batches of similar length."""
    without, with_bucketing = (_epoch_cost(way) for way in ways)
    return {
        "preset": one.preset,
        "train_phrase": phrase(documents, data),
        "batch_size": one.model.record["training"]["batch_size"],
        # Only torch's kernels compute the pads.
        "computation": "padded"
        if engine_for("auto", cell_named(one.model.settings.cell)).name == "torch"
        else "packed",
        "runs": ROUNDS,
        "without_bucketing": without,
        "with_bucketing": with_bucketing,
    }


def _epoch_cost(way: BatchingCost) -> EpochCost:
    return {"padding_share": way.padding, "seconds": way.seconds}


def shuffled_result(one: TrainedModel, data: Dataset, *, seed: int) -> ShuffledResult:
    """A network on the test documents with their words in order and in random order."""
    mixed = score_shuffled(one.model, data.test, seed=seed)
    return {
        "name": one.short_name,
        "in_order": test_score(one),
        "shuffled": {"accuracy": mixed.accuracy, "interval": list(mixed.intervals["accuracy"])},
    }


def vocabulary_result(lesson: TrainedModel, full: TrainedModel, data: Dataset) -> VocabularyResult:
    """The same network with the lesson's vocabulary and with one learned from the full text."""
    source = "titles" if data.train.has_titles else "documents' first ten words"
    return {
        "preset": lesson.preset,
        "train_phrase": phrase(lesson.fitted.rows, data),
        "rules": [
            _rule(f"the first 2,000 {source}", lesson, data),
            _rule("the full text of all training rows", full, data),
        ],
    }


def _rule(name: str, one: TrainedModel, data: Dataset) -> VocabularyRule:
    pipeline = one.model.bundle.pipeline
    return {
        "name": name,
        "tokens": len(pipeline.vocabulary),
        "unknown_share": 1 - pipeline.coverage(data.test.documents),
        **test_score(one),
    }
