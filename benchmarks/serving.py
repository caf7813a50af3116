"""Requests a second of ``recurra serve`` beside a plain FastAPI handler with the same model, driven by wrk in turn.

    python benchmarks/serving.py                   # into benchmarks/results/serving.json; needs wrk (Debian: wrk)

A request has one text of 40 words drawn by Zipf's law from 20,000; 512 different ones are asked in turn. The
models have the lesson's shapes and random weights, which take as long to compute as trained ones. wrk runs on the
same machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
from scoring import WORDS, write_model

from recurra.bench.machine import machine

PRESETS = ("lesson/lstm", "lesson/bilstm")
CONNECTIONS = (1, 16, 256)
HERE = Path(__file__).parent
TEXTS = 512

# Each of wrk's connections asks the next text.
SCRIPT = """
local bodies = {}
for line in io.lines("%s") do bodies[#bodies + 1] = line end
local at = 0
request = function()
  at = at %% #bodies + 1
  return wrk.format("POST", "/v1/classify", {["Content-Type"] = "application/json"}, bodies[at])
end
done = function(summary, latency, requests)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("FOUND %%d %%d %%d %%f %%f\\n", summary.requests, summary.duration, failed,
    latency:percentile(50), latency:percentile(99)))
end
"""


def write_bodies(path: Path) -> list[str]:
    generator = np.random.default_rng(0)
    often = 1 / np.arange(1, len(WORDS) + 1)
    chosen = generator.choice(np.array(WORDS), (TEXTS, 40), p=often / often.sum())
    texts = [" ".join(words) for words in chosen.tolist()]
    path.write_text("".join(json.dumps({"texts": [text]}) + "\n" for text in texts))
    return texts


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Server:
    """A service in a process of its own."""

    def __init__(self, name: str, model: Path, *options: str) -> None:
        self.name, self.port = name, free_port()
        if name.startswith("recurra serve"):
            command = ["-m", "recurra", "serve", str(model), "--port", str(self.port), "--quiet", *options]
        else:
            command = [str(HERE / "plain_service.py"), str(model), str(self.port), name.split()[-1]]
        self.process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.ask(["warm up"])
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.1)

    def ask(self, texts: list[str]) -> list[dict[str, float]]:
        """The probabilities of some texts."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v1/classify",
            json.dumps({"texts": texts}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as found:  # noqa: S310
            return [one["probabilities"] for one in json.load(found)["results"]]

    def load(self, script: Path, connections: int, seconds: float) -> dict[str, float]:
        """Has wrk ask for a while."""
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "10s", "-s", str(script)]
        command.append(f"http://127.0.0.1:{self.port}")
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found = re.search(r"FOUND (\d+) (\d+) (\d+) (\S+) (\S+)", out)
        if found is None:
            sys.exit(f"wrk said: {out}")
        count, duration, failed, half, p99 = map(float, found.groups())
        return {"rate": 1e6 * count / duration, "p50_ms": half / 1000, "p99_ms": p99 / 1000, "failed": failed}

    def stop(self) -> None:
        """Ends the process."""
        os.kill(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


NAMES = ("recurra serve", "FastAPI, def", "FastAPI, async")


def measure(preset: str, folder: Path, texts: list[str], rounds: int, seconds: float) -> list[dict[str, object]]:
    model, script = folder / "model.safetensors", folder / "wrk.lua"
    write_model(preset, model)
    servers = [Server(name, model) for name in NAMES]
    try:
        answers = [server.ask(texts[:50]) for server in servers]
        for other in answers[1:]:
            for ours, theirs in zip(answers[0], other, strict=True):
                if any(abs(ours[label] - theirs[label]) > 1e-6 for label in ours):
                    sys.exit("The services do not give the same answers.")
        rows = []
        for connections in CONNECTIONS:
            found: dict[str, list[dict[str, float]]] = {name: [] for name in NAMES}
            for server in servers:
                server.load(script, connections, 1)
            for number in range(rounds):
                for server in servers if number % 2 == 0 else servers[::-1]:
                    found[server.name].append(server.load(script, connections, seconds))
            rows += [row_of(preset, connections, name, found) for name in NAMES]
            for row in rows[-len(NAMES) :]:
                print(row, flush=True)
        return rows
    finally:
        for server in servers:
            server.stop()


def row_of(preset: str, connections: int, name: str, found: dict[str, list[dict[str, float]]]) -> dict[str, object]:
    ratios = [ours["rate"] / theirs["rate"] for ours, theirs in zip(found[NAMES[0]], found[name], strict=True)]
    middle = {key: statistics.median(one[key] for one in found[name]) for key in ("rate", "p50_ms", "p99_ms")}
    return {
        "model": preset,
        "connections": connections,
        "service": name,
        "requests_per_second": round(middle["rate"]),
        "p50_ms": round(middle["p50_ms"], 3),
        "p99_ms": round(middle["p99_ms"], 3),
        "failed": sum(one["failed"] for one in found[name]),
        "ratio": round(statistics.median(ratios), 3),
        "lowest": round(min(ratios), 3),
        "highest": round(max(ratios), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "serving.json")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("There is no wrk. On Debian: apt-get install wrk")
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = write_bodies(folder / "bodies")
        (folder / "wrk.lua").write_text(SCRIPT % (folder / "bodies"))
        for preset in PRESETS:
            rows += measure(preset, folder, texts, options.rounds, options.seconds)
    command = f"python benchmarks/serving.py --rounds {options.rounds} --seconds {options.seconds:g}"
    result = {"command": command, "machine": machine(), "rounds": options.rounds, "rows": rows}
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
