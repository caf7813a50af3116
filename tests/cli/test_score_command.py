"""``recurra score``: every row of a file classified block by block, as Python would classify it."""

from __future__ import annotations

import csv
import datetime
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import WORDS, make_bundle
from commands import Run, check_failed, everything
from rows import write_table

import recurra
from recurra.batch_prediction import document_batches
from recurra.batch_prediction import parquet as parquets
from recurra.bundle import write_bundle
from recurra.cli import score as command
from recurra.data import blocks, lines
from recurra.runtime import Model

ROWS = 100
TEXTS = [" ".join(WORDS[(n * 7 + k) % len(WORDS)] for k in range(n % 6)) for n in range(ROWS)]
TITLES = [" ".join(WORDS[(n * 5 + k) % len(WORDS)] for k in range(n % 4)) for n in range(ROWS)]
USUAL = (blocks.BLOCK_BYTES, document_batches.BATCH)
IDS = [f'nr, "{n}"' if n % 10 == 0 else str(n) for n in range(ROWS)]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small that these few rows make many blocks, and that a block makes several batches."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 512)
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 9)
    monkeypatch.setattr(lines, "BLOCK_BYTES", 300)
    monkeypatch.setattr(document_batches, "BATCH", 4)
    monkeypatch.setattr(parquets, "ROW_GROUP", 10)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """One of which each class is the answer to some of the texts."""
    write_bundle(make_bundle(scale=3, seed=4), tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def read_answers(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    parquet = pytest.importorskip("pyarrow.parquet")
    found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return found


def check_answers(path: Path, model: Path, documents: Sequence[Any], *, every: bool = False) -> list[dict[str, Any]]:
    """They are those of the model for these documents, in their order."""
    answers = read_answers(path)
    loaded = recurra.load(model)
    probabilities = loaded.predict_proba(documents)
    assert [answer["label"] for answer in answers] == loaded.predict(documents).tolist()
    np.testing.assert_allclose(
        [float(answer["probability"]) for answer in answers], probabilities.max(axis=1), atol=1e-6
    )
    for place, label in enumerate(loaded.classes_):
        name = f"probability_{label}"
        assert (name in answers[0]) == every
        if every:
            np.testing.assert_allclose([float(answer[name]) for answer in answers], probabilities[:, place], atol=1e-6)
    return answers


def write_data(kind: str, columns: dict[str, Sequence[Any]]) -> Path:
    path = Path(f"data{kind}")
    if kind == ".parquet":
        pa = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pa.table(columns), path, row_group_size=37)
        return path
    if kind == ".txt":
        path.write_text("".join(f"{text}\n" for text in columns["text"]), encoding="utf-8")
        return path
    write_table(path, list(columns), list(zip(*columns.values(), strict=True)))
    if kind == ".tsv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t").writerows([list(columns), *zip(*columns.values(), strict=True)])
    return path


@pytest.mark.parametrize("out", ["out.csv", "out.jsonl", "out.PARQUET"])
@pytest.mark.parametrize("kind", [".csv", ".tsv", ".parquet", ".txt"])
def test_answers_are_those_of_python_in_the_rows_order(kind: str, out: str, run: Run, model: Path) -> None:
    data = write_data(kind, {"id": IDS, "text": TEXTS})
    keep = [] if kind == ".txt" else ["--keep", "id"]
    ran = run("score", model, data, "--out", out, "--all", "--quiet", *keep)
    assert (ran.code, ran.out, ran.err) == (0, f"answers: {out}\n", "")
    if out == "out.PARQUET":
        Path(out).rename("out.parquet")
    answers = check_answers(Path(out.lower()), model, TEXTS, every=True)
    assert {answer["label"] for answer in answers} == set("abc")
    if keep:
        assert [answer["id"] for answer in answers] == IDS
    columns = [*keep[1:], "label", "probability", "probability_a", "probability_b", "probability_c"]
    assert list(answers[0]) == columns


def test_parquet_holds_every_digit_in_few_row_groups(run: Run, model: Path) -> None:
    data = write_data(".txt", {"text": TEXTS})
    run("score", model, data, "--out", "out.parquet", "--all")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table("out.parquet")
    expected = recurra.load(model).predict_proba(TEXTS)
    np.testing.assert_allclose(
        np.stack([table[f"probability_{label}"].to_numpy() for label in "abc"], axis=1), expected, rtol=1e-6
    )
    assert [str(kind) for kind in table.schema.types] == ["string", *["float"] * 4]
    assert 1 < parquet.ParquetFile("out.parquet").num_row_groups <= ROWS // 10


@pytest.mark.parametrize("kind", [".csv", ".parquet"])
@pytest.mark.parametrize("text", [{}, {"field": "title", "first_words": None}, {"field": "title", "first_words": 2}])
def test_titles_and_texts_are_read_as_the_model_reads_pairs(kind: str, text: dict[str, Any], run: Run) -> None:
    bundle = make_bundle(scale=2)
    write_bundle(replace(bundle, text=bundle.text.replace(**text)), "pairs.safetensors")
    data = write_data(kind, {"text": TEXTS, "title": TITLES})
    assert run("score", "pairs.safetensors", data, "--out", "out.csv").code == 0
    pairs = list(zip(TITLES, TEXTS, strict=True))
    check_answers(Path("out.csv"), Path("pairs.safetensors"), pairs)
    # Named alone, the text is no part of a pair.
    run("score", "pairs.safetensors", data, "--out", "out.csv", "--text", "text")
    check_answers(Path("out.csv"), Path("pairs.safetensors"), TEXTS)


def test_missing_texts_are_empty_ones(run: Run, model: Path) -> None:
    texts = [None if n % 3 == 0 else text for n, text in enumerate(TEXTS)]
    titles = [None if n % 4 == 0 else title for n, title in enumerate(TITLES)]
    data = write_data(".parquet", {"text": texts, "title": titles})
    found = run("score", model, data, "--out", "out.csv", "--json").json
    pairs = [(title or "", text or "") for title, text in zip(titles, texts, strict=True)]
    check_answers(Path("out.csv"), model, pairs)
    empty = sum(pair == ("", "") for pair in pairs)
    assert found["notes"][-1] == f"{empty} of 100 rows have no text: they all get the same answer."


def test_the_document(run: Run, model: Path) -> None:
    data = write_data(".csv", {"id": IDS, "text": TEXTS})
    ran = run("score", model, data, "--out", "out.csv", "--json")
    found = ran.json
    predicted = recurra.load(model).predict(TEXTS).tolist()
    assert ran.err == ""
    assert {name: found[name] for name in ("model", "data", "rows", "out")} == {
        "model": str(model),
        "data": "data.csv",
        "rows": ROWS,
        "out": "out.csv",
    }
    assert found["labels"] == {label: predicted.count(label) for label in "abc"}
    assert found["docs_per_second"] == pytest.approx(ROWS / found["seconds"])
    assert found["notes"][0].startswith("columns guessed: text 'text'")


def test_lines_for_people(run: Run, model: Path) -> None:
    data = write_data(".csv", {"id": IDS, "text": TEXTS})
    ran = run("score", model, data, "--out", "out.csv")
    predicted = recurra.load(model).predict(TEXTS).tolist()
    printed = ran.out.splitlines()
    assert printed[0].startswith("columns guessed: ")
    assert printed[1] == f"{TEXTS.count('')} of 100 rows have no text: they all get the same answer."
    assert printed[2].startswith("100 rows of data.csv in ")
    assert [line.split() for line in printed[3:6]] == [[label, str(predicted.count(label))] for label in "abc"]
    assert printed[6:] == ["answers: out.csv"]
    assert run("score", model, data, "--out", "out.csv", "-q").out == "answers: out.csv\n"


@pytest.mark.parametrize("labels", [(0, 1, 2), (False, True), (0.5, 1.5), (1, 10**30), ('a "b", c', "100 %s")])
@pytest.mark.parametrize("out", ["out.csv", "out.jsonl", "out.parquet"])
def test_labels_keep_their_type_where_the_file_has_types(labels: tuple[Any, ...], out: str, run: Run) -> None:
    write_bundle(make_bundle(labels=labels, scale=3), "typed.safetensors")
    data = write_data(".txt", {"text": TEXTS})
    found = run("score", "typed.safetensors", data, "--out", out, "--all", "--json").json
    expected = recurra.load("typed.safetensors").predict(TEXTS).tolist()
    written = [label if isinstance(label, str) else json.dumps(label) for label in expected]
    answers = read_answers(Path(out))
    assert [answer["label"] for answer in answers] == (
        written if out == "out.csv" or (out == "out.parquet" and 10**30 in labels) else expected
    )
    assert found["labels"] == {name: written.count(name) for name in found["labels"]}
    assert sum(found["labels"].values()) == ROWS


def test_kept_columns_of_every_type(run: Run, model: Path) -> None:
    pytest.importorskip("pyarrow")
    day = datetime.date(2024, 2, 29)
    columns = {
        "text": TEXTS,
        "n": [None if n == 3 else n for n in range(ROWS)],
        "share": [float("nan"), float("inf"), None, *(n / 8 for n in range(ROWS - 3))],
        "yes": [n % 2 == 0 for n in range(ROWS)],
        "day": [day] * ROWS,
        "note": ["%s %d\r\n" if n % 2 else None for n in range(ROWS)],
    }
    data = write_data(".parquet", columns)
    options = [word for name in columns for word in ("--keep", name)]
    for out in ("out.parquet", "out.jsonl", "out.csv"):
        assert run("score", model, data, "--out", out, *options).code == 0
        answers = check_answers(Path(out), model, TEXTS)
        for name, values in columns.items():
            found = [answer[name] for answer in answers]
            if out == "out.parquet":
                assert repr(found) == repr(list(values))
            elif out == "out.jsonl":
                expected = {"share": [None, None, None, *values[3:]], "day": ["2024-02-29"] * ROWS}
                assert found == expected.get(name, values)
            elif name in {"text", "note", "day", "yes", "n"}:
                assert found == [
                    "" if v is None else "true" if v is True else "false" if v is False else str(v) for v in values
                ]
            else:
                assert found[:4] == ["nan", "inf", "", "0"]


def test_kept_lists_and_bytes(run: Run, model: Path) -> None:
    data = write_data(".parquet", {"text": TEXTS, "list": [[n] for n in range(ROWS)]})
    for out in ("out.csv", "out.jsonl", "out.parquet"):
        assert run("score", model, data, "--out", out, "--keep", "list", "--text", "text").code == 0
        found = [answer["list"] for answer in read_answers(Path(out))]
        assert found == [f"[{n}]" if out == "out.csv" else [n] for n in range(ROWS)]
    data = write_data(".parquet", {"text": TEXTS, "picture": [b"\xff"] * ROWS})
    for out in ("out.csv", "out.jsonl"):
        Path(out).unlink()
        check_failed(
            run("score", model, data, "--out", out, "-q"), 1, "'picture' holds binary", "write a .parquet file"
        )
        assert not Path(out).exists()


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
    assert Path("out.csv").read_text() == "label,probability,probability_a,probability_b,probability_c\n"
    assert pytest.importorskip("pyarrow.parquet").read_schema("out.parquet").names[:2] == ["label", "probability"]


@pytest.mark.parametrize("kind", [".csv", ".txt", ".parquet"])
def test_an_empty_file_is_refused(kind: str, run: Run, model: Path, tmp_path: Path) -> None:
    Path(f"data{kind}").touch()
    before = everything(tmp_path)
    check_failed(run("score", model, f"data{kind}", "--out", "out.csv"), 1, f"data{kind} is empty")
    assert everything(tmp_path) == before


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
    ran = run("score", model, data, "--out", "out.csv", "--quiet")
    assert (ran.code, ran.out, ran.err) == (
        130,
        "",
        "recurra: interrupted before it was done. Run the command again.\n",
    )
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["data.csv", "--json"], ["--json is given without --out"]),
        (["data.csv", "--out", "out.txt"], ["ends in '.txt'", ".csv, .jsonl or .parquet"]),
        (["data.csv", "--out", "out"], ["ends in ''", ".csv, .jsonl or .parquet"]),
        (["data.csv", "--out", "data.csv"], ["is data.csv itself", "another file"]),
        (["data.csv", "--out", "missing/out.csv"], ["missing/out.csv cannot be written", "Make its folder first"]),
        (["data.csv", "--out", "out.csv", "--keep", "nr"], ["no column 'nr'", "'id', 'text'", "--keep"]),
        (["data.csv", "--out", "out.csv", "--keep", "id", "--keep", "id"], ["--keep 'id' names a column twice"]),
        (["data.csv", "--out", "out.csv", "--keep", "id", "--answers-only"], ["--keep", "--answers-only", "one of"]),
        (["data.csv", "--resume"], ["--resume is given without --out"]),
        (["-", "--out", "out.csv", "--resume"], ["--resume", "standard input, which cannot be read again"]),
        (["data.csv", "--out", "out.parquet.gz"], ["ends in '.parquet.gz'", "may be packed"]),
        (["data.csv", "--out", "out.csv", "--text", "body"], ["no column 'body'", "--text"]),
        (
            ["data.csv", "--out", "out.csv", "--text", "id", "--title", "id"],
            ["Column 'id' is named twice", "with --text and --title"],
        ),
        (["data.txt", "--out", "out.csv", "--keep", "id"], ["--keep id", "data.txt, which has no columns"]),
        (["-", "--out", "out.csv", "--text", "text"], ["--text text", "standard input, which has no columns"]),
        (["data.json", "--out", "out.csv"], ["data.json has no rows", "an array of objects"]),
        (["agnews", "--out", "out.csv"], ["No file 'agnews'"]),
        (["data.csv", "--out", "out.csv", "--format", "xml"], ["no format 'xml'", "csv, tsv, jsonl"]),
    ],
)
def test_wrong_words(words: list[str], parts: list[str], run: Run, model: Path, tmp_path: Path) -> None:
    for kind in (".csv", ".txt"):
        write_data(kind, {"id": IDS, "text": TEXTS})
    Path("data.json").write_text("[]")
    before = everything(tmp_path)
    check_failed(run("score", model, *words, "-q", stdin=b"oil\n"), 1, *parts)
    assert everything(tmp_path) == before


def test_files_of_text_need_no_pyarrow(run: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_data(".txt", {"text": TEXTS})
    table = write_data(".csv", {"id": IDS, "text": TEXTS})
    parquet_file = write_data(".parquet", {"id": IDS, "text": TEXTS})
    for out in ("table.csv", "table.jsonl"):
        assert run("score", model, table, "--out", out, "--all").code == 0
    expected = [Path(out).read_bytes() for out in ("table.csv", "table.jsonl")]
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for out in ("out.csv", "out.jsonl"):
        assert run("score", model, data, "--out", out, "--all").code == 0
        check_answers(Path(out), model, TEXTS, every=True)
    for out, content in zip(("table.csv", "table.jsonl"), expected, strict=True):
        assert run("score", model, table, "--out", out, "--all").code == 0
        assert Path(out).read_bytes() == content
    for words in ([parquet_file, "--out", "other.csv"], [table, "--out", "other.parquet"]):
        check_failed(run("score", model, *words, "-q"), 1, "needs pyarrow", "pip install 'recurra[data]'")
    assert not Path("other.csv").exists()


@pytest.mark.parametrize("kind", [".csv", ".txt"])
def test_a_reader_that_has_seen_enough(kind: str, model: Path) -> None:
    head = b"label,probability\n" if kind == ".txt" else b"id,text,label,probability\n"
    data = write_data(kind, {"id": range(300_000), "text": ["the team wins"] * 300_000})
    process = subprocess.Popen(
        [sys.executable, "-m", "recurra.cli", "score", str(model), str(data), "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stdout, process.stderr:
        assert process.stdout.readline() == head
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_bar_counts_rows(run: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the bar is told: rows as they are done, and how many there will be."""
    told: list[tuple[int, int | None]] = []
    monkeypatch.setattr(command.Bars, "counting", lambda self, title: lambda *words: told.append(words))
    for kind, near in ((".csv", 25), (".parquet", 0), (".txt", 40)):
        told.clear()
        run("score", model, write_data(kind, {"text": TEXTS}), "--out", "out.csv")
        assert sum(rows for rows, _ in told) == ROWS
        assert all(total is not None and abs(total - ROWS) <= near for _, total in told)
        assert kind == ".csv" or told[-1][1] == ROWS


def test_real_news(run: Run, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows of a real file, in blocks of their usual size."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", USUAL[0])
    monkeypatch.setattr(document_batches, "BATCH", USUAL[1])
    from recurra.data.read import read_table

    path = data_dir / "agnews" / "test.csv"
    bundle = make_bundle(scale=3, masked=True, bidirectional=True)
    write_bundle(bundle, "news.safetensors")
    assert run("score", "news.safetensors", path, "--out", "out.parquet", "--keep", "title", "--all", "-q").code == 0
    table = read_table(path)
    answers = check_answers(Path("out.parquet"), Path("news.safetensors"), table.documents, every=True)
    assert [answer["title"] for answer in answers] == [document[0] for document in table.documents]
