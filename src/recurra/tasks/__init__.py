"""Tasks: what a network learns. One label a row, several labels a row, or a task of your own that you register."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any

from recurra.errors import SettingsError
from recurra.tasks.base import Task
from recurra.tasks.decision import Decision
from recurra.tasks.predictions import Predictions, Section
from recurra.tasks.scores import MeanScores, Score, Scores
from recurra.tasks.single_label import SingleLabel
from recurra.tasks.wording import Wording

if TYPE_CHECKING:
    from recurra.tasks.multi_label import MultiLabel

    MULTI_LABEL: MultiLabel

__all__ = [
    "MULTI_LABEL",
    "SINGLE_LABEL",
    "Decision",
    "MeanScores",
    "MultiLabel",
    "Predictions",
    "Score",
    "Scores",
    "Section",
    "SingleLabel",
    "Task",
    "Wording",
    "common_task",
    "infer_task",
    "register",
    "task_named",
]

SINGLE_LABEL = SingleLabel()

# ``None`` stands for a task that is imported on demand: importing its scores takes as long as importing everything
# else in tasks that prediction needs.
_KNOWN: dict[str, Task | None] = {SINGLE_LABEL.name: SINGLE_LABEL, "multi_label": None}


def __getattr__(name: str) -> Any:
    if name == "MULTI_LABEL":
        return task_named("multi_label")
    if name == "MultiLabel":
        return import_module("recurra.tasks.multi_label").MultiLabel
    if name in RENAMED:
        warnings.warn(f"{name} is called {RENAMED[name].__name__} now.", DeprecationWarning, stacklevel=2)
        return RENAMED[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def register(task: Task) -> None:
    """Registers a task under its name: it can then be trained by that name, and its model files can be loaded.

    Args:
        task: an object of a class derived from :class:`recurra.tasks.Task`.

    Raises:
        SettingsError: a task of another class is registered under the name.
    """
    known = task_named(task.name) if task.name in _KNOWN else _KNOWN.setdefault(task.name, task)
    if type(known) is not type(task):
        raise SettingsError(f"A task {task.name!r} is registered already", "Give yours another name.")


def task_named(name: str) -> Task:
    """The task of that name.

    Raises:
        SettingsError: there is none.
    """
    if not isinstance(name, str) or name not in _KNOWN:
        close = get_close_matches(name, _KNOWN, n=1, cutoff=0.75) if isinstance(name, str) else []
        meant = f"Did you mean {close[0]!r}? " if close else ""
        raise SettingsError(
            f"The task {name!r:.80} is not known here, only {', '.join(_KNOWN)}",
            f"{meant}Register it first: recurra.tasks.register(YourTask()).",
        )
    task = _KNOWN[name]
    if task is None:
        task = _KNOWN[name] = import_module(f"recurra.tasks.{name}").MultiLabel()
    return task


def infer_task(values: Sequence[Any]) -> Task:
    """The task for these labels of rows: multi-label if they are tuples, otherwise single-label."""
    multi_label = task_named("multi_label")
    return multi_label if multi_label.accepts(values) else SINGLE_LABEL


def common_task(tasks: Iterable[Task]) -> Task | None:
    """The task, if all of these are the same; otherwise ``None``."""
    first, *others = tasks
    return first if all(one.name == first.name for one in others) else None


RENAMED: dict[str, Any] = {"Answered": Predictions, "task_of": infer_task, "shared": common_task}
