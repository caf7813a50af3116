"""Made-up but plausible results for pages."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from made_up_readings import CLASSES, flow, made_up_reading

from recurra.evaluation import evaluate, mistakes, wilson

PHRASE = "58,337 of 120,000 training rows"
ROWS = 1_900


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
    found = evaluate(probabilities, targets, CLASSES, resamples=50)
    phrase = "40,899 of 120,000 training rows" if "titles" in preset else PHRASE
    return {
        "preset": preset,
        "parameters": parameters,
        "train_phrase": phrase,
        "epochs": 1,
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
        "evaluation": found.to_json(),
        "mistakes": [mistake.to_json() for mistake in mistakes(probabilities, targets, documents, CLASSES)],
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
            "appended": [
                {"name": name, "points": [{"pads": p, **score(a)} for p, a in zip(pads, values, strict=True)]}
                for name, values in (("SimpleRNN without a mask", rnn), ("LSTM without a mask", lstm))
            ],
            "majority_share": 0.25,
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


class Parsed(HTMLParser):
    """A page taken apart; parsing fails where an element is not closed in its turn."""

    VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        # Where a long name may break, a reader sees nothing.
        self.feed(html.replace("<wbr>", ""))
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in <{tag}>"
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    @property
    def text(self) -> str:
        """What a reader sees, in one line; without styles."""
        return " ".join(" ".join(text for inside, text in self.texts if inside != "style").split())

    def values(self, name: str) -> list[str]:
        """All values of an attribute."""
        return [attributes[name] or "" for _, attributes in self.elements if name in attributes]


@pytest.fixture(scope="session")
def parse() -> type[Parsed]:
    """Takes HTML apart and checks that it is well formed."""
    return Parsed


@pytest.fixture(scope="session")
def check_page() -> Callable[[str], Parsed]:
    """Checks what holds for every page, and returns it parsed."""

    def check(html: str) -> Parsed:
        page = Parsed(html)
        html.encode("utf-8")
        # Nothing from elsewhere, no code.
        assert page.tags.isdisjoint({"script", "img", "iframe", "object", "embed", "form", "base"})
        for name in ("src", "srcset", "action", "data", "poster", "background"):
            assert page.values(name) == []
        assert all(value.startswith(("#", "data:,")) for value in page.values("href"))
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
        style = "".join(text for inside, text in page.texts if inside == "style") + "".join(page.values("style"))
        assert "@import" not in style
        assert all(target.startswith("#") for target in re.findall(r"url\(['\"]?([^)]*)", style))
        policy = [a["content"] or "" for tag, a in page.elements if tag == "meta" and "http-equiv" in a]
        assert len(policy) == 1
        assert policy[0].startswith("default-src 'none'")
        # Every id once, every reference to one that is there.
        ids = page.values("id")
        assert len(set(ids)) == len(ids)
        wanted = [value[1:] for value in page.values("href") if value.startswith("#")]
        wanted += re.findall(r"url\(#([^)]*)\)", html)
        wanted += [name for value in page.values("aria-labelledby") for name in value.split()]
        assert set(wanted) <= set(ids)
        # Every picture has a role, a title and a description; tables scroll in their own container.
        pictures = [attributes for tag, attributes in page.elements if tag == "svg" and "aria-hidden" not in attributes]
        assert all(attributes["role"] == "img" for attributes in pictures)
        assert sum(tag == "desc" for tag, _ in page.elements) == len(pictures)
        assert html.count("<table") == html.count('class="scroll"')
        return page

    return check
