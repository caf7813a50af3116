"""A reading as JSON: what the commands, the page and the service show."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, NotRequired, TypedDict, cast

import numpy as np
import numpy.typing as npt

from recurra.bundle.branch import recorded_factor
from recurra.data.documents import Document, Label
from recurra.inspection.attribution import attributions
from recurra.inspection.branch_shares import branch_shares
from recurra.inspection.compact_states import CompactLayerJson, compact_arrays
from recurra.inspection.pads_read import PadsJson, pads_read
from recurra.inspection.unit_roles import unit_roles
from recurra.linear_branch import LinearBranch
from recurra.runtime import LayerTrace, Model, Reading
from recurra.runtime.given_model import model_of

__all__ = [
    "AloneJson", "AttributionJson", "BranchJson", "LayerJson", "PhraseJson", "ReadingJson", "TokenJson", "read",
    "readings",
]  # fmt: skip

# Largest number of phrases of the linear branch in a reading.
PHRASES = 12
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
    """See :class:`recurra.inspection.attribution.Attribution`.

    ``occlusion`` is left out until it is complete, and ``branch`` for a model without one.
    """

    target: Label
    steps: int
    integrated_gradients: list[float]
    completeness_error: float
    occlusion: NotRequired[list[float]]
    score: float
    baseline_score: float
    branch: NotRequired[list[float]]


class PhraseJson(TypedDict):
    """See :class:`recurra.inspection.branch_shares.BranchPhrase`."""

    text: str
    count: int
    share: float


class AloneJson(TypedDict):
    """Probabilities of each part of a model with a linear branch, by itself."""

    network: list[float]
    branch: list[float]


class BranchJson(TypedDict):
    """What the linear branch, which is not recurrent, adds to the evidence for ``label``.

    ``score`` is all that it adds; ``network`` is the rest of the evidence, which the recurrent network adds. ``share``
    is the branch's part of both, by their size without the sign. ``words`` are the T words' parts of ``score`` and
    ``subwords`` what of these comes from the letters of words; ``phrases`` are the n-grams that add or take most.
    ``alone`` has the probabilities of the recurrent ``network`` without the branch and of the ``branch`` without the
    network, each as it was trained, without the factor that joins them, in the order of ``labels``.
    """

    score: float
    network: float
    share: float
    words: list[float]
    subwords: list[float]
    phrases: list[PhraseJson]
    alone: AloneJson


class ReadingJson(TypedDict):
    """A document of T tokens, read word by word; see :class:`recurra.runtime.Reading`.

    ``label`` is the most probable label. Models with a linear branch have ``branch``, and texts after
    which pads are read have ``pads``. Readings of a
    multi-label model have the predicted labels as ``given``, and ``thresholds`` in the order of ``labels``.
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
    pads: NotRequired[PadsJson]
    branch: NotRequired[BranchJson]
    layers: NotRequired[list[LayerJson]]
    compact_layers: NotRequired[list[CompactLayerJson]]
    attribution: NotRequired[AttributionJson]


def read(
    model: Model, document: Document, *, name: str = "model", gates: bool = False, attribution: bool = False
) -> ReadingJson:
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
    model: Model,
    document: Document,
    *,
    name: str = "model",
    gates: bool = False,
    compact: Sequence[str] | None = None,
    attribution: bool = False,
) -> Iterator[ReadingJson]:
    """The result of :func:`read`, preceded by intermediate ones if ``attribution`` is asked for.

    ``occlusion`` is left out until it is complete. ``compact`` names states and gates to add in the compact form of
    :mod:`recurra.inspection.compact_states`. Other arguments and errors: see :func:`read`.

    Raises:
        SettingsError: the model has no state or gate of a name in ``compact``.
    """
    model = model_of(model)
    reading = model.read(document, gates=gates or compact is not None)
    last = reading.probabilities[-1] if reading.tokens else reading.start
    answer = int(model.task.leading(last[None])[0])
    found: ReadingJson = {
        "model": name,
        "text": document if isinstance(document, str) else " ".join(document),
        "labels": list(model.bundle.labels.classes),
        "exact": reading.exact,
        "method": reading.method,
        "tokens": [
            {"text": token, "known": known} for token, known in zip(reading.tokens, reading.known.tolist(), strict=True)
        ],
        "start": _numbers(reading.start),
        "probabilities": _numbers(reading.probabilities),
        "evidence": _numbers(reading.evidence),
        "suffix_probabilities": _numbers(reading.suffix_probabilities),
        "label": model.bundle.labels.classes[answer],
    }
    found |= cast("ReadingJson", model.task.reading(last, model.bundle.labels.classes))
    pads = pads_read(reading, model.bundle.pad_to, multi_label=model.multi_label)
    if pads is not None:
        found["pads"] = pads
    if model.bundle.branch is not None:
        found["branch"] = _branch(model, model.bundle.branch, document, reading, answer)
    if reading.layers:
        # What units do is asked of the network alone, which the branch beside it knows nothing of.
        alone = reading if model.bundle.branch is None else model.network_alone.read(document)
    if gates:
        found["layers"] = [_layer(trace, alone, model, answer) for trace in reading.layers]
    if compact is not None:
        found["compact_layers"] = [_compact(trace, alone, model, answer, compact) for trace in reading.layers]
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
        if why.branch is not None:
            explained["branch"] = _numbers(why.branch)
        if not np.isnan(why.occlusion).any():
            explained["occlusion"] = _numbers(why.occlusion)
        yield {**found, "attribution": explained}


def _branch(model: Model, branch: LinearBranch, document: Document, reading: Reading, answer: int) -> BranchJson:
    joint = "" if model.bundle.text.tokens in ("characters", "bytes") else " "
    shares = branch_shares(branch, model.bundle.open([document]), joint=joint)
    _, direction = model.task.attribution_target(shares.logits, answer)
    score = float(shares.logits @ direction)
    network = float(reading.evidence[:, answer].sum(dtype=np.float64)) - score
    sizes = abs(score) + abs(network)
    return {
        "score": round(score, DECIMALS),
        "network": round(network, DECIMALS),
        "share": round(abs(score) / sizes, DECIMALS) if sizes else 0.0,
        "words": _numbers(shares.words @ direction),
        "subwords": _numbers(shares.subwords @ direction),
        "phrases": [
            {"text": one.text, "count": one.count, "share": round(one.share, DECIMALS)}
            for one in shares.phrases(direction, top=PHRASES)
        ],
        "alone": _alone(model, document, shares.logits),
    }


def _alone(model: Model, document: Document, of_branch: npt.NDArray[np.float64]) -> AloneJson:
    network, opened = model.network_alone.open([document])
    logits = {"network": network.logits(opened.closed)[0].astype(np.float64), "branch": of_branch}
    # The factors that join the parts would make the smaller one look unsure.
    own = {part: logits[part] / recorded_factor(model.record, part) for part in logits}
    found = {part: _numbers(model.task.probabilities(one[None])[0]) for part, one in own.items()}
    return {"network": found["network"], "branch": found["branch"]}


def _layer(trace: LayerTrace, reading: Reading, model: Model, answer: int) -> LayerJson:
    units = unit_roles(trace, reading, model.bundle.labels.classes, answer=answer)
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


def _compact(trace: LayerTrace, reading: Reading, model: Model, answer: int, wanted: Sequence[str]) -> CompactLayerJson:
    kinds, arrays = compact_arrays(trace, wanted)
    units = unit_roles(trace, reading, model.bundle.labels.classes, answer=answer)
    return {
        "layer": trace.layer,
        "direction": trace.direction,
        "cell": trace.cell,
        "order": units.order.tolist(),
        "roles": units.roles,
        "kinds": kinds,
        "arrays": arrays,
    }


def _numbers(array: Any) -> Any:
    return None if array is None else np.round(array.astype(np.float64), DECIMALS).tolist()
