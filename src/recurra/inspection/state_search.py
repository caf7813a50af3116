"""Search by state: sentences of a file in which chosen units are on together over some words (Strobelt et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.cells import cell_named
from recurra.data.table import Table
from recurra.errors import SettingsError
from recurra.inspection.given_table import table_of_rows
from recurra.inspection.labelled_sample import select_rows
from recurra.inspection.trajectories import trajectories
from recurra.networks.shapes import DIRECTIONS
from recurra.representation import ROWS, Representation, Represented, one_line
from recurra.runtime import Model
from recurra.runtime.given_model import model_of

__all__ = ["RowStates", "StateMatch", "StateSearch", "check_state", "read_states", "search_states"]

Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

ORDERS = ("length", "strength")
STATES = ("h", "c")
# Words of a sentence that a result holds, so that a long document is not sent whole.
SHOWN_WORDS = 80
# Tokens that are read at a time: all layers of so many are in memory together.
TOKENS_AT_ONCE = 1 << 16


@dataclass(frozen=True, repr=False)
class StateMatch(Represented):
    """A sentence with the pattern.

    Attributes:
        row: index of the row in the table, from 0.
        number: number of the row in messages.
        label: its label, as the table has it.
        spans: for each span of words with the pattern, its first word and the one after its last, as places.
        length: words of the longest of these, or of the strongest where they are ordered so.
        strength: mean distance of the units' states from 0 over that span.
        first: place in the text of the first of ``tokens``.
        tokens: up to 80 words around that span.
    """

    row: int
    number: int
    label: Any
    spans: list[tuple[int, int]]
    length: int
    strength: float
    first: int
    tokens: list[str]

    def _representation(self) -> Representation:
        begin, end = (place - self.first for place in self.spans[0])
        return Representation(
            f"StateMatch: row {self.number:,}, labelled {one_line(self.label, 30)!r}, {self.length:,} words of "
            f"strength {self.strength:.3f}: {one_line(' '.join(self.tokens[begin:end]), 80)}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "row": self.row,
            "number": self.number,
            "label": self.label,
            "spans": [list(span) for span in self.spans],
            "length": self.length,
            "strength": round(self.strength, 5),
            "first": self.first,
            "tokens": self.tokens,
        }


@dataclass(frozen=True, repr=False)
class StateSearch(Represented):
    """The sentences with a pattern.

    Attributes:
        model: name of the model.
        searched: number of sentences that were searched.
        found: how many of them have the pattern.
        labels: for each label, most frequent first: the label, how many sentences with the pattern have it, and how
            many of those that were searched.
        matches: the first of the sentences found.
        notes: messages for the user.
    """

    model: str
    searched: int
    found: int
    labels: list[tuple[Any, int, int]]
    matches: list[StateMatch]
    notes: list[str] = field(default_factory=list)

    def _representation(self) -> Representation:
        rows = [
            (f"{one.number:,}", one_line(one.label, 30), f"{one.length:,}", f"{one.strength:.3f}", _span_text(one))
            for one in self.matches[:ROWS]
        ]
        return Representation(
            f"StateSearch: {one_line(self.model)}, {self.found:,} of {self.searched:,} sentences have the pattern",
            ("row", "label", "words", "strength", "span"),
            rows,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "model": self.model,
            "searched": self.searched,
            "found": self.found,
            "labels": [list(one) for one in self.labels],
            "matches": [one.to_dict() for one in self.matches],
            "notes": self.notes,
        }


def _span_text(match: StateMatch) -> str:
    begin, end = (place - match.first for place in match.spans[0])
    return one_line(" ".join(match.tokens[begin:end]), 60)


@dataclass(frozen=True, eq=False)
class RowStates:
    """What one direction of one layer holds after every word of a table's rows, to be searched again and again.

    Attributes:
        model: the model.
        data: the table.
        rows: int64[B], the rows that were read, as indices in the table.
        offsets: int64[B + 1], where the words of each begin.
        states: float32[N, H], h or c after each word, without pads.
        backward: whether the direction reads from the last word to the first.
        notes: messages for the user.
    """

    model: Model
    data: Table
    rows: Places
    offsets: Places
    states: npt.NDArray[np.float32]
    backward: bool
    notes: list[str]

    def search(
        self,
        units: Sequence[int],
        *,
        below: Sequence[int] = (),
        threshold: float = 0.3,
        words: int = 1,
        off_before: bool = False,
        order: str = "length",
        count: int = 50,
        name: str = "model",
    ) -> StateSearch:
        """The sentences with a pattern; see :func:`search_states` for the arguments and errors."""
        chosen = _checked_units(units, below, self.states.shape[1])
        if not threshold >= 0:
            raise SettingsError(f"threshold is {threshold}", "Give 0 or more.")
        for what, value in (("words", words), ("count", count)):
            if value < 1:
                raise SettingsError(f"{what} is {value}", "Give 1 or more.")
        if order not in ORDERS:
            raise SettingsError(f"order is {order!r:.40}", f"Give {' or '.join(ORDERS)}.")
        signs = np.where(np.isin(chosen, np.asarray(below, dtype=np.int64)), -1, 1).astype(np.float32)
        signed = self.states[:, chosen] * signs
        on = signed > threshold
        begins, ends = _runs(np.asarray(on.all(axis=1)), self.offsets)
        kept = ends - begins >= words
        if off_before:
            kept &= _off_before(on, begins, ends, self.offsets, backward=self.backward)
        begins, ends = begins[kept], ends[kept]
        sums = np.concatenate([[0.0], np.cumsum(signed.mean(axis=1, dtype=np.float64))])
        lengths, strengths = ends - begins, (sums[ends] - sums[begins]) / np.maximum(1, ends - begins)
        keys = (lengths, strengths) if order == "length" else (strengths, lengths)
        ranked = np.lexsort((begins, -keys[1], -keys[0]))
        documents = np.searchsorted(self.offsets, begins, side="right") - 1
        found = list(dict.fromkeys(documents[ranked].tolist()))
        matches = []
        for document in found[:count]:
            own = ranked[documents[ranked] == document]
            spans = [(int(begins[one]), int(ends[one])) for one in own]
            matches.append(self._match(document, spans, float(strengths[own[0]])))
        return StateSearch(name, len(self.rows), len(found), self._labels(found), matches, list(self.notes))

    def _match(self, document: int, spans: list[tuple[int, int]], strength: float) -> StateMatch:
        row, start = int(self.rows[document]), int(self.offsets[document])
        tokens = self.model.bundle.pipeline.tokens(self.data.documents[row])
        inside = [(begin - start, end - start) for begin, end in spans]
        begin, end = inside[0]
        first = max(0, begin - max(0, SHOWN_WORDS - (end - begin)) // 2)
        return StateMatch(
            row=row,
            number=int(self.data.numbers[row]),
            label=None if self.data.labels is None else self.data.labels[row],
            spans=inside,
            length=end - begin,
            strength=strength,
            first=first,
            tokens=tokens[first : first + SHOWN_WORDS],
        )

    def _labels(self, found: Sequence[int]) -> list[tuple[Any, int, int]]:
        if self.data.labels is None:
            return []
        counts: dict[Any, list[int]] = {}
        have = set(found)
        for document, row in enumerate(self.rows.tolist()):
            own = counts.setdefault(self.data.labels[row], [0, 0])
            own[0] += document in have
            own[1] += 1
        ordered = sorted(counts.items(), key=lambda one: (-one[1][0], -one[1][1]))
        return [(label, some, among) for label, (some, among) in ordered]


def search_states(
    model: Model,
    data: Any,
    y: Any = None,
    *,
    units: Sequence[int],
    below: Sequence[int] = (),
    layer: int = 0,
    direction: str = "forward",
    state: str = "h",
    threshold: float = 0.3,
    words: int = 1,
    off_before: bool = False,
    order: str = "length",
    count: int = 50,
    name: str = "model",
    documents: int | None = 2000,
    seed: int = 0,
) -> StateSearch:
    """Finds sentences in which chosen units are on together over consecutive words, as LSTMVis does.

    A unit is on after a word if its state there is above the threshold; those in ``below`` are on if it is below minus
    the threshold. A span is as long as it can be: at the words around it not all of the units are on.

    H. Strobelt, S. Gehrmann, H. Pfister, A. M. Rush: LSTMVis: A Tool for Visual Analysis of Hidden State Dynamics in
    Recurrent Neural Networks. IEEE Transactions on Visualization and Computer Graphics 24(1), 2018.

    Args:
        model: of any cell, depth, direction and task.
        data: labelled rows: a table of :func:`recurra.read_table`, or what it reads if its columns can be guessed; or,
            with ``y``, B texts or (title, text) pairs: a list, an array or a column.
        y: the B labels of texts.
        units: numbers of one or more units of the layer and direction, from 0.
        below: those of them that are on below minus the threshold.
        layer: number of the layer, 0 is the lowest.
        direction: ``forward`` or ``backward``; a backward state at a word is that of the word and all that follow.
        state: ``h``, or ``c`` of cells that have one.
        threshold: 0 or more, in units of the state.
        words: fewest words of a span.
        off_before: whether all of the units must be off at the word that is read just before the span. Before the
            first word of a text all are off.
        order: ``length``, the longest span first and of like ones the strongest, or ``strength``, the other way round.
        count: largest number of sentences in the result.
        name: name of the model in the result.
        documents: largest number of rows, drawn at random; ``None`` takes all.
        seed: seed of the draw.

    Raises:
        DataError: the table has no labels, or the model can read none of the rows.
        SettingsError: there is no such layer, direction, state or unit, or a number is out of its range.
    """
    read = read_states(model, data, y, layer=layer, direction=direction, state=state, documents=documents, seed=seed)
    return read.search(
        units, below=below, threshold=threshold, words=words, off_before=off_before, order=order, count=count, name=name
    )


def read_states(
    model: Model,
    data: Any,
    y: Any = None,
    *,
    layer: int = 0,
    direction: str = "forward",
    state: str = "h",
    documents: int | None = 2000,
    numbers: int | None = None,
    seed: int = 0,
) -> RowStates:
    """Reads rows and keeps the states of one direction of one layer, 4·N·H bytes for N words.

    Args:
        model: see :func:`search_states`.
        data: likewise.
        y: likewise.
        layer: likewise.
        direction: likewise.
        state: likewise.
        documents: likewise.
        numbers: largest number of states that are kept, N·H; of more rows some are drawn at random.
        seed: seed of the draws.

    Raises:
        DataError: see :func:`search_states`.
        SettingsError: there is no such layer, direction or state, or ``numbers`` is too few for a row.
    """
    model = model_of(model)
    check_state(model, layer, direction, state)
    data = table_of_rows(data, model, y)
    notes: list[str] = []
    rows, texts, _ = select_rows(model, data, limit=documents, seed=seed, say=notes.append)
    ids = model.bundle.pipeline.encode(texts)
    if numbers is not None:
        # Some of the rows at random, so that a file in the order of its labels keeps all of them.
        drawn = np.random.default_rng(seed).permutation(len(rows))
        fit = int(np.searchsorted(np.cumsum(ids.lengths[drawn]) * model.bundle.network.hidden, numbers, side="right"))
        if fit < 1:
            raise SettingsError(f"numbers is {numbers:,}, and one row alone has more states", "Give more.")
        if fit < len(rows):
            kept_rows = np.sort(drawn[:fit])
            rows, ids = rows[kept_rows], ids.take(kept_rows)
    if len(rows) < len(data):
        notes.append(f"{len(rows):,} of {len(data):,} rows are searched.")
    parts = []
    for some in _portions(ids.offsets):
        portion = ids.take(some)
        found = next(
            one for one in trajectories(model.bundle, portion) if (one.layer, one.direction) == (layer, direction)
        )
        kept = found.hidden if state == "h" else found.carried
        # Pads are no words.
        wanted = np.repeat(found.offsets[:-1] - portion.offsets[:-1], portion.lengths) + np.arange(len(portion.values))
        parts.append(kept[wanted])
    return RowStates(
        model=model,
        data=data,
        rows=rows,
        offsets=ids.offsets,
        states=np.concatenate(parts),
        backward=direction == "backward",
        notes=notes,
    )


def check_state(model: Model, layer: int, direction: str, state: str) -> None:
    """Raises a :class:`SettingsError` if a model has no such layer, direction or state."""
    network = model.bundle.network
    if not 0 <= layer < network.layers:
        raise SettingsError(f"There is no layer {layer}", f"Layers are numbered from 0 to {network.layers - 1}.")
    directions = DIRECTIONS[: network.directions]
    if direction not in directions:
        raise SettingsError(f"There is no direction {direction!r:.40}", f"This model reads {' and '.join(directions)}.")
    states = STATES if cell_named(network.cell).cell_state else STATES[:1]
    if state not in states:
        raise SettingsError(f"There is no state {state!r:.40}", f"This model has {' and '.join(states)}.")


def _checked_units(units: Sequence[int], below: Sequence[int], hidden: int) -> Places:
    if not units:
        raise SettingsError("units is empty", "Give the number of one unit or more.")
    for unit in units:
        if not 0 <= unit < hidden:
            raise SettingsError(f"There is no unit {unit}", f"Units are numbered from 0 to {hidden - 1}.")
    for unit in below:
        if unit not in units:
            raise SettingsError(f"below has unit {unit}, which is not among the units", "Give it in units, too.")
    return np.asarray(list(dict.fromkeys(units)), dtype=np.int64)


def _portions(offsets: Places) -> list[Places]:
    """Places of documents that are read together."""
    cuts = np.flatnonzero(np.diff(offsets[:-1] // TOKENS_AT_ONCE)) + 1
    return np.split(np.arange(len(offsets) - 1), cuts)


def _runs(on: Mask, offsets: Places) -> tuple[Places, Places]:
    """The first places of runs of True and the places after their last; a run ends where its document ends."""
    starts = np.zeros(len(on) + 1, dtype=np.bool_)
    starts[offsets] = True
    before = np.concatenate([[False], on[:-1]])
    begins = np.flatnonzero(on & (~before | starts[:-1]))
    after = np.concatenate([on[1:], [False]])
    ends = np.flatnonzero(on & (~after | starts[1:])) + 1
    return begins, ends


def _off_before(on: Mask, begins: Places, ends: Places, offsets: Places, *, backward: bool) -> Mask:
    """For each run, whether all units are off at the word that is read before it, or there is none."""
    edges = np.zeros(len(on) + 1, dtype=np.bool_)
    edges[offsets] = True
    places, at_edge = (ends, edges[ends]) if backward else (begins - 1, edges[begins])
    return at_edge | ~on[np.clip(places, 0, len(on) - 1)].any(axis=1)
