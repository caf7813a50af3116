"""The learning-rate finder: its rule, that it leaves the run alone, and that a resumed run keeps the rate."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from rows import make_rows
from training.runs import FULL, PLAIN, SHORT, Steps, train

from recurra.batches import Ragged
from recurra.batches.epochs import epoch_batches
from recurra.errors import TrainingError
from recurra.report.rate_page import rate_page
from recurra.training.rate_finder import RateFinderResult, _batches, fall_and_noise, lowest_rate
from recurra.training.steps.step import EncodedRows

TRAINING = SHORT.replace(validation=0.2)


def test_the_rule_is_the_lowest_point_but_for_the_first_steps() -> None:
    rates = np.geomspace(1e-5, 1, 51)
    losses = np.abs(np.log10(rates) + 1.5) + 1
    losses[3] = 0.1
    assert lowest_rate(rates, losses) == pytest.approx(10**-1.5, rel=0.1)
    assert lowest_rate(rates[:4], losses[:4]) == rates[3]


def test_the_run_is_the_one_with_that_rate_and_nothing_else_changes(tmp_path: Path) -> None:
    told = Steps()
    options = {"rows": make_rows(60), "network": FULL, "training": TRAINING.replace(clip=1.0)}
    found = train(tmp_path / "run", **options, find_learning_rate=True, callbacks=[told])
    curve = json.loads((tmp_path / "run" / "learning-rate.json").read_text())
    rate = curve["suggested"]
    assert rate == float(f"{curve['lowest'] / 10:.1e}") == found.bundle.record["training"]["learning_rate"]
    assert curve["rates"] == sorted(curve["rates"])
    assert len(curve["rates"]) == len(curve["losses"]) == len(curve["smoothed"]) > 20
    assert [m for m in told.messages if m.startswith("learning rate")] == [
        f"learning rate: {rate:g}, a tenth of where the loss was lowest ({curve['lowest']:.2g})."
    ]
    plain = train(**{**options, "training": options["training"].replace(learning_rate=rate)})
    for name, weight in plain.bundle.tensors.items():
        assert np.array_equal(weight, found.bundle.tensors[name]), name
    again = train(**options, find_learning_rate=True)
    assert again.bundle.tensors["W_O"].tobytes() == found.bundle.tensors["W_O"].tobytes()


def test_the_losses_are_those_of_training_at_these_rates(tmp_path: Path) -> None:
    train(tmp_path / "run", rows=make_rows(200), network=PLAIN, training=TRAINING, find_learning_rate=True)
    curve = json.loads((tmp_path / "run" / "learning-rate.json").read_text())
    smoothed, mean = [], 0.0
    for count, loss in enumerate(curve["losses"], start=1):
        mean = 0.9 * mean + 0.1 * loss
        smoothed.append(mean / (1 - 0.9**count))
    assert curve["smoothed"] == pytest.approx(smoothed)
    # Four topics: a network that knows nothing, then one that has learned something.
    assert curve["losses"][0] == pytest.approx(np.log(4), abs=0.1)
    assert min(smoothed[10:]) < 1.0


def test_a_resumed_run_takes_the_rate_that_lies_there(tmp_path: Path) -> None:
    options = {"rows": make_rows(60), "training": TRAINING, "find_learning_rate": True}
    whole = train(tmp_path / "run", **options)
    told = Steps()
    again = train(tmp_path / "run", **options, resume=True, callbacks=[told])
    assert again.bundle.record["training"] == whole.bundle.record["training"]
    assert not [message for message in told.messages if message.startswith("learning rate")]
    (tmp_path / "run" / "learning-rate.json").write_text('{"suggested": "fast"}')
    with pytest.raises(TrainingError, match="has no learning rate"):
        train(tmp_path / "run", **options, resume=True)


def test_batches_are_of_epochs_that_no_training_comes_to() -> None:
    documents = Ragged.from_lists([[place] for place in range(40)])
    rows = EncodedRows(documents, np.arange(40) % 2)
    batches = _batches(rows, TRAINING)
    first, second = ([next(batches).tolist() for _ in range(5)] for _ in range(2))
    for epoch in (first, second):
        assert sorted(chain.from_iterable(epoch)) == list(range(40))
    assert first != second
    learned = epoch_batches(documents.lengths, TRAINING, 0, rows.targets)
    assert first != [learned[place].tolist() for place in range(len(learned))]


def curve(losses: np.ndarray) -> RateFinderResult:
    smoothed = [float(np.average(losses[: k + 1], weights=0.9 ** np.arange(k, -1, -1.0))) for k in range(len(losses))]
    fall, noise = fall_and_noise(losses, np.array(smoothed))
    rates = np.geomspace(1e-5, 1, len(losses)).tolist()
    return RateFinderResult(1e-3, 1e-2, rates, losses.tolist(), smoothed, fall=fall, noise=noise)


def test_a_curve_of_noise_is_flat_and_one_that_falls_is_not() -> None:
    draw = np.random.default_rng(0)
    found = [curve(1.4 + 0.05 * draw.standard_normal(150)) for _ in range(300)]
    assert sum(one.flat for one in found) >= 298
    # The moving mean of independent losses has s / (2 - s) of their variance.
    assert np.mean([one.noise for one in found]) == pytest.approx(0.05 * np.sqrt(0.1 / 1.9), rel=0.03)
    slope = np.concatenate([np.zeros(60), np.linspace(0, 0.3, 60), np.linspace(0.3, -1, 30)])
    falling = [curve(1.4 - slope + 0.05 * draw.standard_normal(150)) for _ in range(300)]
    assert not any(one.flat for one in falling)
    assert np.mean([one.fall for one in falling]) == pytest.approx(0.25, abs=0.05)


def test_a_flat_curve_is_told_in_words_and_in_the_file(tmp_path: Path) -> None:
    # All texts are the same: none says anything about its label.
    _, labels = make_rows(200)
    texts = [("oil", "prices rise")] * len(labels)
    told = Steps()
    options = {"network": PLAIN, "training": TRAINING, "find_learning_rate": True}
    train(tmp_path / "noise", rows=(texts, labels), callbacks=[told], **options)
    found = json.loads((tmp_path / "noise" / "learning-rate.json").read_text())
    assert found["flat"] == (found["fall"] < 6 * found["noise"])
    assert found["flat"]
    assert sum(message.startswith("The curve of the learning rate is flat") for message in told.messages) == 1
    assert "warning" in rate_page(found, data_name="a.csv").split("</style>")[1]
    told = Steps()
    train(tmp_path / "rows", rows=make_rows(200), callbacks=[told], **options)
    found = json.loads((tmp_path / "rows" / "learning-rate.json").read_text())
    assert not found["flat"]
    assert not any("is flat" in message for message in told.messages)
    assert "is flat" not in rate_page(found, data_name="a.csv")
