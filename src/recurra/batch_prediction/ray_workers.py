"""Scores parts of Parquet files with Ray Data: actors that load the model once, on one machine or on many."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from recurra import errors
from recurra.batch_prediction.part_scorer import ScoringJob, load_job_model, score_part
from recurra.batch_prediction.scoring_parts import Part
from recurra.errors import RecurraError
from recurra.kernels.threads import cpu_count, limit_threads
from recurra.runtime import Model

__all__ = ["PartScorer", "Workers", "ray_workers"]

# Ray itself waits for minutes where nothing answers, and prints lines meanwhile.
CONNECT_SECONDS = 10
# Nothing but the names of parts and their counts goes through Ray's memory; its least.
_OBJECT_STORE_BYTES = 80 << 20

_MISSING = ("--ray needs Ray Data, which is not installed", "Run: pip install 'recurra[ray]'.")


class PartScorer:
    """What an actor runs: it scores parts, each into its file of answers, with one thread.

    Args:
        job: what is done with the parts.
    """

    def __init__(self, job: ScoringJob) -> None:
        self.job = job
        # Each worker has one processor, and there is one for each.
        limit_threads(1)

    @cached_property
    def _model(self) -> Model:
        return load_job_model(self.job)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        """Scores a batch of parts, as JSON, and returns what became of each."""
        return {"report": [json.dumps(self._report(json.loads(str(part)))) for part in batch["part"]]}

    def _report(self, values: dict[str, Any]) -> dict[str, Any]:
        part = Part(**{**values, "groups": tuple(values["groups"]), "place": tuple(values["place"])})
        try:
            return {"name": part.name, "rows": score_part(lambda: self._model, part, self.job).rows}
        except RecurraError as error:
            # As values: what an actor raises, Ray wraps in its traceback, or tries again.
            return {"name": part.name, "error": [type(error).__name__, error.received, error.hint]}


@dataclass(frozen=True)
class Workers:
    """Workers of a Ray cluster.

    Attributes:
        count: how many, at most.
    """

    count: int

    def score(self, parts: Sequence[Part], job: ScoringJob) -> Iterator[Part]:
        """Scores parts in any order; yields each one when its file of answers is there.

        Raises:
            RecurraError: what a worker raised, or that workers could not work.
        """
        from ray.data import ActorPoolStrategy, DataContext, from_items
        from ray.exceptions import RayError

        context = DataContext.get_current()
        context.enable_progress_bars = False
        # Its errors are raised as well.
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        by_name = {part.name: part for part in parts}
        items = [{"part": json.dumps(asdict(part))} for part in parts]
        pool = ActorPoolStrategy(size=min(self.count, len(parts)), max_tasks_in_flight_per_actor=2)
        try:
            with _no_warnings():
                rows = from_items(items, override_num_blocks=len(items))
                reports = rows.map_batches(
                    PartScorer, fn_constructor_args=(job,), batch_size=1, compute=pool, num_cpus=1
                )
                found = iter(reports.iter_rows())
            for row in found:
                report = json.loads(row["report"])
                if "error" in report:
                    raise _as_raised(*report["error"])
                yield by_name.pop(report["name"])
        except RayError as error:
            raise _failed(error) from None
        if by_name:
            raise RecurraError(f"Ray left {len(by_name):,} parts undone", "Run the command again.")


@contextlib.contextmanager
def ray_workers(address: str | None, count: int | None) -> Iterator[Workers]:
    """Starts Ray on this machine, or connects to a cluster that runs, and leaves it at the end.

    Args:
        address: of the cluster, as for ``ray.init``; without one ``RAY_ADDRESS``, or Ray is started here.
        count: number of workers, a processor each; as many as there are processors if not given.

    Raises:
        RecurraError: Ray is not installed, or there is no such cluster.
    """
    # Before ray is imported. Nothing is sent to anybody, and its own log goes to its files alone.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray.data
    except ImportError:
        raise RecurraError(*_MISSING) from None
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    options: dict[str, Any] = {}
    if address == "local":
        options = {
            "num_cpus": count or cpu_count(),
            "include_dashboard": False,
            "object_store_memory": _OBJECT_STORE_BYTES,
        }
    else:
        _check_reachable(address)
    try:
        with _own_signals(), _no_warnings(), _no_log():
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False, **options)
    except Exception as error:
        raise _unusable(address, error) from None
    try:
        yield Workers(count or max(1, int(ray.cluster_resources().get("CPU", 1))))
    finally:
        with _no_warnings():
            ray.shutdown()


def _check_reachable(address: str) -> None:
    """Refuses an address of host and port where nothing listens."""
    host, mark, port = address.rpartition("://")[2].rpartition(":")
    if not mark or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise _unusable(address, error) from None


def _unusable(address: str, error: Exception) -> RecurraError:
    why = " ".join(str(error).split()) or type(error).__name__
    if address == "local":
        return RecurraError(f"Ray does not start here: {why:.200}", "Try: python -c 'import ray; ray.init()'")
    return RecurraError(
        f"There is no Ray cluster to use at {address:.80}: {why:.200}",
        "Give --address as ray start --head printed it, on a machine of the cluster; with its RAY_AUTH_TOKEN, if any.",
    )


def _failed(error: Exception) -> RecurraError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    why = next((line for line in reversed(lines) if "Error" in line), lines[-1] if lines else type(error).__name__)
    if "No module named 'recurra" in str(error):
        return RecurraError(
            "A worker has no recurra of this version", "Install recurra[data,ray] on every machine of the cluster."
        )
    return RecurraError(
        f"Workers of Ray ended and could not go on: {why:.200}",
        "What is scored is kept: run the command again, with fewer --workers if memory was short.",
    )


def _as_raised(kind: str, received: str, hint: str) -> RecurraError:
    found = getattr(errors, kind, RecurraError) if kind in errors.__all__ else RecurraError
    return found(received, hint)


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    """Without what Ray says of its own future."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _no_log() -> Iterator[None]:
    """Without the line of Ray's C++ code that says which lines it leaves out."""
    if sys.stderr is None:
        yield
        return
    sys.stderr.flush()
    with open(os.devnull, "wb") as nowhere, os.fdopen(os.dup(2), "wb") as before:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(before.fileno(), 2)


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Keeps the handler of SIGTERM, which Ray would replace by one that leaves no message."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
