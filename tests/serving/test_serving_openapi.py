"""The OpenAPI document, and what comes of requests that are made up from it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from processes import Service
from services import asking, make_service
from starlette.testclient import TestClient

ADDRESSES = {
    "/v1/classify", "/v1/read", "/v1/compare", "/v1/models", "/v1/flags", "/v1/states", "/v1/doubts", "/v1/gradients",
    "/v1/runs", "/healthz", "/readyz", "/metrics",
}  # fmt: skip


@schemathesis.serializer("application/x-ndjson")
def as_lines(context: Any, value: Any) -> bytes:
    """A value, whatever it is, as one line."""
    return json.dumps(value).encode() + b"\n"


@pytest.fixture(scope="session")
def api(service: Service) -> Any:
    return schemathesis.openapi.from_url(f"{service.address}/openapi.json")


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
    derandomize=True,
)
def test_no_request_brings_the_service_down(case: Any) -> None:
    """Statuses, types and contents are what the document says, and none is a server's failure."""
    case.call_and_validate(timeout=20)


def test_the_document_names_everything_with_its_bounds() -> None:
    with asking(make_service(limits={"texts": 7, "text_characters": 99})) as client:
        document = client.get("/openapi.json").json()
        assert client.get("/docs").status_code == client.get("/redoc").status_code == 404
    assert set(document["paths"]) == ADDRESSES
    schemas = document["components"]["schemas"]
    texts = schemas["Classify"]["properties"]["texts"]
    assert (texts["maxItems"], texts["items"]["maxLength"]) == (7, 99)
    assert {schemas[name]["properties"]["text"]["maxLength"] for name in ("Line", "Read", "Compare")} == {99}
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
