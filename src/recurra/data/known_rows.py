"""The rows that a model knows: hashes in its record of those it learned from and was validated on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from recurra.data.corpus import ConcatRows, Corpus, RelabelledRows
from recurra.data.documents import Document, Label, LabelSet
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.fingerprint import Fingerprint

__all__ = ["CORRECTED", "KnownRows", "RangeFingerprints", "is_before_decisions", "known_as", "known_rows", "part_sizes"]

CORRECTED = "recurra check DATA --fix OUT --exclude FILE --relabel FILE writes the table with the decisions"
"""What to do with a table about which there are decisions, where a command takes none."""

# Earlier models that are asked: each costs a hash where training goes on.
EARLIER = 4

Role = Literal["training", "validation", "earlier", "decided"]


class KnownRows(NamedTuple):
    """Rows that a model knows.

    Attributes:
        role: ``training`` for rows that it learned from, those held out of them included; ``validation`` for rows of
            their own that it was validated on; ``earlier`` for those that a model learned from which it continues;
            ``decided`` for a table that it learned from after decisions about some of its rows.
        rows: number of rows.
        sha256: their :class:`recurra.data.fingerprint.Fingerprint`, of ``decided`` ones without labels.
    """

    role: Role
    rows: int
    sha256: str

    def to_record(self) -> dict[str, Any]:
        """As JSON values."""
        return {"role": self.role, "rows": self.rows, "data_sha256": self.sha256}


def known_rows(record: Mapping[str, Any]) -> list[KnownRows]:
    """The rows that a model's record names, which may hold anything."""
    found = _own(record) + _decided(record)
    before = record.get("continued")
    chain = before.get("chain") if isinstance(before, dict) else None
    for one in chain[:EARLIER] if isinstance(chain, list) else []:
        if isinstance(one, dict):
            found += [known._replace(role="earlier") for known in _own(one) if known.role == "training"]
            found += _decided(one)
    return found


def known_as(
    record: Mapping[str, Any], documents: Sequence[Document], labels: Sequence[Label] | Sequence[LabelSet]
) -> Role | None:
    """As what a model knows rows; ``None`` if they are none that it names.

    Args:
        record: the model's.
        documents: the rows; most other tables have another number of them and need no hash.
        labels: theirs.
    """
    candidates = [one for one in known_rows(record) if one.rows == len(documents)]
    if not candidates:
        return None
    fingerprint = Fingerprint(len(documents))
    fingerprint.add(documents)
    exact, texts = fingerprint.of(EncodedLabels.of(labels)), fingerprint.of(None)
    return next((one.role for one in candidates if one.sha256 == (texts if one.role == "decided" else exact)), None)


def is_before_decisions(record: Mapping[str, Any], rows: Corpus) -> bool:
    """Whether a model learned from these rows after decisions about some of them."""
    wanted = {one.sha256 for one in known_rows(record) if one.role == "decided" and one.rows == len(rows)}
    if not wanted:
        return False
    fingerprint = Fingerprint(len(rows))
    for block in rows.blocks():
        fingerprint.add(block)
    return fingerprint.of(None) in wanted


def part_sizes(corpus: Corpus) -> list[int]:
    """The number of rows of each table that a corpus was joined from."""
    while isinstance(corpus, RelabelledRows):
        corpus = corpus.rows
    if isinstance(corpus, ConcatRows):
        return [*part_sizes(corpus.first), *part_sizes(corpus.second)]
    return [len(corpus)]


class RangeFingerprints:
    """Fingerprints of ranges of consecutive rows, for which all documents are added once, in order.

    Args:
        ranges: the first row of each and the one after its last.
    """

    def __init__(self, ranges: Sequence[tuple[int, int]]) -> None:
        self._ranges = {one: Fingerprint(one[1] - one[0]) for one in ranges}
        self._first = 0

    def add(self, documents: Sequence[Document]) -> None:
        """Adds the next documents."""
        for (begin, end), fingerprint in self._ranges.items():
            here = slice(max(0, begin - self._first), max(0, end - self._first))
            fingerprint.add(documents[here])
        self._first += len(documents)

    def of(self, labels: EncodedLabels) -> dict[tuple[int, int], str]:
        """The hash (hex) of each range after all documents were added.

        Args:
            labels: those of all documents.
        """
        return {
            (begin, end): fingerprint.of(EncodedLabels(labels.values, labels.codes[begin:end]))
            for (begin, end), fingerprint in self._ranges.items()
        }


def _decided(record: Mapping[str, Any]) -> list[KnownRows]:
    cleaning = record.get("cleaning")
    rows, sha256 = (cleaning.get(name) if isinstance(cleaning, Mapping) else None for name in ("rows", "texts_sha256"))
    return [KnownRows("decided", rows, sha256)] if isinstance(rows, int) and isinstance(sha256, str) else []


def _own(record: Mapping[str, Any]) -> list[KnownRows]:
    parts = record.get("data_parts")
    found = []
    for one in [record, *(parts if isinstance(parts, list) else [])]:
        if not isinstance(one, Mapping):
            continue
        rows, sha256, role = one.get("rows"), one.get("data_sha256"), one.get("role", "training")
        if isinstance(rows, int) and rows > 0 and isinstance(sha256, str) and role in ("training", "validation"):
            found.append(KnownRows(role, rows, sha256))
    return found
