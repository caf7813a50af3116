"""The service as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.responses import Response

from recurra.runtime import Model
from recurra.serving.access import Access
from recurra.serving.batcher import Batcher
from recurra.serving.catalogue import Catalogue, answering
from recurra.serving.classify import Classifier
from recurra.serving.findings import Findings
from recurra.serving.guard import Guard
from recurra.serving.lane import Lane
from recurra.serving.limits import Limits
from recurra.serving.metrics import Metrics
from recurra.serving.openapi import describe
from recurra.serving.page import PageFile, page_files
from recurra.serving.reading import Reader
from recurra.serving.refusals import RequestError, failed, json_response, refused, unknown
from recurra.serving.routes import add_findings, add_state, add_texts
from recurra.serving.runs import runs_in
from recurra.serving.views import Views
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
) -> Guard:
    """Builds the service.

    Args:
        models: by name, one at least; the first is asked where a request names none.
        access: who may ask.
        limits: what is taken at most.
        data: labelled rows, for the views of a whole file.
        runs: folder of training runs.
        files: the page's, by address.

    Returns:
        The ASGI application.
    """
    limits = limits or Limits()
    catalogue, metrics, views, lane = Catalogue(models), Metrics(), Views(), Lane(limits)
    batchers = {
        name: Batcher(answering(model), limits=limits, name=f"recurra-{name}", computed=partial(metrics.computed, name))
        for name, model in models.items()
    }
    for name, batcher in batchers.items():
        metrics.watch(name, partial(getattr, batcher, "waiting"))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for batcher in batchers.values():
            batcher.start()
        # Compiles what is not compiled yet, and builds the tables: nobody has to wait for it later.
        for batcher in batchers.values():
            await batcher.answers(["", "warm up"])
        yield
        for batcher in batchers.values():
            await batcher.close()
        lane.close()

    # FastAPI's own pages of documentation load scripts from elsewhere.
    app = FastAPI(title="Recurra", version=VERSION, docs_url=None, redoc_url=None, lifespan=lifespan)
    guard = Guard(app, access=access, limits=limits, metrics=metrics, background=lambda: views.busy)
    for status in (404, 405):
        app.add_exception_handler(status, unknown)
    app.add_exception_handler(RequestError, refused)
    app.add_exception_handler(Exception, failed)
    add_texts(app, Classifier(catalogue, batchers, limits, guard.stopping), Reader(catalogue, lane, limits))
    add_findings(app, Findings(catalogue, views, data), catalogue, partial(_runs, lane, runs))
    add_state(app, guard, batchers, metrics)
    for address, endpoint in page_files(files or {}).items():
        app.add_api_route(address, endpoint, include_in_schema=False)
    describe(app, limits)
    return guard


async def _runs(lane: Lane, folder: Path | None) -> Response:
    if folder is None:
        raise RequestError(
            404, "This service was given no runs", "Start it with --runs, such as: recurra serve MODEL --runs runs"
        )
    return json_response(await lane.run(partial(runs_in, folder)))
