"""Whatever a model card says of its own accord, the page has in Japanese."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from branched import make_branched
from bundles import make_bundle

from recurra.bundle import Bundle, int8_bundle
from recurra.card import model_card

LOCALES = Path(__file__).parents[2] / "src" / "recurra" / "web" / "static" / "locales"
CARD: dict[str, str] = json.loads((LOCALES / "en.json").read_text("utf-8"))["card"]
PATTERNS = [re.compile("(.+?)".join(map(re.escape, re.split(r"\{\w+\}", text))), re.DOTALL) for text in CARD.values()]
CLASSES = {
    "rows": [10, 4000, 300],
    "held_out": [0, 400, 30],
    "given": [0, 430, 0],
    "precision": [0, 0.5, 0],
    "recall": [0, 0.5, 0],
    "f1": [0, 0.5, 0],
}
RECORD: dict[str, Any] = {
    "preset": "default",
    "rows": 4310,
    "held_out": 200,
    "classes": CLASSES,
    "scores": {"validation": {"accuracy": 0.5, "macro_f1": 0.2, "log_loss": 0.9, "ece": 0.1}},
    "calibration": {"temperature": 1.3, "before": {"ece": 0.2}, "cross_fitted": {"ece": 0.1}},
    "baselines": {"score": "accuracy", "majority": 0.4, "linear": 0.6, "features": "2- to 5-grams of characters"},
    "training": {"patience": 2},
    "training_accuracy": 0.99,
    "unknown_tokens": 0.2,
    "columns": {"text": "sentence", "label": "topic"},
    "cleaning": {"excluded": 3, "relabelled": 4},
    "continued": {"parent": "older", "chain": [{"rows": 12, "data_sha256": "ab"}]},
    "imported": {"file": "net.h5", "format": "Keras", "sha256": "ab"},
    "data_sha256": "ab",
    "versions": {"numpy": "2.1"},
    "branch": {"network_right": 0.4, "branch_right": 0.5, "network_factor": 1, "branch_factor": 1},
    "examples": [
        {"kind": kind, "text": "oil", "label": "a", "answer": "b", "probability": 0.5}
        for kind in ("right", "wrong", "doubtful")
    ],
}
SEVERAL = {"validation": {"micro_f1": 0.5, "subset_accuracy": 0.3, "hamming_loss": 0.1, "ranking_precision": 0.6}}


def cards() -> Iterator[Bundle]:
    """Models of every kind, with records of every kind."""
    few = {**CLASSES, "rows": [10, 20, 300], "held_out": [0, 0, 30], "given": [1, 1, 1], "f1": [0.1, 0.2, 0.3]}
    plain = make_bundle(bidirectional=True, layers=2, masked=False)
    yield plain
    yield replace(plain, record=RECORD, text=plain.text.replace(tokens="characters", max_tokens=200))
    yield replace(make_branched(), record={**RECORD, "classes": few, "calibration": {"temperature": 1}})
    chosen = {**RECORD["branch"], "chosen_on_held_out_rows": True}
    file = {"validation_data": {"source": "later.csv", "unknown_labels": 3}, "calibration": {"temperature": 2}}
    yield replace(make_branched(subwords=0), record={**RECORD, **file, "branch": chosen})
    yield replace(int8_bundle(make_bundle()), record={**RECORD, "held_out": 0, "validation_data": {"source": ""}})
    several = make_bundle(labels=tuple(f"topic {place}" for place in range(120)), thresholds=[0.5] * 120)
    labels = {"score": "micro_f1", "majority": 0.4, "linear": 0.6, "features": "2- to 5-grams of characters"}
    yield replace(several, record={**RECORD, "classes": {}, "scores": SEVERAL, "baselines": labels})
    titles = make_bundle().text.replace(tokens="bytes", field="title")
    yield replace(make_bundle(), text=titles, record={**RECORD, "columns": {"text": "a", "title": "b", "label": "c"}})
    yield replace(make_bundle(), text=titles.replace(first_words=12, tokens="words"), record=RECORD)
    yield replace(make_bundle(), record={**RECORD, "replayed": 12})
    for source in ("later.csv", ""):
        yield replace(make_bundle(), record={**RECORD, "held_out_copies": 12, "validation_data": {"source": source}})
    yield replace(make_branched(tokens="characters"), record={**RECORD, "remembers_held_out": True})


def said(card: str) -> Iterator[str]:
    """Headings, paragraphs, points, titles of columns, and cells, but not what is a name, a setting or code."""
    section = ""
    for block in card.split("---\n", 2)[2].split("\n\n"):
        lines = block.strip().splitlines()
        if lines[0].startswith("#"):
            section = lines[0].strip("# ")
            yield section
        elif lines[0].startswith("| "):
            head, _, *rows = ([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines)
            yield from filter(None, head)
            if section != "Classes":
                yield from (cell for row in rows for cell in (row[:1] if any(head) else row))
        elif lines[0].startswith("- "):
            yield from (line[2:] for line in lines if section != "Classes")
        elif "```" not in block and section not in ("Settings",) and "=" not in block and lines[0][0] not in "[":
            yield " ".join(lines)


# A setting, a version, a file's name, a number: no words of the program.
NAMES = re.compile(r"`[^`]*`|default|last|mean|[\d.,–]+|numpy 2\.1|net\.h5 \(.*\)")


def test_every_line_of_a_card_has_its_words() -> None:
    unknown = set()
    for bundle in cards():
        lines = [re.sub(r"\\(.)", r"\1", line) for line in said(model_card(bundle, digest="0" * 64))]
        assert len(lines) > 20
        unknown |= {
            line for line in lines if not NAMES.fullmatch(line) and not any(p.fullmatch(line) for p in PATTERNS)
        }
    assert unknown == set()
