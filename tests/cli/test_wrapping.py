"""Text that fits a line without cutting words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recurra.cli.output import width
from recurra.cli.wrapping import excerpt, wrap

WORDS = st.lists(st.text("abcdefg.,", min_size=1, max_size=12), max_size=30)


@given(WORDS, st.integers(12, 60))
def test_wrapped_lines_fit_and_keep_every_word(words: list[str], columns: int) -> None:
    lines = wrap(" ".join(words), columns=columns).split("\n")
    assert max(map(width, lines)) <= columns
    assert [word for line in lines for word in line.split()] == words


@given(WORDS, st.integers(12, 60))
def test_an_excerpt_ends_with_a_whole_word(words: list[str], columns: int) -> None:
    text = " ".join(words)
    short = excerpt(text, columns)
    assert width(short) <= columns
    if short != text:
        kept = short.removesuffix("…").split()
        assert short.endswith("…")
        assert kept == words[: len(kept)] or len(kept) == 1


def test_lines_of_a_paragraph_may_be_indented() -> None:
    assert wrap("one two three\nfour", columns=8, indent="  ") == "one two\n  three\nfour"


def test_a_word_that_is_too_long_is_kept_or_cut() -> None:
    assert wrap("a runs/a-long-name/model", columns=10) == "a\nruns/a-long-name/model"
    assert excerpt("runs/a-long-name/model", 10) == "runs/a-lo…"


def test_scripts_without_spaces_break_after_any_letter() -> None:
    assert wrap("経済新聞を読む", columns=8) == "経済新聞\nを読む"
    assert excerpt("経済新聞を読む", 7) == "経済新…"
