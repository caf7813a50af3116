"""Calibration after training: the same answers, honest probabilities, and weights that can be had back."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from models.networks import network
from rows import make_rows
from training.runs import PLAIN, SHORT, THOROUGH, Steps, train

import recurra
from recurra.batches import Ragged
from recurra.data.split import hold_out
from recurra.evaluation.metrics import calibration_error
from recurra.evaluation.temperature import calibrate
from recurra.runtime import Model
from recurra.training import held_out
from recurra.training.fit import FitResult
from recurra.training.run import MODEL

WIDE = PLAIN.replace(hidden=16, embedding=16, pooling=("mean",))
# Trained until it is sure of labels of which a third are by chance.
LONG = SHORT.replace(epochs=6, batch_size=32, learning_rate=0.03, validation=0.25)


@cache
def doubtful_rows() -> tuple[list[tuple[str, str]], list[str]]:
    documents, labels = make_rows(600)
    # A word of its own in each row lets the network learn by heart, and that makes it too sure.
    documents = [(title, f"{text} row{place}") for place, (title, text) in enumerate(documents)]
    generator = random.Random(3)
    return documents, [generator.choice(labels) if generator.random() < 0.35 else label for label in labels]


@cache
def both() -> tuple[FitResult, FitResult, Steps]:
    listener = Steps()
    plain, calibrated = (
        train(rows=doubtful_rows(), network=WIDE, training=LONG.replace(calibrate=on), callbacks=[listener])
        for on in (False, True)
    )
    return plain, calibrated, listener


def test_the_output_alone_is_divided_by_the_temperature_of_the_record() -> None:
    plain, calibrated, listener = both()
    found = calibrated.bundle.record["calibration"]
    assert "calibration" not in plain.bundle.record
    assert found["rows"] == 150
    assert found["temperature"] > 1.02
    assert listener.messages == []
    for name, weight in calibrated.bundle.tensors.items():
        before = plain.bundle.tensors[name]
        if name in ("W_O", "b_O"):
            np.testing.assert_allclose(weight.astype(float) * found["temperature"], before, rtol=1e-6)
            assert not np.array_equal(weight, before)
        else:
            assert np.array_equal(weight, before)


def test_probabilities_are_honest_and_the_answers_are_the_same() -> None:
    plain, calibrated, _ = both()
    documents, _ = make_rows(300, seed=9)
    ids = plain.bundle.pipeline.encode(documents)
    first, second = Model(plain.bundle), Model(calibrated.bundle)
    temperature = calibrated.bundle.record["calibration"]["temperature"]
    logits = first._network.logits(Ragged(ids.values, ids.offsets)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        second.predict_proba(documents), powers / powers.sum(axis=1, keepdims=True), rtol=0, atol=2e-6
    )
    assert np.array_equal(first.predict(documents), second.predict(documents))


def test_the_record_tells_what_the_scores_were_and_are() -> None:
    plain, calibrated, _ = both()
    found = calibrated.bundle.record["calibration"]
    assert plain.validation is not None
    assert calibrated.validation is not None
    for name in ("log_loss", "ece"):
        assert found["before"][name] == pytest.approx(getattr(plain.validation, name), rel=1e-4)
        assert found["after"][name] == pytest.approx(getattr(calibrated.validation, name), rel=1e-4)
    assert found["after"]["log_loss"] <= found["cross_fitted"]["log_loss"] < found["before"]["log_loss"]
    assert plain.validation.accuracy == calibrated.validation.accuracy


def test_the_record_is_what_calibrating_the_held_out_logits_tells() -> None:
    documents, labels = doubtful_rows()
    training = LONG.replace(calibrate=True, seed=2)
    bundle = train(rows=(documents, labels), network=WIDE, training=training).bundle
    record = bundle.record["calibration"]
    held = hold_out(labels, share=0.25, seed=2)[1].tolist()
    ids = bundle.pipeline.encode([documents[row] for row in held])
    logits = Model(bundle)._network.logits(Ragged(ids.values, ids.offsets)) * record["temperature"]
    targets = bundle.labels.encode([labels[row] for row in held])
    found, other = (calibrate(logits, targets, seed=seed).to_dict() for seed in (2, 0))
    for name in ("before", "after", "cross_fitted"):
        assert record[name] == pytest.approx(found[name], rel=1e-4), name
    assert record["cross_fitted"]["log_loss"] != pytest.approx(other["cross_fitted"]["log_loss"], rel=1e-4)


def test_a_run_that_is_resumed_at_its_end_is_not_calibrated_twice(tmp_path: Path) -> None:
    options: dict[str, Any] = {"rows": doubtful_rows(), "network": WIDE, "training": LONG.replace(calibrate=True)}
    train(tmp_path / "run", **options)
    once = (tmp_path / "run" / MODEL).read_bytes()
    train(tmp_path / "run", **options, resume=True)
    assert (tmp_path / "run" / MODEL).read_bytes() == once
    assert recurra.load(tmp_path / "run" / MODEL).record["calibration"]["temperature"] != 1


@pytest.mark.parametrize("masked", [True, False])
def test_averaged_weights_and_outputs_at_every_step_are_calibrated_as_well(masked: bool) -> None:
    training = THOROUGH.replace(validation=0.25, epochs=2, averaging=0.5, batch_tokens=None, batch_size=32)
    fitted = train(rows=doubtful_rows(), training=training, network=PLAIN.replace(every_step=0.3, masked=masked))
    documents, labels = doubtful_rows()
    assert fitted.validation is not None
    found = fitted.bundle.record["calibration"]
    for name in ("log_loss", "ece"):
        assert found["after"][name] == pytest.approx(getattr(fitted.validation, name), rel=1e-4)
    model = Model(fitted.bundle)
    p = model.predict_proba(documents)
    assert calibration_error(p.max(axis=1).astype(float), model.predict(documents) == np.array(labels)) < 0.2
    np.testing.assert_allclose(model.read(documents[0]).probabilities[-1], p[0], atol=1e-5)


@pytest.mark.parametrize(
    ("validation", "reason"),
    [(0.0, "no rows were held out"), (0.2, "12 held-out rows are fewer than 100")],
)
def test_few_rows_or_none_give_no_temperature_and_say_so(validation: float, reason: str) -> None:
    listener = Steps()
    fitted = train(training=SHORT.replace(calibrate=True, validation=validation), callbacks=[listener])
    assert fitted.bundle.record["calibration"] == {"skipped": reason}
    assert listener.messages == [f"calibration: skipped, {reason}."]


def test_held_out_documents_are_read_in_batches_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = [3, 90, 1, 40, 41, 0, 300, 7, 39, 2]
    documents = Ragged.from_lists([[2 + place % 9 for place in range(length)] for length in lengths])
    module = network(cell="gru", hidden=5, embedding=4, dtype=np.float32)
    expected = held_out.logits(module, documents)
    sizes, batch = list[tuple[int, int]](), held_out.Batch.of

    def counted(some: Ragged, device: Any) -> Any:
        sizes.append((len(some), int(some.lengths.max(initial=0))))
        return batch(some, device)

    monkeypatch.setattr(held_out.Batch, "of", counted)
    monkeypatch.setattr(held_out, "TOKENS", 100)
    np.testing.assert_allclose(held_out.logits(module, documents), expected, rtol=1e-5, atol=1e-6)
    assert len(sizes) > 3
    assert all(count == 1 or count * longest <= 100 for count, longest in sizes)
