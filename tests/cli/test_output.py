"""Lines that fit a terminal and cannot act on it."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from recurra.cli.output import aligned, count, cut, excerpt, plain, width


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


def test_columns_are_flush() -> None:
    rows = [("name", "rows"), ("経済", "7"), ("sport", "1,234")]
    assert aligned(rows, right=(1,)).splitlines() == ["name    rows", "経済       7", "sport  1,234"]
    assert aligned(rows).splitlines()[1] == "経済   7"


def test_count_takes_anything() -> None:
    assert [count(value) for value in (58337, "many", None)] == ["58,337", "many", "None"]
