"""Answers in gzip: to those who take it, where they are large, and the same in the end."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from recurra.serving.compression import takes_gzip

TEXT = "oil prices rise again " * 40


@pytest.mark.parametrize(
    ("value", "takes"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("gzip;q=0", False), ("gzip; q=0.000, *", False),
     ("br", False), ("", False), ("xgzip", False), ("*;q=0, gzip", True)],
)  # fmt: skip
def test_who_takes_gzip(value: str, takes: bool) -> None:
    assert takes_gzip([(b"host", b"gzip"), (b"accept-encoding", value.encode())]) is takes


def test_a_long_reading_is_sent_in_gzip_to_those_who_take_it(client: TestClient) -> None:
    plain = client.post("/v1/read", json={"text": TEXT}, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    coded = client.post("/v1/read", json={"text": TEXT}, headers={"accept-encoding": "gzip"})
    assert coded.headers["content-encoding"] == "gzip"
    assert int(coded.headers["content-length"]) < len(plain.content) / 2
    assert coded.json() == plain.json()


def test_small_answers_errors_and_classifications_are_sent_as_they_are(client: TestClient) -> None:
    headers = {"accept-encoding": "gzip"}
    short = client.post("/v1/read", json={"text": "oil"}, headers=headers)
    refused = client.post("/v1/read", json={"text": 1}, headers=headers)
    many = client.post("/v1/classify", json={"texts": ["oil"] * 200}, headers=headers)
    assert len(many.content) > 4096
    assert [one.status_code for one in (short, refused, many)] == [200, 422, 200]
    assert not any("content-encoding" in one.headers for one in (short, refused, many))
