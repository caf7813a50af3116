"""Flags of a network that was built to have one, and of trained ones."""

from __future__ import annotations

import json

import numpy as np
import pytest
from bundles import make_bundle
from rows import make_rows

from recurra.data.table import Table
from recurra.errors import DataError, SettingsError
from recurra.inspection import flags
from recurra.inspection.flag_results import Flags
from recurra.runtime import Model

WORDS = ("oil", "prices", "rise", "again", "and", "the", "team", "wins", "a", "late", "match", "in", "rome")


def model_with_a_flag(*, backward: bool = False) -> Model:
    """An LSTM whose unit 1 is set to 1 by ``team`` and never changes otherwise; class b listens to it alone.

    The unit's forget gate is open, its input gate is opened by one word only, and unit 0 follows every word.
    """
    bundle = make_bundle(cell="lstm", hidden=4, embedding=3, bidirectional=backward, labels=("a", "b"))
    tensors = {name: np.zeros_like(array) for name, array in bundle.tensors.items()}
    team = 2 + WORDS.index("team")
    tensors["embedding"][:, 0] = np.linspace(-1, 1, len(tensors["embedding"]))
    tensors["embedding"][team, 1] = 1
    prefix = f"layers.0.{'backward' if backward else 'forward'}."
    H = 4
    bias, W_I = tensors[prefix + "b"], tensors[prefix + "W_I"]
    # i, f, g, o of unit 1.
    bias[1], W_I[1, 1] = -10, 20
    bias[H + 1], bias[2 * H + 1], bias[3 * H + 1] = 10, 10, 10
    # Unit 0 forgets everything and takes in each word.
    bias[0], bias[H], bias[3 * H], W_I[0, 2 * H] = 10, -10, 10, 2
    place = 1 + 4 * backward
    tensors["W_O"][place, 1], tensors["b_O"][:] = 6, (2, 0)
    return Model(type(bundle)(**{**bundle.__dict__, "tensors": tensors}))


def table(count: int = 60) -> Table:
    generator = np.random.default_rng(1)
    others = [word for word in WORDS if word != "team"]
    documents, labels = [], []
    for place in range(count):
        words = generator.choice(others, 6).tolist()
        if place % 3 == 0:
            words[1 + place % 4] = "team"
        documents.append(" ".join(words))
        labels.append("b" if place % 3 == 0 else "a")
    return Table(documents, labels, "text", None, "label", "made.csv")


@pytest.mark.parametrize("backward", [False, True])
def test_the_flag_that_was_built_in_is_found(backward: bool) -> None:
    found = flags(model_with_a_flag(backward=backward), table(), units=2)
    assert found.accuracy == 1
    flag = found.units[0]
    assert flag.unit == (0, "backward" if backward else "forward", 1)
    assert flag.score == pytest.approx(1)
    assert flag.separation > 0.99
    assert flag.on_when == "above"
    assert flag.ends_on == flag.held == pytest.approx(1 / 3)
    assert flag.stays == 1
    assert flag.speaks_for == "b"
    assert [(one.phrase, one.count, one.of, one.label) for one in flag.on] == [("team", 20, 20, "b")]
    assert flag.off == []
    # Its mean keeps all rows on one side, so every b is lost; no other unit is heard.
    assert flag.accuracy_silenced == pytest.approx(2 / 3)
    assert flag.drop == pytest.approx(1 / 3)
    assert flag.drop_random == pytest.approx(0)
    assert found.together.drop == pytest.approx(1 / 3 if backward or len(found.scores) == 4 else 0)
    assert np.mean(found.together.random_drops) == pytest.approx(0)
    for example in flag.examples:
        assert example.tokens[example.flip] == "team"
        behind = example.states[: example.flip + 1] if backward else example.states[example.flip :]
        before = example.states[example.flip + 1 :] if backward else example.states[: example.flip]
        assert min(behind) > 0.9
        assert max(before, default=0) < 0.1
        assert example.end > 0.9
        assert example.label == example.predicted == "b"


def test_its_weight_is_output_weight_times_state() -> None:
    """With h = σ(10)·tanh(c) the logit of b, against the mean of both classes, changes by half of 6·(h - mean)."""
    flag = flags(model_with_a_flag(), table(), units=1).units[0]
    c = flag.examples[0].end
    h = np.tanh(c) / (1 + np.exp(-10))
    assert flag.weight == pytest.approx(6 * (h - h / 3) / 2, rel=1e-3)


@pytest.mark.parametrize(
    "settings",
    [
        {"cell": "simple_rnn"},
        {"cell": "gru", "layers": 2, "bidirectional": True, "pooling": ("max", "mean")},
        {"cell": "lstm", "masked": False, "pad_to": 9},
        {"cell": "gru_reset_before", "pooling": ("attention",)},
    ],
)
def test_any_network_can_be_searched_and_the_seed_decides(settings: dict[str, object]) -> None:
    model = Model(make_bundle(labels=("a", "b"), **settings))  # type: ignore[arg-type]
    found = flags(model, table(), units=3, documents=40, seed=3)
    assert isinstance(found, Flags)
    values = found.to_dict()
    assert values == flags(model, table(), units=3, documents=40, seed=3).to_dict()
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert values["documents"] == 40
    assert len(values["units"]) == 3
    network = model.settings
    assert len(values["scores"]) == network.layers * network.directions * network.hidden
    assert values["scores"] == sorted(values["scores"], reverse=True)
    for unit in values["units"]:
        assert unit["accuracy_silenced"] == pytest.approx(values["accuracy"] - unit["drop"])
        assert 0 <= unit["score"] <= 1


def test_titles_alone_are_looked_at_where_titles_are_read() -> None:
    pairs, labels = make_rows(40)
    pairs[0] = ("", "a text without a title")
    bundle = make_bundle(labels=tuple(sorted(set(labels))))
    model = Model(type(bundle)(**{**bundle.__dict__, "text": bundle.text.replace(field="title")}))
    found = flags(model, Table(pairs, list(labels), "text", "title", "label", "made.csv"))
    assert found.documents == 39
    assert found.notes == ["1 of 40 rows have no title and are left out."]


def test_what_cannot_be_searched() -> None:
    model = Model(make_bundle(labels=("a", "b")))
    with pytest.raises(SettingsError, match="units is 0"):
        flags(model, table(), units=0)
    with pytest.raises(DataError, match="has no labels"):
        flags(model, Table(["x"], None, "text", None, None, "made.csv"))
    with pytest.raises(DataError, match="training never saw"):
        flags(model, Table(["x"], ["z"], "text", None, "label", "made.csv"))


def test_documents_without_words_have_no_flags() -> None:
    found = flags(Model(make_bundle(labels=("a", "b"))), Table(["", ""], ["a", "b"], "text", None, "label", "made.csv"))
    assert set(found.scores) == {0.0}
    assert all(unit.on == unit.examples == [] for unit in found.units)


def test_progress_reaches_what_was_announced() -> None:
    heard: list[tuple[int, int | None]] = []
    flags(model_with_a_flag(), table(), units=2, advance=lambda some, total: heard.append((some, total)))
    assert sum(some for some, _ in heard) == heard[-1][1]
