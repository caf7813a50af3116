"""Questions that a reader answers before the page does: what was measured is the right answer."""

from __future__ import annotations

from typing import TypedDict

from recurra.lesson.experiment_sentences import masking_sentences, shuffled_sentences
from recurra.lesson.gradient_sentences import FAR, left
from recurra.lesson.result import LessonResult
from recurra.report.formatting import compare, listing, percent, plural, points, short_name, with_interval
from recurra.report.translation import fill, translate

__all__ = ["Guess", "guesses"]


class Guess(TypedDict):
    """A question."""

    question: str
    options: list[tuple[str, bool]]
    """What can be chosen, and whether it is right."""
    answer: list[str]
    """Sentences with the numbers."""
    section: str
    """Where the page has more."""


def guesses(result: LessonResult) -> list[Guess]:
    """The questions that this run can answer, in the order of the page."""
    found = (_winner(result), _mask(result), _padding(result), _shuffled(result), _gradient(result))
    return [guess for guess in found if guess is not None]


def _winner(result: LessonResult) -> Guess | None:
    scores = {short_name(one["preset"]): (one["test_accuracy"], one["interval"]) for one in result["models"]}
    if result["baseline"] is not None:
        scores[result["baseline"]["name"]] = (result["baseline"]["test_accuracy"], result["baseline"]["interval"])
    if len(scores) < 2:
        return None
    highest = max(accuracy for accuracy, _ in scores.values())
    top = [name for name, (accuracy, _) in scores.items() if accuracy == highest]
    interval = scores[top[0]][1]
    close = [name for name, one in scores.items() if name not in top and compare(interval, one[1]) != "higher"]
    answer = [translate("{names}, with {score}.", names=listing(top), score=with_interval(highest, interval))]
    if close:
        answer.append(
            translate(
                "The intervals of {names} overlap with that: another draw of test rows could reverse it.",
                names=listing(close),
            )
        )
    return {
        "question": translate(
            "Which has the highest test accuracy? One is no network: the linear model counts words and pairs of words."
        )
        if result["baseline"] is not None
        else translate("Which network has the highest test accuracy?"),
        "options": [(name, name in top) for name in scores],
        "answer": answer,
        "section": "models",
    }


def _mask(result: LessonResult) -> Guess | None:
    masking = result["masking"]
    if masking is None:
        return None
    verdict = compare(masking["with_mask"]["interval"], masking["without_mask"]["interval"])
    options = {
        "higher": translate("yes, clearly"),
        "unclear": translate("no clear difference"),
        "lower": translate("no, it is clearly worse"),
    }
    return {
        "question": translate(
            "A SimpleRNN learns from the same texts twice: reading pads as words, and with a mask. Is the masked one "
            "better?"
        ),
        "options": [(said, key == verdict) for key, said in options.items()],
        "answer": masking_sentences(masking)[:1],
        "section": "padding",
    }


def _padding(result: LessonResult) -> Guess | None:
    bucketing = result["bucketing"]
    if bucketing is None:
        return None
    without, bucketed = (bucketing[key]["padding_share"] for key in ("without_bucketing", "with_bucketing"))
    bounds = (
        (0.05, translate("less than {share}", share="5 %")),
        (0.2, translate("{low} to {high}", low=5, high="20 %")),
        (0.4, translate("{low} to {high}", low=20, high="40 %")),
    )
    return {
        "question": translate(
            "Texts are drawn at random into batches of {size}. Which share of all positions is padding?",
            size=bucketing["batch_size"],
        ),
        "options": _in_bounds(without, bounds, translate("more than {share}", share="40 %")),
        "answer": [
            translate(
                "{share}. In batches of similar length it is {similar}.",
                share=percent(without, 1),
                similar=percent(bucketed, 1),
            )
        ],
        "section": "bucketing",
    }


def _shuffled(result: LessonResult) -> Guess | None:
    if not result["shuffled"]:
        return None
    # Of the networks that are in the run, the one that reads best: it has the most to lose.
    one = max(result["shuffled"], key=lambda entry: entry["in_order"]["accuracy"])
    lost = one["in_order"]["accuracy"] - one["shuffled"]["accuracy"]
    bounds = (
        (0.01, translate("less than 1 point")),
        (0.05, translate("1 to 5 points")),
        (0.2, translate("5 to 20 points")),
    )
    return {
        "question": translate(
            "The words that {name} reads of each test text are put in random order. How much accuracy does it lose?",
            name=one["name"],
        ),
        "options": _in_bounds(lost, bounds, translate("more than 20 points")),
        "answer": [
            fill(
                translate("It loses {points}: {in_order} in order, {shuffled} shuffled.")
                if lost > 0
                else translate("It loses nothing: {in_order} in order, {shuffled} shuffled."),
                points=points(lost),
                in_order=percent(one["in_order"]["accuracy"]),
                shuffled=percent(one["shuffled"]["accuracy"]),
            ),
            *shuffled_sentences([one])[1:],
        ],
        "section": "order",
    }


def _gradient(result: LessonResult) -> Guess | None:
    # Networks that read the same texts and no pads behind them.
    kept = {
        short_name(flow["name"]): left(flow)
        for flow in result["gradients"] or ()
        if flow["when"] == "before training" and flow["pads"] is None and len(flow["norm"]) > FAR
    }
    if len(kept) < 2:
        return None
    most = max(kept.values())
    cells = {short_name(one["preset"]): one["cell"] for one in result["models"]}
    plain = [name for name, share in kept.items() if share == most and cells.get(name) == "simple_rnn"]
    small = translate("less than {share}", share="0.1 %")
    shares = [f"{name} {percent(share, 1) if share >= 0.001 else small}" for name, share in kept.items()]
    return {
        "question": translate(
            "Before training, in which network does the largest share of the gradient reach {steps} back?",
            steps=plural(FAR, "step"),
        ),
        "options": [(name, share == most) for name, share in kept.items()],
        "answer": [
            translate(
                "Left of the gradient’s norm, of an LSTM’s by its cell state c: {shares}.", shares=listing(shares)
            ),
            *([translate("Gates start partly open: untrained, they keep only a part at each step.")] if plain else []),
        ],
        "section": "gradients",
    }


def _in_bounds(value: float, bounds: tuple[tuple[float, str], ...], above: str) -> list[tuple[str, bool]]:
    right = next((said for bound, said in bounds if value < bound), above)
    return [(said, said == right) for said in (*(said for _, said in bounds), above)]
