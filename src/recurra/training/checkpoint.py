"""The state of an unfinished run in one safetensors file, written atomically."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from recurra.atomic import write_atomically
from recurra.errors import TrainingError
from recurra.training.callbacks import History
from recurra.training.distributed import Processes
from recurra.training.run import CHECKPOINT

__all__ = [
    "CHECKPOINT",
    "Position",
    "layout_of_weights",
    "read_checkpoint",
    "unreadable",
    "write_checkpoint",
]

LARGEST_COUNT = 2**53
# Differences that are named.
SHOWN = 5


@dataclass
class Position:
    """Where a run stands; with the tensors, all that is needed to continue bit for bit.

    Attributes:
        epoch: completed epochs.
        batch: completed batches of the current epoch.
        steps: updates so far.
        documents: documents trained on so far.
        seconds: time spent in training steps.
        loss_sum: loss of the documents since the last point of the curves.
        right_sum: documents classified correctly since then.
        window_documents: documents since then.
        best_loss: lowest validation loss at the end of an epoch.
        best_epoch: that epoch.
        finished: whether the run came to its end.
        time_is_up: whether its time was over before.
        history: as JSON.
    """

    epoch: int = 0
    batch: int = 0
    steps: int = 0
    documents: int = 0
    seconds: float = 0.0
    loss_sum: float = 0.0
    right_sum: int = 0
    window_documents: int = 0
    best_loss: float | None = None
    best_epoch: int = 0
    finished: bool = False
    time_is_up: bool = False
    history: dict[str, Any] = field(default_factory=lambda: {"training": [], "validation": []})


def write_checkpoint(folder: Path, tensors: dict[str, Tensor], position: Position, *, run: str) -> None:
    """Replaces the folder's checkpoint.

    Args:
        folder: the run's folder.
        tensors: weights, moments, averages, generator.
        position: where the run stands.
        run: JSON of the data's fingerprint, of the settings by their tables and of what else there is, checked on
            reading.
    """
    text = json.dumps({"run": run, "position": asdict(position)}, sort_keys=True)
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(folder / CHECKPOINT, safetensors.torch.save(plain, metadata={"recurra": text}))


def read_checkpoint(
    folder: Path | None,
    *,
    run: str,
    layout: Callable[[Position], Mapping[str, Tensor]],
    processes: Processes | None = None,
) -> tuple[dict[str, Tensor], Position] | None:
    """Reads the folder's checkpoint, or gives ``None`` if there is none.

    Args:
        folder: the run's folder; ``None`` reads nothing.
        run: as it was written; earlier versions wrote its SHA-256.
        layout: tensors of the shapes and types that a checkpoint of a position must hold.
        processes: those that train together, all of which call this: they are given what the first one reads.

    Raises:
        TrainingError: it cannot be read, or belongs to other data or settings.
    """
    found = None if folder is None else _read(folder, run, layout)
    return found if processes is None else _shared(found, layout, processes)


def _read(
    folder: Path, run: str, layout: Callable[[Position], Mapping[str, Tensor]]
) -> tuple[dict[str, Tensor], Position] | None:
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            values = json.loads(file.metadata()["recurra"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        position, found = _position(values["position"]), values["run"]
        same = found in (run, hashlib.sha256(run.encode()).hexdigest())
        if same:
            _check_tensors(tensors, layout(position))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise unreadable(folder, error) from error
    if not same:
        raise TrainingError(
            f"The checkpoint {path} belongs to other data or settings{_differences(found, run)}",
            f"Resume with the same data and options as before. {_start_again(path)}",
        )
    return tensors, position


def layout_of_weights(
    weights: Mapping[str, Tensor], position: Position, *, averaged: bool, held: int
) -> dict[str, Tensor]:
    """Tensors shaped like those of a checkpoint of a position that are of the weights' shapes, or go with them.

    Args:
        weights: by name.
        position: where the run stands.
        averaged: whether there is a moving average of the weights.
        held: number of held-out rows.
    """
    groups = ["weight", *(["average"] if averaged else []), *(["best"] if position.best_epoch else [])]
    layout = {f"{group}.{name}": weight for group in groups for name, weight in weights.items()}
    if held and position.best_epoch:
        layout["best_losses"] = torch.empty(held)
    return layout


def _shared(
    found: tuple[dict[str, Tensor], Position] | None,
    layout: Callable[[Position], Mapping[str, Tensor]],
    processes: Processes,
) -> tuple[dict[str, Tensor], Position] | None:
    """What the first of several processes has read, in each of them."""
    told = processes.told(json.dumps(asdict(found[1])).encode() if found else None)
    if not told:
        return None
    position = found[1] if found else _position(json.loads(told))
    tensors = {}
    for name, like in layout(position).items():
        tensors[name] = found[0][name] if found else torch.empty(like.shape, dtype=like.dtype)
        processes.take_first(tensors[name])
    return tensors, position


def unreadable(folder: Path, error: Exception) -> TrainingError:
    """What to raise if a folder's checkpoint is none."""
    path = folder / CHECKPOINT
    return TrainingError(f"The checkpoint {path} cannot be read: {error!s:.200}", _start_again(path))


def _differences(found: object, run: str) -> str:
    """What differs between two runs, as far as both are known; settings by their names."""
    try:
        before, now = json.loads(str(found)), json.loads(run)
        (data, tables, *rest), (new_data, new_tables, *new_rest) = before, now
        old, new = (
            {name: value for one in some.values() for name, value in one.items()} for some in (tables, new_tables)
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        # Of an earlier version.
        return ""
    told = [
        f"{name} was {old.get(name)!r:.40} and is {new.get(name)!r:.40}"
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]
    told += ["the rows differ"] * (data != new_data) + ["vectors, weights or the model to start from differ"] * (
        rest != new_rest
    )
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return f": {'; '.join(told[:SHOWN])}{more}" if told else ""


def _start_again(path: Path) -> str:
    return f"Start again in another folder, or remove {path}."


def _position(values: Any) -> Position:
    position, usual = Position(**values), asdict(Position())
    for name, value in asdict(position).items():
        # The lowest validation loss is the one value that may be missing.
        right = float if name == "best_loss" and value is not None else type(usual[name])
        if type(value) is not right or (right is int and not 0 <= value <= LARGEST_COUNT):
            raise ValueError(f"{name} is {value!r:.80}")
    History.from_dict(position.history)
    return position


def _check_tensors(tensors: Mapping[str, Tensor], layout: Mapping[str, Tensor]) -> None:
    for name, like in layout.items():
        found = tensors.get(name)
        if found is None or found.shape != like.shape or found.dtype != like.dtype:
            what = "missing" if found is None else f"{found.dtype}{list(found.shape)}"
            raise ValueError(f"the tensor {name} is {what}, not {like.dtype}{list(like.shape)}")
