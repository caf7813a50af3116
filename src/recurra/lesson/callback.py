"""Who watches a lesson run."""

from __future__ import annotations

from recurra.training.callbacks import Callback

__all__ = ["LessonCallback"]


class LessonCallback:
    """Hears of the lesson's progress; the methods do nothing until overridden."""

    def on_message(self, message: str) -> None:
        """Something a person should know; may have several lines."""

    def training_callback(self, title: str) -> Callback:
        """A training called ``title`` begins; the callback that is returned hears of it."""
        return Callback()
