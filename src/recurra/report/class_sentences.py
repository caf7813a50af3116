"""Sentences about the scores of classes, the confusion matrix and the calibration of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recurra.evaluation import EvaluationJson
from recurra.evaluation.confusions import Confusion, top_confusions
from recurra.report.formatting import listing, percent, plural, with_interval
from recurra.report.translation import translate, translate_plural

__all__ = [
    "calibration_sentence",
    "class_sentences",
    "f1_sentences",
    "majority_share",
    "mix_ups",
    "unknown_sentences",
]

# Most classes that a sentence names.
NAMED = 4


def mix_ups(evaluation: EvaluationJson, top: int = 12) -> list[Confusion]:
    """The most frequent confusions; see :func:`recurra.evaluation.confusions.top_confusions`."""
    return top_confusions(evaluation["confusion"], [score["label"] for score in evaluation["classes"]], top)


def class_sentences(evaluation: EvaluationJson) -> list[str]:
    """The classes with the highest and the lowest F1, and the most frequent confusion."""
    unknown = evaluation["unknown_labels"]
    sentences = [*f1_sentences(evaluation["classes"]), *unknown_sentences(unknown)]
    found = mix_ups(evaluation)
    if not found:
        sentences.append(
            translate("No other row was classified wrongly.")
            if unknown
            else translate("No row was classified wrongly.")
        )
        return sentences
    most = [mix_up for mix_up in found if mix_up["rows"] == found[0]["rows"]]
    opening = (
        translate("The most frequent mix-up")
        if len(most) == 1
        else translate("One of {count} equally frequent mix-ups", count=len(most))
    )
    sentences.append(
        translate(
            "{opening}: {rows} of {label} ({share} of them) called {predicted}.",
            opening=opening,
            rows=plural(most[0]["rows"], "row"),
            label=most[0]["label"],
            share=percent(most[0]["share"], 1),
            predicted=most[0]["predicted"],
        )
    )
    return sentences


def f1_sentences(scores: Sequence[Mapping[str, Any]]) -> list[str]:
    """The classes or labels with the highest and the lowest F1, of those that occur; empty if all are equal."""
    tested = sorted((score for score in scores if score["support"]), key=lambda score: -score["f1"])
    if not tested or tested[0]["f1"] == tested[-1]["f1"]:
        return []
    best, worst = (_tied(tested, score["f1"]) for score in (tested[0], tested[-1]))
    return [translate("The highest F1 is that of {best}, the lowest that of {worst}.", best=best, worst=worst)]


def _tied(tested: Sequence[Mapping[str, Any]], f1: float) -> str:
    """All classes with this F1, as it is shown: ``ship and grain (0.000)``."""
    shown = f"{f1:.3f}"
    labels = [str(score["label"]) for score in tested if f"{score['f1']:.3f}" == shown]
    names = listing(labels) if len(labels) <= NAMED else translate("{count} classes", count=len(labels))
    return translate("{label} ({score})", label=names, score=shown)


def unknown_sentences(rows: int) -> list[str]:
    """How rows with labels that the model does not know are counted, if there are any."""
    said = translate_plural(
        "{rows} has a label that training never saw: counted as wrong; the log loss is that of known labels.",
        "{rows} have a label that training never saw: counted as wrong; the log loss is that of known labels.",
        rows,
        rows=plural(rows, "row"),
    )
    return [said] if rows else []


def calibration_sentence(evaluation: EvaluationJson) -> str:
    """Whether the model is over- or underconfident, over all rows."""
    promised = sum(part["rows"] * (part["confidence"] or 0) for part in evaluation["reliability"]) / evaluation["rows"]
    low, high = evaluation["intervals"]["accuracy"]
    closing = (
        translate("the model is surer than it is right")
        if promised > high
        else translate("the model is less sure than it is right")
        if promised < low
        else translate("the two agree within the interval")
    )
    return translate(
        "The mean top probability is {promised} and the accuracy {right}: {verdict}.",
        promised=percent(promised),
        right=with_interval(evaluation["accuracy"], (low, high)),
        verdict=closing,
    )


def majority_share(evaluation: EvaluationJson) -> float:
    """The accuracy of always predicting the most frequent class of the tested rows."""
    return max(score["support"] for score in evaluation["classes"]) / evaluation["rows"]
