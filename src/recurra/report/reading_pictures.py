"""The pictures of a reading, and of gradient norms by distance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recurra.cells import cell_named
from recurra.inspection.gradient_flow import FlowJson
from recurra.inspection.read import LayerJson, ReadingJson
from recurra.report.charts import Line, line_chart
from recurra.report.formatting import short_name
from recurra.report.heat_map import heat_map
from recurra.report.palette import MANY, SERIES
from recurra.report.picture import Picture
from recurra.report.translation import translate, translate_result

__all__ = ["answer_picture", "flow_pictures", "layer_pictures"]

# Most units and words of a layer that are drawn: more would not fit.
UNITS, WORDS = 16, 120


def answer_picture(reading: ReadingJson, *, name: str) -> Picture:
    """The probabilities of the most probable classes, from before the first word to after the last.

    Args:
        reading: of one word or more.
        name: unique on the page.
    """
    rows = np.array([reading["start"], *reading["probabilities"]])
    # The answer first, then the classes with the highest probability after any word.
    answer = reading["labels"].index(reading["label"])
    order = sorted(range(rows.shape[1]), key=lambda k: (k != answer, -rows[:, k].max()))[: len(SERIES)]
    few = rows.shape[1] <= MANY
    return line_chart(
        [
            Line(str(reading["labels"][k]), range(len(rows)), (100 * rows[:, k]).tolist(), place=k if few else None)
            for k in order
        ],
        name=name,
        title=translate("The probabilities after each word")
        if "given" in reading
        else translate("The answer after each word"),
        x_label=translate("words read"),
        y_label=translate("probability, %"),
        y_limits=(-2, 102),
    )


def layer_pictures(reading: ReadingJson, layer: LayerJson, *, name: str) -> list[Picture]:
    """Hidden state, cell state and gates of the units that contribute most to the answer.

    Args:
        reading: of one word or more.
        layer: one of its layers.
        name: unique on the page.
    """
    units = layer["order"][:UNITS]
    # The linear branch may read on where the network does not.
    words = [token["text"] for token in reading["tokens"][: len(layer["h"])]][:WORDS]
    labels = [f"{_role(layer['roles'][unit])} · {unit}" for unit in units]
    shown = {"h": (translate("hidden state h"), layer["h"])}
    if layer["c"] is not None:
        shown["c"] = (translate("cell state c"), layer["c"])
    cell = cell_named(layer["cell"])
    bounds = dict.fromkeys(shown, cell.state_bound) | {"c": None}
    for gate in cell.gates:
        if gate.name in layer["gates"]:
            shown[f"gate-{gate.name}"] = (f"{translate_result(gate.title)} {gate.name}", layer["gates"][gate.name])
            bounds[f"gate-{gate.name}"] = cell.state_bound if gate.candidate else 1.0
    pictures = []
    for key, (what, values) in shown.items():
        drawn = np.array(values)[: len(words), units]
        bound = bounds[key]
        largest = max(1.0, float(np.abs(drawn).max())) if bound is None else bound
        title = what[0].upper() + what[1:]
        if bound is None:
            title = translate("{title}, full colour at ±{largest}", title=title, largest=f"{largest:.2f}")
        pictures.append(heat_map(drawn, rows=words, columns=labels, largest=largest, name=f"{name}-{key}", title=title))
    return pictures


def _role(role: str) -> str:
    """What a unit does, in the language of the page; its half-life, which is not seen in a picture, has no room."""
    return translate(", ").join(translate_result(part) for part in role.split(", ") if not part.startswith("half-life"))


def flow_pictures(flows: Sequence[FlowJson]) -> list[Picture]:
    """The gradient's norm against the distance, before and after training, and by the cell state where there is one.

    Args:
        flows: any number; a picture has as many as there are line styles.
    """
    lines = {
        title: [
            Line(
                short_name(flow["name"]),
                flow["distance"],
                flow["norm"],
                list(zip(flow["low"], flow["high"], strict=True)),
            )
            for flow in flows
            if flow["when"] == when
        ]
        for title, when in (
            (translate("Before training"), "before training"),
            (translate("After training"), "after training"),
        )
    }
    lines[translate("By the cell state c")] = [
        Line(
            translate("{name} {when}, c", name=short_name(flow["name"]), when=translate_result(flow["when"])),
            flow["distance"],
            flow["cell_norm"],
        )
        for flow in flows
        if flow["cell_norm"] is not None
    ]
    return [
        line_chart(
            some[first : first + len(SERIES)],
            name=f"gradients-{number}-{first}",
            title=title,
            x_label=translate("steps before the end"),
            y_label=translate("norm of the gradient"),
            log_y=True,
        )
        for number, (title, some) in enumerate(lines.items())
        for first in range(0, len(some), len(SERIES))
    ]
