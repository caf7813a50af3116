"""A hub on this machine with a model on it, and a cache and a token of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bundles import make_bundle
from model_hub import TOKEN, ModelHub, Repository, serving

from recurra.bundle.format import encode

pytest.importorskip("huggingface_hub")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModelHub]:
    """The stand-in, with the public model ``owner/news``; nobody is logged in."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))
    # Its own protocol for large files, which asks other services.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True, raising=False)
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as server:
        # Read when the library is imported, and by Recurra each time.
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.address)
        template = f"{server.address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        server.repositories["owner/news"] = Repository()
        server.repositories["owner/news"].commit({"model.safetensors": encode(make_bundle())})
        yield server


@pytest.fixture
def logged_in(hub: ModelHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner's token is in the environment."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
