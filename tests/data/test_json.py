"""Values inside objects by dotted names, and files of one JSON array, against what Python's json reads in them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data import json_lines
from recurra.data.read import read_table
from recurra.data.sources import open_blocks
from recurra.errors import DataError

TICKETS = [
    {"id": 1, "ticket": {"body": "oil é", "queue": "a", "from": {"name": "x"}}},
    {"id": 2, "ticket": {"body": "gas", "queue": "b"}},
    {"id": 3, "ticket": {"queue": "b", "body": None}},
    {"id": 4, "ticket": {"queue": "a", "from": {"name": "y"}}},
]
KINDS = [
    ("x.jsonl", lambda rows: "\n".join(map(json.dumps, rows))),
    ("x.json", lambda rows: json.dumps(rows, indent=1)),
]


def rows_in(source: Any, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in open_blocks(source, **options).read():
        assert part.first_row == 1 + len(found)
        columns = [column.to_pylist() for column in part.columns]
        found += [dict(zip(part.names, values, strict=True)) for values in zip(*columns, strict=True)]
    return found


def complaint(source: Any, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        list(open_blocks(source, **options).read())
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that everything is cut everywhere."""
    monkeypatch.setattr(json_lines, "BLOCK_BYTES", 40)


@pytest.mark.parametrize(("name", "written"), KINDS)
def test_a_dotted_name_is_a_value_inside_an_object(name: str, written: Callable[[Any], str], tmp_path: Path) -> None:
    (tmp_path / name).write_text(written(TICKETS))
    table = read_table(tmp_path / name, text="ticket.body", title="ticket.from.name", label="ticket.queue")
    assert table.documents == [("x", "oil é"), ("", "gas"), ("", ""), ("y", "")]
    assert table.labels == ["a", "b", "b", "a"]
    assert (table.text_column, table.title_column, table.label_column) == (
        "ticket.body",
        "ticket.from.name",
        "ticket.queue",
    )
    # What is not named stays as it was, but for texts where there are none beside the objects.
    assert [row.keys() for row in rows_in(tmp_path / name)] == [{"id", "ticket", "ticket.body", "ticket.queue"}] * 4
    beside = [{**row, "note": "two words"} for row in TICKETS]
    (tmp_path / name).write_text(written(beside))
    assert [row.keys() for row in rows_in(tmp_path / name)] == [{"id", "ticket", "note"}] * 4


def test_texts_that_lie_in_objects_alone_are_found(tmp_path: Path) -> None:
    rows = [
        {
            "id": f"t-{n}",
            "created": f"on day {n} of June",
            "message": {"subject": f"about {n}", "body": f"oil is dear {n}"},
            "category": "ab"[n % 2],
        }
        for n in range(12)
    ]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    table = read_table(tmp_path / "x.jsonl")
    columns = (table.text_column, table.title_column, table.label_column)
    assert columns == ("message.body", "message.subject", "category")
    assert table.documents[1] == ("about 1", "oil is dear 1")


@pytest.mark.parametrize(("name", "written"), KINDS)
def test_a_key_that_is_written_so_comes_first(name: str, written: Callable[[Any], str], tmp_path: Path) -> None:
    rows = [{"a.b": "key", "a": {"b": "inside", "c.d": "x", "c": {"d": "y"}}}, {"a": {"b": "inside"}}]
    (tmp_path / name).write_text(written(rows))
    found = rows_in(tmp_path / name, named=["a.b", "a.c.d", None, "none"])
    assert [(row["a.b"], row["a.c.d"]) for row in found] == [("key", "x"), (None, None)]
    assert list(found[0]) == ["a.b", "a", "a.c.d"]


MEANT = " Did you mean 'ticket.body'?"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("ticket.bdy", f"no column 'ticket.bdy'. Name one of 'ticket.body', 'ticket.queue', 'ticket.from'.{MEANT}"),
        ("ticket.from.body", f"no column 'ticket.from.body'. Name one of 'ticket.from.name'.{MEANT}"),
        (
            "ticket.body.name",
            f"no column 'ticket.body.name'. Name one of 'ticket.body', 'ticket.queue', 'ticket.from'.{MEANT}",
        ),
        ("tickets.body", f"no column 'tickets.body'. Name one of 'id', 'ticket'.{MEANT}"),
        ("id.body", "no column 'id.body'. Name one of 'id', 'ticket'."),
        ("ticket.", "no column 'ticket.'. Name one of 'ticket.body', 'ticket.queue', 'ticket.from'."),
    ],
)
@pytest.mark.parametrize(("name", "written"), KINDS)
def test_a_part_that_is_not_there_is_answered_with_what_is(
    path: str, message: str, name: str, written: Callable[[Any], str], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(written(TICKETS))
    assert complaint(tmp_path / name, named=[path]).endswith(f"{name} has {message}")


def test_a_value_of_another_kind_inside_an_object_is_named(tmp_path: Path, small: None) -> None:
    rows = [*TICKETS * 10, {"id": 5, "ticket": {"body": 7}}]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert "line 41, 'ticket.body' holds 7, and earlier lines hold a text" in complaint(
        tmp_path / "x.jsonl", named=["ticket.body"]
    )


values = st.none() | st.text(max_size=6)
objects = st.fixed_dictionaries({"text": st.text(max_size=12)}, optional={"é": values, "n": st.integers(-9, 9)})


@given(
    rows=st.lists(objects, min_size=1, max_size=20),
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
    space=st.sampled_from(["", "\r\n", " \t\n\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_an_array_is_its_objects(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, Any]],
    indent: int | None,
    ascii_only: bool,
    space: str,
    encoding: str,
) -> None:
    path = tmp_path_factory.getbasetemp() / "array.json"
    content = space + json.dumps(rows, indent=indent, ensure_ascii=ascii_only) + space
    path.write_bytes(content.encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lines, "BLOCK_BYTES", 7)
        patch.setattr(json_lines, "HEAD_BLOCKS", 1000)
        found = rows_in(path)
    names = {name for row in rows for name in row}
    assert found == [{name: row.get(name) for name in names} for row in rows]


@pytest.mark.parametrize("text", ["x" * 4000 + "\\ \U0001d11e", '\\"' * 500])
def test_a_text_may_be_cut_anywhere(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.json").write_text(json.dumps([{"text": text}, {"text": text}]))
    for size in range(40, 80):
        monkeypatch.setattr(json_lines, "BLOCK_BYTES", size)
        monkeypatch.setattr(json_lines, "HEAD_BLOCKS", 1000)
        assert rows_in(tmp_path / "x.json") == [{"text": text}] * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{"text": "a"}\n{"text": "b"}',
            "begins with an object, not with an array of objects. Put the objects into [ and",
        ),
        ('{"data": [{"text": "a"}]}', "or say format='jsonl' if there is one a line."),
        ("text", "begins with 'text', not with an array of objects. Write an array of objects, such as [{"),
        ("", "is empty"),
        (" \n", "is empty. Give a file with at least one row."),
        (" [ ] ", "x.json has no rows. Write an array of objects, such as [{"),
        ('[{"text": "a"}, 7]', "object 2 is not JSON as it is read here: it is 7, not an object"),
        ('[["a"]]', 'object 1 is not JSON as it is read here: it is ["a"], not an object'),
        ('[{"text": "a"} {"text": "b"}]', "object 1 is not JSON as it is read here: '{' follows it, and not a comma"),
        ('[{"text": "a"},]', "object 2 is not JSON as it is read here: Expecting value at character 1"),
        (
            '[{"text": "a"}, {"text" "b"}]',
            "object 2 is not JSON as it is read here: Expecting ':' delimiter at character 9",
        ),
        ('[{"text": "a", "text": "b"}]', "object 1 is not JSON as it is read here: the key 'text' stands there twice"),
        ('[{"text": NaN}]', "object 1 is not JSON as it is read here: JSON has no number NaN"),
        ('[{"text": "a"}', "the array is not closed after object 1. Is the file whole?"),
        ('[{"text": "a"},', "the array is not closed after object 1. Is the file whole?"),
        ("[", "the array is not closed after object 0."),
        ('[{"text": "a', "object 1 is not JSON as it is read here: Unterminated string starting at character 10"),
        ('[{"text": "a"}] [', "'[' follows the array"),
        ('[{"text": "a"}, {"text": 1}]', "object 2, 'text' holds 1, and earlier objects hold a text there"),
        ('[{"text": "\\ud800"}]', "object 1, 'text' holds half a character"),
        ('[{"n": ' + "[" * 100_000 + "}]", "object 1 is not JSON as it is read here: nested too deeply"),
    ],
)
def test_what_is_no_array_of_objects_is_named(
    content: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "HEAD_BLOCKS", 1)
    for size in (16, 1 << 20):
        monkeypatch.setattr(json_lines, "BLOCK_BYTES", size)
        (tmp_path / "x.json").write_text(content)
        if "holds 1" not in message or size == 16:
            assert message in complaint(tmp_path / "x.json")


def test_an_object_of_an_array_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('[{"text": "' + "x" * (6 << 20) + '"}]')
    assert "object 1 is longer than 4 MiB. Look for a quote or a brace that is never closed" in complaint(
        tmp_path / "x.json"
    )
    (tmp_path / "x.json").write_text('[{"text": "' + "x" * (3 << 20) + '"}]')
    with pytest.raises(DataError, match="row 1, column 'text' holds a text of 3,145,728 bytes"):
        read_table(tmp_path / "x.json", labelled=False)


def test_a_fault_in_a_long_array_is_named_and_not_called_a_long_object(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('[{"text" "a"}, ' + '{"text": "xxxxxxxx"}, ' * (6 << 16) + "]")
    assert "object 1 is not JSON as it is read here: Expecting ':'" in complaint(tmp_path / "x.json")


def test_an_array_on_standard_input_and_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps(TICKETS).encode()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert read_table("-", text="ticket.body", label="id").labels == [1, 2, 3, 4]
