"""Models that are replaced while the service runs: every answer comes wholly from the model that it names."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle
from services import JSON, LINES, Conversation, asking, make_service, rows_of, talk
from test_serving_views import until_there

from recurra.bundle import digest_of, write_bundle
from recurra.runtime import Model, load
from recurra.serving.background_results import BackgroundResults
from recurra.serving.reload import ModelFiles, Reloader, read_replacements
from recurra.serving.reload_counts import ReloadCounts

TEXTS = ["oil prices rise", "the team wins", "", "a late match in rome"]
# Other labels, and another cell.
OTHERS = {"seed": 3, "cell": "gru", "labels": ("x", "y")}


def header(conversation: Conversation) -> str:
    found = {name.lower(): value for name, value in conversation.sent[0]["headers"]}
    return str(found[b"recurra-model-digest"].decode())


def write_two(folder: Path) -> dict[str, Path]:
    paths = {"old": folder / "old.safetensors", "new": folder / "new.safetensors"}
    write_bundle(make_bundle(), paths["old"])
    write_bundle(make_bundle(**OTHERS), paths["new"])
    return paths


def test_every_answer_is_of_the_model_that_it_names(tmp_path: Path) -> None:
    paths = write_two(tmp_path)
    models = {digest_of(path): load(path) for path in paths.values()}
    right = {digest: model.predict_proba(TEXTS) for digest, model in models.items()}
    guard = make_service(models={"m": load(paths["old"])})

    async def asked(number: int) -> Conversation:
        await asyncio.sleep(number % 40 / 200)
        one = Conversation(headers=JSON)
        one.say(json.dumps({"texts": TEXTS}).encode(), end=True)
        await guard(one.scope, one.receive, one.send)
        return one

    async def conversation() -> list[Conversation]:
        asking = [asyncio.create_task(asked(number)) for number in range(400)]
        for number in range(20):
            made = await asyncio.to_thread(guard.models.make, "m", list(models.values())[number % 2])
            guard.models.replace([made])
        return await asyncio.gather(*asking)

    digests = set()
    for one in talk(guard, conversation):
        assert one.status == 200
        digests.add(digest := header(one))
        rows = rows_of(json.loads(one.body)["results"], models[digest])
        np.testing.assert_allclose(rows, right[digest], atol=1e-6)
    assert digests == set(models)
    gc.collect()
    assert not [thread for thread in threading.enumerate() if thread.name == "recurra-m" and thread.is_alive()]


def test_a_stream_is_answered_by_the_model_that_it_began_with(tmp_path: Path) -> None:
    paths = write_two(tmp_path)
    guard = make_service(models={"m": load(paths["old"])})

    async def conversation() -> tuple[Conversation, Any, bool]:
        one = Conversation(headers=LINES)
        stream = asyncio.create_task(guard(one.scope, one.receive, one.send))
        one.say(b'{"text": "oil"}\n')
        while len(one.sent) < 2:
            await asyncio.sleep(0.005)
        before = weakref.ref(guard.models.find("m"))
        guard.models.replace([guard.models.make("m", load(paths["new"]))])
        gc.collect()
        kept = before() is not None
        one.say(b'{"text": "team"}\n', end=True)
        await stream
        del stream
        gc.collect()
        return one, before(), kept

    one, left, kept = talk(guard, conversation)
    assert header(one) == digest_of(paths["old"])
    model = load(paths["old"])
    rows = rows_of([json.loads(line) for line in one.body.splitlines()], model)
    np.testing.assert_allclose(rows, model.predict_proba(["oil", "team"]), atol=1e-6)
    assert (kept, left) == (True, None)


def test_readings_and_lists_say_which_model_they_are_of(tmp_path: Path) -> None:
    paths = write_two(tmp_path)
    digests = {name: digest_of(path) for name, path in paths.items()}
    with asking(make_service(models={name: load(path) for name, path in paths.items()})) as client:
        listed = client.get("/v1/models").json()["models"]
        assert {one["name"]: one["digest"] for one in listed} == digests
        read = client.post("/v1/read", json={"text": "oil", "model": "new"})
        assert read.headers["recurra-model-digest"] == digests["new"]
        both = client.post("/v1/compare", json={"text": "oil", "models": ["new", "old"]})
        assert both.headers["recurra-model-digest"] == f"{digests['new']}, {digests['old']}"


def test_a_file_counts_when_it_has_stopped_changing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(b"1")
    files = ModelFiles({"m": path})
    assert files.replaced() == []
    path.write_bytes(b"12")
    assert [files.replaced(), files.replaced(), files.replaced()] == [[], ["m"], []]
    path.unlink()
    # A moment without a file is part of copying another one there.
    assert (files.replaced(), caplog.messages) == ([], [])
    assert [files.replaced(), files.replaced()] == [[], []]
    assert caplog.messages == [f"The file of the model m is gone, {path}: the model in memory goes on answering"]
    (tmp_path / "new").write_bytes(b"34")
    os.replace(tmp_path / "new", path)  # noqa: PTH105
    assert [files.replaced(), files.replaced(), files.replaced()] == [[], ["m"], []]
    path.write_bytes(b"123")
    assert files.replaced(every=True) == ["m"]
    assert [files.replaced(), files.replaced()] == [[], []]
    path.unlink()
    assert [files.replaced(every=True), files.replaced(), files.replaced()] == [["m"], [], []]
    assert len(caplog.messages) == 1


def test_a_file_that_cannot_be_used_is_one_line_and_the_old_model_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    paths = write_two(tmp_path)
    old, new = digest_of(paths["old"]), digest_of(paths["new"])

    def reread() -> dict[str, Model]:
        caplog.clear()
        return read_replacements(paths, ["old"], {"old": old}, read=load, make=lambda _, model: model, count=counts.add)

    counts = ReloadCounts(["old"])

    with caplog.at_level(logging.INFO):
        assert (reread(), caplog.messages) == ({}, [])
        data = bytearray(paths["new"].read_bytes())
        data[-1] ^= 1
        # The first one is the very model that answers, cut.
        for broken in (paths["old"].read_bytes()[:-100], data, data[:-100], b"junk", b""):
            paths["old"].write_bytes(broken)
            assert reread() == {}
            (line,) = caplog.messages
            assert line.startswith(f"The model old stays {old[:12]}, for its new file cannot be used: ")
            assert "\n" not in line
        paths["old"].unlink()
        assert reread() == {}
        assert f"There is no file {paths['old']}" in caplog.messages[0]
        paths["old"].write_bytes(paths["new"].read_bytes())
        assert reread()["old"].bundle.labels.classes == ("x", "y")
        assert caplog.messages == [f"The model old is {new[:12]} from now on, and was {old[:12]}"]
    assert list(counts) == [("old", "replaced", 1), ("old", "unchanged", 1), ("old", "failed", 6)]


def test_the_service_stays_ready_while_a_model_is_read(tmp_path: Path) -> None:
    paths = write_two(tmp_path)
    guard = make_service(models={"m": load(paths["old"])})
    files, may = ModelFiles({"m": paths["old"]}), threading.Event()

    def read(path: Path) -> Model:
        assert may.wait(30)
        return load(path)

    async def state() -> int:
        one = Conversation(headers={}, path="/readyz")
        one.scope["method"] = "GET"
        one.say(b"", end=True)
        await guard(one.scope, one.receive, one.send)
        return one.status

    async def conversation() -> tuple[int, str, str]:
        reloader = Reloader(files, guard.models, watch=False, read=read)
        os.replace(paths["new"], paths["old"])  # noqa: PTH105
        before = guard.models.find("m").digest
        reloader.request()
        reloader.tick(1)
        await asyncio.sleep(0.05)
        found = await state(), guard.models.find("m").digest
        assert found[1] == before
        may.set()
        while guard.models.find("m").digest == before:
            await asyncio.sleep(0.005)
        return *found, guard.models.find("m").digest

    ready, _, after = talk(guard, conversation)
    assert (ready, after) == (200, digest_of(paths["old"]))


def test_views_of_the_old_model_are_dropped_also_while_they_are_computed() -> None:
    views, began, may = BackgroundResults(), threading.Event(), threading.Event()

    def slow() -> str:
        began.set()
        assert may.wait(30)
        return "old"

    assert json.loads(until_there(lambda: views.answer("flags", "other", lambda: "kept")).body) == "kept"
    assert json.loads(until_there(lambda: views.answer("compare", "", lambda: "old")).body) == "old"
    assert views.answer("flags", "m", slow).status_code == 202
    assert began.wait(30)
    views.forget(["m"])
    assert views.busy
    may.set()
    for view, model in (("flags", "m"), ("compare", "")):
        new = lambda: views.answer(view, model, lambda: "new")  # noqa: B023, E731
        assert json.loads(until_there(new).body) == "new"
    assert json.loads(views.answer("flags", "other", slow).body) == "kept"
    assert not views.busy
