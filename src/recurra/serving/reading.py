"""``POST /v1/read`` and ``POST /v1/compare``: a text read word by word by one or several models."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Coroutine, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from recurra.errors import RecurraError, SettingsError
from recurra.inspection.read import ReadingJson, readings
from recurra.serving.body import LINES, media_type, read_body, validate_json
from recurra.serving.classify import check_text
from recurra.serving.http_errors import JSON, RequestError, json_bytes
from recurra.serving.limits import Limits
from recurra.serving.model_registry import ModelRegistry
from recurra.serving.schema import CompareRequest, ReadRequest
from recurra.serving.served_model import DIGEST_HEADER, ServedModel
from recurra.serving.worker_queue import WorkerQueue

__all__ = ["ReadEndpoints"]

Value = TypeVar("Value")


# Least time between two lines of a reading whose attribution is being computed.
LINE_SECONDS = 1.0


class ReadEndpoints:
    """Answers requests to read a text.

    Args:
        registry: the models.
        queues: the worker queue of each model, by name, so that no model waits for another.
        limits: bounds of a request.
    """

    def __init__(self, registry: ModelRegistry, queues: Mapping[str, WorkerQueue], limits: Limits) -> None:
        self._registry, self._queues, self._limits = registry, queues, limits

    async def read(self, request: Request) -> Response:
        """A text as one model reads it; as a stream of lines, first a rough attribution and then better ones."""
        media_type(request, JSON)
        body = validate_json(ReadRequest, await read_body(request, self._limits))
        served = self._registry.find(body.model)
        check_text(body.text, "text", self._limits)
        work = partial(
            self._readings, served, body.text, gates=body.gates, compact=body.compact, attribution=body.attribution
        )
        queue = self._queues[served.name]
        if LINES in request.headers.get("accept", ""):
            lines = queue.results(lambda: _encoded(work(), every=LINE_SECONDS))
            # An error before the first line is sent as a status, not as a line.
            first = await _while_there(request, anext(lines))
            return StreamingResponse(_lines(first, lines), 200, served.headers, LINES)
        answer = await _while_there(request, queue.last(lambda: _encoded(work())))
        return Response(answer, 200, served.headers, JSON)

    async def compare(self, request: Request) -> Response:
        """A text as several models read it."""
        media_type(request, JSON)
        body = validate_json(CompareRequest, await read_body(request, self._limits))
        most = self._limits.compared_models
        wanted = list(self._registry.models)[:most] if body.models is None else body.models
        if not 1 <= len(wanted) <= most or len(set(wanted)) < len(wanted):
            raise RequestError(
                422, f"models has {len(wanted)} names, {len(set(wanted))} of them different",
                f"Name from 1 to {most} different models, or leave it out.",
            )  # fmt: skip
        chosen = [self._registry.find(name) for name in wanted]
        check_text(body.text, "text", self._limits)
        # Each begins in its queue's thread.
        works = [self._queues[one.name].last(partial(_encoded, self._readings(one, body.text))) for one in chosen]
        answers = await _while_there(request, _all(works))
        head = b'{"text":' + json_bytes(body.text) + b',"models":['
        headers = {DIGEST_HEADER: ", ".join(one.digest for one in chosen)}
        return Response(head + b",".join(answer or b"" for answer in answers) + b"]}", 200, headers, JSON)

    def _readings(self, served: ServedModel, text: str, **wanted: Any) -> Iterator[ReadingJson]:
        model = served.model
        tokens = len(model.bundle.pipeline.tokens(text))
        if tokens > self._limits.read_tokens:
            raise RequestError(
                422,
                f"The text has {tokens:,} tokens, and the limit of a reading is {self._limits.read_tokens:,}",
                "Cut it, or ask /v1/classify for the answer alone.",
            )
        try:
            yield from readings(model, text, name=served.name, **wanted)
        except SettingsError as error:
            # Some networks can be read, but not be differentiated.
            raise RequestError(422, error.received, error.hint) from error


async def _all(works: Sequence[Coroutine[Any, Any, Value]]) -> list[Value]:
    """Awaits all; if one fails the others are cancelled."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return [task.result() for task in tasks]


async def _while_there(request: Request, work: Awaitable[Value]) -> Value:
    """Awaits ``work``, and cancels it if the client disconnects.

    Raises:
        ClientDisconnect: the client has disconnected.
    """
    task, left = asyncio.ensure_future(work), asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({task, left}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        left.cancel()
        task.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _encoded(found: Iterator[ReadingJson], *, every: float = math.inf) -> Iterator[bytes | None]:
    """Encodes the last reading, and before it the first and then one every few seconds; ``None`` for skipped ones."""
    due = -math.inf if every < math.inf else math.inf
    latest: ReadingJson | None = None
    for latest in found:
        if time.monotonic() < due:
            yield None
            continue
        yield json_bytes(latest)
        due, latest = time.monotonic() + every, None
    if latest is not None:
        yield json_bytes(latest)


async def _lines(first: bytes | None, more: AsyncGenerator[bytes | None]) -> AsyncIterator[bytes]:
    try:
        yield (first or b"") + b"\n"
        async for line in more:
            if line is not None:
                yield line + b"\n"
    except RecurraError as error:
        yield json_bytes({"error": str(error)}) + b"\n"
    finally:
        await more.aclose()
