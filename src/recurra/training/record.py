"""From a trained network to the model file: the record, the bundle, the card beside it."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recurra.atomic import write_if_changed
from recurra.bundle import Bundle, digest_of, int8_bundle, write_bundle
from recurra.card import model_card
from recurra.data.model_columns import ModelColumns
from recurra.data.review_decisions import Cleaning
from recurra.errors import TrainingError
from recurra.models.network import Network
from recurra.presets import Recipe
from recurra.tasks import Scores, Task
from recurra.text.segmenters import segmenter_versions
from recurra.text.vocabulary import UNKNOWN_ID
from recurra.text.words_or_characters import TokenChoice
from recurra.training.baseline import Baselines
from recurra.training.branch import BranchResult
from recurra.training.held_out import scores_of
from recurra.training.outcome import Outcome
from recurra.training.prepare import TrainingData
from recurra.training.run import CARD, HISTORY, MODEL
from recurra.training.warm_start import lineage
from recurra.version import VERSION

__all__ = ["FitResult", "Provenance", "build_bundle", "card_facts", "write_card", "write_run"]


@dataclass(frozen=True, repr=False)
class FitResult:
    """A trained model and how it came to be.

    Attributes:
        bundle: what the model file holds.
        outcome: curves, time, how the run ended.
        rows: all rows, those held out included, also where they are rows of their own (``validation_data``).
        validation: scores on the held-out rows, or ``None`` if there were none.
        choosing: number of held-out rows that the curves are measured on, those whose text is not learned from.
        left_out: what was said of rows to validate on that were left out; empty if none were.
        lower_loss: where a continued training did not keep the epoch of the lowest loss on held-out rows; else empty.
        idle: where the network learned next to nothing; else empty.
        copies: what was said of held-out rows whose text is learned from, where they are many; else empty.
        resumed_after: the step after which a resumed run went on; 0 for one that began.
        remembered: what was said of held-out rows that the model to continue from learned from; else empty.
    """

    bundle: Bundle
    outcome: Outcome
    rows: int
    validation: Any
    choosing: int = 0
    left_out: str = ""
    lower_loss: str = ""
    idle: str = ""
    copies: str = ""
    resumed_after: int = 0
    remembered: str = ""

    def __repr__(self) -> str:
        """One line."""
        return f"FitResult({self.bundle!r}, {self.rows:,} rows, {self.outcome.epochs:,} epochs)"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What only the model's record tells: where the rows came from, and how they were read.

    Attributes:
        cleaning: what was done to the rows before.
        label_separator: what stood between the labels of a row.
        tokens: the choice of words or characters, where ``tokens`` was ``auto``.
        baselines: scores of simpler models on the rows held out, where they were asked for.
        columns: names of the columns of the rows, where they were columns of a table.
        titles: whether the rows were pairs of title and text without names of columns; ``None`` if some were, or nobody
            said so.
        replayed: how many of the rows, the last before those to validate on, are earlier ones that were mixed in.
        vectors: what the embedding began with (:meth:`recurra.text.named_vectors.PretrainedVectors.to_record`).
    """

    cleaning: Cleaning | None = None
    label_separator: str | None = None
    tokens: TokenChoice | None = None
    baselines: Baselines | None = None
    columns: ModelColumns | None = None
    titles: bool | None = None
    vectors: Mapping[str, Any] | None = None
    replayed: int = 0

    def to_record(self) -> dict[str, Any]:
        """What there is of it, ready for JSON."""
        record: dict[str, Any] = {}
        if self.cleaning:
            record["cleaning"] = self.cleaning.to_dict()
        if self.tokens:
            record["tokens"] = {"setting": "auto", "chosen": self.tokens.tokens, "reason": self.tokens.reason}
        if self.label_separator is not None:
            record["label_separator"] = self.label_separator
        if self.baselines:
            record["baselines"] = self.baselines.to_dict()
        if self.columns and (columns := self.columns.to_record()):
            record["columns"] = columns
        elif self.titles is not None:
            record["titles"] = self.titles
        if self.replayed:
            record["replayed"] = self.replayed
        if self.vectors:
            record["vectors"] = self.vectors
        return record


def build_bundle(
    network: Network,
    prepared: TrainingData,
    recipe: Recipe,
    outcome: Outcome,
    *,
    task: Task,
    validation: Scores | None,
    calibration: dict[str, Any],
    pad_to: int | None,
    provenance: Provenance,
    branched: BranchResult | None = None,
    initial: Bundle | None = None,
) -> Bundle:
    """What the model file holds.

    Args:
        network: trained.
        prepared: what it was trained on.
        recipe: by which; its name and training settings go into the record.
        outcome: how the run ended.
        task: what was learned, with what was chosen on the rows held out.
        validation: scores on the held-out rows, for the record.
        calibration: what :func:`recurra.training.held_out.calibrate_output` gave, for the record.
        pad_to: for unmasked networks, the length up to which documents get pads.
        provenance: for the record.
        branched: the linear branch beside the network.
        initial: the model that training continued from, for the record.
    """
    record: dict[str, Any] = {
        "preset": recipe.name,
        "training": recipe.training.to_dict(),
        "rows": prepared.count,
        "held_out": len(prepared.held) if prepared.held else 0,
        **({"validation_data": prepared.validation.to_record()} if prepared.validation else {}),
        "epochs": outcome.epochs,
        "best_epoch": outcome.best_epoch,
        "steps": outcome.steps,
        "data_sha256": prepared.fingerprint,
        **({"data_parts": [one.to_record() for one in prepared.tables]} if prepared.tables else {}),
        **({} if prepared.rows.weights is None else {"sample_weight": True}),
        **({"continued": lineage(initial, prepared.pipeline, prepared.classes)} if initial else {}),
        **({"remembers_held_out": True} if prepared.remembered else {}),
        **({"held_out_copies": prepared.held_copies} if prepared.held_copies else {}),
        **provenance.to_record(),
        **calibration,
        **({"branch": branched.record} if branched else {}),
        **task.record,
        "scores": {"validation": scores_of(task, validation)},
        **card_facts(prepared, task, validation, outcome),
        "versions": {
            "recurra": VERSION,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            **segmenter_versions(prepared.pipeline.settings.tokens),
        },
    }
    bundle = Bundle(
        text=prepared.pipeline.settings,
        network=network.settings,
        vocabulary=prepared.pipeline.vocabulary,
        labels=prepared.classes,
        pad_to=pad_to,
        tensors=network.arrays(),
        record=record,
        task=task,
        branch=branched.branch if branched else None,
    )
    weights = recipe.training.weights
    return bundle if weights == "float32" else int8_bundle(bundle, compact=weights == "int8_compact")


def write_run(folder: Path | None, bundle: Bundle, outcome: Outcome) -> None:
    """Writes model and curves into the run's folder, if there is one; files that are there already stay untouched.

    Raises:
        TrainingError: the run could not go on; with a folder, the last good model lies in it.
    """
    if folder is not None:
        write_bundle(bundle, folder / MODEL, keep_same=True)
        write_card(bundle, folder)
        write_if_changed(folder / HISTORY, json.dumps(outcome.history.to_dict(), indent=1).encode())
    if outcome.failure:
        kept_at = f"The last good model is {folder / MODEL}." if folder else ""
        raise TrainingError(outcome.failure.received, f"{outcome.failure.hint} {kept_at}") from outcome.failure


def card_facts(prepared: TrainingData, task: Task, validation: Scores | None, outcome: Outcome) -> dict[str, Any]:
    """Parts of the record: rows and scores of each class, intervals, accuracy in training, unknown tokens.

    Args:
        prepared: what was trained on.
        task: what was learned.
        validation: scores on the rows held out.
        outcome: outcome of the training.
    """
    classes, held = len(prepared.classes), prepared.held
    rows = task.counts(prepared.rows.targets, classes)
    if held is not None:
        rows += task.counts(held.targets, classes)
    facts: dict[str, Any] = {"classes": {"rows": rows.tolist()}}
    learned = _training_accuracy(outcome)
    if learned is not None:
        facts["training_accuracy"] = learned
    if held is None or validation is None:
        return facts
    if each := task.class_scores(validation):
        facts["classes"] |= {
            "held_out": [one.support for one in each],
            "given": [getattr(one, "given", None) for one in each],
            **{name: [getattr(one, name) for one in each] for name in ("precision", "recall", "f1")},
        }
    names = [name for name in scores_of(task, validation) if name != "rows"]
    facts["intervals"] = {"validation": {name: list(validation.intervals[name]) for name in names}}
    ids = held.documents.values
    facts["unknown_tokens"] = float(np.mean(ids == UNKNOWN_ID)) if len(ids) else 0.0
    return facts


def write_card(bundle: Bundle, folder: Path) -> None:
    """Writes the card beside the model of a run's folder."""
    text = model_card(bundle, digest=digest_of(folder / MODEL))
    write_if_changed(folder / CARD, text.encode())


def _training_accuracy(outcome: Outcome) -> float | None:
    """The mean over the epoch whose weights were kept; each batch was looked at before its update, with dropout."""
    last = outcome.best_epoch or outcome.epochs
    windows = [one.accuracy for one in outcome.history.training if last - 1 < one.epoch <= last]
    return float(np.mean(windows)) if windows else None
