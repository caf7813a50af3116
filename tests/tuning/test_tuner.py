"""Studies: what is tried, what is kept, what ends them."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tuning.studies import ROWS, Ears, small_preset, study

import recurra
from recurra.bundle import schema
from recurra.data.corpus import InMemoryRows
from recurra.data.split import hold_out
from recurra.errors import DataError, RecurraError, SettingsError, TrainingError
from recurra.presets import load_preset
from recurra.training.fit import fit
from recurra.training.loop import Trainer
from recurra.tuning.limits import StudyLimits
from recurra.tuning.results import StudyResult, TrialResult
from recurra.tuning.space import parameters_of
from recurra.tuning.storage import STUDY
from recurra.tuning.trial_models import BEST
from recurra.tuning.tuner import TRIALS

PROGRAM = Path(__file__).with_name("study_and_tell.py")
COUNT = 7


def plain(tuned: StudyResult) -> list[dict[str, Any]]:
    """Everything about the trials but how long they took."""
    return [{**asdict(one), "seconds": 0} for one in tuned.trials]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StudyResult]:
    folder = tmp_path_factory.mktemp("whole") / "study"
    return folder, study(folder, trials=COUNT)


def test_the_first_trial_is_the_preset_and_the_best_never_below_it(whole: tuple[Path, StudyResult]) -> None:
    _, tuned = whole
    first, best = tuned.trials[0], tuned.best
    preset = small_preset()
    own = {**preset.text.to_dict(), **preset.network.to_dict(), **preset.training.to_dict(), "pooling": "max+mean"}
    assert first.settings == {name: own[name] for name in first.settings}
    assert first.state == "done"
    assert best is not None
    assert best.log_loss == min(one.log_loss for one in tuned.trials)
    assert best.log_loss <= first.log_loss
    assert {one.number for one in tuned.trials} == set(range(COUNT))


def test_the_model_in_the_folder_is_the_best_trials(whole: tuple[Path, StudyResult]) -> None:
    folder, tuned = whole
    best = tuned.best
    assert best is not None
    model = recurra.load(folder / "model.safetensors")
    assert model.record["tuning"]["trial"] == best.number
    assert model.record["scores"]["validation"] == pytest.approx(best.validation)
    assert best.size == (folder / "model.safetensors").stat().st_size
    # The rows set aside are those of a split by the seed alone, and the score on them is the model's own.
    documents, labels = ROWS
    _, aside = hold_out(labels, share=0.1, seed=0)
    assert tuned.rows[2] == len(aside)
    right = [model.predict([documents[row]])[0] == labels[row] for row in aside.tolist()]
    assert best.aside is not None
    assert best.aside["accuracy"] == pytest.approx(sum(right) / len(right))
    assert model.record["scores"]["set_aside"] == pytest.approx(best.aside)
    assert sum(tuned.rows) == len(documents)


def test_train_gives_the_best_model_again(whole: tuple[Path, StudyResult], tmp_path: Path) -> None:
    folder, tuned = whole
    preset = load_preset(str(folder / BEST))
    documents, labels = ROWS
    kept, _ = hold_out(labels, share=0.1, seed=0)
    rows = kept.tolist()
    fitted = fit([documents[row] for row in rows], [labels[row] for row in rows], recipe=preset)
    assert fitted.validation is not None
    assert tuned.best is not None
    assert fitted.validation.to_dict()["log_loss"] == pytest.approx(tuned.best.log_loss)
    kept_model = recurra.load(folder / "model.safetensors")
    assert fitted.bundle.vocabulary == kept_model.bundle.vocabulary
    for name, weight in fitted.bundle.tensors.items():
        assert (weight == kept_model.bundle.tensors[name]).all(), name


def test_the_table_holds_every_trial(whole: tuple[Path, StudyResult]) -> None:
    folder, tuned = whole
    with (folder / TRIALS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["trial"]) for row in rows] == [one.number for one in tuned.trials]
    assert [row["state"] for row in rows] == [one.state for one in tuned.trials]
    for row, one in zip(rows, tuned.trials, strict=True):
        assert float(row["log_loss"]) == one.log_loss
        assert row["hidden"] == str(one.settings["hidden"])


def test_the_same_seed_tries_the_same(whole: tuple[Path, StudyResult], tmp_path: Path) -> None:
    folder, tuned = whole
    again = study(tmp_path / "again", trials=COUNT, storage=str(tmp_path / "trials.log"))
    assert plain(again) == plain(tuned)
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    # The sampler's own trials come after those that are given, and depend on the seed.
    other = study(tmp_path / "other", trials=COUNT, recipe=small_preset(seed=5))
    assert [one.settings for one in other.trials[:3]] == [one.settings for one in tuned.trials[:3]]
    assert other.trials[-1].settings != tuned.trials[-1].settings


def test_a_resumed_study_goes_on_where_it_was(whole: tuple[Path, StudyResult], tmp_path: Path) -> None:
    folder = tmp_path / "study"
    study(folder, trials=3)
    ears = Ears()
    tuned = study(folder, trials=COUNT, resume=True, callback=ears)
    assert [one.number for one, _ in ears.ends] == list(range(3, COUNT))
    assert plain(tuned) == plain(whole[1])
    assert (folder / "model.safetensors").read_bytes() == (whole[0] / "model.safetensors").read_bytes()


def told(running: subprocess.Popen[str], wanted: str) -> list[str]:
    assert running.stdout is not None
    lines = []
    for line in running.stdout:
        lines.append(line.strip())
        if lines[-1].startswith(wanted):
            return lines
    raise AssertionError("the program ended: " + "\n".join(lines[-30:]))


@pytest.mark.parametrize("signals", [(signal.SIGKILL, signal.SIGKILL), (signal.SIGINT,)], ids=["kill -9", "Ctrl-C"])
def test_a_stopped_study_keeps_its_best_and_ends_as_an_undisturbed_one(
    whole: tuple[Path, StudyResult], tmp_path: Path, signals: tuple[signal.Signals, ...]
) -> None:
    folder = tmp_path / "study"
    for place, sent in enumerate(signals):
        command = [sys.executable, str(PROGRAM), str(folder), str(COUNT), *(["--resume"] if place else [])]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
            try:
                told(running, f"began {2 * place + 1}")
                told(running, "step")
                running.send_signal(sent)
                if sent == signal.SIGINT:
                    assert told(running, "interrupted")
                running.wait()
            finally:
                running.kill()
        assert recurra.load(folder / "model.safetensors").record["tuning"]["trial"] in range(2 * place + 2)
    tuned = study(folder, trials=COUNT, resume=True)
    assert plain(tuned) == plain(whole[1])
    assert (folder / "model.safetensors").read_bytes() == (whole[0] / "model.safetensors").read_bytes()


def test_time_is_kept_and_what_was_learned_counts(tmp_path: Path) -> None:
    # A clock that goes on a second at each look: the fourth second falls into the first trial.
    seconds = count()
    ears = Ears()
    tuned = study(tmp_path / "study", minutes=4 / 60, clock=lambda: float(next(seconds)), callback=ears)
    assert [one.state for one in tuned.trials] == ["stopped"]
    assert tuned.best == tuned.trials[0]
    assert tuned.best.epochs == 0
    assert recurra.load(tmp_path / "study" / "model.safetensors").predict(["market"])[0] in set(ROWS[1])
    # Resumed, it is trained to its end.
    resumed = study(tmp_path / "study", trials=1, resume=True)
    assert [(one.number, one.state, one.epochs) for one in resumed.trials] == [(0, "done", 2)]
    assert resumed.best is not None
    assert resumed.best.log_loss < tuned.best.log_loss


def test_trials_with_a_linear_branch_are_what_training_gives(tmp_path: Path) -> None:
    found = study(tmp_path / "study", trials=2, recipe=small_preset(branch=True, vocabulary_size=30))
    assert [trial.state for trial in found.trials] == ["done"] * 2
    kept = recurra.load(tmp_path / "study" / "model.safetensors").bundle.branch
    documents, labels = ROWS
    rows = hold_out(labels, share=0.1, seed=0)[0].tolist()
    again = fit(
        [documents[row] for row in rows], [labels[row] for row in rows],
        recipe=load_preset(str(tmp_path / "study" / BEST)),
    ).bundle.branch  # fmt: skip
    assert kept is not None
    assert again is not None
    assert (again.W == kept.W).all()
    assert (again.U == kept.U).all()


def test_hopeless_trials_are_pruned_and_failed_ones_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Trainer.run

    def run(self: Trainer) -> Any:
        if self.network.settings.pooling == ("attention",):
            raise TrainingError("The training loss became nan at step 3", "Lower learning_rate.")
        return steps(self)

    monkeypatch.setattr(Trainer, "run", run)
    ears = Ears()
    tuned = study(tmp_path / "study", trials=9, recipe=small_preset(epochs=4), callback=ears)
    failed = [one for one in tuned.trials if one.state == "failed"]
    assert failed
    assert all(one.settings["pooling"] == "attention" and "nan" in one.why for one in failed)
    assert all(one.validation is None and one.log_loss == float("inf") for one in failed)
    assert len(tuned.trials) == 9
    pruned = [one for one in tuned.trials if one.state == "pruned"]
    assert pruned
    assert all(2 <= one.epochs <= 4 for one in pruned)
    assert {one.number for one, is_best in ears.ends if is_best}.isdisjoint(one.number for one in pruned)


def test_a_trial_that_asks_for_too_many_pads_fails_and_the_study_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset = small_preset(masked=False)
    monkeypatch.setattr(schema, "LARGEST_PAD_WORK", 40 * count_of_recurrent(preset))
    tuned = study(tmp_path / "study", trials=5, recipe=preset)
    failed = [one for one in tuned.trials if one.state == "failed"]
    assert failed
    assert all("every text would be padded to" in one.why for one in failed)
    assert tuned.best is not None
    monkeypatch.setattr(schema, "LARGEST_PAD_WORK", 1)
    with pytest.raises(SettingsError, match="every text would be padded to"):
        study(tmp_path / "other", trials=5, recipe=preset)


def count_of_recurrent(preset: Any) -> int:
    """Weights of W_H in both directions of the preset's LSTM."""
    assert (preset.network.cell, preset.network.layers, preset.network.bidirectional) == ("lstm", 1, True)
    return 2 * 4 * int(preset.network.hidden) ** 2


@pytest.mark.parametrize("int8", [False, True])
def test_no_model_is_larger_than_asked_for(tmp_path: Path, int8: bool) -> None:
    bound = 30_000 if int8 else 40_000
    tuned = study(tmp_path / "study", trials=6, max_size=bound, int8=int8)
    assert [one.size for one in tuned.trials if one.size and one.size > bound] == []
    path = tmp_path / "study" / "model.safetensors"
    assert path.stat().st_size <= bound
    model = recurra.load(path)
    assert model.bundle.weights == ("int8" if int8 else "float32")
    preset = load_preset(str(tmp_path / "study" / BEST))
    assert preset.text == model.bundle.text.replace(first_words=10)
    assert tuned.best is not None
    assert parameters_of(preset, ()) == {}
    assert preset.text.vocabulary_size == tuned.best.settings["vocabulary_size"]


def test_a_size_that_nothing_fits_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"No settings give a model file of 5.0 kB. Allow \d+.\d kB, or .*--int8"):
        study(tmp_path / "study", trials=3, max_size=5_000)
    assert not (tmp_path / "study").exists()


def test_a_model_that_is_not_in_the_folder_is_trained_again(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'trials.db'}"
    study(tmp_path / "one", trials=2, storage=storage)
    ears = Ears()
    tuned = study(tmp_path / "two", trials=2, storage=storage, resume=True, callback=ears)
    assert ears.ends == []
    assert any("is trained again" in message for message in ears.messages)
    assert tuned.best is not None
    assert (tmp_path / "two" / "model.safetensors").read_bytes() == (
        tmp_path / "one" / "model.safetensors"
    ).read_bytes()


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    study(tmp_path / "study", trials=1)
    before = {path.name: path.read_bytes() for path in (tmp_path / "study").iterdir()}
    assert STUDY in before
    refused: tuple[tuple[dict[str, Any], type[RecurraError], str], ...] = (
        ({}, TrainingError, "holds a study"),
        ({"resume": True, "recipe": small_preset(seed=3)}, TrainingError, "belongs to other data or settings"),
        ({"resume": True, "max_size": 10**6}, TrainingError, "belongs to other data or settings"),
    )
    for options, kind, message in refused:
        with pytest.raises(kind, match=message):
            study(tmp_path / "study", trials=2, **options)
    assert {path.name for path in (tmp_path / "study").iterdir()} == before.keys()
    assert (tmp_path / "study" / "model.safetensors").read_bytes() == before["model.safetensors"]


def test_a_storage_that_holds_the_study_is_not_taken_by_accident(tmp_path: Path) -> None:
    storage = str(tmp_path / "trials.journal")
    study(tmp_path / "one", trials=1, storage=storage)
    with pytest.raises(TrainingError, match="resume=True"):
        study(tmp_path / "two", trials=2, storage=storage)
    ears = Ears()
    other = study(
        tmp_path / "three", trials=1, storage=storage, resume=True, recipe=small_preset(seed=1), callback=ears
    )
    assert ears.messages == ["There is no such study yet: it starts from the beginning."]
    assert len(other.trials) == 1


def test_limits_and_rows_that_make_no_study(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Neither minutes nor trials"):
        StudyLimits()
    from recurra.tuning.tuner import Tuner

    with pytest.raises(DataError):
        Tuner(
            InMemoryRows(["a", "b"], ["x", "y"]),
            recipe=small_preset(),
            folder=tmp_path / "few",
            limits=StudyLimits(trials=1),
        )
    assert not (tmp_path / "few").exists()


def test_importances_come_with_enough_trials(tmp_path: Path) -> None:
    tuned = study(tmp_path / "study", trials=16, recipe=small_preset(epochs=1))
    assert sum(one.state == "done" for one in tuned.trials) >= 10
    assert sum(tuned.importances.values()) == pytest.approx(1, abs=0.01)
    assert list(tuned.importances.values()) == sorted(tuned.importances.values(), reverse=True)
    assert all(isinstance(one, TrialResult) for one in tuned.trials)
