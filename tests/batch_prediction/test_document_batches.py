"""DocumentBatch as documents: against plain lists of the same texts."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bundles import WORDS, make_bundle
from hypothesis import given
from hypothesis import strategies as st

from recurra.batch_prediction import document_batches as module
from recurra.batch_prediction.document_batches import DocumentBatch, batches_of_lines, batches_of_table
from recurra.data import blocks, lines
from recurra.data.content import PipeContent
from recurra.data.lines import LineBlocks
from recurra.data.sources import open_blocks
from recurra.data.table_reader import TableReader
from recurra.errors import DataError
from recurra.runtime import Model
from recurra.text.settings import TextSettings

pa = pytest.importorskip("pyarrow")

ALL = TextSettings(tokens="lesson")
TITLE = TextSettings(tokens="lesson", field="title", first_words=None)
FIRST = TextSettings(tokens="lesson", field="title", first_words=2)
COUNT = 31


@pytest.fixture(autouse=True, scope="module")
def _small() -> Any:
    """So small that a few rows make several blocks, and a block several batches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BATCH", 3)
        patch.setattr(blocks, "BLOCK_BYTES", 200)
        patch.setattr(blocks, "BLOCK_ROWS", 7)
        patch.setattr(lines, "BLOCK_BYTES", 40)
        yield


def documents_in(rows: Sequence[DocumentBatch]) -> list[Any]:
    """All documents, as Python has them; a missing text is an empty one."""
    found: list[Any] = []
    for some in rows:
        documents: Any = some.documents
        documents = (
            documents.to_pylist()
            if hasattr(documents, "to_pylist")
            else [*map(documents.__getitem__, range(len(documents)))]
        )
        assert len(documents) == some.count <= 3
        found += [document or "" for document in documents]
    return found


def of_lines(content: bytes) -> list[DocumentBatch]:
    return list(batches_of_lines(LineBlocks(PipeContent(io.BytesIO(content), source="the lines"), encoding="utf-8")))


line = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=12)


@given(st.lists(line, max_size=20), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_each_line_is_a_document(texts: list[str], end: str, ended: bool) -> None:
    content = end.join(texts) + end * ended
    expected = content.removeprefix("\ufeff").split(end)
    if expected[-1] == "":
        expected.pop()
    found = of_lines(content.encode())
    assert documents_in(found) == expected
    assert sum(some.empty for some in found) == sum(not text.strip() for text in expected)
    assert not any(some.kept for some in found)
    source = LineBlocks(PipeContent(io.BytesIO(content.encode()), source="the lines"), encoding="utf-8")
    kept = [some.kept["text"] for some in batches_of_lines(source, ["text"])]
    assert [text for column in kept for text in column.to_pylist()] == expected


def test_a_line_that_is_no_text_comes_after_those_before_it() -> None:
    rows = batches_of_lines(
        LineBlocks(PipeContent(io.BytesIO(b"sound line\n" * 8 + b"\xff\n"), source="the lines"), encoding="utf-8")
    )
    read: list[DocumentBatch] = []
    with pytest.raises(DataError, match="byte 0xff"):
        read.extend(rows)
    assert set(documents_in(read)) <= {"sound line"}


def made_up() -> dict[str, list[Any]]:
    """Texts and titles, some of them empty and some missing, and columns that go with them."""
    generator = np.random.default_rng(4)

    def text() -> str | None:
        words = generator.choice(WORDS, generator.integers(0, 5))
        return None if generator.random() < 0.2 else " ".join(words)

    columns: dict[str, list[Any]] = {name: [text() for _ in range(COUNT)] for name in ("text", "title")}
    return {**columns, "id": list(range(COUNT)), "note": [f'"{n}",\n' if n % 3 else None for n in range(COUNT)]}


def of_table(settings: TextSettings, title: str | None, keep: Sequence[str] = ()) -> list[DocumentBatch]:
    source = open_blocks(pa.table(made_up()))
    return list(batches_of_table(TableReader(source, text="text", title=title, labelled=False), keep, settings))


def pairs() -> list[tuple[str, str]]:
    columns = made_up()
    return [(title or "", text or "") for title, text in zip(columns["title"], columns["text"], strict=True)]


@pytest.mark.parametrize(
    ("settings", "title", "expected"),
    [
        (ALL, "title", [" ".join(filter(None, pair)) for pair in pairs()]),
        (TITLE, "title", [title for title, _ in pairs()]),
        # Of a plain text such a model reads two words, of a pair the whole title.
        (FIRST, "title", [(title, "") for title, _ in pairs()]),
        (ALL, None, [text for _, text in pairs()]),
        (FIRST, None, [text for _, text in pairs()]),
    ],
    ids=["all", "titles", "first words", "texts alone", "texts for titles"],
)
def test_documents_are_what_the_model_reads_of_title_and_text(
    settings: TextSettings, title: str | None, expected: list[Any]
) -> None:
    found = of_table(settings, title)
    assert documents_in(found) == expected
    assert sum(some.empty for some in found) == sum(one in ("", ("", "")) for one in expected) > 1
    assert len(found) > COUNT / 3
    bundle = replace(make_bundle(scale=3), text=settings)
    model = Model(bundle)
    answers = np.concatenate([model.predict_proba(some.documents) for some in found])
    documents: list[Any] = [text for _, text in pairs()] if title is None else pairs()
    one_by_one = np.concatenate([model.predict_proba([document]) for document in documents])
    assert np.array_equal(answers, one_by_one)


@pytest.mark.parametrize("keep", [(), ("id",), ("note", "text", "id"), ("title",)])
def test_kept_columns_go_with_their_rows(keep: tuple[str, ...]) -> None:
    found = of_table(ALL, "title", keep)
    columns = made_up()
    assert all(tuple(some.kept) == keep for some in found)
    assert all(len(column) == some.count for some in found for column in some.kept.values())
    for name in keep:
        assert [value for some in found for value in some.kept[name].to_pylist()] == columns[name]


def test_a_file_of_commas_is_read_as_pythons_csv_reads_it() -> None:
    rows = [(f'nr "{n}"', ["plain", 'a "b", c', "two\nlines", ""][n % 4]) for n in range(COUNT)]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("id", "text"), *rows])
    source = blocks.DelimitedBlocks(
        PipeContent(io.BytesIO(text.getvalue().encode()), source="rows"), delimiter=",", encoding="utf-8"
    )
    found = list(batches_of_table(TableReader(source, text="text", title=None, labelled=False), ["id"], ALL))
    assert documents_in(found) == [text for _, text in rows]
    assert [value for some in found for value in some.kept["id"].to_pylist()] == [name for name, _ in rows]


@pytest.mark.parametrize("column", ["text", "title"])
@pytest.mark.parametrize(("bad", "message"), [("a\0b", "NUL character"), (7, "not texts")])
def test_columns_that_hold_no_texts_are_named(column: str, bad: Any, message: str) -> None:
    values: list[Any] = ["oil"] * 9 + [bad] if isinstance(bad, str) else [bad] * 10
    table = pa.table({**{name: ["oil"] * 10 for name in ("text", "title")}, column: values})
    with pytest.raises(DataError, match=f"'{column}'.* {message}|{column}.* {message}"):
        list(batches_of_table(TableReader(open_blocks(table), text="text", title="title", labelled=False), (), ALL))
