"""TensorBoard's file is read back by another program, and a resumed run doubles no point."""

from __future__ import annotations

import io
import json
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import make_rows
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import RecordWriter
from training.runs import SHORT, Steps, train

from recurra.training import tensorboard
from recurra.training.callbacks import TrainingMetrics, ValidationMetrics
from recurra.training.steps.step import StepResult, StepResults
from recurra.training.tensorboard import NAME, VERSION_EVENT, TensorBoard, records_up_to, scalar_event

TRAINING = SHORT.replace(epochs=3, validation=0.2)


def events(data: bytes) -> list[Event]:
    found, place = [], 0
    while place < len(data):
        length = int.from_bytes(data[place : place + 8], "little")
        found.append(Event.FromString(data[place + 12 : place + 12 + length]))
        place += 16 + length
    return found


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    first, *rest = events((folder / "tensorboard" / NAME).read_bytes())
    assert first.file_version == "brain.Event:2"
    for one in rest:
        (value,) = one.summary.value
        found.setdefault(value.tag, []).append((one.step, value.simple_value))
    return found


@given(st.text(max_size=20), st.floats(width=32, allow_nan=False), st.integers(0, 2**62), st.floats(0, 1e10))
def test_a_record_is_what_another_writer_makes_of_the_event(tag: str, value: float, step: int, seconds: float) -> None:
    event = Event(wall_time=seconds, step=step)
    event.summary.value.add(tag=tag, simple_value=value)
    ours = scalar_event(tag, value, step=step, seconds=seconds)
    (parsed,) = events(ours)
    assert parsed.SerializeToString() == Event.FromString(event.SerializeToString()).SerializeToString()
    # Lengths and check sums are tensorboardX's, over the same bytes.
    buffer = io.BytesIO()
    writer = RecordWriter.__new__(RecordWriter)
    writer._writer = buffer
    writer.write(ours[12:-4])
    assert buffer.getvalue() == ours


@given(st.lists(st.integers(0, 300), max_size=8).map(sorted), st.integers(0, 300), st.integers(0, 20))
def test_what_is_behind_a_step_or_cut_is_left_out(steps: list[int], last: int, cut: int) -> None:
    records = [scalar_event("loss", 1.0, step=step, seconds=2.0) for step in steps]
    kept = VERSION_EVENT + b"".join(record for record, step in zip(records, steps, strict=True) if step <= last)
    data = VERSION_EVENT + b"".join(records)
    assert records_up_to(data, last) == kept
    damaged = data + scalar_event("loss", 1.0, step=0, seconds=2.0)[: cut + 1]
    assert records_up_to(damaged, last) == kept


def test_a_run_writes_its_curves(tmp_path: Path) -> None:
    train(tmp_path / "run", rows=make_rows(60), training=TRAINING, callbacks=[TensorBoard(tmp_path / "run")])
    found, history = curves(tmp_path / "run"), json.loads((tmp_path / "run" / "history.json").read_text())
    for name in ("loss", "accuracy"):
        for part in ("training", "validation"):
            expected = [one[name] for one in history[part]]
            assert [value for _, value in found[f"{name}/{part}"]] == pytest.approx(expected)
    # 48 rows are learned from.
    assert [step for step, _ in found["loss/validation"]] == [round(one["epoch"] * 48) for one in history["validation"]]
    assert [value for _, value in found["learning_rate"]] == pytest.approx([0.01] * len(history["training"]))
    assert all(value > 0 for _, value in found["documents_per_second"])


class StopsAt(Steps):
    def count_step(self, documents: int, loss: float) -> None:
        super().count_step(documents, loss)
        if self.steps == 9:
            signal.raise_signal(signal.SIGINT)


def test_a_resumed_run_goes_on_where_its_checkpoint_was(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(whole, rows=make_rows(60), training=TRAINING, callbacks=[TensorBoard(whole)])
    train(parts, rows=make_rows(60), training=TRAINING, callbacks=[TensorBoard(parts), StopsAt()])
    # As if it had been killed later than its checkpoint, in the middle of a record.
    with (parts / "tensorboard" / NAME).open("ab") as file:
        file.write(scalar_event("loss/training", 9.0, step=90, seconds=1.0) + b"\x2a\x00")
    train(parts, rows=make_rows(60), training=TRAINING, callbacks=[TensorBoard(parts)], resume=True)
    expected, found = curves(whole), curves(parts)
    for name in expected.keys() - {"documents_per_second"}:
        assert found[name] == expected[name], name
    assert [step for step, _ in found["documents_per_second"]] == [step for step, _ in expected["documents_per_second"]]


def test_points_come_while_it_runs_and_speed_is_that_of_training_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(tensorboard.time, "monotonic", lambda: now[0])
    log = TensorBoard(tmp_path)
    # 500 documents were learned from before this run.
    log.on_train_begin(1000, 500)
    try:
        for step in (600, 700):
            now[0] += 2
            log.on_steps_end(StepResults([StepResult(60, 1.0, 1), StepResult(40, 1.0, 1)]))
            log.on_log(TrainingMetrics(epoch=0.1, loss=1.0, accuracy=0.5, learning_rate=0.1))
            # Nothing waits for the end of the run.
            assert curves(tmp_path)["documents_per_second"][-1] == (step, 50.0)
            now[0] += 30
            log.on_validation_end(ValidationMetrics(epoch=1.0, loss=1.0, accuracy=0.5))
            assert curves(tmp_path)["loss/validation"][-1] == (step, 1.0)
    finally:
        log.on_train_end()
