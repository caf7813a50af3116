"""The phrases of a result, which are kept in English, in the language of the page."""

from __future__ import annotations

from typing import Any, cast

from recurra.lesson.result import LessonResult
from recurra.report.translation import translate_result

__all__ = ["translated_result"]

# Phrases that name rows, texts and vocabularies; names that no catalogue knows stay as they are.
PHRASES = {"dataset_note", "name", "reads", "train_phrase"}
# The page translates what these parts hold where it shows it.
LEFT = {"evaluation", "gradients", "mistakes", "reading"}


def translated_result(result: LessonResult) -> LessonResult:
    """A copy of the result with its phrases in the language of the page; labels and texts of rows stay as they are."""
    return cast(LessonResult, _translated(result))


def _translated(part: Any) -> Any:
    if isinstance(part, list):
        return [_translated(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: value if key in LEFT else translate_result(value) if key in PHRASES else _translated(value)
        for key, value in part.items()
    }
