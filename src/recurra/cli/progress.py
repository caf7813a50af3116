"""Bars on standard error with rate and time left."""

from __future__ import annotations

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
    """While entered, shows bars where there is a terminal to show them on.

    Args:
        output: of the command; its lines appear above the bars.
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

    def begin(self, title: str, total: int, done: int = 0) -> Callable[[int, str], None]:
        """A new bar over ``total`` documents; what is returned takes how many are done more, and a remark."""
        if not self._bars:
            return lambda documents, remark: None
        bars = self._bars
        # One bar at a time: the lines above tell of the others.
        for before in bars.task_ids:
            bars.remove_task(before)
        task = bars.add_task(title, total=total, completed=done, remark="")
        return lambda documents, remark: bars.update(task, advance=documents, remark=remark)

    def counting(self, title: str) -> Callable[[int, int | None], None]:
        """A new bar over documents whose number is not known; what is returned takes how many are done more.

        Its second argument is how many there will be in all, as far as can be told by then.
        """
        if not self._bars:
            return lambda documents, total: None
        bars = self._bars
        task = bars.add_task(title, total=None, remark="")

        def advance(documents: int, total: int | None) -> None:
            # Given to update(), every new total would make it forget the rate.
            next(known for known in bars.tasks if known.id == task).total = total
            bars.update(task, advance=documents)

        return advance

    def training(self, title: str = "", *, score: str = "accuracy") -> TrainingBar:
        """The callback that shows a training as a bar, and its checks and messages as lines.

        Args:
            title: what is trained, where there are several.
            score: what the share of right rows is called.
        """
        return TrainingBar(self, title, score=score)


class TrainingBar(Callback):
    """A training's progress.

    Args:
        bars: where it appears.
        title: what is trained.
        score: what the share of right rows is called.
    """

    def __init__(self, bars: Bars, title: str, *, score: str = "accuracy") -> None:
        self.bars, self.title, self.score = bars, title, score
        self._steps = 0
        self._advance: Callable[[int, str], None] = lambda documents, remark: None
        self._loss = 0.0
        self._way = ""

    def on_data(self, what: str, documents: int, total: int) -> None:
        """Draws a bar for each way over the documents, and moves it on."""
        if what != self._way:
            self._way = what
            self._advance = self.bars.begin(f"{self.title}: {what}" if self.title else what, total)
        self._advance(documents, "")

    def on_train_begin(self, documents: int, done: int) -> None:
        """Draws the bar."""
        self._advance = self.bars.begin(self.title or "training", documents, done)

    def on_steps_end(self, results: StepResults) -> None:
        """Moves it on; the loss shown is a mean that forgets what is more than about fifty steps ago."""
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

    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f} docs/s" if task.speed else "")

    class Count(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.completed:,.0f}" + ("" if task.total is None else f"/{task.total:,.0f}"))

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        Count(),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[remark]}", markup=False),
        console=Console(stderr=True, highlight=False),
        transient=True,
        # Lines that go to the same terminal must appear above the bar; those that go to a file must go there.
        redirect_stdout=bool(sys.stdout and sys.stdout.isatty()),
        redirect_stderr=False,
    )
