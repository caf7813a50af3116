"""Endpoints of the page's files, from a fixed map: the path of a request never becomes a path of a file."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from recurra.serving.compression import compressed, takes_gzip

__all__ = ["PageFile", "page_files"]


class PageFile(Protocol):
    """A file of the page: its path and its Content-Type."""

    @property
    def path(self) -> Path: ...  # noqa: D102

    @property
    def media_type(self) -> str: ...  # noqa: D102


Endpoint = Callable[[Request], Awaitable[Response]]


def page_files(files: Mapping[str, PageFile]) -> dict[str, Endpoint]:
    """The endpoint of each file.

    Args:
        files: files by the path of the request, such as ``/`` or ``/static/page.css``.
    """
    return {address: _endpoint(file) for address, file in files.items()}


def _endpoint(file: PageFile) -> Endpoint:
    @cache
    def content(gzip: bool) -> tuple[bytes, str]:
        data = file.path.read_bytes()
        tag = hashlib.sha256(data).hexdigest()[:32]
        # Each form of a file has a tag of its own.
        return (compressed(data), f'"{tag}-gzip"') if gzip else (data, f'"{tag}"')

    async def answer(request: Request) -> Response:
        gzip = takes_gzip(request.headers.raw)
        data, tag = content(gzip)
        # Cached by the browser and revalidated each time: an updated service has an updated page.
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        given = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
        if tag in given:
            return Response(status_code=304, headers=headers)
        if gzip:
            headers["Content-Encoding"] = "gzip"
        return Response(data, headers=headers, media_type=file.media_type)

    return answer
