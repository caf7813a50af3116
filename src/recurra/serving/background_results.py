"""Views over a whole file: each computed once, in the background, when it is first asked for."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
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
    """Answers that take long: 202 until they are there, then the same bytes each time.

    One thread computes them in the order in which they were asked for, so that predicting keeps the other processors.
    It ends with the process: nothing can stop what is being computed.
    """

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], _Job] = {}
        self._found: dict[tuple[str, str], Response] = {}
        self._queue: queue.SimpleQueue[tuple[_Job, Make]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being computed or waits for it."""
        return len(self._found) < len(self._jobs)

    def answer(self, view: str, model: str, make: Make) -> Response:
        """What ``make`` gave, as JSON, or 202 while that is not known; called on the event loop alone.

        Args:
            view: its name.
            model: the model's name.
            make: computes it; the first one for a view and a model is called, once.
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
            self._found[job.view, job.model] = _computed(job, make)


def _computed(job: _Job, make: Make) -> Response:
    try:
        return json_response(make())
    except RecurraError as error:
        # It cannot be had here, and the line says what to do about it.
        return error_response(404, str(error))
    except Exception:
        _log.exception("The view %s of %s failed", job.view, job.model)
        return error_response(500, INTERNAL_ERROR)
