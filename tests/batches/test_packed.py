"""The packed layout against a plain loop over steps and documents."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from recurra.batches import Ragged, pack

documents = st.lists(st.lists(st.integers(0, 30_000), max_size=9), max_size=9)


@given(documents)
def test_the_layout_is_that_of_a_loop(lists: list[list[int]]) -> None:
    packed = pack(Ragged.from_lists(lists))
    order = sorted(range(len(lists)), key=lambda place: -len(lists[place]))  # stable: equal lengths keep their order
    steps = range(max(map(len, lists), default=0))
    rows = [[(step, k) for k, place in enumerate(order) if step < len(lists[place])] for step in steps]
    assert packed.order.tolist() == order
    assert packed.lengths.tolist() == [len(lists[place]) for place in order]
    assert packed.active.tolist() == [len(row) for row in rows]
    assert packed.ids.tolist() == [lists[order[k]][step] for row in rows for step, k in row]
    assert packed.documents.tolist() == [k for row in rows for _, k in row]
    assert packed.starts.tolist() == [sum(len(row) for row in rows[:step]) for step in range(len(rows) + 1)]


@given(documents)
def test_documents_come_back_in_their_order(lists: list[list[int]]) -> None:
    packed = pack(Ragged.from_lists(lists))
    whole = [packed.ids[packed.documents == k].tolist() for k in range(len(packed.order))]
    assert [whole[k] for k in packed.inverse] == lists
    assert np.array_equal(packed.order[packed.inverse], np.arange(len(lists)))


@given(documents)
def test_the_running_documents_are_a_falling_prefix(lists: list[list[int]]) -> None:
    packed = pack(Ragged.from_lists(lists))
    assert (packed.active > 0).all()
    assert (np.diff(packed.active) <= 0).all()
    assert packed.active.sum() == len(packed.ids)
    assert packed.ids.dtype == np.int32
    assert {packed.active.dtype, packed.order.dtype, packed.lengths.dtype} == {np.dtype(np.int64)}


@given(st.lists(st.lists(st.integers(0, 30_000), min_size=1, max_size=9), min_size=1, max_size=9))
def test_the_layout_is_that_of_pack_sequence(lists: list[list[int]]) -> None:
    packed = pack(Ragged.from_lists(lists))
    longest_first = [torch.tensor(lists[place]) for place in packed.order]
    peer = torch.nn.utils.rnn.pack_sequence(longest_first)
    assert packed.ids.tolist() == peer.data.tolist()
    assert packed.active.tolist() == peer.batch_sizes.tolist()
