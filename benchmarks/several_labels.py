"""Several labels a row, where the best possible answer is known: Recurra, a linear model, and that answer.

    python benchmarks/several_labels.py

Documents of six topics, any of which a document may have, and a label that says in which order two words stand
(`benchmarks/known_labels.py`). Each seed draws training and test rows of its own. What is chosen (epoch, temperature,
thresholds; the linear model's C and thresholds) is chosen on the same held-out tenth of the training rows.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from known_labels import Indicator, Process, mixed_topics
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from recurra.bench.machine import machine
from recurra.data.split import hold_out
from recurra.estimator import TextClassifier
from recurra.evaluation.metrics import label_losses
from recurra.evaluation.multi_label_scores import MultiLabelRowScores
from recurra.evaluation.thresholds import tune_thresholds

RESULT = Path(__file__).parent / "results" / "several_labels.json"
STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""The linear model of each label has the C of the lowest log loss on the held-out rows."""

Floats = npt.NDArray[np.floating]
Ways = dict[str, dict[str, Any]]


def scored(probabilities: Floats, had: Indicator, thresholds: Floats, labels: tuple[str, ...]) -> dict[str, Any]:
    """The scores, F1 of each label, and the log loss of the label of the order alone."""
    rows = MultiLabelRowScores(probabilities, had, labels, thresholds=thresholds)
    order = MultiLabelRowScores(probabilities[:, -1:], had[:, -1:], labels[-1:]).scores()["log_loss"]
    each = {str(one.label): one.f1 for one in rows.evaluate(resamples=1).labels}
    return {**rows.scores(), "order_log_loss": order, "labels": each}


def best_threshold(probabilities: Floats) -> float:
    """The threshold of the highest F1 to be expected where these are the true probabilities of the decisions."""
    falling = np.sort(probabilities.ravel())[::-1]
    f1 = 2 * np.cumsum(falling) / (np.arange(1, len(falling) + 1) + falling.sum())
    return float(falling[f1.argmax()])


def best_possible(process: Process, texts: list[str], had: Indicator, *, ordered: bool) -> dict[str, Any]:
    """The scores of the true probabilities, each score with the decisions that are best for it."""
    probabilities = process.probabilities(texts, ordered=ordered)
    each = np.array([best_threshold(column) for column in probabilities.T])
    found = scored(probabilities, had, each, process.labels)
    shared = np.full(had.shape[1], best_threshold(probabilities))
    found["micro_f1"] = MultiLabelRowScores(probabilities, had, process.labels, thresholds=shared).scores()["micro_f1"]
    exact = process.most_probable(texts, ordered=ordered) == had
    return {**found, "subset_accuracy": float(exact.all(axis=1).mean())}


def recurrent(
    rows: tuple[list[str], Indicator], tested: tuple[list[str], Indicator], process: Process, seed: int
) -> Ways:
    """The default preset, with its thresholds and with 0.5."""
    before = time.perf_counter()
    model = TextClassifier(random_state=seed).fit(*rows)
    seconds = time.perf_counter() - before
    probabilities = model.predict_proba(tested[0])
    tuned = model.model_.bundle.thresholds
    return {
        "`recurra`, tuned thresholds": {**scored(probabilities, tested[1], tuned, process.labels), "seconds": seconds},
        "`recurra`, thresholds 0.5": scored(probabilities, tested[1], np.full(len(tuned), 0.5), process.labels),
    }


def linear(rows: tuple[list[str], Indicator], tested: tuple[list[str], Indicator], process: Process, seed: int) -> Ways:
    """TF-IDF of words and pairs, and a logistic regression a label, with tuned thresholds and with 0.5."""
    before = time.perf_counter()
    texts, had = rows
    kept, held = hold_out(had, share=0.1, seed=seed)
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    learned = vectorizer.fit_transform([texts[row] for row in kept])
    chosen_on = vectorizer.transform([texts[row] for row in held])
    models = [
        OneVsRestClassifier(LogisticRegression(C=strength, solver="liblinear")).fit(learned, had[kept])
        for strength in STRENGTHS
    ]
    every = np.stack([model.predict_proba(chosen_on) for model in models])
    best = np.stack([label_losses(one, had[held]).mean(axis=0) for one in every]).argmin(axis=0)
    columns = np.arange(had.shape[1])
    tuned = tune_thresholds(every[best, :, columns].T, had[held], seed=seed).values
    seconds = time.perf_counter() - before
    matrix = vectorizer.transform(tested[0])
    probabilities = np.stack([model.predict_proba(matrix) for model in models])[best, :, columns].T
    half = np.full(had.shape[1], 0.5)
    about = {"C": [STRENGTHS[place] for place in best], "seconds": seconds}
    return {
        "linear, tuned thresholds": {**scored(probabilities, tested[1], tuned, process.labels), **about},
        "linear, thresholds 0.5": scored(probabilities, tested[1], half, process.labels),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--test-rows", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    process, runs, shares = mixed_topics(), [], []
    # What is compiled is compiled before anything is timed.
    TextClassifier(epochs=1).fit(*process.draw(200, np.random.default_rng(0)))
    for seed in range(options.seeds):
        generator = np.random.default_rng([1, seed])
        rows, tested = process.draw(options.rows, generator), process.draw(options.test_rows, generator)
        shares.append(tested[1].mean(axis=0))
        ways = {
            **recurrent(rows, tested, process, seed),
            **linear(rows, tested, process, seed),
            "best possible": best_possible(process, *tested, ordered=True),
            "best possible without word order": best_possible(process, *tested, ordered=False),
        }
        for way, scores in ways.items():
            runs.append({"way": way, "seed": seed, **scores})
            print(json.dumps(runs[-1]), flush=True)
    given = {"--rows": options.rows, "--test-rows": options.test_rows, "--seeds": options.seeds}
    changed = [f" {name} {n}" for name, n in given.items() if n != parser.get_default(name[2:].replace("-", "_"))]
    result = {
        "command": "python benchmarks/several_labels.py" + "".join(changed),
        "machine": machine(),
        "rows": options.rows,
        "test_rows": options.test_rows,
        "seeds": options.seeds,
        "shares": dict(zip(process.labels, np.mean(shares, axis=0).tolist(), strict=True)),
        "runs": runs,
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
