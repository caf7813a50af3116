"""Several processes that answer at one address: replaced models, ended workers, and what they count together."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from bundles import make_bundle
from processes import Service, answer_from
from services import rows_of
from test_serving_process import request

import recurra
from recurra.bundle import digest_of, write_bundle

TEXT = "the team wins a late match"
TOKEN = "correct-horse-battery"  # noqa: S105


def write_two(folder: Path) -> tuple[list[bytes], Path]:
    """Two files of models with different labels, and the served one, which has the first."""
    files = []
    for place, bundle in enumerate((make_bundle(), make_bundle(seed=3, cell="gru", labels=("x", "y")))):
        write_bundle(bundle, folder / f"{place}.safetensors")
        files.append((folder / f"{place}.safetensors").read_bytes())
    (folder / "m.safetensors").write_bytes(files[0])
    return files, folder / "m.safetensors"


def put(data: bytes, path: Path) -> None:
    (path.parent / "coming").write_bytes(data)
    os.replace(path.parent / "coming", path)  # noqa: PTH105


def until(condition: Callable[[], Any]) -> Any:
    for _ in range(600):
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def workers_of(service: Service) -> list[psutil.Process]:
    found = psutil.Process(service.process.pid).children()
    alive = [one for one in found if one.status() != psutil.STATUS_ZOMBIE]
    return [one for one in alive if "spawn_main" in " ".join(one.cmdline())]


def get(service: Service, path: str, *, token: str = "") -> tuple[int, str]:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    asked = urllib.request.Request(f"http://127.0.0.1:{service.port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=20) as found:  # noqa: S310
            return found.status, found.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Client(threading.Thread):
    """Asks over one connection until it is told to stop; what went wrong is in ``error``."""

    def __init__(self, service: Service, right: dict[str, Any], models: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self.service, self.right, self.models = service, right, models
        self.stopped, self.seen, self.error = threading.Event(), dict.fromkeys(right, 0), ""

    def run(self) -> None:
        try:
            with self.service.connect() as connection:
                while not self.stopped.is_set():
                    connection.sendall(request(TEXT))
                    status, headers, body = answer_from(connection)
                    assert status == 200, body
                    digest = headers["recurra-model-digest"]
                    rows = rows_of(json.loads(body)["results"], self.models[digest])
                    np.testing.assert_allclose(rows, self.right[digest], atol=1e-6)
                    self.seen[digest] += 1
        except Exception as error:
            self.error = repr(error)


@pytest.mark.parametrize("workers", [2, pytest.param(1, marks=pytest.mark.slow)])
def test_every_answer_is_of_the_model_that_it_names(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    files, path = write_two(tmp_path)
    paths = [tmp_path / f"{place}.safetensors" for place in range(2)]
    digests = [digest_of(one) for one in paths]
    models = {digest: recurra.load(one) for digest, one in zip(digests, paths, strict=True)}
    right = {digest: model.predict_proba([TEXT]) for digest, model in models.items()}
    with Service(path, "--watch", "--workers", workers) as service:
        clients = [Client(service, right, models) for _ in range(4)]
        for client in clients:
            client.start()
        for number in range(1, 5):
            put(files[number % 2], path)
            if number % 2:
                service.signal(signal.SIGHUP)
            before = sum(client.seen[digests[number % 2]] for client in clients)
            until(
                lambda before=before, number=number: (
                    any(client.error for client in clients)
                    or sum(client.seen[digests[number % 2]] for client in clients) > before + 20
                )
            )
            # Until all workers answer with it: those that lag behind give answers of the model before.
            time.sleep(1.5)
        put(b"junk", path)
        service.signal(signal.SIGHUP)
        time.sleep(0.5)
        page = get(service, "/metrics")[1].splitlines()
        # Each file counts once, however many workers there are; the digest is that of the model that answers.
        assert [line for line in page if line.startswith("recurra_model_")] == [
            f'recurra_model_info{{digest="{digests[0]}",model="m"}} 1.0',
            *(
                f'recurra_model_reloads_total{{model="m",result="{result}"}} {count}'
                for result, count in (("replaced", 4.0), ("unchanged", 0.0), ("failed", 1.0))
            ),
        ]
        for client in clients:
            client.stopped.set()
            client.join(30)
        assert [client.error for client in clients] == [""] * 4
        assert all(min(client.seen.values()) > 0 for client in clients)
        service.signal()
        code, out, err = service.ended()
    assert (code, out) == (0, "")
    lines = [json.loads(line)["message"].removeprefix("The model m ") for line in err.splitlines()]
    named = [digest[:12] for digest in digests]
    assert lines[:4] == [f"is {named[n % 2]} from now on, and was {named[(n + 1) % 2]}" for n in range(1, 5)]
    assert lines[4:] == [
        f"stays {named[0]}, for its new file cannot be used: The file is no safetensors file. Give a model file that "
        "recurra has written."
    ]
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Two workers that other machines may ask, with a token."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    _, path = write_two(tmp_path)
    with Service(path, "--workers", 2, "--host", "0.0.0.0", "--token-file", tmp_path / "token") as service:  # noqa: S104
        yield service


def test_an_ended_worker_is_replaced_and_what_it_counted_stays(guarded: Service) -> None:
    answered = [get(guarded, path) for path in ("/healthz", "/readyz")]
    assert answered == [(200, '{"state":"alive"}'), (200, '{"state":"ready"}')]
    assert get(guarded, "/metrics")[0] == 401
    token = f"Authorization: Bearer {TOKEN}\r\n".encode()

    def counted(name: str) -> float:
        lines = get(guarded, "/metrics", token=TOKEN)[1].splitlines()
        return float(next(line.rpartition(" ")[2] for line in lines if line.startswith(name)))

    def ask(connection: socket.socket) -> bool:
        try:
            connection.sendall(request("oil", more=token))
            return answer_from(connection)[0] == 200
        except (OSError, AssertionError):
            return False

    workers = workers_of(guarded)
    assert (len(workers), counted("recurra_workers ")) == (2, 2)
    with contextlib.ExitStack() as stack:
        connections: list[socket.socket] = []
        placed: dict[int, set[int]] = {}
        # Until both have some: the processor that is free takes a connection.
        while len(connections) < 200 and (len(connections) < 10 or not all(placed.values())):
            connections.append(stack.enter_context(guarded.connect()))
            assert ask(connections[-1])
            placed = {
                one.pid: {found.raddr.port for found in one.net_connections("tcp") if found.raddr} for one in workers
            }
        assert all(placed.values()), placed
        sent = len(connections)
        assert counted("recurra_texts_total") == sent
        os.kill(workers[0].pid, signal.SIGKILL)
        alive = [connection for connection in connections if connection.getsockname()[1] in placed[workers[1].pid]]
        assert [ask(connection) for connection in alive] == [True] * len(alive)
        new = until(lambda: [one for one in workers_of(guarded) if one.pid not in {old.pid for old in workers}])
        until(lambda: counted("recurra_workers ") == 2)
    assert counted("recurra_texts_total") == sent + len(alive)
    classified = 'recurra_requests_total{method="POST",path="/v1/classify",status="200"}'
    assert counted(classified) == sent + len(alive)
    assert counted('recurra_request_seconds_count{path="/v1/classify"}') == sent + len(alive)
    # The request that asks is being answered; a worker tells the others ten times a second what it does.
    until(lambda: time.sleep(0.3) or counted("recurra_requests_in_flight") == 1)
    guarded.signal()
    code, out, err = guarded.ended()
    line = json.loads(err)
    assert (code, out, line["level"]) == (0, "", "warning")
    assert line["message"] == f"Worker {workers[0].pid} ended, with signal 9; {new[0].pid} takes its place"


@pytest.mark.slow
def test_workers_end_without_their_parent(guarded: Service, tmp_path: Path) -> None:
    workers = workers_of(guarded)
    guarded.signal(signal.SIGKILL)
    assert psutil.wait_procs(workers, timeout=20)[1] == []
    with pytest.raises(ConnectionRefusedError):
        guarded.connect()
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_terminal_that_is_closed_stops_it(workers: int, tmp_path: Path) -> None:
    _, path = write_two(tmp_path)
    terminal, inner = os.openpty()
    # The service leads a session at this terminal, as a shell does.
    code = f"import os; os.setsid(); os.open({os.ttyname(inner)!r}, os.O_RDWR)"
    try:
        with Service(path, "--workers", workers, code=code) as service:
            os.close(inner)
            service.signal(signal.SIGHUP)
            time.sleep(1)
            assert get(service, "/readyz")[0] == 200
            os.close(terminal)
            terminal = -1
            assert service.ended() == (0, "", "")
    finally:
        if terminal >= 0:
            os.close(terminal)
