"""Counters: they grow with what is asked, and nobody can make up new ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from bundles import make_bundle
from services import asking, make_service
from starlette.testclient import TestClient

from recurra.bundle import digest_in
from recurra.runtime import Model
from recurra.serving.reload_counts import RESULTS


@pytest.fixture
def fresh() -> Iterator[TestClient]:
    with asking(make_service()) as client:
        yield client


def counted(client: TestClient) -> dict[str, float]:
    found = client.get("/metrics")
    assert found.headers["content-type"].startswith("text/plain")
    lines = [line.rpartition(" ") for line in found.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_they_grow(fresh: TestClient) -> None:
    classify = 'recurra_requests_total{method="POST",path="/v1/classify",status="%d"}'
    assert counted(fresh)['recurra_texts_total{model="gru"}'] == 0
    for texts in (["a"], ["b", "c"], ["d"] * 30):
        fresh.post("/v1/classify", json={"texts": texts, "model": "gru"})
    fresh.post("/v1/classify", json={"texts": 5})
    found = counted(fresh)
    assert (found[classify % 200], found[classify % 422]) == (3, 1)
    assert found['recurra_texts_total{model="gru"}'] == 33
    assert found['recurra_batch_texts_count{model="gru"}'] == 3
    assert found['recurra_batch_texts_bucket{le="2.0",model="gru"}'] == 2
    assert found['recurra_request_seconds_count{path="/v1/classify"}'] == 4
    assert 0 < found['recurra_request_seconds_sum{path="/v1/classify"}'] < 60
    assert found['recurra_waiting_texts{model="gru"}'] == 0
    # The request that asks is being answered.
    assert found["recurra_requests_in_flight"] == 1
    assert found["process_resident_memory_bytes"] > 0


def test_they_name_the_model_that_answers() -> None:
    guard = make_service(models={"m": Model(make_bundle())})
    with asking(guard) as client:
        for seed in (0, 1):
            if seed:
                assert client.portal is not None
                client.portal.call(guard.models.replace, [guard.models.make("m", Model(make_bundle(seed=seed)))])
            digest = digest_in(make_bundle(seed=seed))
            found = counted(client)
            info = {name: value for name, value in found.items() if name.startswith("recurra_model_info")}
            assert info == {f'recurra_model_info{{digest="{digest}",model="m"}}': 1}
        assert {found[f'recurra_model_reloads_total{{model="m",result="{result}"}}'] for result in RESULTS} == {0}


def test_made_up_addresses_and_methods_add_no_counters(fresh: TestClient) -> None:
    fresh.get("/nothing")
    fresh.request("BREW", "/v1/models")
    before = set(counted(fresh))
    for number in range(30):
        fresh.get(f"/nothing/{number}")
        fresh.request(f"BREW{number}", "/v1/models")
        fresh.get("/v1/models", headers={"host": f"evil{number}.example"})
    added = set(counted(fresh)) - before
    assert not [
        name for name in added if re.search(r"\d{2}|BREW|nothing", re.sub(r'le="[^"]*"|status="\d+"', "", name))
    ]
    assert counted(fresh)['recurra_requests_total{method="GET",path="refused",status="421"}'] == 30
