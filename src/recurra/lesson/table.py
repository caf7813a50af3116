"""The lesson's tables as text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recurra.lesson.experiment_sentences import pads_sentences
from recurra.lesson.published_scores import published_notes, share_of_rows
from recurra.lesson.result import LessonResult, ModelResult, PadsResult, Score, Tested
from recurra.report.class_sentences import majority_share
from recurra.report.formatting import count, percent, place, short_name
from recurra.report.translation import translate

__all__ = ["lesson_table", "pads_rows"]

_TEST = "test (95 % interval)"
_SCORES = ("model", "train", _TEST, "of the rows", "lesson", "Keras")
_LEARNED = ("model", "read", "rows", "epochs", "best epoch")
_COSTS = ("model", "parameters", "seconds", "docs/s", "peak memory, MB")


def lesson_table(result: LessonResult) -> str:
    """Tables of scores, of what was read, of costs, and of pads where that was measured; then notes.

    The first three have one line for every network and the linear model. Columns without values are left out.
    """
    models, linear = result["models"], result["baseline"]
    published = any(one["lesson_accuracy"] is not None or one["keras_accuracy"] is not None for one in models)
    scores = [
        (*_scores(one, published), _share(one["lesson_accuracy"]), _share(one["keras_accuracy"])) for one in models
    ]
    names = [short_name(one["preset"]) for one in models]
    learned = [(one["reads"], _rows(one), str(one["epochs"]), str(one["best_epoch"] or "")) for one in models]
    costs = [_costs(one) for one in models]
    if linear is not None:
        # What it counts is left out of its name.
        names.append(re.sub(r" \([^)]*\)", "", linear["name"]))
        scores.append((*_scores(linear, published), "", ""))
        learned.append(("whole texts", _rows(linear), "", ""))
        costs.append(_costs(linear))
    parts = [
        _table(header, [(name, *row) for name, row in zip(names, rows, strict=True)])
        for header, rows in ((_SCORES, scores), (_LEARNED, learned), (_COSTS, costs))
    ]
    notes = [f"{result['dataset']}: {result['train_phrase']}, {result['test_rows']:,} test rows.", result["reads"]]
    if any(model["best_epoch"] is not None for model in models):
        notes.append("Best epoch: that with the lowest loss on held-out rows. The lesson's networks keep the last.")
    if any(one["peak_memory_mb"] is not None for one in [*models, *([linear] if linear else [])]):
        notes.append("Peak memory: the largest of the whole process while that model learned.")
    if (pads := result["pads"]) is not None:
        name = f"{short_name(pads['preset'])} on whole texts"
        asked = [(said, _score(one["accuracy"], one["interval"])) for said, one in pads_rows(pads)]
        parts.append(_table((name, _TEST), asked))
        notes += pads_sentences(pads)
    notes += [*_no_better_than_guessing(models), *published_notes(models)]
    return "\n".join([*(line for part in parts for line in [*part, ""]), *notes])


def _table(header: Sequence[str], rows: Sequence[tuple[str, ...]]) -> list[str]:
    shown = [column for column in range(len(header)) if any(row[column] for row in rows)]
    cells = [[row[column] for column in shown] for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(_aligned(cell, width, column) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in cells
    ]
    return [lines[0].rstrip(), "-" * len(lines[0]), *(line.rstrip() for line in lines[1:])]


def pads_rows(pads: PadsResult) -> list[tuple[str, Score]]:
    """The scores of the experiment on pads, and what the tables call them."""
    return [
        (translate("with its pads"), pads["with_pads"]),
        (translate("same weights, pads left out"), pads["pads_left_out"]),
        (translate("trained masked"), pads["trained_masked"]),
    ]


def _scores(one: Tested, published: bool) -> tuple[str, str, str]:
    share = share_of_rows(one["train_share"]) if published else ""
    return f"{one['train_accuracy']:.2%}", _score(one["test_accuracy"], one["interval"]), share


def _rows(one: Tested) -> str:
    return one["train_phrase"].split()[0]


def _costs(one: Tested) -> tuple[str, ...]:
    memory = one["peak_memory_mb"]
    return (
        f"{one['parameters']:,}",
        f"{one['seconds']:.1f}",
        f"{one['docs_per_second']:,.0f}",
        "" if memory is None else count(memory),
    )


def _no_better_than_guessing(models: Sequence[ModelResult]) -> list[str]:
    guesses = [majority_share(model["evaluation"]) for model in models]
    if any(place(guess, model["interval"]) == "below" for guess, model in zip(guesses, models, strict=True)):
        return []
    return [
        f"No network is clearly better than always naming the most frequent class ({percent(max(guesses))}): too few "
        "rows or epochs to learn from (--take, --epochs)."
    ]


def _aligned(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)


def _share(accuracy: float | None) -> str:
    return "" if accuracy is None else f"{accuracy:.2%}"


def _score(accuracy: float, interval: Sequence[float]) -> str:
    return f"{accuracy:.2%} ({100 * interval[0]:.2f}–{100 * interval[1]:.2f})"
