"""Bodies cut into lines, and streams: every line in gives one line out, and memory stays bounded."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from services import LINES, MODELS, Conversation, asking, make_service, rows_of, talk
from starlette.testclient import TestClient

from recurra.serving.lines import LineSplitter
from recurra.serving.stream import AHEAD, BLOCK


def line(text: str) -> bytes:
    return json.dumps({"text": text}).encode() + b"\n"


@given(st.lists(st.binary(max_size=12).map(lambda part: part.replace(b"\r", b"")), max_size=12), st.integers(1, 8))
def test_lines_do_not_hang_on_the_parts_they_come_in(parts: list[bytes], most: int) -> None:
    lines = LineSplitter(most)
    found = [one for part in parts for one in lines.feed(part)] + lines.end()
    whole = b"".join(parts).split(b"\n")
    assert found == [one if len(one) <= most else None for one in whole if one.strip() or len(one) > most]


def test_no_more_than_a_line_is_kept() -> None:
    lines = LineSplitter(100)
    for _ in range(50):
        assert lines.feed(b"x" * 90) == []
        assert len(lines._rest) <= 100
    assert lines.feed(b"\nab\n") == [None, b"ab"]


def test_each_line_is_answered_in_order(client: TestClient) -> None:
    texts = [f"oil {'prices ' * (n % 7)}" for n in range(3 * BLOCK + 5)]
    found = client.post("/v1/classify?model=gru", content=b"".join(map(line, texts)), headers=LINES)
    assert (found.status_code, found.headers["content-type"]) == (200, "application/x-ndjson")
    answers = [json.loads(one) for one in found.text.splitlines()]
    np.testing.assert_allclose(rows_of(answers, MODELS["gru"]), MODELS["gru"].predict_proba(texts), atol=1e-6)


def test_a_bad_line_has_its_own_line() -> None:
    bad = [b"oil", b'{"text": 5}', b'{"text": "\xff"}', b'{"text": "x", "y": 1}', b"[" * 50_000, b'{"text": NaN}']
    long = [json.dumps({"text": "x" * 21}).encode(), b'{"text": "' + b"x" * 70_000 + b'"}']
    body = b"\n\n".join([line("oil").strip(), *bad, *long, line("team").strip()])
    with asking(make_service(limits={"text_characters": 20, "body_bytes": 60_000})) as client:
        answers = [
            json.loads(one) for one in client.post("/v1/classify", content=body, headers=LINES).text.splitlines()
        ]
    assert [list(one) for one in answers] == [
        ["label", "probabilities"],
        *[["error"]] * (len(bad) + len(long)),
        ["label", "probabilities"],
    ]
    lines = [one["error"] for one in answers[1:-1]]
    assert lines[1] == "text is 5 (a number). Give a text."
    assert lines[2] == "The line is not UTF-8. Encode it in UTF-8."
    assert lines[-2] == "text has 21 characters, and the limit of a text is 20. Cut or split it."
    assert lines[-1] == "The line has more than 60,000 bytes. Cut or split its text."


def test_a_line_with_a_parameter_of_the_query_or_a_field_twice(client: TestClient) -> None:
    lines = b'{"text": "oil", "model": "gru"}\n{"text": "oil", "text": "sea"}\n{"text": "text"}\n'
    answers = [json.loads(one) for one in client.post("/v1/classify", content=lines, headers=LINES).text.splitlines()]
    assert [one.get("error") for one in answers] == [
        "The line has the unknown field 'model'. Give it in the query of the request, ?model=…, for all lines. Its "
        "fields are text, id.",
        "The line has the field 'text' twice. Give each field once.",
        None,
    ]


def test_an_id_comes_back_with_the_answer_or_the_error() -> None:
    good: list[Any] = ["a1", 'ü\n"', "x" * 128, 7, -(2**63), 2**63 - 1]
    bad: list[Any] = ["x" * 129, 2**63, 1.5, True, ["a"]]
    lines = [{"text": "oil", "id": one} for one in [*good, *bad]] + [{"text": "x" * 21, "id": 9}, {"text": "oil"}]
    body = "\n".join(map(json.dumps, lines)).encode()
    with asking(make_service(limits={"text_characters": 20})) as client:
        plain, below = (
            [
                json.loads(one)
                for one in client.post(f"/v1/classify{query}", content=body, headers=LINES).text.split("\n")[:-1]
            ]
            for query in ("", "?abstain_below=1")
        )
    assert [one["id"] for one in plain[: len(good)]] == good
    assert [{**one, "id": 0} for one in plain[: len(good)]] == [{"id": 0, **plain[-1]}] * len(good)
    assert (below[0]["id"], below[0]["label"]) == ("a1", None)
    assert [one["error"].partition(". ")[2] for one in plain[len(good) : -2]] == [
        "Give a text of up to 128 characters, or an integer of 64 bits."
    ] * len(bad)
    assert (plain[-2]["id"], plain[-2]["error"][:22]) == (9, "text has 21 characters")
    assert "id" not in plain[-1]


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        (b'{"id":5,"text":null}', b'{"id":5,"error":"text is null'),
        (b'{"id":"a\xc3\xbc"}', b'{"id":"a\xc3\xbc","error":"The line has no text'),
        (b'{"id":8,"text":4}', b'{"id":8,"error":"text is 4'),
        (b'{"id":12,"text":"a","x":{"id":1}}', b'{"id":12,"error":"The line has the unknown field'),
        (b'{"id":3,"text":"oil","text":"sea"}', b'{"id":3,"error":"The line has the field'),
        (b'{"id":6,"text":"\xff"}', b'{"id":6,"error":"The line is not UTF-8'),
        (b'{"id":"\xff","text":"a"}', b'{"error":"The line is not UTF-8'),
        (b'{"id":3,"id":4,"text":"oil"}', b'{"error":"The line has the field'),
        (b'{"id":1.5}', b'{"error":"'),
        (b'[["id",5]]', b'{"error":"'),
        (b'{"id":5', b'{"error":"The line is no JSON'),
    ],
)
def test_the_id_is_in_whatever_error_its_line_has(client: TestClient, line: bytes, begins: bytes) -> None:
    found = client.post("/v1/classify", content=line + b"\n", headers=LINES).content
    assert found[: len(begins)] == begins


def test_a_stream_for_an_unknown_model_is_refused_before_it_begins(client: TestClient) -> None:
    found = client.post("/v1/classify?model=none", content=line("oil"), headers=LINES)
    assert (found.status_code, list(found.json())) == (404, ["error"])


def test_answers_come_before_the_body_ends() -> None:
    async def conversation() -> Any:
        one = Conversation(headers=LINES)
        task = asyncio.create_task(guard(one.scope, one.receive, one.send))
        one.say(line("oil"))
        while one.body.count(b"\n") < 1:
            await asyncio.sleep(0.001)
        assert not task.done()
        one.say(line("team")[:5])
        await asyncio.sleep(0.02)
        assert one.body.count(b"\n") == 1
        one.say(line("team")[5:], b"", end=True)
        await task
        return one

    guard = make_service()
    one = talk(guard, conversation)
    assert (one.status, one.ended, one.body.count(b"\n")) == (200, True, 2)


def test_a_client_that_does_not_read_is_read_from_no_longer() -> None:
    block = line("oil") * BLOCK

    async def conversation() -> Any:
        one = Conversation(headers=LINES)
        task = asyncio.create_task(guard(one.scope, one.receive, one.send))
        one.say(block)
        while one.body.count(b"\n") < BLOCK:
            await asyncio.sleep(0.001)
        one.writable.clear()
        one.say(*[block] * (2 * AHEAD))
        before = -1
        while before != one.taken:
            before = one.taken
            await asyncio.sleep(0.2)
        assert AHEAD <= one.taken <= AHEAD + 5
        one.writable.set()
        one.say(b"", end=True)
        await task
        return one

    guard = make_service()
    one = talk(guard, conversation)
    assert (one.ended, one.body.count(b"\n")) == (True, BLOCK * (1 + 2 * AHEAD))


def test_a_client_that_never_reads_is_cut_off() -> None:
    async def conversation() -> Any:
        one = Conversation(headers=LINES)
        one.say(line("oil"))
        one.writable.clear()
        await guard(one.scope, one.receive, one.send)
        return one

    guard = make_service(limits={"seconds": 0.2})
    one = talk(guard, conversation)
    assert not one.ended
    assert guard.in_flight == 0


def test_a_client_that_leaves_leaves_nothing_behind() -> None:
    async def conversation() -> Any:
        one = Conversation(headers=LINES)
        task = asyncio.create_task(guard(one.scope, one.receive, one.send))
        one.say(line("oil"))
        while not one.body:
            await asyncio.sleep(0.001)
        before = len(asyncio.all_tasks())
        one.leave()
        await task
        assert len(asyncio.all_tasks()) < before
        return one

    guard = make_service()
    one = talk(guard, conversation)
    assert (one.ended, guard.in_flight) == (False, 0)


def test_silence_ends_a_stream_with_a_line_that_says_so() -> None:
    async def conversation() -> Any:
        one = Conversation(headers=LINES)
        one.say(line("oil"))
        await guard(one.scope, one.receive, one.send)
        return one

    guard = make_service(limits={"seconds": 0.2})
    one = talk(guard, conversation)
    assert one.ended
    answer, last = one.body.splitlines()
    assert "label" in json.loads(answer)
    assert json.loads(last) == {"error": "No line arrived within 0.2 s. Send the remaining lines again."}


def test_a_stream_ends_when_the_service_stops() -> None:
    async def conversation() -> Any:
        one = Conversation(headers=LINES)
        task = asyncio.create_task(guard(one.scope, one.receive, one.send))
        one.say(line("oil") * 3)
        while one.body.count(b"\n") < 3:
            await asyncio.sleep(0.001)
        guard.stopping.set()
        await task
        return one

    guard = make_service()
    one = talk(guard, conversation)
    assert one.ended
    assert json.loads(one.body.splitlines()[-1])["error"].startswith("The service is stopping.")


@pytest.mark.parametrize("body", [b"", b"\n\n", b"  \n"])
def test_no_lines_have_no_answers(client: TestClient, body: bytes) -> None:
    found = client.post("/v1/classify", content=body, headers=LINES)
    assert (found.status_code, found.content) == (200, b"")
