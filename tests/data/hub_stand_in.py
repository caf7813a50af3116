"""A stand-in for the Hugging Face Hub on this machine: it speaks what huggingface_hub asks of a data set's files."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from recurra.data import hub_dataset


class HubStandIn(ThreadingHTTPServer):
    """Serves ``files`` at the pinned revision; ``hang`` names the methods that are never answered."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes], hang: tuple[str, ...] = ()) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.hang = hang
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.released = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: HubStandIn

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        name = self.path.rsplit("/", 1)[1]
        self.server.asked.append((self.command, self.path))
        self.server.headers.append({key.lower(): value for key, value in self.headers.items()})
        if self.command in self.server.hang:
            self.server.released.wait(60)
            self.close_connection = True
            return
        content = self.server.files.get(name)
        if content is None or self.path != f"/datasets/{hub_dataset.REPOSITORY}/resolve/{hub_dataset.REVISION}/{name}":
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", hub_dataset.REVISION)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_body:
            self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@contextmanager
def serving(files: dict[str, bytes], hang: tuple[str, ...] = ()) -> Iterator[HubStandIn]:
    """Runs the stand-in while the block runs."""
    server = HubStandIn(files, hang)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def jsonl(rows: int, first: str = "Title") -> bytes:
    """So many rows of AG News' form, the classes 1 to 4 in turn."""
    lines = [
        json.dumps({"title": f"{first} {row}", "description": f"Text — {row}", "label": row % 4 + 1})
        for row in range(rows)
    ]
    return ("\n".join(lines) + "\n").encode()
