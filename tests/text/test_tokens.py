"""The tokenisers against definitions written another way."""

import csv
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recurra.text.tokens import (
    TOKENISERS,
    byte_tokens,
    character_tokens,
    lesson_tokens,
    lowercase_character_tokens,
    lowercase_points,
    word_tokens,
)

# Every code point, lone surrogates too, and often those that the rules name.
TEXTS = st.text(
    st.characters(exclude_categories=())
    | st.sampled_from("aZ!.' \t\n\x0b\x0c\r\x1c\x1f\x85\xa0’_É\u0301\u200d\ud800\udc00")
)


def lesson_byte_by_byte(text: str) -> list[bytes]:
    """The rule of Keras's TextVectorization, one byte after the other (see DESIGN: a pure byte pass)."""
    tokens, token = [], b""
    for byte in text.encode("utf-8", "replace"):
        if byte in (9, 10, 11, 12, 13, 32):
            tokens, token = [*tokens, token] if token else tokens, b""
        elif 33 <= byte <= 47 or 58 <= byte <= 64 or 91 <= byte <= 96 or 123 <= byte <= 126:
            continue
        else:
            token += bytes([byte + 32 if 65 <= byte <= 90 else byte])
    return [*tokens, token] if token else tokens


@given(TEXTS)
@example("Ünder_scored É\u00a0é x\x1cy U.S. 'quoted' \u2028\x85")
def test_lesson_tokens_are_the_byte_rule(text):
    assert [token.encode() for token in lesson_tokens(text)] == lesson_byte_by_byte(text)


@pytest.mark.parametrize("name", ["langid_django", "thucnews_titles_zh"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_lesson_tokens_of_real_languages(data_dir, name, split):
    with (data_dir / name / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert any(not text.isascii() for text in texts)
    wrong = [text for text in texts if [t.encode() for t in lesson_tokens(text)] != lesson_byte_by_byte(text)]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't panic!", ["don't", "panic", "!"]),
        ("it’s 'quoted' dogs'", ["it’s", "'", "quoted", "'", "dogs", "'"]),
        ("ÉCOLE Straße ΌΣΟΣ", ["école", "straße", "όσος"]),
        ("3.5% of $10,000 -- a_b", ["3", ".", "5", "%", "of", "$", "10", ",", "000", "-", "-", "a_b"]),
        ("a\u00a0b\u3000c\x85d\x1ce", ["a", "b", "c", "d", "e"]),
        ("東京は、晴れ。", ["東京は", "、", "晴れ", "。"]),
        ("cafe\u0301 മലയാളം हिन्दी", ["cafe\u0301", "മലയാളം", "हिन्दी"]),
        ("می‌خواهم", ["می‌خواهم"]),
        ("❤️! \u0301a", ["❤️", "!", "\u0301", "a"]),
        ("a\ud800b", ["a", "?", "b"]),
        ("", []),
    ],
)
def test_words(text, tokens):
    assert word_tokens(text) == tokens


@given(TEXTS)
def test_words_lose_nothing_but_white_space(text):
    lowered = text.encode("utf-8", "replace").decode().lower()
    tokens = word_tokens(text)
    assert "".join(tokens) == "".join(lowered.split())
    for token in tokens:
        core = [c for c in token if not unicodedata.category(c).startswith("M") and c not in "'’\u200c\u200d"]
        assert len(core) <= 1 or all(c.isalnum() or c == "_" for c in core)


@given(TEXTS)
def test_neighbouring_letters_stay_together(text):
    lowered = text.encode("utf-8", "replace").decode().lower()
    runs = "".join(c if c.isalnum() else " " for c in lowered).split(" ")
    assert all(any(run in token for token in word_tokens(text)) for run in runs if run)


@given(TEXTS)
def test_characters_are_code_points(text):
    expected = ["?" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text]
    assert character_tokens(text) == expected


@given(TEXTS)
def test_bytes_are_the_numbers_of_utf8(text):
    assert [ord(token) for token in byte_tokens(text)] == list(text.encode("utf-8", "replace"))


@given(TEXTS, st.sampled_from(sorted(TOKENISERS)))
def test_tokens_are_never_empty_and_can_be_stored(text, name):
    for token in TOKENISERS[name](text):
        assert token
        assert token.encode("utf-8").decode("utf-8") == token


def test_lower_case_characters_are_as_many_as_before():
    every = "".join(map(chr, range(0x110000)))
    wanted = [c.lower() if len(c.lower()) == 1 else c for c in character_tokens(every)]
    assert lowercase_character_tokens(every) == wanted
    # By the Unicode Standard: K of Kelvin is a k, a capital dotted I in lower case is two code points.
    assert lowercase_character_tokens("SMİTH ÉΣ\u212a") == ["s", "m", "İ", "t", "h", " ", "é", "σ", "k"]
    assert all(lower not in lowercase_points() for lower in lowercase_points().values())
