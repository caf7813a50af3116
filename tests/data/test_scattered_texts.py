"""Texts in lists, and in two columns of which each row fills one, are not passed over by a guess."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from rows import write_table

from recurra.data.read import read_table
from recurra.errors import DataError

SAID = [f"I was charged {place} times this month" for place in range(40)]
TOPICS = ["billing", "bug"] * 20


def written(folder: Path, kind: str, rows: list[dict[str, Any]]) -> Path:
    path = folder / f"chats{kind}"
    if kind == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("\n".join(map(json.dumps, rows)))
    return path


@pytest.mark.parametrize("kind", [".jsonl", ".parquet"])
@pytest.mark.parametrize(
    ("beside", "inside", "place", "way"),
    [
        ({"conversation_id": "c386bbc4-0d5e-4f3a-9d0e-000000000000-and-more"}, "messages", "messages", "row"),
        ({"team": "north"}, "messages", "messages", "row"),
        ({"talk": {"started": "2024-01-01"}}, "talk", "talk.turns", "row['turns']"),
    ],
)
@pytest.mark.parametrize("objects", [True, False])
def test_lists_are_named_where_only_an_id_or_something_short_is_left(
    kind: str, beside: dict[str, Any], inside: str, place: str, way: str, objects: bool, tmp_path: Path
) -> None:
    rows = []
    for number, (text, topic) in enumerate(zip(SAID, TOPICS, strict=True)):
        turns = [{"role": "user", "content": text}] if objects else [text, "Thank you."]
        row = {**beside, "topic": topic}
        if inside in beside:
            row[inside] = {**beside[inside], "turns": turns}
        else:
            row = {name: f"{value}{number}" if number % 2 else value for name, value in beside.items()} | {
                "topic": topic,
                inside: turns,
            }
        rows.append(row)
    path = written(tmp_path, kind, rows)
    if kind == ".parquet" and inside in beside:
        # Columns inside a structure are not looked for there.
        with pytest.raises(DataError, match="no column of texts among 'talk'"):
            read_table(path)
        return
    with pytest.raises(DataError, match="has its texts in lists, in the column") as found:
        read_table(path)
    joined = f"str(one.get('content', '')) for one in {way})" if objects else f"' '.join({way})"
    assert f"in the column {place!r}, and no column of texts but" in str(found.value)
    assert joined in str(found.value)


def test_lists_of_labels_or_of_words_shorter_than_the_texts_are_no_texts(tmp_path: Path) -> None:
    rows = [
        {"id": str(place), "text": text, "topic": [topic], "words": text.split()[:2]}
        for place, (text, topic) in enumerate(zip(SAID, TOPICS, strict=True))
    ]
    table = read_table(written(tmp_path, ".jsonl", rows), label="topic")
    assert (table.text_column, table.documents) == ("text", SAID)


def test_two_columns_that_complete_each_other_are_named(tmp_path: Path) -> None:
    rows = [
        (place, *(("", f"Ich wurde {place} Mal belastet") if place % 3 == 0 else (text, "")), topic)
        for place, (text, topic) in enumerate(zip(SAID, TOPICS, strict=True))
    ]
    path = write_table(tmp_path / "two.csv", ("id", "Comment_EN", "Comment_DE", "Topic"), rows)
    said = "of 40 rows 14 have none in 'Comment_EN', and 14 of these have one in 'Comment_DE'"
    with pytest.raises(DataError, match=said):
        read_table(path)
    assert read_table(path, text="Comment_DE").documents[:2] == ["Ich wurde 0 Mal belastet", ""]


def test_remarks_beside_comments_are_no_second_column_of_texts(tmp_path: Path) -> None:
    rows = [
        (text if place % 3 else "", f"a remark on case {place}" if place % 4 == 0 else "", topic)
        for place, (text, topic) in enumerate(zip(SAID, TOPICS, strict=True))
    ]
    table = read_table(write_table(tmp_path / "remarks.csv", ("Comment", "Remark", "Topic"), rows))
    assert table.text_column == "Comment"
