"""Ctrl-C lets the running step end; a second one does not."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest
from training.runs import SHORT, Steps, train

import recurra
from recurra.interrupt import Interrupt, exit_code, sigterm_as_ctrl_c
from recurra.training.run import MODEL


def test_the_first_is_noted_and_the_second_interrupts() -> None:
    with Interrupt() as interrupt:
        assert not interrupt.received
        signal.raise_signal(signal.SIGINT)
        assert interrupt.received
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_the_handler_is_the_one_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
    with pytest.raises(ZeroDivisionError), Interrupt():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) == before


def test_where_it_is_ignored_it_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupt() as interrupt:
            signal.raise_signal(signal.SIGINT)
            assert not interrupt.received
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_outside_the_main_thread_nothing_changes() -> None:
    before, inside = signal.getsignal(signal.SIGINT), []

    def enter() -> None:
        with Interrupt() as interrupt:
            inside.append((signal.getsignal(signal.SIGINT), interrupt.received))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert inside == [(before, False)]


def test_sigterm_is_as_ctrl_c_in_commands_alone() -> None:
    with sigterm_as_ctrl_c():
        assert exit_code() == 130
        with Interrupt() as interrupt:
            signal.raise_signal(signal.SIGTERM)
            assert interrupt.received
            assert exit_code() == 143
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    with Interrupt():
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_handler_of_sigterm_stays() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        with sigterm_as_ctrl_c(), Interrupt() as interrupt:
            signal.raise_signal(signal.SIGTERM)
        assert (seen, interrupt.received) == ([signal.SIGTERM], False)
    finally:
        signal.signal(signal.SIGTERM, before)


class Presser(Steps):
    def __init__(self, *at: int) -> None:
        super().__init__()
        self.at = at

    def count_step(self, documents: int, loss: float) -> None:
        super().count_step(documents, loss)
        for _ in range(self.at.count(self.steps)):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("at", [1, 5, 8])
def test_ctrl_c_ends_the_run_after_its_step(tmp_path: Path, at: int) -> None:
    """The eighth step is the last of its epoch."""
    fitted = train(tmp_path / "run", count=64, callbacks=[Presser(at)])
    assert fitted.outcome.interrupted
    assert fitted.outcome.steps == at
    assert fitted.bundle.record["steps"] == at
    assert len(recurra.load(tmp_path / "run" / MODEL).predict(["team win", ""])) == 2


def test_ctrl_c_keeps_the_best_epoch() -> None:
    training = SHORT.replace(validation=0.2, patience=5, epochs=5)
    fitted = train(count=80, training=training, callbacks=[Presser(8 + 3)])
    assert fitted.outcome.interrupted
    assert fitted.outcome.best_epoch == 1
    first = train(count=80, training=training.replace(epochs=1))
    assert all((fitted.bundle.tensors[name] == array).all() for name, array in first.bundle.tensors.items())


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "run", callbacks=[Presser(3, 3)])
    assert not (tmp_path / "run" / MODEL).exists()
