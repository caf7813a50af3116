"""The callback that follows a run of the lesson."""

from __future__ import annotations

from recurra.training.callbacks import Callback

__all__ = ["LessonCallback"]


class LessonCallback:
    """Called with the progress of a lesson. The methods do nothing; override those that you need."""

    def on_message(self, message: str) -> None:
        """Called with a message for the user, which may have several lines."""

    def training_callback(self, title: str) -> Callback:
        """Called before the training called ``title``. Returns the callback for that training."""
        return Callback()
