"""Every mistake is one line on standard error, a code that says so, and nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from bundles import make_bundle
from commands import Run, check_failed, everything
from rows import TOPICS, make_rows, write_table

from recurra.bundle import write_bundle
from recurra.cli.stdin import lines_of_input
from recurra.errors import DataError

# What reads a table, given the name of the table; the model exists.
TABLE_COMMANDS = {
    "train": ("train", "{}", "--out", "run"),
    "evaluate": ("evaluate", "model.safetensors", "{}", "--out", "scores"),
    "data": ("data", "{}"),
}
BAD_TABLES = {
    "missing.csv": (None, ["no file 'missing.csv'", "check the path"]),
    "missing-set": (None, ["no set 'missing-set'", "--data-dir"]),
    "empty.csv": (b"", ["empty.csv is empty", "header row"]),
    "header.csv": (b"label,text\n", ["header.csv has a header and no rows", "at least one row"]),
    "long.csv": (b"label,text\na,short\nb," + b"x" * 3_000_000 + b"\n", ["3,000,000 bytes", "1 MiB"]),
    "nul.csv": (b"label,text\na,one\nb,tw\0o\n", ["NUL byte at byte 21, line 3", "Remove"]),
    "latin.csv": ("label,text\na,une\nb,d\xe9j\xe0\n".encode("latin-1"), ["0xe9", "line 3", "--encoding windows-1252"]),
    "unlabelled.csv": (b"label,text\na,one\n,two\n", ["row 3", "no label", "give every row a label"]),
    "words.txt": (b"some words", ["words.txt holds texts and no labels", "begin each line with __label__"]),
    "words.doc": (b"some words", ["'.doc'", ".csv, .tsv, .jsonl", "--format"]),
    "folder.csv": ("folder", ["is a folder", "name a file in it"]),
    "bad.parquet": (b"PAR1 but no more", ["bad.parquet is not a whole Parquet file", "download it again"]),
}


@pytest.mark.parametrize("name", BAD_TABLES)
@pytest.mark.parametrize("command", TABLE_COMMANDS)
def test_a_table_that_cannot_be_used(command: str, name: str, run: Run, model: Path, tmp_path: Path) -> None:
    content, parts = BAD_TABLES[name]
    if content == "folder":
        (tmp_path / name).mkdir()
    elif isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    before = everything(tmp_path)
    ran = run(*(word.format(name) for word in TABLE_COMMANDS[command]))
    check_failed(ran, 1, *parts)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("command", TABLE_COMMANDS)
@pytest.mark.parametrize("option", ["--text", "--title", "--label"])
def test_a_column_that_is_not_there(command: str, option: str, run: Run, model: Path, news: Path) -> None:
    words = [word.format(news.name) for word in TABLE_COMMANDS[command]]
    named = ["--text", "description"] if option == "--title" else []
    ran = run(*words, *named, option, "boddy")
    check_failed(ran, 1, "no column 'boddy'", "'description'", option)


@pytest.mark.parametrize("command", TABLE_COMMANDS)
def test_an_encoding_that_is_none(command: str, run: Run, model: Path, news: Path) -> None:
    words = [word.format(news.name) for word in TABLE_COMMANDS[command]]
    check_failed(run(*words, "--encoding", "utf-9"), 1, "'utf-9'", "utf-8")


def test_one_class_only(run: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "one.csv", ("label", "text"), [("same", f"text number {n}") for n in range(20)])
    before = everything(tmp_path)
    ran = run("train", "one.csv", "--out", "run", "--quiet")
    check_failed(ran, 1, "All 20 rows have the label 'same'", "two classes")
    assert everything(tmp_path) == before


@pytest.mark.parametrize("how", ["error", "wrong", "skip"])
def test_labels_that_training_never_saw(how: str, run: Run, model: Path, tmp_path: Path) -> None:
    """All of them: whatever is asked for, such rows test nothing."""
    rows = [("weather", "oil prices"), ("weather", "rain again"), ("sport", "more rain"), ("weather", "the team")]
    write_table(tmp_path / "test.csv", ("label", "text"), [("a", "b"), *rows] if how == "error" else rows)
    before = everything(tmp_path)
    ran = run("evaluate", model, "test.csv", "--quiet", "--out", "scores", "--unknown-labels", how)
    check_failed(ran, 1, "test.csv has the label 'weather' (3 rows), which training never saw", "'a', 'b', 'c'")
    assert everything(tmp_path) == before
    check_failed(run("evaluate", model, "test.csv", "--unknown-labels", "right"), 2, "Give wrong, skip or error")


BAD_LINES = {
    "long": (b"short\n" + b"x" * 10_000_000, ["Line 2", "1,048,576 bytes", "Cut or split"]),
    "NUL": (b"one\ntw\0o\n", ["Line 2", "NUL", "without NUL bytes"]),
    "latin-1": ("one\nd\xe9j\xe0\n".encode("latin-1"), ["Line 2", "0xe9 is not utf-8", "--encoding windows-1252"]),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_line_of_standard_input_that_is_no_text(name: str, run: Run, model: Path) -> None:
    content, parts = BAD_LINES[name]
    check_failed(run("predict", model, "--json", stdin=content), 1, *parts)


def test_a_line_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless:
        """As much of one line as is asked for; all of it would never come."""

        def readline(self, size: int) -> bytes:
            return b"x" * min(size, 1 << 24)

    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=Endless()))
    with pytest.raises(DataError, match=r"Line 1 of standard input is longer than 1,048,576 bytes"):
        next(lines_of_input("utf-8"))


def test_an_encoding_of_standard_input_in_which_lines_end_otherwise(run: Run, model: Path) -> None:
    for name in ("utf-16", "utf-9"):
        check_failed(run("predict", model, "--encoding", name, stdin=b"a"), 1, repr(name), "such as utf-8")


def _cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def _altered(data: bytes) -> bytes:
    return data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]


BAD_MODELS: dict[str, tuple[Callable[[bytes], bytes] | None, list[str]]] = {
    "missing": (None, ["There is no file missing.safetensors", "Check the path"]),
    "cut": (_cut, ["cut", "again"]),
    "altered": (_altered, ["cut or altered: its digest", "again"]),
    "empty": (lambda data: b"", ["no safetensors file", "that recurra has written"]),
    "text": (lambda data: b"label,text\n", ["no safetensors file", "that recurra has written"]),
}


@pytest.mark.parametrize("name", BAD_MODELS)
@pytest.mark.parametrize("command", ["predict", "info", "evaluate"])
def test_a_model_file_that_cannot_be_used(command: str, name: str, run: Run, model: Path, news: Path) -> None:
    change, parts = BAD_MODELS[name]
    path = Path(f"{name}.safetensors")
    if change is not None:
        path.write_bytes(change(model.read_bytes()))
    more = {"predict": ["a text"], "info": [], "evaluate": [news, "--out", "scores"]}[command]
    check_failed(run(command, path, *more), 1, path.name, *parts)
    assert not Path("scores").exists()


def test_a_folder_in_a_models_place(run: Run, trained: Path) -> None:
    check_failed(run("info", trained), 1, "is a folder", f"{trained / 'model.safetensors'}")


WRONG_SETTINGS = [
    (["--model", "lesson/lstmm"], ["'lesson/lstmm'", "lesson/simple-rnn-titles", "lesson/bilstm", "default"]),
    (["--model", "own.toml"], ["own.toml", "No such file", "Check the path"]),
    (["--set", "hiden=3"], ["'hiden'", "hidden"]),
    (["--set", "hidden"], ["'hidden'", "NAME=VALUE"]),
    (["--set", "hidden=many"], ["'many'", "whole number"]),
    (["--set", "pooling=['sum']"], ["['sum']", "last, max, mean, attention"]),
    (["--set", "hidden=1\nseed=7"], ["'1\\nseed=7'", "whole number"]),
    (["--set", "cell=elman"], ["'elman'", "simple_rnn, gru"]),
    (["--engine", "abacus"], ["'abacus'", "reference"]),
    (["--device", "abacus"], ["'abacus'", "cpu"]),
    (["--vectors", "glove.txt"], ["glove.txt", "No such file"]),
    (["--vectors", "glove"], ["'glove'", "no such name", "Name glove-6b-50d or en-300d, or give a file"]),
    (["--text", "description", "--label", "description"], ["'description'", "two different ones"]),
]


@pytest.mark.parametrize(("words", "parts"), WRONG_SETTINGS)
def test_settings_that_are_not_possible(
    words: list[str], parts: list[str], run: Run, news: Path, tmp_path: Path
) -> None:
    before = everything(tmp_path)
    # Columns are chosen once the table is read.
    check_failed(run("train", news, "--out", "some/run", "--quiet", *words), 1 if "--label" in words else 2, *parts)
    assert everything(tmp_path) == before


def test_columns_for_a_named_set(run: Run, model: Path) -> None:
    check_failed(run("evaluate", model, "agnews", "--text", "body"), 2, "--text body", "agnews", "Leave it out")


def test_rows_without_a_title_for_a_model_that_reads_titles(run: Run, tmp_path: Path) -> None:
    from dataclasses import replace

    bundle = make_bundle()
    write_bundle(replace(bundle, text=bundle.text.replace(field="title", first_words=None)), "titles.safetensors")
    write_table(tmp_path / "test.csv", ("label", "title", "text"), [("a", "", "oil"), ("b", " ", "team")])
    check_failed(run("evaluate", "titles.safetensors", "test.csv", "-q"), 1, "no row with a title", "name their column")


def test_a_training_that_diverges_before_its_first_step_leaves_nothing(run: Run, news: Path, tmp_path: Path) -> None:
    # Dropout makes what it keeps larger, and these overflow.
    words = {word for topic in TOPICS.values() for word in topic}
    Path("vectors.txt").write_text("".join(f"{word} 3e38 -3e38\n" for word in sorted(words)))
    before = everything(tmp_path)
    ran = run("train", news, "--out", "run", "--vectors", "vectors.txt", "--quiet")
    check_failed(ran, 1, "became nan at step 1", "Lower learning_rate")
    assert everything(tmp_path) == before


def test_a_training_that_diverges_before_there_is_a_good_model_leaves_nothing(
    run: Run, news: Path, tmp_path: Path
) -> None:
    before = everything(tmp_path)
    ran = run("train", news, "--out", "run", "--learning-rate", "1e38", "--set", "patience=0", "--quiet")
    check_failed(ran, 1, "became", "at step", "Lower learning_rate")
    assert everything(tmp_path) == before


def test_a_training_that_diverges_keeps_its_last_good_model(run: Run, tmp_path: Path) -> None:
    # One word in one row overflows, and not in the first step: rows come in the order of the seed, one a step.
    pairs, labels = make_rows(40)
    rows = [(label, *pair) for label, pair in zip(labels, pairs, strict=True)]
    rows[7] = (labels[7], "zyzzyva", "zyzzyva")
    write_table(tmp_path / "news.csv", ("label", "title", "text"), rows)
    words = [word for topic in TOPICS.values() for word in topic]
    Path("vectors.txt").write_text("".join(f"{word} 0.1 -0.1\n" for word in words) + "zyzzyva 3e38 -3e38\n")
    ran = run("train", "news.csv", "--out", "run", "--quiet", "--vectors", "vectors.txt", "--batch-size", 1)
    check_failed(ran, 1, "became nan at step", "Lower learning_rate", "The last good model is run/model.safetensors")
    assert "at step 1 " not in ran.err
    answers = run("predict", "run/model.safetensors", "stock market", "--json")
    assert sum(answers.json[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
