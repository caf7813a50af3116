"""The Numba engine beside other threads, in a forked child, and on any number of threads."""

from __future__ import annotations

import os
import threading
import warnings

import pytest
import torch
from recurrence.cases import Case, case, computed

from recurra.cells import CELLS
from recurra.kernels import threads
from recurra.recurrence.engines import numba_layer
from recurra.recurrence.engines.numba_engine import NumbaEngine

pytest.importorskip("numba")

# 48 documents are three blocks and no multiple of the four that share a load.
LENGTHS = sorted([(7 * k) % 23 + 1 for k in range(46)], reverse=True)


def large(cell: str, seed: int = 0) -> Case:
    return case(cell, LENGTHS, directions=2, dtype=torch.float32, hidden=32, size=8, seed=seed)


def same(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> bool:
    return found.keys() == expected.keys() and all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.fixture(autouse=True)
def _in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba_layer, "WORTH_A_THREAD", 0)
    monkeypatch.setattr(numba_layer, "BLOCK", 16)


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_every_number_of_threads_gives_the_same_bits(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = large(cell)
    results = []
    for number in (1, 2, 3, 16):
        monkeypatch.setattr(threads, "cpu_count", lambda number=number: number)
        monkeypatch.setattr(threads, "_pool", None)
        results.append(computed(NumbaEngine(), one))
    assert all(same(result, results[0]) for result in results[1:])


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_a_document_has_the_same_states_in_every_batch(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = large(cell)
    arguments = (one.cell, one.inputs, one.weights, one.active)
    together = NumbaEngine().layer(*arguments, initial=one.initial)
    monkeypatch.setattr(numba_layer, "WORTH_A_THREAD", 10**12)
    alone = NumbaEngine().layer(*arguments, initial=one.initial)
    assert all(torch.equal(a, b) for a, b in zip(together, alone, strict=True))


def test_two_threads_may_train_at_once() -> None:
    cases = [large("lstm", seed) for seed in range(2)]
    expected = [computed(NumbaEngine(), one) for one in cases]
    right: list[bool] = []

    def train(place: int) -> None:
        right.extend(same(computed(NumbaEngine(), cases[place]), expected[place]) for _ in range(20))

    runners = [threading.Thread(target=train, args=(place,)) for place in range(2)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert right == [True] * 40


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_has_threads_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "cpu_count", lambda: 3)
    monkeypatch.setattr(threads, "_pool", None)
    one = large("gru")
    expected = computed(NumbaEngine(), one)
    assert threads._pool is not None
    with warnings.catch_warnings():
        # Newer Pythons warn of a fork beside threads, which is what is tried here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        # Autograd's own threads did not come along; the states show that ours are there.
        states = NumbaEngine().layer(one.cell, one.inputs, one.weights, one.active, initial=one.initial)
        right = all(torch.equal(s, expected[f"states {place}"]) for place, s in enumerate(states))
        os._exit(0 if right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_what_a_thread_raises_is_raised_after_all_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "cpu_count", lambda: 4)
    done: list[int] = []

    def fail() -> None:
        raise ValueError("third")

    tasks = [lambda: done.append(0), lambda: done.append(1), fail, lambda: done.append(3)]
    with pytest.raises(ValueError, match="third"):
        threads.run_parallel(tasks)
    assert sorted(done) == [0, 1, 3]
