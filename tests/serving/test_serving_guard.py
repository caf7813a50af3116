"""Requests at the same time, in their time, and when the service stops."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from bundles import make_bundle
from services import JSON, Conversation, asking, make_service, talk
from starlette.testclient import TestClient

from recurra.runtime import Model


class Slow(Model):
    """Answers when it may."""

    may = threading.Event()

    def predict_proba(self, documents: Any) -> Any:
        if "slow" in documents:
            assert self.may.wait(30)
        return super().predict_proba(documents)


def slow_service(**limits: Any) -> Any:
    Slow.may = threading.Event()
    return make_service(models={"slow": Slow(make_bundle())}, limits=limits)


def asked(text: str) -> Conversation:
    one = Conversation(headers=JSON)
    one.say(json.dumps({"texts": [text]}).encode(), end=True)
    return one


async def answered(guard: Any, one: Conversation) -> Conversation:
    await guard(one.scope, one.receive, one.send)
    return one


def line_of(one: Conversation) -> str:
    return str(json.loads(one.body)["error"])


def test_too_many_at_the_same_time() -> None:
    guard = slow_service(requests=2)

    async def conversation() -> Any:
        waiting = [asyncio.create_task(answered(guard, asked("slow"))) for _ in range(2)]
        await asyncio.sleep(0.02)
        refused = await answered(guard, asked("fast"))
        alive = Conversation(headers={}, path="/healthz")
        alive.scope["method"] = "GET"
        await answered(guard, alive)
        Slow.may.set()
        return refused, alive, await asyncio.gather(*waiting), await answered(guard, asked("fast"))

    refused, alive, first, after = talk(guard, conversation)
    assert (refused.status, alive.status, [one.status for one in first], after.status) == (503, 200, [200, 200], 200)
    assert line_of(refused) == "2 requests are being answered. Ask again in a second, or slower."
    assert (b"retry-after", b"1") in [(name.lower(), value) for name, value in refused.sent[0]["headers"]]


def test_an_answer_that_takes_too_long() -> None:
    guard = slow_service(seconds=0.1)

    async def conversation() -> Any:
        late = await answered(guard, asked("slow"))
        Slow.may.set()
        return late, await answered(guard, asked("fast"))

    late, after = talk(guard, conversation)
    assert (late.status, after.status) == (504, 200)
    assert line_of(late) == "There was no answer within 0.1 s. Ask again later, or for fewer texts at a time."


def test_a_body_that_does_not_come() -> None:
    guard = slow_service(seconds=0.1)

    async def conversation() -> Any:
        one = Conversation(headers=JSON)
        one.say(b'{"texts"')
        return await answered(guard, one)

    one = talk(guard, conversation)
    assert one.status == 408
    assert (b"connection", b"close") in [(name.lower(), value) for name, value in one.sent[0]["headers"]]


def test_whoever_leaves_before_the_body_is_whole_is_counted_and_forgotten() -> None:
    guard = make_service()

    async def conversation() -> Any:
        one = Conversation(headers=JSON)
        one.say(b'{"texts"')
        one.leave()
        return await answered(guard, one)

    assert talk(guard, conversation).sent == []
    assert guard.in_flight == 0


def test_stopping_finishes_what_was_taken_and_refuses_the_rest() -> None:
    guard = slow_service()

    async def conversation() -> Any:
        taken = asyncio.create_task(answered(guard, asked("slow")))
        await asyncio.sleep(0.02)
        guard.stopping.set()
        refused = await answered(guard, asked("fast"))
        assert guard.in_flight == 1
        Slow.may.set()
        return await taken, refused

    taken, refused = talk(guard, conversation)
    assert (taken.status, refused.status, guard.in_flight) == (200, 503, 0)
    headers = {name.lower(): value for name, value in refused.sent[0]["headers"]}
    assert (headers[b"connection"], headers[b"retry-after"]) == (b"close", b"5")
    assert line_of(refused) == "The service is stopping. Ask another one, or again when it is back."


def test_readiness_ends_when_it_stops() -> None:
    guard = make_service()
    with asking(guard) as client:
        assert client.get("/readyz").json() == {"state": "ready"}
        guard.stopping.set()
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_load_balancers_may_ask_by_head(client: TestClient, path: str) -> None:
    found = client.head(path)
    assert (found.status_code, found.content) == (200, b"")
