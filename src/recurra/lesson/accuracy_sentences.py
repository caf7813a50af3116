"""Accuracy of the lesson's networks in sentences: against each other, guessing, the baseline and published scores."""

from __future__ import annotations

import math
import re
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
from recurra.report.translation import translate, translate_result

__all__ = ["accuracy_sentences", "element_wise_sentences", "reads_less_sentences"]


def accuracy_sentences(result: LessonResult) -> list[str]:
    """The best network, and all compared with guessing, the baseline and published scores."""
    models = result["models"]
    sentences = [_best(models)]
    other = [model for model in models if model["train_phrase"] != result["train_phrase"]]
    if other:
        named = listing(
            [translate("{name} ({rows})", name=short_name(one["preset"]), rows=one["train_phrase"]) for one in other]
        )
        sentences.append(translate("Networks that learned from other rows: {names}.", names=named))
    shares = [majority_share(model["evaluation"]) for model in models]
    guessing = [
        (short_name(model["preset"]), place(share, model["interval"]))
        for model, share in zip(models, shares, strict=True)
    ]
    phrases = {
        "below": translate("{} clearly above that"),
        "inside": translate("{} not clearly different"),
        "above": translate("{} clearly below that"),
    }
    said = group_verdicts(guessing, phrases, everyone=translate("every network"))
    # Networks that read titles may be tested on fewer rows than the others.
    guess = percent(min(shares))
    if min(shares) != max(shares):
        guess = translate("{low} to {high}", low=guess, high=percent(max(shares)))
    sentences.append(
        translate("Always naming the most frequent class would score {guess}: {verdicts}.", guess=guess, verdicts=said)
    )
    if result["baseline"] is not None:
        sentences += _baseline(models, result["baseline"])
    sentences += reads_less_sentences(models)
    sentences.append(_gap(models))
    sentences += _published(
        translate("The lesson's own figure (all 120,000 rows, one epoch)"),
        [(model, model["lesson_accuracy"]) for model in models],
    )
    sentences += _published(
        translate("Keras's figure (58,337 rows, of titles 40,899, one epoch)"),
        [(model, model["keras_accuracy"]) for model in models],
    )
    by_speed = sorted(models, key=lambda model: -model["docs_per_second"])
    first, last = by_speed[0], by_speed[-1]
    if first["docs_per_second"] > last["docs_per_second"]:
        sentences.append(
            translate(
                "Quickest to train was {first} with {most} documents a second, slowest {last} with {fewest}.",
                first=short_name(first["preset"]),
                most=count(first["docs_per_second"]),
                last=short_name(last["preset"]),
                fewest=count(last["docs_per_second"]),
            )
        )
    sentences += element_wise_sentences(models)
    return sentences


def reads_less_sentences(models: Sequence[ModelResult]) -> list[str]:
    """Networks that read less than another and score clearly higher, with what else differs."""
    sentences = []
    for less in models:
        beaten = [
            more
            for more in models
            if _words(less) < _words(more) and compare(less["interval"], more["interval"]) == "higher"
        ]
        for more in beaten:
            values = {
                "less": short_name(less["preset"]),
                "score": percent(less["test_accuracy"]),
                "more": short_name(more["preset"]),
                "other_score": percent(more["test_accuracy"]),
                "reads": less["reads"],
                "other_reads": more["reads"],
            }
            said = translate(
                "{less} reads less than {more} ({reads}, not {other_reads}) and scores clearly higher: {score} against "
                "{other_score}.",
                **values,
            )
            if less["masked"] != more["masked"]:
                masked, other = (less, more) if less["masked"] else (more, less)
                mask = translate(
                    "They differ in the mask, too: {masked} leaves pads out, {other} reads them.",
                    masked=short_name(masked["preset"]),
                    other=short_name(other["preset"]),
                )
                said = translate(" ").join([said, mask])
            sentences.append(said)
    return sentences


def _words(model: ModelResult) -> float:
    """The most words that a network reads of a text; titles are the shortest."""
    # The result is in English, or in the language of the page once it was translated.
    if model["reads"] in ("titles", translate_result("titles")):
        return 0
    found = re.search(r"\d+", model["reads"])
    return int(found[0]) if found else math.inf


def element_wise_sentences(models: Sequence[ModelResult]) -> list[str]:
    """What sets a network without a product from state to state apart, and how it does beside the LSTM."""
    beside = next((model for model in models if model["preset"] == "lesson/lstm"), None)
    sentences = []
    for model in models:
        cell, name = cell_named(model["cell"]), short_name(model["preset"])
        if cell.recurrent_weights:
            continue
        sentences.append(
            translate(
                "{name} ({cell}, here without its linear branch) carries its state by element-wise steps alone: its "
                "gate looks at the word and not at the state, so each unit keeps a share of what it holds, and no unit "
                "sees another before the output.",
                name=name,
                cell=cell.title,
            )
        )
        if beside is not None:
            sentences.append(
                translate(
                    "It scores {score} where lstm scores {other_score}, and learns {speed} documents a second where "
                    "lstm learns {other_speed}.",
                    score=percent(model["test_accuracy"]),
                    other_score=percent(beside["test_accuracy"]),
                    speed=count(model["docs_per_second"]),
                    other_speed=count(beside["docs_per_second"]),
                )
            )
    return sentences


def _best(models: Sequence[ModelResult]) -> str:
    highest = max(model["test_accuracy"] for model in models)
    top = [model for model in models if model["test_accuracy"] == highest]
    rest = [model for model in models if model["test_accuracy"] < highest]
    score = with_interval(highest, top[0]["interval"])
    tested = {"rows": plural(top[0]["evaluation"]["rows"], "test row"), "learned": top[0]["train_phrase"]}
    names = listing([short_name(model["preset"]) for model in top])
    if len(top) > 1:
        return translate("{names} share the highest accuracy, {score}.", names=names, score=percent(highest))
    if not rest:
        return translate(
            "{name} scores {score} on {rows}, after learning from {learned}.", name=names, score=score, **tested
        )
    verdicts = [(short_name(model["preset"]), compare(top[0]["interval"], model["interval"])) for model in rest]
    return translate(
        "{name} has the highest accuracy, {score} on {rows}, after learning from {learned}: {verdicts}.",
        name=names,
        score=score,
        verdicts=group_verdicts(verdicts, _against()),
        **tested,
    )


def _against() -> dict[str, str]:
    return {
        "higher": translate("clearly higher than {}"),
        "lower": translate("clearly lower than {}"),
        "unclear": translate("no clear difference from {}"),
    }


def _baseline(models: Sequence[ModelResult], baseline: BaselineResult) -> list[str]:
    verdicts = [(short_name(model["preset"]), compare(baseline["interval"], model["interval"])) for model in models]
    speeds = [
        (short_name(model["preset"]), "quicker" if baseline["seconds"] < model["seconds"] else "slower")
        for model in models
        if baseline["seconds"] != model["seconds"]
    ]
    # "Every network" would be wrong where one took exactly as long.
    everyone = translate("every network") if len(speeds) == len(models) else ""
    phrases = {"quicker": translate("less than {}"), "slower": translate("more than {}")}
    quicker, seconds = group_verdicts(speeds, phrases, everyone=everyone), amount(baseline["seconds"], "s")
    return [
        translate(
            "{name}, learned from {learned}, scores {score}: {verdicts}.",
            name=baseline["name"],
            learned=baseline["train_phrase"],
            score=with_interval(baseline["test_accuracy"], baseline["interval"]),
            verdicts=group_verdicts(verdicts, _against(), everyone=translate("every network")),
        ),
        translate("The linear model took {seconds} to train: {verdicts}.", seconds=seconds, verdicts=quicker)
        if quicker
        else translate("The linear model took {seconds} to train.", seconds=seconds),
    ]


def _published(whose: str, figures: Sequence[tuple[ModelResult, float | None]]) -> list[str]:
    places = [
        (short_name(model["preset"]), place(figure, model["interval"]))
        for model, figure in figures
        if figure is not None
    ]
    phrases = {
        "inside": translate("inside our interval for {}"),
        "above": translate("above our interval for {}"),
        "below": translate("below our interval for {}"),
    }
    said = group_verdicts(places, phrases)
    return [translate("{whose} lies {verdicts}.", whose=whose, verdicts=said)] if places else []


def _gap(models: Sequence[ModelResult]) -> str:
    verdicts = [(short_name(model["preset"]), place(model["train_accuracy"], model["interval"])) for model in models]
    phrases = {
        "above": translate("above the test interval for {}"),
        "inside": translate("inside the test interval for {}"),
        "below": translate("below the test interval for {}"),
    }
    said = group_verdicts(verdicts, phrases, everyone=translate("every network"))
    largest = max(models, key=lambda model: model["train_accuracy"] - model["test_accuracy"])
    gap = largest["train_accuracy"] - largest["test_accuracy"]
    if gap <= 0:
        return translate(
            "Accuracy on the rows that were learned from lies {verdicts}; none is better on its own rows.",
            verdicts=said,
        )
    return translate(
        "Accuracy on the rows that were learned from lies {verdicts}; the largest gap is {gap} ({name}).",
        verdicts=said,
        gap=points(gap),
        name=short_name(largest["preset"]),
    )
