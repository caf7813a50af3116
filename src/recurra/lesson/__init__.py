"""The lesson: its networks trained on real news, with the experiments that answer the lesson's questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recurra.lesson.callback import LessonCallback
    from recurra.lesson.run import MODELS, run_lesson

__all__ = ["MODELS", "LessonCallback", "run_lesson"]


def __getattr__(name: str) -> Any:
    # The lesson's page needs no torch; running the lesson imports it.
    if name == "LessonCallback":
        from recurra.lesson.callback import LessonCallback

        return LessonCallback
    if name in __all__:
        from recurra.lesson import run

        return getattr(run, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
