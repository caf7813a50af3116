"""What ``recurra score`` refuses, in one line, and that it leaves nothing behind then."""

from __future__ import annotations

import io
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle
from commands import Run, check_failed, everything
from scored_rows import (
    IDS,
    ROWS,
    TEXTS,
    make_blocks_small,
    write_data,
    write_varied_model,
)

import recurra.batch_prediction.predict as predict_module
from recurra.bundle import write_bundle
from recurra.data.model_columns import ModelColumns
from recurra.runtime import Model


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    make_blocks_small(monkeypatch)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_varied_model(tmp_path)


@pytest.mark.parametrize("kind", [".csv", ".parquet"])
def test_an_empty_file_is_refused(kind: str, run: Run, model: Path, tmp_path: Path) -> None:
    Path(f"data{kind}").touch()
    before = everything(tmp_path)
    check_failed(run("score", model, f"data{kind}", "--out", "out.csv"), 1, f"data{kind} is empty")
    assert everything(tmp_path) == before


def test_a_file_that_is_written_to_while_it_is_read(run: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_data(".csv", {"id": [str(n) for n in range(ROWS)], "text": TEXTS})
    predict, added = predict_module.predict_batches, iter(["99,one more\n", "100,half,"])

    def grows(*given: Any, **more: Any) -> Any:
        with data.open("a") as file:
            file.write(next(added))
        return predict(*given, **more)

    monkeypatch.setattr(predict_module, "predict_batches", grows)
    Path("answers.csv").write_text("of yesterday\n", encoding="utf-8")
    words = ["score", model, data, "--text", "text", "--quiet", "--out", "answers.csv"]
    check_failed(run(*words), 1, f"{data} was written to while it was read. Score it when it is complete.")
    said = "has 3 fields for 2 columns: '100,half,'; the file was written to while it was read. Score it when it is"
    check_failed(run(*words), 1, said)
    assert Path("answers.csv").read_text("utf-8") == "of yesterday\n"
    monkeypatch.undo()


def test_a_file_that_is_replaced_while_it_is_read(run: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_data(".csv", {"text": TEXTS})
    predict = predict_module.predict_batches

    def replaced(*given: Any, **more: Any) -> Any:
        found = predict(*given, **more)
        shutil.copy(data, "next.csv")
        Path("next.csv").replace(data)
        return found

    monkeypatch.setattr(predict_module, "predict_batches", replaced)
    words = ["score", model, data, "--text", "text", "--quiet", "--out", "answers.csv"]
    check_failed(
        run(*words), 1, f"{data} was replaced by another while it was read. Score that one from its beginning."
    )
    assert not Path("answers.csv").exists()


def test_no_folder_for_temporary_files(run: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/nowhere"])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"text\noil prices\n")))
    check_failed(
        run("score", model, "-", "--format", "csv"), 1, "Name a writable folder in the environment variable TMPDIR"
    )


@pytest.mark.parametrize("existing", [None, b"old"])
@pytest.mark.parametrize(
    ("name", "broken", "parts"),
    [
        ("data.csv", b"70,b,c\n", ["row 62 (the header is row 1) has 3 fields for 2 columns", "double quotes"]),
        ("data.csv", b"70,\xff\n", ["byte 0xff at byte ", "line 62 is not utf-8", "--encoding windows-1252"]),
        ("data.csv", b"70,a\0b\n", ["a NUL byte at byte", "line 62"]),
        ("data.csv", b'70,"' + b"x" * 2000 + b'"\n', ["a row is longer than"]),
        ("data.txt", b"\xff\n", ["data.txt: byte 0xff at byte ", "line 61 is not utf-8"]),
    ],
)
def test_a_broken_row_in_the_middle_leaves_nothing(
    name: str, broken: bytes, parts: list[str], existing: bytes | None, run: Run, model: Path, tmp_path: Path
) -> None:
    data = write_data(Path(name).suffix, {"id": [str(n) for n in range(ROWS)], "text": TEXTS})
    before = data.read_bytes().splitlines(keepends=True)
    place = 61 if name == "data.csv" else 60
    data.write_bytes(b"".join([*before[:place], broken, *before[place:]]))
    if existing is not None:
        Path("out.csv").write_bytes(existing)
    files = everything(tmp_path)
    ran = (
        run("score", model, data, "--out", "out.csv", "--quiet", "--text", "text")
        if name == "data.csv"
        else run("score", model, data, "--out", "out.csv", "--quiet")
    )
    check_failed(ran, 1, *parts)
    assert everything(tmp_path) == files


def test_a_text_that_is_too_long_is_named_by_its_row(run: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    from recurra.data import arrow_columns

    monkeypatch.setattr(arrow_columns, "MAX_TEXT_BYTES", 100)
    data = write_data(".csv", {"id": range(ROWS), "text": [*TEXTS[:-1], "x" * 101]})
    ran = run("score", model, data, "--out", "out.csv", "-q")
    check_failed(ran, 1, "row 101 (the header is row 1), column 'text' holds a text of 101 bytes")


def test_an_interruption_leaves_nothing(run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_data(".csv", {"id": IDS, "text": TEXTS})
    before = everything(tmp_path)
    calls = []

    def interrupted(self: Model, documents: Any) -> Any:
        calls.append(documents)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return np.full((4, 3), 1 / 3, dtype=np.float32)

    monkeypatch.setattr(Model, "predict_proba", interrupted)
    for resume, said in (
        ((), "before it was done. Run the command again."),
        (("--resume",), "before the first rows were stored. The same command starts at the first row."),
    ):
        calls.clear()
        ran = run("score", model, data, "--out", "out.csv", "--quiet", *resume)
        assert (ran.code, ran.out, ran.err) == (130, "", f"recurra: interrupted {said}\n")
        assert everything(tmp_path) == before


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (["data.csv", "--json"], 2, ["--json is given without --out"]),
        (["data.csv", "--out", "out.txt"], 2, ["ends in '.txt'", ".csv, .jsonl, .xlsx or .parquet"]),
        (["data.csv", "--out", "out"], 2, ["ends in ''", ".csv, .jsonl, .xlsx or .parquet"]),
        (["data.csv", "--out", "data.csv"], 2, ["is data.csv itself", "another file"]),
        (["data.csv", "--out", f"{'n' * 256}/out.csv"], 1, ["File name too long"]),
        (["data.csv", "--out", "out.csv", "--keep", "nr"], 1, ["no column 'nr'", "'id', 'text'", "--keep"]),
        (["data.csv", "--out", "out.csv", "--keep", "id", "--keep", "id"], 2, ["--keep 'id' names a column twice"]),
        (["data.csv", "--out", "out.csv", "--keep", "id", "--answers-only"], 2, ["--keep", "--answers-only", "one of"]),
        (["data.csv", "--resume"], 2, ["--resume is given without --out"]),
        (["-", "--out", "out.csv", "--resume"], 2, ["--resume", "standard input, which cannot be read again"]),
        (["data.csv", "--out", "out.parquet.gz"], 2, ["ends in '.parquet.gz'", "may be packed"]),
        (["data.csv", "--out", "out.csv", "--text", "body"], 1, ["no column 'body'", "--text"]),
        (
            ["data.csv", "--out", "out.csv", "--text", "id", "--title", "id"],
            1,
            ["Column 'id' is named twice", "with --text and --title"],
        ),
        (
            ["data.txt", "--out", "out.csv", "--keep", "id"],
            2,
            ["--keep id", "data.txt, which has one text a line and no other column"],
        ),
        (["-", "--out", "out.csv", "--text", "text"], 2, ["--text text", "standard input, which has one text a line"]),
        (["data.json", "--out", "out.csv"], 1, ["data.json has no rows", "an array of objects"]),
        (["agnews", "--out", "out.csv"], 1, ["No file 'agnews'"]),
        (["data.csv", "--out", "out.csv", "--format", "xml"], 2, ["no format 'xml'", "csv, tsv, jsonl"]),
    ],
)
def test_wrong_words(words: list[str], code: int, parts: list[str], run: Run, model: Path, tmp_path: Path) -> None:
    for kind in (".csv", ".txt"):
        write_data(kind, {"id": IDS, "text": TEXTS})
    Path("data.json").write_text("[]")
    before = everything(tmp_path)
    check_failed(run("score", model, *words, "-q", stdin=b"oil\n"), code, *parts)
    assert everything(tmp_path) == before


def test_no_text_at_all_is_no_answer(run: Run, model: Path, tmp_path: Path) -> None:
    """All rows would get the same label."""
    data = write_data(".csv", {"id": ["1", "2"], "text": ["", ""]})
    Path("out.csv").write_text("of yesterday\n", encoding="utf-8")
    before = everything(tmp_path)
    words = ["score", model, data, "--text", "text", "--quiet"]
    check_failed(run(*words, "--out", "out.csv"), 1, "No row of data.csv has a text in the column 'text'. Look at the")
    assert everything(tmp_path) == before


def test_columns_that_changed_are_said_although_quiet(run: Run, tmp_path: Path) -> None:
    named = replace(make_bundle(), record={"columns": ModelColumns("text", None, "topic").to_record()})
    write_bundle(named, tmp_path / "named.safetensors")
    words = ["score", "named.safetensors", "data.csv", "--out", "out.csv", "--quiet"]
    write_data(".csv", {"id": ["1", "2"], "body": ["oil prices rise", "the team"]})
    renamed = run(*words)
    assert renamed.code == 0
    assert "recurra: warning: data.csv has no column of texts 'text'" in renamed.err
    assert "'body' is read instead" in " ".join(renamed.err.split())
    Path("data.csv").write_text("<html>\n", encoding="utf-8")
    none = run(*words)
    assert (none.code, "data.csv has no column of texts 'text'" in none.err, "no rows" in none.err) == (0, True, True)
    write_data(".csv", {"id": ["1", "2"]})
    check_failed(run(*words), 1, "data.csv has no column of texts 'text', from which the model learned, among 'id'")


@pytest.mark.parametrize("name", ["data.csv", "data.parquet", "data.txt"])
def test_white_space_is_no_text(name: str, run: Run, model: Path) -> None:
    blank = ["", " ", "\t ", "\u00a0", "\u3000\u2003"]
    if name == "data.txt":
        Path(name).write_text("\n".join([*blank, "\u3042 oil"]) + "\n", encoding="utf-8")
    else:
        write_data(Path(name).suffix, {"text": [*blank, "\u3042 oil"]})
    ran = run("score", model, name, "--out", "out.csv")
    assert "5 of 6 rows have no text" in " ".join((ran.out + ran.err).split())


def test_columns_of_one_name_are_refused_and_those_without_a_name_are_not_copied(
    run: Run, model: Path, tmp_path: Path
) -> None:
    Path("data.csv").write_text("text,id,id,,\noil,1,2,x,y\n", encoding="utf-8")
    said = "data.csv has 2 columns 'id', and all columns are copied. Give each column a name of its own, name those"
    check_failed(run("score", model, "data.csv", "--out", "out.csv", "--quiet"), 1, said)
    Path("data.csv").write_text("text,id,,\noil,1,x,y\ntax,2,,\n", encoding="utf-8")
    ran = run("score", model, "data.csv", "--out", "out.csv")
    assert "2 columns without a name are not copied" in ran.out
    assert Path("out.csv").read_text(encoding="utf-8").startswith("text,id,label,probability\noil,1,")
