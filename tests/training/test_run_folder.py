"""The folder of a run: what may lie in it, what a checkpoint must be, and what is said of it."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from rows import make_rows
from training.runs import FULL, SHORT, THOROUGH, Steps, train

from recurra.errors import RecurraError, SettingsError, TrainingError
from recurra.training.checkpoint import CHECKPOINT, Position
from recurra.training.run import CARD, HISTORY, MODEL

OPTIONS: dict[str, Any] = {"network": FULL, "training": THOROUGH, "count": 24}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a run that stopped in its second epoch."""

    class Stop(Steps):
        def count_step(self, documents: int, loss: float) -> None:
            super().count_step(documents, loss)
            if self.steps == 6:
                raise KeyboardInterrupt

    folder = tmp_path_factory.mktemp("stopped") / "run"
    with pytest.raises(KeyboardInterrupt):
        train(folder, **OPTIONS, checkpoint_seconds=0, callbacks=[Stop()])
    assert names(folder) == [CHECKPOINT]
    return {CHECKPOINT: (folder / CHECKPOINT).read_bytes()}


def laid_out(files: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_run_makes_its_folder_and_leaves_four_files(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "run"
    train(folder)
    assert names(folder) == sorted([CARD, CHECKPOINT, MODEL, HISTORY])
    curves = json.loads((folder / HISTORY).read_text())
    assert curves.keys() == {"training", "validation"}
    assert curves["training"][-1]["epoch"] == 2


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    train()
    assert names(tmp_path) == []


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(tmp_path: Path, run: dict[str, bytes]) -> None:
    other = laid_out({"notes.txt": b"mine"}, tmp_path / "other")
    with pytest.raises(TrainingError) as caught:
        train(other)
    assert str(caught.value) == f"The folder {other} is not empty. Name an empty folder."
    assert names(other) == ["notes.txt"]
    begun = laid_out(run, tmp_path / "begun")
    with pytest.raises(TrainingError) as caught:
        train(begun)
    assert str(caught.value) == f"The folder {begun} is not empty. Resume it with resume=True, or name an empty folder."
    assert (begun / CHECKPOINT).read_bytes() == run[CHECKPOINT]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("taken", "taken is a file. Choose another folder."),
        ("taken/run", "taken/run cannot be used: Not a directory. Choose another folder."),
        ("nul\0", "nul\0 cannot be used: embedded null byte. Choose another folder."),
    ],
)
def test_a_place_that_can_be_no_folder_is_named(tmp_path: Path, place: str, message: str) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(RecurraError) as caught:
        train(tmp_path / place)
    assert str(caught.value).endswith(message)


def test_a_folder_without_permission_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with pytest.raises(RecurraError, match="may not be written to"):
        train(tmp_path / "run")


def test_a_full_disk_is_one_error_and_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RecurraError, match=r"No space left on device\. Free some space"):
        train(tmp_path / "run")
    assert names(tmp_path) == []


def test_resume_without_a_checkpoint_starts_from_the_beginning_and_says_so(tmp_path: Path) -> None:
    whole, listener = tmp_path / "whole", Steps()
    train(whole)
    for place, files in enumerate(({}, {"notes.txt": b"mine"})):
        folder = laid_out(files, tmp_path / str(place))
        listener = Steps()
        train(folder, resume=True, callbacks=[listener])
        assert listener.messages == [f"There is no checkpoint in {folder}: training starts from the beginning."]
        assert (folder / MODEL).read_bytes() == (whole / MODEL).read_bytes()
    assert (tmp_path / "1" / "notes.txt").read_bytes() == b"mine"


def test_resume_without_a_folder_is_refused() -> None:
    with pytest.raises(SettingsError, match="Name the folder of the run"):
        train(resume=True)


def test_resume_clears_away_what_a_kill_left_half_written(tmp_path: Path, run: dict[str, bytes]) -> None:
    left = {f".{name}.0a1b2c3d.tmp": b"half" for name in (CARD, CHECKPOINT, MODEL, HISTORY)}
    folder = laid_out({**run, **left, ".notes.tmp": b"mine"}, tmp_path / "run")
    train(folder, **OPTIONS, resume=True)
    assert names(folder) == sorted([".notes.tmp", CARD, CHECKPOINT, MODEL, HISTORY])


@pytest.mark.parametrize(
    "change",
    [
        {"count": 25},
        {"training": THOROUGH.replace(seed=5)},
        {"training": THOROUGH.replace(epochs=4)},
        {"network": FULL.replace(hidden=6)},
        {"rows": (make_rows(24)[0], make_rows(24)[1][::-1])},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_checkpoint_of_another_run_is_refused_and_kept(
    tmp_path: Path, run: dict[str, bytes], change: dict[str, Any]
) -> None:
    folder = laid_out(run, tmp_path / "run")
    with pytest.raises(TrainingError) as caught:
        train(folder, **{**OPTIONS, **change}, resume=True)
    begin, end = (
        f"The checkpoint {folder / CHECKPOINT} belongs to other data or settings: ",
        ". Resume with the same data and options as before. Start again in another folder, or remove "
        f"{folder / CHECKPOINT}.",
    )
    said = str(caught.value)
    assert (said[: len(begin)], said[-len(end) :]) == (begin, end)
    # What differs is named.
    assert any(words in said for words in (" was ", "the rows differ"))
    assert (folder / CHECKPOINT).read_bytes() == run[CHECKPOINT]


def opened(data: bytes) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    (size,) = struct.unpack("<Q", data[:8])
    return safetensors.torch.load(data), json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["recurra"])


Change = Callable[[dict[str, torch.Tensor], dict[str, Any]], Any]


def position(**values: Any) -> Change:
    return lambda tensors, about: about["position"].update(values)


CHANGES: dict[str, Change] = {
    "a weight is missing": lambda tensors, about: tensors.pop("weight.W_O"),
    "a moment is missing": lambda tensors, about: tensors.pop("m.b_O"),
    "an average is missing": lambda tensors, about: tensors.pop("average.embedding"),
    "the best weights are missing": lambda tensors, about: tensors.pop("best.b_O"),
    "no generator": lambda tensors, about: tensors.pop("generator"),
    "a weight that would be broadcast": lambda tensors, about: tensors.update({"weight.W_O": torch.zeros(1)}),
    "a moment of another shape": lambda tensors, about: tensors.update({"v.b_O": torch.zeros(99)}),
    "a weight of another type": lambda tensors, about: tensors.update({"weight.b_O": tensors["weight.b_O"].double()}),
    "a generator of another size": lambda tensors, about: tensors.update({"generator": torch.zeros(3)}),
    "a generator in no state": lambda tensors, about: tensors["generator"].fill_(255),
    "steps that are text": position(steps="6"),
    "steps below 0": position(steps=-1),
    "steps beyond counting": position(steps=10**30),
    "a batch that is true": position(batch=True),
    "an epoch that is a number": position(epoch=1.5),
    "a loss that is a list": position(best_loss=[]),
    "a history that is none": position(history=None),
    "a history without curves": position(history={}),
    "a history of other things": position(history={"training": [{"when": 1}], "validation": []}),
    "an unknown value": position(colour="blue"),
    "no position": lambda tensors, about: about.pop("position"),
    "a position that is a list": lambda tensors, about: about.update(position=[1]),
    "no run": lambda tensors, about: about.pop("run"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_checkpoint_that_holds_something_else_is_refused(tmp_path: Path, run: dict[str, bytes], change: str) -> None:
    tensors, about = opened(run[CHECKPOINT])
    CHANGES[change](tensors, about)
    data = safetensors.torch.save(tensors, metadata={"recurra": json.dumps(about)})
    refused(laid_out({CHECKPOINT: data}, tmp_path / "run"))


def refused(folder: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        train(folder, **OPTIONS, resume=True)
    message = str(caught.value)
    assert message.startswith(f"The checkpoint {folder / CHECKPOINT} cannot be read: ")
    assert message.endswith(f"Start again in another folder, or remove {folder / CHECKPOINT}.")
    assert len(message.splitlines()) == 1
    assert names(folder) == [CHECKPOINT]


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.1, 0.5, 0.999])
def test_a_cut_checkpoint_is_refused(tmp_path: Path, run: dict[str, bytes], share: float) -> None:
    data = run[CHECKPOINT]
    refused(laid_out({CHECKPOINT: data[: int(share * len(data))]}, tmp_path / "run"))


@pytest.mark.parametrize(
    "metadata", [None, {}, {"recurra": ""}, {"recurra": "[]"}, {"recurra": "[" * 200_000}, {"other": "{}"}], ids=str
)
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    data = safetensors.torch.save({"weight.W_O": torch.zeros(1)}, metadata=metadata)
    refused(laid_out({CHECKPOINT: data}, tmp_path / "run"))


def test_a_folder_in_the_checkpoints_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run" / CHECKPOINT).mkdir(parents=True)
    refused(tmp_path / "run")


def test_a_position_says_all_that_it_holds(run: dict[str, bytes]) -> None:
    _, about = opened(run[CHECKPOINT])
    assert about["position"].keys() == asdict(Position()).keys()
    assert about["position"]["epoch"] == 1
    assert about["position"]["steps"] == 5
    assert SHORT.epochs == 2
