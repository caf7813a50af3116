"""Batches packed on the device are those that the host packs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recurra.batches import Ragged, pack
from recurra.models.static_batch import StaticBatch
from recurra.tasks.single_label_torch import ABSENT
from recurra.training.steps import device_batches as planning
from recurra.training.steps.device_batches import STEPS, BatchShape, DeviceBatches
from recurra.training.steps.step import EncodedRows

CPU = torch.device("cpu")


def rows_of(lengths: list[int], seed: int = 0) -> EncodedRows:
    generator = np.random.default_rng(seed)
    documents = [generator.integers(2, 90, length).tolist() for length in lengths]
    return EncodedRows(Ragged.from_lists(documents), generator.integers(0, 5, len(lengths)))


def assert_packed(
    rows: EncodedRows, indices: np.ndarray, found: StaticBatch, targets: torch.Tensor, *, masked: bool
) -> None:
    """Against the batch that the host packs, and its places written out one by one."""
    longest = 0 if masked else int(rows.documents.lengths[indices].max())
    expected = pack(rows.documents, indices, pad_to=longest)
    count, tokens, steps = len(indices), len(expected.ids), len(expected.starts) - 1
    assert found.ids[:tokens].tolist() == expected.ids.tolist()
    assert found.starts[: steps + 1].tolist() == expected.starts.tolist()
    assert (found.starts[steps:] == tokens).all()
    assert found.lengths[:count].tolist() == expected.lengths.tolist()
    assert (found.lengths[count:] == 0).all()
    assert targets[:count].tolist() == rows.targets[indices[expected.order]].tolist()
    assert (targets[count:] == ABSENT).all()
    running = int((expected.lengths > 0).sum())
    assert found.last[:running].tolist() == [
        int(expected.starts[length - 1]) + k for k, length in enumerate(expected.lengths[:running])
    ]
    documents, grid = len(found), len(found.starts) - 1
    slots = [step * documents + k for step in range(steps) for k in range(int(expected.active[step]))]
    assert found.slots.tolist() == slots + [grid * documents] * (len(found.ids) - tokens)


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=40),
    st.integers(1, 8),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_any_batches_are_packed_as_the_host_packs_them(
    lengths: list[int], size: int, masked: bool, fitting: bool, seed: int
) -> None:
    rows = rows_of(lengths, seed)
    plan = DeviceBatches(rows, documents=size, masked=masked, numbers=2, fitting=fitting, device=CPU)
    order = np.random.default_rng(seed).permutation(len(lengths))
    batches = [order[first : first + size] for first in range(0, len(order), size)]
    # Twice, so that what the first filling has left must not show through.
    for some in (batches, batches[::-1]):
        numbers = np.random.default_rng(seed).random((len(some), 2)).astype(np.float32)
        rooms = plan.fill(some, numbers)
        for indices, room, own in zip(some, rooms, numbers, strict=True):
            found, targets = plan.batch(room)
            assert (len(found.ids), len(found.starts) - 1, len(found)) == (*room, size)
            assert_packed(rows, indices, found, targets, masked=masked)
            assert plan.numbers().tolist() == own.tolist()
            plan.at.add_(1)


def test_rooms_are_few_and_seldom_much_too_large() -> None:
    rows = rows_of([int(length) for length in np.random.default_rng(0).integers(1, 60, 3000)])
    plan = DeviceBatches(rows, documents=16, masked=True, numbers=1, fitting=False, device=CPU)
    order = np.arange(3000)
    batches = [order[first : first + 16] for first in range(0, 3000, 16)]
    rooms = plan.fill(batches, np.zeros((len(batches), 1), dtype=np.float32))
    tokens = [int(rows.documents.lengths[batch].sum()) for batch in batches]
    assert len(set(rooms)) <= 6
    assert len({room.steps for room in rooms}) == 1
    for room, count in zip(rooms, tokens, strict=True):
        assert count <= room.rows
        assert room.rows <= max(planning.LEAST_ROWS, 1.25 * count + 1)


@given(st.integers(1, 10**7))
def test_a_size_is_one_of_four_an_octave(count: int) -> None:
    size = planning._rounded(count)
    assert count <= size <= 1.25 * count + 1
    octave = 2 ** (size - 1).bit_length()
    assert size * 8 % octave == 0 or octave < 8


def test_no_more_is_planned_at_once_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "TOKENS", 30)
    rows = rows_of([10, 1, 9, 8, 2, 7, 3, 10])
    plan = DeviceBatches(rows, documents=2, masked=True, numbers=1, fitting=True, device=CPU)
    batches = [np.array(pair) for pair in ([0, 1], [2, 3], [4, 5], [6, 7])]
    assert plan.limit(batches) == 2  # 11 + 17, and 9 more would be too many
    assert plan.limit(batches[2:]) == 2
    assert plan.limit([np.array([0, 7])]) == 1
    assert plan.limit([np.array([1])] * (STEPS + 5)) == 30
    for some in (batches[:2], batches[2:]):
        for indices, room in zip(some, plan.fill(some, np.zeros((2, 1), dtype=np.float32)), strict=True):
            assert_packed(rows, indices, *plan.batch(room), masked=True)
            plan.at.add_(1)


def test_a_room_behind_the_tokens_is_room_for_the_recurrence_too() -> None:
    """Rows of padding have no slot in the grid, and documents that are not there give no value."""
    rows = rows_of([3, 2])
    plan = DeviceBatches(rows, documents=4, masked=True, numbers=1, fitting=True, device=CPU)
    (room,) = plan.fill([np.array([0, 1])], np.zeros((1, 1), dtype=np.float32))
    batch, _ = plan.batch(room)
    assert room == BatchShape(planning.LEAST_ROWS, 3)
    states = torch.full((room.rows, 2), torch.nan)
    states[:5] = torch.arange(10.0).view(5, 2)
    grid = batch.grid(states, -1.0)
    assert grid[:, :, 0].tolist() == [[0, 2, -1, -1], [4, 6, -1, -1], [8, -1, -1, -1]]
    assert batch.by_token(torch.tensor([5, 6, 7, 8]), 9).tolist() == [5, 6, 5, 6, 5] + [9] * (room.rows - 5)
    assert batch.with_empty_documents(torch.full((4, 1), torch.inf)).tolist() == [[torch.inf], [torch.inf], [0], [0]]
