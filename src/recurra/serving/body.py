"""Request bodies: bounded in size and time, and validated."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Collection
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect, Request

from recurra.serving.held_bodies import HeldBody
from recurra.serving.http_errors import RequestError
from recurra.serving.limits import Limits

__all__ = ["LINES", "media_type", "read_body", "validate_json"]

LINES = "application/x-ndjson"
Body = TypeVar("Body", bound=BaseModel)

_adapters: dict[type[BaseModel], TypeAdapter[Any]] = {}


def media_type(request: Request, *allowed: str) -> str:
    """The media type of the body.

    A page of another site can send a cross-origin body without a preflight request, but not with these types.

    Raises:
        RequestError: 415, the type is none of ``allowed``, or the body is compressed.
    """
    given = request.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if kind not in allowed:
        raise RequestError(
            415,
            f"The body's Content-Type is {given[:80]!r}" if given else "The body has no Content-Type",
            f"Send Content-Type: {' or '.join(allowed)}.",
        )
    coding = request.headers.get("content-encoding", "identity")
    if coding.strip().lower() != "identity":
        raise RequestError(415, f"The body's Content-Encoding is {coding[:80]!r}", "Send it as it is.")
    return kind


async def read_body(request: Request, limits: Limits) -> bytes:
    """Reads the whole body.

    Raises:
        RequestError: 413, it is too large; 408, it does not arrive in time; 503, others hold too much.
        ClientDisconnect: the client has disconnected.
    """
    # uvicorn rejects a Content-Length that is no number or smaller than the body.
    declared = request.headers.get("content-length")
    if declared is not None and declared.isdecimal() and int(declared) > limits.body_bytes:
        raise _too_large(f"{int(declared):,} bytes", limits)
    held = HeldBody.of(request.scope)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.seconds):
            while True:
                message = await request.receive()
                if message["type"] != "http.request":
                    raise ClientDisconnect
                part = message.get("body", b"")
                size += len(part)
                if size > limits.body_bytes:
                    raise _too_large(f"more than {limits.body_bytes:,} bytes", limits)
                held.keep(size)
                parts.append(part)
                if not message.get("more_body", False):
                    return parts[0] if len(parts) == 1 else b"".join(parts)
    except TimeoutError:
        raise RequestError(
            408,
            f"The body did not arrive completely within {limits.seconds:g} s",
            "Send it faster, or in smaller requests.",
            headers={"Connection": "close"},
        ) from None


def _too_large(size: str, limits: Limits) -> RequestError:
    return RequestError(
        413,
        f"The body has {size}, and the limit is {limits.body_bytes:,} bytes",
        f"Send fewer texts at a time, or stream them as {LINES}.",
    )


def validate_json(kind: type[Body], data: bytes, *, what: str = "The body", in_query: Collection[str] = ()) -> Body:
    """Parses and validates JSON.

    Args:
        kind: the expected model.
        data: the JSON in UTF-8.
        what: what to call the data in errors.
        in_query: names that are no fields but parameters of the query, for a hint.

    Raises:
        RequestError: 422, the data is no JSON, does not fit the model, or has a field twice.
    """
    adapter = _adapters.get(kind)
    if adapter is None:
        adapter = _adapters[kind] = TypeAdapter(kind)
    try:
        body: Body = adapter.validate_json(data)
    except ValidationError as error:
        raise _unexpected(error, kind, data, what, in_query) from None
    _check_once(kind, data, what)
    return body


def _check_once(kind: type[BaseModel], data: bytes, what: str) -> None:
    """Raises a :class:`RequestError` for a field that an object has twice, of which the last would count."""
    # Parsing once more is left out where no name is there twice, which is hardly ever so.
    if all(data.count(b'"%b"' % name.encode()) < 2 for name in kind.model_fields):
        return
    names = Counter(name for name, _ in json.loads(data, object_pairs_hook=list))
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise RequestError(422, f"{what} has the field {twice!r} twice", "Give each field once.")


def _unexpected(
    error: ValidationError, kind: type[BaseModel], data: bytes, what: str, in_query: Collection[str]
) -> RequestError:
    """The first validation error, in one line."""
    found = error.errors(include_url=False, include_context=False)[0]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in found["loc"])[1:81]
    names = ", ".join(kind.model_fields)
    given = _as_json(found["input"])
    match found["type"]:
        case "json_invalid":
            received, hint = f"{what} is no JSON: {found['msg'].removeprefix('Invalid JSON: ')[:120]}", "Send JSON."
            if not _is_utf8(data):
                received, hint = f"{what} is not UTF-8", "Encode it in UTF-8."
        case _ if found["loc"][:1] == ("id",):
            # Of its two kinds each has an error of its own.
            received, hint = f"id is {given}", "Give a text of up to 128 characters, or an integer of 64 bits."
        case "missing":
            received, hint = f"{what} has no {where}", f"Its fields are {names}."
        case "extra_forbidden":
            received, hint = f"{what} has the unknown field {where!r}", f"Its fields are {names}."
            if where in in_query:
                hint = f"Give it in the query of the request, ?{where}=…, for all lines. {hint}"
        case "string_type":
            received, hint = f"{where} is {given}", "Give a text."
        case "string_unicode":
            received, hint = f"{where} is no Unicode text", "Leave out halves of surrogate pairs."
        case "list_type":
            received, hint = f"{where} is {given}", "Give a list of texts."
        case "greater_than" | "less_than_equal" | "float_type" | "finite_number":
            received, hint = f"{where} is {given}", "Give a probability above 0, up to 1."
        case "int_type" | "greater_than_equal" | "less_than" | "too_short" | "too_long" | "literal_error":
            received, hint = f"{where} is {given}", f"{found['msg']}."
        case "bool_type":
            received, hint = f"{where} is {given}", "Give true or false."
        case _:
            received, hint = f"{where or what} is {given}", f"Give an object with the fields {names}."
    return RequestError(422, received, hint)


def _as_json(value: object) -> str:
    """A value as the client wrote it, cut, and what JSON calls it."""
    kinds = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    kind = kinds.get(type(value))
    return f"{json.dumps(value, ensure_ascii=False, default=repr):.80}" + (f" ({kind})" if kind else "")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
