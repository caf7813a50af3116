"""``recurra predict``: texts from arguments or standard input, for people and as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bundles import make_bundle
from commands import Run, check_failed
from hypothesis import given
from hypothesis import strategies as st

import recurra
from recurra.bundle import write_bundle
from recurra.cli.predict import BLOCK

TEXTS = ["oil prices rise again", "", "the team wins a late match", "unheard of words"]


def test_json_is_what_python_gives(run: Run, model: Path) -> None:
    answers = run("predict", model, *TEXTS, "--json").json
    loaded = recurra.load(model)
    assert [answer["text"] for answer in answers] == TEXTS
    assert [answer["label"] for answer in answers] == loaded.predict(TEXTS).tolist()
    for answer, row in zip(answers, loaded.predict_proba(TEXTS), strict=True):
        assert list(answer) == ["text", "label", "probabilities"]
        assert list(answer["probabilities"]) == sorted(loaded.classes_, key=answer["probabilities"].get, reverse=True)
        np.testing.assert_allclose([answer["probabilities"][label] for label in loaded.classes_], row, atol=1e-6)


@pytest.mark.parametrize("words", [[], ["-"]])
def test_texts_from_standard_input(words: list[str], run: Run, model: Path) -> None:
    lines = "\n".join(TEXTS).encode() + b"\n"
    assert run("predict", model, *words, "--json", stdin=lines).json == run("predict", model, *TEXTS, "--json").json


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_the_last_line_needs_no_end(end: bytes, run: Run, model: Path) -> None:
    ran = run("predict", model, "--json", stdin=b"oil" + (end or b"\n") + b"team" + end)
    assert [answer["text"] for answer in ran.json] == ["oil", "team"]


def test_more_lines_than_a_block(run: Run, model: Path) -> None:
    lines = [f"team {'wins ' * (n % 7)}" for n in range(BLOCK + 3)]
    answers = run("predict", model, "--json", stdin="\n".join(lines).encode()).json
    assert [answer["text"] for answer in answers] == lines
    assert [answer["label"] for answer in answers] == recurra.load(model).predict(lines).tolist()


def test_no_text_at_all_is_an_empty_list(run: Run, model: Path) -> None:
    assert run("predict", model, "--json", stdin=b"").json == []
    assert run("predict", model, "--quiet", stdin=b"") == (0, "", "")


def test_top_k_keeps_the_most_probable(run: Run, model: Path) -> None:
    full, two, many = (
        run("predict", model, TEXTS[0], "--json", *words).json[0] for words in ([], ["--top-k", 2], ["--top-k", 9])
    )
    assert list(two["probabilities"].items()) == list(full["probabilities"].items())[:2]
    assert many == full
    assert two["label"] == full["label"] == next(iter(full["probabilities"]))


def test_lines_for_people(run: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    long = "the team wins " * 20
    ran = run("predict", model, TEXTS[0], long)
    answers = run("predict", model, TEXTS[0], long, "--json").json
    assert (ran.code, ran.err) == (0, "")
    first, second = ran.out.splitlines()
    label, share = answers[0]["label"], 100 * answers[0]["probabilities"][answers[0]["label"]]
    assert first.split() == [label, f"{share:.1f}", "%", *TEXTS[0].split()]
    assert second.endswith("…")
    assert len(second) <= 60
    monkeypatch.setenv("COLUMNS", "40")
    below = run("predict", model, long, "--top-k", 3).out.splitlines()
    assert below[0].startswith("the team wins")
    assert [line.split()[0] for line in below[1:]] == list(answers[1]["probabilities"])
    assert max(map(len, below)) <= 40
    top = run("predict", model, TEXTS[0], "--top-k", 3).out.split()
    assert [word for word in top if word in ("a", "b", "c")] == list(answers[0]["probabilities"])


@pytest.mark.parametrize("labels", [(0, 1, 2), (False, True), (0.5, 1.5), ("スポーツ", "経済")])
def test_labels_keep_their_type(labels: tuple[object, ...], run: Run, tmp_path: Path) -> None:
    write_bundle(make_bundle(labels=labels), "typed.safetensors")
    answer = run("predict", "typed.safetensors", "oil", "--json").json[0]
    assert answer["label"] in labels
    assert type(answer["label"]) is type(labels[0])
    # JSON's keys are texts: they are written as JSON writes the labels.
    keys = {label if isinstance(label, str) else json.dumps(label) for label in labels}
    assert set(answer["probabilities"]) == keys


def test_a_model_that_reads_titles_takes_a_text_for_one(run: Run) -> None:
    from dataclasses import replace

    bundle = make_bundle()
    write_bundle(replace(bundle, text=bundle.text.replace(field="title", first_words=None)), "titles.safetensors")
    answer = run("predict", "titles.safetensors", TEXTS[0], "--json").json[0]
    row = recurra.load("titles.safetensors").predict_proba([(TEXTS[0], "and a text that it does not read")])[0]
    np.testing.assert_allclose([answer["probabilities"][label] for label in "abc"], row, atol=1e-6)


@pytest.mark.parametrize("name", ["test.csv", "rows.jsonl.gz", "some texts.txt", "deep/x.parquet"])
def test_the_name_of_a_table_is_no_text(run: Run, model: Path, name: str) -> None:
    """Its name would be classified, and look like an answer about its rows."""
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text("text\noil\n")
    shown = f"'{name}'" if " " in name else name
    check_failed(
        run("predict", model, "oil prices", name), 2, f"recurra score {model} {shown}. ", "pipe it to standard input"
    )
    assert run("predict", model, "--json", stdin=name.encode()).json[0]["text"] == name


@pytest.mark.parametrize("name", ["nosuch.csv", "rows.jsonl.gz", "deep/x.PARQUET", "a.xlsx.gz"])
def test_the_name_of_a_table_that_is_not_there_is_no_text(run: Run, model: Path, name: str) -> None:
    check_failed(run("predict", model, name), 2, f"'{name}' is called as a table is", "no such file", "Check the path")
    check_failed(run("inspect", model, name), 2, f"'{name}' is called as a table is", "no such file", "Check the path")
    assert run("predict", model, "--json", stdin=name.encode()).json[0]["text"] == name


@pytest.mark.parametrize("text", ["please send me prices.csv", "v1.5", "ends with a stop.", "what.is.this", ""])
def test_a_text_that_only_mentions_a_file_is_a_text(run: Run, model: Path, text: str) -> None:
    assert run("predict", model, text, "--json").json[0]["text"] == text


def test_texts_that_only_end_like_a_table(run: Run, model: Path) -> None:
    Path("notes.md").write_text("oil")
    Path("folder.csv").mkdir()
    for text in ("see test.csv", "notes.md", "folder.csv", "x" * 5000 + ".csv", "a/" * 3000 + "b.csv"):
        assert run("predict", model, text, "--json").json[0]["text"] == text


def test_other_encodings(run: Run, model: Path) -> None:
    for mark in ("utf-8-sig", "utf-16", "utf-32"):
        ran = run("predict", model, "--json", stdin="d\xe9j\xe0 vu\r\n\noil".encode(mark))
        assert [answer["text"] for answer in ran.json] == ["d\xe9j\xe0 vu", "", "oil"]
    ran = run("predict", model, "--json", "--encoding", "latin-1", stdin="d\xe9j\xe0 vu".encode("latin-1"))
    assert ran.json[0]["text"] == "d\xe9j\xe0 vu"


@pytest.mark.parametrize(
    ("options", "stdin", "part"),
    [
        (["--encoding", "utf-7"], b"a\n+2AA-\n", "line 2, read as utf-7, holds half a character, '\\ud800'"),
        ([], b"oil\rgas\r", "standard input: its lines end with carriage returns alone"),
    ],
)
def test_lines_that_are_no_texts(run: Run, model: Path, options: list[str], stdin: bytes, part: str) -> None:
    check_failed(run("predict", model, "--json", *options, stdin=stdin), 1, part)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\0"), max_size=40))
def test_json_holds_any_text(text: str) -> None:
    """What a terminal cannot show, and halves of surrogate pairs that a shell may pass on, included."""
    import contextlib
    import io

    from recurra.cli.output import Output

    for encoding in ("utf-8", "ascii", "cp1252"):
        for value in (text, text + "\udc80"):
            stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
            with contextlib.redirect_stdout(stream):
                Output(as_json=True, quiet=False).document([value])
                Output(as_json=True, quiet=False).result("lines for people")
            stream.flush()
            assert json.loads(stream.buffer.getvalue().decode(encoding)) == [value]


def test_texts_cannot_act_on_the_terminal(run: Run, model: Path) -> None:
    ran = run("predict", model, "oil \x1b[2J\u202eprices")
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out


def test_empty_texts_are_mentioned(run: Run, model: Path) -> None:
    said = "recurra: note: 2 of 3 texts are empty, and get the labels of a text without words.\n"
    assert run("predict", model, stdin=b"oil\n\n  \n").err == said
    assert run("predict", model, "oil", "", " ", "--json").err == said
    one = "recurra: note: The text is empty, and gets the label of a text without words.\n"
    assert run("predict", model, "").err == one
    of_two = run("predict", model, "", "oil").err
    assert " ".join(of_two.split()) == one.replace("The text is", "1 of 2 texts is").strip()
    assert run("predict", model, "", "--quiet").err == run("predict", model, "oil").err == ""


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("text", "csv"),
        ("text,label", "csv"),
        ("\ufeffLabel;Text", "csv"),
        ("id\ttitle", "tsv"),
        ("ID,Ticket text,topic", "csv"),
    ],
)
def test_a_header_among_the_lines_is_mentioned(header: str, form: str, run: Run, model: Path) -> None:
    ran = run("predict", model, "--json", stdin=f"{header}\noil\ntext\n".encode())
    assert [answer["text"] for answer in ran.json] == [header.removeprefix("\ufeff"), "oil", "text"]
    head, command = ran.err.removesuffix("\n").split(": recurra ")
    assert "looks like the header of a table" in head
    assert command == f"score {model} - --format {form}"
    # What is said to be typed reads the rows.
    scored = run(*command.split(), stdin=f"{header}\n{header.replace('ext', 'exts')}\n".encode())
    assert (scored.code, len(scored.out.splitlines())) == (0, 2)
    assert run("predict", model, "--quiet", stdin=header.encode()).err == ""


def test_the_command_for_a_table_has_the_options_that_were_given(run: Run, model: Path) -> None:
    options = ["--abstain-below", "0.9", "--encoding", "shift_jis"]
    told = run("predict", model, *options, stdin="text\n猫\n".encode("shift_jis"))
    command = told.err.split(": recurra ")[-1].split()
    assert command == ["score", str(model), "-", "--format", "csv", *options]
    assert run(*command, stdin="text\n猫\n".encode("shift_jis")).out.splitlines()[1].startswith("猫,")


def test_tabs_in_all_lines_are_mentioned(run: Run, model: Path) -> None:
    ran = run("predict", model, stdin=b"1\toil\n2\tgas\n3\ttext\n4\toil\n")
    assert (
        " ".join(ran.err.split()).count("have tabs as the rows of a table have, and each is classified as one text")
        == 1
    )
    assert ran.err.endswith(f": recurra score {model} - --format tsv\n")
    # Texts may have a tab here and there, and two lines say little.
    assert run("predict", model, stdin=b"a\tb\nc d\ne\tf\ng\th\n").err == ""
    assert run("predict", model, stdin=b"a\tb\nc\td\n").err == ""


@pytest.mark.parametrize(
    "line",
    [
        "oil",
        "Question, is this a text?",
        "a,b",
        "texts of a few words",
        "text,a much longer cell than any name of a column",
    ],
)
def test_a_text_is_not_taken_for_a_header(line: str, run: Run, model: Path) -> None:
    assert run("predict", model, stdin=line.encode()).err == ""


@pytest.mark.parametrize(
    ("lines", "form", "found"),
    [
        ('{"text": "oil"}\n{"text": "gas"}\n', "jsonl", "The first line is a JSON object"),
        ('[\n{"text": "oil"}\n]\n', "json", "The first line is the start of a JSON array"),
        ("__label__a oil\n__label__b gas\n", "fasttext", "The first line is a row with its __label__"),
        ("id,text\n1,oil\n2,gas\n", "csv", "The lines look like the rows of a table"),
    ],
)
def test_rows_that_are_surely_no_texts_are_mentioned_also_if_quiet(
    lines: str, form: str, found: str, run: Run, model: Path
) -> None:
    ran = run("predict", model, "--quiet", stdin=lines.encode())
    assert len(ran.out.splitlines()) == lines.count("\n")
    assert f"{found}, and each line is" in (said := " ".join(ran.err.split())) or f"{found}, and each is" in said
    assert ran.err.endswith(f": recurra score {model} - --format {form}\n")


@pytest.mark.parametrize("lines", ["{urgent} help\n", "text\noil\n", "1\toil\n2\tgas\n3\ttext\n"])
def test_lines_that_may_be_texts_are_not_mentioned_if_quiet(lines: str, run: Run, model: Path) -> None:
    assert run("predict", model, "--quiet", stdin=lines.encode()).err == ""


def test_a_header_is_looked_for_in_the_first_line_of_input_alone(run: Run, model: Path) -> None:
    assert run("predict", model, stdin=b"oil\ntext,label\n").err == ""
    assert run("predict", model, "text,label").err == ""


def test_bytes_of_another_encoding_are_no_text(run: Run, model: Path) -> None:
    for command in ("predict", "inspect"):
        ran = run(command, model, b"caf\xe9".decode("utf-8", "surrogateescape"))
        check_failed(ran, 2, r"'caf\udce9'", "byte 0xe9, which is not utf-8", "standard input")


def test_quiet_says_nothing_of_kernels(model: Path, tmp_path: Path) -> None:
    """The command in a process whose cache is empty."""
    words = [sys.executable, "-m", "recurra", "predict", str(model), "oil", "--quiet"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "NUMBA_CACHE_DIR": ""}
    ran = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=240)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert any(tmp_path.rglob("*.nbi"))


def test_abstaining_shows_where_several_labels_are_shown(run: Run, model: Path) -> None:
    words = ["predict", model, "oil rises", "gas", "--top-k", 2]
    answers = run(*words, "--json").json
    sure = sorted((max(one["probabilities"].values()), one["text"]) for one in answers)
    (low, doubtful), (high, clear) = sure
    between = (low + high) / 2
    plain = run(*words).out.splitlines()
    told = run(*words, "--abstain-below", between).out.splitlines()
    dashes = {doubtful: "–  ", clear: "   "}
    assert told == [dashes[one["text"]] + line for one, line in zip(answers, plain, strict=True)]


def test_lines_in_several_encodings_are_not_given_one_to_name(run: Run, model: Path) -> None:
    ran = run("predict", model, "--quiet", stdin="déjà\n".encode() + "été\n".encode("cp1252"))
    assert ran.code == 1
    assert "Line 2 of standard input: byte 0xe9 is not utf-8. Lines before it are utf-8: save all of them" in ran.err
    ran = run("predict", model, "--quiet", stdin=b"some\n" + "été\n".encode("cp1252"))
    assert "such as --encoding windows-1252" in ran.err
