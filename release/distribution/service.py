"""Whether a started service answers, is healthy, and ends when it is told to."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from distribution.environments import CheckError, Environment, wait_until

__all__ = ["ask", "check_service", "free_port", "stopped_after"]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def check_service(environment: Environment, command: Sequence[str | Path], model: Path, *, page: str = "/") -> None:
    """Starts ``command model --port …``, asks for a label, metrics and a page, and stops it.

    Raises:
        CheckError: it gives no answer, or does not end with 0.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with stopped_after(environment.start([*command, model, "--port", str(port)])) as process:
        wait_until(lambda: urlopen(f"{address}/readyz", timeout=3).close(), process, environment.log)  # noqa: S310
        label = ask(address)
        if label != "money":
            raise CheckError(f"the service answers {label!r}")
        for path in ("/metrics", "/openapi.json", page):
            with urlopen(f"{address}{path}", timeout=10) as answer:  # noqa: S310
                if len(answer.read()) < 1000:
                    raise CheckError(f"{path} is empty")
    if process.returncode:
        raise CheckError(f"the service ends with {process.returncode} on SIGTERM")


def ask(address: str, token: str | None = None) -> str:
    """The label of a text about money."""
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    body = json.dumps({"texts": ["oil price"]}).encode()
    with urlopen(Request(f"{address}/v1/classify", body, headers), timeout=60) as answer:  # noqa: S310
        return str(json.load(answer)["results"][0]["label"])


@contextmanager
def stopped_after(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Sends SIGTERM at the end of a block, and waits."""
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
