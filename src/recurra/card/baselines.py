"""Sentences on the baselines of a training, for the card and for the command."""

from __future__ import annotations

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
    sentence = f"On the same rows, always giving the most frequent {each} has {score.printed_name} {majority:.4f}"
    if linear is None:
        return [sentence + "."]
    sentences = [f"{sentence}, and a linear model (TF-IDF of {plain(found.get('features'))}, LinearSVC) {linear:.4f}."]
    own = facts.score(score.key)
    if own is not None and linear > own:
        sentences.append(f"The linear model wins on these rows: {linear:.4f}, and the network has {own:.4f}.")
    return sentences
