"""The service as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.responses import Response

from recurra.runtime import Model
from recurra.serving.access import Access
from recurra.serving.background_results import BackgroundResults
from recurra.serving.classify import ClassifyEndpoint
from recurra.serving.decisions import DecisionStore
from recurra.serving.file_views import FileViews
from recurra.serving.guard import Guard
from recurra.serving.http_errors import RequestError, json_response, on_exception, on_http_exception, on_request_error
from recurra.serving.limits import Limits
from recurra.serving.metrics import Metrics
from recurra.serving.model_registry import ModelRegistry
from recurra.serving.openapi import describe
from recurra.serving.page import PageFile, page_files
from recurra.serving.reading import ReadEndpoints
from recurra.serving.reload_counts import ReloadCounts
from recurra.serving.room import RoomEndpoints, add_room_routes
from recurra.serving.routes import add_model_routes, add_state_routes, add_text_routes
from recurra.serving.runs import runs_in
from recurra.serving.served_model import ServedModel
from recurra.serving.state_searches import StateSearches
from recurra.serving.worker_queue import WorkerQueue
from recurra.version import VERSION

if TYPE_CHECKING:
    from recurra.data.table import Table

__all__ = ["create_app"]


def create_app(
    models: Mapping[str, Model],
    *,
    access: Access,
    limits: Limits | None = None,
    data: Table | None = None,
    runs: Path | None = None,
    files: Mapping[str, PageFile] | None = None,
    shared_metrics: Path | None = None,
    reloads: ReloadCounts | None = None,
    decisions: DecisionStore | None = None,
) -> Guard:
    """Builds the service.

    Args:
        models: one or more models by name; requests that name no model get the first.
        access: which requests are allowed.
        limits: bounds of requests, queues and connections.
        data: labelled rows, for the views of a whole file.
        runs: folder of training runs.
        files: the page's files by path.
        shared_metrics: folder in which several processes count together; see :class:`recurra.serving.metrics.Metrics`.
        reloads: counts of files read again, for the metrics; ``None`` if that never happens.
        decisions: keeps what the page's users decide about ``data``; ``None`` leaves that to their browsers.

    Returns:
        The ASGI application; every model has been warmed up with one prediction.

    Raises:
        RecurraError: a model returns no finite probabilities.
    """
    limits = limits or Limits()
    metrics, results = Metrics(shared_metrics, reloads or ReloadCounts(models)), BackgroundResults()

    def make(name: str, model: Model) -> ServedModel:
        return ServedModel(name, model, limits=limits, computed=partial(metrics.computed, name))

    registry = ModelRegistry(models, make, results.forget)
    queues, runs_queue = {name: WorkerQueue(limits, name) for name in models}, WorkerQueue(limits, "runs")
    for name in models:
        metrics.watch(name, partial(_waiting, registry, name), partial(_digest, registry, name))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        registry.start()
        yield
        await registry.close()
        for queue in (*queues.values(), runs_queue):
            queue.close()
        searches.close()
        room.close()

    # FastAPI's own documentation pages load scripts from a CDN.
    app = FastAPI(
        title="Recurra", version=VERSION, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan
    )
    stopping = asyncio.Event()
    classifier, reader = ClassifyEndpoint(registry, limits, stopping), ReadEndpoints(registry, queues, limits)
    known = {label for model in registry.models.values() for label in model.classes_.tolist()}
    views = FileViews(registry, results, data if decisions is None else decisions.table_for(known))
    searches = StateSearches(registry, results, views, limits)
    room = RoomEndpoints(registry, queues, limits, data, decisions)
    guard = Guard(
        app,
        direct={
            "/v1/classify": classifier,
            "/v1/read": reader.read,
            "/v1/compare": reader.compare,
            "/v1/search-states": searches.search,
        },
        models=registry,
        access=access,
        limits=limits,
        metrics=metrics,
        stopping=stopping,
        background=lambda: results.busy,
    )
    for status in (404, 405):
        app.add_exception_handler(status, on_http_exception)
    app.add_exception_handler(RequestError, on_request_error)
    app.add_exception_handler(Exception, on_exception)
    add_text_routes(app, classifier, reader)
    add_model_routes(app, views, searches, registry, partial(_runs, runs_queue, runs))
    add_room_routes(app, room)
    add_state_routes(app, guard)
    for address, endpoint in page_files(files or {}).items():
        app.add_api_route(address, endpoint, include_in_schema=False)
    describe(app, limits)
    return guard


def _waiting(registry: ModelRegistry, name: str) -> int:
    return registry.find(name).batcher.waiting


def _digest(registry: ModelRegistry, name: str) -> str:
    return registry.find(name).digest


async def _runs(queue: WorkerQueue, folder: Path | None) -> Response:
    if folder is None:
        raise RequestError(
            404, "This service was given no runs", "Start it with --runs, such as: recurra serve MODEL --runs runs"
        )
    return json_response(await queue.run(partial(runs_in, folder)))
