"""Measurements of prediction with one model: in this process, where it stays loaded, and in a newly started one."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from recurra.data.documents import Document
from recurra.errors import RecurraError
from recurra.runtime import Model

__all__ = ["Measurement", "measure_model", "summarize"]

# Passes over all documents are repeated until this many seconds have gone.
SECONDS = 1.0
# Documents that are predicted one by one, after some for warming up: an idle process finds its caches empty.
SINGLE, WAKING = 500, 20


class Measurement(NamedTuple):
    """The results of one round.

    Attributes:
        docs_per_second: throughput from strings to labels, all documents at once, with all threads.
        microseconds_per_document: latency from one string to its label, the median of up to 500 documents.
        start_seconds: time from the start of a Python process to its first prediction: imports, model, kernels.
        memory_mb: peak memory of that process after predicting all documents, above that of its imports, in MB
            (10⁶ bytes); ``None`` if the system does not report it.
    """

    docs_per_second: float
    microseconds_per_document: float
    start_seconds: float
    memory_mb: float | None


def measure_model(path: Path, model: Model, documents: Sequence[Document]) -> Measurement:
    """Measures one round.

    Args:
        path: path of the model file.
        model: the model loaded from it, which has predicted before, so that its kernels are compiled.
        documents: one or more documents.

    Raises:
        RecurraError: the started process ends without a prediction.
    """
    return Measurement(throughput(model, documents), latency(model, documents), *in_a_process(path, documents))


def summarize(rounds: Sequence[Measurement]) -> dict[str, dict[str, Any] | None]:
    """Median, lowest, highest and all values of each quantity by name; ``None`` for one that is not reported."""
    figures: dict[str, dict[str, Any] | None] = {}
    for name in Measurement._fields:
        values = [getattr(one, name) for one in rounds]
        figures[name] = None
        if None not in values:
            low, high = min(values), max(values)
            figures[name] = {"median": statistics.median(values), "lowest": low, "highest": high, "rounds": values}
    return figures


def throughput(model: Model, documents: Sequence[Document]) -> float:
    """Documents a second, over whole passes."""
    began, done = perf_counter(), 0
    while True:
        model.predict(documents)
        done += len(documents)
        passed = perf_counter() - began
        if passed >= SECONDS:
            return done / passed


def latency(model: Model, documents: Sequence[Document]) -> float:
    """Median microseconds for predicting a single document."""
    single = documents[:SINGLE]
    for document in single[:WAKING]:
        model.predict([document])
    times = []
    for document in single:
        began = perf_counter()
        model.predict([document])
        times.append(perf_counter() - began)
    return 1e6 * statistics.median(times)


def in_a_process(path: Path, documents: Sequence[Document]) -> tuple[float, float | None]:
    """Seconds to the first prediction of a new process, and its peak memory in MB after predicting all documents.

    Raises:
        RecurraError: the process ends without a prediction.
    """
    lines = [json.dumps(document) + "\n" for document in documents]
    # -P: a file in the current folder must not shadow a module.
    command = [sys.executable, "-P", "-m", "recurra.bench.child", str(path)]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        began = perf_counter()
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8"
        )
        # A process that has ended is recognised by its missing answer.
        with contextlib.suppress(BrokenPipeError, ValueError), process:
            answered = _answer_of(process, lines[0])
            seconds = perf_counter() - began
            if answered:
                memory, _ = process.communicate("".join(lines))
                return seconds, json.loads(memory)
        errors.seek(0)
        messages = [line for line in errors.read().splitlines() if line.strip()]
    raise RecurraError(
        f"The process that was started to measure ended with code {process.returncode}: "
        f"{messages[-1] if messages else 'it said nothing'}",
        "If recurra predict works with this model, take fewer texts (--take).",
    )


def _answer_of(process: subprocess.Popen[str], line: str) -> str:
    """The line with which the process answers a line; empty if it ends."""
    if process.stdin is None or process.stdout is None:
        return ""
    process.stdin.write(line)
    process.stdin.flush()
    return process.stdout.readline()
