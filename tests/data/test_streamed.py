"""A table that is read again each time has the rows of one that is in memory."""

from __future__ import annotations

import csv
import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recurra.data import blocks, streamed
from recurra.data.corpus import Corpus
from recurra.data.documents import Document
from recurra.data.read import read_table
from recurra.data.sources import open_blocks
from recurra.data.streamed import StreamedTable
from recurra.errors import DataError, in_python

CELLS = st.text(st.sampled_from("ab ,\"\n'é中=;"), max_size=12)
LABELS = st.one_of(
    st.lists(st.sampled_from(["true", "False", "TRUE"]), min_size=12, max_size=12),
    st.lists(st.sampled_from(["1", "-2", "30"]), min_size=12, max_size=12),
    st.lists(st.sampled_from(["1", "2.5", "07"]), min_size=12, max_size=12),
    st.lists(st.sampled_from(["news", "News", "sport ,"]), min_size=12, max_size=12),
)


def documents(rows: Corpus) -> list[Document]:
    return list(chain.from_iterable(rows.blocks()))


@pytest.fixture(params=[0, 1 << 25], ids=["read again", "kept"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of some rows; and a table that is kept in memory, or read again each time."""
    monkeypatch.setattr(streamed, "SMALL", request.param)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 512)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("titles", [True, False])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=12, max_size=12), LABELS)
def test_rows_are_those_of_a_table_in_memory(
    titles: bool, tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]], labels: list[str]
) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["label", "title" if titles else "other", "text"])
        writer.writerows((label, *pair) for label, pair in zip(labels, cells, strict=True))
    expected = read_table(path, text=None if titles else "text")
    assert expected.labels is not None
    heard: list[int] = []
    rows = StreamedTable(
        open_blocks(path), text=None if titles else "text", read=lambda count, total: heard.append(count)
    )
    assert list(map(repr, rows.labels.plain())) == list(map(repr, expected.labels))
    assert len(rows) == sum(heard) == 12
    # As often as one likes.
    for _ in range(2):
        assert documents(rows) == expected.documents
    assert rows.pairs == titles == expected.has_titles
    # Those for Python name arguments.
    assert tuple(map(in_python, rows.notes)) == expected.notes


@pytest.mark.usefixtures("small")
def test_other_kinds_of_tables(tmp_path: Path) -> None:
    values = [{"label": place % 3, "text": f"text {place}"} for place in range(40)]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in values), encoding="utf-8")
    rows = StreamedTable(open_blocks(path))
    assert rows.labels.plain() == [one["label"] for one in values]
    assert documents(rows) == [one["text"] for one in values]


def table(tmp_path: Path, text: str, **options: Any) -> StreamedTable:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    return StreamedTable(open_blocks(tmp_path / "t.csv"), **options)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text\na\n", "holds texts and no labels"),
        ("label,text\na,b\n,c\n", "row 3 .* column 'label' holds no label"),
        ("a,some first text here\na,x y z one two\na,x y z three four\n", "the first row names a column 'a'"),
    ],
)
def test_tables_that_cannot_be_used(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        len(table(tmp_path, text))


@pytest.mark.parametrize(("text", "now"), [("label,text\na,b\n", "1"), ("label,text\n" + "a,b\n" * 9, "more")])
def test_a_table_that_changes_meanwhile(text: str, now: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed, "SMALL", 0)
    rows = table(tmp_path, "label,text\na,b\nc,d\n")
    assert len(rows) == 2
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"t\.csv had 2 rows and now has {now}\. Leave it as it is"):
        documents(rows)
