"""Old rows that are mixed in: as many as there are new ones, each once, drawn by the seed."""

from __future__ import annotations

from itertools import chain

import pytest

from recurra.data.corpus import InMemoryRows
from recurra.data.replay import with_replay
from recurra.data.table import Table
from recurra.errors import DataError


def rows(name: str, count: int) -> InMemoryRows:
    return InMemoryRows([f"{name} {place}" for place in range(count)], [name] * count, source=name)


@pytest.mark.parametrize(("new", "old", "taken"), [(5, 20, 5), (5, 5, 5), (5, 3, 3)])
def test_as_many_old_rows_as_there_are_new_ones(new: int, old: int, taken: int) -> None:
    said: list[str] = []
    mixed = with_replay(rows("new", new), rows("old", old), seed=0, say=said.append)
    documents = list(chain.from_iterable(mixed.blocks()))
    assert documents[:new] == [f"new {place}" for place in range(new)]
    places = [int(str(document).removeprefix("old ")) for document in documents[new:]]
    assert places == sorted(set(places))
    assert len(places) == taken
    assert max(places) < old
    assert mixed.labels.plain() == ["new"] * new + ["old"] * taken
    assert said == [f"{taken} of {old} rows of old are mixed in."]


def test_the_seed_draws_them() -> None:
    def drawn(seed: int) -> list[object]:
        return list(chain.from_iterable(with_replay(rows("new", 20), rows("old", 60), seed=seed).blocks()))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    # Not the first ones of a file that is sorted by class.
    assert drawn(1)[-1] != "old 19"


def test_what_is_no_rows_is_answered_in_a_line() -> None:
    texts, labels = ["a", "b"], ["x", "y"]
    table = Table(texts, labels, "text", None, "label", "memory")
    for given in ((texts, labels), table):
        with pytest.raises(
            DataError, match=r"^with_replay was given .*InMemoryRows\(texts, labels\), or .*\.corpus\.$"
        ):
            with_replay(given, rows("old", 3), seed=0)  # type: ignore[arg-type]
        with pytest.raises(DataError, match=rf"\({type(given).__name__}\)\. Give rows"):
            with_replay(rows("new", 3), given, seed=0)  # type: ignore[arg-type]
    assert len(with_replay(table.corpus, rows("old", 3), seed=0)) == 4
