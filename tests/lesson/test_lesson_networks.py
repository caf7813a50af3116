"""The page's words about the networks agree with their presets, and it names the lesson that it grew from."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from recurra.cells import cell_named
from recurra.lesson.networks import described_networks, terms
from recurra.lesson.page import lesson_page
from recurra.lesson.run import MODELS
from recurra.presets import load_preset


@pytest.mark.parametrize("name", [*MODELS, "fast"])
def test_a_network_is_what_its_preset_says(name: str) -> None:
    network = load_preset(f"lesson/{name}" if name in MODELS else name).network
    ((shown, said),) = described_networks([{"preset": f"lesson/{name}", "reads": "whole texts"}])  # type: ignore[typeddict-item]
    assert shown == name
    assert cell_named(network.cell).title in said
    assert re.findall(r"(\d+) units", said) == [str(network.hidden)]
    assert ("no mask" in said) == (not network.masked)
    assert ("Two layers" in said and "direction" in said) == (network.layers == 2 and network.bidirectional)
    assert said.endswith("Here it reads whole texts.")


def test_words_are_explained_where_they_are_needed(result: dict[str, Any], check_page: Callable[[str], Any]) -> None:
    page = check_page(lesson_page(result))  # type: ignore[arg-type]
    for word in ("State", "Padding", "Mask", "Bucketing", "Gradient", "Gate"):
        assert word in [text for inside, text in page.texts if inside == "a"]
    simple = [model for model in result["models"] if model["cell"] == "simple_rnn"]
    assert "Gate" not in [term for term, _, _ in terms(simple, ())]
    assert {section for _, _, section in terms(simple, ("pads",))} == {"pads", ""}


def test_the_lesson_it_grew_from_is_named_and_linked(result: dict[str, Any], check_page: Callable[[str], Any]) -> None:
    page = check_page(lesson_page(result))  # type: ignore[arg-type]
    assert "https://github.com/microsoft/AI-For-Beginners" in page.values("href")
    assert "AI for Beginners by Microsoft (lessons/5-NLP/16-RNN), from which this one grew." in page.text


def test_first_words_are_said_as_words(result: dict[str, Any]) -> None:
    model = {**result["models"][2], "reads": "first 40 words"}
    ((_, said),) = described_networks([model])  # type: ignore[list-item]
    assert said.endswith("Here it reads the first 40 words.")
