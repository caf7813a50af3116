"""Rounds of predicting with one model: here, where it stays loaded, and in a process of its own, which starts."""

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

# Whole passes over the documents are repeated until so many seconds have gone.
SECONDS = 1.0
# Documents that are asked for one by one, after some that only wake the process: one that slept finds its caches empty.
SINGLE, WAKING = 500, 20


class Measurement(NamedTuple):
    """What was measured once.

    Attributes:
        docs_per_second: from strings to labels, all documents at once, with all threads.
        microseconds_per_document: from one string to its label, the median of up to 500 documents.
        start_seconds: from the start of a process of Python to its first answer: imports, model, kernels.
        memory_mb: the peak of that process's memory, when it has answered all documents, above that of its imports; in
            MB (10⁶ bytes), or ``None`` where the system does not tell it.
    """

    docs_per_second: float
    microseconds_per_document: float
    start_seconds: float
    memory_mb: float | None


def measure_model(path: Path, model: Model, documents: Sequence[Document]) -> Measurement:
    """Measures once.

    Args:
        path: of the model file.
        model: read from it, which has answered before, so that its kernels are compiled.
        documents: one or more.

    Raises:
        RecurraError: the process that is started ends without an answer.
    """
    return Measurement(throughput(model, documents), latency(model, documents), *in_a_process(path, documents))


def summarize(rounds: Sequence[Measurement]) -> dict[str, dict[str, Any] | None]:
    """Median, lowest, highest and all of each figure, by name; ``None`` for one that the system does not tell."""
    figures: dict[str, dict[str, Any] | None] = {}
    for name in Measurement._fields:
        values = [getattr(one, name) for one in rounds]
        figures[name] = None
        if None not in values:
            low, high = min(values), max(values)
            figures[name] = {"median": statistics.median(values), "lowest": low, "highest": high, "rounds": values}
    return figures


def throughput(model: Model, documents: Sequence[Document]) -> float:
    """Documents a second, of whole passes over them all."""
    began, done = perf_counter(), 0
    while True:
        model.predict(documents)
        done += len(documents)
        passed = perf_counter() - began
        if passed >= SECONDS:
            return done / passed


def latency(model: Model, documents: Sequence[Document]) -> float:
    """Microseconds of a document that is asked for alone, the median."""
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
    """Seconds to the first answer of a new process, and its peak of memory in MB when it has answered all documents.

    Raises:
        RecurraError: it ends without an answer.
    """
    lines = [json.dumps(document) + "\n" for document in documents]
    # -P: a file in the current folder must not stand in for a module.
    command = [sys.executable, "-P", "-m", "recurra.bench.child", str(path)]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        began = perf_counter()
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8"
        )
        # A process that is gone shows in its missing answer.
        with contextlib.suppress(BrokenPipeError, ValueError), process:
            answered = _answer_of(process, lines[0])
            seconds = perf_counter() - began
            if answered:
                memory, _ = process.communicate("".join(lines))
                return seconds, json.loads(memory)
        errors.seek(0)
        said = [line for line in errors.read().splitlines() if line.strip()]
    raise RecurraError(
        f"The process that was started to measure ended with code {process.returncode}: "
        f"{said[-1] if said else 'it said nothing'}",
        "If recurra predict works with this model, take fewer texts (--take).",
    )


def _answer_of(process: subprocess.Popen[str], line: str) -> str:
    """The line that a process answers to a line; empty if it ends."""
    if process.stdin is None or process.stdout is None:
        return ""
    process.stdin.write(line)
    process.stdin.flush()
    return process.stdout.readline()
