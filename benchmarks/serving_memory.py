"""The memory of a service whose clients send as much at once as its limits let them.

    python benchmarks/serving_memory.py      # into benchmarks/results/serving_memory.json

Each attack has a service of its own, with a model of the lesson's shape. For some seconds many connections send again
and again bodies of 1,000 texts of 8,000 characters, the same with an emoji in each text (for which Python keeps four
bytes a character), or a stream with a line of 8 MB. Most are answered 503; the figures are the process's resident
memory in MB (VmHWM in /proc: the highest until then, shared libraries included).
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scoring import write_model
from serving import free_port

from recurra.bench.machine import machine

RESULTS = Path(__file__).parent / "results" / "serving_memory.json"
TEXTS, CHARACTERS, LINE = 1_000, 7_990, 8_000_000


class Attack(NamedTuple):
    """Connections that send the same body at once, and its type."""

    connections: int
    kind: str
    body: bytes


def attacks() -> dict[str, Attack]:
    """By name."""
    generator = np.random.default_rng(0)
    words = ["oil", "and", "the", "was", "two", *(f"w{number}" for number in generator.integers(10**6, size=4_000))]
    text = " ".join(generator.choice(words, 1_600))[:CHARACTERS]
    plain, emoji = (
        json.dumps({"texts": [one] * TEXTS}, ensure_ascii=False).encode() for one in (text, f"{text[:-10]}😀")
    )
    line = json.dumps({"text": "a " * 500_000}).encode().ljust(LINE)
    return {
        "bodies": Attack(24, "application/json", plain),
        "bodies with emoji": Attack(24, "application/json", emoji),
        "lines of streams": Attack(150, "application/x-ndjson", line),
        "bodies with emoji, many connections": Attack(150, "application/json", emoji),
    }


def memory(process: int) -> int:
    """The highest resident memory of a process until now, in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in status if line.startswith("VmHWM:")).split()[1]) // 1000


def send(port: int, attack: Attack, until: float, answers: Counter[str]) -> None:
    """Sends the body over new connections, and counts the status of each answer."""
    # A stream's line is one byte short, so that it never ends.
    length = len(attack.body) + ("ndjson" in attack.kind)
    head = (
        f"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: {attack.kind}\r\n"
        f"Connection: close\r\nContent-Length: {length}\r\n\r\n"
    )
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(head.encode() + attack.body)
                found = b""
                while piece := connection.recv(1 << 20):
                    found += piece
                answers[found[9:12].decode() or "closed"] += 1
        except OSError as error:
            answers[type(error).__name__] += 1


def measured(model: Path, attack: Attack, seconds: float) -> dict[str, Any]:
    """The figures of one attack."""
    port = free_port()
    words = [sys.executable, "-m", "recurra", "serve", str(model), "--port", str(port), "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as service:
        said = "" if service.stdout is None else service.stdout.readline()
        while service.stdout is not None and said not in ("}\n", ""):
            said = service.stdout.readline()
        start, until, answers = memory(service.pid), time.monotonic() + seconds, Counter[str]()
        threads = [
            threading.Thread(target=send, args=(port, attack, until, answers)) for _ in range(attack.connections)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = {"connections": attack.connections, "answers": dict(answers), "start_mb": start}
        found["highest_mb"] = memory(service.pid)
        service.send_signal(signal.SIGTERM)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=12.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.safetensors"
        write_model("lesson/lstm", model)
        found = {
            "command": "python benchmarks/serving_memory.py",
            "machine": machine(),
            "model_mb": model.stat().st_size / 1e6,
            "attacks": {name: measured(model, attack, options.seconds) for name, attack in attacks().items()},
        }
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found["attacks"], indent=1))


if __name__ == "__main__":
    main()
