"""``recurra score --ray`` where it cannot begin: one line, and nothing is written. None of this starts Ray."""

from __future__ import annotations

from pathlib import Path

import pytest
from bundles import make_bundle
from commands import Run, check_failed, everything, run_without

from recurra.bundle import write_bundle

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture(autouse=True)
def _lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_bundle(make_bundle(), Path("model.safetensors"))
    Path("lake").mkdir()
    parquet.write_table(pa.table({"id": [1, 2], "text": ["a", "b"]}), "lake/a.parquet")
    parquet.write_table(pa.table({"text": ["c"], "more": [1]}), "lake/b.parquet")
    Path("rows.csv").write_text("text\na\n")


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        (["lake"], 2, "--ray is given without --out"),
        (["-", "--out", "out"], 2, "--ray is given with standard input"),
        (["rows.csv", "--out", "out"], 2, "--ray reads .parquet files, and 'rows.csv' is none"),
        (["none/*.parquet", "--out", "out"], 1, "No file matches 'none/*.parquet'. Check the path; a pattern stands"),
        (["lake", "--out", "lake"], 2, "--out lake holds the files to score"),
        (["lake", "--out", "lake/out"], 2, "--out lake/out lies in lake"),
        (["lake/a.parquet", "--out", "rows.csv"], 1, "rows.csv is a file"),
        (["lake", "--out", "out", "--encoding", "latin-1"], 2, "--encoding latin-1 is given with --ray"),
        (["lake", "--out", "out", "--format", "csv"], 2, "--format csv is given with --ray"),
        (["lake", "--out", "out"], 1, "lake/b.parquet has no column 'id', which lake/a.parquet has"),
        (["lake", "--out", "out", "--keep", "more"], 1, "lake/a.parquet has no column 'more'"),
        (["lake", "--out", "out", "--answers-only", "--keep", "id"], 2, "--keep is given with --answers-only"),
        (["lake", "--out", "out", "--workers", "0"], 2, "Give a whole number, 1 or more"),
    ],
)
def test_refused(words: list[str], code: int, shown: str, run: Run, tmp_path: Path) -> None:
    before = everything(tmp_path)
    check_failed(run("score", "model.safetensors", *words, "--ray", "-q", "--text", "text"), code, shown)
    assert everything(tmp_path) == before


@pytest.mark.parametrize(("option", "value"), [("--address", "here:1"), ("--workers", "2")])
def test_options_of_ray_alone(option: str, value: str, run: Run) -> None:
    ran = run("score", "model.safetensors", "lake/a.parquet", "--out", "out.csv", option, value)
    check_failed(ran, 2, f"{option} {value} is given without --ray")


def test_without_ray(tmp_path: Path) -> None:
    before = everything(tmp_path)
    words = ["score", "model.safetensors", "lake/a.parquet", "--ray", "--out", "out", "--text", "text", "-q"]
    ran = run_without(["ray"], *words)
    check_failed(ran, 1, "--ray needs Ray Data, which is not installed. Run: pip install 'recurra[ray]'.")
    assert everything(tmp_path) == before
