"""A hub on this machine with a model on it, and a cache and a token of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bundles import make_bundle
from model_hub import TOKEN, ModelHub, Repository, stand_in

from recurra.bundle.format import encode

pytest.importorskip("huggingface_hub")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModelHub]:
    """The stand-in, with the public model ``owner/news``; nobody is logged in."""
    with stand_in(monkeypatch, tmp_path) as server:
        server.repositories["owner/news"] = Repository()
        server.repositories["owner/news"].commit({"model.safetensors": encode(make_bundle())})
        yield server


@pytest.fixture
def logged_in(hub: ModelHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner's token is in the environment."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
