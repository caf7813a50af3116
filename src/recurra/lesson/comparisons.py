"""What the lesson asks of its networks, as the numbers of its page."""

from __future__ import annotations

from collections import Counter

from recurra.cells import cell_named
from recurra.data.datasets import Dataset
from recurra.evaluation import wilson
from recurra.lesson.bucketing import ROUNDS, Batching
from recurra.lesson.model_results import phrase, test_score
from recurra.lesson.one_model import Trained, labelled
from recurra.lesson.pads import PADS, right_with_pads
from recurra.lesson.result import (
    BucketingResult,
    Epoch,
    MaskingResult,
    PadSeries,
    ShuffledResult,
    VocabularyResult,
    VocabularyRule,
)
from recurra.lesson.shuffled import score_shuffled
from recurra.recurrence.engines import engine_for

__all__ = ["bucketing_result", "masking_result", "shuffled_result", "vocabulary_result"]


def masking_result(unmasked: Trained, masked: Trained, padded: dict[str, Trained], data: Dataset) -> MaskingResult:
    """The same network with and without a mask, and unmasked ones as pads are appended.

    Args:
        unmasked: takes pads for words.
        masked: otherwise the same.
        padded: unmasked networks by the name to show.
        data: the set.
    """
    counts = Counter(labelled(data.test)[1])
    return {
        "train_phrase": phrase(masked.fitted.rows, data),
        "without_mask": test_score(unmasked),
        "with_mask": test_score(masked),
        "appended": [_pad_series(name, one, data) for name, one in padded.items()],
        "majority_share": max(counts.values()) / len(data.test),
    }


def _pad_series(name: str, one: Trained, data: Dataset) -> PadSeries:
    rows = len(data.test)
    return {
        "name": name,
        "points": [
            {"pads": pads, "accuracy": right / rows, "interval": list(wilson(right, rows))}
            for pads, right in zip(PADS, right_with_pads(one.model, data.test), strict=True)
        ],
    }


def bucketing_result(one: Trained, ways: list[Batching], documents: int, data: Dataset) -> BucketingResult:
    """Padding and time on shuffled batches and on batches of like length."""
    without, with_bucketing = (_epoch(way) for way in ways)
    return {
        "preset": one.preset,
        "train_phrase": phrase(documents, data),
        "batch_size": one.model.record["training"]["batch_size"],
        # torch's kernels alone compute on padded grids.
        "computation": "padded"
        if engine_for("auto", cell_named(one.model.settings.cell)).name == "torch"
        else "packed",
        "runs": ROUNDS,
        "without_bucketing": without,
        "with_bucketing": with_bucketing,
    }


def _epoch(way: Batching) -> Epoch:
    return {"padding_share": way.padding, "seconds": way.seconds}


def shuffled_result(one: Trained, data: Dataset, *, seed: int) -> ShuffledResult:
    """A network on the test documents and on their words in random order."""
    mixed = score_shuffled(one.model, data.test, seed=seed)
    return {
        "name": one.short_name,
        "in_order": test_score(one),
        "shuffled": {"accuracy": mixed.accuracy, "interval": list(mixed.intervals["accuracy"])},
    }


def vocabulary_result(lesson: Trained, full: Trained, data: Dataset) -> VocabularyResult:
    """The same network with the lesson's vocabulary and with that of the full text."""
    source = "titles" if data.train.has_titles else "documents' first ten words"
    return {
        "preset": lesson.preset,
        "train_phrase": phrase(lesson.fitted.rows, data),
        "rules": [
            _rule(f"the first 2,000 {source}", lesson, data),
            _rule("the full text of all training rows", full, data),
        ],
    }


def _rule(name: str, one: Trained, data: Dataset) -> VocabularyRule:
    pipeline = one.model.bundle.pipeline
    return {
        "name": name,
        "tokens": len(pipeline.vocabulary),
        "unknown_share": 1 - pipeline.coverage(data.test.documents),
        **test_score(one),
    }
