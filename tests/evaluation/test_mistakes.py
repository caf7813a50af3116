"""The surest mistakes: which ones, in which order, and how their text is cut."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.errors import DataError
from recurra.evaluation import mistakes
from recurra.evaluation.mistakes import LENGTH

PROBABILITIES = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4], [0.05, 0.95]], dtype=np.float32)
TARGETS = np.array([1, 1, 0, 0, 0])


def one(document: str | tuple[str, str]) -> str:
    """The text that a mistake shows of a document."""
    return mistakes(np.array([[1, 0]], dtype=np.float32), np.array([1]), [document], ["a", "b"])[0].text


def test_the_surest_wrong_rows_come_first():
    found = mistakes(PROBABILITIES, TARGETS, [f"text {i}" for i in range(5)], ["no", "yes"])
    assert [mistake.row for mistake in found] == [4, 0, 2]
    assert found[0].to_dict() == {
        "row": 4,
        "text": "text 4",
        "label": "no",
        "predicted": "yes",
        "probability": pytest.approx(0.95),
        "label_probability": pytest.approx(0.05),
    }
    assert json.dumps([mistake.to_dict() for mistake in found])


def test_top_and_no_mistakes():
    documents = ["x"] * 5
    assert [mistake.row for mistake in mistakes(PROBABILITIES, TARGETS, documents, [0, 1], top=1)] == [4]
    assert mistakes(PROBABILITIES, TARGETS, documents, [0, 1], top=0) == []
    assert mistakes(PROBABILITIES, PROBABILITIES.argmax(axis=1), documents, [0, 1]) == []


def test_other_documents_than_the_scored_ones_are_refused():
    with pytest.raises(DataError, match="4 documents for 5 rows"):
        mistakes(PROBABILITIES, TARGETS, ["x"] * 4, ["a", "b"])


def test_title_and_text_are_joined_and_long_text_is_cut_behind_a_word():
    assert one(("Oil  rises", "Prices\nwent up")) == "Oil rises — Prices went up"
    assert one(("", "only text")) == "only text"
    assert one(("only title", " ")) == "only title"
    text = one("word " * 100)
    assert text.endswith("word…")
    assert LENGTH - 6 <= len(text) <= LENGTH
    assert one("x" * LENGTH) == "x" * LENGTH
    assert one("漢" * (LENGTH + 1)) == "漢" * (LENGTH - 1) + "…"


def test_what_a_page_cannot_hold_is_replaced():
    assert one("a\x00b\x1b[31m") == "a\ufffdb\ufffd[31m"
    assert one("half \ud800 pair") == "half \ufffd pair"
    assert one("turned \u202e round") == "turned \ufffd round"


@given(st.one_of(st.text(max_size=400), st.tuples(st.text(max_size=400), st.text(max_size=2000))))
def test_any_text_becomes_one_short_printable_line(document: str | tuple[str, str]):
    text = one(document)
    assert len(text) <= LENGTH
    assert "\n" not in text
    assert text.encode("utf-8").decode("utf-8") == text
