"""How a training tells of itself: its curves, and callbacks for the progress bar, TensorBoard and your own code."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from math import ceil
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

from recurra.errors import SettingsError, in_python
from recurra.representation import ROWS, Representation, Represented

if TYPE_CHECKING:
    # Who only draws a bar needs no torch.
    from recurra.bundle import Bundle
    from recurra.training.steps.step import StepResults

__all__ = [
    "Callback",
    "Callbacks",
    "FitEnding",
    "FitFacts",
    "History",
    "PrintProgress",
    "TrainingMetrics",
    "ValidationMetrics",
]

_TRACKERS = {"MLflow": "recurra.training.mlflow_tracker", "TensorBoard": "recurra.training.tensorboard"}


def __getattr__(name: str) -> Any:
    # Here as well, but not imported by whoever draws a bar: they need more packages.
    if name in _TRACKERS:
        return getattr(import_module(_TRACKERS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@dataclass(frozen=True)
class TrainingMetrics:
    """Training loss and accuracy over some steps, measured on each batch before its update.

    Attributes:
        epoch: where these steps end, in epochs from the start, such as 0.25.
        loss: mean loss.
        accuracy: share of documents classified correctly; where they have several labels, with exactly those.
        learning_rate: learning rate of the last step.
    """

    epoch: float
    loss: float
    accuracy: float
    learning_rate: float


@dataclass(frozen=True)
class ValidationMetrics:
    """Loss and accuracy on the held-out rows whose text is not learned from; of the recurrent network alone.

    A linear branch beside it is joined with it at the end, so the scores of the whole model are mostly better.

    Attributes:
        epoch: when, in epochs from the start.
        loss: mean cross-entropy, in nats.
        accuracy: share of documents classified correctly; where they have several labels, with exactly those.
    """

    epoch: float
    loss: float
    accuracy: float


@dataclass(frozen=True)
class FitFacts:
    """What is trained, and on what.

    Attributes:
        preset: name of the preset.
        settings: text, network and training settings by name.
        rows: all rows, those held out included.
        held_out: number of rows held out.
        data_sha256: fingerprint of the rows.
        folder: of the run; ``None`` where nothing is written.
        resumed: whether the run goes on from the folder's checkpoint.
    """

    preset: str
    settings: Mapping[str, Any]
    rows: int
    held_out: int
    data_sha256: str
    folder: Path | None
    resumed: bool


@dataclass(frozen=True)
class FitEnding:
    """How a training ended.

    Attributes:
        state: ``finished``, also where a rule or the time ended it; ``interrupted`` by a person; or ``failed``.
        bundle: the model; ``None`` where there is none.
        why: what a failure was.
    """

    state: Literal["finished", "interrupted", "failed"]
    bundle: Bundle | None
    why: str = ""


@dataclass(repr=False)
class History(Represented):
    """The curves of a run; what is shown of it are the epochs' ends.

    Attributes:
        training: some twenty points an epoch, on the rows that were trained on since the point before.
        validation: on the rows held out: five points in the first epoch, and one at the end of each.
        has_branch: whether a linear branch was added afterwards; not in :meth:`to_dict`.
    """

    training: list[TrainingMetrics] = field(default_factory=list)
    validation: list[ValidationMetrics] = field(default_factory=list)
    has_branch: bool = field(default=False, compare=False)

    @property
    def epochs(self) -> list[dict[str, Any]]:
        """A row for each epoch, such as for ``pandas.DataFrame(history.epochs)``.

        ``epoch`` counts from 1; ``loss`` (in nats) and ``accuracy`` are means over the epoch's points in ``training``;
        ``validation_loss`` and ``validation_accuracy`` are those at its end. What was not measured is ``None``.
        """
        held = {int(one.epoch): one for one in self._ends}
        learned: dict[int, list[TrainingMetrics]] = {}
        for one in self.training:
            learned.setdefault(ceil(one.epoch), []).append(one)
        rows = []
        for epoch in sorted(held.keys() | learned.keys()):
            row: dict[str, Any] = {"epoch": epoch}
            for name in ("loss", "accuracy"):
                points = learned.get(epoch)
                row[name] = fmean(getattr(one, name) for one in points) if points else None
            row["validation_loss"] = held[epoch].loss if epoch in held else None
            row["validation_accuracy"] = held[epoch].accuracy if epoch in held else None
            rows.append(row)
        return rows

    @property
    def _ends(self) -> list[ValidationMetrics]:
        return [one for one in self.validation if one.epoch == int(one.epoch)]

    def _representation(self) -> Representation:
        epochs = self.epochs
        rows = [
            (str(row.pop("epoch")), *("" if value is None else f"{value:.4f}" for value in row.values()))
            for row in epochs[-ROWS:]
        ]
        before = len(epochs) - ROWS
        earlier = "epoch before is" if before == 1 else f"{before:,} epochs before are"
        notes = [f"… the {earlier} in .epochs"] if before > 0 else []
        lowest = min(self._ends, key=lambda one: one.loss, default=None)
        if lowest is not None:
            notes.append(f"lowest validation loss {lowest.loss:.4f} after epoch {int(lowest.epoch)}")
        if rows:
            beside = "; the linear branch is added afterwards" if self.has_branch else ""
            notes.append(f"These figures are of the recurrent network alone{beside}.")
        head = ("epoch", "loss", "accuracy", "validation loss", "validation accuracy")
        return Representation(
            f"History: {len(epochs):,} epoch{'' if len(epochs) == 1 else 's'}", head if rows else (), rows, notes
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {name: [asdict(one) for one in getattr(self, name)] for name in ("training", "validation")}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> History:
        """The inverse of :meth:`to_dict`."""
        return cls(
            [TrainingMetrics(**one) for one in values["training"]],
            [ValidationMetrics(**one) for one in values["validation"]],
        )


SHOULD_STOP = "Override should_stop(self) and return True there."
# What other libraries call before or after a step or an epoch.
MEANT = {"on_train_batch_end": "on_steps_end", "on_batch_end": "on_steps_end", "on_train_epoch_end": "on_epoch_end"}


class Callback:
    """Hears of a training; the methods do nothing until overridden, and one that is not overridden costs nothing.

    Example:
        >>> class StopAtAccuracy(Callback):
        ...     accuracy = 0.0
        ...     def on_validation_end(self, metrics):
        ...         self.accuracy = metrics.accuracy
        ...     def should_stop(self):
        ...         return self.accuracy >= 0.9
        >>> clf.fit(texts, labels, callbacks=[StopAtAccuracy()])  # doctest: +SKIP
    """

    def on_data(self, what: str, documents: int, total: int) -> None:
        """Documents were read before training.

        Args:
            what: what for, such as the vocabulary.
            documents: how many more were read since the last call.
            total: how many there are.
        """

    def on_fit_begin(self, facts: FitFacts) -> None:
        """The rows are read: it is known what is trained, and on what."""

    def on_train_begin(self, documents: int, done: int) -> None:
        """Training reads ``documents`` documents in all epochs, ``done`` of them before this run (if it is resumed)."""

    def on_steps_end(self, results: StepResults) -> None:
        """Some steps were taken: one on a CPU, up to hundreds between two looks at a GPU.

        Args:
            results: ``results.taken`` has the documents, the mean loss before the update and the right answers of each
                batch.
        """

    def on_log(self, metrics: TrainingMetrics) -> None:
        """A point of the training's curves is there, some twenty times an epoch.

        Args:
            metrics: on the training rows since the last point.
        """

    def on_validation_end(self, metrics: ValidationMetrics) -> None:
        """The held-out rows were looked at: five times in the first epoch, and at the end of each.

        Args:
            metrics: of the recurrent network alone, on the held-out rows; loss in nats, accuracy from 0 to 1.
        """

    def on_epoch_end(self, epoch: int) -> None:
        """An epoch is over, its validation included.

        Args:
            epoch: its number, from 1.
        """

    def on_train_end(self) -> None:
        """Training is over, however it ended."""

    def on_fit_end(self, ending: FitEnding) -> None:
        """All is done or has failed, after :meth:`on_train_end`: the model is there, and its files are written."""

    def on_message(self, message: str) -> None:
        """Something a person should know, in one line."""

    def should_stop(self) -> bool:
        """Whether the run should end now.

        Asked after every :meth:`on_steps_end`, and after the validation and the end of the epoch where they come then.
        The weights that are kept are those of the best epoch where ``patience`` is above 0 and an epoch is over, and
        the last ones otherwise.
        """
        return False

    def __setattr__(self, name: str, value: object) -> None:
        if name == "stop_training" and type(self).should_stop is Callback.should_stop:
            raise SettingsError(f"{type(self).__name__} sets stop_training, which training never reads", SHOULD_STOP)
        super().__setattr__(name, value)


class PrintProgress(Callback):
    """Prints a line for each epoch, with the losses and the share of right rows, and every message.

    Args:
        told: messages that the user knows already; they are not printed.
    """

    def __init__(self, told: Collection[str] = ()) -> None:
        self._told = told
        self._training: list[TrainingMetrics] = []
        self._validation: ValidationMetrics | None = None

    def on_log(self, metrics: TrainingMetrics) -> None:
        """Keeps it for the epoch's line."""
        self._training.append(metrics)

    def on_validation_end(self, metrics: ValidationMetrics) -> None:
        """Keeps the last one of the epoch."""
        self._validation = metrics

    def on_epoch_end(self, epoch: int) -> None:
        """Prints the means over the epoch's steps, and what the held-out rows gave at its end."""
        count, found = max(1, len(self._training)), self._validation
        loss, right = (sum(getattr(one, name) for one in self._training) / count for name in ("loss", "accuracy"))
        held = "" if found is None else f"  validation loss {found.loss:.4f}  accuracy {found.accuracy:.4f}"
        print(f"epoch {epoch}  loss {loss:.4f}  accuracy {right:.4f}{held}", flush=True)
        self._training.clear()
        self._validation = None

    def on_message(self, message: str) -> None:
        """Prints the message, with options as Python has them."""
        if message not in self._told:
            print(in_python(message), flush=True)


HOOKS = tuple(name for name in vars(Callback) if not name.startswith("_"))


class Callbacks(Callback):
    """Callbacks as one, told in their order.

    Args:
        callbacks: only the methods that one of them overrides are called.

    Raises:
        SettingsError: something is no callback, or has a method ``on_…`` or a misspelt one that is never called, or one
            that takes other arguments.
    """

    def __init__(self, callbacks: Sequence[Callback] = ()) -> None:
        if not isinstance(callbacks, Sequence):
            raise SettingsError(f"callbacks is {callbacks!r:.80}", "Give a list of callbacks.")
        for one in callbacks:
            _check(one)
        for name in HOOKS:
            hooks = [
                getattr(one, name) for one in callbacks if getattr(type(one), name) is not getattr(Callback, name)
            ]  # fmt: skip
            if hooks:
                setattr(self, name, partial(_ask if name == "should_stop" else _tell, hooks))


def _check(callback: object) -> None:
    """Raises a :class:`SettingsError` for what would fail, or never be called, in the middle of a training."""
    if not isinstance(callback, Callback):
        raise SettingsError(
            f"{callback!r:.80} is no callback",
            "Give an object of a class derived from recurra.training.callbacks.Callback.",
        )
    for name in dir(type(callback)):
        # Methods of its own may be called anything, but not nearly what training calls, nor as other libraries' hooks.
        like_a_hook = name.startswith(("on_", "should_stop")) and callable(getattr(type(callback), name))
        meant = [MEANT[name]] if name in MEANT else get_close_matches(name, HOOKS, 1, 0.0 if like_a_hook else 0.9)
        if meant and name not in HOOKS:
            raise SettingsError(
                f"{type(callback).__name__} has the method {name}, which training never calls",
                f"Did you mean {meant[0]}? Give a method of your own another name.",
            )
    for name in HOOKS:
        wanted = list(inspect.signature(getattr(Callback, name)).parameters)[1:]
        try:
            inspect.signature(getattr(callback, name)).bind(*wanted)
        except TypeError:
            raise SettingsError(
                f"{type(callback).__name__}.{name} cannot be called with ({', '.join(wanted)})",
                f"Declare it as def {name}({', '.join(['self', *wanted])}).",
            ) from None
        except ValueError:
            # A callable that does not tell what it takes.
            continue


def _tell(hooks: Sequence[Callable[..., object]], *values: Any) -> None:
    for hook in hooks:
        if hook(*values) is True:
            said = f"{getattr(hook, '__qualname__', hook)} returned True, which does not stop training: {SHOULD_STOP}"
            warnings.warn(said, UserWarning, stacklevel=2)


def _ask(hooks: Sequence[Callable[[], bool]]) -> bool:
    # Every one is asked, as one may count how often it was.
    return max(hook() for hook in hooks)
