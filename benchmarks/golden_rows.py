"""The files that benchmarks/golden.py works on: generated rows, the same for the same seed."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from pathlib import Path

__all__ = ["write_files"]

OWN = {
    "money": ["bank", "stock", "price", "oil", "trade", "tax", "株価"],
    "sport": ["goal", "match", "team", "cup", "player", "łódź"],
    "tech": ["chip", "phone", "web", "robot", "code", "naïve"],
    "world": ["vote", "peace", "treaty", "border", "мир"],
}
COMMON = ["the", "of", "a", "again", "and", "late", "it's", "!", "—"]
ENDINGS = {"north": ("sen", "dottir", "vik"), "south": ("ini", "ello", "ucci"), "east": ("ov", "enko", "ska")}
TEXTS = [
    "oil prices rise again",
    "The TEAM wins; a late goal!",
    "",
    "qwx zzyzx",
    "株価 мир 🚀 naïve e\u0301",
    "the vote and the tax " * 20,
    "a",
]


def news(count: int, generator: random.Random) -> list[tuple[str, str, str]]:
    """(label, title, text), one in ten with words of another topic."""
    rows = []
    for place in range(count):
        label = list(OWN)[place % len(OWN)]
        words = OWN[generator.choice(list(OWN)) if generator.random() < 0.1 else label]
        title = " ".join(generator.choices(words, k=2)).capitalize()
        text = generator.choices(words, k=3) + generator.choices(COMMON, k=generator.randrange(2, 14))
        generator.shuffle(text)
        rows.append((label, title, " ".join(text)))
    return rows


def topics(count: int, generator: random.Random) -> list[tuple[str, str]]:
    """(labels, text): every topic comes or does not by itself, the last ones seldom."""
    rows = []
    for _ in range(count):
        found = [topic for topic, share in zip(OWN, (0.5, 0.4, 0.3, 0.15), strict=True) if generator.random() < share]
        words = generator.choices(COMMON, k=generator.randrange(2, 12))
        words += [word for topic in found for word in generator.choices(OWN[topic], k=2)]
        generator.shuffle(words)
        rows.append(("|".join(found), " ".join(words)))
    return rows


def names(count: int, generator: random.Random) -> list[tuple[str, str]]:
    """(label, name): made up of syllables, and read by characters."""
    rows = []
    for place in range(count):
        label = list(ENDINGS)[place % len(ENDINGS)]
        syllables = generator.choices(("ka", "mo", "ri", "tel", "ba", "su", "len"), k=generator.randrange(1, 4))
        rows.append((label, ("".join(syllables) + generator.choice(ENDINGS[label])).capitalize()))
    return rows


def untidy(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Rows with what a check looks for: copies, contradictions, damage, and labels that are wrong or rare."""
    first, second, third = rows[:3]
    return [
        *rows,
        first,
        ("world" if second[0] != "world" else "tech", *second[1:]),
        (third[0].upper() + " ", *third[1:]),
        ("", "Title", "a text without a label"),
        ("rare", "Title", "a text with a label of its own"),
        (first[0], "", ""),
        (first[0], "Caf\u00c3\u00a9", "prix d\u00e2\u20ac\u2122or &amp; <b>more</b> and so"),
        (second[0], second[1], second[2] + " again again"),
    ]


def write_files(folder: Path, seed: int = 0) -> None:
    """Writes all of them."""
    generator = random.Random(seed)  # noqa: S311
    learned = news(400, generator)
    several = topics(400, generator)
    head, two = ("label", "title", "text"), ("label", "text")
    _write(folder / "news.csv", head, learned)
    _write(folder / "news-test.csv", head, [*news(80, generator), learned[5]])
    _write(folder / "few.csv", head, learned[:24])
    _write(folder / "topics.csv", ("labels", "text"), several)
    _write(folder / "topics-test.csv", ("labels", "text"), topics(80, generator))
    _write(folder / "names.csv", two, names(300, generator))
    _write(folder / "untidy.csv", head, untidy(learned[:80]))
    comets = [("space", "Comet", " ".join(generator.choices(["comet", "star", "moon", "the"], k=6))) for _ in range(20)]
    _write(folder / "newer.csv", head, comets + news(40, generator))
    (folder / "texts.txt").write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    lines = [json.dumps({"id": place, "text": text}, ensure_ascii=False) for place, text in enumerate(TEXTS)]
    (folder / "texts.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    vectors = [
        " ".join([word, *(f"{generator.gauss(0, 1):.4f}" for _ in range(4))]) for some in OWN.values() for word in some
    ]
    (folder / "vectors.txt").write_text("\n".join(vectors) + "\n", encoding="utf-8")
    for part, count in (("train", 120), ("test", 40)):
        (folder / "sets" / "tiny").mkdir(parents=True, exist_ok=True)
        _write(folder / "sets" / "tiny" / f"{part}.csv", head, news(count, generator))


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
