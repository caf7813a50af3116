"""Batches: whatever comes together or apart, each request gets its own answers."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from services import MODELS, rows_of

from recurra.serving import Limits
from recurra.serving.batcher import BATCH_CHARACTERS, BATCH_TEXTS, Batcher
from recurra.serving.http_errors import RequestError
from recurra.serving.served_model import json_predictor


def run(
    answer: Callable[[list[str]], Sequence[bytes]],
    work: Callable[[Batcher], Awaitable[Any]],
    computed: Callable[[int], None] = lambda texts: None,
    **limits: Any,
) -> Any:
    """Runs ``work`` with a batcher, and closes it."""

    async def inner() -> Any:
        batcher = Batcher(answer, limits=Limits(**limits), name="test", computed=computed)
        batcher.start()
        try:
            return await work(batcher)
        finally:
            await batcher.close()
            assert not batcher.alive

    return asyncio.run(asyncio.wait_for(inner(), 60))


def shout(texts: list[str]) -> list[bytes]:
    return [text.upper().encode() for text in texts]


class Gate:
    """An answerer that waits until it may go on, and remembers its batches."""

    def __init__(self) -> None:
        self.open, self.entered = threading.Event(), threading.Event()
        self.batches: list[list[str]] = []

    def __call__(self, texts: list[str]) -> list[bytes]:
        self.batches.append(texts)
        self.entered.set()
        assert self.open.wait(30)
        return shout(texts)

    async def busy(self, batcher: Batcher) -> asyncio.Task[list[bytes]]:
        """Has the thread at work on a first text."""
        first = asyncio.create_task(batcher.answers(["first"]))
        await asyncio.to_thread(self.entered.wait, 30)
        return first


@given(st.lists(st.lists(st.text("abc", max_size=4), min_size=1, max_size=5), min_size=1, max_size=12))
def test_each_request_gets_its_own_answers(requests: list[list[str]]) -> None:
    async def work(batcher: Batcher) -> Any:
        return await asyncio.gather(*map(batcher.answers, requests))

    assert run(shout, work) == [shout(texts) for texts in requests]


@pytest.mark.parametrize("at_once", [1, 3, 40])
def test_batches_of_a_model_equal_predict_proba(at_once: int) -> None:
    model = MODELS["gru"]
    texts = [f"oil prices {'rise ' * (n % 9)}{'team ' * (n % 4)}" for n in range(120)]
    sizes: list[int] = []

    async def work(batcher: Batcher) -> Any:
        room = asyncio.Semaphore(at_once)

        async def one(text: str) -> bytes:
            async with room:
                return (await batcher.answers([text]))[0]

        return await asyncio.gather(*map(one, texts))

    answers = [json.loads(answer) for answer in run(json_predictor(model), work, sizes.append)]
    np.testing.assert_allclose(rows_of(answers, model), model.predict_proba(texts), atol=1e-6)
    assert sum(sizes) == len(texts)
    assert max(sizes) == 1 if at_once == 1 else max(sizes) > 1


def test_what_comes_while_it_works_is_the_next_batch() -> None:
    gate = Gate()

    async def work(batcher: Batcher) -> Any:
        first = await gate.busy(batcher)
        others = [asyncio.create_task(batcher.answers([f"text {n}"])) for n in range(20)]
        await asyncio.sleep(0.01)
        assert batcher.waiting == 21
        gate.open.set()
        return await asyncio.gather(first, *others)

    answers = run(gate, work)
    assert answers == [[b"FIRST"], *([f"TEXT {n}".encode()] for n in range(20))]
    assert [len(batch) for batch in gate.batches] == [1, 20]


@pytest.mark.parametrize(("size", "most"), [(10, BATCH_TEXTS), (BATCH_CHARACTERS // 50, 50)])
def test_batches_are_bounded_in_texts_and_characters(size: int, most: int) -> None:
    gate = Gate()

    async def work(batcher: Batcher) -> Any:
        first = await gate.busy(batcher)
        others = [asyncio.create_task(batcher.answers(["x" * size] * 10)) for n in range(most // 5)]
        await asyncio.sleep(0.05)
        gate.open.set()
        return await asyncio.gather(first, *others)

    run(gate, work)
    sizes = [len(batch) for batch in gate.batches[1:]]
    assert sum(sizes) == 10 * (most // 5)
    assert most - 10 < max(sizes) <= most


def test_a_request_of_many_characters_is_computed_in_parts() -> None:
    texts = ["x" * (BATCH_CHARACTERS - 1), "y", "z", "w" * (2 * BATCH_CHARACTERS), "v"]
    sizes: list[int] = []

    async def work(batcher: Batcher) -> Any:
        return await batcher.answers(texts)

    assert run(shout, work, sizes.append) == shout(texts)
    assert sizes == [2, 1, 1, 1]


def test_a_request_larger_than_a_batch_is_one() -> None:
    texts = ["x"] * (BATCH_TEXTS + 5)
    sizes: list[int] = []

    async def work(batcher: Batcher) -> Any:
        return await batcher.answers(texts)

    assert run(shout, work, sizes.append) == [b"X"] * len(texts)
    assert sizes == [len(texts)]


@pytest.mark.parametrize("limit", [{"waiting_texts": 8}, {"waiting_characters": 40}])
def test_too_much_waiting_is_refused_and_then_not(limit: dict[str, int]) -> None:
    gate = Gate()

    async def work(batcher: Batcher) -> Any:
        first = await gate.busy(batcher)
        second = asyncio.create_task(batcher.answers(["xxxxx"] * 7))
        await asyncio.sleep(0.01)
        with pytest.raises(RequestError, match=r"8 texts are waiting\. Ask again") as refused:
            await batcher.answers(["xxxxx"])
        assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
        patient = asyncio.create_task(batcher.answers(["third"], patient=True))
        await asyncio.sleep(0.01)
        assert not patient.done()
        gate.open.set()
        return await asyncio.gather(first, second, patient)

    assert run(gate, work, **limit) == [[b"FIRST"], [b"XXXXX"] * 7, [b"THIRD"]]


def test_whoever_gave_up_is_not_computed_for() -> None:
    gate = Gate()

    async def work(batcher: Batcher) -> Any:
        first = await gate.busy(batcher)
        given_up = asyncio.create_task(batcher.answers(["never"]))
        kept = asyncio.create_task(batcher.answers(["kept"]))
        await asyncio.sleep(0.01)
        given_up.cancel()
        await asyncio.sleep(0.01)
        gate.open.set()
        return await asyncio.gather(first, kept), batcher.waiting

    assert run(gate, work) == ([[b"FIRST"], [b"KEPT"]], 0)
    assert gate.batches == [["first"], ["kept"]]


def test_a_failure_reaches_those_who_wait_and_ends_nothing() -> None:
    def fragile(texts: list[str]) -> list[bytes]:
        if "bad" in texts:
            raise ValueError("broken")
        return shout(texts)

    async def work(batcher: Batcher) -> Any:
        with pytest.raises(ValueError, match="broken"):
            await batcher.answers(["bad"])
        return await batcher.answers(["good"]), batcher.waiting

    assert run(fragile, work) == ([b"GOOD"], 0)


def test_closing_computes_what_was_taken() -> None:
    async def inner() -> Any:
        batcher = Batcher(shout, limits=Limits(), name="test", computed=lambda texts: None)
        batcher.start()
        taken = [asyncio.create_task(batcher.answers([f"text {n}"])) for n in range(5)]
        await asyncio.sleep(0)
        await batcher.close()
        return await asyncio.gather(*taken)

    assert asyncio.run(asyncio.wait_for(inner(), 30)) == [[f"TEXT {n}".encode()] for n in range(5)]


def test_an_idle_batcher_does_not_wait_for_more() -> None:
    async def work(batcher: Batcher) -> Any:
        times = []
        for _ in range(50):
            began = time.perf_counter()
            await batcher.answers(["x"])
            times.append(time.perf_counter() - began)
        return min(times)

    assert run(shout, work) < 0.002
