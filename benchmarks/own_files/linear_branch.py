"""What a linear model beside the network would add, on training rows alone: research for a linear branch.

    python benchmarks/own_files/linear_branch.py DATA_FOLDER --sets trec6 sst2 --features words characters both

Each set's folder has a train.csv with text and label. 15 % of its rows are kept for asking, as LOG.md says; `default`
learns from the others, of which it holds out a tenth; a logistic regression on TF-IDF learns from them too. Answers
are joined in three ways: the mean of the probabilities, the sum of their logarithms, and that sum with two weights that
the held-out tenth chooses (of a linear model that has not seen it). One line of JSON a set.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import recurra
from recurra.data.split import hold_out

SHARE, SEED = 0.15, 777
WORD = r"(?u)\w+|[^\w\s]"
FEATURES = {
    "words": [("word", (1, 2))],
    "characters": [("char_wb", (1, 5))],
    "all-characters": [("char", (1, 4))],
    "both": [("word", (1, 2)), ("char_wb", (2, 5))],
}
Doubles = npt.NDArray[np.float64]


class Linear:
    """TF-IDF and logistic regression; the logarithms of its probabilities."""

    def __init__(self, features: str, texts: Sequence[str], labels: Sequence[str]) -> None:
        self.vectorizers = [
            TfidfVectorizer(
                analyzer=analyzer, ngram_range=sizes, sublinear_tf=True, token_pattern=WORD,
                min_df=1 if analyzer == "word" else 2,
            )
            for analyzer, sizes in FEATURES[features]
        ]  # fmt: skip
        for vectorizer in self.vectorizers:
            vectorizer.fit(texts)
        self.model = LogisticRegression(C=10, max_iter=300).fit(self._matrix(texts), labels)

    def _matrix(self, texts: Sequence[str]) -> csr_matrix:
        return hstack([vectorizer.transform(texts) for vectorizer in self.vectorizers]).tocsr()

    def __call__(self, texts: Sequence[str]) -> Doubles:
        """Logarithms of probabilities, [B, C]."""
        return np.log(np.maximum(self.model.predict_proba(self._matrix(texts)), 1e-12))


def log_loss(scores: Doubles, targets: npt.NDArray[np.int64]) -> float:
    """Of scores that are logarithms of probabilities but for a number a row."""
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return float(-logs[np.arange(len(targets)), targets].mean())


def measured(path: Path, features: Sequence[str]) -> dict[str, Any]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    texts, labels = [list(part) for part in zip(*rows, strict=True)]
    kept, asked = hold_out(labels, share=SHARE, seed=SEED)
    known, answers = [texts[row] for row in kept], [labels[row] for row in kept]
    learned, held = hold_out(answers, share=0.1, seed=0)
    began = time.process_time()
    network = recurra.TextClassifier(random_state=0).fit(known, answers)
    seconds = time.process_time() - began
    classes = list(network.classes_)
    new, targets = [texts[row] for row in asked], np.array([classes.index(labels[row]) for row in asked])
    tenth, tenth_targets = [known[row] for row in held], np.array([classes.index(answers[row]) for row in held])
    ours, ours_held = (np.log(np.maximum(network.predict_proba(some), 1e-12)) for some in (new, tenth))

    def accuracy(scores: Doubles) -> float:
        return float((scores.argmax(axis=1) == targets).mean())

    found: dict[str, Any] = {"rows": len(known), "network": accuracy(ours), "network_seconds": seconds}
    for name in features:
        began = time.process_time()
        part = Linear(name, [known[row] for row in learned], [answers[row] for row in learned])(tenth)
        theirs = Linear(name, known, answers)(new)
        loss, a, b = min(
            (log_loss(a * ours_held + b * part, tenth_targets), a, b)
            for a in np.arange(0, 1.6, 0.1).tolist()
            for b in np.arange(0, 3.1, 0.1).tolist()
        )
        found[name] = {
            "linear": accuracy(theirs),
            "mean": accuracy(np.exp(ours) + np.exp(theirs)),
            "sum_of_logs": accuracy(ours + theirs),
            "weighted": accuracy(a * ours + b * theirs),
            "weights": [round(a, 1), round(b, 1)],
            "held_out_log_loss": [log_loss(ours_held, tenth_targets), log_loss(part, tenth_targets), loss],
            "seconds": time.process_time() - began,
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the sets")
    parser.add_argument("--sets", nargs="+", required=True)
    parser.add_argument("--features", nargs="+", default=["both"], choices=sorted(FEATURES))
    options = parser.parse_args()
    for name in options.sets:
        print(json.dumps({"set": name} | measured(options.data / name / "train.csv", options.features)), flush=True)


if __name__ == "__main__":
    main()
