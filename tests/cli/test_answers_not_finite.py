"""A model of finite weights whose answers are not: every command ends with one line and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from bundles import make_bundle, make_overflowing
from commands import Run, check_failed, everything

from recurra.batch_prediction import document_batches, resumable_file
from recurra.bundle import write_bundle

SOUND = [f"{word} wins" for word in ("team", "rome", "match", "oil", "prices", "the")] * 10
LINE = "and no finite number: its weights are too large. Train the model again, with a lower learning rate"


@pytest.fixture(autouse=True)
def _files() -> None:
    write_bundle(make_overflowing(), "model.safetensors")
    write_bundle(make_bundle(), "sound.safetensors")
    rows = [f"{text},{'abc'[place % 3]}\n" for place, text in enumerate([*SOUND, "a match in oil"])]
    Path("rows.csv").write_text("text,label\n" + "".join(rows))


@pytest.mark.parametrize(
    "words",
    [
        "predict model.safetensors oil",
        "predict model.safetensors --json oil",
        "evaluate model.safetensors rows.csv -q",
        "evaluate model.safetensors rows.csv --json",
        "compare sound.safetensors model.safetensors --data rows.csv -q",
        "inspect model.safetensors oil -q --html page.html",
        "inspect model.safetensors oil --gates --attribution --json",
        "inspect model.safetensors --view states --data rows.csv -q",
        "inspect model.safetensors --view flags --data rows.csv -q",
        "inspect model.safetensors --view doubts --data rows.csv -q --queue queue.csv",
        "export model.safetensors --int8 --out small.safetensors rows.csv -q",
        "score model.safetensors rows.csv --out out.csv -q",
        "score model.safetensors rows.csv --out out.jsonl.gz -q",
        "score model.safetensors rows.csv --out out.parquet -q",
        "score model.safetensors rows.csv --out out.csv --resume -q",
    ],
)
def test_one_line(words: str, run: Run, tmp_path: Path) -> None:
    before = everything(tmp_path)
    check_failed(run(*words.split()), 1, LINE)
    assert everything(tmp_path) == before


def test_score_prints_what_came_before(run: Run) -> None:
    ran = run("score", "model.safetensors", "rows.csv", "-q")
    assert ran.code == 1
    assert LINE in ran.err
    assert ran.err.count("\n") == 1
    assert "nan" not in ran.out


def test_a_run_that_would_end_at_the_same_row_again_leaves_nothing_to_go_on_from(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_batches, "BATCH", 4)
    monkeypatch.setattr(resumable_file, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(resumable_file, "_DISK_SHARE", 1e9)
    kept = []
    leave = resumable_file.ResumableFile.__exit__
    monkeypatch.setattr(
        resumable_file.ResumableFile, "__exit__", lambda part, *error: (kept.append(part.kept), leave(part, *error))[1]
    )
    before = everything(tmp_path)
    check_failed(run("score", "model.safetensors", "rows.csv", "--out", "out.csv", "-q"), 1, LINE)
    assert kept == [True]
    assert everything(tmp_path) == before
