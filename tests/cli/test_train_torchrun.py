"""``recurra train`` under torchrun: two processes, one voice; interrupted, killed, resumed by one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from rows import write_news

from recurra.training.run import CHECKPOINT, MODEL

pytestmark = pytest.mark.slow

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
# Longer than any test lets it.
SETTINGS = ("--model", "lesson/gru", "--no-baseline", "--epochs", "400", "--set", "patience=0", "--set", "hidden=8")


def command(*words: str, launcher: Sequence[str] = TORCHRUN) -> list[str]:
    return [*launcher, "-m", "recurra", "train", *words]


def said(text: str) -> list[str]:
    """What Recurra said on standard error, beside torchrun."""
    return [line for line in text.splitlines() if line.startswith("recurra: ")]


def workers(launcher: int) -> dict[int, int]:
    """The processes that torchrun has started, by their rank."""
    found = {}
    for child in Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split():
        values = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        ranks = [int(value[5:]) for value in values if value.startswith(b"RANK=")]
        found |= {rank: int(child) for rank in ranks}
    return found


def ended(tmp_path: Path, number: signal.Signals, rank: int | None = None) -> str:
    """Starts a training, sends a signal after its second epoch, and gives all that was printed."""
    rows = write_news(tmp_path / "news.csv", 200)
    words = command(str(rows), "--out", str(tmp_path / "run"), *SETTINGS)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        try:
            assert running.stdout is not None
            assert any(line.startswith("epoch  2.00") for line in running.stdout)
            os.kill(running.pid if rank is None else workers(running.pid)[rank], number)
            rest = running.stdout.read()
            assert running.wait() != 0
            return rest
        finally:
            running.kill()


def check_resumes(folder: Path, rows: Path) -> None:
    alone = subprocess.run(
        command(
            str(rows), "--out", str(folder), *SETTINGS, "--resume", "--minutes", "0.06", launcher=(sys.executable,)
        ),
        capture_output=True,
        text=True,
    )
    assert alone.returncode == 0, alone.stderr
    assert (folder / MODEL).exists()


def test_a_wrong_file_is_said_once(tmp_path: Path) -> None:
    found = subprocess.run(command("nowhere.csv", "--out", str(tmp_path / "run")), capture_output=True, text=True)
    assert found.returncode != 0
    assert said(found.stderr) == ["recurra: error: No file 'nowhere.csv'. Check the path."]
    assert not (tmp_path / "run").exists()


def test_sigterm_saves_and_one_process_goes_on(tmp_path: Path) -> None:
    rest = ended(tmp_path, signal.SIGTERM)
    (line,) = said(rest)
    assert line.startswith("recurra: interrupted after ")
    assert "2 processes, " in rest
    assert (tmp_path / "run" / MODEL).exists()
    check_resumes(tmp_path / "run", tmp_path / "news.csv")


def test_a_killed_process_ends_the_run_with_one_line_and_a_checkpoint(tmp_path: Path) -> None:
    for attempt in range(4):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        (line,) = said(ended(folder, signal.SIGKILL, rank=1))
        assert (folder / "run" / CHECKPOINT).exists()
        # torchrun ends the other process as well, which now and then hears that first.
        if line != "recurra: interrupted before it was done. Run the command again.":
            break
    assert line.startswith("recurra: error: Another process of this training has ended or does not answer (")
    assert line.endswith("--resume goes on from the last checkpoint, with any number of processes.")
    check_resumes(folder / "run", folder / "news.csv")
