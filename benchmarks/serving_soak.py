"""A service that is asked for a long time while its model is replaced again and again; every answer is checked.

    nice python benchmarks/serving_soak.py --minutes 10      # into benchmarks/results/serving_soak.json

Each answer must be what ``predict`` gives of the model that the answer names. The file is replaced every few seconds
by the other one of two models with the lesson's shapes and random weights; every second time SIGHUP says so, and
otherwise ``--watch`` finds it. Some clients send one text at a time, some lists, and some streams of lines, each over
one connection, as long as it lives. The clients run on the same machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from scoring import write_model
from serving import free_port, write_bodies

import recurra
from recurra.bench.machine import machine
from recurra.bundle import digest_of

HERE = Path(__file__).parent
PRESETS = ("lesson/lstm", "lesson/bilstm")
# Texts of one request; a stream has as many lines.
SIZES = {"one": 1, "list": 32, "stream": 200}
PAUSE = 0.01


class Right:
    """What each model answers to each text."""

    def __init__(self, paths: list[Path], texts: list[str]) -> None:
        self.texts = texts
        self.answers: dict[str, tuple[list[str], Any, list[str]]] = {}
        for path in paths:
            model = recurra.load(path)
            given = [str(label) for label in model.predict(texts)]
            self.answers[digest_of(path)] = given, model.predict_proba(texts), [str(one) for one in model.classes_]

    def check(self, digest: str, places: list[int], results: list[dict[str, Any]]) -> None:
        """Raises ValueError unless the results are those of the named model for the texts at ``places``."""
        labels, rows, classes = self.answers[digest]
        if [one["label"] for one in results] != [labels[place] for place in places]:
            raise ValueError(f"labels of another model than {digest[:12]}")
        found = [[one["probabilities"][name] for name in classes] for one in results]
        if len(found) != len(places) or np.abs(np.array(found) - rows[places]).max() > 1e-6:
            raise ValueError(f"probabilities of another model than {digest[:12]}")


class Client(threading.Thread):
    """Asks until it is stopped."""

    def __init__(self, kind: str, number: int, port: int, right: Right) -> None:
        super().__init__(daemon=True)
        self.kind, self.port, self.right = kind, port, right
        self.generator = np.random.default_rng(number)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.stopped = threading.Event()
        self.requests = self.rows = 0
        self.milliseconds: list[float] = []
        self.by_model = dict.fromkeys(right.answers, 0)
        self.errors: list[str] = []

    def run(self) -> None:
        """Asks, one request after another."""
        while not self.stopped.wait(PAUSE):
            places = self.generator.integers(0, len(self.right.texts), SIZES[self.kind]).tolist()
            began = time.perf_counter()
            try:
                digest, results = self.ask([self.right.texts[place] for place in places])
                self.milliseconds.append(1000 * (time.perf_counter() - began))
                self.right.check(digest, places, results)
            except Exception as error:
                self.errors.append(repr(error)[:200])
                self.connection.close()
                continue
            self.requests += 1
            self.rows += len(places)
            self.by_model[digest] += 1

    def ask(self, texts: list[str]) -> tuple[str, list[dict[str, Any]]]:
        """The digest that the answer names, and the results."""
        if self.kind == "stream":
            kind, body = "application/x-ndjson", "".join(json.dumps({"text": text}) + "\n" for text in texts)
        else:
            kind, body = "application/json", json.dumps({"texts": texts})
        self.connection.request("POST", "/v1/classify", body, {"Content-Type": kind})
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise ValueError(f"status {answer.status}: {data[:100]!r}")
        found = [json.loads(line) for line in data.splitlines()] if kind.endswith("ndjson") else json.loads(data)
        return str(answer.headers["Recurra-Model-Digest"]), found if kind.endswith("ndjson") else found["results"]


def megabytes(process: subprocess.Popen[bytes]) -> float:
    """What the service's processes have in memory, pages that they share counted for each."""
    parent = psutil.Process(process.pid)
    return sum(one.memory_info().rss for one in (parent, *parent.children())) / 2**20


def soak(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    paths = [folder / f"{place}.safetensors" for place in range(len(PRESETS))]
    for preset, path in zip(PRESETS, paths, strict=True):
        write_model(preset, path)
    files = [path.read_bytes() for path in paths]
    served, port = folder / "m.safetensors", free_port()
    served.write_bytes(files[0])
    right = Right(paths, write_bodies(folder / "bodies"))
    command = ["-m", "recurra", "serve", str(served), "--port", str(port), "--workers", str(options.workers), "--watch"]
    log = folder / "log"
    with (
        log.open("wb") as err,
        subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=err) as process,
    ):
        try:
            while process.stdout and not process.stdout.readline().startswith(b"ready"):
                if process.poll() is not None:
                    sys.exit(log.read_text())
            kinds = [list(SIZES)[number % len(SIZES)] for number in range(options.clients)]
            clients = [Client(kind, number, port, right) for number, kind in enumerate(kinds)]
            for client in clients:
                client.start()
            memory, reloads = [], 0
            end = time.monotonic() + 60 * options.minutes
            while (left := end - time.monotonic()) > 0:
                time.sleep(min(options.every, left))
                memory.append(megabytes(process))
                reloads += 1
                (folder / "coming").write_bytes(files[reloads % 2])
                (folder / "coming").replace(served)
                if reloads % 2:
                    process.send_signal(signal.SIGHUP)
                print(f"{reloads} reloads, {sum(client.requests for client in clients):,} requests, "
                      f"{memory[-1]:.0f} MB", flush=True)  # fmt: skip
            for client in clients:
                client.stopped.set()
            for client in clients:
                client.join(60)
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
        finally:
            if process.poll() is None:
                process.kill()
    lines = log.read_text().splitlines()
    times = np.concatenate([client.milliseconds for client in clients])
    small = np.concatenate([client.milliseconds for client in clients if client.kind == "one"])
    quarter = max(1, len(memory) // 4)
    errors = [error for client in clients for error in client.errors]
    return {
        "requests": sum(client.requests for client in clients),
        "rows": sum(client.rows for client in clients),
        "errors": len(errors),
        "first_errors": errors[:5],
        "answers_by_model": [sum(client.by_model[digest] for client in clients) for digest in right.answers],
        "files_replaced": reloads,
        "models_replaced": sum("from now on" in line for line in lines),
        "other_lines_of_the_log": [line for line in lines if "from now on" not in line],
        "exit_code": code,
        "p50_ms": round(float(np.percentile(times, 50)), 2),
        "p99_ms": round(float(np.percentile(times, 99)), 2),
        "one_text_p50_ms": round(float(np.percentile(small, 50)), 2),
        "one_text_p99_ms": round(float(np.percentile(small, 99)), 2),
        "one_text_highest_ms": round(float(small.max()), 2),
        "memory_mb": {
            "second_quarter": round(statistics.median(memory[quarter : 2 * quarter] or memory)),
            "last_quarter": round(statistics.median(memory[-quarter:])),
            "highest": round(max(memory)),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--every", type=float, default=15, help="seconds between two replacements")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "serving_soak.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = soak(options, Path(name))
    command = f"python benchmarks/serving_soak.py --minutes {options.minutes:g} --every {options.every:g}"
    settings = {"minutes": options.minutes, "every": options.every, "workers": options.workers}
    load = [round(one, 1) for one in os.getloadavg()]
    result = {"command": command, "machine": machine(), "load": load, **settings, "clients": options.clients, **found}
    print(json.dumps(result, indent=1))
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written: {options.out}")
    if found["errors"] or found["exit_code"]:
        sys.exit("Not every answer was right.")


if __name__ == "__main__":
    main()
