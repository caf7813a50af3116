"""Planted flaws are found, where they are, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from planted import TOPICS, checked, clean_rows, kinds, opened, rows_in, write_rows
from rows import write_table

from recurra.checking import leakage
from recurra.checking.check import KnownModel, Training, check, open_source
from recurra.checking.doubtful_labels import is_placeholder
from recurra.checking.facts import Facts
from recurra.checking.finding import visible_spaces
from recurra.checking.label_names import LabelNames
from recurra.checking.labels import spelling_note
from recurra.checking.misspellings import near_spellings, one_letter_apart, similar_labels
from recurra.checking.texts import text_findings
from recurra.data.arrow_columns import MAX_TEXT_BYTES
from recurra.data.label_spellings import usual_spellings
from recurra.data.split import hold_out
from recurra.data.table import Table
from recurra.text import TextPipeline, TextSettings
from recurra.text.tokens import word_tokens

Rows = list[list[str]]


def cell(row: int, column: int, value: Callable[[str], str]) -> Callable[[Rows, Rows], None]:
    def plant(train: Rows, test: Rows) -> None:
        train[row][column] = value(train[row][column])

    return plant


def copied(row: int, other: int, *, label: bool) -> Callable[[Rows, Rows], None]:
    def plant(train: Rows, test: Rows) -> None:
        train[row] = [train[row][0], train[other][1] if label else train[row][1], train[other][2]]

    return plant


def into_test(row: int, other: int, *, label: str | None = None, change: bool = False) -> Callable[[Rows, Rows], None]:
    def plant(train: Rows, test: Rows) -> None:
        text = train[other][2]
        test[row] = ["x", label or train[other][1], text + " afterwards" if change else "  " + text.replace(" ", "  ")]

    return plant


def cut_at(length: int, rows: range) -> Callable[[Rows, Rows], None]:
    def plant(train: Rows, test: Rows) -> None:
        for row in rows:
            train[row][2] = (f"{train[row][2]} " * 12)[: length - 1].strip().ljust(length, "x")

    return plant


def named_in_text(label: str) -> Callable[[Rows, Rows], None]:
    def plant(train: Rows, test: Rows) -> None:
        for row in train:
            if row[1] == label:
                row[2] = f"{label.upper()}: {row[2]}"

    return plant


FLAWS = {
    "empty": (cell(5, 2, lambda _: " \t"), "empty texts", "train", [5]),
    "unlabelled": (cell(7, 1, lambda _: " "), "no label", "train", [7]),
    "mojibake": (cell(9, 2, lambda text: text + " cafÃ©"), "mojibake", "train", [9]),
    "lost": (cell(11, 2, lambda text: "\ufffd" + text), "replacement characters", "train", [11]),
    "control": (cell(13, 2, lambda text: text + "\x07"), "control characters", "train", [13]),
    "tags": (cell(14, 2, lambda text: "<p>" + text + "<br/>"), "HTML tags", "train", [14]),
    "html": (cell(15, 2, lambda text: text + " R&amp;D"), "HTML entities", "train", [15]),
    "spelling": (cell(18, 1, lambda label: label.upper() + " "), "one class in several spellings", "train", [18]),
    "too long": (cell(3, 2, lambda _: "wide " * (MAX_TEXT_BYTES // 5 + 1)), "texts too long to read", "train", [3]),
    "conflict": (copied(22, 20, label=False), "conflicting labels", "train", [20, 22]),
    "duplicate": (copied(26, 23, label=True), "duplicates", "train", [26]),
    "cut": (cut_at(255, range(30, 60)), "texts that look cut", "train", list(range(30, 60))),
    "name": (named_in_text("money"), "labels named in their texts", "train", []),
    "near-copy": (into_test(2, 40, change=True), "near-copies of training rows", "test", [2]),
}  # fmt: skip
# What the flaw is besides, and cannot but be.
ALSO = {"too long": {("extremely long texts", "train")}}


def plant(tmp_path: Path, flaw: Callable[[Rows, Rows], None] | None) -> tuple[Path, Path]:
    train, test = clean_rows(300), clean_rows(90, seed=2)
    if flaw:
        flaw(train, test)
    return write_rows(tmp_path / "train.csv", train), write_rows(tmp_path / "test.csv", test)


def test_clean_rows_are_clean(tmp_path: Path) -> None:
    report = checked(*plant(tmp_path, None), inside=True)
    assert report.findings == []
    assert report.files["train"].rows == 300
    assert report.files["test"].classes == {"sport": 30, "money": 30, "tech": 30}
    assert report.words is not None
    assert report.words.share < 0.01
    assert "duplicates" in report.looked_for


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_planted_flaw_is_found_and_nothing_else(flaw: str, tmp_path: Path) -> None:
    how, kind, part, rows = FLAWS[flaw]
    report = checked(*plant(tmp_path, how))
    assert kinds(report) - ALSO.get(flaw, set()) == {(kind, part)}
    finding = report.found(kind, part)  # type: ignore[arg-type]
    assert rows_in(finding) == rows
    assert finding is not None
    assert all(row.number == row.row + 2 for row in finding.rows)
    assert finding.meaning
    assert finding.hint


def test_a_text_of_the_test_that_was_learned(tmp_path: Path) -> None:
    """White space does not hide it, and it is a near-copy besides."""
    report = checked(*plant(tmp_path, into_test(2, 40, label="tech")))
    assert kinds(report) == {("test texts among the training rows", "test"), ("near-copies of training rows", "test")}
    finding = report.found("test texts among the training rows", "test")
    assert rows_in(finding) == [2]
    assert finding is not None
    assert finding.severity == "warning"
    assert finding.rows[0].details["other"]["row"] == 40
    assert finding.facts["other_label"] == 1


def test_hints_on_the_test_file_are_to_clean_that_file(tmp_path: Path) -> None:
    train, test = clean_rows(60), clean_rows(30, seed=2)
    test[4][2], test[5][1], test[6][2] = "", "Money ", "the same cafÃ©"
    test[8] = ["again", *train[3][1:]]
    report = checked(write_rows(tmp_path / "train.csv", train), write_rows(tmp_path / "test.csv", test))
    hints = {one.kind: (one.hint, one.fixable) for one in report.findings if one.part == "test" and "--fix" in one.hint}
    assert hints == {
        "empty texts": ("recurra check TEST --fix OUT leaves them out.", False),
        "mojibake": ("recurra check TEST --fix OUT writes them as they were, where that is certain.", False),
        "one class in several spellings": (
            "recurra check TEST --fix OUT gives them the cleanest spelling: single spaces, and the case of most other "
            "classes.",
            False,
        ),
        "test texts among the training rows": ("--fix with --test leaves these training rows out.", True),
    }


def test_many_learned_test_rows_are_an_error(tmp_path: Path) -> None:
    train = clean_rows(300)
    write_rows(tmp_path / "train.csv", train)
    write_rows(tmp_path / "test.csv", [*clean_rows(80, seed=2), *train[:10]])
    report = checked(tmp_path / "train.csv", tmp_path / "test.csv")
    finding = report.found("test texts among the training rows", "test")
    assert finding is not None
    assert (finding.severity, finding.count) == ("error", 10)


def test_unknown_labels_of_the_test(tmp_path: Path) -> None:
    train, test = clean_rows(300), clean_rows(90, seed=2)
    test[4][1], test[5][1], test[6][1] = "weather", "Money", "monney"
    report = checked(write_rows(tmp_path / "train.csv", train), write_rows(tmp_path / "test.csv", test))
    finding = report.found("unknown labels", "test")
    assert rows_in(finding) == [4, 6]
    assert finding is not None
    assert finding.severity == "error"
    assert finding.facts["classes"] == {"weather": 1, "monney": 1}
    assert "'monney' may be 'money'" in finding.meaning
    # A spelling of a class is no unknown label.
    assert rows_in(report.found("one class in several spellings", "test")) == [5]


def test_spellings_are_no_other_labels_of_copies(tmp_path: Path) -> None:
    train, test = clean_rows(300), clean_rows(90, seed=2)
    test[0] = ["x", train[3][1].upper(), train[3][2]]
    test[1] = ["x", train[4][1].title(), train[4][2] + " afterwards"]
    test[2] = ["x", "sport" if train[5][1] != "sport" else "tech", train[5][2]]
    report = checked(write_rows(tmp_path / "train.csv", train), write_rows(tmp_path / "test.csv", test))
    for kind, rows in (("test texts among the training rows", 2), ("near-copies of training rows", 3)):
        finding = report.found(kind, "test")
        assert finding is not None
        assert (finding.count, finding.facts["other_label"]) == (rows, 1)


def test_placeholders_and_misspelt_labels(tmp_path: Path) -> None:
    rows = clean_rows(300)
    for place, label in enumerate(["-", "N/A", "tbd", "unknown", "other"]):
        rows[place * 7][1] = label
    for place in range(12):
        rows[100 + 3 * place][1] = "monye" if rows[100 + 3 * place][1] == "money" else "sprot"
    path = write_rows(tmp_path / "train.csv", rows)
    report = checked(path)
    plain, possible = report.found("placeholder labels"), report.found("labels that may be placeholders")
    assert (rows_in(plain), rows_in(possible)) == ([0, 7, 14], [21])
    assert plain is not None
    assert possible is not None
    assert (plain.severity, possible.severity) == ("warning", "note")
    misspelt = report.found("labels that look misspelt")
    assert misspelt is not None
    assert set(misspelt.facts["meant"].items()) <= {("monye", "money"), ("sprot", "sport")}
    assert misspelt.count == 12


@pytest.mark.parametrize(
    ("counts", "meant"),
    [
        ({"Billing": 90, "Biling": 8, "billling": 9, "Bililng": 5}, ["Biling", "billling", "Bililng"]),
        ({"Billing": 90, "Biling": 60}, []),
        ({"Group A": 90, "Group B": 5, "class 1": 90, "class 2": 3, "cat": 90, "car": 2, "-": 50, "--": 2}, []),
        ({"Log-in": 90, "Log in": 3, "Login": 2}, ["Log in", "Login"]),
        ({"Müll": 90, "Muell": 60, "Mull": 85, "Café": 4}, ["Muell", "Mull"]),
        ({"Ask refund": 90, "Ask refumd": 3, "Ask refunds": 4, "Ask return": 4}, ["Ask refumd", "Ask refunds"]),
    ],
)
def test_a_letter_apart(counts: dict[str, int], meant: list[str]) -> None:
    assert one_letter_apart(counts) == dict.fromkeys(meant, next(iter(counts)))


def test_labels_that_are_one_number_may_be_one_class() -> None:
    """A spreadsheet keeps some of the codes of a column as texts and others as numbers."""
    counts = {"010": 9, "10": 60, "10.0": 5, "10,00": 4, "0": 8, "-0": 2, "+7": 5, "7": 6, "1.5": 9, "1.50": 3}
    others = {"100": 9, "-7": 3, "A10": 5, "A010": 5, "1e1": 2, "1.2.3": 4, "01.2.3": 4, "15": 9}
    pairs = {"010": "10", "10.0": "10", "10,00": "10", "-0": "0", "+7": "7", "1.50": "1.5"}
    assert near_spellings(counts | others) == pairs
    assert similar_labels(["007", "1x"], ["7", "10"]) == {"007": "7"}


def test_labels_that_may_be_one_class_are_noted_with_both_numbers_of_rows(tmp_path: Path) -> None:
    counts = {"Akku & Laden": 9, "Akku und Laden": 8, "Versicherung": 7, "Versicherungen": 9, "Ab holung": 3}
    others = {"Abholung": 3, "C": 9, "C++": 9, "a-b": 9, "ab": 9, "Group 1": 9, "Group 10": 9, "Art": 9, "Arten": 9}
    counts |= {"Rendez vous": 4, "Rendez-vous": 5}
    near = {
        "Akku und Laden": "Akku & Laden",
        "Versicherung": "Versicherungen",
        "Ab holung": "Abholung",
        "Rendez vous": "Rendez-vous",
    }
    assert near_spellings(counts | others) == near
    rows = clean_rows(300)
    for place in range(40):
        rows[7 * place][1] = ("log in", "login")[place % 2]
    report = checked(write_rows(tmp_path / "train.csv", rows))
    note = report.found("labels that may be one class")
    assert note is not None
    assert (note.severity, note.fixable, note.count) == ("note", False, 20)
    assert "'log in' (20 rows) and 'login' (20 rows)" in note.meaning


def test_rare_classes_are_those_of_which_none_is_held_out(tmp_path: Path) -> None:
    rows = clean_rows(300)
    for row in range(4):
        rows[row * 3][1] = "monney"
    for row in range(12):
        rows[40 * 3 + row * 3][1] = "more"
    labels = [row[1] for row in rows]
    _, held = hold_out(labels, share=0.1, seed=0)
    expected = set(labels) - {labels[row] for row in held}
    report = checked(write_rows(tmp_path / "train.csv", rows))
    finding = report.found("rare classes")
    assert finding is not None
    assert expected == {"monney"}
    assert finding.facts["classes"] == {"monney": 4}
    assert "'monney' may be 'money'" in finding.meaning
    assert rows_in(finding) == [0, 3, 6, 9]


def test_uneven_classes(tmp_path: Path) -> None:
    rows = [row for place, row in enumerate(clean_rows(600)) if row[1] != "tech" or place % 60 == 2]
    report = checked(write_rows(tmp_path / "train.csv", rows))
    finding = report.found("uneven classes")
    assert finding is not None
    assert (finding.facts["largest"], finding.facts["smallest"]) == (200, 10)


@pytest.mark.parametrize("labels", [["a"] * 30, [f"class {n}" for n in range(30)]])
def test_labels_that_cannot_be_trained_on(labels: list[str], tmp_path: Path) -> None:
    rows = [[row[0], label, row[2]] for row, label in zip(clean_rows(30), labels, strict=True)]
    first, _ = opened(write_rows(tmp_path / "train.csv", rows), label="label", text="text")
    errors = [one.kind for one in check(first, training=Training()).findings if one.severity == "error"]
    assert errors == ["a single class" if len(set(labels)) == 1 else "rare classes"]


def test_a_column_that_tells_the_label(tmp_path: Path) -> None:
    rows = [[f"desk {len(row[1])}{row[1][0]}", *row[1:]] for row in clean_rows(300)]
    report = checked(write_table(tmp_path / "train.csv", ("desk", "label", "text"), rows))
    assert kinds(report) == {("a column that tells the label", "train")}
    assert report.findings[0].facts["column"] == "desk"


def test_titles(tmp_path: Path) -> None:
    rows = [[label, " ".join(text.split()[:3]), " ".join(text.split()[3:])] for _, label, text in clean_rows(300)]
    rows[8][1] = ""
    # Title and text together equal another row's.
    rows[12] = [rows[0][0], "", f"{rows[0][1]} {rows[0][2]}"]
    report = checked(write_table(tmp_path / "train.csv", ("label", "title", "text"), rows))
    assert kinds(report) == {("titles missing", "train"), ("duplicates", "train")}
    assert rows_in(report.found("titles missing")) == [8, 12]
    assert rows_in(report.found("duplicates")) == [12]


@pytest.mark.parametrize(("rows", "severity"), [(2, "note"), (3, "warning")])
def test_rows_with_a_title_alone(rows: int, severity: str, tmp_path: Path) -> None:
    table = [[label, f"title {place}", text] for place, (_, label, text) in enumerate(clean_rows(300))]
    for row in table[20 : 20 + rows]:
        row[2] = " "
    found = checked(write_table(tmp_path / "train.csv", ("label", "title", "text"), table)).found("texts missing")
    assert found is not None
    assert (found.severity, rows_in(found)) == (severity, list(range(20, 20 + rows)))


def test_missed_words_against_python(tmp_path: Path) -> None:
    train, test = clean_rows(300), clean_rows(60, seed=2)
    for row in test[:30]:
        row[2] = f"zyx {row[2]} wvu zyx"
    report = checked(write_rows(tmp_path / "train.csv", train), write_rows(tmp_path / "test.csv", test))
    kept, _ = hold_out([row[1] for row in train], share=0.1, seed=0)
    known = {word for row in kept for word in word_tokens(train[row][2])}
    missed = [word for row in test for word in word_tokens(row[2]) if word not in known]
    finding = report.found("words that the vocabulary misses", "test")
    assert finding is not None
    assert finding.count == 30
    assert finding.facts["missed"] == len(missed) == 90
    assert finding.facts["vocabulary"] == len(known)
    assert finding.facts["common"] == [["zyx", 60], ["wvu", 30]]
    shares = [row.details["missed"] / row.details["tokens"] for row in finding.rows]
    assert shares == sorted(shares, reverse=True)


def test_a_models_words_and_labels(tmp_path: Path) -> None:
    rows = clean_rows(90)
    pipeline = TextPipeline.learn([row[2] for row in rows if row[1] != "tech"], TextSettings())
    first, _ = opened(write_rows(tmp_path / "new.csv", rows))
    report = check(first, training=Training(), known=KnownModel("m", pipeline, ["sport", "money"]))
    finding = report.found("unknown labels")
    assert rows_in(finding) == list(range(2, 90, 3))
    words = report.found("words that the vocabulary misses")
    assert words is not None
    assert {word for word, _ in words.facts["common"]} <= set(TOPICS["tech"])
    assert words.count == 30


def test_a_table_without_a_header(tmp_path: Path) -> None:
    write_table(tmp_path / "train.csv", ("money", "a text of the first row"), [row[1:] for row in clean_rows(300)])
    report = checked(tmp_path / "train.csv")
    assert ("no header row", "train") in kinds(report)


def test_a_table_in_memory_is_checked_alike(tmp_path: Path) -> None:
    rows = clean_rows(300)
    rows[5][2] = ""
    rows[26] = [rows[26][0], rows[23][1], rows[23][2]]
    rows[27][2] += " \ud800"
    table = Table([row[2] for row in rows], [row[1] for row in rows], "text", None, "label", "memory")
    report = check(open_source(table, "train", LabelNames()), training=Training())
    assert kinds(report) == {("empty texts", "train"), ("duplicates", "train"), ("replacement characters", "train")}
    assert [row.number for row in report.findings[0].rows] == [5]


def test_the_report_is_plain(tmp_path: Path) -> None:
    values = checked(*plant(tmp_path, FLAWS["near-copy"][0])).to_dict()
    assert json.loads(json.dumps(values)) == values
    assert values["counts"] == {"errors": 0, "warnings": 1, "notes": 0}
    assert values["findings"][0]["rows"][0]["other"]["number"] == 42


def test_a_leak_is_found_wherever_in_a_long_file_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leakage, "SAMPLE_ROWS", 90)
    rows = sorted(clean_rows(600), key=lambda row: row[1], reverse=True)
    for row in rows:
        if row[1] == "money":
            row[2] += " Money"
    finding = checked(write_rows(tmp_path / "train.csv", rows)).found("labels named in their texts")
    assert finding is not None
    assert finding.facts["classes"] == [{"label": "money", "share": 1.0}]


def facts_with(characters: list[int], keys: list[int] | None = None) -> Facts:
    count, none = len(characters), np.empty(0, dtype=np.int64)
    return Facts(
        labels=np.zeros(count, dtype=np.int32),
        keys=np.array(range(count) if keys is None else keys, dtype=np.uint64),
        characters=np.array(characters, dtype=np.int32),
        longest=np.array(characters, dtype=np.int64),
        damaged=dict.fromkeys(
            ("mojibake", "replacement characters", "control characters", "HTML entities", "HTML tags"), none
        ),
        empty=none,
        untitled=none,
        textless=none,
    )


@pytest.mark.parametrize(
    ("median", "length", "found"), [(50, 4_999, False), (50, 5_000, True), (200, 9_999, False), (200, 10_000, True)]
)
def test_a_text_is_extremely_long_by_itself_and_beside_the_others(median: int, length: int, found: bool) -> None:
    drafts = text_findings(facts_with([length, *[median] * 50]), "train")
    assert [(draft.kind, draft.rows.tolist()) for draft in drafts] == ([("extremely long texts", [0])] if found else [])


@pytest.mark.parametrize(
    ("longest", "below", "alike", "found"),
    [
        (10, 1, False, True),
        (9, 1, False, False),
        (10, 1, True, False),
        (20, 2, False, True),
        (10, 2, False, False),
        (5, 0, False, True),
        (4, 0, False, False),
    ],
)
def test_texts_look_cut_where_many_different_ones_have_the_greatest_length(
    longest: int, below: int, alike: bool, found: bool
) -> None:
    lengths = [100] * longest + [length for length in range(90, 100) for _ in range(below)]
    keys = [0 if alike and place < longest else place for place in range(len(lengths))]
    drafts = text_findings(facts_with(lengths, keys), "train")
    expected = [("texts that look cut", list(range(longest)))] if found else []
    assert [(draft.kind, draft.rows.tolist()) for draft in drafts] == expected


@pytest.mark.parametrize(
    ("counts", "usual"),
    [
        # Without white space around it, and with single spaces, also where no row has it so.
        ({" a": 2, "a": 1}, {" a": "a"}),
        ({"a  b": 2, " a b": 1}, {"a  b": "a b", " a b": "a b"}),
        # In the case that most classes of one spelling have, each counted once; or else most classes.
        ({"MONEY": 9, "money": 1, "tech": 2, "law": 1, "ART": 99}, {"MONEY": "money"}),
        ({"NUM": 1, "num": 9, "LOC": 2, "loc": 1, "HUM": 1}, {"num": "NUM", "loc": "LOC"}),
        ({"money ": 9, "Money": 1, "Tech law": 2}, {"money ": "Money"}),
        ({"NUM": 9, "num": 1, "LOC": 2, "loc": 1}, {"num": "NUM", "loc": "LOC"}),
        # Where no case leads: not in capitals, then of most rows, then the first.
        ({"MONEY": 9, "money": 1, "LAW": 1, "law": 2}, {"MONEY": "money", "LAW": "law"}),
        ({"Money": 2, "money": 3, "MONEY ": 1, "Law": 1, "tech": 1}, {"Money": "money", "MONEY ": "money"}),
        ({"Money": 1, "money": 1, " Money": 1, "Law": 1, "tech": 1}, {"money": "Money", " Money": "Money"}),
        ({"Money": 2, "money": 2, "7": 1, "Law": 1, "tech": 1}, {"money": "Money"}),
        ({"経済 ": 2, "経済": 1, "Law": 1}, {"経済 ": "経済"}),
        # Repaired as texts are, also where no other row has it so: mojibake, control characters, zero-width spaces.
        ({"cafÃ©": 9, "café": 1, "CafÃ© ": 1}, {"cafÃ©": "café", "CafÃ© ": "café"}),
        ({"rÃ©sumÃ©": 2, "law": 1}, {"rÃ©sumÃ©": "résumé"}),
        ({"\ufefflaw": 1, "tech\u200b": 1, "tech": 1}, {"\ufefflaw": "law", "tech\u200b": "tech"}),
        # Decomposed letters, joiners and soft hyphens only where they make two classes of one.
        ({"cafe\u0301": 9, "café": 1}, {"cafe\u0301": "café"}),
        ({"cafe\u0301": 9, "no\u00adte": 1, "می\u200cشود": 1}, {}),
        ({"می\u200cشود": 2, "میشود": 1}, {"میشود": "می\u200cشود"}),
        # Nothing would be left of it.
        ({"\u200b": 1, "law": 1}, {}),
        ({"Money": 2, "tech": 2}, {}),
    ],
)
def test_the_usual_spelling_is_the_cleanest(counts: dict[str, int], usual: dict[str, str]) -> None:
    assert usual_spellings(counts) == usual
    assert not usual_spellings({usual.get(name, name): rows for name, rows in counts.items()})


def test_the_usual_spelling_is_that_of_the_model() -> None:
    counts = {"MONEY": 1, "money": 9, "Law": 3, "tech": 1, "Art": 1, "art": 2}
    known = ["MONEY", "law", "Art", "art", "sport"]
    assert usual_spellings(counts, known) == {"money": "MONEY", "Law": "law"}
    assert usual_spellings({"café": 2, "sport\u200b": 1}, ["cafÃ©", "sport"]) == {
        "café": "cafÃ©",
        "sport\u200b": "sport",
    }


def test_training_says_how_labels_get_the_spelling_of_the_model() -> None:
    counts = {"Billing": 592, "billing": 42, "Tech": 9}
    said = "Labels that differ in case or white space alone are classes of their own"
    assert spelling_note(counts, [], in_python=False) == (
        f"{said}: 'billing' (42) is 'Billing' (592). recurra check DATA --fix OUT joins them."
    )
    assert spelling_note(counts, ["billing"], in_python=False) == (
        f"{said}: 'Billing' (592) is 'billing' (42). "
        "recurra check DATA --model MODEL --fix OUT joins them, as the model to continue from has them."
    )


def test_damaged_labels_are_a_finding_of_their_own(tmp_path: Path) -> None:
    rows = clean_rows(60)
    for place, label in ((3, "tÃ©ch"), (4, "t\u00e9ch"), (5, "te\u0301ch"), (6, "te\u0301ch "), (7, "Sport\u200b")):
        rows[place][1] = label
    report = checked(write_rows(tmp_path / "a.csv", rows))
    found = report.found("damaged labels")
    assert found is not None
    assert (found.severity, found.count, found.fixable) == ("warning", 4, True)
    assert [(row.number, row.label, row.details["usual"]) for row in found.rows] == [
        (5, "tÃ©ch", "téch"),
        (7, "te\u0301ch", "téch"),
        (8, "te\u0301ch ", "téch"),
        (9, "Sport\u200b", "sport"),
    ]
    sports = sum(row[1] == "sport" for row in rows)
    assert found.meaning == (
        "Damaged labels are classes of their own: 'Sport\\u200b' (1, invisible characters) is 'sport' "
        f"({sports}), 'tÃ©ch' (1, mojibake) is 'téch' (1), 'te\\u0301ch' (1, decomposed letters) is 'téch' (1), "
        "'te\\u0301ch ' (1, decomposed letters) is 'téch' (1)."
    )
    assert visible_spaces("te\u0301ch\u200b ") == "te\\u0301ch\\u200b␣"


@pytest.mark.parametrize("label", ["n/d", "N/D", "s/d", "n. d.", "pte.", "N/A"])
def test_placeholders_in_any_spelling(label: str) -> None:
    assert is_placeholder(label)
    assert not is_placeholder("norte")


@pytest.mark.parametrize("order", [("text", "label", "id"), ("label", "id", "text"), ("id", "text", "label")])
def test_rows_that_a_quote_swallows_are_found(order: tuple[str, ...], tmp_path: Path) -> None:
    """A quote before one text and one behind a later text, in a file that quotes nothing."""
    rows = [dict(zip(("id", "label", "text"), row, strict=True)) for row in clean_rows(60)]
    rows[10]["text"] = f'"{rows[10]["text"]}'
    rows[14]["text"] = f'{rows[14]["text"]} 5"'
    lines = [",".join(order), *(",".join(str(row[name]) for name in order) for row in rows)]
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n")
    report = checked(tmp_path / "x.csv")
    assert report.files["train"].rows == 56
    found = report.found("rows inside texts")
    assert found is not None
    assert (found.severity, [row.number for row in found.rows]) == ("warning", [12])
    assert [row.details["lines"] for row in found.rows] == [4]
    (reader, _) = opened(tmp_path / "x.csv", labelled=False)
    assert check(reader, training=Training()).found("rows inside texts") is not None


def test_lines_of_a_text_with_commas_are_no_rows(tmp_path: Path) -> None:
    rows = clean_rows(60)
    for row in rows[::3]:
        row[2] = f"Hello, all,\n{row[2]}, and, so, on\nRegards, me"
    assert checked(write_rows(tmp_path / "x.csv", rows)).found("rows inside texts") is None
