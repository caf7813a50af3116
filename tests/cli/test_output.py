"""Lines that fit a terminal and cannot act on it."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.cli.output import LINE, Output, aligned, count, cut, definitions, excerpt, folded, plain, width


@given(st.text(max_size=80), st.integers(2, 40))
def test_cut_fits_and_keeps_the_head(text: str, columns: int) -> None:
    short = cut(text, columns)
    line = plain(" ".join(text[: 8 * columns].split()))
    assert width(short) <= columns
    assert "\n" not in short
    if short != line:
        assert short.endswith("…")
        assert line.startswith(short[:-1])
        # No room is wasted beyond a wide letter.
        assert width(short) >= columns - 1


def test_wide_letters_take_two_columns() -> None:
    assert width("経済 ok") == 7
    assert cut("経済新聞を読む", 7) == "経済新…"
    assert cut("経済新聞", 8) == "経済新聞"


@given(st.lists(st.text("abc.,", min_size=1, max_size=12), max_size=30), st.integers(13, 60))
def test_an_excerpt_fits_and_ends_with_a_whole_word(words: list[str], columns: int) -> None:
    text = " ".join(words)
    short = excerpt(text, columns)
    assert width(short) <= columns
    kept = short.removesuffix("…").split()
    assert kept == words[: len(kept)]
    if short != text:
        assert short.endswith("…")
        # One word more would not have left room for the mark.
        assert len(" ".join(words[: len(kept) + 1])) > columns - 1


def test_only_a_word_that_is_too_long_is_cut() -> None:
    assert excerpt("runs/a-long-name/model", 10) == "runs/a-lo…"
    assert excerpt("経済新聞を読む", 7) == "経済新…"
    assert excerpt("", 7) == ""


@given(st.text(max_size=40))
def test_plain_leaves_nothing_that_acts(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text)
    assert not [letter for letter in shown if unicodedata.category(letter) == "Cc"]
    assert plain(shown) == shown


@pytest.mark.parametrize("terminal", [False, True])
def test_messages_are_folded_on_a_terminal_alone(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    long = " ".join(["word"] * 20)
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    output = Output(as_json=False, quiet=False, aside=True)
    output.note(f"{long}.")
    output.warn(f"{long}.", "recurra score")
    Output(as_json=False, quiet=True).caution(long)
    lines = capsys.readouterr().err.splitlines()
    if terminal:
        assert len(lines) == 7
        assert max(map(width, lines)) <= LINE
    else:
        assert lines == [f"{long}.", f"recurra: note: {long}: recurra score", f"recurra: warning: {long}"]


def test_columns_are_flush() -> None:
    rows = [("name", "rows"), ("経済", "7"), ("sport", "1,234")]
    assert aligned(rows, right=(1,)).splitlines() == ["name    rows", "経済       7", "sport  1,234"]
    assert aligned(rows).splitlines()[1] == "経済   7"


def test_count_takes_anything() -> None:
    assert [count(value) for value in (58337, "many", None)] == ["58,337", "many", "None"]


@given(st.lists(st.text("ab", min_size=1, max_size=30), min_size=1, max_size=40), st.sampled_from(["", "    "]))
def test_folded_lines_fit_and_no_word_is_cut(words: list[str], indent: str) -> None:
    lines = folded(" ".join(words), indent).split("\n")
    assert all(line.startswith(indent) and width(line) <= LINE for line in lines)
    assert " ".join(line.removeprefix(indent) for line in lines).split() == words
    # No room is wasted.
    for line, after in pairwise(lines):
        assert width(line) + 1 + width(after.split()[0]) > LINE


def test_a_long_word_and_double_spaces_stay() -> None:
    assert folded("see " + "x" * 90).split("\n") == ["see", "x" * 90]
    assert folded("  a  b") == "  a  b"


@given(st.lists(st.text("ab ", min_size=1, max_size=100), min_size=1, max_size=5))
def test_the_flexible_column_makes_a_table_fit(cells: list[str]) -> None:
    rows = [(cell, "y" * 20, "1") for cell in cells]
    lines = aligned(rows, right=(2,), flexible=0).split("\n")
    assert max(map(width, lines)) <= LINE
    assert all(line.endswith("y" * 20 + "  1") for line in lines)


def test_definitions_are_folded_beside_their_names() -> None:
    found = definitions([("file", "small"), ("made with", "word " * 30)]).split("\n")
    assert found[0] == "file       small"
    assert found[1].startswith("made with  word word")
    assert all(line.startswith(" " * 11 + "word") for line in found[2:])
    assert max(map(width, found)) <= LINE
