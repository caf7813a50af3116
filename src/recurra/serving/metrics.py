"""The service's metrics in Prometheus's text format."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.responses import Response

__all__ = ["Metrics"]

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """The metrics of one service.

    Attributes:
        in_flight: gauge of requests that are being answered.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "recurra_requests", "Requests answered.", ["method", "path", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "recurra_request_seconds", "Time to the end of the answer.", ["path"], buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._texts = Counter("recurra_texts", "Texts classified.", ["model"], registry=self.registry)
        self._batches = Histogram(
            "recurra_batch_texts", "Texts that were computed together.", ["model"], buckets=TEXTS,
            registry=self.registry,
        )  # fmt: skip
        self._waiting = Gauge(
            "recurra_waiting_texts", "Texts that wait or are being computed.", ["model"], registry=self.registry
        )
        self.in_flight = Gauge("recurra_requests_in_flight", "Requests being answered.", registry=self.registry)

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """Counts a request.

        Args:
            method: HTTP method.
            path: path of the route, not of the request, so that clients cannot add new label values.
            status: status that was sent; 499 if the client disconnected before.
            seconds: duration.
        """
        self._requests.labels(method, path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def computed(self, model: str, texts: int) -> None:
        """Counts a batch."""
        self._texts.labels(model).inc(texts)
        self._batches.labels(model).observe(texts)

    def watch(self, model: str, waiting: Callable[[], int]) -> None:
        """Adds a model: its counters start at 0, and its gauge of waiting texts calls ``waiting``."""
        self._texts.labels(model)
        self._batches.labels(model)
        self._waiting.labels(model).set_function(waiting)

    def page(self) -> Response:
        """The current values of all metrics."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)
