"""Limits that a user should know before trusting a model, in sentences derived from its record."""

from __future__ import annotations

from collections.abc import Callable

from recurra.card.facts import Facts, number
from recurra.card.markdown import plain
from recurra.text.labels import shown_value

__all__ = ["always_given", "imbalance", "limits", "never_given"]

# A class of fewer rows is learned from few examples, and its scores depend on a handful of rows.
FEW_ROWS = 50
# With fewer rows held out the accuracy's interval is wider than about ±5 points.
FEW_HELD_OUT = 400
# Ratio of the most frequent class to the rarest above which accuracy says little about the rare ones.
UNEVEN = 5
# Difference of accuracy between training rows and rows held out above which the model overfits.
OVERFIT = 0.05
# Share of unknown words that is unusual; news and reviews usually have 1 to 5 %.
MANY_UNKNOWN = 0.05
# F1 below which a class is reported as poor.
POOR_F1 = 0.6
# Share of the rows held out that get a label, from which on nearly all do.
NEARLY_ALL = 0.9
NAMED = 5


def limits(facts: Facts) -> list[str]:
    """The sentences, the general one last."""
    return [
        *_held_out(facts),
        *_classes(facts),
        *_overfit(facts),
        *_words(facts),
        *_network(facts),
        _always(facts),
    ]


def imbalance(facts: Facts) -> list[str]:
    """A sentence where some classes have many times the rows of others."""
    rows = [one["rows"] for one in facts.classes if "rows" in one]
    if not rows or max(rows) <= UNEVEN * max(1.0, min(rows)):
        return []
    return [
        f"The largest class has {max(rows):,.0f} rows and the smallest {min(rows):,.0f}: look at macro F1 and at each "
        "class, not at the accuracy alone."
    ]


def named(label: object) -> str:
    """A label in a list of a card, in quotes: it may hold spaces and commas."""
    return plain(shown_value(label))


def never_given(facts: Facts, name: Callable[[object], str] = named) -> list[str]:
    """A sentence where classes are never predicted on the rows held out although some of these rows have them.

    Args:
        facts: of the model.
        name: how a label is written.
    """
    labels = facts.bundle.labels.classes
    never = [
        name(label)
        for label, one in zip(labels, facts.classes, strict=False)
        if one.get("given") == 0 and one.get("held_out", 0) > 0
    ]
    if not never:
        return []
    return [f"It never predicts {_several(len(never), 'class', 'classes')} on the rows held out: {_some(never)}."]


def always_given(facts: Facts, name: Callable[[object], str] = named) -> list[str]:
    """A sentence where labels are given to nearly all rows held out although few of these have them.

    A label that the texts do not tell has its highest F1 where all rows get it.

    Args:
        facts: of a model of several labels.
        name: how a label is written.
    """
    rows = facts.held_out or 0
    if not facts.bundle.task.lists or not rows:
        return []
    found = [
        f"{name(label)} to {one['given']:,.0f} of {rows:,} rows, and {one['held_out']:,.0f} have it"
        for label, one in zip(facts.bundle.labels.classes, facts.classes, strict=False)
        if one.get("given", 0) >= NEARLY_ALL * rows and one.get("held_out", rows) < rows / 2
    ]
    if not found:
        return []
    more = f"; {len(found) - NAMED:,} more are alike" if len(found) > NAMED else ""
    return [f"It gives {'; '.join(found[:NAMED])}{more}: the texts hardly tell."]


def _always(facts: Facts) -> str:
    return facts.bundle.task.wording.limit


def _held_out(facts: Facts) -> list[str]:
    if facts.held_out is None:
        return ["The record does not say whether rows were held out: nothing is known about its scores."]
    if not facts.held_out:
        return ["No rows were held out: nothing is known about its scores. Evaluate it on rows that it has not seen."]
    sentences = []
    if facts.held_out < FEW_HELD_OUT:
        sentences.append(f"Only {facts.held_out:,} rows were held out, so the scores are uncertain: see the intervals.")
    if facts.part("training").get("patience"):
        sentences.append(
            "The rows held out also chose the epoch at which training stopped, so their scores are a little too good."
        )
    return sentences


def _classes(facts: Facts) -> list[str]:
    labels = facts.bundle.labels.classes
    rows = {label: one["rows"] for label, one in zip(labels, facts.classes, strict=False) if "rows" in one}
    sentences = []
    few = sorted((count, named(label)) for label, count in rows.items() if count < FEW_ROWS)
    if few:
        sentences.append(
            f"{_several(len(few), 'class has', 'classes have')} fewer than {FEW_ROWS} rows: "
            f"{_some([f'{label} ({count:,.0f})' for count, label in few])}."
        )
    sentences += [*imbalance(facts), *never_given(facts), *always_given(facts)]
    poor = [
        (one["f1"], named(label))
        for label, one in zip(labels, facts.classes, strict=False)
        if one.get("held_out", 0) > 0 and one.get("f1", 1.0) < POOR_F1 and one.get("given") != 0
    ]
    if poor:
        sentences.append(
            f"{_several(len(poor), 'class has', 'classes have')} an F1 below {POOR_F1:g} on the rows held out: "
            f"{_some([f'{label} ({f1:.2f})' for f1, label in sorted(poor)])}."
        )
    unseen = [named(label) for label, one in zip(labels, facts.classes, strict=False) if one.get("held_out") == 0]
    if unseen and facts.held_out:
        sentences.append(f"No row was held out of {_several(len(unseen), 'class', 'classes')}: {_some(unseen)}.")
    return sentences


def _overfit(facts: Facts) -> list[str]:
    learned, held = number(facts.record.get("training_accuracy")), facts.score("accuracy")
    if learned is None or held is None or learned - held <= OVERFIT:
        return []
    return [
        f"At the end it was right on {learned:.1%} of the rows it learned from, and on {held:.1%} of those held "
        "out: it knows part of the training rows by heart."
    ]


def _words(facts: Facts) -> list[str]:
    text, share = facts.bundle.text, facts.record.get("unknown_tokens")
    sentences = []
    if isinstance(share, float) and share > MANY_UNKNOWN:
        branch = facts.bundle.branch
        alike = (
            "its recurrent network; its linear branch knows them by their letters"
            if branch and branch.subwords
            else "it"
        )
        sentences.append(
            f"{share:.1%} of the tokens of the rows held out are not in its vocabulary: all of these look alike to "
            f"{alike}."
        )
    if text.field == "title":
        cut = f"the first {text.first_words} words of a text without one" if text.first_words else "a text as a title"
        sentences.append(f"It reads the title alone, or {cut}.")
    if (most := facts.bundle.whole_pipeline.settings.max_tokens) is not None:
        network = "" if most == text.max_tokens else f", its recurrent network the first {text.max_tokens:,}"
        sentences.append(f"It reads the first {most:,} tokens of a text{network}: what comes later changes no answer.")
    if text.tokens == "lesson":
        sentences.append("Its words are split at ASCII white space: it is of little use for Chinese, Japanese or Thai.")
    return sentences


def _network(facts: Facts) -> list[str]:
    sentences = []
    if not facts.bundle.network.masked:
        sentences.append(
            f"It reads pads as words: a text of fewer than {facts.bundle.pad_to} tokens is answered as if it ended in "
            "pads."
        )
    if facts.bundle.weights != "float32":
        training = facts.bundle.record.get("training")
        written = isinstance(training, dict) and training.get("weights", "float32") != "float32"
        scored = "as they were when it was scored" if written else "the scores are those from before rounding"
        sentences.append(f"Its weights are rounded to 8 bits{', ' if written else '; '}{scored}.")
    return sentences


def _several(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED:,} more"
