"""Generated rows of four topics, easy to learn, for the tests of training and of the commands."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

TOPICS = {
    "money": ["bank", "stock", "price", "market", "oil", "trade", "tax"],
    "sport": ["goal", "match", "team", "win", "league", "cup", "player"],
    "tech": ["chip", "phone", "software", "web", "robot", "data", "code"],
    "world": ["minister", "vote", "peace", "treaty", "border", "court", "president"],
}
SMALL_WORDS = ("the", "of", "a", "again")


def make_rows(count: int, *, seed: int = 0) -> tuple[list[tuple[str, str]], list[str]]:
    """So many (title, text) pairs and their topics; every topic comes up, in turn."""
    generator = random.Random(seed)
    labels = [list(TOPICS)[place % len(TOPICS)] for place in range(count)]
    pairs = []
    for label in labels:
        title = " ".join(generator.choices(TOPICS[label], k=3)).capitalize()
        pairs.append((title, " ".join(generator.choices([*TOPICS[label], *SMALL_WORDS], k=8))))
    return pairs, labels


def write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    """A .csv file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def write_news(path: Path, count: int, *, seed: int = 0) -> Path:
    """A .csv file of generated rows with the columns label, title and description."""
    pairs, labels = make_rows(count, seed=seed)
    rows = [(label, *pair) for label, pair in zip(labels, pairs, strict=True)]
    return write_table(path, ("label", "title", "description"), rows)
