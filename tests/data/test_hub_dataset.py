"""AG News from the hub, against a stand-in on this machine."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hub_stand_in import jsonl, serving

from recurra.data import hub_dataset
from recurra.data.hub_dataset import AGNEWS_ROWS, fetch_agnews
from recurra.errors import DataError

pytest.importorskip("huggingface_hub")

SMALL = {"train": 40, "test": 8}


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The library's cache in a folder of the test; no proxy stands before this machine."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "hub"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A set of 40 and 8 rows in place of 120,000 and 7,600."""
    for part, rows in SMALL.items():
        monkeypatch.setitem(AGNEWS_ROWS, part, rows)
    return {f"{part}.jsonl": jsonl(rows) for part, rows in SMALL.items()}


def complaint(**options: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        fetch_agnews(**options)
    assert "\n" not in str(caught.value)
    return caught.value


def test_the_whole_set_of_the_published_size(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({"train.jsonl": jsonl(120_000), "test.jsonl": jsonl(7_600, "Test")}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        train, test = fetch_agnews()
    assert (len(train), len(test)) == (120_000, 7_600)
    assert train.documents[:2] == [("Title 0", "Text — 0"), ("Title 1", "Text — 1")]
    assert train.labels is not None
    assert train.labels[:5] == ["World", "Sports", "Business", "Sci/Tech", "World"]
    assert Counter(test.labels or ()) == dict.fromkeys(("World", "Sports", "Business", "Sci/Tech"), 1_900)
    assert train.has_titles
    assert test.documents[-1] == ("Test 7599", "Text — 7599")


def test_no_token_is_sent_and_the_second_time_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, small: dict[str, bytes]
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_user")
    with serving(small) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        first, _ = fetch_agnews()
        asked = len(server.asked)
        again, _ = fetch_agnews()
        assert len(server.asked) == asked > 0
        assert all("authorization" not in headers for headers in server.headers)
        revisions = {path.split("/")[-2] for _, path in server.asked}
    assert revisions == {"70e3fa1915be9a8daebec5e840f20df9a8e18793"}
    # The cache serves without any hub, too.
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert fetch_agnews()[0].fingerprint == again.fingerprint == first.fingerprint


def test_a_hub_that_never_answers_costs_no_more_than_the_limit(
    monkeypatch: pytest.MonkeyPatch, small: dict[str, bytes]
) -> None:
    with serving(small, hang=("HEAD", "GET")) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        started = time.monotonic()
        error = complaint(reach_seconds=0.5)
        waited = time.monotonic() - started
    assert 0.4 < waited < 4
    assert "did not answer" in error.received
    assert "--data-dir" in error.hint


def test_a_hub_that_stops_in_the_middle_costs_no_more_than_the_limit(
    monkeypatch: pytest.MonkeyPatch, small: dict[str, bytes]
) -> None:
    with serving(small, hang=("GET",)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        started = time.monotonic()
        error = complaint(limit_seconds=1.0)
        waited = time.monotonic() - started
    assert 0.9 < waited < 9
    assert "did not deliver (nothing within 1 s)" in error.received


def test_a_name_that_is_looked_up_for_ever_costs_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()

    def look_up(*_: object, **__: object) -> None:
        free.wait(30)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    # No timeout of an HTTP client covers the look-up of a name.
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    started = time.monotonic()
    error = complaint(reach_seconds=0.5)
    waited = time.monotonic() - started
    free.set()
    assert waited < 4
    assert "did not answer" in error.received


def test_nobody_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{taken.getsockname()[1]}")
        started = time.monotonic()
        assert "did not answer (ConnectError" in complaint().received
    assert time.monotonic() - started < 5


def test_a_hub_without_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        assert "404" in complaint().received


@pytest.mark.parametrize("rows", [36, 44])
def test_wrong_row_counts_are_refused(monkeypatch: pytest.MonkeyPatch, small: dict[str, bytes], rows: int) -> None:
    with serving(small | {"train.jsonl": jsonl(rows)}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        error = complaint()
    assert f"train.jsonl holds {rows} rows and not 40" in error.received
    assert "Delete" in error.hint


def changed(place: int, **values: object) -> bytes:
    rows = [json.loads(line) for line in jsonl(40).splitlines()]
    rows[place] |= values
    return "\n".join(json.dumps(row) for row in rows).encode()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (changed(0, label=2), "rows a class"),
        (changed(2, label=5), "row 3 is not"),
        (changed(2, label=0), "row 3 is not"),
        (changed(2, label="3"), "row 3 is not"),
        (changed(2, title=None), "row 3 is not"),
        (changed(2, description=7), "row 3 is not"),
        (b'{"title": "a", "label": 1}', "row 1 is not"),
        (b"[1, 2]", "row 1 is not"),
        (b"<html>Sign in</html>", "row 1 is not"),
        (b"\xff\xfe", "row 1 is not"),
        (b"[" * 100_000, "row 1 is not"),
        (b"", "holds 0 rows"),
    ],
)
def test_wrong_rows_are_refused(
    monkeypatch: pytest.MonkeyPatch, small: dict[str, bytes], content: bytes, what: str
) -> None:
    with serving(small | {"train.jsonl": content}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        assert what in complaint().received


def test_a_file_that_is_far_too_large(monkeypatch: pytest.MonkeyPatch, small: dict[str, bytes]) -> None:
    monkeypatch.setattr(hub_dataset, "_MAX_FILE_BYTES", 1000)
    with serving(small) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        assert "train.jsonl has" in complaint().received


def test_what_goes_on_beyond_the_bound_is_cut_off(monkeypatch: pytest.MonkeyPatch, small: dict[str, bytes]) -> None:
    monkeypatch.setattr(hub_dataset, "_MAX_FILE_BYTES", 1000)
    with serving(small | {"train.jsonl": bytes(1 << 22)}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        assert complaint().received == "The hub sends more than 1,000 bytes of sh0416/ag_news train.jsonl"


def test_without_the_library_the_mend_is_the_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert "pip install 'recurra[data]'" in complaint().hint
