"""``recurra score``: every row of a file classified block by block, as Python would classify it."""

from __future__ import annotations

import datetime
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle
from commands import Run, check_failed
from scored_rows import (
    IDS,
    ROWS,
    TEXTS,
    TITLES,
    USUAL,
    check_answers,
    make_blocks_small,
    read_answers,
    write_data,
    write_varied_model,
)

import recurra
from recurra.batch_prediction import document_batches
from recurra.bundle import write_bundle
from recurra.cli import score as command
from recurra.data import blocks


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    make_blocks_small(monkeypatch)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_varied_model(tmp_path)


@pytest.mark.parametrize("out", ["out.csv", "out.jsonl", "out.PARQUET"])
@pytest.mark.parametrize("kind", [".csv", ".tsv", ".parquet", ".txt"])
def test_answers_are_those_of_python_in_the_rows_order(kind: str, out: str, run: Run, model: Path) -> None:
    data = write_data(kind, {"id": IDS, "text": TEXTS})
    keep = ["--answers-only"] if kind == ".txt" else ["--keep", "id"]
    ran = run("score", model, data, "--out", out, "--all", "--quiet", *keep)
    assert (ran.code, ran.out, ran.err) == (0, f"answers: {out}\n", "")
    if out == "out.PARQUET":
        Path(out).rename("out.parquet")
    answers = check_answers(Path(out.lower()), model, TEXTS, every=True)
    assert {answer["label"] for answer in answers} == set("abc")
    if kind != ".txt":
        assert [answer["id"] for answer in answers] == IDS
    columns = [*keep[1:], "label", "probability", "probability_a", "probability_b", "probability_c"]
    assert list(answers[0]) == columns


def test_parquet_holds_every_digit_in_few_row_groups(run: Run, model: Path) -> None:
    data = write_data(".txt", {"text": TEXTS})
    run("score", model, data, "--out", "out.parquet", "--all", "--answers-only")
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
    assert found["empty"] == empty
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
    again = run("score", model, data, "--out", "out.csv", "-q")
    assert again.out == "answers: out.csv, which replaces the earlier file\n"


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


@pytest.mark.parametrize("out", ["out.csv", "out.jsonl", "out.parquet"])
def test_lines_are_kept_as_a_column(out: str, run: Run, model: Path) -> None:
    texts = [*TEXTS, 'a comma, a "quote"', "", "é猫"]
    data = write_data(".txt", {"text": texts})
    for words in ([data], [data, "--keep", "text"]):
        found = run("score", model, *words, "--out", out, "--json").json
        assert found["columns"] == ["text", "label", "probability"]
        answers = check_answers(Path(out), model, texts)
        assert [answer["text"] for answer in answers] == texts
