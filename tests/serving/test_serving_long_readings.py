"""Texts that take long to be read: nobody else waits for them, and nobody computes what no one waits for."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

import pytest
from bundles import WORDS, make_bundle
from services import JSON, LINES, Conversation, asking, make_service, talk

from recurra import inspection
from recurra.inspection import attribution
from recurra.runtime import Model

LONG = " ".join(WORDS[place * 7 % len(WORDS)] for place in range(300))


def slow_models() -> dict[str, Model]:
    """One whose explanation of a long text takes seconds, and one that is asked at the same time."""
    network = {"cell": "lstm", "hidden": 32, "bidirectional": True, "pooling": ("max", "mean")}
    return {"slow": Model(make_bundle(**network, scale=1)), "other": Model(make_bundle())}


class Passes:
    """Counts the passes of explanations, each of which takes a while.

    Attributes:
        count: how many there were.
        begun: set when there was one.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, seconds: float = 0.1) -> None:
        self.count, self.begun = 0, threading.Event()
        forward = attribution.DifferentiableNetwork.forward

        def slow(*arguments: Any, **named: Any) -> Any:
            self.count += 1
            self.begun.set()
            time.sleep(seconds)
            return forward(*arguments, **named)

        monkeypatch.setattr(attribution.DifferentiableNetwork, "forward", slow)


def explain(model: str) -> Conversation:
    one = Conversation(headers=JSON, path="/v1/read")
    one.say(json.dumps({"text": LONG, "model": model, "attribution": True}).encode(), end=True)
    return one


async def comes_to_rest(passes: Passes) -> bool:
    """Whether no more is computed, within some seconds."""
    for _ in range(50):
        before = passes.count
        await asyncio.sleep(0.4)
        if passes.count == before:
            return True
    return False


def test_one_models_text_does_not_keep_another_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = Passes(monkeypatch)
    guard = make_service(models=slow_models())

    async def conversation() -> tuple[int, bool]:
        slow = explain("slow")
        task = asyncio.create_task(guard(slow.scope, slow.receive, slow.send))
        await asyncio.to_thread(passes.begun.wait, 20)
        quick = Conversation(headers=JSON, path="/v1/read")
        quick.say(b'{"text": "oil", "model": "other"}', end=True)
        await guard(quick.scope, quick.receive, quick.send)
        first = not task.done()
        slow.leave()
        await task
        return quick.status, first

    assert talk(guard, conversation) == (200, True)


def test_whoever_leaves_is_not_computed_for(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = Passes(monkeypatch)
    guard = make_service(models=slow_models())

    async def conversation() -> bool:
        slow = explain("slow")
        task = asyncio.create_task(guard(slow.scope, slow.receive, slow.send))
        await asyncio.to_thread(passes.begun.wait, 20)
        slow.leave()
        await asyncio.wait_for(task, 5)
        return await comes_to_rest(passes)

    assert talk(guard, conversation)
    # All of it takes some fifty.
    assert passes.count < 15


def test_what_takes_too_long_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = Passes(monkeypatch)
    guard = make_service(models=slow_models(), limits={"seconds": 0.5})

    async def conversation() -> tuple[int, bool]:
        slow = explain("slow")
        await guard(slow.scope, slow.receive, slow.send)
        return slow.status, await comes_to_rest(passes)

    assert talk(guard, conversation) == (504, True)
    assert passes.count < 15


def test_lines_give_first_figures_and_then_the_answer() -> None:
    models = slow_models()
    asked = {"text": LONG, "model": "slow", "attribution": True}
    with asking(make_service(models=models)) as client:
        whole = client.post("/v1/read", json=asked).json()
        found = client.post("/v1/read", json=asked, headers={"accept": LINES["content-type"]})
    assert found.headers["content-type"] == LINES["content-type"]
    first, *_, last = map(json.loads, found.text.splitlines())
    assert last == whole == inspection.read(models["slow"], LONG, name="slow", attribution=True)
    assert "occlusion" not in first["attribution"]
    assert first["attribution"]["steps"] < last["attribution"]["steps"]
    assert any(first["attribution"]["integrated_gradients"])
    assert first["probabilities"] == last["probabilities"]


def test_lines_end_with_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    Passes(monkeypatch)
    with asking(make_service(models=slow_models(), limits={"seconds": 4})) as client:
        asked = {"text": LONG, "model": "slow", "attribution": True}
        found = client.post("/v1/read", json=asked, headers={"accept": LINES["content-type"]})
        refused = client.post(
            "/v1/read", json={"text": "x", "model": "none"}, headers={"accept": LINES["content-type"]}
        )
    assert found.status_code == 200
    last = json.loads(found.text.splitlines()[-1])
    assert last == {"error": "There was no answer within 4 s. Ask again later, or with a shorter text."}
    assert refused.status_code == 404
