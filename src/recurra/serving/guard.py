"""The outermost middleware: what is done for every request before and after it is answered."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recurra.errors import RecurraError
from recurra.serving.access import Access
from recurra.serving.compression import GzipSend, takes_gzip
from recurra.serving.file_views import VIEWS
from recurra.serving.headers import with_headers
from recurra.serving.held_bodies import HeldBodies
from recurra.serving.http_errors import INTERNAL_ERROR, RequestError, error_response
from recurra.serving.limits import Limits
from recurra.serving.metrics import Metrics
from recurra.serving.model_registry import ModelRegistry
from recurra.serving.query import check_query

__all__ = ["Guard"]

_log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]

READ_BY_PAGES = frozenset(f"/v1/{name}" for name in ("compare", "models", "read", "runs", "search-states", *VIEWS))
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Guard:
    """Checks access, counts requests, adds headers, and turns every failure into a one-line error.

    Args:
        app: the application that answers.
        direct: endpoints for POST requests by path that bypass ``app``, whose layers take longer than a small model.
        models: the models that answer, for the server, which replaces them.
        access: which requests are allowed.
        limits: how many requests are answered at the same time.
        metrics: counts the requests.
        stopping: set when new requests are to be rejected while the accepted ones are finished.
        background: whether a computation is running that no request waits for.

    Attributes:
        in_flight: number of accepted requests that are being answered.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        direct: Mapping[str, Endpoint],
        models: ModelRegistry,
        access: Access,
        limits: Limits,
        metrics: Metrics,
        stopping: asyncio.Event,
        background: Callable[[], bool],
    ) -> None:
        self._app, self._direct = app, direct
        self._access, self._limits, self._bodies = access, limits, HeldBodies(limits)
        self.models, self.metrics = models, metrics
        self.background = background
        self.stopping = stopping
        self.in_flight = 0
        metrics.watch_requests(lambda: self.in_flight)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, as an ASGI application."""
        if scope["type"] != "http":
            # Lifespan: the server that we start has no other kind.
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        # Programs that classify want the answer soon, and are near; readings and views are long and go to a page.
        if scope["path"] in READ_BY_PAGES and scope["method"] != "HEAD" and takes_gzip(scope["headers"]):
            send = GzipSend(send)
        answer = _Answer(send)
        refused = self._access.check(scope["path"], scope["headers"]) or self._busy(scope["path"])
        try:
            if refused is not None:
                answer.path = "refused"
                await error_response(refused.status, str(refused), headers=refused.headers)(scope, receive, answer.send)
            else:
                await self._answer(scope, receive, answer)
        finally:
            path = answer.path or getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self.metrics.answered(method, path, answer.status, time.perf_counter() - began)

    def _busy(self, path: str) -> RequestError | None:
        if path == "/healthz":
            return None
        if self.stopping.is_set():
            return RequestError(
                503, "The service is stopping", "Ask another one, or again when it is back.",
                headers={"Connection": "close", "Retry-After": "5"},
            )  # fmt: skip
        if self.in_flight >= self._limits.requests:
            return RequestError(
                503, f"{self.in_flight:,} requests are being answered", "Ask again in a second, or slower.",
                headers={"Retry-After": "1"},
            )  # fmt: skip
        return None

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        self.in_flight += 1
        held = self._bodies.open(scope)
        direct = self._direct.get(scope["path"]) if scope["method"] == "POST" else None
        try:
            check_query(scope["method"], scope["path"], scope["query_string"])
            if direct is None:
                await self._app(scope, receive, answer.send)
            else:
                answer.path = scope["path"]
                response = await direct(Request(scope, receive))
                await response(scope, receive, answer.send)
        except RequestError as error:
            await error_response(error.status, str(error), headers=error.headers)(scope, receive, answer.send)
        except RecurraError as error:
            # The request is valid and the model's answer is not: the message says what is wrong with the model.
            _log.error("%s %s failed: %s", scope["method"], scope["path"], error)
            if not answer.began:
                await error_response(500, str(error))(scope, receive, answer.send)
        except ClientDisconnect:
            # There is nobody to answer. The server closes the connection of an unfinished response.
            answer.status = 499
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"])
            if not answer.began:
                await error_response(500, INTERNAL_ERROR)(scope, receive, answer.send)
        finally:
            held.keep(0)
            self.in_flight -= 1


class _Answer:
    """A response as it is sent, with the headers that every response has.

    Attributes:
        began: whether the status has been sent.
        path: the path to count the request under, if it is not that of the route.
        status: the status that was sent; 499 if the client disconnected before.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.began = False
        self.path = ""
        self.status = 499

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.began = True
            self.status = message["status"]
            message = {**message, "headers": with_headers(list(message.get("headers", ())))}
        await self._send(message)
