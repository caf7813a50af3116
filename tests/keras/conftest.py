"""Reads what benchmarks/keras/make_fixtures.py wrote; its README says what stands where."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from recurra.batches import Ragged

FOLDER = Path(__file__).parents[1] / "fixtures" / "keras"

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class KerasRun:
    """Fifty steps of Keras from ``start`` to ``end``, and its predictions with the weights of ``end``.

    Attributes:
        start: float32 weights by the model file's names.
        end: the same after the steps, to 8e-6.
        batches: the documents and int64 labels of each step.
        losses: float32, the loss of each batch before its update.
        predicted: documents, the last of them empty.
        alone: float32, their probabilities, each read by itself; without the empty one's where pads count as words.
        padded: float32, their probabilities with pads appended up to ``pad_to``.
    """

    start: dict[str, Floats]
    end: dict[str, Floats]
    batches: list[tuple[Ragged, npt.NDArray[np.int64]]]
    losses: Floats
    predicted: Ragged
    alone: Floats
    padded: Floats
    pad_to: int
    rows: int


def _ragged(ids: npt.NDArray[np.int16], lengths: npt.NDArray[np.int16]) -> Ragged:
    return Ragged(ids.astype(np.int32), np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]))


def _under(arrays: dict[str, npt.NDArray[Any]], prefix: str) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    return ((name.removeprefix(prefix), array) for name, array in arrays.items() if name.startswith(prefix))


@cache
def _json(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="ascii"))


@cache
def _run(preset: str) -> KerasRun:
    facts = _json("training.json")["presets"][preset]
    with np.load(FOLDER / f"{preset}_start.npz", allow_pickle=False) as file:
        first = dict(file)
    with np.load(FOLDER / f"{preset}_keras.npz", allow_pickle=False) as file:
        last = dict(file)
    start = {name: whole * first[f"scale.{name}"] for name, whole in _under(first, "weights.")}
    change = {name: np.moveaxis(planes, 0, -1).copy().view("<i2")[..., 0] for name, planes in _under(last, "change.")}
    documents = _ragged(first["ids"], first["lengths"])
    steps = np.split(np.arange(len(documents)), np.cumsum(first["batch_sizes"], dtype=np.int64)[:-1])
    return KerasRun(
        start=start,
        end={name: start[name] + np.float32(facts["resolution"]) * change[name] for name in start},
        batches=[(documents.take(step), first["labels"][step].astype(np.int64)) for step in steps],
        losses=last["losses"],
        predicted=_ragged(last["predicted.ids"], last["predicted.lengths"]),
        alone=last["predicted.alone"],
        padded=last["predicted.padded"],
        pad_to=facts["pad_to"],
        rows=facts["rows"],
    )


@pytest.fixture(scope="session")
def keras_json() -> Callable[[str], Any]:
    """Reads a JSON fixture by its file name."""
    return _json


@pytest.fixture(scope="session")
def keras_run() -> Callable[[str], KerasRun]:
    """Reads a preset's run by its name without ``lesson/``."""
    return _run
