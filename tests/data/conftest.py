"""Where the bytes of a source come from."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from recurra.data import blocks as blocks_module
from recurra.data import fasttext_lines, json_lines, lines


@pytest.fixture(params=["file", "pipe"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Puts bytes where they are read: into a file, or on standard input."""

    def put(content: bytes, name: str) -> Any:
        if request.param == "pipe":
            monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
            return "-"
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    monkeypatch.setattr(blocks_module, "BLOCK_BYTES", 128)
    for module in (lines, json_lines, fasttext_lines):
        monkeypatch.setattr(module, "BLOCK_BYTES", 40)
    monkeypatch.setattr(json_lines, "HEAD_BLOCKS", 2)
    return put
