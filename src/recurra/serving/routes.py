"""The service's routes, as FastAPI registers them and the OpenAPI document describes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import FastAPI, Query
from starlette.responses import Response

from recurra.serving import schema
from recurra.serving.body import LINES
from recurra.serving.classify import ClassifyEndpoint
from recurra.serving.file_views import VIEWS, FileViews
from recurra.serving.guard import Guard
from recurra.serving.http_errors import JSON, json_response
from recurra.serving.model_registry import ModelRegistry
from recurra.serving.reading import ReadEndpoints
from recurra.serving.served_model import DIGEST_HEADER
from recurra.serving.state_searches import StateSearches

__all__ = ["add_model_routes", "add_state_routes", "add_text_routes"]

Responses = dict[int | str, dict[str, Any]]

_REASONS = {
    400: "Several Host headers, no HTTP, or a query parameter that is not taken.",
    401: "No token, or a wrong one.",
    403: "The request comes from a page of another site.",
    404: "No such model, or the service was started without the data or runs.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    415: "The body has another media type.",
    421: "The Host header names another machine.",
    422: "The body is not valid.",
    500: "A bug, or a model whose answer is not finite.",
    503: "Too much is waiting, or the service is stopping: ask again after Retry-After.",
    504: "The answer took too long.",
}
ACCESS = (400, 401, 403, 421, 500, 503)
BODY = (404, 408, 413, 415, 422, 504)

_DIGEST = {
    "headers": {
        DIGEST_HEADER: {
            "description": "The digest of the model file that answered, as /v1/models has it; of several, in order.",
            "schema": {"type": "string"},
        }
    }
}

ModelName = Annotated[str | None, Query(description="Name of a model; the first if left out.")]


def add_text_routes(app: FastAPI, classifier: ClassifyEndpoint, reader: ReadEndpoints) -> None:
    """Adds the routes that take texts.

    The endpoints read the bodies themselves, with bounds, so the OpenAPI document has to be told their schemas.
    """
    model = {"name": "model", "in": "query", "required": False, "schema": {"type": "string"}}
    model["description"] = "Name of the model for a stream of lines; the first if left out."
    below = {"name": "abstain_below", "in": "query", "required": False, "schema": {"type": "number"}}
    below["description"] = "For a stream of lines: texts whose most probable label is less probable get the label null."
    lines = {LINES: {"schema": {"type": "string"}}}
    app.add_api_route(
        "/v1/classify",
        classifier.__call__,
        methods=["POST"],
        summary="Classify texts",
        description=(
            f'One or many texts at once; or, as `{LINES}`, any number of lines `{{"text": …}}`, each answered by one '
            'line, in order, as soon as possible: the result, or `{"error": …}`, with the `id` of the line if it has '
            "one. A client that sends lines has to read "
            f"at the same time. With `Accept: {LINES}` the results for a list of texts are sent as lines as well."
        ),
        responses={200: {"model": schema.ClassifyResponse, "content": lines, **_DIGEST}, **_problems(*ACCESS, *BODY)},
        openapi_extra={**_body(schema.ClassifyRequest, **{LINES: schema.ClassifyLine}), "parameters": [model, below]},
    )
    app.add_api_route(
        "/v1/read",
        reader.read,
        methods=["POST"],
        summary="Read a text word by word",
        responses={200: {"model": dict[str, Any], **_DIGEST}, **_problems(*ACCESS, *BODY)},
        openapi_extra=_body(schema.ReadRequest),
    )
    app.add_api_route(
        "/v1/compare",
        reader.compare,
        methods=["POST"],
        summary="Read a text with several models",
        responses={200: {"model": schema.CompareResponse, **_DIGEST}, **_problems(*ACCESS, *BODY)},
        openapi_extra=_body(schema.CompareRequest),
    )


def add_model_routes(
    app: FastAPI,
    file_views: FileViews,
    searches: StateSearches,
    registry: ModelRegistry,
    runs: Callable[[], Awaitable[Response]],
) -> None:
    """Adds the routes about models, views of a whole file and training runs."""

    async def models() -> Response:
        return json_response(registry.to_dict())

    app.add_api_route(
        "/v1/models",
        models,
        summary="The models of this service",
        responses={200: {"model": schema.ModelList}, **_problems(*ACCESS)},
    )
    waiting: Responses = {
        202: {"model": schema.ComputingResponse, "description": "It is being computed: ask again after Retry-After."}
    }
    computed: Responses = {
        200: {"model": dict[str, Any]},
        **waiting,
        **_problems(*ACCESS, 404),
    }
    app.add_api_route(
        "/v1/search-states",
        searches.search,
        methods=["POST"],
        summary="Sentences of the file in which chosen units are on together over consecutive words",
        description="The states of the file's rows are read in the background at the first request; 202 until then.",
        responses={200: {"model": schema.SearchStatesResponse}, **waiting, **_problems(*ACCESS, *BODY)},
        openapi_extra=_body(schema.SearchStatesRequest),
    )
    for view, about in VIEWS.items():
        app.add_api_route(
            f"/v1/{view}",
            _view(file_views, view),
            summary=about.summary,
            description="Computed in the background at the first request; 202 until it is ready.",
            responses=computed,
        )

    async def compare() -> Response:
        return file_views.compare()

    app.add_api_route(
        "/v1/compare",
        compare,
        summary="All models side by side: accuracy, differences with intervals, and which model is right on which rows",
        description="Computed in the background at the first request; 202 until it is ready.",
        responses=computed,
    )

    async def list_runs() -> Response:
        return await runs()

    app.add_api_route(
        "/v1/runs",
        list_runs,
        summary="Training runs, finished and running",
        responses={200: {"model": schema.RunList}, **_problems(*ACCESS, 404, 504)},
    )


def _view(file_views: FileViews, view: str) -> Callable[..., Awaitable[Response]]:
    async def answer(model: ModelName = None) -> Response:
        return file_views.answer(view, model)

    return answer


def add_state_routes(app: FastAPI, guard: Guard) -> None:
    """Adds the routes for operators: health, readiness and metrics."""

    async def healthz() -> Response:
        return json_response({"state": "alive"})

    async def readyz() -> Response:
        # If the service is stopping, the guard has rejected the request already.
        if all(served.batcher.alive for served in guard.models.served):
            return json_response({"state": "ready"})
        return json_response({"error": "A thread that computes has ended. Restart the service."}, status=503)

    async def count() -> Response:
        return guard.metrics.page()

    state: Responses = {200: {"model": schema.StateResponse}}
    app.add_api_route(
        "/healthz", healthz, summary="Whether the process lives", responses={**state, **_problems(400, 421)}
    )
    app.add_api_route(
        "/readyz",
        readyz,
        summary="Whether it takes requests",
        responses={**state, **_problems(*(set(ACCESS) - {401, 403}))},
    )
    # Load balancers ask so; it needs no line of its own in the OpenAPI document.
    app.add_api_route("/healthz", healthz, methods=["HEAD"], include_in_schema=False)
    app.add_api_route("/readyz", readyz, methods=["HEAD"], include_in_schema=False)
    app.add_api_route(
        "/metrics",
        count,
        summary="Counters for Prometheus",
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **_problems(*ACCESS)},
    )


def _problems(*statuses: int) -> Responses:
    return {status: {"model": schema.ErrorResponse, "description": _REASONS[status]} for status in sorted(statuses)}


def _body(model: type[Any], **others: type[Any]) -> dict[str, Any]:
    content = {
        kind: {"schema": {"$ref": f"#/components/schemas/{one.__name__}"}}
        for kind, one in {JSON: model, **others}.items()
    }
    return {"requestBody": {"required": True, "content": content}}
