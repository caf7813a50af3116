"""The linear branch in the reading room: its share, its phrases, and what is the recurrent network's alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from branched import make_branched
from browser_tools import LABELS, Site, percent, signed, type_text, wait_until_drawn

from recurra.bundle import write_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]

TEXT = "Oil prices rise again, zzz prices"


@pytest.fixture
def branched(serve: Callable[..., Site], folder: Path, tmp_path: Path) -> Site:
    labels = tuple(LABELS)
    write_bundle(make_branched(labels=labels, cell="lstm"), tmp_path / "one.safetensors")
    # The same classes in another order and one more.
    other = make_branched(labels=("Weather", *reversed(labels)), cell="gru", seed=3)
    write_bundle(other, tmp_path / "two.safetensors")
    paths = [f"{name}={tmp_path / name}.safetensors" for name in ("one", "two")]
    return serve(*paths, options=("--data", str(folder / "test.csv")))


def share(reading: Any) -> str:
    branch = reading["branch"]
    side = (
        "for and against" if branch["score"] * branch["network"] < 0 else "for" if branch["score"] >= 0 else "against"
    )
    return f"{percent(branch['share'], 0)} of the evidence {side} {reading['label']} comes from the linear branch"


def test_the_share_and_the_strongest_phrases_stand_with_the_answer(visit: Visit, branched: Site) -> None:
    page = visit("reading", at=branched)
    type_text(page, TEXT)
    answer = branched.post("/v1/read", text=TEXT, model="one")
    said = page.locator(".branch-note").inner_text()
    assert said.startswith(f"{share(answer)}, which is not recurrent.")
    for phrase in answer["branch"]["phrases"][:3]:
        assert f"“{phrase['text']}” ({signed(phrase['share'], 2)})" in said
    letters, score = sum(answer["branch"]["subwords"]), answer["branch"]["score"]
    parts_of = f"phrases {signed(score - letters, 2)}, letters of words {signed(letters, 2)}"
    assert said.endswith(f"In all it adds {signed(score, 2)}: {parts_of}.")
    parts = page.locator(".alone-parts li").all_inner_texts()
    for line, (name, probabilities) in zip(
        parts, [*answer["branch"]["alone"].items(), ("both", answer["probabilities"][-1])], strict=True
    ):
        best = max(probabilities)
        words = {"network": "recurrent network alone", "branch": "linear branch alone", "both": "both together"}[name]
        assert line.startswith(words), line
        assert answer["labels"][probabilities.index(best)] in line
        assert percent(best) in line
    alone = [
        answer["labels"][row.index(max(row))]
        for row in (*answer["branch"]["alone"].values(), answer["probabilities"][-1])
    ]
    said = page.locator(".alone-said").inner_text()
    assert said.startswith("They disagree" if alone[0] != alone[1] else f"Alone, both parts answer {alone[0]}")
    type_text(page, "")
    assert page.locator(".branch-note").count() == page.locator(".alone").count() == 0


def test_attribution_tells_how_much_of_a_word_is_the_branchs(visit: Visit, branched: Site) -> None:
    page = visit("attribution", at=branched)
    type_text(page, TEXT)
    answer = branched.post("/v1/read", text=TEXT, model="one", attribution=True)
    words = page.get_by_role("region", name="Word by word").locator("tbody tr")
    for row, token in enumerate(answer["tokens"]):
        figures = words.nth(row).locator("td.figure").all_inner_texts()
        why = answer["attribution"]
        expected = [why[name][row] for name in ("integrated_gradients", "branch", "occlusion")]
        assert figures == [signed(value, 3) for value in expected]
        assert words.nth(row).locator("th").inner_text() == token["text"]
    card = page.locator("section.card", has_text="Recurrent network adds")
    assert share(answer) in card.inner_text()
    found = answer["branch"]
    facts = card.locator("dd").all_inner_texts()
    numbers = [found["score"], sum(found["subwords"]), found["network"]]
    assert facts == [percent(found["share"]), *(signed(value, 3) for value in numbers)]
    phrases = card.locator("tbody tr").all_inner_texts()
    assert len(phrases) == len(found["phrases"])
    for line, phrase in zip(phrases, found["phrases"], strict=True):
        assert line.startswith(phrase["text"])
        assert signed(phrase["share"], 3) in line


def test_what_is_the_networks_alone_says_so(visit: Visit, branched: Site) -> None:
    page = visit("gates", at=branched)
    type_text(page, TEXT)
    # Whoever sees that h has let go of a word is told that the answer may still have it.
    assert page.locator(".answers-from").inner_text() == (
        "This model answers from the last state, and from a linear branch that reads the words themselves. "
        "What has left h by the last word may therefore still be part of the answer."
    )
    alone = {
        "gates": "States, gates and what units do are the recurrent network's alone",
        "flags": "its linear branch, which is not recurrent, stays as it is while units are silenced",
        "states": "the linear branch, which is not recurrent, has none",
        "doubts": "the linear branch has no states",
    }
    for view, words in alone.items():
        page.evaluate("view => { location.hash = `#/${view}`; }", view)
        wait_until_drawn(page)
        assert words in page.locator("main").inner_text()
    page.evaluate("location.hash = '#/compare'")
    wait_until_drawn(page)
    notes = page.locator(".branch-note").all_inner_texts()
    for note, reading in zip(notes, branched.post("/v1/compare", text=TEXT)["models"], strict=True):
        assert note.startswith(share(reading))
    # A class has one mark and one colour, whichever of the models answers.
    marks = dict(zip([*LABELS, "Weather"], "●■▲◆", strict=True))
    named = page.locator(".view-compare .label-name")
    assert named.count() >= 2
    for name in named.all():
        mark, label = (name.locator(one).text_content() or "" for one in (".mark", "bdi"))
        assert mark == marks[label]
        series = [*marks].index(label) + 1
        assert name.evaluate("one => one.style.getPropertyValue('--series')") == f"var(--series-{series})"


def test_without_a_branch_nothing_is_said_of_one(visit: Visit) -> None:
    page = visit("attribution")
    type_text(page, TEXT)
    assert "linear branch" not in page.locator("main").inner_text().lower()
