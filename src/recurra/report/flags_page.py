"""The page of flags: units that switch on at a word and stay, what switches them, and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recurra.report.charts import Line, interval_chart, line_chart
from recurra.report.formatting import percent, plural, points
from recurra.report.page import render
from recurra.report.picture import Picture
from recurra.report.translation import translate, translate_result

__all__ = ["flags_page"]


def flags_page(found: Mapping[str, Any], *, data_name: str) -> str:
    """A self-contained HTML page about the flags of a model.

    Args:
        found: plain values of :class:`recurra.inspection.flag_results.Flags`.
        data_name: what the documents were taken from.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    return render(
        "flags.html",
        model=found["model"],
        data_name=data_name,
        documents=plural(found["documents"], "document"),
        accuracy=found["accuracy"],
        notes=[translate_result(note) for note in found["notes"]],
        sentences=_sentences(found),
        pictures=_pictures(found),
        units=[_unit(unit, place) for place, unit in enumerate(found["units"])],
    )


def _name(unit: Mapping[str, Any]) -> str:
    return translate(
        "layer {layer}, {direction}, unit {unit}",
        layer=unit["layer"] + 1,
        direction=translate_result(unit["direction"]),
        unit=unit["unit"],
    )


def _sentences(found: Mapping[str, Any]) -> list[str]:
    if not found["units"]:
        return [translate("No unit behaves like a flag on these documents.")]
    first, together = found["units"][0], found["together"]
    said = [
        translate(
            "The most flag-like unit, {unit}, is on at the end of {on} of the documents; in {stays} of those it was "
            "switched on once and stayed on. It speaks for {label}.",
            unit=_name(first),
            on=percent(first["ends_on"], 0),
            stays=percent(first["stays"], 0),
            label=first["speaks_for"],
        )
    ]
    if together["units"]:
        values = {
            "units": plural(together["units"], "unit"),
            "accuracy": percent(together["accuracy_silenced"]),
            "lost": points(together["drop"], signed=True),
        }
        said.append(
            translate(
                "With the first {units} silenced together, accuracy is {accuracy}: {lost} lost, with as many random "
                "units {random}.",
                random=points(together["drop_random"], signed=True),
                **values,
            )
            if together["random_drops"]
            else translate("With the first {units} silenced together, accuracy is {accuracy}: {lost} lost.", **values)
        )
    return said


def _pictures(found: Mapping[str, Any]) -> list[Picture]:
    if not found["units"]:
        return []
    scores = line_chart(
        [Line(translate("score"), list(range(1, len(found["scores"]) + 1)), found["scores"])],
        name="scores",
        title=translate("How flag-like all units are"),
        x_label=translate("unit, by falling score"),
        y_label=translate("score"),
        y_limits=(-0.02, 1.02),
    )
    lost = [(100 * unit["drop"], unit["drop_random"]) for unit in found["units"]]
    drops = interval_chart(
        [
            translate(
                "{unit}, layer {layer}, {direction}",
                unit=unit["unit"],
                layer=unit["layer"] + 1,
                direction=translate_result(unit["direction"]),
            )
            for unit in found["units"]
        ],
        [
            (translate("this unit silenced"), [(drop, drop, drop) for drop, _ in lost]),
            (translate("mean of the others"), [None if mean is None else (100 * mean,) * 3 for _, mean in lost]),
        ],
        name="drops",
        title=translate("What accuracy loses without a unit"),
        x_label=translate("accuracy lost, points"),
    )
    return [scores, drops]


def _unit(unit: Mapping[str, Any], place: int) -> dict[str, Any]:
    return {
        **unit,
        "id": f"unit-{place}",
        "name": _name(unit),
        "drop": points(unit["drop"], signed=True),
        "drop_random": "–" if unit["drop_random"] is None else points(unit["drop_random"], signed=True),
        "examples": [_example(one, unit) for one in unit["examples"]],
    }


def _example(example: Mapping[str, Any], unit: Mapping[str, Any]) -> dict[str, Any]:
    """An example with its words; their shares are how far the state is on the side where the unit is on, -1 to 1."""
    sign = 1 if unit["on_when"] == "above" else -1
    sides = [sign * (state - unit["threshold"]) for state in example["c"]]
    largest = max(map(abs, sides), default=0.0) or 1.0
    return {
        **example,
        "words": [
            {"text": text, "share": side / largest, "state": state, "flips": t == example["flip"]}
            for t, (text, side, state) in enumerate(zip(example["tokens"], sides, example["c"], strict=True))
        ],
    }
