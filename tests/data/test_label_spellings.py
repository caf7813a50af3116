"""Which spellings are one class: :mod:`recurra.data.label_spellings`."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recurra.data.label_spellings import damage_of, spelling_differences, spelling_key, usual_spellings

pieces = st.sampled_from(["a", "B", "b", "1", " ", " ", "\u00a0", "/", "-", "–", "&", "&amp;", "&nbsp;", "+", "#", "Ä"])
written = st.lists(pieces, min_size=1, max_size=5).map("".join)


def words_and_marks(label: str) -> list[str]:
    """The words and each mark of a label without damage, in lower case."""
    return re.findall(r"\w+|[^\w\s]", html.unescape(label).replace("–", "-").lower())


@given(st.lists(written, min_size=2, max_size=8, unique=True))
def test_labels_are_one_class_if_their_words_and_marks_are_equal(labels: list[str]) -> None:
    assume(all(words_and_marks(label) for label in labels))
    keys = [spelling_key(label) for label in labels]
    parts = [words_and_marks(label) for label in labels]
    assert [[one == other for other in keys] for one in keys] == [[one == other for other in parts] for one in parts]
    assert list(map(spelling_key, keys)) == keys
    usual = usual_spellings(dict.fromkeys(labels, 1))
    assert all(words_and_marks(name) == words_and_marks(best) for name, best in usual.items())
    assert not usual_spellings(dict.fromkeys((usual.get(label, label) for label in labels), 1))


@pytest.mark.parametrize(
    ("counts", "usual"),
    [
        ({"A/B": 40, "A / B": 8, "A /B": 1}, {"A / B": "A/B", "A /B": "A/B"}),
        # The spelling of most rows, but none with an entity.
        ({"R&D": 3, "R & D": 9, "R &amp; D": 40}, {"R&D": "R & D", "R &amp; D": "R & D"}),
        ({"Mo – Fr": 9, "Mo - Fr": 4, "Mo−Fr": 2}, {"Mo - Fr": "Mo – Fr", "Mo−Fr": "Mo – Fr"}),
        ({"caf&eacute;": 9, "café": 1, "caf&Atilde;&copy;": 1}, {"caf&eacute;": "café", "caf&Atilde;&copy;": "café"}),
        # Marks tell classes apart, and so do spaces between words; an Indic vowel sign is no mark.
        (dict.fromkeys(("C", "C++", "C#", "+1", "-1", "ab", "a-b", "a b", "कीमत", "की मत"), 2), {}),
        ({"C &amp; D": 9, "law": 1}, {}),
        # A whole number is one label with decimals and without; other decimals, versions and dates are their own.
        ({"4.0": 9, "4": 1, "5,00": 2, "4.5": 3, "4.50": 1, "1.0.0": 1, "1.0 beta": 1}, {"4.0": "4"}),
        ({"-3": 1, "-3.0": 1, "0.0": 1, "00": 1}, {"-3.0": "-3"}),
    ],
)
def test_the_cleanest_spelling_of_marks_and_entities(counts: dict[str, int], usual: dict[str, str]) -> None:
    assert usual_spellings(counts) == usual


def test_entities_are_damage_where_they_are_to_be_replaced() -> None:
    counts = {"C &amp; D": 9, "E&amp;F": 1, "e &amp; f": 2}
    assert usual_spellings(counts, unescape=True) == {"C &amp; D": "C & D", "E&amp;F": "E&F", "e &amp; f": "E&F"}
    assert usual_spellings({"A / B": 4}, ["A/B"]) == {"A / B": "A/B"}


def test_what_spellings_differ_in() -> None:
    assert spelling_differences([("A / B", "A/B")]) == ["case", "white space"]
    assert spelling_differences([("a–b", "a-b"), ("C &amp; D", "C & D")])[2:] == ["dashes", "HTML entities"]
    assert spelling_differences([("4.0", "4"), ("a", "A")]) == ["case", "white space", "decimal zeros"]
    assert usual_spellings({"4.0": 9, "b": 1}, ["4", "b"]) == {"4.0": "4"}
    assert (damage_of("a – b", "a-b"), damage_of("caf&Atilde;&copy;", "café")) == ("", "mojibake")
