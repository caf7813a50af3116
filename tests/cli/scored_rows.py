"""Rows to score, in every form of file, and what their answers must be."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import WORDS, make_bundle
from rows import write_table

import recurra
from recurra.batch_prediction import document_batches
from recurra.batch_prediction import parquet as parquets
from recurra.bundle import write_bundle
from recurra.data import blocks, lines

ROWS = 100
TEXTS = [" ".join(WORDS[(n * 7 + k) % len(WORDS)] for k in range(n % 6)) for n in range(ROWS)]
TITLES = [" ".join(WORDS[(n * 5 + k) % len(WORDS)] for k in range(n % 4)) for n in range(ROWS)]
IDS = [f'nr, "{n}"' if n % 10 == 0 else str(n) for n in range(ROWS)]
USUAL = (blocks.BLOCK_BYTES, document_batches.BATCH)


def make_blocks_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small that these few rows make many blocks, and that a block makes several batches."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 512)
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 9)
    monkeypatch.setattr(lines, "BLOCK_BYTES", 300)
    monkeypatch.setattr(document_batches, "BATCH", 4)
    monkeypatch.setattr(parquets, "ROW_GROUP", 10)


def write_varied_model(folder: Path) -> Path:
    """A model file of which each class is the answer to some of the texts."""
    write_bundle(make_bundle(scale=3, seed=4), folder / "model.safetensors")
    return folder / "model.safetensors"


def read_answers(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    parquet = pytest.importorskip("pyarrow.parquet")
    found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return found


def check_answers(path: Path, model: Path, documents: Sequence[Any], *, every: bool = False) -> list[dict[str, Any]]:
    """They are those of the model for these documents, in their order."""
    answers = read_answers(path)
    loaded = recurra.load(model)
    probabilities = loaded.predict_proba(documents)
    assert [answer["label"] for answer in answers] == loaded.predict(documents).tolist()
    np.testing.assert_allclose(
        [float(answer["probability"]) for answer in answers], probabilities.max(axis=1), atol=1e-6
    )
    for place, label in enumerate(loaded.classes_):
        name = f"probability_{label}"
        assert (name in answers[0]) == every
        if every:
            np.testing.assert_allclose([float(answer[name]) for answer in answers], probabilities[:, place], atol=1e-6)
    return answers


def write_data(kind: str, columns: dict[str, Sequence[Any]]) -> Path:
    path = Path(f"data{kind}")
    if kind == ".parquet":
        pa = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pa.table(columns), path, row_group_size=37)
        return path
    if kind == ".txt":
        path.write_text("".join(f"{text}\n" for text in columns["text"]), encoding="utf-8")
        return path
    write_table(path, list(columns), list(zip(*columns.values(), strict=True)))
    if kind == ".tsv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t").writerows([list(columns), *zip(*columns.values(), strict=True)])
    return path
