"""`recurra train FILE` beside a linear model: on disturbed test rows, and trained on disturbed or few rows.

    python benchmarks/own_files_robustness.py                         # five sets, three seeds
    python benchmarks/own_files_robustness.py --sets trec6 --seeds 1  # some, into the same file of results

The linear model is that of `benchmarks/own_files.py`, on words or on characters, which was better on held-out training
rows, with the settings that were chosen there; the test rows choose nothing. `TextClassifier` with nothing set trains
the model that the command trains. Both models get the same rows, and each seed has disturbances of its own.
Results: benchmarks/results/own_files_robustness.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from own_files import RESULTS as CHOSEN
from own_files import SETS, rows_of
from own_files_baselines import Way, linear_ways

from recurra import TextClassifier
from recurra.bench.machine import machine
from recurra.data.split import hold_out

RESULTS = Path(__file__).parent / "results" / "own_files_robustness.json"
DEFAULT_SETS = ("trec6", "sst2", "banking77", "names_nationality", "thucnews_titles_zh")
LONG_WORD = re.compile(r"[^\W\d_]{4,}")
MISSPELT = 0.2
Disturb = Callable[[str, str, np.random.Generator], str]


def misspelt(word: str, letters: str, generator: np.random.Generator) -> str:
    """One character changes places with the next one, is deleted, or is replaced by one of ``letters``."""
    kind, place = generator.integers(3), int(generator.integers(max(len(word) - 1, 1)))
    if kind == 0 and len(word) > 1:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    place = int(generator.integers(len(word)))
    if kind == 1 and len(word) > 1:
        return word[:place] + word[place + 1 :]
    return word[:place] + letters[generator.integers(len(letters))] + word[place + 1 :]


def with_typos(text: str, by: str, generator: np.random.Generator, *, letters: str) -> str:
    """A typo in a fifth of the words of four letters or more; where characters are read, one in each text."""
    if by == "characters":
        return misspelt(text, letters, generator) if text else text
    return LONG_WORD.sub(
        lambda found: misspelt(found[0], letters, generator) if generator.random() < MISSPELT else found[0], text
    )


def with_some_dropped(text: str, by: str, generator: np.random.Generator, *, share: float) -> str:
    """Each word, or character, is dropped with the probability ``share``; a text that would lose all stays."""
    parts, joint = _parts(text, by)
    kept = generator.random(len(parts)) >= share
    return joint.join(part for part, keep in zip(parts, kept, strict=True) if keep) if kept.any() else text


def shuffled(text: str, by: str, generator: np.random.Generator) -> str:
    """The same words, or characters, in random order."""
    parts, joint = _parts(text, by)
    return joint.join(parts[place] for place in generator.permutation(len(parts)))


def _parts(text: str, by: str) -> tuple[list[str], str]:
    return (text.split(), " ") if by == "words" else (list(text), "")


def disturbances(texts: Sequence[str]) -> dict[str, Disturb]:
    """Every way of disturbing a text; typos draw from the letters of all texts, frequent ones more often."""
    letters = "".join(character for text in texts for character in text if character.isalpha())
    return {
        "typos": partial(with_typos, letters=letters),
        "upper": lambda text, by, generator: text.upper(),
        "lower": lambda text, by, generator: text.lower(),
        "tenth_dropped": partial(with_some_dropped, share=1 / 10),
        "third_dropped": partial(with_some_dropped, share=1 / 3),
        "shuffled": shuffled,
    }


def disturbed(texts: Sequence[str], by: str, seed: int) -> dict[str, list[str]]:
    """The test texts as they are (``clean``) and disturbed in each way."""
    found = {"clean": list(texts)}
    for number, (name, disturb) in enumerate(disturbances(texts).items()):
        generator = np.random.default_rng([seed, number])
        found[name] = [disturb(text, by, generator) for text in texts]
    return found


def with_wrong_labels(labels: Sequence[str], share: float, seed: int) -> list[str]:
    """So many labels, rounded, replaced by another class, each as probable as the others."""
    generator = np.random.default_rng(seed)
    classes, changed = sorted(set(labels)), list(labels)
    for row in generator.choice(len(labels), round(share * len(labels)), replace=False):
        others = [one for one in classes if one != labels[row]]
        changed[row] = others[generator.integers(len(others))]
    return changed


def train_parts(texts: list[str], labels: list[str], seed: int) -> dict[str, tuple[list[str], list[str]]]:
    """The training rows as they are (``clean``), with wrong labels, and a stratified tenth of them."""
    tenth = hold_out(labels, share=0.1, limit=len(labels), seed=seed)[1]
    return {
        "clean": (texts, labels),
        "tenth_wrong": (texts, with_wrong_labels(labels, 0.1, seed)),
        "fifth_wrong": (texts, with_wrong_labels(labels, 0.2, seed)),
        "tenth_of_rows": ([texts[row] for row in tenth], [labels[row] for row in tenth]),
    }


def recurra_way(seed: int) -> Way:
    """The default preset with nothing set but the seed."""

    def way(texts: Sequence[str], labels: Sequence[str], test: Sequence[str]) -> tuple[list[str], float]:
        began = time.process_time()
        model = TextClassifier(random_state=seed).fit(texts, labels)
        return list(model.predict(test)), time.process_time() - began

    return way


def scores(
    way: Way, parts: dict[str, tuple[list[str], list[str]]], tests: dict[str, list[str]], answers: Sequence[str]
) -> dict[str, float]:
    """Accuracy on each disturbed test, and on the clean one after training on each disturbed part."""
    right = {}
    for name, (texts, labels) in parts.items():
        asked = tests if name == "clean" else {name: tests["clean"]}
        given, _ = way(texts, labels, [text for some in asked.values() for text in some])
        table = np.array(given, dtype=object).reshape(len(asked), -1)
        right |= dict(zip(asked, (table == np.array(answers, dtype=object)).mean(axis=1).tolist(), strict=True))
    return right


def one_set(name: str, folder: Path, seeds: int) -> dict[str, Any]:
    known = json.loads(CHOSEN.read_text(encoding="utf-8"))["sets"][name]
    linear = max((one for one in known["baselines"] if "LinearSVC" in one["name"]), key=lambda one: one["chosen_on"])
    by = known["runs"][0]["tokens"]
    linear_way = linear_ways("words" if "of words" in linear["name"] else "characters")[linear["settings"]]
    train, test = rows_of(folder / "train.csv"), rows_of(folder / "test.csv")
    runs = []
    for seed in range(seeds):
        tests, parts = disturbed(test[0], by, seed), train_parts(*train, seed)
        ways = {"linear": linear_way, "recurra": recurra_way(seed)}
        runs.append({"seed": seed, **{which: scores(way, parts, tests, test[1]) for which, way in ways.items()}})
        print(name, runs[-1], flush=True)
    return {
        "name": name,
        "about": SETS[name],
        "test_rows": len(test[0]),
        "tokens": by,
        "linear": {key: linear[key] for key in ("name", "settings")},
        "runs": runs,
        "machine": machine(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(DEFAULT_SETS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("RECURRA_DATA", "../shared/data")))
    options = parser.parse_args()
    for name in options.sets.split(","):
        # Read and written set by set, so that a long run can be made in pieces.
        result = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"sets": {}}
        sets = {**result["sets"], name: one_set(name, options.data_dir / name, options.seeds)}
        result = {
            "command": "python benchmarks/own_files_robustness.py",
            "sets": {one: sets[one] for one in SETS if one in sets},
        }
        RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
