"""Bars appear on a terminal and nowhere else, and lines stay lines."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from commands import Run

from recurra.cli import main
from recurra.cli.output import Output
from recurra.cli.progress import Bars
from recurra.training.callbacks import ValidationMetrics
from recurra.training.steps.step import StepResult, StepResults


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


TRAIN = ["--out", "run", "--epochs", "2", "--set", "hidden=3"]


def test_a_training_on_a_terminal(news: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.redirect_stderr(Terminal()) as terminal:
        assert main(["train", str(news), *TRAIN, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 60
    shown = terminal.getvalue()
    assert "training" in shown
    assert "108/108" in shown
    assert "docs/s" in shown
    assert "loss " in shown


def test_quiet_shows_no_bar(news: Path) -> None:
    with contextlib.redirect_stderr(Terminal()) as terminal:
        assert main(["train", str(news), *TRAIN, "--quiet"]) == 0
    assert terminal.getvalue() == ""


def test_no_bar_without_a_terminal(run: Run, news: Path) -> None:
    assert run("train", news, *TRAIN).err == ""


def test_a_resumed_training_begins_where_it_stopped() -> None:
    with contextlib.redirect_stderr(Terminal()) as terminal, Bars(Output(as_json=False, quiet=False)) as bars:
        bar = bars.training("lstm")
        bar.on_train_begin(1000, 400)
        for _ in range(60):
            bar.on_steps_end(StepResults([StepResult(10, 2.0, 5)]))
    assert "lstm" in terminal.getvalue()
    assert "1,000/1,000" in terminal.getvalue()
    assert "loss 2.000" in terminal.getvalue()


@pytest.mark.parametrize(
    ("at_most", "seconds", "shown"),
    [
        (False, None, " 0:01:30 "),
        (True, None, "at most 0:01:30 "),
        (True, 20, "at most 0:00:20 "),
        (True, 1e4, "at most 0:01:30 "),
    ],
)
def test_the_time_left_is_of_all_epochs_and_says_that_it_may_be_less(
    at_most: bool, seconds: float | None, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("recurra.cli.progress.time", SimpleNamespace(monotonic=lambda: now[0]))
    with contextlib.redirect_stderr(Terminal()) as terminal, Bars(Output(as_json=False, quiet=False)) as bars:
        assert bars._bars is not None
        monkeypatch.setattr(bars._bars, "get_time", lambda: now[0])
        bar = bars.training(at_most=at_most, deadline=None if seconds is None else 10 + seconds)
        bar.on_train_begin(1000, 0)
        for _ in range(10):
            now[0] += 1.0
            bar.on_steps_end(StepResults([StepResult(10, 2.0, 5)]))
        # 900 documents of ten a second are left.
        bars._bars.refresh()
    assert shown in terminal.getvalue()
    assert ("at most" in terminal.getvalue()) == at_most


def test_checks_and_messages_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(as_json=False, quiet=False)
    with Bars(output) as bars:
        bar = bars.training()
        bar.on_train_begin(100, 0)
        bar.on_validation_end(ValidationMetrics(epoch=0.2, loss=1.25, accuracy=0.5))
        bars.training("gru").on_validation_end(ValidationMetrics(epoch=1, loss=0.5, accuracy=0.875))
        bars.training(score="exactly right").on_validation_end(ValidationMetrics(epoch=2, loss=0.5, accuracy=0.75))
        bar.on_message("2 rows have no title.")
    assert capsys.readouterr().out.splitlines() == [
        "epoch  0.20  validation loss 1.2500  accuracy 0.5000",
        "gru: epoch  1.00  validation loss 0.5000  accuracy 0.8750",
        "epoch  2.00  validation loss 0.5000  exactly right 0.7500",
        "2 rows have no title.",
    ]
    assert output.notes == ["2 rows have no title."]


def test_a_count_whose_end_is_learned_keeps_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    with contextlib.redirect_stderr(Terminal()) as terminal, Bars(Output(as_json=False, quiet=False)) as bars:
        assert bars._bars is not None
        monkeypatch.setattr(bars._bars, "get_time", lambda: now[0])
        count = bars.counting("scoring")
        for total in (None, 9000, 11000, 10000):
            now[0] += 2.0
            count(2500, total)
        task = bars._bars.tasks[0]
        assert (task.completed, task.total) == (10_000, 10_000)
        # Three intervals of two seconds lie between the four.
        assert task.speed == pytest.approx(1250)
    assert "10,000/10,000" in terminal.getvalue()
    assert "scoring" in terminal.getvalue()
