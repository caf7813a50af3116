"""From a trained network to the model file: scores on the held-out rows, the record, the bundle."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recurra.atomic import write_atomically
from recurra.bundle import Bundle, write_bundle
from recurra.data.decisions import Cleaning
from recurra.errors import TrainingError
from recurra.models.network import Network
from recurra.presets.training_settings import TrainingSettings
from recurra.tasks import Scores, Task
from recurra.text.choice import TokenChoice
from recurra.text.segmenters import versions_of
from recurra.training.answering import scores_of
from recurra.training.card import for_the_card, write_card
from recurra.training.folder import HISTORY, MODEL
from recurra.training.loop import Outcome
from recurra.training.prepare import Prepared
from recurra.training.warm_start import descent
from recurra.version import VERSION

__all__ = ["Fitted", "bundled", "write_run"]


@dataclass(frozen=True)
class Fitted:
    """A trained model and how it came to be.

    Attributes:
        bundle: what the model file holds.
        outcome: curves, time, how the run ended.
        rows: training rows, those held out included.
        validation: scores on the held-out rows, or ``None`` if there were none.
    """

    bundle: Bundle
    outcome: Outcome
    rows: int
    validation: Any


def bundled(
    network: Network,
    prepared: Prepared,
    training: TrainingSettings,
    outcome: Outcome,
    *,
    preset: str,
    pad_to: int | None,
    validation: Scores | None,
    task: Task,
    cleaning: Cleaning | None,
    label_separator: str | None,
    choice: TokenChoice | None,
    calibration: dict[str, Any],
    initial: Bundle | None = None,
) -> Bundle:
    """What the model file holds.

    Args:
        network: trained.
        prepared: what it was trained on.
        training: how.
        outcome: how the run ended.
        preset: name of what the settings came from, for the record.
        pad_to: for unmasked networks, the length up to which documents get pads.
        validation: scores on the held-out rows, for the record.
        task: what was learned, with what was chosen on the rows held out.
        cleaning: what was done to the rows before, for the record.
        label_separator: what stood between the labels of a row, for the record.
        initial: the model that training went on from, for the record.
        choice: of words or characters, for the record, where ``tokens`` was ``auto``.
        calibration: what :func:`recurra.training.calibrate.calibrated` gave, for the record.
    """
    record: dict[str, Any] = {
        "preset": preset,
        "training": training.to_dict(),
        "rows": prepared.count,
        "held_out": len(prepared.held) if prepared.held else 0,
        "epochs": outcome.epochs,
        "best_epoch": outcome.best_epoch,
        "steps": outcome.steps,
        "data_sha256": prepared.fingerprint,
        **({"cleaning": cleaning.to_dict()} if cleaning else {}),
        **({"continued": descent(initial, prepared.pipeline, prepared.classes)} if initial else {}),
        **({"tokens": {"setting": "auto", "chosen": choice.tokens, "reason": choice.reason}} if choice else {}),
        **({"label_separator": label_separator} if label_separator is not None else {}),
        **calibration,
        **task.record,
        "scores": {"validation": scores_of(task, validation)},
        **for_the_card(prepared, task, validation, outcome),
        "versions": {
            "recurra": VERSION,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            **versions_of(prepared.pipeline.settings.tokens),
        },
    }
    return Bundle(
        text=prepared.pipeline.settings,
        network=network.settings,
        vocabulary=prepared.pipeline.vocabulary,
        labels=prepared.classes,
        pad_to=pad_to,
        tensors=network.arrays(),
        record=record,
        task=task,
    )


def write_run(folder: Path | None, bundle: Bundle, outcome: Outcome) -> None:
    """Writes model and curves into the run's folder, if there is one.

    Raises:
        TrainingError: the run could not go on; with a folder, the last good model lies in it.
    """
    if folder is not None:
        write_bundle(bundle, folder / MODEL)
        write_card(bundle, folder)
        write_atomically(folder / HISTORY, json.dumps(outcome.history.to_json(), indent=1).encode())
    if outcome.failure:
        kept_at = f"The last good model is {folder / MODEL}." if folder else ""
        raise TrainingError(outcome.failure.received, f"{outcome.failure.mend} {kept_at}") from outcome.failure
