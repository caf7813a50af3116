"""The OpenAPI document, with the bodies and the bounds that FastAPI does not know of."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from recurra.serving import schema
from recurra.serving.limits import Limits

__all__ = ["describe"]

ASKED = (schema.Classify, schema.Line, schema.Read, schema.Compare)


def describe(app: FastAPI, limits: Limits) -> None:
    """Makes the document once, when all routes are there."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description="Recurrent text classifiers: labels, probabilities, and what a network makes of every word.",
        routes=app.routes,
    )
    _, asked = models_json_schema(
        [(model, "validation") for model in ASKED], ref_template="#/components/schemas/{model}"
    )
    schemas = document["components"]["schemas"]
    schemas |= asked["$defs"]
    schema.bounded(schemas, limits)
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}

    def openapi() -> dict[str, Any]:
        return document

    app.openapi = openapi  # type: ignore[method-assign]
