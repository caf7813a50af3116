"""The curves of a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["History", "TrainingMetrics", "ValidationMetrics"]


@dataclass(frozen=True)
class TrainingMetrics:
    """Training loss and accuracy over some steps, measured on each batch before its update.

    Attributes:
        epoch: where these steps end, in epochs from the start, such as 0.25.
        loss: mean loss.
        accuracy: share of documents classified rightly; where they have several labels, with exactly those.
        learning_rate: of the last step.
    """

    epoch: float
    loss: float
    accuracy: float
    learning_rate: float


@dataclass(frozen=True)
class ValidationMetrics:
    """Loss and accuracy on the held-out rows.

    Attributes:
        epoch: when, in epochs from the start.
        loss: mean cross-entropy.
        accuracy: share of documents classified rightly; where they have several labels, with exactly those.
    """

    epoch: float
    loss: float
    accuracy: float


@dataclass
class History:
    """The curves of a run."""

    training: list[TrainingMetrics] = field(default_factory=list)
    validation: list[ValidationMetrics] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> History:
        """Reads back what :meth:`to_json` gave."""
        return cls(
            [TrainingMetrics(**one) for one in values["training"]],
            [ValidationMetrics(**one) for one in values["validation"]],
        )
