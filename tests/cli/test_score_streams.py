"""``recurra score`` in a pipe: answers on standard output, lines of standard input, readers that end early."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from commands import Run
from scored_rows import (
    IDS,
    TEXTS,
    check_answers,
    make_blocks_small,
    read_answers,
    write_data,
    write_varied_model,
)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    make_blocks_small(monkeypatch)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_varied_model(tmp_path)


@pytest.mark.parametrize("kind", [".csv", ".tsv", ".parquet", ".txt"])
def test_without_out_the_answers_are_printed(kind: str, run: Run, model: Path) -> None:
    data = write_data(kind, {"id": IDS, "text": TEXTS})
    printed, written = run("score", model, data, "--all"), run("score", model, data, "--all", "--out", "out.csv")
    assert written.code == 0
    assert printed.out == Path("out.csv").read_text()
    # What else there is to say goes elsewhere.
    notes = [] if kind == ".txt" else ["columns guessed: text 'text'; name it with --text"]
    assert [line for line in printed.err.splitlines() if "no text" not in line] == notes
    assert run("score", model, data, "--all", "--quiet") == (0, printed.out, "")


def test_lines_of_standard_input(run: Run, model: Path) -> None:
    content = "\r\n".join(TEXTS).encode()
    run("score", model, "-", "--out", "out.csv", stdin=content)
    check_answers(Path("out.csv"), model, TEXTS)
    latin = "d\xe9j\xe0 vu\noil".encode("latin-1")
    found = run("score", model, "-", "--out", "out.csv", "--encoding", "latin-1", "--json", stdin=latin).json
    assert (found["rows"], found["data"]) == (2, "-")


def test_no_lines_at_all_are_no_answers(run: Run, model: Path) -> None:
    for out in ("out.csv", "out.jsonl", "out.parquet"):
        found = run("score", model, "-", "--out", out, "--all", "--json", stdin=b"").json
        assert (found["rows"], found["labels"]) == (0, {"a": 0, "b": 0, "c": 0})
        assert read_answers(Path(out)) == []
    assert Path("out.csv").read_text() == "text,label,probability,probability_a,probability_b,probability_c\n"
    names = pytest.importorskip("pyarrow.parquet").read_schema("out.parquet").names
    assert names[:3] == ["text", "label", "probability"]


@pytest.mark.parametrize("kind", [".csv", ".txt"])
def test_a_reader_that_has_seen_enough(kind: str, model: Path) -> None:
    head = b"text,label,probability\n" if kind == ".txt" else b"id,text,label,probability\n"
    data = write_data(kind, {"id": range(300_000), "text": ["the team wins"] * 300_000})
    process = subprocess.Popen(
        [sys.executable, "-m", "recurra", "score", str(model), str(data), "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stdout, process.stderr:
        assert process.stdout.readline() == head
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
