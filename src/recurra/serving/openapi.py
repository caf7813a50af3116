"""The OpenAPI document, with the request bodies and limits that FastAPI does not know of."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from recurra.serving import schema
from recurra.serving.limits import Limits

__all__ = ["describe"]

REQUEST_BODIES = (
    schema.ClassifyRequest,
    schema.ClassifyLine,
    schema.ReadRequest,
    schema.CompareRequest,
    schema.SearchStatesRequest,
)


def describe(app: FastAPI, limits: Limits) -> None:
    """Builds the document once, after all routes have been added."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description="Recurrent text classifiers: labels, probabilities, and readings word by word.",
        routes=app.routes,
    )
    _, bodies = models_json_schema(
        [(model, "validation") for model in REQUEST_BODIES], ref_template="#/components/schemas/{model}"
    )
    schemas = document["components"]["schemas"]
    schemas |= bodies["$defs"]
    schema.set_bounds(schemas, limits)
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}

    def openapi() -> dict[str, Any]:
        return document

    app.openapi = openapi  # type: ignore[method-assign]
