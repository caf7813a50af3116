"""Services with small models, asked without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bundles import make_bundle
from starlette.testclient import TestClient

from recurra.runtime import Model
from recurra.serving import Access, Limits, create_app
from recurra.serving.access import LOCAL_NAMES
from recurra.serving.guard import Guard

JSON = {"content-type": "application/json"}
LINES = {"content-type": "application/x-ndjson"}
LOCAL = Access(token=None, hosts=LOCAL_NAMES)

MODELS = {
    "lstm": Model(make_bundle()),
    "gru": Model(make_bundle(cell="gru", bidirectional=True, labels=(1, 2, 3, 4), seed=1)),
}


def make_service(*, models: dict[str, Model] | None = None, limits: dict[str, Any] | None = None, **more: Any) -> Guard:
    """The application, with a limit or two changed."""
    more.setdefault("access", LOCAL)
    return create_app(models or MODELS, limits=Limits(**(limits or {})), **more)


@contextmanager
def asking(guard: Guard) -> Iterator[TestClient]:
    """A client of a running service."""
    with TestClient(guard, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client


class Conversation:
    """A request over ASGI whose parts come when the test says so.

    Attributes:
        sent: messages of the service so far.
    """

    def __init__(self, *, headers: dict[str, str], path: str = "/v1/classify", query: str = "") -> None:
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"127.0.0.1"), *((k.encode(), v.encode()) for k, v in headers.items())],
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50_000),
            "state": {},
        }
        self.sent: list[Any] = []
        self.writable = asyncio.Event()
        self.writable.set()
        self._parts: asyncio.Queue[Any] = asyncio.Queue()
        self.taken = 0

    def say(self, *parts: bytes, end: bool = False) -> None:
        """Sends parts of the body."""
        for place, part in enumerate(parts):
            more = not (end and place == len(parts) - 1)
            self._parts.put_nowait({"type": "http.request", "body": part, "more_body": more})

    def leave(self) -> None:
        """Closes the connection."""
        self._parts.put_nowait({"type": "http.disconnect"})

    async def receive(self) -> Any:
        message = await self._parts.get()
        self.taken += 1
        return message

    async def send(self, message: Any) -> None:
        await self.writable.wait()
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])

    @property
    def ended(self) -> bool:
        """Whether the answer came to its end, and was not cut."""
        return bool(self.sent) and self.sent[-1]["type"] == "http.response.body" and not self.sent[-1].get("more_body")


def talk(guard: Guard, conversation: Callable[[], Any]) -> Any:
    """Runs a coroutine function while the service runs."""

    async def run() -> Any:
        parts: asyncio.Queue[Any] = asyncio.Queue()
        told: asyncio.Queue[Any] = asyncio.Queue()
        life = asyncio.create_task(guard({"type": "lifespan", "state": {}}, parts.get, told.put))
        parts.put_nowait({"type": "lifespan.startup"})
        assert (await told.get())["type"] == "lifespan.startup.complete"
        try:
            return await asyncio.wait_for(conversation(), 60)
        finally:
            parts.put_nowait({"type": "lifespan.shutdown"})
            await life

    return asyncio.run(run())


def probabilities(answer: dict[str, Any], model: Model) -> list[float]:
    """An answer's numbers in the order of the model's classes."""
    return [answer["probabilities"][str(label)] for label in model.classes_]


def rows_of(results: Sequence[dict[str, Any]], model: Model) -> list[list[float]]:
    """The numbers of all answers."""
    return [probabilities(answer, model) for answer in results]
