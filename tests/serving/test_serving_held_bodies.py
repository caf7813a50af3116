"""Bodies of all requests together: how much of them is in memory at once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from services import JSON, LINES, Conversation, make_service, talk

from recurra.serving.held_bodies import SMALL

HALF = b'{"texts": ["' + b"x" * (3 * SMALL // 2)
REFUSED = (
    "Large bodies of 98,316 bytes together are being read or answered. "
    "Ask again in a second, or for fewer texts at a time."
)


async def until(what: Any) -> None:
    for _ in range(2000):
        if what():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not happen")


def test_large_bodies_together_are_bounded() -> None:
    """While one is arriving, another large one and a long line are refused and small ones are answered."""
    guard = make_service(limits={"held_bytes": 2 * SMALL})

    async def conversation() -> None:
        one, two, small = (Conversation(headers=JSON) for _ in range(3))
        stream, again = Conversation(headers=LINES), Conversation(headers=JSON)

        def begin(conversation: Conversation, *parts: bytes, end: bool = True) -> asyncio.Task[None]:
            conversation.say(*parts, end=end)
            return asyncio.create_task(guard(conversation.scope, conversation.receive, conversation.send))

        first = begin(one, HALF, end=False)
        await until(lambda: one.taken)
        await begin(two, HALF, end=False)
        assert (two.status, json.loads(two.body)) == (503, {"error": REFUSED})
        assert (b"retry-after", b"1") in two.sent[0]["headers"]
        await begin(stream, b'{"text": "oil"}\n', HALF, end=False)
        lines = [json.loads(line) for line in stream.body.splitlines()]
        assert (list(lines[0]), lines[1:]) == (["label", "probabilities"], [{"error": REFUSED}])
        await begin(small, b'{"texts": ["oil"]}')
        assert small.status == 200
        one.say(b'"]}', end=True)
        await first
        await begin(again, HALF, b'"]}')
        assert (one.status, again.status) == (200, 200)

    talk(guard, conversation)
