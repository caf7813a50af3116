"""A network that memory cannot hold is refused in one line, before it is made."""

from __future__ import annotations

from typing import Any

import pytest

import recurra
from recurra.errors import SettingsError
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.training import build, network_memory

TEXTS, LABELS = ["oil prices rise", "the team wins"] * 10, ["money", "sport"] * 10


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({"hidden": 100_000_000}, r"hidden=100000000, layers=1, embedding=64"),
        ({"hidden": 10**12}, r"hidden=1000000000000, layers=1, embedding=64"),
        ({"embedding": 10**11}, r"layers=1, embedding=100000000000"),
        ({"layers": 10**9}, r"layers=1000000000, embedding=64"),
    ],
)
def test_settings_that_are_too_large_are_named(options: dict[str, Any], shown: str) -> None:
    model = recurra.TextClassifier(
        "lesson/lstm", options={"embedding": 64, "input": "embedding", "masked": True, **options}
    )
    with pytest.raises(SettingsError, match=rf"{shown} needs [\d,.]+ GiB for [\d,]+ weights.* Choose smaller values\."):
        model.fit(TEXTS, LABELS)


@pytest.mark.parametrize("layers", [1, 2, 5])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_number_of_weights_is_that_of_the_arrays(layers: int, bidirectional: bool) -> None:
    network = NetworkSettings(hidden=6, embedding=5, layers=layers, bidirectional=bidirectional, pooling=("attention",))
    weights = initial_weights(network, rows=11, classes=3, seed=0)
    assert network_memory._parameters(network, 11, 3) == sum(weight.size for weight in weights.values())


def test_memory_that_runs_out_all_the_same_is_the_same_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*values: object, **named: object) -> dict[str, Any]:
        raise MemoryError

    monkeypatch.setattr(build, "initial_weights", none_left)
    with pytest.raises(SettingsError, match=r"^A network of hidden=\d+, layers=1.* Choose smaller values\.$"):
        recurra.TextClassifier("lesson/lstm").fit(TEXTS, LABELS)


def test_a_system_that_does_not_tell_its_memory_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_memory, "_machine_memory", lambda: None)
    network_memory.check_fits_memory(NetworkSettings(hidden=10**9), rows=10, classes=2)
