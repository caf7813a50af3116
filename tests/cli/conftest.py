"""Commands run in this process, and small models for them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from bundles import make_bundle
from commands import Ran, Run
from rows import write_news

from recurra.bundle import write_bundle
from recurra.cli import main


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in a fresh folder, without the machine's named sets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECURRA_DATA", raising=False)
    monkeypatch.setenv("RECURRA_CACHE", str(tmp_path / "no-cache"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``recurra`` with the given words and, if any, bytes on standard input."""

    def call(*words: object, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = main([str(word) for word in words])
        return Ran(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of ``recurra train`` on 120 generated rows."""
    folder = tmp_path_factory.mktemp("trained")
    news = write_news(folder / "news.csv", 120)
    options = ["--epochs", "4", "--learning-rate", "0.02", "--set", "hidden=6", "--set", "embedding=8", "--quiet"]
    assert main(["train", str(news), "--out", str(folder / "run"), *options]) == 0
    return folder / "run"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model file with random weights and the classes a, b and c."""
    write_bundle(make_bundle(), tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """60 generated rows."""
    return write_news(tmp_path / "news.csv", 60)
