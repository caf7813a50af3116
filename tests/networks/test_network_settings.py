"""Settings of a network that cannot be built are refused with their value."""

from __future__ import annotations

from typing import Any

import pytest

from recurra.errors import SettingsError
from recurra.networks.settings import NetworkSettings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": 0}, "hidden is 0. Give 1 or more."),
        ({"layers": 0}, "layers is 0. Give 1 or more."),
        ({"embedding": -1}, "embedding is -1. Give 1 or more."),
        ({"dropout": 1.0}, "dropout is 1.0. Give a share from 0 up to, but not, 1."),
        ({"weight_drop": -0.1}, "weight_drop is -0.1. Give a share from 0 up to, but not, 1."),
        ({"word_dropout": float("nan")}, "word_dropout is nan. Give a share from 0 up to, but not, 1."),
        ({"every_step": 1.5}, "every_step is 1.5. Give a share from 0 up to, but not, 1."),
        (
            {"pooling": ()},
            "pooling is []. Name one or more of last, max, mean, attention, each once, such as max+mean.",
        ),
        ({"pooling": ("max", "max")}, "pooling is ['max', 'max']. Name one or more of"),
        (
            {"pooling": ("min",)},
            "pooling is ['min']. Name one or more of last, max, mean, attention, each once, such as",
        ),
        ({"pooling": ("max", "mean"), "every_step": 0.5}, "every_step is 0.5 with the poolings max, mean. An output"),
        (
            {"cell": "gru2"},
            "There is no cell 'gru2'. Did you mean gru? The cells are simple_rnn, gru, gru_reset_before, lstm, sru, "
            "min_gru, min_lstm. Register yours",
        ),
    ],
)
def test_what_cannot_be_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        NetworkSettings(**settings)
    assert str(caught.value).startswith(message)


def test_sizes_follow_from_directions_and_poolings() -> None:
    one = NetworkSettings(hidden=5)
    both = NetworkSettings(hidden=5, bidirectional=True, pooling=("last", "max", "attention"))
    assert (one.directions, one.state_size, one.pooled_size) == (1, 5, 5)
    assert (both.directions, both.state_size, both.pooled_size) == (2, 10, 30)
