"""Views of a file for a model with a linear branch: whose accuracy it is, and what is the recurrent network's alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from branched import make_branched
from bundles import WORDS

from recurra.data.table import Table
from recurra.inspection import compare, flags, gradients, label_issues, states
from recurra.inspection.ablation import ablate, mean_states
from recurra.lesson.shuffled import score_shuffled
from recurra.runtime import Model


@pytest.fixture(params=[{"cell": "lstm"}, {"cell": "gru", "bidirectional": True, "masked": False}], ids=["one", "both"])
def model(request: pytest.FixtureRequest) -> Model:
    bundle = make_branched(**request.param, scale=2)
    return Model(replace(bundle, record={"training": {"seed": 1}}))


@pytest.fixture
def table(model: Model) -> Table:
    """Texts with the labels that the model gives them, one in five another's."""
    draw = np.random.default_rng(5)
    texts = [" ".join(draw.choice([*WORDS, "rising", "zzz"], draw.integers(1, 7))) for _ in range(80)]
    labels = [draw.choice(["a", "b", "c"]) if place % 5 == 0 else one for place, one in enumerate(model.predict(texts))]
    return Table(texts, [str(one) for one in labels], "text", None, "label", "made.csv")


def right(model: Model, table: Table) -> float:
    return float(np.mean(model.predict(table.documents) == np.array(table.labels)))


def test_accuracies_with_units_silenced_are_the_whole_models(model: Model, table: Table) -> None:
    found = flags(model, table, units=8)
    assert found.accuracy == right(model, table) != right(model.network_alone, table)
    means = mean_states(model.bundle, model.bundle.pipeline.encode(table.documents))
    for unit in found.units:
        assert unit.accuracy_silenced == right(Model(ablate(model.bundle, [unit.unit], means)), table)
        assert unit.drop == pytest.approx(found.accuracy - unit.accuracy_silenced)
        for example in unit.examples:
            assert example.predicted == model.predict([table.documents[example.row]])[0]
    # What a unit adds to the outputs is the network's alone.
    alone = {unit.unit: unit.weight for unit in flags(model.network_alone, table, units=8).units}
    assert {unit.unit: unit.weight for unit in found.units} == pytest.approx(alone, abs=1e-5)
    assert len(found.notes) == 1
    assert "linear branch, which is not recurrent" in found.notes[0]


def test_states_are_the_networks_and_predictions_the_models(model: Model, table: Table) -> None:
    found, alone = states(model, table), states(model.network_alone, table)
    assert [(one.x, one.y) for one in found.points] == [(one.x, one.y) for one in alone.points]
    assert [one.predicted for one in found.points] == model.predict(table.documents).tolist()
    assert [one.predicted for one in found.points] != [one.predicted for one in alone.points]
    assert "the linear branch, which is not recurrent, has none" in found.notes[0]
    assert alone.notes == []


def test_label_issues_are_those_of_the_whole_model(model: Model, table: Table) -> None:
    found = label_issues(model, table, top=100)
    expected = model.predict_proba(table.documents)
    assert found.counts["mistakes"] == round(80 * (1 - right(model, table)))
    assert found.rows
    for issue in found.rows:
        assert issue.probability == pytest.approx(float(expected[issue.row].max()))
    assert "the linear branch has no states" in found.notes[-1]


def test_gradients_are_the_networks_alone_and_say_so(model: Model, table: Table) -> None:
    found, alone = (gradients(one, table, name="m").to_dict()["models"] for one in (model, model.network_alone))
    for flow, expected in zip(found, alone, strict=True):
        assert flow.pop("branch")
        assert flow == expected


def test_comparing_and_shuffling_ask_the_whole_model(model: Model, table: Table) -> None:
    found: Any = compare({"m": model, "n": model.network_alone}, table, resamples=10).to_dict()
    assert found["models"][0]["accuracy"] == pytest.approx(right(model, table))
    assert found["models"][1]["accuracy"] == pytest.approx(right(model.network_alone, table))
    words = Table(["oil", "prices", "rising"], ["a", "b", "a"], "text", None, "label", "made.csv")
    chosen = model.predict_proba(words.documents)[range(3), [0, 1, 0]]
    assert score_shuffled(model, words, seed=0).log_loss == pytest.approx(-float(np.log(chosen).mean()), abs=1e-5)
