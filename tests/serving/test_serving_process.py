"""The service as a process: connections, bounds of HTTP itself, and a stop that loses nothing."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from processes import Service, answer_from, everything, write_models

import recurra
from recurra.serving.headers import HEADERS

HOST = b"Host: localhost\r\n"
# Limits and models of a service under test, set before it starts.
SHORT = "import recurra.serving as s; from functools import partial; s.Limits = partial(s.Limits, {})"
SLOW = (
    "import time; from recurra.runtime import Model; usual = Model.predict_proba\n"
    "def predict_proba(self, documents):\n"
    "    if 'slow' in documents: time.sleep(1.5)\n"
    "    return usual(self, documents)\n"
    "Model.predict_proba = predict_proba"
)


def request(text: str, *, more: bytes = b"") -> bytes:
    body = json.dumps({"texts": [text]}).encode()
    head = b"POST /v1/classify HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n" + more
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def check(status: int, wanted: int, headers: dict[str, str], body: bytes) -> None:
    """An error in one line, with the headers of every answer."""
    assert status == wanted, body
    assert list(json.loads(body)) == ["error"]
    for name, value in HEADERS.items():
        assert headers[name] == value


def test_it_says_where_it_answers(service: Service) -> None:
    assert service.document == {
        "address": f"http://127.0.0.1:{service.port}/",
        "models": ["lstm", "gru"],
        "data": None,
        "token": False,
        "workers": 1,
    }
    with urllib.request.urlopen(f"{service.address}/healthz", timeout=10) as found:  # noqa: S310
        assert json.load(found) == {"state": "alive"}


def test_many_clients_at_once_get_what_python_gives(service: Service, tmp_path: Path) -> None:
    write_models(tmp_path)
    model = recurra.load(tmp_path / "lstm.safetensors")
    texts = [f"oil prices {'rise ' * (n % 9)}{'team ' * (n % 4)}" for n in range(400)]

    def ask(some: list[str]) -> list[dict[str, Any]]:
        with service.connect() as connection:
            found = []
            for text in some:
                connection.sendall(request(text))
                status, _, body = answer_from(connection)
                assert status == 200
                found += json.loads(body)["results"]
            return found

    with ThreadPoolExecutor(16) as pool:
        parts = list(pool.map(ask, [texts[first::16] for first in range(16)]))
    for first, part in enumerate(parts):
        rows = [[answer["probabilities"][label] for label in model.classes_] for answer in part]
        np.testing.assert_allclose(rows, model.predict_proba(texts[first::16]), atol=1e-6)


def test_requests_one_after_another_without_waiting(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(request("oil") + request("team wins") + request("oil"))
        first, _, third = read_answers(connection, 3)
    assert first == third


def read_answers(connection: socket.socket, count: int) -> list[bytes]:
    """Bodies of answers that follow each other."""
    data, found = b"", []
    while len(found) < count:
        head, end, rest = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length")), 0
        )
        if end and len(rest) >= length:
            assert head.startswith(b"HTTP/1.1 200 ")
            found.append(rest[:length])
            data = rest[length:]
            continue
        part = connection.recv(1 << 16)
        assert part, data
        data += part
    return found


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"oil prices\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 421),
        (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400),
        (b"GET /v1/models HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 40_000 + b"\r\n\r\n", 431),
        (b"GET /v1/models HTTP/1.1\r\n" + HOST + b"X-Y: z\r\n" * 8000, 431),
        (b"GET /v1/models HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 400_000, 431),
        (b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431),
        (
            b"POST /v1/classify HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: x\r\n\r\n",
            400,
        ),
        (
            b"POST /v1/classify HTTP/1.1\r\n"
            + HOST
            + b"Content-Type: application/json\r\nContent-Length: 999999999\r\n\r\n",
            413,
        ),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_request_that_can_be_answered(service: Service, data: bytes, status: int) -> None:
    with service.connect() as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        found, headers, body = answer_from(connection)
    check(found, status, headers, body)


def test_a_websocket_is_not_there(service: Service) -> None:
    with service.connect() as connection:
        upgrade = (
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n"
        )
        connection.sendall(b"GET /v1/models HTTP/1.1\r\n" + HOST + upgrade + b"\r\n")
        assert answer_from(connection)[0] == 200


def test_a_large_body_is_refused_and_the_connection_goes_on(service: Service) -> None:
    with service.connect() as connection:
        body = b"x" * (9 << 20)
        head = b"POST /v1/classify HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
        thread = threading.Thread(
            target=connection.sendall, args=(head + b"Content-Length: %d\r\n\r\n" % len(body) + body,)
        )
        thread.start()
        status, headers, answer = answer_from(connection)
        thread.join(30)
        check(status, 413, headers, answer)
        connection.sendall(request("oil"))
        assert answer_from(connection)[0] == 200


def test_curl_and_a_stream_of_many_lines(service: Service, tmp_path: Path) -> None:
    lines = 60_000
    (tmp_path / "lines").write_bytes(b'{"text": "oil prices rise again"}\n' * lines)
    stream = ["-H", "Content-Type: application/x-ndjson", "--data-binary", f"@{tmp_path / 'lines'}"]
    command = ["curl", "-sS", "-N", "-m", "60", *stream, f"{service.address}/v1/classify"]
    try:
        ran = subprocess.run(command, capture_output=True, check=True, timeout=90)
    except FileNotFoundError:
        pytest.skip("there is no curl here")
    answers = ran.stdout.splitlines()
    assert len(answers) == lines
    assert len(set(answers)) == 1


def test_clients_that_leave_in_the_middle_harm_nobody(service: Service) -> None:
    head = b"POST /v1/classify HTTP/1.1\r\n" + HOST
    for _ in range(20):
        with service.connect() as connection:
            connection.sendall(request("oil " * 500)[: 40 + 17 * _])
        with service.connect() as connection:
            connection.sendall(request("oil " * 500))
        with service.connect() as connection:
            connection.sendall(head + b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.sendall(b"10\r\n" + b'{"text": "oil"}\n' + b"\r\n")
    with service.connect() as connection:
        connection.sendall(request("oil"))
        assert answer_from(connection)[0] == 200
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{service.address}/metrics", timeout=10) as found:  # noqa: S310
            counters = found.read().decode()
        if "recurra_requests_in_flight 1.0" in counters:
            break
    assert "recurra_requests_in_flight 1.0" in counters


def test_slow_and_too_many_connections(tmp_path: Path) -> None:
    with Service(*write_models(tmp_path), code=SHORT.format("seconds=0.5, connections=5")) as service:
        with service.connect() as silent, service.connect() as slow, service.connect() as body:
            slow.sendall(b"GET /v1/models HTTP/1.1\r\n" + HOST)
            body.sendall(request("oil")[:-3])
            check(*reordered(answer_from(silent), 408))
            check(*reordered(answer_from(slow), 408))
            check(*reordered(answer_from(body), 408))
            assert everything(silent) == everything(slow) == everything(body) == b""
        kept = [service.connect() for _ in range(5)]
        for connection in kept:
            connection.sendall(request("oil"))
            assert answer_from(connection)[0] == 200
        with service.connect() as one_more:
            check(*reordered(answer_from(one_more), 503))
        for connection in kept:
            connection.close()


def reordered(answer: tuple[int, dict[str, str], bytes], status: int) -> tuple[int, int, dict[str, str], bytes]:
    return answer[0], status, answer[1], answer[2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_what_was_taken_and_refuses_the_rest(tmp_path: Path, number: int) -> None:
    with Service(*write_models(tmp_path), code=SLOW) as service:
        with service.connect() as taken, service.connect() as later, service.connect() as idle:
            idle.sendall(request("oil"))
            assert answer_from(idle)[0] == 200
            taken.sendall(request("slow"))
            time.sleep(0.3)
            service.signal(number)
            time.sleep(0.3)
            later.sendall(request("oil"))
            status, headers, body = answer_from(later)
            check(status, 503, headers, body)
            assert (headers["retry-after"], headers["connection"]) == ("5", "close")
            with service.connect() as new:
                new.sendall(b"GET /readyz HTTP/1.1\r\n" + HOST + b"\r\n")
                assert answer_from(new)[0] == 503
            with service.connect() as new:
                new.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
                assert answer_from(new)[0] == 200
            status, _, body = answer_from(taken)
            assert (status, len(json.loads(body)["results"])) == (200, 1)
        assert service.ended() == (0, "", "")
        with pytest.raises(ConnectionRefusedError):
            service.connect()


def test_a_stop_while_nothing_is_asked_is_at_once(tmp_path: Path) -> None:
    with Service(*write_models(tmp_path)) as service:
        began = time.monotonic()
        service.signal()
        assert service.ended() == (0, "", "")
        assert time.monotonic() - began < 5


def test_a_stop_does_not_wait_for_ever(tmp_path: Path) -> None:
    code = f"{SHORT.format('stop_seconds=0.5')}\n{SLOW.replace('1.5', '20')}"
    with Service(*write_models(tmp_path), code=code) as service, service.connect() as taken:
        taken.sendall(request("slow"))
        time.sleep(0.3)
        began = time.monotonic()
        service.signal()
        exit_code, out, err = service.ended()
        assert time.monotonic() - began < 10
    assert (exit_code, out) == (1, "")
    assert err.splitlines() == [
        "recurra: error: The service stopped before all that it had taken was answered (it waits 0.5 s). "
        "Ask again what was not answered."
    ]


def test_classifying_and_reading_import_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from starlette.testclient import TestClient\n"
        "from recurra.serving import Access, create_app; import recurra\n"
        "app = create_app({'m': recurra.load(sys.argv[1])}, access=Access(token=None, hosts=['127.0.0.1']))\n"
        "with TestClient(app, base_url='http://127.0.0.1') as client:\n"
        "    for path, body in (('classify', {'texts': ['oil']}), ('read', {'text': 'oil'})):\n"
        "        assert client.post(f'/v1/{path}', json=body).status_code == 200\n"
        "heavy = {'torch', 'sklearn', 'pyarrow', 'matplotlib', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    model, _ = write_models(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", code, str(model)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ran.returncode, ran.stderr) == (0, "")
