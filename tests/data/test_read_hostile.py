"""Whatever bytes a file holds, reading it gives a table or one DataError."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data.arrow_columns import MAX_TEXT_BYTES
from recurra.data.read import read_table
from recurra.errors import DataError

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

_CSV = 'label,title,text\n1,"a ""quoted"" title","two\nlines"\n0,é,文字 and more\n1,,plain\n'.encode()


@cache
def _parquet(compression: str) -> bytes:
    buffer = io.BytesIO()
    table = pa.table({"label": ["a", "b"] * 10, "title": ["t"] * 20, "text": [f"text é {row}" for row in range(20)]})
    parquet.write_table(table, buffer, compression=compression)
    return buffer.getvalue()


@st.composite
def broken(draw: st.DrawFn, whole: bytes) -> bytes:
    """``whole`` with bytes changed, cut out and put in."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 12))
        content[place : place + length] = draw(st.binary(max_size=12) | st.sampled_from([b'"', b"\n", b",", b"\0"]))
    return bytes(content)


def check(path: Path, content: bytes, encoding: str = "utf-8") -> None:
    path.write_bytes(content)
    fault = None
    try:
        table = read_table(path, encoding=encoding)
    except DataError as error:
        fault = error
    if fault is not None:
        assert "\n" not in str(fault)
        assert len(str(fault)) < 1500
        assert fault.hint.endswith((".", "?"))
        return
    assert len(table.documents) == len(table.labels or ()) > 0
    for document in table.documents:
        for text in document if isinstance(document, tuple) else (document,):
            assert isinstance(text, str)
            assert len(text.encode()) <= MAX_TEXT_BYTES  # lone surrogates would fail here


@given(content=broken(_CSV) | st.binary(max_size=80), encoding=st.sampled_from(["utf-8", "latin-1", "utf-16", "utf-7"]))
def test_broken_csv(tmp_path_factory: pytest.TempPathFactory, content: bytes, encoding: str) -> None:
    check(tmp_path_factory.getbasetemp() / "broken.csv", content, encoding)


@given(content=broken(_CSV.replace(b",", b"\t")))
def test_broken_tsv(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    check(tmp_path_factory.getbasetemp() / "broken.tsv", content)


@given(data=st.data(), compression=st.sampled_from(["NONE", "snappy", "zstd"]))
def test_broken_parquet(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, compression: str) -> None:
    content = data.draw(broken(_parquet(compression)) | st.binary(max_size=80))
    check(tmp_path_factory.getbasetemp() / "broken.parquet", content)
