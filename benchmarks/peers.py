"""Every comparison with the peers, one after the other, into ``benchmarks/results/peers.json``.

    python benchmarks/peers.py --peers-python .venv-peers/bin/python

    python benchmarks/peers.py --peers-python .venv-peers/bin/python --only "train lesson/bilstm"

What has been measured is written after each comparison, so an interrupted run keeps it. With --only the comparisons of
that name are measured again, and the others stay as they were.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

from harness.jobs import read_rows
from harness.participants import chosen_peers
from harness.run import run_bench

from recurra.bench.machine import machine
from recurra.presets import load_preset

RESULTS = Path(__file__).parent / "results"


class Case(NamedTuple):
    """One comparison; no peers stand for all of the task's."""

    task: str
    model: str
    options: dict[str, Any] = {}  # noqa: RUF012
    peers: tuple[str, ...] | None = None


# The peak says something only where matrix products are most of the work.
LESSON = ("keras", "keras-steps", "torch", "packed")
LSTM64 = {"hidden": 64, "masked": True}
RECURRENT = {"branch": False, "tokens": "words", "dropout": 0.0, "word_dropout": 0.0}
CASES = (
    Case("train", "lesson/simple-rnn-titles", peers=LESSON),
    Case("train", "lesson/simple-rnn-masked", peers=LESSON),
    Case("train", "lesson/gru", peers=LESSON),
    Case("train", "lesson/lstm", peers=LESSON),
    Case("train", "lesson/bilstm"),
    # torch's padded batches are bucketed: once with ours shuffled, as the lesson's are, and once like with like.
    Case("train", "lesson/bilstm", {"bucketing": True}, ("torch", "peak")),
    Case("train", "lesson/bilstm", {"batch_size": 128}, ("torch", "packed", "peak")),
    Case("train", "lesson/bilstm", {"batch_size": 128, "bucketing": True}, ("torch", "peak")),
    Case("predict", "lesson/lstm", LSTM64),
    Case("predict", "lesson/lstm"),
    Case("predict", "lesson/bilstm"),
    Case("latency", "lesson/lstm"),
    # What the default's recurrent part takes alone.
    Case("predict", "default", RECURRENT, ("onnxruntime",)),
)


def place_of(row: dict[str, Any]) -> int:
    """Rows stand in the order of the cases, whichever were measured last."""
    names = [f"{case.task} {case.model}:" for case in CASES]
    return next(place for place, name in enumerate(names) if row["what"].startswith(name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers-python", required=True)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--take", type=int, help="documents that are timed, for a quick try")
    parser.add_argument("--out", type=Path, default=RESULTS / "peers.json")
    parser.add_argument("--only", default="", help="the beginning of a comparison's task and model")
    options = parser.parse_args()

    rows = read_rows("agnews", data_dir=options.data_dir, say=print)
    result: dict[str, Any] = {
        "command": f"python benchmarks/peers.py --peers-python .venv-peers/bin/python --rounds {options.rounds}",
        "machine": machine(),
        "data": rows.phrase,
        "rounds": options.rounds,
        "rows": [],
        "left_out": [],
    }
    cases = [case for case in CASES if f"{case.task} {case.model}".startswith(options.only)]
    if options.only:
        before = json.loads(options.out.read_text(encoding="utf-8"))
        result["rows"] = [row for row in before["rows"] if not row["what"].startswith(options.only)]
        result["left_out"] = before["left_out"]
    for case in cases:
        measured = run_bench(
            case.task,
            load_preset(case.model).with_options(case.options),
            rows,
            chosen_peers(case.peers, case.task),
            python=options.peers_python,
            rounds=options.rounds,
            take=options.take,
            say=lambda message: print(message, flush=True),
        )
        for row in measured["rows"]:
            print(f"  {row['ratio']:.2f} times as fast as {row['peer_name']}", flush=True)
        result["rows"] += [{"task": case.task, **row} for row in measured["rows"]]
        result["rows"].sort(key=place_of)
        result["left_out"] += measured["left_out"]
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
