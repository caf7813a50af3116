"""How the gradient of the loss vanishes on its way back through a document (Bengio, Simard and Frasconi 1994)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.bundle import Bundle
from recurra.data.documents import Document
from recurra.errors import DataError
from recurra.inspection.backpropagation import DifferentiableNetwork, Gradients
from recurra.inspection.flow_rows import FlowRow, FlowRowJson, end_rows
from recurra.inspection.given_table import table_of_rows
from recurra.inspection.labelled_sample import check_supports_views, known_targets
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.representation import Representation, Represented, one_line
from recurra.runtime import Model
from recurra.runtime.finite import checked_finite
from recurra.runtime.forward import documents_per_pass, first_layer_products
from recurra.runtime.given_model import model_of

__all__ = [
    "FlowJson",
    "FlowsJson",
    "GradientFlow",
    "GradientFlows",
    "gradient_flow",
    "gradients",
    "half_distance",
    "weights_before_training",
]

Array = npt.NDArray[np.float64]

# Numbers in an array of one pass.
PASS_NUMBERS = 1 << 20
# Documents that a view of a file measures: quartiles of this many are stable to a few percent.
ROWS = 500


class FlowJson(TypedDict):
    """A :class:`GradientFlow` as JSON; ``distance`` is 0 to D. ``branch`` is there, and true, for a model with one.

    ``rows`` is there where the documents are rows of a file.
    """

    name: str
    cell: str
    when: str
    documents: int
    distance: list[int]
    norm: list[float]
    low: list[float]
    high: list[float]
    half_distance: float | None
    reached: list[int]
    cell_norm: list[float] | None
    cell_half_distance: float | None
    pads: int | None
    branch: NotRequired[bool]
    rows: NotRequired[list[FlowRowJson]]


class FlowsJson(TypedDict):
    """Several networks, each before and after training."""

    models: list[FlowJson]


@dataclass(frozen=True, eq=False, repr=False)
class GradientFlow(Represented):
    """The norm of the loss's gradient with respect to the top layer's hidden state, by distance from the last step.

    The gradient at a step has passed through all later steps. An LSTM's hidden state reaches later steps only through
    its gates, and its memory is the cell state: the gradient with respect to that state shows how far it can learn.

    Distance 0 is the last step that a direction reads: forward the last word (or the last pad, if pads are read),
    backward the first word. The norms of a document are relative to its norm at distance 0; those of two directions are
    joined, at the same distance of each. Only distances that at least half of the documents reach are included.

    The loss is that of the recurrent network alone, as in its training: a linear branch beside it learns by itself.

    Attributes:
        name: name of the model.
        cell: name of its cell.
        when: ``before training`` or ``after training``.
        documents: number of measured documents.
        norm: [D + 1], the median over documents at distance 0, 1, …
        low: [D + 1], the first quartile.
        high: [D + 1], the third quartile.
        reached: int64[D + 1], number of documents that have this distance.
        cell_norm: [D + 1], the median of the same for the cell state, the memory of an LSTM; ``None`` for cells without
            one, and if no gradient reaches it.
        pads: length up to which documents are padded; ``None`` if they are not.
        branch: whether the model has a linear branch, of which nothing is measured.
        rows: of the rows that reach distance D, the five with the largest norm there and the five with the smallest, by
            falling norm; empty for documents that are no rows of a file.
    """

    name: str
    cell: str
    when: str
    documents: int
    norm: Array
    low: Array
    high: Array
    reached: npt.NDArray[np.int64]
    cell_norm: Array | None
    pads: int | None
    branch: bool = False
    rows: tuple[FlowRow, ...] = ()

    @property
    def half_distance(self) -> float | None:
        """See :func:`half_distance`."""
        return half_distance(self.norm)

    def _representation(self) -> Representation:
        return (
            GradientFlows([self])
            ._representation()
            ._replace(title=f"GradientFlow: {one_line(self.name)} ({self.cell}), {self.when}")
        )

    def to_dict(self) -> FlowJson:
        """Plain JSON values."""
        found: FlowJson = {
            "name": self.name,
            "cell": self.cell,
            "when": self.when,
            "documents": self.documents,
            "distance": list(range(len(self.norm))),
            "norm": self.norm.tolist(),
            "low": self.low.tolist(),
            "high": self.high.tolist(),
            "half_distance": self.half_distance,
            "reached": self.reached.tolist(),
            "cell_norm": None if self.cell_norm is None else self.cell_norm.tolist(),
            "cell_half_distance": None if self.cell_norm is None else half_distance(self.cell_norm),
            "pads": self.pads,
        }
        if self.branch:
            found["branch"] = True
        if self.rows:
            found["rows"] = [row.to_dict() for row in self.rows]
        return found


@dataclass(frozen=True, eq=False, repr=False)
class GradientFlows(Represented):
    """Gradient flows that are shown together.

    Attributes:
        flows: the flows of one or more networks.
    """

    flows: list[GradientFlow]

    def _representation(self) -> Representation:
        rows = []
        for flow in self.flows:
            half, last = flow.half_distance, len(flow.norm) - 1
            places = [min(place, last) for place in (1, 10, last)]
            norms = (f"{flow.norm[place]:.3g} at {place}" for place in sorted(set(places)))
            rows.append(
                (
                    one_line(flow.name, 30),
                    flow.when,
                    f"{flow.documents:,}",
                    "beyond all" if half is None else f"{half:.1f}",
                    ", ".join(norms),
                )
            )
        head = ("model", "when", "documents", "half at distance", "median relative norm")
        return Representation("GradientFlows: norm of the gradient by steps from the last one", head, rows)

    def to_dict(self) -> FlowsJson:
        """Plain JSON values."""
        return {"models": [flow.to_dict() for flow in self.flows]}


def gradients(
    model: Model,
    data: Any,
    y: Any = None,
    *,
    name: str = "model",
    limit: int | None = ROWS,
    seed: int = 0,
    say: Callable[[str], None] = lambda message: None,
    advance: Callable[[int], None] = lambda documents: None,
) -> GradientFlows:
    """A model's gradient flow before and after training, on rows of a table.

    Args:
        model: the model; its record has the seed that training began with.
        data: labelled rows: a table of :func:`recurra.read_table`, or what it reads if its columns can be guessed; or,
            with ``y``, B texts or (title, text) pairs: a list, an array or a column.
        y: the B labels of texts.
        name: name of the model in the result.
        limit: largest number of rows, drawn at random; ``None`` takes all.
        seed: seed of the draw.
        say: called with messages for the user.
        advance: called with the number of documents just finished; each document counts twice.

    Raises:
        DataError: no labels, a label that the model does not know, no word in any row, or no seed in the record.
    """
    model = model_of(model)
    data = table_of_rows(data, model, y)
    check_supports_views(model)
    if data.labels is None:
        raise DataError(f"{data.source} has no labels", "Name their column with --label.")
    rows = np.arange(len(data))
    if limit is not None and limit < len(rows):
        rows = np.sort(np.random.default_rng(seed).choice(rows, limit, replace=False))
    documents = [data.documents[row] for row in rows.tolist()]
    labels = [data.labels[row] for row in rows.tolist()]
    targets = known_targets(model, labels, source=data.source, say=say)
    return GradientFlows(
        [
            gradient_flow(
                model.bundle,
                documents,
                targets,
                name=name,
                before=before,
                numbers=data.numbers[rows],
                advance=advance,
            )
            for before in (True, False)
        ]
    )


def half_distance(norm: Array) -> float | None:
    """The distance beyond which the norm stays below a half, or ``None`` if it does not.

    Between two steps the norm is interpolated exponentially. A norm that falls below a half and rises again, as with
    pooling over all words, has not vanished.

    Args:
        norm: [D + 1], relative to the first.
    """
    over = np.flatnonzero(norm >= 0.5)
    if not len(over) or over[-1] == len(norm) - 1:
        return None
    last = int(over[-1])
    upper, lower = math.log(norm[last]), math.log(max(float(norm[last + 1]), 1e-300))
    return last + (upper - math.log(0.5)) / (upper - lower)


def weights_before_training(bundle: Bundle) -> dict[str, npt.NDArray[np.float32]]:
    """The weights that training began with, drawn again from the seed in the model's record.

    Pretrained vectors that an embedding began with are not stored; a random embedding takes their place.

    Raises:
        DataError: the record has no seed.
    """
    training = bundle.record.get("training")
    seed = training.get("seed") if isinstance(training, dict) else None
    if not isinstance(seed, int) or seed < 0:
        raise DataError(
            "The model's record does not say with which seed training began", "Inspect a model that Recurra trained."
        )
    return initial_weights(bundle.network, rows=bundle.pipeline.rows, classes=len(bundle.labels), seed=seed)


def gradient_flow(
    bundle: Bundle,
    documents: Sequence[Document],
    targets: npt.NDArray[np.int64],
    *,
    name: str,
    before: bool = False,
    numbers: npt.NDArray[np.int64] | None = None,
    advance: Callable[[int], None] = lambda documents: None,
) -> GradientFlow:
    """Measures the gradient flow on documents of known classes.

    Args:
        bundle: the model.
        documents: B texts or (title, text) pairs; those without tokens are left out.
        targets: int64[B], numbers of their classes.
        name: name of the model in the result.
        before: whether to use the weights that training began with.
        numbers: int64[B], of the rows that the documents are, if they are of a file.
        advance: called with the number of documents just finished.

    Raises:
        DataError: no document has a token, or the weights before training are not known.
    """
    tensors = weights_before_training(bundle) if before else bundle.tensors
    ids = bundle.pipeline.encode(documents)
    full = np.flatnonzero(ids.lengths)
    if not len(full):
        raise DataError("None of the documents has a word", "Give texts that the model can read.")
    ids, targets = ids.take(full), targets[full]
    if bundle.pad_to is not None:
        ids = ids.padded_to(bundle.pad_to)
    network = DifferentiableNetwork(bundle.network, tensors)
    hidden, cell = np.full((len(ids), int(ids.lengths.max())), np.nan), None
    for rows in _batches(ids, bundle.network):
        gradients = _loss_gradients(network, tensors, ids, rows, targets[rows])
        hidden[rows, : gradients.hidden[0].shape[0]] = checked_finite(_norms(gradients.hidden), "gradient")
        if gradients.cell is not None:
            cell = np.full_like(hidden, np.nan) if cell is None else cell
            cell[rows, : gradients.hidden[0].shape[0]] = checked_finite(_norms(gradients.cell), "gradient")
        advance(len(rows))
    # A loss of exactly 0 has no gradient to be relative to.
    sound = hidden[:, 0] > 0
    reached = (~np.isnan(hidden[sound])).sum(axis=0)
    if not sound.any():
        raise DataError(
            f"The loss of {name} has no gradient on any document", "Give documents that it is not certain of."
        )
    shown = reached >= reached[0] / 2
    low, middle, high = _quantiles(hidden[sound][:, shown], [0.25, 0.5, 0.75])
    of_cell = None
    if cell is not None:
        # A closed output gate passes no gradient to the cell state.
        opened = cell[sound & (cell[:, 0] > 0)][:, shown]
        if not np.isnan(opened).all(axis=0).any():
            of_cell = _quantiles(opened, [0.5])[0]
    return GradientFlow(
        name=name,
        cell=bundle.network.cell,
        when="before training" if before else "after training",
        documents=int(sound.sum()),
        norm=middle,
        low=low,
        high=high,
        reached=reached[shown],
        cell_norm=of_cell,
        pads=bundle.pad_to,
        branch=bundle.branch is not None,
        rows=()
        if numbers is None
        else end_rows(hidden[:, : len(middle)], numbers[full], [documents[place] for place in full.tolist()]),
    )


def _quantiles(norms: Array, shares: list[float]) -> Array:
    """Quantiles over documents of norms relative to each document's first: [len(shares), T]."""
    with np.errstate(over="ignore"):
        relative = norms / norms[:, :1]
    return checked_finite(np.nanquantile(relative, shares, axis=0), "gradient")


def _batches(ids: Ragged, settings: NetworkSettings) -> Iterator[npt.NDArray[np.int64]]:
    """Rows of documents of the same length."""
    numbers = 4 * settings.hidden * settings.directions * settings.layers
    for length in np.unique(ids.lengths).tolist():
        rows = np.flatnonzero(ids.lengths == length)
        at_once = max(1, min(PASS_NUMBERS // (length * numbers), documents_per_pass(settings)))
        for first in range(0, len(rows), at_once):
            yield rows[first : first + at_once]


def _loss_gradients(
    network: DifferentiableNetwork,
    tensors: dict[str, npt.NDArray[np.float32]],
    ids: Ragged,
    rows: npt.NDArray[np.int64],
    targets: npt.NDArray[np.int64],
) -> Gradients:
    """The gradients of each document's cross-entropy."""
    together = np.stack([ids[row] for row in rows.tolist()], axis=1)
    forward_pass = network.forward(first_layer_products(network.settings, tensors, together))
    powers = np.exp(forward_pass.logits - forward_pass.logits.max(axis=1, keepdims=True))
    d_logits = powers / powers.sum(axis=1, keepdims=True)
    d_logits[np.arange(len(rows)), targets] -= 1
    return network.backward(forward_pass, d_logits)


def _norms(gradients: Sequence[Array]) -> Array:
    """[K, T], by distance from the last step of each direction."""
    with np.errstate(over="ignore"):
        squares = [(one * one).sum(axis=2) for one in gradients]
    # Forward, the last token is the end; backward, the first.
    return np.asarray(np.sqrt(squares[0][::-1] + sum(squares[1:])).T)
