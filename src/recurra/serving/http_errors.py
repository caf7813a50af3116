"""Errors as HTTP responses: a status, and one line that says what was received and what to do."""

from __future__ import annotations

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from recurra.errors import RecurraError

__all__ = [
    "INTERNAL_ERROR",
    "JSON",
    "RequestError",
    "error_response",
    "json_bytes",
    "json_response",
    "on_exception",
    "on_http_exception",
    "on_request_error",
]

JSON = "application/json"
INTERNAL_ERROR = "The service failed on this request. The log of recurra serve says where; report it as a bug."


class RequestError(RecurraError):
    """A request that cannot be answered.

    Args:
        status: HTTP status.
        received: what was found.
        hint: what to try.
        headers: headers of the response, such as Retry-After.
    """

    def __init__(self, status: int, received: str, hint: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(received, hint)
        self.status, self.headers = status, headers or {}

    def __reduce__(self) -> Any:
        return _again, (self.status, self.received, self.hint, self.headers)


def _again(status: int, received: str, hint: str, headers: dict[str, str]) -> RequestError:
    return RequestError(status, received, hint, headers=headers)


def error_response(status: int, line: str, *, headers: dict[str, str] | None = None) -> Response:
    """The response ``{"error": line}``."""
    return json_response({"error": line}, status=status, headers=headers)


def json_response(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(json_bytes(value), status, headers, JSON)


def json_bytes(value: Any) -> bytes:
    """A value as JSON in UTF-8. Infinite numbers and NaN are a bug and raise ValueError."""
    body = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Lone surrogates, which a text of a table may hold, cannot be encoded in UTF-8.
    return body.encode("utf-8", "replace")


async def on_request_error(request: Request, error: Exception) -> Response:
    """Starlette's exception handler for :class:`RequestError`."""
    if not isinstance(error, RequestError):
        raise error
    return error_response(error.status, str(error), headers=error.headers)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's exception handler for an unknown path (404) or method (405)."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if error.status_code == 405:
        line = f"{request.method:.20} is not possible here. Use {headers.get('Allow', 'another method')}."
    else:
        line = "There is nothing at this address. See /openapi.json."
    return error_response(error.status_code, line, headers=headers)


async def on_exception(request: Request, error: Exception) -> Response:
    """Starlette's exception handler for bugs; Starlette raises the error again, for the log."""
    return error_response(500, INTERNAL_ERROR)
