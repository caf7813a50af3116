"""What a participant is asked to do, read from the job's folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .protocol import Timing, one_by_one, until

__all__ = ["DIRECTIONS", "ONNX", "Batch", "Job"]

DIRECTIONS = ("forward", "backward")
# Name of the exported network in a job's folder.
ONNX = "network.onnx"
# Batches whose documents are sorted together when bucketing, as Recurra itself does.
POOL = 100

Ids = npt.NDArray[np.int32]


class Batch(NamedTuple):
    """Documents padded with id 0 up to the longest of them.

    Attributes:
        ids: int32[B, T].
        lengths: int64[B].
        targets: int64[B].
    """

    ids: Ids
    lengths: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Job:
    """A job's folder: ``job.json``, ``rows.npz``, ``weights.npz``, ``texts.json``.

    For predicting also ``train.json``, and the model as a file of ours and of ONNX.

    Attributes:
        folder: where they lie.
        settings: ``task`` (train, predict or latency), the network's settings, sizes and hyperparameters.
    """

    folder: Path
    settings: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Job:
        """Reads ``job.json``; the rest is read when it is first asked for."""
        return cls(folder, json.loads((folder / "job.json").read_text(encoding="utf-8")))

    @property
    def network(self) -> dict[str, Any]:
        """The network's settings, by Recurra's names."""
        network: dict[str, Any] = self.settings["network"]
        return network

    @property
    def directions(self) -> tuple[str, ...]:
        """The directions that the network reads in."""
        return DIRECTIONS if self.network["bidirectional"] else DIRECTIONS[:1]

    @cached_property
    def rows(self) -> dict[str, npt.NDArray[Any]]:
        """``values`` int32[N], ``offsets`` int64[B + 1] (document i is values[offsets[i]:offsets[i + 1]]), ``targets``.

        Where pads are part of the computation, they are there up to the model's ``pad_to``.
        """
        with np.load(self.folder / "rows.npz") as file:
            return dict(file)

    @cached_property
    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """The initial weights, by the names of Recurra's model file."""
        with np.load(self.folder / "weights.npz") as file:
            return dict(file)

    @cached_property
    def texts(self) -> list[str]:
        """The documents as strings."""
        texts: list[str] = json.loads((self.folder / "texts.json").read_text(encoding="utf-8"))
        return texts

    @cached_property
    def train(self) -> tuple[list[str], list[str]]:
        """Training texts and their labels, for peers that have no weights of ours."""
        train = json.loads((self.folder / "train.json").read_text(encoding="utf-8"))
        return train["texts"], train["labels"]

    def __len__(self) -> int:
        return len(self.rows["offsets"]) - 1

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """int64[B], tokens of each document."""
        return np.diff(self.rows["offsets"])

    def document(self, index: int) -> Ids:
        """The ids of one document."""
        offsets = self.rows["offsets"]
        ids: Ids = self.rows["values"][offsets[index] : offsets[index + 1]]
        return ids

    def batch(self, indices: npt.NDArray[np.int64]) -> Batch:
        """Some documents, padded; a batch of empty ones is padded to length 1, for no peer takes none."""
        lengths = self.lengths[indices]
        ids = np.zeros((len(indices), max(int(lengths.max()), 1)), dtype=np.int32)
        places = np.arange(ids.shape[1])
        held = places < lengths[:, None]
        ids[held] = self.rows["values"][(self.rows["offsets"][indices][:, None] + places)[held]]
        return Batch(ids, lengths, self.rows["targets"][indices])

    def shuffled(self, epoch: int, *, bucketed: bool = False) -> Iterator[Batch]:
        """An epoch's batches: shuffled; bucketed, pools of 100 batches are sorted by length and cut before that."""
        generator, size = np.random.default_rng([self.settings["seed"], epoch]), self.settings["batch_size"]
        order = generator.permutation(len(self))
        if bucketed:
            lengths, pool = self.lengths, size * POOL
            pools = [order[first : first + pool] for first in range(0, len(order), pool)]
            order = np.concatenate([one[np.argsort(lengths[one], kind="stable")] for one in pools])
        cuts = [order[first : first + size] for first in range(0, len(order), size)]
        for place in generator.permutation(len(cuts)) if bucketed else range(len(cuts)):
            yield self.batch(cuts[place])

    def by_length(self, size: int) -> list[Batch]:
        """All documents in batches of like length, longest first, as one would predict them."""
        order = np.argsort(-self.lengths, kind="stable")
        return [self.batch(order[first : first + size]) for first in range(0, len(order), size)]

    def in_order(self, size: int) -> list[Batch]:
        """All documents in batches as they come."""
        order = np.arange(len(self))
        return [self.batch(order[first : first + size]) for first in range(0, len(order), size)]

    def train_round(self, epoch: Callable[[int], None], reset: Callable[[], None]) -> Callable[[], Timing]:
        """A round of training: whole epochs on all rows, from the same weights each time.

        Args:
            epoch: trains one; its number shuffles the rows.
            reset: back to the initial weights and empty moments, untimed.
        """

        def play() -> Timing:
            reset()
            numbers = iter(range(2**62))

            def work() -> int:
                epoch(next(numbers))
                return len(self)

            return until(self.settings["least_seconds"], work)

        return play

    def predict_round(self, everything: Callable[[], object], one: Callable[[int], object]) -> Callable[[], Timing]:
        """A round of predicting: all documents at once, or one by one where latency is timed.

        Args:
            everything: answers all documents.
            one: answers the document at an index.
        """
        if self.settings["task"] == "latency":
            return lambda: one_by_one(range(len(self)), one)

        def work() -> int:
            everything()
            return len(self)

        return lambda: until(self.settings["least_seconds"], work)
