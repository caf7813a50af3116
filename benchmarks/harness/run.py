"""A benchmark from its settings to its document."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.compare import compare
from harness.jobs import Rows, write_job
from harness.participants import Peer
from recurra.bench.machine import machine
from recurra.presets import Recipe

__all__ = ["TAKE", "run_bench"]

# Documents of a job. Training: a few seconds of the slowest peer. Latency: enough for a steady median.
TAKE = {"train": 2_048, "predict": 7_600, "latency": 500}


def run_bench(
    task: str,
    preset: Recipe,
    rows: Rows,
    peers: Sequence[Peer],
    *,
    python: str,
    rounds: int,
    take: int | None,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Measures one network beside its peers.

    Args:
        task: train, predict or latency.
        preset: text pipeline, network and hyperparameters.
        rows: where the documents come from.
        peers: who is asked to take part.
        python: the interpreter that has them.
        rounds: turns of each.
        take: documents, at most; ``None`` takes as many as the task needs.
        say: hears of the progress.

    Returns:
        ``{"machine", "data", "rows", "left_out"}``, plain JSON values; a row is described in
        :mod:`harness.compare`.
    """
    with tempfile.TemporaryDirectory(prefix="recurra-bench-") as name:
        folder = Path(name)
        pools = all(peer.pools for peer in peers)
        documents = write_job(folder, task, preset, rows, take=take or TAKE[task], pools=pools)
        result = compare(folder, name_of(task, preset), task, peers, python=python, rounds=rounds, say=say)
    kind = "training" if task == "train" else "test"
    return {
        "machine": machine(),
        "data": f"{rows.phrase}; {documents:,} {kind} rows are timed",
        "rows": result.rows,
        "left_out": result.left_out,
    }


def name_of(task: str, preset: Recipe) -> str:
    """What is measured, in words."""
    network = preset.network
    layers = f"{network.layers} × " if network.layers > 1 else ""
    direction = ", two directions" if network.bidirectional else ""
    kind = {"simple_rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}.get(network.cell, network.cell)
    bucketed = ", bucketed" if preset.training.bucketing else ""
    size = f", batch {preset.training.batch_size}{bucketed}" if task == "train" else ""
    pads = "" if network.masked else ", unmasked"
    shape = f"{layers}{kind}({network.hidden}){direction}{pads}"
    return f"{task} {preset.name}: {shape} of {network.embedding} inputs{size}"
