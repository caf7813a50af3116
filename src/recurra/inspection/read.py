"""A reading as JSON: what the commands, the page and the service show."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict, cast

import numpy as np

from recurra.data.documents import Document, Label
from recurra.inspection.attribution import attributions
from recurra.inspection.unit_roles import unit_roles
from recurra.runtime import LayerTrace, Model, Reading

__all__ = ["AttributionJson", "LayerJson", "ReadingJson", "TokenJson", "read", "readings"]

# Numbers keep so many decimals: a hundred times finer than what engines agree to, and half as long to write.
DECIMALS = 7


class TokenJson(TypedDict):
    """A token; ``known`` says whether the vocabulary has it."""

    text: str
    known: bool


class LayerJson(TypedDict):
    """One direction of a layer over T tokens and H units.

    ``order`` has the numbers of the units by their part in the answer, ``roles`` a phrase for each unit by its number.
    """

    layer: int
    direction: str
    cell: str
    h: list[list[float]]
    c: list[list[float]] | None
    gates: dict[str, list[list[float]]]
    order: list[int]
    roles: list[str]


class AttributionJson(TypedDict):
    """See :class:`recurra.inspection.attribution.Attribution`. ``occlusion`` is left out until it is complete."""

    target: Label
    steps: int
    integrated_gradients: list[float]
    completeness_error: float
    occlusion: NotRequired[list[float]]
    score: float
    baseline_score: float


class ReadingJson(TypedDict):
    """A document of T tokens, read word by word; see :class:`recurra.runtime.Reading`.

    ``label`` is the most probable label. Readings of a multi-label model also have the predicted labels as ``given``,
    and ``thresholds`` in the order of ``labels``.
    """

    model: str
    text: str
    labels: list[Label]
    exact: bool
    method: str
    tokens: list[TokenJson]
    start: list[float]
    probabilities: list[list[float]]
    evidence: list[list[float]]
    suffix_probabilities: list[list[float]] | None
    label: Label
    given: NotRequired[list[Label]]
    thresholds: NotRequired[list[float]]
    layers: NotRequired[list[LayerJson]]
    attribution: NotRequired[AttributionJson]


def read(model: Model, document: Document, *, name: str, gates: bool = False, attribution: bool = False) -> ReadingJson:
    """Reads a document with a model.

    Args:
        model: the model.
        document: one text or (title, text).
        name: name of the model in the result.
        gates: whether to include the states and gates of every layer.
        attribution: whether to include integrated gradients and occlusion.

    Raises:
        DataError: ``document`` is neither.
    """
    return deque(readings(model, document, name=name, gates=gates, attribution=attribution), maxlen=1)[0]


def readings(
    model: Model, document: Document, *, name: str, gates: bool = False, attribution: bool = False
) -> Iterator[ReadingJson]:
    """The result of :func:`read`, preceded by intermediate ones if ``attribution`` is asked for.

    ``occlusion`` is left out until it is complete. Arguments and errors: see :func:`read`.
    """
    reading = model.read(document, gates=gates)
    last = reading.probabilities[-1] if reading.tokens else reading.start
    found: ReadingJson = {
        "model": name,
        "text": document if isinstance(document, str) else " ".join(document),
        "labels": model.classes_,
        "exact": reading.exact,
        "method": reading.method,
        "tokens": [
            {"text": token, "known": known} for token, known in zip(reading.tokens, reading.known.tolist(), strict=True)
        ],
        "start": _numbers(reading.start),
        "probabilities": _numbers(reading.probabilities),
        "evidence": _numbers(reading.evidence),
        "suffix_probabilities": _numbers(reading.suffix_probabilities),
        "label": model.classes_[int(model.task.leading(last[None])[0])],
    }
    found |= cast("ReadingJson", model.task.reading(last, model.classes_))
    if gates:
        found["layers"] = [_layer(trace, reading, model) for trace in reading.layers]
    if not attribution:
        yield found
        return
    for why in attributions(model.bundle, document):
        explained: AttributionJson = {
            "target": why.target,
            "steps": why.steps,
            "integrated_gradients": _numbers(why.integrated_gradients),
            "completeness_error": why.completeness_error,
            "score": why.score,
            "baseline_score": why.baseline_score,
        }
        if not np.isnan(why.occlusion).any():
            explained["occlusion"] = _numbers(why.occlusion)
        yield {**found, "attribution": explained}


def _layer(trace: LayerTrace, reading: Reading, model: Model) -> LayerJson:
    units = unit_roles(trace, reading, model.classes_)
    return {
        "layer": trace.layer,
        "direction": trace.direction,
        "cell": trace.cell,
        "h": _numbers(trace.h),
        "c": _numbers(trace.c),
        "gates": {name: _numbers(gate) for name, gate in trace.gates.items()},
        "order": units.order.tolist(),
        "roles": units.roles,
    }


def _numbers(array: Any) -> Any:
    return None if array is None else np.round(array.astype(np.float64), DECIMALS).tolist()
