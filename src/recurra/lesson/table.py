"""The lesson's tables as text."""

from __future__ import annotations

from collections.abc import Sequence

from recurra.lesson.experiment_sentences import pads_sentence
from recurra.lesson.published_scores import KERAS_NOTE, LESSON_NOTE
from recurra.lesson.result import BaselineResult, LessonResult, ModelResult

__all__ = ["lesson_table"]

_HEADER = (
    "model",
    "train",
    "test (95 % interval)",
    "lesson",
    "Keras",
    "parameters",
    "rows",
    "seconds",
    "docs/s",
    "MB",
)
_SCORES, _COSTS = (0, 1, 2, 3, 4), (0, 5, 6, 7, 8, 9)


def lesson_table(result: LessonResult) -> str:
    """Two tables, of scores and of costs, with one line for every network and the linear model, and notes.

    Columns without values are left out.
    """
    rows = [
        (
            model["preset"],
            *_scores(model),
            _share(model["lesson_accuracy"]),
            _share(model["keras_accuracy"]),
            *_costs(model),
        )
        for model in result["models"]
    ]
    linear = result["baseline"]
    if linear:
        rows.append((linear["name"], *_scores(linear), "", "", *_costs(linear)))
    notes = [f"{result['dataset']}: {result['train_phrase']}, {result['test_rows']:,} test rows.", result["reads"]]
    if (pads := result["pads"]) is not None:
        notes.append(pads_sentence(pads))
    if any(model["lesson_accuracy"] is not None for model in result["models"]):
        notes += [LESSON_NOTE, KERAS_NOTE]
    return "\n".join([*_table(rows, _SCORES), "", *_table(rows, _COSTS), "", *notes])


def _table(rows: Sequence[tuple[str, ...]], columns: Sequence[int]) -> list[str]:
    shown = [column for column in columns if any(row[column] for row in rows)]
    cells = [[row[column] for column in shown] for row in [_HEADER, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(_aligned(cell, width, column) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in cells
    ]
    return [lines[0].rstrip(), "-" * len(lines[0]), *(line.rstrip() for line in lines[1:])]


def _scores(one: ModelResult | BaselineResult) -> tuple[str, str]:
    return f"{one['train_accuracy']:.2%}", _score(one["test_accuracy"], one["interval"])


def _costs(one: ModelResult | BaselineResult) -> tuple[str, ...]:
    return (
        f"{one['parameters']:,}",
        one["train_phrase"].split()[0],
        f"{one['seconds']:.1f}",
        f"{one['docs_per_second']:,.0f}",
        _memory(one["peak_memory_mb"]),
    )


def _aligned(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)


def _memory(megabytes: float | None) -> str:
    return "" if megabytes is None else f"{megabytes:,.0f}"


def _share(accuracy: float | None) -> str:
    return "" if accuracy is None else f"{accuracy:.2%}"


def _score(accuracy: float, interval: list[float]) -> str:
    return f"{accuracy:.2%} ({interval[0]:.2%}–{interval[1]:.2%})"
