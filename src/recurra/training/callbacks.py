"""What a training run tells about itself while it runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Check", "History", "Listener", "Window"]


@dataclass(frozen=True)
class Window:
    """Training loss and accuracy over a stretch of steps, measured on each batch before its update.

    Attributes:
        epoch: where the stretch ends, in epochs from the start, such as 0.25.
        loss: mean loss.
        accuracy: share of documents classified rightly; where they have several labels, with exactly those.
        learning_rate: at the end of the stretch.
    """

    epoch: float
    loss: float
    accuracy: float
    learning_rate: float


@dataclass(frozen=True)
class Check:
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

    training: list[Window] = field(default_factory=list)
    validation: list[Check] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> History:
        """Reads back what :meth:`to_json` gave."""
        return cls([Window(**one) for one in values["training"]], [Check(**one) for one in values["validation"]])


class Listener:
    """Hears of a run's progress; the methods do nothing until overridden."""

    def read(self, what: str, documents: int, total: int) -> None:
        """So many documents more, of ``total``, were gone over before training; ``what`` says what for."""

    def started(self, documents: int, done: int) -> None:
        """Training goes over ``documents`` documents in all, ``done`` of them before this run."""

    def stepped(self, documents: int, loss: float) -> None:
        """A step over so many documents was taken."""

    def windowed(self, window: Window) -> None:
        """A stretch of the training's curves is done."""

    def checked(self, check: Check) -> None:
        """The held-out rows were looked at."""

    def said(self, message: str) -> None:
        """Something a person should know, in one line."""

    def enough(self) -> bool:
        """Whether the run should end now, with the best weights so far; asked after every look at the network."""
        return False
