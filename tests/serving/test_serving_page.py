"""The page's files: from a fixed map, with their types, and revalidated each time."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from services import asking, make_service

from recurra.serving import Access


class File(NamedTuple):
    path: Path
    media_type: str


@pytest.fixture
def files(tmp_path: Path) -> dict[str, File]:
    (tmp_path / "index.html").write_text("<!doctype html><title>Recurra</title>")
    (tmp_path / "page.js").write_text("export const a = 1;")
    (tmp_path / "secret.txt").write_text("secret")
    return {
        "/": File(tmp_path / "index.html", "text/html; charset=utf-8"),
        "/static/js/page.js": File(tmp_path / "page.js", "text/javascript; charset=utf-8"),
    }


def test_files_have_their_type_and_a_tag(files: dict[str, File]) -> None:
    with asking(make_service(files=files)) as client:
        for address, file in files.items():
            found = client.get(address)
            assert (found.status_code, found.content) == (200, file.path.read_bytes())
            assert found.headers["content-type"] == file.media_type
            assert found.headers["cache-control"] == "no-cache"
            assert "default-src 'self'" in found.headers["content-security-policy"]
            again = client.get(address, headers={"if-none-match": f'"other", W/{found.headers["etag"]}'})
            assert (again.status_code, again.content) == (304, b"")
            assert client.get(address, headers={"if-none-match": '"other"'}).status_code == 200


def test_a_file_in_gzip_is_the_same_file_with_a_tag_of_its_own(files: dict[str, File]) -> None:
    with asking(make_service(files=files)) as client:
        plain = client.get("/", headers={"accept-encoding": "identity"})
        coded = client.get("/", headers={"accept-encoding": "gzip"})
        assert (plain.headers.get("content-encoding"), coded.headers["content-encoding"]) == (None, "gzip")
        assert coded.content == plain.content == files["/"].path.read_bytes()
        assert coded.headers["etag"] != plain.headers["etag"]
        assert plain.headers["vary"] == coded.headers["vary"] == "Accept-Encoding"
        again = client.get("/", headers={"accept-encoding": "gzip", "if-none-match": coded.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    "address",
    ["/static/secret.txt", "/static/", "/static/js/../secret.txt", "/static/js/%2e%2e/secret.txt",
     "/static/js/page.js/", "/static//js/page.js", "/static/js/page.js%00", "/index.html"],
)  # fmt: skip
def test_nothing_else_is_served(files: dict[str, File], address: str) -> None:
    with asking(make_service(files=files)) as client:
        found = client.get(address, follow_redirects=False)
        assert found.status_code == 404
        assert list(found.json()) == ["error"]


def test_the_page_needs_no_token_but_what_it_asks_for_does(files: dict[str, File]) -> None:
    with asking(make_service(files=files, access=Access(token="x" * 20, hosts=None))) as client:
        assert client.get("/").status_code == 200
        assert client.get("/static/js/page.js").status_code == 200
        assert client.get("/v1/models").status_code == 401
