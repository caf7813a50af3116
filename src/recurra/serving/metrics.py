"""The service's metrics in Prometheus's text format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.responses import Response

from recurra.serving.reload_counts import ReloadCounts

__all__ = ["Metrics"]

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """The metrics of one service.

    Args:
        shared: the folder in which several processes count together, ended ones included (prometheus_client's
            multiprocess mode, which PROMETHEUS_MULTIPROC_DIR switches on before it is imported); ``None`` if this is
            the only process.
        reloads: how often the models' files were read again, by whichever process reads them.
    """

    def __init__(self, shared: Path | None, reloads: ReloadCounts) -> None:
        self.registry = self._shown = CollectorRegistry()
        if shared is None:
            ProcessCollector(registry=self.registry)
        else:
            self._shown = CollectorRegistry()
            MultiProcessCollector(self._shown, str(shared))  # type: ignore[no-untyped-call]
        self._models = _Models(reloads)
        self._shown.register(self._models)
        self._watched: list[tuple[Gauge, Callable[[], int]]] = []
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
            "recurra_waiting_texts", "Texts that wait or are being computed.", ["model"], registry=self.registry,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self._in_flight = Gauge(
            "recurra_requests_in_flight", "Requests being answered.", registry=self.registry,
            multiprocess_mode="livesum",
        )  # fmt: skip
        workers = Gauge(
            "recurra_workers", "Processes that answer.", registry=self.registry, multiprocess_mode="livesum"
        )
        workers.set(1)

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

    def watch(self, model: str, waiting: Callable[[], int], digest: Callable[[], str]) -> None:
        """Adds a model: its counters start at 0, and its gauge of waiting texts calls ``waiting``.

        Args:
            model: its name.
            waiting: returns the number of texts that wait.
            digest: returns the digest of the model that answers under the name now.
        """
        self._models.digests[model] = digest
        self._texts.labels(model)
        self._batches.labels(model)
        self._watched.append((self._waiting.labels(model), waiting))

    def watch_requests(self, in_flight: Callable[[], int]) -> None:
        """Lets the gauge of requests that are being answered call ``in_flight``."""
        self._watched.append((self._in_flight, in_flight))

    def refresh(self) -> None:
        """Sets the gauges, which other processes show as well."""
        for gauge, value in self._watched:
            gauge.set(value())

    def page(self) -> Response:
        """The current values of all metrics."""
        self.refresh()
        return Response(generate_latest(self._shown), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Models(Collector):
    """Which models answer, and how often their files were read again: alike in all processes, so nothing is summed."""

    def __init__(self, reloads: ReloadCounts) -> None:
        self._reloads = reloads
        self.digests: dict[str, Callable[[], str]] = {}

    def collect(self) -> Iterator[Metric]:
        """The metrics; a digest that no longer answers is gone at once."""
        info = InfoMetricFamily("recurra_model", "The model that answers under a name.", labels=["model"])
        for model, digest in self.digests.items():
            info.add_metric([model], {"digest": digest()})
        yield info
        counts = CounterMetricFamily(
            "recurra_model_reloads", "Model files read again after the start.", labels=["model", "result"]
        )
        for model, result, count in self._reloads:
            counts.add_metric([model, result], count)
        yield counts
