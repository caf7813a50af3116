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

pytest.importorskip("ray.data", reason="Ray is not installed: pip install 'recurra[ray]'")
psutil = pytest.importorskip("psutil")
pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

pytestmark = pytest.mark.slow

FILES, ROWS = 6, 60_000
COMMAND = [sys.executable, "-m", "recurra", "score", "model.safetensors"]
WITH_RAY = [*COMMAND, "lake/*.parquet", "--ray", "--workers", "2", "--text", "text", "--keep", "id", "--all"]


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
        alone = [*COMMAND, f"lake/{number}.parquet", "--text", "text", "--keep", "id", "--all", "-q"]
        subprocess.run([*alone, "--out", "alone.parquet"], cwd=folder, check=True, capture_output=True)
        found, expected = (parquet.read_table(path) for path in (out / f"{number}.parquet", folder / "alone.parquet"))
        if number:
            assert found.num_rows == ROWS
            assert found.equals(expected)
        else:
            # ``score`` has no types for a file of no rows.
            assert (found.num_rows, found.column_names) == (0, expected.column_names)
            assert found.schema.equals(parquet.read_schema(out / "1.parquet"))


PLAN = "_recurra_score.json"


def test_a_killed_worker_loses_and_doubles_nothing(folder: Path) -> None:
    out = folder / "killed"
    with begin(folder, "--out", "killed", "--json") as running:
        wait_for(running, ".*.parquet.*.tmp", out)
        wait_for(running, "[1-9].parquet", out)
        for worker in workers_of(running):
            os.kill(worker.pid, signal.SIGKILL)
        said, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors
    told = json.loads(said)
    total = (FILES - 1) * ROWS
    assert (told["rows"], told["files"], told["files_of_answers"], told["workers"]) == (total, FILES, FILES, 2)
    assert sum(told["labels"].values()) == total
    assert told["notes"][-1] == f"{total:,} rows in 6 files of lake/*.parquet, {total:,} answers in 6 files of killed"
    # Ray tells of the workers that ended.
    assert "A worker died or was killed" in errors
    check_answers(folder, out)


def test_an_interrupted_run_goes_on_and_other_rows_are_refused(folder: Path) -> None:
    out = folder / "resumed"
    with begin(folder, "--out", "resumed", "-q") as running:
        wait_for(running, "[1-9].parquet", out)
        running.send_signal(signal.SIGINT)
        said, errors = running.communicate(timeout=60)
    assert (running.returncode, said) == (130, "")
    assert errors == "recurra: interrupted. The same command goes on with resumed.\n"
    done = {path: path.stat().st_mtime_ns for path in out.glob("[0-9].parquet")}
    assert 0 < len(done) < FILES
    with begin(folder, "--out", "resumed") as running:
        said, errors = running.communicate(timeout=120)
    assert (running.returncode, errors) == (0, "")
    assert f"going on: {len(done)} of 6 files of answers are there from an earlier run\n" in said
    assert {path: path.stat().st_mtime_ns for path in done} == done
    check_answers(folder, out)
    lake = folder / "lake" / "5.parquet"
    before = lake.read_bytes()
    changed = before.replace(WORDS[3].encode(), WORDS[3].upper().encode())
    assert changed != before
    lake.write_bytes(changed)
    try:
        with begin(folder, "--out", "resumed", "-q") as running:
            said, errors = running.communicate(timeout=60)
    finally:
        lake.write_bytes(before)
    assert (running.returncode, said) == (1, "")
    assert errors == (
        f"recurra: error: {out / '5.parquet'} was made from other contents of lake/5.parquet. "
        "Give another folder with --out, or remove that file to score these rows again.\n"
    )


def test_a_cluster_that_is_not_there(folder: Path) -> None:
    ran = subprocess.run(
        [*WITH_RAY, "--out", "none", "--address", "127.0.0.1:1"],
        cwd=folder,
        text=True,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("recurra: error: There is no Ray cluster to use at 127.0.0.1:1: ")
    assert ran.stderr.count("\n") == 1
    assert not (folder / "none").exists()
