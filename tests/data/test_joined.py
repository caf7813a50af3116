"""Two corpora as one are what their lists joined are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recurra.data.corpus import Listed
from recurra.data.joined import Joined

_rows = st.lists(st.tuples(st.text(max_size=3), st.sampled_from(["a", "b", "c"])), max_size=6)


@given(_rows, _rows)
def test_it_is_the_list_of_both(first: list[tuple[str, str]], second: list[tuple[str, str]]) -> None:
    one, other, whole = (Listed([t for t, _ in rows], [c for _, c in rows]) for rows in (first, second, first + second))
    joined = Joined(one, other)
    assert len(joined) == len(whole)
    assert (joined.labels.values, joined.labels.plain()) == (whole.labels.values, whole.labels.plain())
    assert [text for block in joined.blocks() for text in block] == [text for text, _ in first + second]
    assert joined.pairs == (one.pairs and other.pairs)
