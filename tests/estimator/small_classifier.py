"""A network that learns in a moment, and its peer from scikit-learn."""

from __future__ import annotations

from typing import Any

from rows import make_rows
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from recurra import TextClassifier

PAIRS, TOPICS = make_rows(48)
TEXTS = [text for _, text in PAIRS]
# Of each kind that a label may be, for the same rows.
LABELS: dict[str, list[Any]] = {
    "str": TOPICS,
    "int": [sorted(set(TOPICS)).index(topic) - 1 for topic in TOPICS],
    "bool": [topic in ("money", "tech") for topic in TOPICS],
}


def network(**changes: Any) -> TextClassifier:
    """A network that learns the topics in a moment."""
    options = {"hidden": 6, "embedding": 8, "validation": 0.0, "patience": 0, "dropout": 0.0, "branch": False}
    settings = {"epochs": 6, "learning_rate": 0.05, "batch_size": 8, "options": options}
    return TextClassifier(**{**settings, **changes})


def linear() -> Pipeline:
    """The peer: what it gives for the same rows has the form that scikit-learn's users expect."""
    return make_pipeline(TfidfVectorizer(), LogisticRegression())
