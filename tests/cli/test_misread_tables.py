"""Tables that are read otherwise than they were meant: what is said, and what to do."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from commands import Run, check_failed
from rows import write_table

from recurra.data.formats import separator_of
from recurra.data.table_guess import table_format

TICKETS = ["Anlass;Mitteilung;Queue", "Drucker;Er druckt nicht, gar nicht;IT", "Gehalt;Wann kommt es?;HR"]


@pytest.mark.parametrize("mark", [";", "|"])
def test_a_table_on_standard_input_is_noticed(mark: str, run: Run, model: Path, tmp_path: Path) -> None:
    content = "\n".join(TICKETS).replace(";", mark).encode()
    said = " ".join(run("score", model, "-", stdin=content).err.split())
    assert "its lines look like rows of a table" in said
    assert "--format csv" in said
    (tmp_path / "x.txt").write_bytes(content)
    assert "--format csv" in run("score", model, tmp_path / "x.txt").err
    check_failed(run("train", "-", "--out", tmp_path / "run", "--quiet", stdin=content), 1, "say --format csv")
    read = " ".join(run("score", model, "-", "--format", "csv", stdin=content).err.split())
    assert "columns guessed: text 'Mitteilung'" in read


def test_lines_that_begin_with_a_usual_name_are_answered_line_by_line(run: Run, model: Path) -> None:
    lines = ["message, no space left on device", "help, link down", "text, token expired"]
    for some in (lines, lines[:1]):
        ran = run("score", model, "-", "-q", stdin="\n".join(some).encode())
        assert ran.code == 0
        assert [row[0] for row in csv.reader(ran.out.splitlines())] == ["text", *some]


@pytest.mark.parametrize(
    ("content", "form"),
    [("id, text\n1, oil\n2, tea\n", "csv"), ('{"text": "oil"}\n', "jsonl"), ("Anlass;Mitteilung\na;b\n", "csv")],
)
def test_lines_that_may_be_rows_are_mentioned_also_if_quiet(
    content: str, form: str, run: Run, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "x.txt").write_text(content)
    ran = run("score", model, tmp_path / "x.txt", "--quiet")
    assert len(ran.out.splitlines()) == 1 + content.count("\n")
    assert f"say --format {form}" in " ".join(ran.err.split())
    asked = "Give it a header row if it has none, and say" if form == "csv" else "Say"
    check_failed(run("train", tmp_path / "x.txt", "--out", "run", "-q"), 1, f"{asked} --format {form}")
    # Who says what they are reads nothing of it.
    assert run("score", model, tmp_path / "x.txt", "--quiet", "--format", "txt").err == ""


def test_cells_with_many_lines_and_a_row_of_other_width_are_a_table() -> None:
    cell = '"Good day,\n' + "the battery is empty\n" * 12 + 'Regards"'
    rows = ["number\twhen\twhat", *(f"{n}\tMonday\t{cell}" for n in range(20)), "end of the export"]
    assert table_format("\n".join(rows).split("\n")) == "tsv"
    assert table_format("\n".join(rows).replace("\t", ";").split("\n")) == "csv"


@pytest.mark.parametrize(
    "lines",
    [
        ["the oil; it rises", "gas"],
        ["oil rises; gas falls", "one; two; three", "x"],
        ["Hello, world", "Good morning, all", "Bye, now"],
        ["a text that is long; and goes on for a while", "a text; b", "a; text"],
    ],
)
def test_texts_are_no_table(lines: list[str]) -> None:
    assert table_format(lines) is None


@pytest.mark.parametrize(
    ("header", "mark"),
    [
        ("a\tb", "\t"),
        ("a;b", ";"),
        ("a|b", "|"),
        ("a,b", ","),
        ("a;b,c", ","),
        ("Name, Vorname\ta\tb", "\t"),
        ("a", ","),
    ],
)
def test_the_separator_of_a_csv_file(header: str, mark: str) -> None:
    assert separator_of(header + "\n1,2\n") == mark


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("Nr;Text, lang;Kategorie\n1;Hallo, Welt;a\n2;Tag;b\n3;Gut, gut, gut;a\n", ";"),
        ("Nr;Text, lang;Kategorie\n1;Hallo, Welt;a\n2;Tag, auch;b\n3;Gut, gut;a\n", ";"),
        ('Nr;Text, lang;Kategorie\n1;"Hallo;\nWelt, du";a\n2;Tag;b\n', ";"),
        ("Nr|Text, lang|Kategorie\n1|Hallo|a\n2|Tag|b\n", "|"),
        ("id,text; long,label\n1,oil,a\n2,gas; coal,b\n", ","),
        # Both fit, and a comma is what .csv says.
        ("a;b,c\n1;2,3\n4;5,6\n", ","),
        # No rows, or none that agree.
        ("Nr;Text, lang;Kategorie\n", ","),
        ("Nr;Text, lang;Kategorie\n1,2;3;4;5\n", ","),
    ],
)
def test_rows_tell_the_separator_where_the_header_has_two(text: str, mark: str) -> None:
    assert separator_of(text) == mark


def test_a_file_of_semicolons_with_a_comma_in_a_name_is_read(run: Run, model: Path, tmp_path: Path) -> None:
    lines = ["Nr;Text, lang;Kategorie", "1;Öl, teuer;a", "2;Gas;b", "3;Kohle, Öl, Gas;c"]
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    named = ["--text", "Text, lang"]
    ran = run("evaluate", model, tmp_path / "x.csv", *named, "--label", "Kategorie", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["rows"] == 3
    assert run("check", "x.csv", *named, "--label", "Kategorie", "--json").json["files"]["train"]["rows"] == 3
    # The format is guessed in the same way.
    content = (tmp_path / "x.csv").read_bytes()
    ran = run("score", model, "-", *named, "--answers-only", stdin=content.replace(b"Nr;", b"text;"))
    assert ran.code == 0, ran.err
    assert len(ran.out.splitlines()) == 4


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_csv_file_of_tabs_is_read(encoding: str, run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes("id\ttext\n1\toil, rises\n2\tgas\n".encode(encoding))
    ran = run("score", model, tmp_path / "x.csv", "--answers-only")
    assert ran.code == 0, ran.err
    assert "fields are parted by tabs" in " ".join(ran.err.split())


def test_a_workbook_that_is_named_csv(run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"PK\x03\x04" + b"\x00" * 60)
    check_failed(run("score", model, tmp_path / "x.csv"), 1, "those of an Excel file", "--format xlsx")


def test_the_consequence_of_a_wrong_encoding_is_said(run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("text,label\nGrüße,a\nTür,b\n", encoding="utf-8")
    said = " ".join(run("score", model, tmp_path / "x.csv", "--encoding", "cp1252").err.split())
    assert "'ü' becomes 'Ã¼'" in said
    assert "leave --encoding out, or save all files in the same encoding" in said


def test_a_guessed_label_column_without_labels(run: Run, tmp_path: Path) -> None:
    rows = [["a long text about oil", "x" if place % 2 else ""] for place in range(9)]
    table = write_table(tmp_path / "x.csv", ("text", "Anlass"), rows)
    ran = run("train", table, "--out", tmp_path / "run", "--quiet")
    check_failed(ran, 1, "column 'Anlass' holds no label", "is a guess: name the right column with --label")


def test_evaluate_needs_labels_of_the_model(run: Run, model: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "x.csv", ("text", "Anlass"), [["oil prices", "oil"], ["the team", ""]])
    check_failed(
        run("evaluate", model, table, "--quiet"), 1, "holds any of the 3 classes of the model", "recurra score"
    )


def test_another_column_is_not_guessed_to_be_the_labels(run: Run, tmp_path: Path) -> None:
    rows = [(f"words about {kind} {place}", kind) for place in range(6) for kind in ("oil", "tea")]
    table = write_table(tmp_path / "x.csv", ("body", "Kategorie"), rows)
    small = ["--model", "fast", "--epochs", 1, "--no-baseline", "--quiet"]
    assert run("train", table, "--out", tmp_path / "own", *small).code == 0
    # A text that is a label lets the table through; the agents are still none.
    bare = write_table(
        tmp_path / "y.csv", ("body", "Agent"), [("oil", "çelik"), *((f"more {n}", "ito") for n in range(9))]
    )
    ran = run("evaluate", tmp_path / "own" / "model.safetensors", bare, "--quiet")
    said = "no column 'Kategorie', from which the model learned its labels, and 'Agent' holds none of its 2 classes"
    check_failed(ran, 1, said, "Name the column of the labels with --label, one of 'body', 'Agent'")


def test_labels_in_another_spelling_are_named(run: Run, model: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "x.csv", ("text", "label"), [["oil", "A "], ["team", "a"], ["rome", "b"]])
    notes = " ".join(run("evaluate", model, table, "--json").json["notes"])
    assert "'A ' is 'a': recurra check FILE --model MODEL --fix OUT" in notes


def test_swapped_columns_are_noticed(run: Run, tmp_path: Path) -> None:
    rows = [["a b c"[: 1 + place % 5], f"the text of the ticket {place} " + "is long " * 30] for place in range(80)]
    table = write_table(tmp_path / "x.csv", ("kind", "words"), rows)
    named = ["--text", "kind", "--label", "words"]
    found = run("check", table, *named).out
    assert "are texts and labels swapped?" in " ".join(found.split())
    assert "is long " * 12 not in " ".join(found.split())
    ran = run("train", table, *named, "--out", tmp_path / "run", "--epochs", "1", "--no-baseline")
    said = " ".join(ran.err.split())
    assert "80 distinct labels in 80 rows in the column 'words', and texts in 'kind': are texts and labels" in said


def test_a_first_row_that_is_no_header_is_noticed(run: Run, model: Path, tmp_path: Path) -> None:
    rows = [[f"a longer text {place} about oil", "IT" if place % 2 else "HR"] for place in range(30)]
    table = write_table(tmp_path / "x.csv", ("my printer is broken", "IT"), rows)
    said = " ".join(run("score", model, table).err.split())
    assert "looks like one of the rows: below it, 'IT' is a value" in said
    assert "no header row" in run("check", table).out


def test_a_header_in_the_middle_of_texts_is_noticed(run: Run, model: Path, tmp_path: Path) -> None:
    """Two exports in one file, one behind the other."""
    rows = [[str(place), "mail", f"a longer text {place} about oil"] for place in range(30)]
    names = ("id", "channel", "message")
    write_table(tmp_path / "twice.csv", names, [*rows, list(names), *rows])
    said = "twice.csv: row 32 (the header is row 1) repeats the header and is taken for a text"
    scored = run("score", model, "twice.csv", "--out", "answers.csv")
    assert (scored.code, said in " ".join(scored.out.split())) == (0, True)
    assert "looks like one of the rows" not in scored.out
    found = run("check", "twice.csv", "--unlabelled", "--fix", "clean.csv", "--json").json
    assert [one["kind"] for one in found["findings"] if one["severity"] == "error"] == ["repeated header"]
    write_table(tmp_path / "expected.csv", names, [*rows, *rows])
    assert (tmp_path / "clean.csv").read_text() == (tmp_path / "expected.csv").read_text()
    assert "repeats the header" not in run("score", model, "clean.csv", "--out", "answers.csv").out
