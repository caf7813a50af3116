"""Requests a second of ``recurra serve`` with one worker and with several, driven by wrk in turn.

    python benchmarks/serving_workers.py           # into benchmarks/results/serving_workers.json; needs wrk

Models and texts are those of ``serving.py``, one text a request or 64. wrk takes a processor of its own: a machine
needs one more than workers to show what they bring. What other work leaves of the machine changes from turn to turn;
the processor time for a thousand texts says what the service itself needs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import psutil
from scoring import write_model
from serving import HERE, SCRIPT, Server, write_bodies

from recurra.bench.machine import machine

PRESETS = ("lesson/lstm", "lesson/bilstm")
CONNECTIONS = (16,)
SIZES = (1, 64)


def write_script(folder: Path, texts: list[str], size: int) -> Path:
    bodies = folder / f"bodies{size}"
    starts = range(0, len(texts), size)
    bodies.write_text("".join(json.dumps({"texts": texts[start : start + size]}) + "\n" for start in starts))
    script = folder / f"wrk{size}.lua"
    script.write_text(SCRIPT % bodies)
    return script


def seconds_of(server: Server) -> float:
    """Processor time that the service has taken so far."""
    parent = psutil.Process(server.process.pid)
    return sum(sum(one.cpu_times()[:2]) for one in (parent, *parent.children()))


def measure(
    preset: str, folder: Path, scripts: dict[int, Path], options: argparse.Namespace
) -> list[dict[str, object]]:
    model = folder / "model.safetensors"
    write_model(preset, model)
    servers = {count: Server(f"recurra serve {count}", model, "--workers", str(count)) for count in options.workers}
    rows = []
    try:
        for size, script in scripts.items():
            for connections in CONNECTIONS:
                found: dict[int, list[dict[str, float]]] = {count: [] for count in servers}
                for server in servers.values():
                    server.load(script, connections, 1)
                for number in range(options.rounds):
                    for count in list(servers)[:: 1 if number % 2 == 0 else -1]:
                        before = seconds_of(servers[count])
                        one = servers[count].load(script, connections, options.seconds)
                        texts = size * max(1.0, one["rate"] * options.seconds)
                        one["cpu_ms"] = 1e6 * (seconds_of(servers[count]) - before) / texts
                        found[count].append(one)
                first = options.workers[0]
                for count, some in found.items():
                    pairs = zip(some, found[first], strict=True)
                    ratios = [one["rate"] / max(1.0, base["rate"]) for one, base in pairs]
                    rows.append(
                        {
                            "model": preset,
                            "texts": size,
                            "connections": connections,
                            "workers": count,
                            "texts_per_second": round(size * statistics.median(one["rate"] for one in some)),
                            "p99_ms": round(statistics.median(one["p99_ms"] for one in some), 2),
                            "cpu_ms_per_1000_texts": round(statistics.median(one["cpu_ms"] for one in some), 1),
                            "failed": sum(one["failed"] for one in some),
                            "ratio": round(statistics.median(ratios), 3),
                            "lowest": round(min(ratios), 3),
                            "highest": round(max(ratios), 3),
                        }
                    )
                    print(rows[-1], flush=True)
    finally:
        for server in servers.values():
            server.stop()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "serving_workers.json")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("There is no wrk. On Debian: apt-get install wrk")
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = write_bodies(folder / "bodies")
        scripts = {size: write_script(folder, texts, size) for size in SIZES}
        for preset in PRESETS:
            rows += measure(preset, folder, scripts, options)
    command = (
        f"python benchmarks/serving_workers.py --workers {' '.join(map(str, options.workers))} "
        f"--rounds {options.rounds} --seconds {options.seconds:g}"
    )
    load = [round(one, 1) for one in os.getloadavg()]
    result = {"command": command, "machine": machine(), "load": load, "rounds": options.rounds, "rows": rows}
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
