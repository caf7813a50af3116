"""Progress bars on standard error with rate and time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from recurra.cli.output import Output
from recurra.training.callbacks import Callback, ValidationMetrics

if TYPE_CHECKING:
    from rich.progress import Progress

    from recurra.training.steps.step import StepResults

__all__ = ["Bars", "TrainingBar"]


class Bars:
    """Shows progress bars inside a ``with`` block, if there is a terminal.

    Args:
        output: output of the command; its lines appear above the bars.
    """

    def __init__(self, output: Output) -> None:
        self.output = output
        self._bars: Progress | None = _bars() if output.progress else None

    def __enter__(self) -> Self:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars:
            self._bars.stop()

    def begin(
        self, title: str, total: int, done: int = 0, *, at_most: bool = False, deadline: float | None = None
    ) -> Callable[[int, str], None]:
        """Starts a bar over ``total`` documents; returns a callback for the number just done, and a remark.

        Args:
            title: stands before the bar.
            total: documents in all.
            done: documents done before.
            at_most: whether it may end before they are all done; the time left then says so.
            deadline: when it ends in any case, by ``time.monotonic()``.
        """
        if not self._bars:
            return lambda documents, remark: None
        bars = self._bars
        # One bar at a time: the lines above report the others.
        for before in bars.task_ids:
            bars.remove_task(before)
        task = bars.add_task(title, total=total, completed=done, remark="", at_most=at_most, deadline=deadline)
        return lambda documents, remark: bars.update(task, advance=documents, remark=remark)

    def counting(self, title: str) -> Callable[[int, int | None], None]:
        """Starts a bar over documents of unknown number; returns a callback for the number of documents just done.

        Its second argument is how many there will be in all, as far as can be told by then.
        """
        if not self._bars:
            return lambda documents, total: None
        bars = self._bars
        task = bars.add_task(title, total=None, remark="")

        def advance(documents: int, total: int | None) -> None:
            # Passing a new total to update() would reset the rate.
            next(known for known in bars.tasks if known.id == task).total = total
            bars.update(task, advance=documents)

        return advance

    def training(
        self, title: str = "", *, score: str = "accuracy", at_most: bool = False, deadline: float | None = None
    ) -> TrainingBar:
        """A callback that shows training as a bar, and validations and messages as lines.

        Args:
            title: name of the model, if there are several.
            score: name of the share of right rows.
            at_most: whether training may stop before its last epoch.
            deadline: when it ends in any case, by ``time.monotonic()``.
        """
        return TrainingBar(self, title, score=score, at_most=at_most, deadline=deadline)


class TrainingBar(Callback):
    """The progress of training.

    Args:
        bars: the progress bars.
        title: name of the model.
        score: name of the share of right rows.
        at_most: whether it may stop before its last epoch.
        deadline: when it ends in any case, by ``time.monotonic()``.
    """

    def __init__(
        self,
        bars: Bars,
        title: str,
        *,
        score: str = "accuracy",
        at_most: bool = False,
        deadline: float | None = None,
    ) -> None:
        self.bars, self.title, self.score = bars, title, score
        self.at_most, self.deadline = at_most, deadline
        self._steps = 0
        self._advance: Callable[[int, str], None] = lambda documents, remark: None
        self._loss = 0.0
        self._way = ""

    def on_data(self, what: str, documents: int, total: int) -> None:
        """Advances a bar for each pass over the documents."""
        if what != self._way:
            self._way = what
            self._advance = self.bars.begin(f"{self.title}: {what}" if self.title else what, total)
        self._advance(documents, "")

    def on_train_begin(self, documents: int, done: int) -> None:
        """Starts the bar over all epochs."""
        self._advance = self.bars.begin(
            self.title or "training", documents, done, at_most=self.at_most, deadline=self.deadline
        )

    def on_steps_end(self, results: StepResults) -> None:
        """Advances the bar; the loss shown is an exponential mean over about fifty steps."""
        for result in results.taken:
            self._loss = result.loss if self._steps == 0 else 0.98 * self._loss + 0.02 * result.loss
            self._steps += 1
        self._advance(sum(result.documents for result in results.taken), f"loss {self._loss:.3f}")

    def on_validation_end(self, metrics: ValidationMetrics) -> None:
        """Prints the scores."""
        head = f"{self.title}: " if self.title else ""
        self.bars.output.detail(
            f"{head}epoch {metrics.epoch:5.2f}  validation loss {metrics.loss:.4f}  {self.score} {metrics.accuracy:.4f}"
        )

    def on_message(self, message: str) -> None:
        """Prints the message."""
        self.bars.output.note(message)


def _bars() -> Progress:
    import sys
    from datetime import timedelta

    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f} docs/s" if task.speed else "")

    class TimeLeft(ProgressColumn):
        max_refresh = 0.5

        def render(self, task: Task) -> Text:
            left, deadline = task.time_remaining, task.fields.get("deadline")
            if deadline is not None:
                until = max(0.0, deadline - time.monotonic())
                left = until if left is None else min(left, until)
            if left is None:
                return Text("-:--:--")
            return Text(f"{'at most ' if task.fields.get('at_most') else ''}{timedelta(seconds=round(left))}")

    class Count(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.completed:,.0f}" + ("" if task.total is None else f"/{task.total:,.0f}"))

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        Count(),
        Rate(),
        TimeLeft(),
        TextColumn("{task.fields[remark]}", markup=False),
        console=Console(stderr=True, highlight=False),
        transient=True,
        # Lines to the same terminal must appear above the bar; redirected lines must go to their file.
        redirect_stdout=bool(sys.stdout and sys.stdout.isatty()),
        redirect_stderr=False,
    )
