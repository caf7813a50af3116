"""A run that is killed and resumed, in other processes, ends with the same bytes as one that is not."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rows import make_rows
from training.runs import FULL, THOROUGH, Steps, train
from training.train_and_tell import COUNT

import recurra
from recurra.networks.settings import NetworkSettings
from recurra.presets import TrainingSettings
from recurra.training.checkpoint import CHECKPOINT
from recurra.training.run import CARD, HISTORY, MODEL

PROGRAM = Path(__file__).with_name("train_and_tell.py")


@contextmanager
def program(folder: Path, checkpoint_seconds: float, *, resume: bool = False) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(PROGRAM), str(folder), str(checkpoint_seconds), *(["--resume"] if resume else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def heard(running: subprocess.Popen[str], wanted: Callable[[list[str]], bool]) -> list[str]:
    """Reads lines up to the first that is wanted."""
    assert running.stdout is not None
    lines: list[str] = []
    for line in running.stdout:
        lines.append(line)
        if wanted(line.split()):
            return lines
    raise AssertionError("the program ended: " + "".join(lines[-30:]))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "run"
    fitted = train(folder, count=COUNT, network=FULL, training=THOROUGH)
    # The kills below come in different epochs of about 30 steps.
    assert fitted.outcome.steps > 80
    return folder


def resumed(folder: Path) -> Steps:
    """Takes the run to its end."""
    listener = Steps()
    fitted = train(folder, count=COUNT, network=FULL, training=THOROUGH, resume=True, callbacks=[listener])
    assert not fitted.outcome.interrupted
    return listener


def files(folder: Path) -> dict[str, bytes]:
    assert sorted(path.name for path in folder.iterdir()) == sorted([CARD, CHECKPOINT, MODEL, HISTORY])
    return {name: (folder / name).read_bytes() for name in (MODEL, HISTORY)}


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_with_the_same_bytes(uninterrupted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    done = [0]
    # A checkpoint after every step, so that kills fall into its writing, too; then every so many.
    for kill_after, checkpoint_seconds in ((3, 0), (40, 0.02), (25, 0.005)):
        with program(folder, checkpoint_seconds, resume=len(done) > 1) as running:
            lines = heard(running, lambda words, last=str(kill_after): words == ["step", last])
            running.send_signal(signal.SIGKILL)
            assert running.wait() == -signal.SIGKILL
        done.append(int(next(line for line in lines if line.startswith("started")).split()[2]))
        assert not (folder / MODEL).exists()
    # Each run went on from what the one before had reached, and not from the start.
    assert done[1] == 0
    assert 0 < done[2] < done[3]
    rest = resumed(folder)
    assert rest.began[0] > rest.began[1] > done[3]
    assert files(folder) == files(uninterrupted)


def test_ctrl_c_keeps_a_model_and_the_run_can_go_on(uninterrupted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with program(folder, 60) as running:
        heard(running, lambda words: words == ["step", "50"])
        running.send_signal(signal.SIGINT)
        lines = heard(running, lambda words: words[0] in {"interrupted", "finished"})
        assert running.wait() == 0
    what, steps = lines[-1].split()
    assert what == "interrupted"
    assert 50 <= int(steps) < 80
    model = recurra.load(folder / MODEL)
    probabilities = model.predict_proba(make_rows(9)[0])
    assert probabilities.shape == (9, len(model.classes_))
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert resumed(folder).began[1] > 0
    assert files(folder) == files(uninterrupted)


class Killed(BaseException):
    """Nothing may catch it, as nothing can catch a kill."""


class Killer(Steps):
    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def count_step(self, documents: int, loss: float) -> None:
        super().count_step(documents, loss)
        if self.steps == self.at:
            raise Killed


@pytest.mark.parametrize(
    ("network", "training"),
    [
        (FULL, THOROUGH),
        (FULL.replace(cell="lstm", masked=False, pooling=("max",)), THOROUGH.replace(averaging=0.0)),
        (FULL.replace(cell="simple_rnn"), THOROUGH.replace(optimiser="keras_adam", weight_decay=0.0, patience=0)),
    ],
    ids=["gru", "lstm with pads", "simple_rnn with Keras's Adam"],
)
def test_a_run_that_ends_after_any_step_ends_with_the_same_bytes(
    tmp_path: Path, network: NetworkSettings, training: TrainingSettings
) -> None:
    options: dict[str, Any] = {"network": network, "training": training, "count": 24, "checkpoint_seconds": 0}
    whole = Steps()
    train(tmp_path / "whole", **options, callbacks=[whole])
    assert whole.steps > 6
    for at in range(1, whole.steps + 1):
        folder = tmp_path / f"killed at {at}"
        with pytest.raises(Killed):
            train(folder, **options, callbacks=[Killer(at)])
        rest = Steps()
        train(folder, **options, resume=True, callbacks=[rest])
        # The step whose checkpoint was not written is made again.
        assert rest.steps == whole.steps - at + 1
        assert files(folder) == files(tmp_path / "whole"), at


def test_resuming_a_finished_run_takes_no_step_and_changes_no_byte(tmp_path: Path) -> None:
    options = {"network": FULL, "training": THOROUGH}
    train(tmp_path / "run", **options)
    before = files(tmp_path / "run")
    listener = Steps()
    train(tmp_path / "run", **options, resume=True, callbacks=[listener])
    assert listener.steps == 0
    assert not [message for message in listener.messages if "checkpoint" in message]
    assert files(tmp_path / "run") == before
