"""The OpenAPI document, and what comes of requests that are made up from it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from processes import Service
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from services import asking, make_service
from starlette.testclient import TestClient

ADDRESSES = {
    "/v1/classify", "/v1/read", "/v1/compare", "/v1/models", "/v1/flags", "/v1/states", "/v1/doubts", "/v1/gradients",
    "/v1/confusions", "/v1/runs", "/v1/search-states", "/healthz", "/readyz", "/metrics",
}  # fmt: skip


POSTED = ("/v1/classify", "/v1/read", "/v1/compare", "/v1/search-states")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@schemathesis.serializer("application/x-ndjson")
def as_lines(context: Any, value: Any) -> bytes:
    """A value, whatever it is, as one line."""
    return json.dumps(value).encode() + b"\n"


@pytest.fixture(scope="session")
def api(service: Service) -> Any:
    return schemathesis.openapi.from_url(f"{service.address}/openapi.json")


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("path", sorted(ADDRESSES))
def test_no_request_brings_the_service_down(api: Any, path: str, mode: GenerationMode) -> None:
    """Statuses, types and contents are what the document says, and none is a server's failure."""
    operation = api[path]["POST" if path in POSTED else "GET"]
    seen = []

    @settings(
        max_examples=60 if path in POSTED else 8, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        seen.append(case.call_and_validate(timeout=20, checks=CHECKS, headers={"connection": "close"}).status_code)

    try:
        check()
    except Unsatisfiable:
        # There is nothing that could be wrong with a request which has no parameters.
        assert (mode, path in POSTED) == (GenerationMode.NEGATIVE, False)
        return
    if path in POSTED:
        # A stream always begins well; what is wrong with a line stands in its own line.
        # This service has no rows that could be searched.
        good = 404 if path == "/v1/search-states" else 200
        assert (good if mode is GenerationMode.POSITIVE else 422) in seen


def test_the_document_names_everything_with_its_bounds() -> None:
    with asking(make_service(limits={"texts": 7, "text_characters": 99})) as client:
        document = client.get("/openapi.json").json()
        assert client.get("/docs").status_code == client.get("/redoc").status_code == 404
    assert set(document["paths"]) == ADDRESSES
    schemas = document["components"]["schemas"]
    texts = schemas["ClassifyRequest"]["properties"]["texts"]
    assert (texts["maxItems"], texts["items"]["maxLength"]) == (7, 99)
    assert {
        schemas[name]["properties"]["text"]["maxLength"] for name in ("ClassifyLine", "ReadRequest", "CompareRequest")
    } == {99}
    for path in ("/v1/classify", "/v1/read", "/v1/compare"):
        statuses = set(document["paths"][path]["post"]["responses"])
        assert statuses >= {"200", "401", "404", "408", "413", "415", "422", "503", "504"}
    bodies = document["paths"]["/v1/classify"]["post"]["requestBody"]["content"]
    assert set(bodies) == {"application/json", "application/x-ndjson"}


def test_every_reference_in_it_leads_somewhere(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    def references(value: Any) -> list[str]:
        if isinstance(value, list):
            return [one for part in value for one in references(part)]
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [one for part in value.values() for one in references(part)]
        return []

    found = references(document)
    assert found
    for reference in found:
        at: Any = document
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]
