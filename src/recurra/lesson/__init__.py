"""The lesson: the known networks on real news, what they learn, and what each of the lesson's questions answers."""

from recurra.lesson.monitor import LessonMonitor
from recurra.lesson.run import MODELS, run_lesson

__all__ = ["MODELS", "LessonMonitor", "run_lesson"]
