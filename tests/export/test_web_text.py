"""The page's JavaScript reads every text as Python does: the very ids, n-grams and subwords."""

from __future__ import annotations

import shutil
import unicodedata
from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_models import ODD, TEXTS, make_page_model

from recurra.bundle import Bundle
from recurra.errors import RecurraError
from recurra.export.unicode_tables import unicode_tables
from recurra.export.web_check import browser_texts, javascript_inputs, network_inputs
from recurra.export.web_page import static_files
from recurra.text import TextSettings
from recurra.tokenizers import LOWERCASE_CHARACTERS

TOKENS = ("lesson", "words", "characters", LOWERCASE_CHARACTERS, "bytes")
# Characters that pipelines tend to get wrong come up more often than others.
characters = st.one_of(
    st.characters(),
    st.characters(categories=["Mn", "Mc", "Me", "Cf", "Cs", "Lt", "Sk"]),
    st.sampled_from(
        "aZ_9 '’.Σσςİıſ\u0345\u0301\u200c\u200d\ufe0f\u00ad\u00a0\u1680\x1c\x85\ud83d\ude00😀𝐀ﬁǅŉΐ\U000e0101"
    ),
)
texts = st.lists(st.one_of(st.text(characters, max_size=12), st.text(st.sampled_from("Oilprces .,'"))), max_size=60)


def same_inputs(bundle: Bundle, read: list[str]) -> None:
    theirs = javascript_inputs(bundle, read, static_files())
    if theirs is None:
        pytest.skip("no node: install Node.js 20 or later")
    pairs = zip(theirs, network_inputs(bundle, read), strict=True)
    # A difference of all numbers would take pytest minutes.
    assert [text[:40] for text, (one, other) in zip(read, pairs, strict=True) if one != other] == []


# Words are cut by all tables, which the others share.
EXHAUSTIVE = [pytest.mark.slow, pytest.mark.exhaustive]


@pytest.mark.parametrize(
    "tokens", ["words", *(pytest.param(one, marks=EXHAUSTIVE) for one in TOKENS if one != "words")]
)
def test_every_code_point_is_read_the_same(tokens: str) -> None:
    every = [c for c in map(chr, range(0x110000)) if not "\ud800" <= c <= "\udfff"]
    blocks = ["".join(every[first : first + 4001]) for first in range(0, len(every), 4001)]
    alone = [f"a{c}b {c}" for c in map(chr, range(0x3400))] + [f"a{c}" for c in map(chr, range(0xD800, 0xE000, 37))]
    # All that is known in the first half: a token that is cut or lowered otherwise has another id.
    same_inputs(make_page_model(tokens, texts=blocks[::2], branch=False), [*blocks, *alone])


@pytest.mark.parametrize("tokens", TOKENS)
def test_ngrams_and_subwords_are_those_of_the_branch(tokens: str) -> None:
    model = make_page_model(tokens, text={"max_tokens": 4}, branch_max_tokens=9)
    read = browser_texts([*TEXTS, *ODD])
    same_inputs(model, read)
    found = network_inputs(model, read)
    assert max(len(one["ids"]) for one in found) == 4
    assert max(len(one["ngrams"]) for one in found) > 9
    assert ("subwords" in found[0]) == (tokens in ("lesson", "words"))
    same_inputs(make_page_model(tokens, ngrams=1, subwords=0), read)


@pytest.mark.parametrize("first_words", [1, 3, None])
@pytest.mark.parametrize("tokens", ["lesson", "words", "characters", LOWERCASE_CHARACTERS])
def test_the_first_words_of_a_text_are_its_title(tokens: str, first_words: int | None) -> None:
    read = browser_texts([*TEXTS, *ODD, " a\u3000b\x1cc d", "a b"])
    same_inputs(make_page_model(tokens, text={"field": "title", "first_words": first_words}), read)


@pytest.mark.parametrize("tokens", TOKENS)
@settings(max_examples=10)
@given(texts)
def test_random_texts_are_read_the_same(tokens: str, drawn: list[str]) -> None:
    read = browser_texts(drawn)
    same_inputs(make_page_model(tokens, texts=[*TEXTS, *read[::2]]), read)


def test_a_difference_would_be_seen() -> None:
    if shutil.which("node") is None:
        pytest.skip("no node: install Node.js 20 or later")
    files = static_files()
    files["js/tokens.js"] = files["js/tokens.js"].replace(b"[0x27, 0x2019]", b"[0x27]")
    model = make_page_model("words")
    theirs, ours = javascript_inputs(model, TEXTS, files), network_inputs(model, TEXTS)
    assert theirs is not None
    # The first text alone has another apostrophe than ASCII's.
    assert [one == other for one, other in zip(theirs, ours, strict=True)] == [False, True, True, True, True]


def test_a_list_is_not_read_as_one_text() -> None:
    if shutil.which("node") is None:
        pytest.skip("no node: install Node.js 20 or later")
    with pytest.raises(RecurraError, match="TypeError: Give one text, a string"):
        javascript_inputs(make_page_model("words"), [TEXTS], static_files())  # type: ignore[list-item]


def members(lengths: list[int]) -> set[str]:
    bounds = list(accumulate(lengths))
    return {chr(point) for begin, end in list(pairwise(bounds))[::2] for point in range(begin, end)}


def test_the_tables_hold_what_python_says() -> None:
    tables = unicode_tables(TextSettings(tokens="words"))
    every = list(map(chr, range(0x110000)))
    assert members(tables["space"]) == {c for c in every if c.isspace()}
    assert members(tables["word"]) == {c for c in every if c.isalnum() or c == "_"}
    marks = {c for c in every if unicodedata.category(c) in ("Mn", "Mc", "Me")}
    assert members(tables["mark"]) == marks | {"\u200c", "\u200d"}
    assert {c: tables["lower"].get(c, c) for c in every} == {c: c.lower() for c in every}
    # By the Unicode Standard, section 3.13: letters with case are cased; marks and formats are ignored.
    assert {c for c in every if unicodedata.category(c) in ("Lu", "Ll", "Lt")} - members(tables["cased"]) == set()
    assert {c for c in every if unicodedata.category(c) in ("Mn", "Me", "Cf")} - members(tables["ignorable"]) == set()
    assert not members(tables["cased"]) & members(tables["ignorable"])


def test_there_are_no_tables_that_nothing_reads() -> None:
    def names(**others: Any) -> set[str]:
        return set(unicode_tables(TextSettings(**others)))

    assert names(tokens="words") == {"space", "word", "mark", "lower", "cased", "ignorable"}
    assert names(tokens="bytes") == names(tokens="lesson", field="title", first_words=None) == set()
    assert names(tokens="characters", field="title", first_words=3) == {"space"}
    assert names(tokens="characters", lowercase=True) == {"lower"}


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert browser_texts(["a\ud83d\ude00\ud83d", ("Title", "text"), ("", "text")]) == [
        "a😀\ud83d",
        "Title text",
        "text",
    ]
