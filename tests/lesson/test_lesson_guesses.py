"""Questions before answers: what is right follows from the measurements, and no code is needed to see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from made_up_readings import flow

from recurra.lesson.guesses import guesses
from recurra.lesson.page import lesson_page


def asked(result: dict[str, Any], word: str) -> dict[str, Any]:
    (found,) = [guess for guess in guesses(result) if word in guess["question"]]  # type: ignore[arg-type]
    return dict(found)


def right(guess: dict[str, Any]) -> list[str]:
    return [said for said, is_right in guess["options"] if is_right]


def test_the_highest_accuracy_wins(result: dict[str, Any]) -> None:
    guess = asked(result, "highest test accuracy")
    assert [said for said, _ in guess["options"]] == [
        "simple-rnn-titles", "simple-rnn-masked", "gru", "lstm", "bilstm", "TF-IDF + linear SVC",
    ]  # fmt: skip
    assert right(guess) == ["TF-IDF + linear SVC"]
    assert guess["answer"] == ["TF-IDF + linear SVC, with 91.80\xa0% (90.47–92.94)."]
    two = {**result, "baseline": None, "models": [dict(one) for one in result["models"][3:]]}
    two["models"][0] |= {"test_accuracy": 0.86, "interval": [0.84, 0.87]}
    two["models"][1] |= {"test_accuracy": 0.85, "interval": [0.83, 0.86]}
    guess = asked(two, "Which network has the highest test accuracy")
    assert right(guess) == ["lstm"]
    assert (
        guess["answer"][1] == "The intervals of bilstm overlap with that: another draw of test rows could reverse it."
    )
    two["models"][1] |= {"test_accuracy": 0.86}
    assert right(asked(two, "highest")) == ["lstm", "bilstm"]


@pytest.mark.parametrize(
    ("shuffled", "expected"),
    [
        (0.90, "less than 1 point"),
        (0.88, "less than 1 point"),
        (0.87, "1 to 5 points"),
        (0.80, "5 to 20 points"),
        (0.5, "more than 20 points"),
    ],
)
def test_what_shuffling_costs(result: dict[str, Any], shuffled: float, expected: str) -> None:
    result["shuffled"][2]["shuffled"]["accuracy"] = shuffled  # of bilstm, 88.5 % in order, the most of the three
    guess = asked(result, "random order")
    assert guess["question"].startswith("The words that bilstm reads of each test text")
    assert right(guess) == [expected]
    lost = "nothing" if shuffled >= 0.885 else f"{88.5 - 100 * shuffled:.2f}\xa0points"
    assert guess["answer"][0] == f"It loses {lost}: 88.50\xa0% in order, {100 * shuffled:.2f}\xa0% shuffled."


def test_masks_and_padding(result: dict[str, Any]) -> None:
    assert right(asked(result, "masked one better")) == ["yes, clearly"]
    assert right(asked(result, "is padding")) == ["more than 40 %"]
    assert asked(result, "is padding")["answer"] == ["41.2\xa0%. In batches of similar length it is 3.1\xa0%."]
    result["masking"]["with_mask"] = result["masking"]["without_mask"]
    assert right(asked(result, "masked one better")) == ["no clear difference"]


def test_the_gradient_that_reaches_furthest_before_training(result: dict[str, Any]) -> None:
    result["gradients"] = [
        flow(f"lesson/{name}", when, fade)
        for name, fade in (("simple-rnn-masked", 0.98), ("gru", 0.5))
        for when in ("before training", "after training")
    ]
    guess = asked(result, "20\xa0steps back")
    assert right(guess) == ["simple-rnn-masked"]
    # 0.98 ** 20 and 0.5 ** 20.
    assert "simple-rnn-masked 66.8\xa0% and gru less than 0.1 %" in guess["answer"][0]
    assert len(guess["answer"]) == 2
    result["gradients"] = result["gradients"][:2]
    assert not [one for one in guesses(result) if "steps back" in one["question"]]  # type: ignore[arg-type]


def test_what_was_not_measured_is_not_asked(result: dict[str, Any], check_page: Callable[[str], Any]) -> None:
    nothing = dict.fromkeys(
        ("masking", "pads", "bucketing", "shuffled", "vocabulary", "reading", "gradients", "baseline")
    )
    one = {**result, **nothing, "models": result["models"][:1]}
    assert guesses(one) == []  # type: ignore[arg-type]
    page = check_page(lesson_page(one))  # type: ignore[arg-type]
    assert not {"guess", "#guess"} & {*page.values("id"), *page.values("href")}


def test_every_choice_is_a_radio_button_with_a_label_and_shows_the_answer(
    result: dict[str, Any], check_page: Callable[[str], Any]
) -> None:
    html = lesson_page(result)  # type: ignore[arg-type]
    page, asked_ = check_page(html), guesses(result)  # type: ignore[arg-type]
    assert len(asked_) == 4
    inputs = [attributes for tag, attributes in page.elements if tag == "input"]
    assert {one["type"] for one in inputs} == {"radio"}
    labels = [attributes["for"] for tag, attributes in page.elements if tag == "label"]
    assert [one["id"] for one in inputs] == labels
    # All choices of a question are one group, which the arrow keys move through; "show it" is one more of each.
    sizes = [sum(one["name"] == f"guess-{number}" for one in inputs) for number in range(1, len(asked_) + 1)]
    assert sizes == [len(guess["options"]) + 1 for guess in asked_]
    assert [tag for tag, _ in page.elements].count("legend") == len(asked_)
    # The rules need the answer behind the choices under one parent, and paper shows all answers.
    assert (
        len(re.findall(r'class="soft">show it without a guess</label>\s*<div class="answer" role="status">', html)) == 4
    )
    assert ".guess input:checked ~ .answer { display: block; }" in html
    assert re.search(r"@media print {\s*\.guess \.answer { display: block; }", html)
    # The questions stand before everything that answers them.
    assert html.index('id="guess"') < min(html.index(f'id="{guess["section"]}"') for guess in asked_)
