"""Several processes work on one study: who trains what, what a killed one leaves, and who may join."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import warnings
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from tuning.studies import Ears, small_preset, study

import recurra
from recurra.errors import SettingsError, TrainingError
from recurra.presets import load_preset
from recurra.tuning.results import StudyResult, TrialResult, tried, tried_all
from recurra.tuning.shared import SharedStudy, SharedTrials, requeue
from recurra.tuning.storage import shared_storage

SLOW = SharedStudy(name="tickets", heartbeat_seconds=1, grace_seconds=8)
PROGRAM = Path(__file__).with_name("shared_worker.py")
SHARED = SharedStudy(name="tickets", heartbeat_seconds=1, grace_seconds=3)


def shared_study(folder: Path, database: Path, **options: Any) -> StudyResult:
    return study(folder, storage=f"sqlite:///{database}", **{"shared": SHARED, **options})


def stored(database: Path) -> list[optuna.trial.FrozenTrial]:
    """The trials as Optuna alone reads them."""
    return optuna.load_study(study_name="tickets", storage=f"sqlite:///{database}").trials


def ask(database: Path) -> optuna.trial.Trial:
    """A trial that another process takes and never ends."""
    return optuna.load_study(study_name="tickets", storage=f"sqlite:///{database}").ask()


def test_the_trials_are_those_of_all_processes(tmp_path: Path) -> None:
    database, ears = tmp_path / "study.db", Ears()
    first = shared_study(tmp_path / "a", database, trials=2, callback=ears)
    assert ears.messages == ["The study tickets is begun; other processes may join it."]
    second = shared_study(tmp_path / "b", database, trials=4, callback=ears)
    assert ears.messages[1:] == ["The study tickets is joined: it has 2 trials."]
    assert [one.number for one, _ in ears.ends] == [0, 1, 2, 3]
    assert [one.folder for one in second.trials] == [
        f"{socket.gethostname()}:{tmp_path / name}" for name in ("a", "a", "b", "b")
    ]
    # The second has drawn what its numbers draw, not what the first one's did.
    assert len({tuple(one.settings.items()) for one in second.trials}) == 4
    assert second.trials[:2] == first.trials
    # Both say the same best, and where its model is; its settings are in both folders.
    again = shared_study(tmp_path / "a", database, trials=4, resume=True)
    assert again.trials == second.trials
    assert again.best == second.best
    assert again.best is not None
    holder = "a" if again.best.number < 2 else "b"
    assert again.elsewhere == ("" if holder == "a" else again.best.folder)
    assert second.elsewhere == ("" if holder == "b" else again.best.folder)
    kept = recurra.load(tmp_path / holder / "model.safetensors")
    assert kept.record["tuning"]["trial"] == again.best.number
    recipes = [load_preset(str(tmp_path / name / "best.toml")) for name in ("a", "b")]
    assert recipes[0].network == recipes[1].network
    assert recipes[0].training == recipes[1].training


def test_only_the_same_data_and_settings_may_join(tmp_path: Path) -> None:
    database = tmp_path / "study.db"
    shared_study(tmp_path / "a", database, trials=1)
    for options, part in (
        ({"recipe": small_preset(seed=3)}, "another settings"),
        ({"recipe": small_preset(hidden=7)}, "another settings and another space"),
        ({"max_size": 10**6}, "another size of the model file"),
    ):
        with pytest.raises(TrainingError, match=f"The study tickets was begun with {part}. Give all its processes"):
            shared_study(tmp_path / "b", database, trials=2, **options)
    optuna.create_study(study_name="other", storage=f"sqlite:///{database}").add_trial(optuna.create_trial(value=1.0))
    with pytest.raises(TrainingError, match="study other was not begun with recurra tune --study"):
        shared_study(tmp_path / "b", database, trials=2, shared=SharedStudy(name="other"))
    for storage, said in ((None, "without --storage"), (str(tmp_path / "trials.log"), "with a journal file")):
        with pytest.raises(SettingsError, match=f"--study tickets is given {said}"):
            study(tmp_path / "b", storage=storage, trials=1, shared=SHARED)
    for wrong in ({"name": ""}, {"name": "a\nb"}, {"name": "a", "heartbeat_seconds": 9, "grace_seconds": 9}):
        with pytest.raises(SettingsError):
            SharedStudy(**wrong)  # type: ignore[arg-type]
    assert not (tmp_path / "b").exists()
    assert len(stored(database)) == 1


def test_what_a_killed_process_leaves_is_trained_by_another(tmp_path: Path) -> None:
    database = tmp_path / "study.db"
    shared_study(tmp_path / "a", database, trials=1)
    left = ask(database)
    left.suggest_categorical("cell", ("lstm", "gru", "sru", "min_gru", "min_lstm"))
    left.storage._backend.record_heartbeat(left._trial_id)  # type: ignore[attr-defined]
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE trial_heartbeats SET heartbeat = '2020-01-01 00:00:00' WHERE trial_id = ?", (2,))
    ears = Ears()
    tuned = shared_study(tmp_path / "b", database, trials=3, callback=ears)
    assert [one.state for one in tuned.trials] == ["done", "killed", *[tuned.trials[2].state] * 2]
    assert tuned.trials[2].state == "done"
    assert tuned.trials[2].settings["cell"] == left.params["cell"]
    assert [one.number for one, _ in ears.ends] == [2, 3]
    assert not [one for one in stored(database) if not one.state.is_finished()]


def test_a_trial_that_was_given_up_meanwhile_does_not_count(tmp_path: Path) -> None:
    database = tmp_path / "study.db"

    class GivesUp(Ears):
        def on_trial_begin(self, number: int) -> None:
            if number == 0:
                other = optuna.load_study(study_name="tickets", storage=f"sqlite:///{database}")
                other.tell(0, state=TrialState.FAIL)
                requeue(other, other.trials[0])

    ears = GivesUp()
    tuned = shared_study(tmp_path / "a", database, trials=1, callback=ears)
    assert any(one.startswith("Trial 0 was given up by the other processes") for one in ears.messages)
    assert [one.state for one in tuned.trials] == ["killed", "done"]
    assert tuned.trials[1].settings == {**tuned.trials[1].settings, **tuned.trials[0].settings}


def test_a_trial_that_is_stopped_goes_to_another_process(tmp_path: Path) -> None:
    database = tmp_path / "study.db"

    class CtrlC(Ears):
        def on_steps_end(self) -> None:
            signal.raise_signal(signal.SIGINT)

    stopped = shared_study(tmp_path / "a", database, trials=2, callback=CtrlC())
    assert stopped.interrupted
    assert [one.state for one in stopped.trials] == ["killed"]
    tuned = shared_study(tmp_path / "b", database, trials=2)
    assert Counter(one.state for one in tuned.trials) == {"killed": 1, "done": 2}


def test_one_that_is_queued_again_comes_before_a_later_one(tmp_path: Path) -> None:
    storage = shared_storage(f"sqlite:///{tmp_path / 'study.db'}", SHARED)
    made = optuna.create_study(storage=storage, study_name="tickets")
    trials = SharedTrials(made, storage, SHARED, trials=1, stopped=lambda: False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dead = made.ask()
        made.tell(dead, state=TrialState.FAIL)
        # Another process has looked into the queue before this, and makes a trial after it.
        requeue(made, made.trials[0])
        later = optuna.trial.Trial(made, storage.create_new_trial(made._study_id))
        assert trials._is_surplus(later)
        again = trials.next()
    assert again is not None
    assert again.number == 1
    # Its process was only slow, and its result came after it was given up.
    late = TrialResult(0, "done", {}, validation={"log_loss": 0.1})
    with sqlite3.connect(tmp_path / "study.db") as connection:
        connection.execute(
            "INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (1, 'recurra', ?)",
            (json.dumps(asdict(late)),),
        )
    with_late = optuna.load_study(study_name="tickets", storage=f"sqlite:///{tmp_path / 'study.db'}").trials
    assert [one.state for one in tried_all(with_late)] == ["killed", "unfinished", "surplus"]


def test_of_two_that_take_the_last_trial_one_gives_it_back(tmp_path: Path) -> None:
    storage = shared_storage(f"sqlite:///{tmp_path / 'study.db'}", SHARED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = optuna.create_study(storage=storage, study_name="tickets")
        options: dict[str, Any] = {"trials": 1, "stopped": lambda: False}
        one, other = (SharedTrials(made, storage, SHARED, **options) for _ in range(2))
        first, second = made.ask(), made.ask()
        assert not one._is_surplus(first)
        assert other._is_surplus(second)
        assert [tried(trial).state for trial in made.trials] == ["unfinished", "surplus"]
        # Nothing is left to take, and nothing to wait for once the first one has ended.
        made.tell(first, 0.5)
    assert other.next() is None


def told(running: subprocess.Popen[str], wanted: str) -> None:
    assert running.stdout is not None
    assert any(line.startswith(wanted) for line in running.stdout)


@pytest.mark.slow
def test_of_four_processes_one_is_killed_and_every_trial_ends_once(tmp_path: Path) -> None:
    database, count = tmp_path / "study.db", 8
    running = [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), str(tmp_path / f"w{place}"), str(database), str(count)]
            + ["--waits"] * (place == 1),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for place in range(4)
    ]
    try:
        told(running[1], "step")
        running[1].send_signal(signal.SIGKILL)
        said = [one.communicate(timeout=120)[0].splitlines() for one in running]
        assert [one.returncode for one in running] == [0, -signal.SIGKILL, 0, 0]
    finally:
        for one in running:
            one.kill()
            one.wait()
    every = stored(database)
    assert all(one.state.is_finished() or one.state == TrialState.WAITING for one in every)
    found = tried_all(every)
    counted = [one for one in found if one.state in {"done", "pruned", "failed"}]
    assert len(counted) == count
    assert len({one.number for one in counted}) == count
    # One was killed; on a machine that has much to do, others may be taken for dead.
    killed = [one for one, result in zip(every, found, strict=True) if result.state == "killed"]
    assert killed
    for dead in killed:
        (again,) = [one for one in every if one.system_attrs.get("retry_history", [])[-1:] == [dead.number]]
        assert again.params == dead.params
    # The others did them all, each one once, and agree on the best.
    ends = [line for place in (0, 2, 3) for line in said[place] if line.startswith("ended")]
    assert sorted(ends) == sorted(f"ended {one.number}" for one in counted if "/w1" not in one.folder)
    last = [said[place][-1].split() for place in (0, 2, 3)]
    assert {tuple(one[:3]) for one in last} == {("best", *last[0][1:3])}
    best = min(counted, key=lambda one: (one.log_loss, one.number))
    assert int(last[0][1]) == best.number
    assert [one[3] for one in last].count("here") == ("/w1" not in best.folder)
    assert recurra.load(Path(best.folder.partition(":")[2]) / "model.safetensors").record["tuning"]["trial"] == (
        best.number
    )
