"""What a study has found: its trials as plain values, as a table, and the best of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from optuna.trial import FrozenTrial, TrialState

from recurra.representation import Representation, Represented

__all__ = ["FOUND", "StudyResult", "TrialResult", "best_of", "csv_of", "tried", "tried_all"]

FOUND = "recurra"
"""Under this name a trial's storage holds what was found, in one piece: a kill leaves all of it or nothing."""

State = Literal["done", "pruned", "stopped", "failed", "too large", "unfinished", "killed", "surplus"]


@dataclass(frozen=True)
class TrialResult:
    """One trial.

    Attributes:
        number: from 0; trial 0 has the recipe's own settings.
        state: ``done``, ``pruned`` (behind the others), ``stopped`` (time was up), ``failed``, ``too large``, or
            ``unfinished``, which a killed process leaves. In a study of several processes what a killed one leaves
            becomes ``killed``, and is trained under another number.
        settings: its values of the space's settings.
        validation: accuracy, log loss and more on the held-out rows; ``None`` where there is none.
        aside: the same on the rows set aside, of trial 0 and of each that was the best when it ended.
        size: bytes of its model's file, or ``None``.
        seconds: it took.
        epochs: it learned for.
        best_epoch: whose weights it kept.
        why: what a failure was.
        folder: host and folder of the process that trained it, in a study of several processes.
    """

    number: int
    state: State
    settings: dict[str, Any]
    validation: dict[str, float] | None = None
    aside: dict[str, float] | None = None
    size: int | None = None
    seconds: float = 0.0
    epochs: int = 0
    best_epoch: int = 0
    why: str = ""
    folder: str = ""

    @property
    def log_loss(self) -> float:
        """What trials are chosen by; infinite where there is no score."""
        return self.validation["log_loss"] if self.validation else float("inf")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, repr=False)
class StudyResult(Represented):
    """How a study ended.

    Attributes:
        trials: all of them.
        best: whose model is in the folder, or ``None``.
        rows: (learned from, held out to choose by, set aside).
        importances: share of the differences in loss that each setting explains (fANOVA: Hutter et al. 2014); empty
            for fewer than ten finished trials.
        seconds: of this run.
        interrupted: whether a person stopped it.
        elsewhere: host and folder that hold the best model, where another process of the study has it.
    """

    trials: list[TrialResult]
    best: TrialResult | None
    rows: tuple[int, int, int]
    importances: dict[str, float]
    seconds: float
    interrupted: bool
    elsewhere: str = ""

    def _representation(self) -> Representation:
        ended = f"StudyResult: {len(self.trials):,} trial{'' if len(self.trials) == 1 else 's'} in {self.seconds:.0f} s"
        if self.best is None:
            return Representation(f"{ended}, none with a score")
        notes = [f"settings: {', '.join(f'{name} {value}' for name, value in self.best.settings.items())}"]
        if self.best.aside:
            notes.append(f"on the rows set aside: log loss {self.best.aside['log_loss']:.4f}")
        found = f"{ended}, the best is trial {self.best.number} with log loss {self.best.log_loss:.4f}"
        return Representation(found, notes=notes)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def tried(trial: FrozenTrial) -> TrialResult:
    """A trial as the storage holds it."""
    found = trial.user_attrs.get(FOUND)
    if found is not None:
        return TrialResult(**found)
    state: State = "killed" if trial.state == TrialState.FAIL else "unfinished"
    return TrialResult(trial.number, state, dict(trial.params))


def tried_all(trials: Sequence[FrozenTrial]) -> list[TrialResult]:
    """The trials of a study; one that was queued again counts as killed, though its process came back with a result."""
    again = {one.system_attrs["retry_history"][-1] for one in trials if one.system_attrs.get("retry_history")}
    found = [tried(one) for one in trials]
    return [replace(one, state="killed", validation=None) if one.number in again else one for one in found]


def best_of(trials: Sequence[TrialResult]) -> TrialResult | None:
    """The trial with the lowest validation loss, the earliest of equals; ``None`` if none has a score."""
    scored = [one for one in trials if one.validation is not None]
    return min(scored, key=lambda one: (one.log_loss, one.number), default=None)


def csv_of(trials: Sequence[TrialResult]) -> str:
    """All trials as a table: number, state, scores, size, seconds, epochs, and a column a setting."""
    names = sorted({name for one in trials for name in one.settings})
    scores = ("log_loss", "accuracy", "macro_f1")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", "state", *scores, "bytes", "seconds", "epochs", "best_epoch", *names, "why"])
    for one in trials:
        found = one.validation or {}
        writer.writerow(
            [
                one.number,
                one.state,
                *(found.get(name, "") for name in scores),
                one.size or "",
                round(one.seconds, 2),
                one.epochs,
                one.best_epoch,
                *(one.settings.get(name, "") for name in names),
                one.why,
            ]
        )
    return text.getvalue()
