"""The page of ``recurra inspect``: texts read word by word, and how far the gradient reaches back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recurra.cells import cell_named
from recurra.inspection.gradient_flow import FlowJson
from recurra.inspection.read import ReadingJson
from recurra.report.file_titles import file_titles
from recurra.report.formatting import listing, short_name
from recurra.report.page import render
from recurra.report.reading_pictures import UNITS, WORDS, answer_picture, flow_pictures, layer_pictures
from recurra.report.reading_sentences import attribution_sentences, flow_sentences, heading, reading_sentences
from recurra.report.translation import translate, translate_result

__all__ = ["flow_parts", "inspection_page", "reading_parts"]

# Distances in the table of gradients.
DISTANCES = (1, 5, 10, 20, 40)


def inspection_page(readings: Sequence[ReadingJson], flows: Sequence[FlowJson], *, about: str) -> str:
    """A self-contained HTML page.

    Args:
        readings: of :func:`recurra.inspection.read`.
        flows: of :func:`recurra.inspection.gradients`.
        about: a sentence on what was read or measured.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    models = list(dict.fromkeys([*(one["model"] for one in readings), *(flow["name"] for flow in flows)]))
    titles = dict(zip(models, file_titles(models), strict=True))
    readings = [{**one, "model": titles[one["model"]]} for one in readings]
    flows = [{**one, "name": titles[one["name"]]} for one in flows]
    return render(
        "inspection.html",
        models=list(titles.values()),
        about=about,
        readings=[reading_parts(reading, name=f"reading-{place}") for place, reading in enumerate(readings)],
        flow=flow_parts(flows) if flows else None,
    )


def reading_parts(reading: ReadingJson, *, name: str) -> dict[str, Any]:
    """The template's values of a reading: words with shades, pictures, sentences.

    Args:
        reading: of a text.
        name: unique on the page; letters, digits and hyphens.
    """
    answer = reading["labels"].index(reading["label"])
    evidence = np.array(reading["evidence"]).reshape(-1, len(reading["labels"]))[:, answer]
    why, branch = reading.get("attribution"), reading.get("branch")
    columns = {translate("Evidence"): evidence}
    if branch is not None:
        columns[translate("Linear branch")] = np.array(branch["words"])
    if why is not None:
        columns[translate("Integrated gradients")] = np.array(why["integrated_gradients"])
        columns[translate("Occlusion")] = np.array(why["occlusion"])
    largest = {title: float(np.abs(values).max(initial=0.0)) or 1.0 for title, values in columns.items()}
    words = []
    for t, token in enumerate(reading["tokens"]):
        after = reading["probabilities"][t]
        words.append(
            {
                "text": token["text"],
                "known": token["known"],
                "share": evidence[t] / largest[translate("Evidence")],
                "bars": [(float(values[t]), float(values[t] / largest[title])) for title, values in columns.items()],
                "probability": after[answer],
                "answer": reading["labels"][int(np.argmax(after))],
            }
        )
    drawn = bool(words)
    phrases = branch["phrases"] if branch is not None else []
    strongest = max((abs(one["share"]) for one in phrases), default=1.0)
    return {
        "name": name,
        "reading": {**reading, "method": translate_result(reading["method"])},
        "multi_label": "given" in reading,
        "heading": heading(reading),
        "start": reading["start"][answer],
        "words": words,
        "columns": list(columns),
        "sentences": reading_sentences(reading),
        "attribution": attribution_sentences(reading) if why is not None else [],
        "branch": branch is not None,
        "phrases": [{**one, "bar": one["share"] / strongest} for one in phrases],
        "picture": answer_picture(reading, name=f"{name}-answer") if drawn else None,
        "layers": [
            {
                "title": translate(
                    "Layer {layer}, {direction}, {cell}",
                    layer=layer["layer"] + 1,
                    direction=translate_result(layer["direction"]),
                    cell=cell_named(layer["cell"]).title,
                ),
                "pictures": layer_pictures(reading, layer, name=f"{name}-layer-{layer['layer']}-{layer['direction']}"),
                "cut": _cut(len(words), len(layer["roles"])),
            }
            for layer in (reading.get("layers", []) if drawn else [])
        ],
    }


def flow_parts(flows: Sequence[FlowJson]) -> dict[str, Any]:
    """The template's values of the gradient norms by distance."""
    rows = [
        {
            "name": short_name(flow["name"]),
            "cell": flow["cell"],
            "when": translate_result(flow["when"]),
            "state": state,
            "half": half,
            "documents": flow["documents"],
            "pads": flow["pads"],
            "norms": [norm[d] if d < len(norm) else None for d in DISTANCES],
        }
        for flow in flows
        for state, norm, half in (
            ("h", flow["norm"], flow["half_distance"]),
            ("c", flow["cell_norm"], flow["cell_half_distance"]),
        )
        if norm is not None
    ]
    return {
        "rows": rows,
        "distances": DISTANCES,
        "pictures": flow_pictures(flows),
        "sentences": flow_sentences(flows),
    }


def _cut(words: int, units: int) -> str:
    """A sentence on what a layer's pictures leave out."""
    parts = []
    if units > UNITS:
        parts.append(
            translate("the {shown} of {units} units with the largest part in the answer", shown=UNITS, units=units)
        )
    if words > WORDS:
        parts.append(translate("the first {shown} of {words} words", shown=WORDS, words=f"{words:,}"))
    return translate("Shown are {parts}.", parts=listing(parts)) if parts else ""
