"""Accuracy of the lesson's networks in sentences: against each other, guessing, the baseline and published scores."""

from __future__ import annotations

from collections.abc import Sequence

from recurra.cells import cell_named
from recurra.lesson.result import BaselineResult, LessonResult, ModelResult
from recurra.report.class_sentences import majority_share
from recurra.report.formatting import (
    amount,
    compare,
    count,
    group_verdicts,
    listing,
    percent,
    place,
    plural,
    points,
    short_name,
    with_interval,
)

__all__ = ["accuracy_sentences", "element_wise_sentences"]


def accuracy_sentences(result: LessonResult) -> list[str]:
    """The best network, and all compared with guessing, the baseline and published scores."""
    models = result["models"]
    sentences = [_best(models)]
    other = [model for model in models if model["train_phrase"] != result["train_phrase"]]
    if other:
        named = listing([f"{short_name(model['preset'])} ({model['train_phrase']})" for model in other])
        sentences.append(f"Networks that learned from other rows: {named}.")
    shares = [majority_share(model["evaluation"]) for model in models]
    guessing = [
        (short_name(model["preset"]), place(share, model["interval"]))
        for model, share in zip(models, shares, strict=True)
    ]
    phrases = {"below": "{} clearly above that", "inside": "{} not clearly different", "above": "{} clearly below that"}
    said = group_verdicts(guessing, phrases, everyone="every network")
    # Networks that read titles may be tested on fewer rows than the others.
    guess = percent(min(shares)) if min(shares) == max(shares) else f"{percent(min(shares))} to {percent(max(shares))}"
    sentences.append(f"Always naming the most frequent class would score {guess}: {said}.")
    if result["baseline"] is not None:
        sentences += _baseline(models, result["baseline"])
    sentences.append(_gap(models))
    sentences += _published(
        "The lesson's own figure (all 120,000 rows, one epoch)", [(model, model["lesson_accuracy"]) for model in models]
    )
    sentences += _published(
        "Keras's figure (58,337 rows, of titles 40,899, one epoch)",
        [(model, model["keras_accuracy"]) for model in models],
    )
    by_speed = sorted(models, key=lambda model: -model["docs_per_second"])
    first, last = by_speed[0], by_speed[-1]
    if first["docs_per_second"] > last["docs_per_second"]:
        sentences.append(
            f"Quickest to train was {short_name(first['preset'])} with {count(first['docs_per_second'])} documents "
            f"a second, slowest {short_name(last['preset'])} with {count(last['docs_per_second'])}."
        )
    sentences += element_wise_sentences(models)
    return sentences


def element_wise_sentences(models: Sequence[ModelResult]) -> list[str]:
    """What sets a network without a product from state to state apart, and how it does beside the LSTM."""
    beside = next((model for model in models if model["preset"] == "lesson/lstm"), None)
    sentences = []
    for model in models:
        cell, name = cell_named(model["cell"]), short_name(model["preset"])
        if cell.recurrent_weights:
            continue
        sentences.append(
            f"{name} ({cell.title}, here without its linear branch) carries its state by element-wise steps alone: its "
            "gate looks at the word and not at the state, so each unit keeps a share of what it holds, and no unit "
            "sees another before the output."
        )
        if beside is not None:
            sentences.append(
                f"It scores {percent(model['test_accuracy'])} where lstm scores {percent(beside['test_accuracy'])}, "
                f"and learns {count(model['docs_per_second'])} documents a second where lstm learns "
                f"{count(beside['docs_per_second'])}."
            )
    return sentences


def _best(models: Sequence[ModelResult]) -> str:
    highest = max(model["test_accuracy"] for model in models)
    top = [model for model in models if model["test_accuracy"] == highest]
    rest = [model for model in models if model["test_accuracy"] < highest]
    score = with_interval(highest, top[0]["interval"])
    tested = f"on {plural(top[0]['evaluation']['rows'], 'test row')}, after learning from {top[0]['train_phrase']}"
    names = listing([short_name(model["preset"]) for model in top])
    if len(top) > 1:
        return f"{names} share the highest accuracy, {percent(highest)}."
    if not rest:
        return f"{names} scores {score} {tested}."
    verdicts = [(short_name(model["preset"]), compare(top[0]["interval"], model["interval"])) for model in rest]
    phrases = {"higher": "clearly higher than {}", "unclear": "no clear difference from {}"}
    return f"{names} has the highest accuracy, {score} {tested}: {group_verdicts(verdicts, phrases)}."


def _baseline(models: Sequence[ModelResult], baseline: BaselineResult) -> list[str]:
    verdicts = [(short_name(model["preset"]), compare(baseline["interval"], model["interval"])) for model in models]
    phrases = {
        "higher": "clearly higher than {}",
        "lower": "clearly lower than {}",
        "unclear": "no clear difference from {}",
    }
    speeds = [
        (short_name(model["preset"]), "quicker" if baseline["seconds"] < model["seconds"] else "slower")
        for model in models
        if baseline["seconds"] != model["seconds"]
    ]
    # "Every network" would be wrong where one took exactly as long.
    everyone = "every network" if len(speeds) == len(models) else ""
    quicker = group_verdicts(speeds, {"quicker": "less than {}", "slower": "more than {}"}, everyone=everyone)
    return [
        f"{baseline['name']}, learned from {baseline['train_phrase']}, scores "
        f"{with_interval(baseline['test_accuracy'], baseline['interval'])}: "
        f"{group_verdicts(verdicts, phrases, everyone='every network')}.",
        f"The linear model took {amount(baseline['seconds'], 's')} to train{': ' if quicker else ''}{quicker}.",
    ]


def _published(whose: str, figures: Sequence[tuple[ModelResult, float | None]]) -> list[str]:
    places = [
        (short_name(model["preset"]), place(figure, model["interval"]))
        for model, figure in figures
        if figure is not None
    ]
    phrases = {place: f"{place} our interval for {{}}" for place in ("inside", "above", "below")}
    return [f"{whose} lies {group_verdicts(places, phrases)}."] if places else []


def _gap(models: Sequence[ModelResult]) -> str:
    verdicts = [(short_name(model["preset"]), place(model["train_accuracy"], model["interval"])) for model in models]
    phrases = {place: f"{place} the test interval for {{}}" for place in ("above", "inside", "below")}
    said = group_verdicts(verdicts, phrases, everyone="every network")
    largest = max(models, key=lambda model: model["train_accuracy"] - model["test_accuracy"])
    gap = largest["train_accuracy"] - largest["test_accuracy"]
    closing = (
        f"the largest gap is {points(gap)} ({short_name(largest['preset'])})"
        if gap > 0
        else "none is better on its own rows"
    )
    return f"Accuracy on the rows that were learned from lies {said}; {closing}."
