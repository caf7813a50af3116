"""Sentences on the baselines of a training, for the card and for the command."""

from __future__ import annotations

import math

from recurra.card.facts import Facts, number
from recurra.card.markdown import plain

__all__ = ["baseline_sentences"]


def baseline_sentences(facts: Facts) -> list[str]:
    """What simpler models reach on the rows held out, and whether the linear one wins; empty if nothing is known."""
    found, each = facts.part("baselines"), facts.bundle.task.wording.each
    majority, linear = number(found.get("majority")), number(found.get("linear"))
    score = next((one for one in facts.bundle.task.scores if one.key == found.get("score")), None)
    if score is None or majority is None:
        return []
    sentences = [f"Baselines on the same rows: {score.printed_name} {majority:.4f} by the most frequent {each}"]
    if linear is not None:
        sentences[0] += f", {linear:.4f} by LinearSVC on TF-IDF of {plain(found.get('features'))}"
    sentences[0] += "."
    own = facts.score(score.key)
    if linear is not None and own is not None and linear > own:
        sentences.append(f"The linear model wins on these rows: {linear:.4f}, and this model has {own:.4f}.")
        if facts.held_out and linear - own < (chance := _by_chance(linear, own, facts.held_out)):
            sentences.append(f"On {facts.held_out:,} rows, up to {100 * chance:.0f} points may be chance.")
    return sentences


def _by_chance(one: float, other: float, rows: int) -> float:
    """The difference of two shares of independent rows that chance alone exceeds one time in twenty."""
    return 1.96 * math.sqrt((one * (1 - one) + other * (1 - other)) / rows)
