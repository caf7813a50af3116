"""Baselines of a training: the most frequent class, and a linear model on TF-IDF, on the rows held out."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recurra.data.corpus import blocks_with_mask
from recurra.presets import Recipe
from recurra.text.fields import input_texts
from recurra.training.callbacks import Callback
from recurra.training.prepare import LabelledRows, split_of

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

__all__ = ["Baselines", "linear_classifier", "measure_baselines", "tfidf"]

WORDS = "1- and 2-grams of words"
CHARACTERS = "2- to 5-grams of characters"
NGRAMS = {
    WORDS: {"analyzer": "word", "ngram_range": (1, 2)},
    CHARACTERS: {"analyzer": "char_wb", "ngram_range": (2, 5)},
}

# Bounds of characters × (classes + 7), which grows as the seconds do: at its bound each takes a processor core 3 to 15.
WORK = {WORDS: 150_000_000, CHARACTERS: 50_000_000}
OVERHEAD = 7


@dataclass(frozen=True)
class Baselines:
    """Scores of the baselines on the rows held out.

    Attributes:
        score: key of the score, the first share among those that training prints; ``None`` if there is none.
        majority: score where every row is given the most frequent class of the training rows.
        linear: score of the linear model, the better of two, trained on the rows that the network learns from.
        features: what it reads, n-grams of words or of characters.
        skipped: why there is no linear model.
    """

    score: str | None = None
    majority: float | None = None
    linear: float | None = None
    features: str | None = None
    skipped: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def tfidf(ngrams: str = WORDS) -> TfidfVectorizer:
    """The vectorizer of the linear model.

    Raises:
        ImportError: scikit-learn is not installed.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, **NGRAMS[ngrams])


def linear_classifier() -> LinearSVC:
    """The linear model itself: a support-vector classifier, one class against the rest.

    Raises:
        ImportError: scikit-learn is not installed.
    """
    from sklearn.svm import LinearSVC

    # Its solver visits the rows in a random order.
    return LinearSVC(random_state=0)


def measure_baselines(labelled: LabelledRows, recipe: Recipe, callbacks: Callback) -> Baselines:
    """Scores the baselines on the rows that this training holds out; the same rows give the same scores.

    Args:
        labelled: all rows.
        recipe: says what is read, and what is held out.
        callbacks: told the progress, and why there is no linear model.

    Raises:
        DataError: nothing can be held out, or the rows cannot be read again.
    """
    found = _measure(labelled, recipe, callbacks)
    if found.skipped:
        what = "skipped" if found.majority is None else "no linear model"
        callbacks.on_message(f"baselines: {what}, {found.skipped}.")
    return found


def _measure(labelled: LabelledRows, recipe: Recipe, callbacks: Callback) -> Baselines:
    task, classes = labelled.task, labelled.classes
    kept, held = split_of(labelled, recipe.training)
    key = next((score.key for score in task.scores if score.printed and score.percent), None)
    if not len(held):
        return Baselines(key, skipped="no rows were held out")
    if key is None:
        return Baselines(skipped=f"{task.wording.gives} a row has no score that is a share")
    targets, truth = labelled.targets[kept], labelled.targets[held]

    def score(given: npt.NDArray[np.bool_]) -> float:
        return float(task.scoring(given.astype(np.float32), truth, classes.classes).scores()[key])

    most_frequent = int(task.counts(targets, len(classes)).argmax())
    majority = score(_one_hot(np.full(len(held), most_frequent), len(classes)))
    single = task.single(targets)
    learned = targets if single is None else single
    if single is None and (targets.ndim != 2 or targets.dtype != np.bool_):
        return Baselines(key, majority, skipped=f"it cannot give {task.wording.gives}")
    if single is not None and single.min() == single.max():
        return Baselines(key, majority, skipped="all training rows have one class")
    try:
        import sklearn  # noqa: F401
    except ImportError:
        return Baselines(key, majority, skipped="scikit-learn is not installed")

    most = WORK[WORDS] // (len(classes) + OVERHEAD)
    texts = _texts(labelled, held, recipe, callbacks, at_most=most)
    if texts is None:
        return Baselines(
            key,
            majority,
            skipped=f"more than {most:,} characters of text and {len(classes):,} {task.wording.plural} would take long",
        )
    characters = sum(map(len, texts[0]))
    scores = {}
    for ngrams, work in WORK.items():
        if characters * (len(classes) + OVERHEAD) <= work:
            given = _answers(ngrams, *texts, learned)
            if given is not None:
                scores[ngrams] = score(given if single is None else _one_hot(given, len(classes)))
    if not scores:
        return Baselines(key, majority, skipped="the texts have no words")
    best = max(scores, key=lambda ngrams: scores[ngrams])
    return Baselines(key, majority, scores[best], best)


def _texts(
    labelled: LabelledRows, held: npt.NDArray[np.int64], recipe: Recipe, callbacks: Callback, *, at_most: int
) -> tuple[list[str], list[str]] | None:
    """The texts to learn from and those held out; ``None`` if the former have more characters than ``at_most``."""
    corpus, characters = labelled.corpus, 0
    marks = np.zeros(len(corpus), dtype=bool)
    marks[held] = True
    texts: list[str] = []
    held_texts: list[str] = []
    for _, block, out in blocks_with_mask(corpus, marks):
        for text, is_held in zip(input_texts(block, recipe.text), out.tolist(), strict=True):
            (held_texts if is_held else texts).append(text)
            characters += 0 if is_held else len(text)
        if characters > at_most:
            return None
        callbacks.on_data("linear baseline", len(block), len(corpus))
    return texts, held_texts


def _answers(
    ngrams: str, texts: list[str], held_texts: list[str], targets: npt.NDArray[Any]
) -> npt.NDArray[Any] | None:
    """Classes int64[B], or bool[B, C] for targets of that kind, of the texts held out; ``None`` without any n-gram."""
    from sklearn.multiclass import OneVsRestClassifier

    vectorizer, classifier = tfidf(ngrams), linear_classifier()
    # A label that every row has or none, and a solver that could go on: neither is for whoever trains a network.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            vectors = vectorizer.fit_transform(texts)
        except ValueError:
            return None  # An empty vocabulary has no other sign.
        model = classifier if targets.ndim == 1 else OneVsRestClassifier(classifier)
        answers = model.fit(vectors, targets.astype(np.int64)).predict(vectorizer.transform(held_texts))
    return np.asarray(answers if targets.ndim == 1 else answers.astype(bool))


def _one_hot(places: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.bool_]:
    return np.asarray(places[:, None] == np.arange(classes))
