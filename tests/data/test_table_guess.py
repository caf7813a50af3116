"""A table is told from texts by more than a usual name in its first line."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_rows import rows_in

from recurra.data.model_columns import ModelColumns
from recurra.data.sources import open_blocks
from recurra.data.table_guess import table_or_texts
from recurra.data.usual_names import LABEL_NAMES, TEXT_NAMES, TITLE_NAMES
from recurra.errors import DataError

USUAL = [name for tiers in (TEXT_NAMES, TITLE_NAMES, LABEL_NAMES) for tier in tiers for name in tier]

sentences = st.lists(st.text("abcdefgh", min_size=1), min_size=2, max_size=8).map(" ".join)


@given(st.sampled_from(USUAL), st.sampled_from(",;|"), st.lists(sentences, min_size=1, max_size=4))
def test_a_sentence_after_a_usual_name_is_a_text(name: str, mark: str, rest: list[str]) -> None:
    head = "".join(f"{word}{mark} {sentence}\n" for word, sentence in zip([name, *USUAL], rest, strict=False))
    assert table_or_texts(head, "csv") == "texts"


@pytest.mark.parametrize(
    ("head", "form", "expected"),
    [
        ("id,text\n1,oil\n", "csv", "table"),
        # As pandas writes the index of a frame.
        (",text\n0,oil\n", "csv", "table"),
        ('id;text\n1;"oil\n\ngas; more"\n', "csv", "table"),
        ("text, label\noil, a\n", "csv", "table"),
        # Empty cells are a row, a blank line is none.
        ('text,label\n\n"",""\n \n', "csv", "table"),
        ("sep=;\nid;text\n1;oil\n", "csv", "table"),
        ("\n\nlabel\ttext\na\toil, gas\n", "tsv", "table"),
        ("id, text\n1, oil\n", "csv", "texts"),
        # No row, rows of another width, a sentence, a name that comes twice.
        ("id,text\n", "csv", "unsure"),
        ("text,disk\nhelp me\n", "csv", "unsure"),
        ("text,label\noil, gas,a\n", "csv", "unsure"),
        ("text,no space left on device\nhelp,link down\n", "csv", "unsure"),
        ("text,text\noil,gas\n", "csv", "unsure"),
        # The last row goes on behind what was read, or is too wide all the same.
        ('id,text\n1,oil\n2,"' + "a" * 70_000, "csv", "table"),
        ("id,text\n1," + "a, " * 30_000, "csv", "unsure"),
    ],
)
def test_what_the_first_lines_are(head: str, form: str, expected: str) -> None:
    assert table_or_texts(head, form) == expected


def test_names_that_are_known() -> None:
    assert table_or_texts("Nr, Anliegen\n1, oil\n", "csv", known=["Anliegen"]) == "texts"
    assert table_or_texts("Nr, Anliegen\n1, oil\n", "csv", known=["Nr", "Anliegen"]) == "table"
    # Asked for by name it is a table, whose rows are checked when they are read.
    assert table_or_texts("Nr, Anliegen\n", "csv", named=["Anliegen"]) == "table"


def test_an_unsure_source_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = r"may be a table or one text a line: its first line, 'text,disk'.* Say format='csv' or format='txt'\."
    content = b"text,disk\nhelp me\n"
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    with pytest.raises(DataError, match="standard input " + said):
        open_blocks("-")
    (tmp_path / "x.txt").write_bytes(content)
    # A .txt file is a table only by a name that is asked for.
    assert rows_in(tmp_path / "x.txt") == [{"text": "text,disk"}, {"text": "help me"}]
    with pytest.raises(DataError, match=r"x\.txt " + said):
        open_blocks(tmp_path / "x.txt", model=ModelColumns("text"))
