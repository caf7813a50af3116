"""``GET /v1/runs``: the training runs in one folder, as their files describe them."""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from recurra.bundle.strict_json import parse_json
from recurra.errors import DataError, ModelFileError
from recurra.training.run import CHECKPOINT, HISTORY, MODEL

__all__ = ["check_folder", "runs_in"]

# Subfolders that are examined, and newest runs that are listed, at most.
MOST_FOLDERS, MOST_RUNS = 5000, 100
# A run writes its checkpoint every minute by default; one that has written nothing for longer was killed.
SILENT_SECONDS = 180.0
LARGEST_HISTORY = 16 << 20
# What a run says of its data, and its tables of settings.
DATA, SETTINGS = ("data_sha256", "rows", "held_out"), ("text", "network", "branch", "training")


def check_folder(folder: Path) -> None:
    """Raises a :class:`DataError` if there is no such folder."""
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}", "Name the folder that holds the runs with --runs.")


def runs_in(folder: Path) -> dict[str, Any]:
    """The runs in the subfolders of ``folder``, or in itself, newest first.

    Args:
        folder: FOLDER of ``recurra train --out FOLDER/NAME``. Symbolic links in it are not followed.

    Returns:
        ``{"runs": [{"name", "state", "settings", "epochs", "scores", "has_model", "digest", …}]}``, plain JSON values.
        ``epochs`` has a row for every validation, with the mean training loss and accuracy since the one before;
        ``curve`` has the logged training metrics, ``data`` the SHA-256 of the rows and, once there is a model, their
        numbers. ``digest`` is the model's, as ``/v1/models`` has it.
    """
    found = []
    with os.scandir(folder) as entries:
        for entry in itertools.islice(entries, MOST_FOLDERS):
            if entry.is_dir(follow_symlinks=False):
                found.append(Path(entry.path))
    dated = [(newest, path) for path in (folder, *found) if (newest := _newest(path)) is not None]
    dated.sort(key=lambda pair: (-pair[0], pair[1].name))
    return {"runs": [_run(path, newest) for newest, path in dated[:MOST_RUNS]]}


def _newest(folder: Path) -> float | None:
    """When a file of a run was last written there; ``None`` if there is none."""
    times = [when for name in (CHECKPOINT, MODEL, HISTORY) if (when := _written(folder / name)) is not None]
    return max(times, default=None)


def _written(path: Path) -> float | None:
    try:
        return path.lstat().st_mtime if path.is_file() and not path.is_symlink() else None
    except OSError:
        return None


def _run(folder: Path, newest: float) -> dict[str, Any]:
    checkpoint, model = _metadata(folder / CHECKPOINT), _metadata(folder / MODEL)
    position = checkpoint.get("position")
    position = position if isinstance(position, dict) else {}
    history = position.get("history") if position else _history(folder / HISTORY)
    record = model.get("record")
    record = record if isinstance(record, dict) else {}
    begun = _begun(checkpoint.get("run"))
    settings = begun["settings"] | {
        name: part[name]
        for part, names in ((model, ("text", "network")), (record, ("preset", "training")))
        for name in names
        if name in part
    }
    scores = record.get("scores")
    return {
        "name": folder.name,
        "state": _state(folder, position, newest),
        "settings": settings,
        "epochs": _epochs(history),
        "curve": _rows(history, "training"),
        "scores": scores if isinstance(scores, dict) else {},
        "has_model": bool(model),
        "digest": digest if isinstance(digest := model.get("digest"), str) else None,
        "seconds": position.get("seconds"),
        "steps": position.get("steps", record.get("steps")),
        "updated": newest,
        "data": begun["data"] | {name: record[name] for name in DATA if isinstance(record.get(name), int | str)},
    }


def _begun(run: Any) -> dict[str, dict[str, Any]]:
    """The data and the settings that a checkpoint names, for a run that has no model yet.

    Args:
        run: as :func:`recurra.training.checkpoint.write_checkpoint` has it: JSON of the data's fingerprint and of the
            settings by their tables; earlier versions wrote its SHA-256.
    """
    found: dict[str, dict[str, Any]] = {"data": {}, "settings": {}}
    try:
        parts = parse_json(run.encode(), "run") if isinstance(run, str) and run.startswith("[") else None
    except (ModelFileError, UnicodeEncodeError):
        return found
    if isinstance(parts, list) and len(parts) > 1:
        if isinstance(parts[0], str):
            found["data"] = {"data_sha256": parts[0]}
        if isinstance(parts[1], dict):
            found["settings"] = {name: part for name, part in parts[1].items() if name in SETTINGS}
    return found


def _state(folder: Path, position: Mapping[str, Any], newest: float) -> str:
    if position.get("finished") is True or position.get("time_is_up") is True or not position:
        return "finished"
    # The model is written at the end, also of a stopped run; a resumed run writes its checkpoint after it.
    model, checkpoint = _written(folder / MODEL), _written(folder / CHECKPOINT)
    stopped = model is not None and checkpoint is not None and model >= checkpoint
    return "interrupted" if stopped or time.time() - newest > SILENT_SECONDS else "running"


def _metadata(path: Path) -> dict[str, Any]:
    """The metadata of a safetensors file that recurra wrote; empty if it is none."""
    if _written(path) is None:
        return {}
    try:
        with safe_open(path, framework="np") as file:
            return _plain((file.metadata() or {}).get("recurra", "").encode())
    except (OSError, SafetensorError):
        return {}


def _history(path: Path) -> dict[str, Any]:
    try:
        if _written(path) is not None and path.stat().st_size <= LARGEST_HISTORY:
            return _plain(path.read_bytes())
    except OSError:
        pass
    return {}


def _plain(data: bytes) -> dict[str, Any]:
    """A JSON object that another process wrote; empty if it is none."""
    try:
        values = parse_json(data, "file of a run")
    except ModelFileError:
        return {}
    return values if isinstance(values, dict) else {}


def _rows(history: Any, name: str) -> list[dict[str, float]]:
    rows = history.get(name) if isinstance(history, dict) else None
    return [
        {key: value for key, value in row.items() if isinstance(value, int | float)}
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and isinstance(row.get("epoch"), int | float)
    ]


def _epochs(history: Any) -> list[dict[str, float | None]]:
    windows, checks = _rows(history, "training"), _rows(history, "validation")
    # Without held-out rows each whole epoch has a row.
    ends = [check["epoch"] for check in checks] or [row["epoch"] for row in windows if float(row["epoch"]).is_integer()]
    looks = {check["epoch"]: check for check in checks}
    rows, before = [], -math.inf
    for end in ends:
        since = [row for row in windows if before < row["epoch"] <= end + 1e-9]
        look = looks.get(end, {})
        rows.append(
            {
                "epoch": end,
                "train_loss": _mean(since, "loss"),
                "train_accuracy": _mean(since, "accuracy"),
                "validation_loss": look.get("loss"),
                "validation_accuracy": look.get("accuracy"),
            }
        )
        before = end
    return rows


def _mean(rows: list[dict[str, float]], name: str) -> float | None:
    values = [row[name] for row in rows if name in row]
    return sum(values) / len(values) if values else None
