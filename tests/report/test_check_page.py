"""The page of a check."""

from __future__ import annotations

import re

from recurra.checking.finding import Finding, Row
from recurra.checking.report import CoverageSummary, FileSummary, Report
from recurra.data.review_decisions import EXCERPT_LENGTH
from recurra.report.check_page import ROWS, check_page


def _report(*findings: Finding) -> Report:
    seen = FileSummary(
        "train.csv", 1200, {"text": "text", "title": None, "label": "kind"}, {"a<b": 1000, "c": 200}, 41, ""
    )
    return Report(
        {"train": seen},
        findings,
        CoverageSummary("test rows", "that training would learn", 900, "words", 0.0625),
        ["this", "that"],
    )


def _near_copies() -> Finding:
    other = {"part": "train", "row": 3, "number": 5, "text": "another <b>", "label": "c"}
    rows = [
        Row(place, place + 2, f"text {place} <script>", "a<b", {"similarity": 0.875, "other": other})
        for place in range(30)
    ]
    facts = {"at_least": [{"similarity": 0.5, "rows": 30, "other_label": 7}]}
    return Finding("near-copies", "warning", "train", 30, "They are alike.", "Look at them.", rows=rows, facts=facts)


def test_findings_with_rows_and_numbers() -> None:
    page = check_page(_report(_near_copies()))
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
    for part in (
        "Check of train.csv",
        "1 warning.",
        "30 rows",
        "They are alike.",
        "Look at them.",
        "0.88",
        "misses 6.2 %",
    ):
        assert part in text.replace("\N{NO-BREAK SPACE}", " ")
    assert page.count("&lt;script&gt;") == ROWS
    assert "<script" not in page
    assert "train row 5" in text
    assert f"{30 - ROWS} more rows are in check.json" in text
    # A picture says its numbers again for those who cannot see it.
    assert "a&lt;b: 1,000" in page


def test_what_cannot_be_seen_is_shown() -> None:
    rows = [
        Row(
            0,
            2,
            "t" * EXCERPT_LENGTH,
            "c ",
            {"usual": "c", "other": {"part": "train", "number": 9, "text": "u", "label": "a\t b"}},
        ),
        Row(1, 3, "short", "a b"),
    ]
    page = check_page(_report(Finding("k", "note", "train", 2, "m", "--drop-conflicts and <i>--fix</i>", rows=rows)))
    assert f"{'t' * EXCERPT_LENGTH}…" in page
    assert "short…" not in page
    for label in ("c␣", "a␣␣b", ">a b<"):
        assert label in page
    # An option is code, which does not break at its hyphens; what stands around it stays text.
    assert "<code>--drop-conflicts</code> and &lt;i&gt;<code>--fix</code>&lt;/i&gt;" in page


def test_nothing_found() -> None:
    page = check_page(_report())
    assert "Nothing was found." in page
    assert "Looked for this and that." in page
    assert 'class="severity' not in page


def test_missed_words_are_named() -> None:
    finding = Finding("words that the vocabulary misses", "note", "train", 4, "m", "d", facts={"common": [["śeń", 3]]})
    assert "<bdi>śeń</bdi>&nbsp;(3)" in check_page(_report(finding))


def test_classes_without_a_bar_are_summed_up_in_a_sentence() -> None:
    classes = {f"class {n}": 100 - n for n in range(77)}
    seen = FileSummary("/data/of/mine/train.csv", 4774, {"text": "text"}, classes, 41, "")
    page = check_page(Report({"train": seen}, (), None, []))
    text = page.replace("\N{NO-BREAK SPACE}", " ")
    # 80 to 24 rows each: 57 numbers with a mean of 52.
    assert "57 more classes have 2,964 rows together, 24 to 80 each." in text
    assert "57 more:" not in text
    assert "<title>Check of train.csv</title>" in text
    assert "/data/of/mine" not in text
