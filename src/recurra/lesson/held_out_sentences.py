"""The rows that networks hold out of training, in sentences: how many, and how well they tell epochs apart."""

from __future__ import annotations

from collections.abc import Sequence

from recurra.evaluation import wilson
from recurra.lesson.result import ModelResult
from recurra.report.formatting import count, listing, plural, short_name, with_interval
from recurra.report.translation import translate

__all__ = ["held_out_sentences"]


def held_out_sentences(models: Sequence[ModelResult]) -> list[str]:
    """How many rows were held out, and how wide the interval of what was measured on them is."""
    return [*_held_out(models), *_choosing(models)]


def _held_out(models: Sequence[ModelResult]) -> list[str]:
    alike: dict[tuple[int, int], list[str]] = {}
    for model in models:
        if model["held_out"]:
            alike.setdefault((model["learned_rows"], model["held_out"]), []).append(short_name(model["preset"]))
    groups = [
        translate(
            "{names} learned from {rows} and held {held} out",
            names=listing(names),
            rows=plural(rows, "row"),
            held=count(held),
        )
        for (rows, held), names in alike.items()
    ]
    if not groups:
        return []
    return [
        translate(
            "Networks hold some of their training rows out to be looked at while they learn: {groups}.",
            groups=translate("; ").join(groups),
        )
    ]


def _choosing(models: Sequence[ModelResult]) -> list[str]:
    """Of the best network: all hold out about the same number of rows."""
    known = [one for one in models if one["best_epoch"] is not None and one["choosing"]]
    if not known:
        return []
    best = max(known, key=lambda model: model["test_accuracy"])
    rows, curve = best["choosing"], best["validation_curve"]
    # The point at the end of that epoch.
    ends = [place for place, epoch in enumerate(curve["epochs"]) if round(epoch) == best["best_epoch"] == epoch]
    if not ends:
        return []
    accuracy = curve["accuracy"][ends[-1]]
    return [
        translate(
            "The best epoch of {name} is chosen by {rows} held out, of which it gets {score} right: epochs that differ "
            "by less than that interval cannot be told apart.",
            name=short_name(best["preset"]),
            rows=plural(rows, "row"),
            score=with_interval(accuracy, wilson(round(accuracy * rows), rows)),
        )
    ]
