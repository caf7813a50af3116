"""What a network learns, a task each: one label a row, or several; and others that are made known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from recurra.errors import SettingsError
from recurra.tasks.answered import Answered, Section
from recurra.tasks.base import Task
from recurra.tasks.decision import Decision
from recurra.tasks.scores import MeanScores, Score, Scores
from recurra.tasks.single_label import SingleLabel
from recurra.tasks.wording import Wording

if TYPE_CHECKING:
    from recurra.tasks.multi_label import MultiLabel

    MULTI_LABEL: MultiLabel

__all__ = [
    "MULTI_LABEL",
    "SINGLE_LABEL",
    "Answered",
    "Decision",
    "MeanScores",
    "MultiLabel",
    "Score",
    "Scores",
    "Section",
    "SingleLabel",
    "Task",
    "Wording",
    "register",
    "shared",
    "task_named",
    "task_of",
]

SINGLE_LABEL = SingleLabel()

# ``None`` stands for one that is imported when it is asked for: its scores take as long as all else of tasks that
# predicting needs.
_KNOWN: dict[str, Task | None] = {SINGLE_LABEL.name: SINGLE_LABEL, "multi_label": None}


def __getattr__(name: str) -> Any:
    if name == "MULTI_LABEL":
        return task_named("multi_label")
    if name == "MultiLabel":
        return import_module("recurra.tasks.multi_label").MultiLabel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def register(task: Task) -> None:
    """Makes a task known under its name, so that it can be asked for and model files of it be read.

    Raises:
        SettingsError: the name belongs to a task of another class.
    """
    known = task_named(task.name) if task.name in _KNOWN else _KNOWN.setdefault(task.name, task)
    if type(known) is not type(task):
        raise SettingsError(f"A task {task.name!r} is known already", "Give yours another name.")


def task_named(name: str) -> Task:
    """The task of a name.

    Raises:
        SettingsError: nobody has made it known.
    """
    if name not in _KNOWN:
        raise SettingsError(
            f"The task {name!r:.80} is not known here, only {', '.join(_KNOWN)}",
            "Make it known first: recurra.tasks.register(YourTask()).",
        )
    task = _KNOWN[name]
    if task is None:
        task = _KNOWN[name] = import_module(f"recurra.tasks.{name}").MultiLabel()
    return task


def task_of(values: Sequence[Any]) -> Task:
    """The task that the labels of rows look like: several labels where they are tuples, one where not."""
    several = task_named("multi_label")
    return several if several.accepts(values) else SINGLE_LABEL


def shared(tasks: Iterable[Task]) -> Task | None:
    """The task that all of these are, ``None`` where they differ."""
    first, *others = tasks
    return first if all(one.name == first.name for one in others) else None
