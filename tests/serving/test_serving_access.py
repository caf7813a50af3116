"""Who may ask, and what every answer says to a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from services import JSON, LINES, LOCAL, asking, make_service
from starlette.testclient import TestClient

from recurra.errors import SettingsError
from recurra.serving import Access
from recurra.serving.access import is_loopback, read_token
from recurra.serving.headers import HEADERS

TOKEN = "correct-horse-battery"  # noqa: S105
CALLS = [
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/models"),
    ("GET", "/v1/flags"),
    ("GET", "/v1/runs"),
    ("POST", "/v1/classify"),
    ("POST", "/v1/read"),
    ("DELETE", "/v1/read"),
    ("GET", "/docs"),
    ("GET", "/static/../../etc/passwd"),
    ("GET", "/%2e%2e/%00"),
]


@pytest.fixture(scope="module")
def guarded() -> Iterator[TestClient]:
    with asking(make_service(access=Access(token=TOKEN, hosts=None))) as client:
        yield client


def test_the_headers_are_those_that_a_page_needs() -> None:
    assert HEADERS["content-security-policy"].split("; ") == [
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ]
    assert HEADERS["x-content-type-options"] == "nosniff"
    assert HEADERS["cache-control"] == "no-store"


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_answer_has_them(client: TestClient, method: str, path: str) -> None:
    for headers in ({}, {"host": "evil.example"}, {"sec-fetch-site": "cross-site"}, JSON, LINES):
        found = client.request(method, path, headers=headers)
        for name, value in HEADERS.items():
            assert found.headers.get_list(name) == [value], (found.status_code, name)
        assert "access-control-allow-origin" not in found.headers
        assert "server" not in found.headers
        if found.status_code >= 400:
            assert list(found.json()) == ["error"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8000", "127.0.0.1:"]
)
def test_this_machines_names(client: TestClient, host: str) -> None:
    assert client.get("/v1/models", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "localhost@evil", "127.0.0.1:80:80"],
)
@pytest.mark.parametrize("path", ["/v1/models", "/healthz", "/"])
def test_other_names_are_refused_whatever_they_point_to(client: TestClient, host: str, path: str) -> None:
    found = client.get(path, headers={"host": host})
    assert found.status_code == 421
    assert "Ask this service as localhost" in found.json()["error"]


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403)]
)
def test_pages_of_other_sites_are_refused(client: TestClient, site: str, status: int) -> None:
    assert client.get("/v1/models", headers={"sec-fetch-site": site}).status_code == status
    assert client.get("/healthz", headers={"sec-fetch-site": site}).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer \xe9\xff",
        "Bearer ",
    ],
)
@pytest.mark.parametrize("path", ["/v1/models", "/metrics", "/openapi.json", "/readyz/", "/healthz/", "/nothing"])
def test_without_the_token_nothing_is_told(guarded: TestClient, authorization: str | None, path: str) -> None:
    headers = {} if authorization is None else {"authorization": authorization.encode("latin-1")}
    found = guarded.get(path, headers=headers)
    assert found.status_code == 401
    assert found.headers["www-authenticate"].startswith("Bearer")
    assert TOKEN not in found.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_the_token_lets_in_under_any_name(guarded: TestClient, scheme: str) -> None:
    for host in ("127.0.0.1", "models.example:8000"):
        found = guarded.get("/v1/models", headers={"authorization": f"{scheme} {TOKEN}", "host": host})
        assert found.status_code == 200


def test_what_stays_open(guarded: TestClient) -> None:
    assert guarded.get("/healthz").json() == {"state": "alive"}
    # A platform's probe has no token.
    assert guarded.get("/readyz").json() == {"state": "ready"}
    # The page's files tell nothing; this service has none.
    assert guarded.get("/").status_code == 404
    assert guarded.get("/static/x").status_code == 404


def test_a_token_on_this_machine_does_not_open_it_to_other_names() -> None:
    with asking(make_service(access=Access(token=TOKEN, hosts=("localhost",)))) as client:
        headers = {"authorization": f"Bearer {TOKEN}"}
        assert client.get("/v1/models", headers={**headers, "host": "localhost"}).status_code == 200
        assert client.get("/v1/models", headers={**headers, "host": "evil.example"}).status_code == 421
        assert client.get("/v1/models", headers={"host": "localhost"}).status_code == 401


def test_access_without_a_token_takes_any_path_of_this_machine() -> None:
    assert LOCAL.check("/v1/models", [(b"host", b"localhost:8000")]) is None
    refused = LOCAL.check("/v1/models", [])
    assert refused is not None
    assert refused.status == 421


@pytest.mark.parametrize(
    ("host", "local"),
    [("0.0.0.0", False),  # noqa: S104
     ("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True), ("::", False),
     ("10.0.0.1", False), ("example.org", False), ("", False)],
)  # fmt: skip
def test_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640])
def test_a_token_file(tmp_path: Path, mode: int) -> None:
    assert read_token(written(tmp_path, f"{TOKEN}\n", mode)) == TOKEN


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
def test_a_token_that_everybody_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(SettingsError, match=r"Everybody on this machine can .* chmod 600") as refused:
        read_token(written(tmp_path, TOKEN, mode))
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("text", ["", "\n", "short", "two words of it, and more", "é" * 20, "x" * 5000, "ab\x00" * 9])
def test_files_that_hold_no_token(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="holds no token of 16 characters"):
        read_token(written(tmp_path, text))


def test_no_token_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_token(tmp_path / "missing")
    with pytest.raises(SettingsError, match=r"is a directory|is no regular file|Is a directory"):
        read_token(tmp_path)
