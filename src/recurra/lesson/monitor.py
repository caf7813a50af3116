"""Who watches a lesson run."""

from __future__ import annotations

from recurra.training.callbacks import Listener

__all__ = ["LessonMonitor"]


class LessonMonitor:
    """Hears of the lesson's progress; the methods do nothing until overridden."""

    def said(self, message: str) -> None:
        """Something a person should know; may have several lines."""

    def stage(self, title: str) -> Listener:
        """A training called ``title`` begins; the listener that is returned hears of its steps."""
        return Listener()
