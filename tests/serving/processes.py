"""``recurra serve`` as a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bundles import make_bundle

from recurra.bundle import write_bundle


def write_models(folder: Path) -> list[Path]:
    """Two small models."""
    write_bundle(make_bundle(), folder / "lstm.safetensors")
    write_bundle(make_bundle(cell="gru", seed=1), folder / "gru.safetensors")
    return [folder / "lstm.safetensors", folder / "gru.safetensors"]


class Service:
    """A running service, which is stopped in the end.

    Attributes:
        document: what it printed when it was ready.
        address: where it answers, without a slash at the end.
    """

    def __init__(self, *words: object, code: str = "") -> None:
        program = ["-c", f"{code}\nimport sys; from recurra.cli import main; sys.exit(main(sys.argv[1:]))"]
        command = [sys.executable, *program, "serve", *map(str, words), "--json", "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        lines = []
        while not lines or lines[-1] != "}\n":
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"it ended: {self.process.communicate(timeout=30)[1]}")
            lines.append(line)
        self.document: dict[str, Any] = json.loads("".join(lines))
        self.address = self.document["address"].rstrip("/")
        self.port = int(self.address.rpartition(":")[2])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=30)

    def connect(self) -> socket.socket:
        """A connection to it."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Asks it to stop."""
        os.kill(self.process.pid, number)

    def ended(self) -> tuple[int, str, str]:
        """Waits until it has ended: exit code, and what else it printed."""
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


def everything(connection: socket.socket) -> bytes:
    """All that comes until the connection is closed."""
    parts = []
    try:
        while part := connection.recv(1 << 16):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def answer_from(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one answer with a length."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(1 << 16)
        assert part, data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers["content-length"]):
        part = connection.recv(1 << 16)
        assert part, body
        body += part
    return int(status.split()[1]), headers, body
