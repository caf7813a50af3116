"""Linear models and fastText on the rows of ``benchmarks/own_files.py``, with settings chosen on training rows."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from recurra.data.split import hold_out

WORKER = Path(__file__).parent / "own_files" / "fasttext_worker.py"
# Rows of the training file that the settings are chosen on.
SHARE, SEED = 0.15, 777
# A trial's way: train on texts and labels, answer for texts; gives the labels and the processor seconds of training.
Way = Callable[[Sequence[str], Sequence[str], Sequence[str]], tuple[list[str], float]]


@dataclass(frozen=True)
class Baseline:
    """A baseline with the settings that were best on held-out training rows.

    Attributes:
        name: for the table.
        settings: in words.
        chosen_on: accuracy on the held-out training rows.
        labels: predicted for the test rows.
        seconds: of the processor, for training on all training rows.
    """

    name: str
    settings: str
    chosen_on: float
    labels: list[str]
    seconds: float


def linear(texts: Sequence[str], labels: Sequence[str], test: Sequence[str], *, by: str) -> Baseline:
    """TF-IDF and LinearSVC, by ``words`` (single ones and pairs) or ``characters`` (runs of 1 to 4)."""
    return _chosen(f"TF-IDF of {by} + LinearSVC", linear_ways(by), texts, labels, test)


def linear_ways(by: str) -> dict[str, Way]:
    """The settings that :func:`linear` chooses among, each as a way to train and answer."""
    analyzers = ("word",) if by == "words" else ("char_wb", "char")
    ways = {}
    for analyzer, C in product(analyzers, (0.3, 1.0, 3.0)):
        runs = "1- and 2-grams of words" if by == "words" else f"1- to 4-grams ({analyzer})"
        ways[f"{runs}, C = {C:g}"] = _linear_way(analyzer, (1, 2) if by == "words" else (1, 4), C)
    return ways


def fasttext(texts: Sequence[str], labels: Sequence[str], test: Sequence[str], *, by: str, python: Path) -> Baseline:
    """fastText, by ``words``, by ``characters`` within words, or with each character as a word (``apart``)."""
    name, runs = {
        "words": ("1- and 2-grams of words", {"wordNgrams": 2}),
        "characters": ("words and their 1- to 4-grams", {"minn": 1, "maxn": 4}),
        "apart": ("1- and 2-grams of characters", {"wordNgrams": 2}),
    }[by]
    if by == "apart":
        texts, test = ([" ".join("".join(text.split())) for text in some] for some in (texts, test))
    ways = {}
    for epoch, lr in product((10, 25, 50, 100), (0.1, 0.5, 1.0)):
        ways[f"{epoch} epochs, lr = {lr:g}"] = _fasttext_way({**runs, "dim": 100, "epoch": epoch, "lr": lr}, python)
    return _chosen(f"fastText, {name}", ways, texts, labels, test)


def _chosen(
    name: str, ways: dict[str, Way], texts: Sequence[str], labels: Sequence[str], test: Sequence[str]
) -> Baseline:
    kept, held = hold_out(list(labels), share=SHARE, seed=SEED)
    some, answers, asked = (
        [part[row] for row in rows] for part, rows in ((texts, kept), (labels, kept), (texts, held))
    )
    right = np.array([labels[row] for row in held], dtype=object)
    scores = {
        what: float(np.mean(np.array(way(some, answers, asked)[0], dtype=object) == right))
        for what, way in ways.items()
    }
    best = max(scores, key=lambda what: scores[what])
    found, seconds = ways[best](texts, labels, test)
    return Baseline(name, best, scores[best], found, seconds)


def _linear_way(analyzer: str, runs: tuple[int, int], C: float) -> Way:
    def way(texts: Sequence[str], labels: Sequence[str], test: Sequence[str]) -> tuple[list[str], float]:
        model = make_pipeline(TfidfVectorizer(analyzer=analyzer, ngram_range=runs, sublinear_tf=True), LinearSVC(C=C))
        began = time.process_time()
        model.fit(texts, labels)
        seconds = time.process_time() - began
        return list(model.predict(test)), seconds

    return way


def _fasttext_way(options: dict[str, Any], python: Path) -> Way:
    def way(texts: Sequence[str], labels: Sequence[str], test: Sequence[str]) -> tuple[list[str], float]:
        job = json.dumps({"train": list(texts), "labels": list(labels), "test": list(test), "options": options})
        ran = subprocess.run([python, WORKER], input=job, capture_output=True, text=True, check=True)
        answer = json.loads(ran.stdout)
        return answer["labels"], answer["seconds"]

    return way


def all_baselines(
    texts: Sequence[str], labels: Sequence[str], test: Sequence[str], *, fasttext_by: Sequence[str], python: Path | None
) -> Iterator[Baseline]:
    """Every baseline that makes sense for a set, one after another.

    Args:
        texts: training rows.
        labels: as many.
        test: texts to answer for.
        fasttext_by: what :func:`fasttext` reads.
        python: of the environment that has fastText; ``None`` leaves it out.
    """
    for by in ("words", "characters"):
        yield linear(texts, labels, test, by=by)
    if python:
        for by in fasttext_by:
            yield fasttext(texts, labels, test, by=by, python=python)
