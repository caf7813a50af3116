"""``recurra bench``: figures of a small model, on generated texts and on files."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import pytest
from commands import Run, check_failed
from rows import write_table

from recurra.bench import measure
from recurra.cli.bench import FIGURES
from recurra.kernels.threads import cpu_count

KEYS = {"model", "texts", "documents", "tokens_per_document", "threads", "rounds", "machine", "notes", *FIGURES}


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """Short rounds; what was measured on in each."""
    monkeypatch.setattr(measure, "SECONDS", 0.01)
    monkeypatch.setattr(measure, "in_a_process", lambda path, documents: (0.25, 40.0 + len(documents)))
    found: list[list[Any]] = []
    real = measure.latency
    monkeypatch.setattr(measure, "latency", lambda model, documents: found.append(documents) or real(model, documents))
    return found


def test_figures_as_json(run: Run, model: Path, asked: list[list[Any]]) -> None:
    ran = run("bench", model, "--rounds", "3", "--take", "200", "--json")
    assert (ran.code, ran.err) == (0, "")
    found = ran.json
    assert found.keys() == KEYS
    assert (found["documents"], found["rounds"], found["texts"], found["threads"]) == (200, 3, None, cpu_count())
    assert found["tokens_per_document"] == pytest.approx(40, rel=0.05)
    assert found["notes"] == ["no TEXTS: 200 are generated, of about 40 tokens of the model's vocabulary"]
    for name in FIGURES:
        figure = found[name]
        assert len(figure["rounds"]) == 3
        assert figure["median"] == statistics.median(figure["rounds"])
        assert (figure["lowest"], figure["highest"]) == (min(figure["rounds"]), max(figure["rounds"]))
        assert figure["lowest"] > 0
    assert found["start_seconds"]["median"] == 0.25
    assert found["memory_mb"]["median"] == 240
    assert [len(texts) for texts in asked] == [200] * 3


def test_a_table_for_people(run: Run, model: Path) -> None:
    ran = run("bench", model, "--rounds", "2", "--take", "30", "--length", "7")
    assert (ran.code, ran.err) == (0, "")
    first, *rounds, head, speed, one, start, memory, last = ran.out.splitlines()
    assert first.startswith("no TEXTS: 30 are generated, of about 7 tokens")
    assert [line.partition(":")[0] for line in rounds] == ["round 1 of 2", "round 2 of 2"]
    assert head.split() == ["median", "lowest", "highest"]
    assert speed.startswith("documents a second")
    assert one.startswith("one document, µs")
    assert start.split() == ["start,", "s", *["0.25"] * 3]
    assert memory.split() == ["memory", "above", "imports,", "MB", *["70"] * 3]
    assert f"threads: {cpu_count()}" in last
    assert run("bench", model, "--rounds", "1", "--take", "30", "-q").out.splitlines()[0].split() == head.split()


def test_what_the_system_does_not_tell_is_null(run: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "in_a_process", lambda path, documents: (0.25, None))
    assert run("bench", model, "--rounds", "1", "--take", "5", "--json").json["memory_mb"] is None
    assert "memory" not in run("bench", model, "--rounds", "1", "--take", "5").out


def test_lines_of_a_file_and_of_standard_input(run: Run, model: Path, asked: list[list[Any]]) -> None:
    Path("texts.txt").write_text("oil prices\n\nthe team wins\na late match\n", encoding="utf-8")
    found = run("bench", model, "texts.txt", "--take", "3", "--rounds", "1", "--json").json
    assert (found["texts"], found["documents"]) == ("texts.txt", 3)
    assert found["tokens_per_document"] == pytest.approx(5 / 3)
    assert run("bench", model, "-", "--rounds", "1", "--json", stdin=b"oil\nrise\n").json["documents"] == 2
    assert asked == [["oil prices", "", "the team wins"], ["oil", "rise"]]


def test_a_table_is_read_as_score_reads_it(run: Run, model: Path, asked: list[list[Any]]) -> None:
    write_table(Path("news.csv"), ("id", "head", "body"), [(1, "Oil", "prices rise"), (2, "", "a late match")])
    ran = run("bench", model, "news.csv", "--title", "head", "--text", "body", "--rounds", "1", "--json")
    assert ran.json["documents"] == 2
    run("bench", model, "news.csv", "--rounds", "1")
    assert asked[0] == ["Oil prices rise", "a late match"]
    assert asked[1] == ["prices rise", "a late match"]


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (["missing.safetensors"], 1, ["no file missing.safetensors"]),
        (["{model}", "missing.csv"], 1, ["missing.csv"]),
        (["{model}", "{model}"], 1, ["model.safetensors"]),
        (["{model}", "empty.txt"], 1, ["empty.txt"]),
        (["{model}", "texts.txt", "--length", "9"], 2, ["--length 9", "Leave it out"]),
        (["{model}", "texts.txt", "--title", "head"], 2, ["--title head", "no other column"]),
        (["{model}", "--title", "head"], 2, ["--title", "without TEXTS"]),
        (["{model}", "--format", "csv"], 2, ["--format", "without TEXTS"]),
    ],
)
def test_mistakes_are_one_line(run: Run, model: Path, words: list[str], code: int, parts: list[str]) -> None:
    Path("empty.txt").write_bytes(b"")
    Path("texts.txt").write_bytes(b"oil\n")
    check_failed(run("bench", *(word.format(model=model) for word in words)), code, *parts)


def test_a_model_that_is_called_as_a_comparison_is(run: Run, model: Path) -> None:
    model.rename("train")
    assert run("bench", "train", "--rounds", "1", "--take", "5", "--json").json["model"] == "train"
