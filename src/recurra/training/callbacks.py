"""How a training tells of itself: its curves, and callbacks for the progress bar, TensorBoard and your own code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Who only draws a bar needs no torch.
    from recurra.training.steps.step import StepResults

__all__ = ["Callback", "Callbacks", "History", "TrainingMetrics", "ValidationMetrics"]


@dataclass(frozen=True)
class TrainingMetrics:
    """Training loss and accuracy over some steps, measured on each batch before its update.

    Attributes:
        epoch: where these steps end, in epochs from the start, such as 0.25.
        loss: mean loss.
        accuracy: share of documents classified correctly; where they have several labels, with exactly those.
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
        accuracy: share of documents classified correctly; where they have several labels, with exactly those.
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
        """The inverse of :meth:`to_json`."""
        return cls(
            [TrainingMetrics(**one) for one in values["training"]],
            [ValidationMetrics(**one) for one in values["validation"]],
        )


class Callback:
    """Hears of a training; the methods do nothing until overridden, and one that is not overridden costs nothing.

    Example:
        >>> class StopAtLoss(Callback):
        ...     loss = float("inf")
        ...     def on_steps_end(self, results):
        ...         if results.taken:
        ...             self.loss = results.taken[-1].loss
        ...     def should_stop(self):
        ...         return self.loss < 0.3
        >>> clf.fit(texts, labels, callbacks=[StopAtLoss()])  # doctest: +SKIP
    """

    def on_data(self, what: str, documents: int, total: int) -> None:
        """So many more of ``total`` documents were read before training; ``what`` says what for."""

    def on_train_begin(self, documents: int, done: int) -> None:
        """Training reads ``documents`` documents in all epochs, ``done`` of them before this run (if it is resumed)."""

    def on_steps_end(self, results: StepResults) -> None:
        """Some steps were taken: one on a CPU, up to hundreds between two looks at a GPU."""

    def on_log(self, metrics: TrainingMetrics) -> None:
        """A point of the training's curves is there, some twenty times an epoch."""

    def on_validation_end(self, metrics: ValidationMetrics) -> None:
        """The held-out rows were looked at: some times in the first epoch, and at the end of each."""

    def on_epoch_end(self, epoch: int) -> None:
        """The ``epoch``-th epoch, from 1, is over, its validation included."""

    def on_train_end(self) -> None:
        """Training is over, however it ended."""

    def on_message(self, message: str) -> None:
        """Something a person should know, in one line."""

    def should_stop(self) -> bool:
        """Whether the run should end now, with the best weights so far; asked after every :meth:`on_steps_end`."""
        return False


HOOKS = tuple(name for name in vars(Callback) if not name.startswith("_"))


class Callbacks(Callback):
    """Callbacks as one, told in their order.

    Args:
        callbacks: only the methods that one of them overrides are called.
    """

    def __init__(self, callbacks: Sequence[Callback] = ()) -> None:
        for name in HOOKS:
            hooks = [
                getattr(one, name) for one in callbacks if getattr(type(one), name) is not getattr(Callback, name)
            ]  # fmt: skip
            if hooks:
                setattr(self, name, partial(_ask if name == "should_stop" else _tell, hooks))


def _tell(hooks: Sequence[Callable[..., None]], *values: Any) -> None:
    for hook in hooks:
        hook(*values)


def _ask(hooks: Sequence[Callable[[], bool]]) -> bool:
    # Every one is asked, as one may count how often it was.
    return max(hook() for hook in hooks)
