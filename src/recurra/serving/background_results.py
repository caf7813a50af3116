"""Results of long computations: each computed once, in the background, when it is first requested."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from starlette.responses import Response

from recurra.errors import RecurraError
from recurra.serving.http_errors import INTERNAL_ERROR, error_response, json_response

__all__ = ["BackgroundResults"]

_log = logging.getLogger(__name__)

Make = Callable[[], Any]


class _Job(NamedTuple):
    view: str
    model: str
    since: float


class BackgroundResults:
    """Responses that take long to compute: 202 until they are ready, then the same bytes each time.

    One thread computes them in the order of the requests, so that predicting keeps the other cores. It is a daemon
    thread: a running computation cannot be cancelled, and ends with the process.
    """

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], _Job] = {}
        self._found: dict[tuple[str, str], Any] = {}
        self._queue: queue.SimpleQueue[tuple[_Job, Make]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._running = False

    @property
    def busy(self) -> bool:
        """Whether a computation is running or queued."""
        return self._running or len(self._found) < len(self._jobs)

    def forget(self, models: Sequence[str]) -> None:
        """Drops what was found for these models, and for several at once. Call it on the event loop only."""
        for key in [key for key in self._jobs if not key[1] or key[1] in models]:
            del self._jobs[key]
            self._found.pop(key, None)

    def drop(self, view: str, model: str) -> None:
        """Drops what was found for a view and a model. Call it on the event loop only."""
        self._jobs.pop((view, model), None)
        self._found.pop((view, model), None)

    def answer(self, view: str, model: str, make: Make) -> Response:
        """The result of ``make`` as JSON, or 202 while it is being computed. Arguments: see :meth:`value`."""
        found: Response = self.value(view, model, lambda: json_response(make()))
        return found

    def value(self, view: str, model: str, make: Make) -> Any:
        """What ``make`` returns; or a response, while it is being computed and if it failed. Call it on the event loop.

        Args:
            view: name of the view.
            model: name of the model.
            make: computes the result; only the first one given for a view and a model is called, once.
        """
        key = view, model
        if key in self._found:
            return self._found[key]
        if key not in self._jobs:
            self._jobs[key] = _Job(view, model, time.monotonic())
            self._queue.put((self._jobs[key], make))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="recurra-views", daemon=True)
            self._thread.start()
        state = {
            "state": "computing",
            "view": view,
            "model": model,
            "seconds": round(time.monotonic() - self._jobs[key].since, 1),
        }
        return json_response(state, status=202, headers={"Retry-After": "1"})

    def _work(self) -> None:
        while True:
            job, make = self._queue.get()
            key = job.view, job.model
            # A job that was forgotten meanwhile has another one in its place, or none.
            if self._jobs.get(key) is job:
                self._running = True
                found = _computed(job, make)
                if self._jobs.get(key) is job:
                    self._found[key] = found
                self._running = False


def _computed(job: _Job, make: Make) -> Any:
    try:
        return make()
    except RecurraError as error:
        # This service cannot compute it, and the message says what to do.
        return error_response(404, str(error))
    except Exception:
        _log.exception("The view %s of %s failed", job.view, job.model)
        return error_response(500, INTERNAL_ERROR)
