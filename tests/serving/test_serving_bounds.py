"""What a client may send beside the body that is wanted, and how long an answer waits for it."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from processes import Service, answer_from, everything, write_models
from test_serving_process import HOST, SHORT, SLOW, check

KIND = b"Content-Type: application/json\r\n"
CHUNKED = b"POST /v1/classify HTTP/1.1\r\n%b" + KIND + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = b'{"texts": ["oil"]}'
WHOLE_CHUNK = b"%x\r\n%b\r\n" % (len(BODY), BODY)


def megabytes(service: Service) -> float:
    return float(psutil.Process(service.process.pid).memory_info().rss / 1e6)


def send_for_ever(connection: socket.socket, part: bytes, *, at_most: int) -> int:
    """Sends until the service closes the connection, or so many bytes; gives how many were taken."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < at_most:
            connection.sendall(part)
            sent += len(part)
    return sent


@pytest.mark.parametrize("host", [HOST, b"Host: elsewhere.example\r\n"], ids=["taken", "refused"])
@pytest.mark.parametrize("name", [b"X: ", b""], ids=["one field", "many fields"])
def test_trailers_are_bounded(service: Service, host: bytes, name: bytes) -> None:
    before = megabytes(service)
    with service.connect() as connection:
        connection.sendall(CHUNKED % host + WHOLE_CHUNK + b"0\r\n" + name)
        part = b"y" * 65_536 if name else b"X: y\r\n" * 10_000
        sent = send_for_ever(connection, part, at_most=64 << 20)
    assert sent < 16 << 20
    assert megabytes(service) < before + 32


def test_trailers_within_the_bound_are_no_mistake(service: Service) -> None:
    with service.connect() as connection:
        for _ in range(2):
            connection.sendall(CHUNKED % HOST + WHOLE_CHUNK + b"0\r\nX: " + b"y" * 20_000 + b"\r\n\r\n")
            assert answer_from(connection)[0] == 200


def test_extensions_of_a_chunk_are_bounded(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(CHUNKED % HOST + b"5;x=")
        assert send_for_ever(connection, b"y" * 65_536, at_most=64 << 20) < 16 << 20


@pytest.mark.parametrize("size", [33_000, 50_000])
def test_headers_in_one_read_are_bounded_as_documented(service: Service, size: int) -> None:
    for filler in (b"X: " + b" " * size + b"y\r\n", b"a:\r\n" * (size // 4), b"X: " + b"y" * size + b"\r\n"):
        with service.connect() as connection:
            connection.sendall(b"GET /v1/models HTTP/1.1\r\n" + HOST + filler + b"\r\n")
            status, headers, body = answer_from(connection)
        check(status, 431, headers, body)


def test_headers_up_to_the_bound_are_taken(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(b"GET /v1/models HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 32_000 + b"\r\n\r\n")
        assert answer_from(connection)[0] == 200


@pytest.mark.parametrize("length", [b"Content-Length: 99999999999\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_the_body_of_a_refused_request_is_bounded(service: Service, length: bytes) -> None:
    before = megabytes(service)
    with service.connect() as connection:
        connection.sendall(b"POST /v1/classify HTTP/1.1\r\nHost: elsewhere.example\r\n" + KIND + length + b"\r\n")
        assert answer_from(connection)[0] == 421
        part = b"10000\r\n" + b"x" * 65_536 + b"\r\n" if length.startswith(b"T") else b"x" * 65_536
        assert send_for_ever(connection, part, at_most=128 << 20) < 64 << 20
    assert megabytes(service) < before + 32


def test_two_host_headers_are_refused(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"Host: elsewhere.example\r\n\r\n")
        status, headers, body = answer_from(connection)
    check(status, 400, headers, body)
    assert b"Host" in body


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Service]:
    """A service that waits for half a second, and takes four requests at once."""
    with Service(*write_models(tmp_path), code=SHORT.format("seconds=0.5, requests=4")) as service:
        yield service


def in_flight(service: Service) -> float:
    """As the metrics say, the request that asks for them left out."""
    with service.connect() as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\n" + HOST + b"\r\n")
        status, _, body = answer_from(connection)
        assert status == 200, body
    line = next(line for line in body.decode().splitlines() if line.startswith("recurra_requests_in_flight "))
    return float(line.split()[1]) - 1


def test_the_rest_of_a_refused_body_is_not_waited_for(hasty: Service) -> None:
    with hasty.connect() as connection:
        connection.sendall(
            b"POST /v1/classify HTTP/1.1\r\nHost: elsewhere.example\r\n" + KIND + b"Content-Length: 99\r\n\r\n"
        )
        assert answer_from(connection)[0] == 421
        began = time.monotonic()
        assert everything(connection) == b""
        assert time.monotonic() - began < 5


def test_a_reader_that_leaves_is_forgotten(hasty: Service) -> None:
    """More of them than requests are answered at once: none may keep its place."""
    line = b'{"text": "oil prices rise again"}\n'
    stream = b"POST /v1/classify HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-ndjson\r\n"
    stream += b"Transfer-Encoding: chunked\r\n\r\n"
    part = line * 2000
    part = b"%x\r\n%b\r\n" % (len(part), part)

    def send_and_never_read() -> None:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", hasty.port))
            connection.settimeout(5)
            with contextlib.suppress(OSError):
                connection.sendall(stream)
                for _ in range(60):
                    connection.sendall(part)
            # Longer than the service waits for somebody who does not read.
            time.sleep(3)

    threads = [threading.Thread(target=send_and_never_read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    deadline = time.monotonic() + 5
    while in_flight(hasty) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert in_flight(hasty) == 0
    began = time.monotonic()
    hasty.signal()
    assert hasty.ended()[0] == 0
    assert time.monotonic() - began < 5


def test_a_reader_that_takes_nothing_is_left(hasty: Service) -> None:
    """The connection is given up, though it has answers that nobody took."""
    body = json.dumps({"texts": ["oil"] * 1000}).encode()
    many = b"POST /v1/classify HTTP/1.1\r\n" + HOST + KIND + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", hasty.port))
        connection.settimeout(3)
        with contextlib.suppress(OSError):
            for _ in range(1000):
                connection.sendall(many)
        deadline = time.monotonic() + 10
        while established(hasty) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not established(hasty)


def established(service: Service) -> int:
    connections = psutil.Process(service.process.pid).net_connections()
    return sum(one.status == "ESTABLISHED" for one in connections)


def test_what_was_answered_whole_hears_nothing_of_a_stop(tmp_path: Path) -> None:
    """The stop comes while the last lines are computed."""
    with Service(*write_models(tmp_path), code=SLOW) as service, service.connect() as connection:
        body = b'{"text": "slow"}\n'
        head = b"POST /v1/classify HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-ndjson\r\n"
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        time.sleep(0.4)
        service.signal()
        answer = everything(connection)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"probabilities"' in answer
    assert b"stopping" not in answer


@pytest.mark.parametrize(
    ("path", "size", "status"), [("/v1/classify", 9_000_000, 413), ("/v1/none", 7_000_000, 404), ("/v1/none", 10, 404)]
)
def test_who_closes_after_its_request_gets_its_answer(service: Service, path: str, size: int, status: int) -> None:
    """urllib asks to close, sends all of its body, and only then reads."""
    headers = {"Content-Type": "application/json"}
    for _ in range(3):
        asked = urllib.request.Request(f"{service.address}{path}", data=b"x" * size, headers=headers)  # noqa: S310
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=30)  # noqa: S310
        with refused.value:
            assert refused.value.code == status
            assert json.load(refused.value)["error"]


def test_a_connection_that_asks_to_close_is_closed(service: Service) -> None:
    body = b'{"texts": ["oil"]}'
    head = b"POST /v1/classify HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as client:
        client.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        found = b""
        while part := client.recv(1 << 16):
            found += part
    assert found.startswith(b"HTTP/1.1 200 ")
    assert b'"label"' in found
