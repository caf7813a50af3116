"""``recurra score --ray`` with real workers: killed, interrupted, and resumed; the answers are those of ``score``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bundles import WORDS, make_bundle

from recurra.bundle import write_bundle
from recurra.cli import main

pytest.importorskip("ray.data", reason="Ray is not installed: pip install 'recurra[ray]'")
psutil = pytest.importorskip("psutil")
pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

# Starting Ray takes seconds, and minutes where the processors are taken.
pytestmark = [pytest.mark.slow, pytest.mark.exhaustive, pytest.mark.timeout(900)]

FILES, ROWS = 6, 50_000
PLAN = "_recurra_score.json"
WITH_RAY = [sys.executable, "-m", "recurra", "score", "model.safetensors", "lake/*.parquet", "--ray", "--workers", "2"]
WITH_RAY += ["--text", "text", "--keep", "id", "--all", "--out", "out"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and files of rows."""
    folder = tmp_path_factory.mktemp("ray")
    write_bundle(make_bundle(scale=3), folder / "model.safetensors")
    (folder / "lake").mkdir()
    for number in range(FILES):
        rows = ROWS if number else 0
        texts = [" ".join(WORDS[(n * 7 + k + number) % len(WORDS)] for k in range(n % 40)) for n in range(rows)]
        table = pa.table({"id": pa.array(range(rows), pa.int64()), "text": pa.array(texts, pa.string())})
        parquet.write_table(table, folder / "lake" / f"{number}.parquet", row_group_size=20_000)
    return folder


def begin(folder: Path, *words: str) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*WITH_RAY, *words], cwd=folder, text=True, **pipes)


def wait_for(running: subprocess.Popen[str], pattern: str, folder: Path) -> None:
    while not list(folder.glob(pattern)):
        assert running.poll() is None, running.communicate()
        time.sleep(0.005)


def workers_of(running: subprocess.Popen[str]) -> list[psutil.Process]:
    """The actors, which Ray starts below this process."""
    found = psutil.Process(running.pid).children(recursive=True)
    return [one for one in found if "MapWorker" in " ".join(one.cmdline())]


def check_answers(folder: Path, out: Path) -> None:
    """The files are those of ``score`` for each file alone, and no other."""
    assert sorted(path.name for path in out.iterdir()) == [*(f"{n}.parquet" for n in range(FILES)), PLAN]
    for number in (0, 1, FILES - 1):
        alone = folder / f"{number}.parquet"
        if not alone.exists():
            words = ["score", folder / "model.safetensors", folder / "lake" / alone.name, "--text", "text", "-q"]
            assert main([*map(str, words), "--keep", "id", "--all", "--out", str(alone)]) == 0
        found, expected = (parquet.read_table(path) for path in (out / alone.name, alone))
        if number:
            assert found.num_rows == ROWS
            assert found.equals(expected)
        else:
            # ``score`` has no types for a file of no rows.
            assert (found.num_rows, found.column_names) == (0, expected.column_names)
            assert found.schema.equals(parquet.read_schema(out / "1.parquet"))


def test_interrupted_killed_and_refused(folder: Path) -> None:
    out = folder / "out"
    with begin(folder, "-q") as running:
        wait_for(running, "[1-9].parquet", out)
        running.send_signal(signal.SIGINT)
        said, errors = running.communicate(timeout=200)
    assert (running.returncode, said) == (130, "")
    assert errors == "recurra: interrupted. The same command goes on with out.\n"
    done = {path: path.stat().st_mtime_ns for path in out.glob("[0-9].parquet")}
    assert 0 < len(done) < FILES
    assert not list(out.glob(".*"))
    # All workers are killed over their rows; others take these up.
    with begin(folder, "--json") as running:
        wait_for(running, ".*.parquet.*.tmp", out)
        for worker in workers_of(running):
            os.kill(worker.pid, signal.SIGKILL)
        said, errors = running.communicate(timeout=200)
    assert running.returncode == 0, errors
    # Ray tells of them.
    assert "A worker died or was killed" in errors
    told, total = json.loads(said), (FILES - 1) * ROWS
    assert (told["rows"], told["files"], told["files_of_answers"], told["workers"]) == (total, FILES, FILES, 2)
    assert told["resumed_after"] == sum(parquet.read_metadata(path).num_rows for path in done)
    assert sum(told["labels"].values()) == total
    assert f"going on: {len(done)} of {FILES} files of answers are there from an earlier run" in told["notes"]
    counted = f"{total:,} rows in {FILES} files of lake/*.parquet, {total:,} answers in {FILES} files of out"
    assert counted in told["notes"]
    assert {path: path.stat().st_mtime_ns for path in done} == done
    check_answers(folder, out)
    # Rows of a file that is answered have changed since.
    lake = folder / "lake" / "5.parquet"
    before = lake.read_bytes()
    changed = before.replace(WORDS[3].encode(), WORDS[3].upper().encode())
    assert changed != before
    lake.write_bytes(changed)
    try:
        with begin(folder, "-q") as running:
            said, errors = running.communicate(timeout=200)
    finally:
        lake.write_bytes(before)
    assert (running.returncode, said) == (1, "")
    assert errors == (
        f"recurra: error: {out.resolve() / '5.parquet'} was made from other contents of lake/5.parquet. "
        "Give another folder with --out, or remove that file to score these rows again.\n"
    )


def test_a_cluster_that_is_not_there(folder: Path) -> None:
    with begin(folder, "--out", "none", "--address", "127.0.0.1:1", "-q") as running:
        said, errors = running.communicate(timeout=200)
    assert (running.returncode, said, errors.count("\n")) == (1, "", 1)
    assert errors.startswith("recurra: error: There is no Ray cluster to use at 127.0.0.1:1: ")
    assert not (folder / "none").exists()
