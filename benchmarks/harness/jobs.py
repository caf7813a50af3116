"""A job's folder: the same rows, weights and settings for every participant."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.flop import flop_per_document
from harness.peers.job import ONNX
from recurra.batches import cut_batches
from recurra.bundle import Bundle, write_bundle
from recurra.data.documents import Document, Label
from recurra.data.table import Table
from recurra.errors import DataError, SettingsError
from recurra.export.onnx_graph import onnx_graph
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.presets import Recipe
from recurra.text import Labels, TextPipeline
from recurra.text.fields import input_texts

__all__ = ["MODEL", "ROUND_SECONDS", "Rows", "read_rows", "write_job", "write_onnx"]

MODEL = "model.safetensors"
# A round lasts this long at least: whole passes over the rows are repeated until then.
ROUND_SECONDS = 1.0
SEED = 0


@dataclass(frozen=True)
class Rows:
    """Where the documents come from.

    Attributes:
        train: learned from.
        test: predicted.
        phrase: such as ``AG News, 58,337 of 120,000 training rows``.
    """

    train: Table
    test: Table
    phrase: str


def read_rows(data: str, *, data_dir: Path | None, say: Callable[[str], None]) -> Rows:
    """The rows of a named set, or of a file, which is then both learned from and predicted.

    Raises:
        DataError: no such set or file, or one that cannot be used.
    """
    path = Path(data)
    if path.exists() or path.suffix or path.name != data:
        from recurra.data.read import read_table

        table = read_table(path)
        for note in table.notes:
            say(note)
        return Rows(table, table, f"{path.name}, {len(table):,} training rows")
    from recurra.data.datasets import load_dataset

    found = load_dataset(data, data_dir=data_dir, say=say)
    return Rows(found.train, found.test, f"{found.title}, {found.rows_phrase}")


def write_job(folder: Path, task: str, preset: Recipe, rows: Rows, *, take: int, pools: bool = False) -> int:
    """Writes what every participant reads.

    Training takes ``take`` documents at random from the training rows; predicting the first ``take`` test rows, with
    initial weights, which compute as fast as trained ones.

    Args:
        folder: an empty one.
        task: train, predict or latency.
        preset: text pipeline, network and hyperparameters.
        rows: where the documents come from.
        take: documents, at most.
        pools: whether all peers take the largest and the mean state as well as the last.

    Returns:
        How many documents the job has.

    Raises:
        SettingsError: the peers have no such network.
        DataError: no document to read.
    """
    _check(preset.network, pools=pools)
    documents, labels = _with_title(rows.train, preset)
    pipeline, classes = TextPipeline.learn(documents, preset.text), Labels.learn(labels)
    weights: dict[str, Any] = dict(initial_weights(preset.network, rows=pipeline.rows, classes=len(classes), seed=SEED))
    chosen, answers = (documents, labels) if task == "train" else _with_title(rows.test, preset)
    places = np.arange(len(chosen))
    if task == "train":
        places = np.sort(np.random.default_rng(SEED).permutation(len(chosen))[:take])
    places = places[:take]
    taken = [chosen[place] for place in places]
    ids = pipeline.encode(taken)
    training = preset.training.replace(epochs=1, validation=0.0, patience=0, seed=SEED)
    generator = np.random.default_rng([SEED, 0])
    batches = cut_batches(
        ids.lengths, batch_size=training.batch_size, bucketing=training.bucketing, generator=generator
    )
    settings: dict[str, Any] = {
        "task": task,
        "network": preset.network.to_dict(),
        "training": training.to_dict(),
        "rows": pipeline.rows,
        "classes": len(classes),
        "batch_size": training.batch_size,
        "learning_rate": training.learning_rate,
        "epsilon": training.epsilon,
        "seed": SEED,
        "least_seconds": ROUND_SECONDS,
        "flop_per_document": flop_per_document(ids, batches, preset.network, classes=len(classes)),
    }
    if task != "train":
        pad_to = None
        if not preset.network.masked:
            pad_to = round(float(np.mean([ids.lengths[batch].max() for batch in batches])))
            ids = ids.padded_to(pad_to)
        bundle = Bundle(
            text=pipeline.settings,
            network=preset.network,
            vocabulary=pipeline.vocabulary,
            labels=classes,
            pad_to=pad_to,
            tensors=weights,
            record={"preset": preset.name},
        )
        write_bundle(bundle, folder / MODEL)
        write_onnx(bundle, folder)
        train = {"texts": input_texts(documents, pipeline.settings), "labels": [str(label) for label in labels]}
        _write_json(folder / "train.json", train)
    _write_json(folder / "job.json", settings)
    _write_json(folder / "texts.json", input_texts(taken, pipeline.settings))
    targets = classes.encode([answers[place] for place in places])
    np.savez(folder / "rows.npz", values=ids.values, offsets=ids.offsets, targets=targets)
    np.savez(folder / "weights.npz", **weights)
    return len(taken)


def write_onnx(bundle: Bundle, folder: Path) -> None:
    """Writes the network as ``recurra export --onnx`` does, for the peer that runs such files."""
    (folder / ONNX).write_bytes(onnx_graph(bundle).SerializeToString())


def _check(network: NetworkSettings, *, pools: bool) -> None:
    plain = NetworkSettings()
    if pools and "attention" not in network.pooling:
        network = network.replace(pooling=plain.pooling)
    for name in ("pooling", "input", "dropout", "weight_drop", "word_dropout", "every_step"):
        if getattr(network, name) != getattr(plain, name):
            raise SettingsError(
                f"{name} is {getattr(network, name)!r:.80}, which the peers' programs do not build",
                f"Choose a lesson preset, or --set {name}={json.dumps(plain.to_dict()[name])}.",
            )
    if network.cell not in ("simple_rnn", "gru", "lstm"):
        raise SettingsError(f"cell is {network.cell!r}, which not all peers have", "Choose simple_rnn, gru or lstm.")


def _with_title(table: Table, preset: Recipe) -> tuple[list[Document], list[Label]]:
    """What the preset reads: networks of titles cannot read rows without one."""
    pairs: Sequence[tuple[Document, Label]] = list(zip(table.documents, table.labels or [], strict=True))
    if preset.text.field == "title":
        pairs = [pair for pair in pairs if isinstance(pair[0], str) or pair[0][0].strip()]
    if not pairs:
        raise DataError(f"{table.source} has no row that {preset.name} can read", "Give rows with texts and labels.")
    return [document for document, _ in pairs], [label for _, label in pairs]


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")
