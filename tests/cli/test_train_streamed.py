"""``recurra train`` on tables that are not in memory gives the models that it gives on those that are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import Run
from rows import make_rows, write_news

from recurra import TextClassifier
from recurra.batches import ragged_writer
from recurra.bundle import write_bundle
from recurra.data import blocks, streamed
from recurra.text import counting

OPTIONS = ["--set", "hidden=4", "--set", "embedding=5", "--epochs", 2, "--seed", 3]
DECISIONS = "number,decision,label,text\n5,exclude,,\n10,relabel,sport,\n"


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes every table a large one: read again each time, counts and ids on disk."""

    def patch() -> None:
        monkeypatch.setattr(streamed, "SMALL", 0)
        monkeypatch.setattr(blocks, "BLOCK_BYTES", 1024)
        monkeypatch.setattr(ragged_writer, "IN_MEMORY", 0)
        monkeypatch.setattr(counting, "TOKENS_IN_MEMORY", 20)
        monkeypatch.setattr(counting, "CHUNK", 16)

    return patch


@pytest.mark.parametrize("tokens", ["auto", "lesson", "words", "characters", "bytes"])
@pytest.mark.parametrize("field", ["all", "title"])
def test_models_are_equal_to_the_bit(run: Run, news: Path, large: Any, tokens: str, field: str) -> None:
    Path("d.csv").write_text(DECISIONS)
    words = ["train", news, *OPTIONS, "--exclude", "d.csv", "--relabel", "d.csv"]
    words += ["--set", f"tokens={tokens}", "--set", f"field={field}"]
    assert run(*words, "--out", "whole").code == 0
    large()
    ran = run(*words, "--out", "streamed", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["cleaning"]["excluded"] == ran.json["cleaning"]["relabelled"] == 1
    assert sorted(path.name for path in Path("streamed").iterdir()) == sorted(
        path.name for path in Path("whole").iterdir()
    )
    for name in ("model.safetensors", "history.json"):
        assert Path("whole", name).read_bytes() == Path("streamed", name).read_bytes()


@pytest.mark.parametrize("tokens", ["words", "characters"])
def test_models_with_a_linear_branch_are_equal_to_the_bit(run: Run, news: Path, large: Any, tokens: str) -> None:
    words = [
        "train",
        news,
        *OPTIONS,
        "--set",
        f"tokens={tokens}",
        "--set",
        "branch=true",
        "--set",
        "vocabulary_size=40",
    ]
    assert run(*words, "--out", "whole").code == 0
    large()
    ran = run(*words, "--out", "streamed", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert Path("whole/model.safetensors").read_bytes() == Path("streamed/model.safetensors").read_bytes()
    assert run("export", "streamed/model.safetensors", "--int8", "--out", "small.safetensors", news).code == 0


def test_standard_input_and_lists_give_the_same_model(run: Run, news: Path, large: Any) -> None:
    large()
    options = [*OPTIONS, "--no-baseline"]
    assert run("train", news, *options, "--out", "file").code == 0
    ran = run("train", "-", *options, "--out", "pipe", stdin=news.read_bytes())
    assert (ran.code, ran.err) == (0, "")
    assert Path("pipe/model.safetensors").read_bytes() == Path("file/model.safetensors").read_bytes()
    pairs, labels = make_rows(60)
    chosen = TextClassifier(options={"hidden": 4, "embedding": 5}, epochs=2, random_state=3).fit(pairs, labels)
    # Lists have no columns whose names could be remembered: that there are titles is.
    bundle = chosen.model_.bundle
    columns = {"label": "label", "text": "description", "title": "title"}
    record = {name: value for name, value in bundle.record.items() if name != "titles"}
    write_bundle(replace(bundle, record={**record, "columns": columns}), Path("list.safetensors"))
    assert Path("list.safetensors").read_bytes() == Path("file/model.safetensors").read_bytes()


def test_a_fault_far_behind_leaves_nothing_behind(run: Run, large: Any) -> None:
    large()
    path = write_news(Path("news.csv"), 200)
    with path.open("a", encoding="utf-8") as file:
        file.write("sport,only two\n")
    ran = run("train", path, *OPTIONS, "--out", "run")
    assert ran.code == 1
    assert "row 202" in ran.err
    assert not Path("run").exists()
