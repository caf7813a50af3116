"""Predicting with fastText from strings."""

from __future__ import annotations

import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import fasttext

from .job import Job
from .protocol import Participant

__all__ = ["prepare"]

PACKAGES = ("fasttext-community", "fasttext", "fasttext-wheel")


def prepare(job: Job, options: dict[str, Any]) -> Participant:
    """Trains on the job's training texts, single words, which is fastText at its fastest; then predicts once.

    Args:
        job: what to predict.
        options: none.
    """
    # A line is a document for fastText, and a label is a word with a mark.
    texts, labels = job.train
    numbers = {label: place for place, label in enumerate(sorted(set(labels)))}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        lines = (f"__label__{numbers[label]} {_line(text)}\n" for text, label in zip(texts, labels, strict=True))
        path.write_text("".join(lines), encoding="utf-8")
        model = fasttext.train_supervised(str(path), wordNgrams=1, verbose=0)
    documents = [_line(text) for text in job.texts]

    def everything() -> None:
        model.predict(documents)

    def one(index: int) -> None:
        model.predict(documents[index])

    everything()
    found = {name: found for name in PACKAGES if (found := _version(name))}
    return Participant(
        title=f"fastText {next(iter(found.values()), '')}, strings".replace(" ,", ","),
        settings="its own predict, single words, 100 dimensions; it knows one thread",
        versions=found,
        play=job.predict_round(everything, one),
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
