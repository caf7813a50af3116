"""The lesson's table as text."""

from __future__ import annotations

from recurra.lesson.published_scores import KERAS_NOTE, LESSON_NOTE
from recurra.lesson.result import BaselineResult, LessonResult, ModelResult

__all__ = ["lesson_table"]

_HEADER = (
    "model",
    "parameters",
    "rows",
    "seconds",
    "docs/s",
    "MB",
    "train",
    "test (95 % interval)",
    "lesson",
    "Keras",
)


def lesson_table(result: LessonResult) -> str:
    """One line for every network and the linear model; columns without values are left out."""
    rows = [
        (model["preset"], *_measured(model), _share(model["lesson_accuracy"]), _share(model["keras_accuracy"]))
        for model in result["models"]
    ]
    linear = result["baseline"]
    if linear:
        rows.append((linear["name"], *_measured(linear), "", ""))
    shown = [column for column in range(len(_HEADER)) if any(row[column] for row in rows)]
    cells = [[row[column] for column in shown] for row in [_HEADER, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(_aligned(cell, width, column) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in cells
    ]
    notes = [f"{result['dataset']}: {result['train_phrase']}, {result['test_rows']:,} test rows."]
    if any(model["lesson_accuracy"] is not None for model in result["models"]):
        notes += [LESSON_NOTE, KERAS_NOTE]
    return "\n".join([lines[0].rstrip(), "-" * len(lines[0]), *(line.rstrip() for line in lines[1:]), "", *notes])


def _measured(one: ModelResult | BaselineResult) -> tuple[str, ...]:
    return (
        f"{one['parameters']:,}",
        one["train_phrase"].split()[0],
        f"{one['seconds']:.1f}",
        f"{one['docs_per_second']:,.0f}",
        _memory(one["peak_memory_mb"]),
        f"{one['train_accuracy']:.2%}",
        _score(one["test_accuracy"], one["interval"]),
    )


def _aligned(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)


def _memory(megabytes: float | None) -> str:
    return "" if megabytes is None else f"{megabytes:,.0f}"


def _share(accuracy: float | None) -> str:
    return "" if accuracy is None else f"{accuracy:.2%}"


def _score(accuracy: float, interval: list[float]) -> str:
    return f"{accuracy:.2%} ({interval[0]:.2%}–{interval[1]:.2%})"
