"""Word by word reading: the prediction after each word, and the evidence of each word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.data.documents import Label
from recurra.representation import Representation, Represented, one_line
from recurra.runtime.branched_network import AnyNetwork, BranchedNetwork
from recurra.runtime.finite import checked_finite
from recurra.runtime.trace import LayerTrace

__all__ = ["Reading", "read_ids"]

Array = npt.NDArray[np.float32]

# Total number of tokens of the prefixes that are computed at once.
PREFIX_TOKENS = 1 << 16

ONE_PASS = "one pass: the answer is taken from the states after each word"  # noqa: S105 - no password
ONE_PASS_AND_PADS = "one pass; beginnings shorter than the pads reach are read on with their pads"  # noqa: S105
PREFIXES = (
    "prefixes and suffixes: each beginning and each end of the text is read as a text of its own; a word's evidence is "
    "the mean of what it changes after the words before it and before the words after it"
)

BRANCH = "; the linear branch, which is not recurrent, adds its outputs for the same part of the text"


# What a notebook and a terminal show: so many labels and words, blue for evidence and orange for evidence against
# (Okabe and Ito's), and the opacity of the strongest.
LABELS, WORDS = 3, 5
FOR, AGAINST, STRONGEST = "86, 180, 233", "230, 159, 0", 0.7


@dataclass(frozen=True, eq=False, repr=False)
class Reading(Represented):
    """A document, read word by word.

    Attributes:
        tokens: the document's T tokens.
        probabilities: float32[T, C]; row t has the probabilities of the document that ends with token t.
        known: bool[T], whether the vocabulary has the token.
        start: float32[C], the probabilities before the first token.
        evidence: float32[T, C], by how much each token changes the logits; their sum over the tokens is the difference
            between the last logits and those of ``start``. For single-label models only differences between logits
            matter, so the mean over the classes is subtracted and each row sums to 0. Other tasks define their own.
        exact: whether these are the network's own states on its way through the text. A bidirectional network has no
            output before it has read all of it: see ``method``. A linear branch has no states and does not change that.
        method: how probabilities and evidence were computed, for people.
        suffix_probabilities: float32[T, C], for bidirectional networks: row t has the probabilities of the document
            that begins with token t; otherwise ``None``.
        layers: states and gates of each layer and direction, if they were asked for.
        classes: the C classes.
    """

    tokens: list[str]
    probabilities: Array
    known: npt.NDArray[np.bool_]
    start: Array
    evidence: Array
    exact: bool
    method: str
    suffix_probabilities: Array | None = None
    layers: tuple[LayerTrace, ...] = ()
    classes: tuple[Label, ...] = ()

    @property
    def _top(self) -> list[tuple[int, str]]:
        """The most probable classes at the end, at most LABELS of them, with their names."""
        last = self.probabilities[-1] if len(self.probabilities) else self.start
        places = np.argsort(-last, kind="stable")[:LABELS].tolist()
        return [(place, one_line(self.classes[place] if self.classes else f"class {place}", 30)) for place in places]

    def _representation(self) -> Representation:
        best = self._top
        last = self.probabilities[-1] if len(self.probabilities) else self.start
        place, name = best[0]
        strongest = np.argsort(-np.abs(self.evidence[:, place]), kind="stable")[:WORDS].tolist()
        words = ", ".join(f"{one_line(self.tokens[word], 30)} {self.evidence[word, place]:+.2f}" for word in strongest)
        return Representation(
            f"Reading: {len(self.tokens):,} tokens",
            ("label", "probability"),
            [(label, f"{last[column]:.3f}") for column, label in best],
            [f"most evidence for or against {name}: {words}"] if words else [],
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        suffixes = self.suffix_probabilities
        return {
            "tokens": self.tokens,
            "known": self.known.tolist(),
            "classes": list(self.classes),
            "start": self.start.tolist(),
            "probabilities": self.probabilities.tolist(),
            "evidence": self.evidence.tolist(),
            "exact": self.exact,
            "method": self.method,
            "suffix_probabilities": None if suffixes is None else suffixes.tolist(),
            "layers": [layer.to_dict() for layer in self.layers],
        }

    def _repr_html_(self) -> str:
        """What a notebook shows: a row for each word, with its evidence and the probabilities after it.

        The evidence is that for the final class, tinted by its size, and the probabilities those of the most probable
        classes at the end. Words that the vocabulary lacks are marked, as ``recurra inspect`` marks them.
        """
        best = self._top
        final = best[0][0]
        rows = np.concatenate([self.start[None], self.probabilities])[:, [column for column, _ in best]].tolist()
        evidence = self.evidence[:, final].tolist()
        largest = max(map(abs, evidence), default=0.0) or 1.0
        lines = ["<tr><td><i>nothing read</i></td><td></td>" + _cells(rows[0]) + "</tr>"]
        for token, known, number, after in zip(self.tokens, self.known.tolist(), evidence, rows[1:], strict=True):
            colour = FOR if number > 0 else AGAINST
            tint = f"background-color: rgba({colour}, {STRONGEST * abs(number) / largest:.2f})"
            word = f"<code>{escape(token)}</code>" + ("" if known else " *")
            lines.append(f'<tr><td>{word}</td><td style="{tint}">{number:+.2f}</td>{_cells(after)}</tr>')
        note = "" if self.known.all() else "<caption>* not in the vocabulary</caption>"
        names = "".join(f"<th>{escape(name)}</th>" for _, name in best)
        head = f"<tr><th>after</th><th>evidence for {escape(best[0][1])}</th>{names}</tr>"
        return f"<table>{note}<thead>{head}</thead><tbody>{''.join(lines)}</tbody></table>"


def _cells(probabilities: Sequence[float]) -> str:
    return "".join(f"<td>{p:.3f}</td>" for p in probabilities)


def read_ids(
    network: AnyNetwork,
    ids: npt.NDArray[np.int32],
    tokens: list[str],
    *,
    known: npt.NDArray[np.bool_],
    classes: tuple[Label, ...] = (),
    layers: Sequence[LayerTrace] = (),
) -> Reading:
    """Reads a document word by word.

    A unidirectional network reads it once. A bidirectional one needs a pass for each prefix and each suffix, T (T + 1)
    steps in total.

    Args:
        network: the network.
        ids: int32[T], the token ids.
        tokens: the tokens as text.
        known: bool[T], whether the vocabulary has the token.
        classes: the C classes.
        layers: states and gates to include.

    Raises:
        ModelFileError: a probability or a word's evidence is not finite.
    """
    probabilities, counted = network.task.probabilities, network.task.evidence
    start = _logits(network, [ids[:0]])
    suffixes = None
    if network.settings.bidirectional:
        prefixes = _logits(network, [ids[: k + 1] for k in range(len(ids))])
        suffixes = _logits(network, [ids[k:] for k in range(len(ids))])
        joins_prefix = np.diff(counted(np.concatenate([start, prefixes])), axis=0)
        joins_suffix = -np.diff(counted(np.concatenate([suffixes, start])), axis=0)
        evidence, method = (joins_prefix + joins_suffix) / 2, PREFIXES
    else:
        prefixes, method = network.step_logits(ids), ONE_PASS
        if padded := min(max(network.pad_to - 1, 0), len(ids)):
            prefixes[:padded] = _logits(network, [ids[: k + 1] for k in range(padded)])
            method = ONE_PASS_AND_PADS
        evidence = np.diff(counted(np.concatenate([start, prefixes])), axis=0)
    return Reading(
        tokens=tokens,
        probabilities=_float32(probabilities(prefixes)),
        known=known,
        start=_float32(probabilities(start))[0],
        evidence=checked_finite(_float32(evidence)),
        exact=suffixes is None,
        method=method + BRANCH if isinstance(network, BranchedNetwork) else method,
        suffix_probabilities=None if suffixes is None else _float32(probabilities(suffixes)),
        layers=tuple(layers),
        classes=classes,
    )


def _logits(network: AnyNetwork, documents: Sequence[npt.NDArray[np.int32]]) -> Array:
    """[documents, L]."""
    rows, some, tokens = [np.empty((0, network.outputs), dtype=np.float32)], [], 0
    for place, document in enumerate(documents):
        some.append(document)
        tokens += max(len(document), network.pad_to)
        # All prefixes at once would need memory that grows with the square of the length.
        if tokens >= PREFIX_TOKENS or place == len(documents) - 1:
            offsets = np.concatenate([[0], np.cumsum([len(one) for one in some])]).astype(np.int64)
            rows.append(network.logits(Ragged(np.concatenate(some).astype(np.int32, copy=False), offsets)))
            some, tokens = [], 0
    return np.concatenate(rows)


def _float32(numbers: npt.NDArray[np.floating]) -> Array:
    # Values beyond float32's range become infinite, which the caller checks for.
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32, copy=False)
