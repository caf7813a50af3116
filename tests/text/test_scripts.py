"""Shares of scripts without spaces, against the names that Unicode gives its letters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.text.scripts import BLOCKS, code_points, language_of, unspaced_shares

# How the Unicode names of a script's letters begin.
NAMES = {
    "Han": ("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "IDEOGRAPHIC ITERATION", "IDEOGRAPHIC CLOSING"),
    "Hiragana": ("HIRAGANA",),
    "Katakana": ("KATAKANA", "HALFWIDTH KATAKANA"),
    "Thai": ("THAI",),
    "Lao": ("LAO",),
    "Myanmar": ("MYANMAR",),
    "Khmer": ("KHMER",),
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("体验2D巅峰 倚天屠龙记", "Chinese text, 90 % Han"),
        ("今日はとても良い天気です。", "Japanese text, 42 % Han and 58 % kana"),
        ("カタカナ", "Japanese text, 100 % kana"),
        ("ภาษาไทย", "Thai text, 100 % Thai"),
        ("ພາສາລາວ", "Lao text, 100 % Lao"),
        ("မြန်မာစာ", "Burmese text, 100 % Myanmar"),
        ("ភាសាខ្មែរ", "Khmer text, 100 % Khmer"),
    ],
)
def test_a_language_is_named_with_its_shares(text: str, said: str) -> None:
    assert language_of(unspaced_shares([text])) == said


@pytest.mark.parametrize("text", ["", "12 345 !?", "Plain words", "한국어 문장", "Ελληνικά", "नमस्ते दुनिया", "\ud800"])
def test_other_texts_have_no_share(text: str) -> None:
    assert sum(unspaced_shares([text]).values()) == 0


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_shares_are_those_of_the_letters_one_by_one(text: str) -> None:
    letters = [c for c in text if unicodedata.category(c)[0] in "LM"]
    for script, share in unspaced_shares([text[:5], text[5:]]).items():
        inside = [c for c in letters if any(first <= ord(c) <= last for first, last in BLOCKS[script])]
        assert share == pytest.approx(len(inside) / max(len(letters), 1))


LETTERS = [c for c in map(chr, range(0x33000)) if unicodedata.category(c)[0] in "LM" and unicodedata.name(c, "")]


@pytest.mark.parametrize("script", BLOCKS)
def test_the_blocks_are_the_scripts(script: str) -> None:
    """Letters that are named after the script lie in its blocks (of plane 0), and the blocks hold hardly any others."""
    inside = {c for c in LETTERS if any(first <= ord(c) <= last for first, last in BLOCKS[script])}
    named = {c for c in LETTERS if unicodedata.name(c).startswith(NAMES[script])}
    assert {c for c in named if ord(c) < 0x10000} <= inside
    assert len(inside - named) <= 0.05 * len(inside)


@given(st.lists(st.text(max_size=8), max_size=5))
def test_code_points_are_those_of_the_texts_in_a_row(texts: list[str]) -> None:
    joined = "".join(texts).encode("utf-8", "replace").decode()
    assert code_points(texts).tolist() == [ord(c) for c in joined]
