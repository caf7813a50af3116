"""Made-up but plausible results for pages; and a tiny set, networks that learned from it, and a whole lesson on it."""

from __future__ import annotations

import copy
import csv
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_readings import CLASSES, flow, made_up_reading
from parsed_pages import check_page, parse

from recurra.data.datasets import Dataset, load_dataset
from recurra.evaluation import evaluate, mistakes, wilson
from recurra.lesson.callback import LessonCallback
from recurra.lesson.run import run_lesson
from recurra.lesson.trained_model import TrainedModel, train_and_score

__all__ = ["check_page", "parse"]

PHRASE = "58,337 of 120,000 training rows"
ROWS = 1_900
TRAIN, TEST = 240, 60


def score(accuracy: float, rows: int = ROWS) -> dict[str, Any]:
    """An accuracy with its interval."""
    return {"accuracy": accuracy, "interval": list(wilson(round(accuracy * rows), rows))}


def curve(points: int, loss: float, accuracy: float) -> dict[str, list[float]]:
    """A curve that falls to a loss and rises to an accuracy."""
    x = np.linspace(1 / points, 1, points)
    fall = np.exp(-4 * x)
    return {
        "epochs": x.tolist(),
        "loss": (loss + (1.386 - loss) * fall).tolist(),
        "accuracy": (accuracy - (accuracy - 0.25) * fall).tolist(),
    }


def model(
    preset: str, accuracy: float, *, seconds: float, parameters: int, **published: float | None
) -> dict[str, Any]:
    """One network with about this accuracy on 1,900 rows."""
    generator = np.random.default_rng(len(preset))
    targets = generator.integers(0, len(CLASSES), ROWS)
    # The true class wins in about this share of rows, elsewhere any class does.
    leading = np.where(generator.random(ROWS) < accuracy, targets, generator.integers(0, len(CLASSES), ROWS))
    logits = (
        generator.normal(size=(ROWS, len(CLASSES))) + (3 + generator.random((ROWS, 1))) * np.eye(len(CLASSES))[leading]
    )
    probabilities = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)
    documents = [(f"Headline {row}", "Oil prices rose again on Tuesday. " * (1 + row % 9)) for row in range(ROWS)]
    found = evaluate(probabilities, targets, CLASSES, class_numbers=True, resamples=50)
    phrase = "40,899 of 120,000 training rows" if "titles" in preset else PHRASE
    return {
        "preset": preset,
        "cell": "gru" if "gru" in preset else "simple_rnn" if "rnn" in preset else "lstm",
        "parameters": parameters,
        "train_phrase": phrase,
        "train_share": (40_899 if "titles" in preset else 58_337) / 120_000,
        "reads": "titles" if "titles" in preset else "whole texts",
        "epochs": 1,
        "masked": preset.rpartition("-")[2] != "titles" and preset != "lesson/lstm",
        "learned_rows": (40_899 if "titles" in preset else 58_337) - 1_000,
        "held_out": 1_000,
        "choosing": 990,
        "best_epoch": 1,
        "seconds": seconds,
        "docs_per_second": 58_337 / seconds,
        "peak_memory_mb": 812.4,
        "train_accuracy": found.accuracy + 0.04,
        "test_accuracy": found.accuracy,
        "interval": list(found.intervals["accuracy"]),
        "lesson_accuracy": published.get("lesson"),
        "keras_accuracy": published.get("keras"),
        "train_curve": curve(60, 0.28, found.accuracy + 0.03),
        "validation_curve": curve(10, 0.33, found.accuracy),
        "evaluation": found.to_dict(),
        "mistakes": [mistake.to_dict() for mistake in mistakes(probabilities, targets, documents, CLASSES)],
    }


def build() -> dict[str, Any]:
    """A whole result, as AG News could give it."""
    pads = [0, 10, 20, 50, 100, 200, 500]
    rnn = [0.62, 0.58, 0.51, 0.40, 0.31, 0.26, 0.25]
    lstm = [0.881, 0.880, 0.878, 0.872, 0.861, 0.802, 0.655]
    return {
        "dataset": "AG News",
        "dataset_note": "AG News was found in the data directory.",
        "train_rows": 58_337,
        "test_rows": ROWS,
        "train_phrase": PHRASE,
        "reads": "simple-rnn-titles reads titles, the other networks whole texts; 1 epoch.",
        "seed": 0,
        "models": [
            model("lesson/simple-rnn-titles", 0.70, seconds=21.9, parameters=1_281_364, lesson=0.7995, keras=0.7691),
            model("lesson/simple-rnn-masked", 0.78, seconds=78.1, parameters=1_281_364, lesson=0.8822, keras=0.8334),
            model("lesson/gru", 0.83, seconds=101.2, parameters=1_281_812),
            model("lesson/lstm", 0.84, seconds=143.7, parameters=1_282_372, lesson=0.8870, keras=0.8708),
            model("lesson/bilstm", 0.86, seconds=371.6, parameters=2_758_148, keras=0.8850),
        ],
        "baseline": {
            "name": "TF-IDF + linear SVC",
            "parameters": 2_400_000,
            "train_phrase": PHRASE,
            "train_share": 58_337 / 120_000,
            "seconds": 8.52,
            "docs_per_second": 6_847.0,
            "peak_memory_mb": None,
            "train_accuracy": 0.991,
            "test_accuracy": 0.918,
            "interval": score(0.918)["interval"],
        },
        "masking": {
            "train_phrase": PHRASE,
            "without_mask": score(0.612),
            "with_mask": score(0.838),
            "pad_to": 52,
            "mean_pads": 13.25,
            "appended": [
                {"name": name, "points": [{"pads": p, **score(a)} for p, a in zip(pads, values, strict=True)]}
                for name, values in (("SimpleRNN without a mask", rnn), ("LSTM without a mask", lstm))
            ],
            "majority_share": 0.25,
        },
        "pads": {
            "preset": "lesson/lstm",
            "train_phrase": PHRASE,
            "pad_to": 1_053,
            "median_words": 37,
            "with_pads": score(0.522),
            "pads_left_out": score(0.787),
            "trained_masked": score(0.884),
        },
        "bucketing": {
            "preset": "lesson/bilstm",
            "train_phrase": PHRASE,
            "batch_size": 16,
            "runs": 1,
            "computation": "padded",
            "without_bucketing": {"padding_share": 0.412, "seconds": 371.6},
            "with_bucketing": {"padding_share": 0.031, "seconds": 228.4},
        },
        "shuffled": [
            {"name": "simple-rnn-titles", "in_order": score(0.77), "shuffled": score(0.749)},
            {"name": "lstm", "in_order": score(0.871), "shuffled": score(0.822)},
            {"name": "bilstm", "in_order": score(0.885), "shuffled": score(0.86)},
        ],
        "reading": made_up_reading(),
        "gradients": [
            flow(name, when, fade)
            for name, early, late in (("lesson/simple-rnn-masked", 0.99, 0.55), ("lesson/lstm", 0.5, 0.9))
            for when, fade in (("before training", early), ("after training", late))
        ],
        "vocabulary": {
            "preset": "lesson/lstm",
            "train_phrase": PHRASE,
            "rules": [
                {"name": "the first 2,000 titles", "tokens": 5_022, "unknown_share": 0.291, **score(0.871)},
                {"name": "full text", "tokens": 19_998, "unknown_share": 0.041, **score(0.897)},
            ],
        },
    }


_RESULT = build()


@pytest.fixture
def result() -> dict[str, Any]:
    """A fresh copy that a test may change."""
    return copy.deepcopy(_RESULT)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny set: two classes, one of them larger, some rows without a title, some labels wrong."""
    folder = tmp_path_factory.mktemp("sets") / "tiny"
    folder.mkdir()
    generator = random.Random(5)
    for name, rows in {"train": TRAIN, "test": TEST}.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["label", "title", "description"])
            for row in range(rows):
                label, other = ("sea", "land") if row % 5 < 3 else ("land", "sea")
                words = [*generator.choices(["the", "a", "old", "new", "long"], k=generator.randint(2, 12)), label]
                generator.shuffle(words)
                title = "" if row % 8 == 7 else f"{label} report {'abcde'[row % 5]}"
                writer.writerow([other if row % 11 == 10 else label, title, " ".join(words)])
    return folder.parent


@pytest.fixture(scope="session")
def tiny(data_folder: Path) -> Dataset:
    """That set, read."""
    return load_dataset("tiny", data_dir=data_folder, say=lambda message: None)


@pytest.fixture(scope="session")
def lesson(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, list[str]]:
    """A whole lesson on it: the result, its folder and what was said."""
    said: list[str] = []

    class Monitor(LessonCallback):
        def on_message(self, message: str) -> None:
            said.append(message)

    out = tmp_path_factory.mktemp("lesson")
    return run_lesson(dataset="tiny", data_dir=data_folder, epochs=3, out=out, callback=Monitor()), out, said


VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "unmasked": ("simple-rnn-masked", {"masked": False}),
    "full text": ("gru", {"vocabulary_from": "all", "vocabulary_documents": None}),
}


class Networks(dict[str, TrainedModel]):
    """Networks that learned from the tiny set, each trained when it is first asked for."""

    def __init__(self, data: Dataset) -> None:
        self.data = data

    def __missing__(self, name: str) -> TrainedModel:
        preset, options = VARIANTS.get(name, (name, {}))
        self[name] = found = train_and_score(
            name, f"lesson/{preset}", self.data, epochs=3, seed=0, callback=LessonCallback(), options=options
        )
        return found


@pytest.fixture(scope="session")
def trained(tiny: Dataset) -> Networks:
    """By name: the lesson's, ``unmasked`` and ``full text``."""
    return Networks(tiny)
