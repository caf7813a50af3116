"""Damaged texts against texts that were damaged on purpose; and that sound texts are left alone."""

from __future__ import annotations

import csv
import html
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data.text_repair import (
    CONTROL,
    ENTITY,
    MOJIBAKE,
    repair_text,
    without_control_characters,
    without_entities,
    without_mojibake,
)


def misread(text: str) -> str:
    """UTF-8 read as Windows-1252, as browsers do: bytes that it does not have are control characters."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "café", "Straße", "Größe: 5 µm", "naïve façade", "it’s “good” – really…", "5 € or £4", "Привет, мир!",
        "Ελληνικά", "日本語のニュース", "한국어", "ราคา", "smile 😀", "señor", "Français à Noël",
        "trademark™", "½ of it", "Köln", "Küche in München", "Ärger mit Bär.",
    ],
)  # fmt: skip
def test_what_was_misread_is_read_right(text: str) -> None:
    wrong = misread(text)
    assert wrong != text
    assert without_mojibake(wrong) == text
    assert re.search(MOJIBAKE, wrong)
    # Misread twice, it is repaired twice.
    assert without_mojibake(misread(wrong)) == text
    assert without_mojibake(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "CAFÉ»",
        "«À»",
        "IRMÃ»",
        "à «citer»",
        "Â",
        "Ã",
        "50 Â",
        "ÄÖÜ",
        "São Paulo",
        "MAÇÃ°",
        "Ñandú",
        "ï",
        "cœur",
        "nœud’s",
    ],
)
def test_what_may_be_meant_is_left(text: str) -> None:
    assert repair_text(text) == text


# Without œ: no language has words such as "ÉœÉ’s", and that is also how "ɜɒs" is misread.
words = st.text(alphabet=st.sampled_from("abcéèüñßøåçЖжяЯёиЪ日本語ひらカナ한국ΩλÀÉâ"), min_size=1, max_size=6)
marks = st.sampled_from(["", ",", "’s", "”", "»", "…", " –", "€", "\u00a0%", "®", "²"])


@given(st.lists(st.tuples(st.sampled_from(["", "«", "“", "‘"]), words, marks)))
def test_texts_of_many_languages_are_sound(parts: list[tuple[str, str, str]]) -> None:
    text = " ".join(begin + word + mark for begin, word, mark in parts)
    assert without_mojibake(text) == text


def test_windows_1252_that_was_read_as_latin_1() -> None:
    assert without_mojibake("it\x92s \x93good\x94 \x96 5 \x80") == "it’s “good” – 5 €"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R&amp;D", "R&D"), ("&lt;b&gt;", "<b>"), ("&amp;lt;", "<"), ("it&#39;s", "it's"), ("&#x27;", "'"),
        ("&nbsp;x", "\u00a0x"), ("India #39;s", "India's"), ("cost  #36;10", "cost $10"), ("#39;tis", "'tis"),
        ("R&D; more", "R&D; more"), ("a & b; c", "a & b; c"), ("No #45; here", "No #45; here"), ("C#39;", "C#39;"),
    ],
)  # fmt: skip
def test_entities(text: str, expected: str) -> None:
    assert without_entities(text) == expected
    if text != expected:
        assert re.search(ENTITY, text)


def test_control_characters() -> None:
    assert without_control_characters("a\x07b\x00c\ufeffd\x8d") == "abcd"
    assert without_control_characters("a\tb\nc\rd\x0be\x85") == "a\tb\nc\rd\x0be\x85"


damaged = st.lists(
    st.sampled_from(
        ["Ã", "©", "Â", "â", "€", "™", "&", "amp;", "#39;", "lt;", " ", "a", "É", "\x07", "\x92", "\x81", "&#", "x"]
    )
    | st.characters(),
    max_size=30,
).map("".join)


@given(damaged, st.booleans())
def test_a_repaired_text_is_sound(text: str, unescape: bool) -> None:
    once = repair_text(text, unescape=unescape)
    assert repair_text(once, unescape=unescape) == once
    assert not re.search(CONTROL, once)
    assert without_mojibake(once) == once
    if unescape:
        assert without_entities(once) == once


@given(damaged)
def test_the_sieve_misses_nothing(text: str) -> None:
    """Arrow's pattern must let through whatever a repair would change."""
    for sieve, repair in (
        (MOJIBAKE, without_mojibake),
        (CONTROL, without_control_characters),
        (ENTITY, without_entities),
    ):
        if repair(text) != text:
            assert re.search(sieve, text)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_plain_text_survives_escaping(text: str) -> None:
    plain = text.replace("&", "").replace("#", "")
    assert without_entities(html.escape(plain)) == plain


def test_56_languages_are_sound(data_dir: Path) -> None:
    """Django's messages in all its languages: nothing in them is taken for damage."""
    with (data_dir / "langid_django" / "train.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert len(texts) > 20_000
    assert [text for text in texts if repair_text(text) != text] == []
