"""Sentences about a reading, an attribution and gradient norms, computed from the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recurra.data.documents import Label
from recurra.inspection.gradient_flow import FlowJson
from recurra.inspection.pads_read import BOUND
from recurra.inspection.read import ReadingJson
from recurra.report.formatting import SPACE, listing, percent, plural, short_name

__all__ = [
    "BRANCH_FLOW", "attribution_sentences", "branch_sentences", "flow_sentences", "heading", "pads_sentences",
    "reading_sentences",    "stable_from",
]  # fmt: skip

# Most words that a sentence names.
NAMED = 3
# The distance in steps at which networks are compared.
FAR = 20
BRANCH_FLOW = "this is the recurrent network alone; the linear branch is not recurrent and no gradient runs back in it."


def stable_from(reading: ReadingJson) -> int:
    """The number of words after which the answer no longer changes; 0 if it is the same before any word."""
    answers = np.array([reading["start"], *reading["probabilities"]]).argmax(axis=1)
    other = np.flatnonzero(answers != answers[-1])
    return int(other[-1]) + 1 if len(other) else 0


def heading(reading: ReadingJson) -> dict[str, Any]:
    """The ``words`` of a heading and the ``labels`` after them: the answer, or the labels given."""
    if "given" not in reading:
        return {"words": "The answer is", "labels": [reading["label"]]}
    words = ("No label is given", "The label given is")
    return {"words": (*words, "The labels given are")[min(len(reading["given"]), 2)], "labels": reading["given"]}


def reading_sentences(reading: ReadingJson) -> list[str]:
    """Since which word the answer is the same, which words speak for and against it, and how many are unknown."""
    tokens = reading["tokens"]
    if not tokens:
        found = heading(reading)
        said = " ".join([found["words"], listing([str(label) for label in found["labels"]])]).strip()
        return [f"There is no word to read; without any, {said[0].lower()}{said[1:]}."]
    words, stable, answer = [token["text"] for token in tokens], stable_from(reading), reading["label"]
    probability = percent(reading["probabilities"][-1][reading["labels"].index(answer)], 1)
    sentences = _given(reading) if "given" in reading else [f"The answer is {answer}, with {probability}."]
    what = "label" if "given" in reading else "class"
    if stable:
        sentences.append(
            f"{answer} has been the most probable {what} since word {stable} of {len(words)}, “{words[stable - 1]}”; "
            "before, another was."
        )
    else:
        sentences.append(f"{answer} was the most probable {what} before any word, and no word changed that.")
    evidence = np.array(reading["evidence"])[:, reading["labels"].index(answer)]
    sentences.append(_most(evidence, words, f"for {answer}", "evidence"))
    unknown = [t for t, token in enumerate(tokens) if not token["known"]]
    if unknown:
        letters = "branch" in reading and any(reading["branch"]["subwords"][t] for t in unknown)
        sentences.append(
            f"{plural(len(unknown), 'word')} of {len(words)} {'is' if len(unknown) == 1 else 'are'} not in the "
            "vocabulary: the network reads the same unknown token for each"
            f"{', and the linear branch their letters' if letters else ''}."
        )
    sentences += [*pads_sentences(reading), *branch_sentences(reading)]
    if not reading["exact"]:
        sentences.append(
            "The network reads in both directions and has no answer before the end: each beginning of the text was "
            "read as a separate text, and a word's evidence is the mean of what it adds to the words before and to "
            "those after."
        )
    return sentences


def pads_sentences(reading: ReadingJson) -> list[str]:
    """That the answer does not depend on the words, where pads are read after them and it does not."""
    pads = reading.get("pads")
    if pads is None or pads["words_matter"]:
        return []
    words, follow = plural(len(reading["tokens"]), "word"), "follows" if pads["count"] == 1 else "follow"
    measure = "largest difference of a probability" if "given" in reading else "total variation distance"
    return [
        f"{plural(pads['count'], 'pad')} {follow} the {words}, and the answer does "
        f"not depend on the words: after each of them it is that for pads alone to within {pads['distance']:.2g} "
        f"({measure}; below {BOUND:g} answers count as the same)."
    ]


def _given(reading: ReadingJson) -> list[str]:
    """The labels that reach their thresholds, and the one that is explained."""
    last = reading["probabilities"][-1]

    def said(label: Label) -> str:
        place = reading["labels"].index(label)
        return f"{label} with {percent(last[place], 1)} (threshold {percent(reading['thresholds'][place], 1)})"

    given = listing([said(label) for label in reading["given"]])
    first = f"Given: {given}." if given else "No label reaches its threshold."
    return [first, f"Explained is the most probable label, {said(reading['label'])}."]


def branch_sentences(reading: ReadingJson) -> list[str]:
    """How much of the evidence comes from the linear branch, and by which phrases; none without branch or words."""
    found, words = reading.get("branch"), reading["tokens"]
    if found is None or not words:
        return []
    letters = sum(found["subwords"])
    parts = f" (n-grams {found['score'] - letters:+.2f}, letters of words {letters:+.2f})" if letters else ""
    side = "for and against" if found["score"] * found["network"] < 0 else "against" if found["score"] < 0 else "for"
    return [
        f"{percent(found['share'], 0)} of the evidence {side} {reading['label']} comes from the linear branch, which "
        f"is not recurrent: it adds {found['score']:+.2f} to the score{parts}, and the recurrent network adds "
        f"{found['network']:+.2f}.",
        _most(
            [one["share"] for one in found["phrases"]],
            [f"“{one['text']}”" for one in found["phrases"]],
            f"for {reading['label']}",
            "phrases of the branch",
            what="phrase",
        ),
    ]


def attribution_sentences(reading: ReadingJson) -> list[str]:
    """The completeness error of the attribution, and the words with the largest values."""
    found, words = reading["attribution"], [token["text"] for token in reading["tokens"]]
    if not words:
        return []
    gap = found["score"] - found["baseline_score"]
    return [
        f"From the baseline to the text, the score of {found['target']} changes by {gap:+.3f}; the words' values add "
        f"up to that with an error of {_share(found['completeness_error'])} ({plural(found['steps'], 'gradient')}"
        f"{'; the share of the linear branch is exact' if 'branch' in found else ''}).",
        _most(np.array(found["integrated_gradients"]), words, f"for {found['target']}", "integrated gradients"),
        _most(np.array(found["occlusion"]), words, f"for {found['target']}", "occlusion"),
    ]


def flow_sentences(flows: Sequence[FlowJson]) -> list[str]:
    """For each network where half of the gradient's norm is left, and the share left far from the end."""
    sentences = []
    for flow in flows:
        if flow["when"] == "before training":
            continue
        before = next((one for one in flows if one["name"] == flow["name"] and one["when"] == "before training"), None)
        sentence = f"{short_name(flow['name'])}: after training {_reach(flow)}"
        if before is not None:
            sentence += f"; before training {_reach(before)}"
        if flow["cell_norm"] is not None:
            left = _share(flow["cell_norm"][min(FAR, len(flow["cell_norm"]) - 1)])
            sentence += f"; by the cell state c, where an LSTM's memory lies, {left} is left there after training"
        sentences.append(sentence + ".")
    branched = list(dict.fromkeys(short_name(flow["name"]) for flow in flows if "branch" in flow))
    if branched:
        sentences.append(f"{listing(branched)}: {BRANCH_FLOW}")
    return sentences


def _reach(flow: FlowJson) -> str:
    half, last = flow["half_distance"], min(FAR, len(flow["norm"]) - 1)
    left = f"{_share(flow['norm'][last])} is left {plural(last, 'step')} before the end"
    if half is None:
        return f"the gradient's norm does not stay under a half as far as was measured, and {left}"
    return f"a half of the gradient's norm is gone {half:.1f} steps before the end, and {left}"


def _share(share: float) -> str:
    if share < 1e-5:
        return f"less than 0.001{SPACE}%"
    return percent(share, 1) if share >= 0.001 else f"{100 * share:.1g}{SPACE}%"


def _most(
    values: Sequence[float] | np.ndarray, words: Sequence[str], whom: str, measure: str, *, what: str = "word"
) -> str:
    """The words with the largest values above 0 and with the smallest below 0, if there are any."""
    order = np.argsort(-np.asarray(values), kind="stable").tolist()
    above = [f"{words[t]} ({values[t]:+.2f})" for t in order[:NAMED] if values[t] > 0]
    below = [f"{words[t]} ({values[t]:+.2f})" for t in order[::-1][:NAMED] if values[t] < 0]
    parts = [f"most {whom} {'speaks' if len(above) == 1 else 'speak'} {listing(above)}"] if above else []
    parts += [f"most against {listing(below)}"] if below else []
    return f"By {measure}, {'; '.join(parts)}." if parts else f"By {measure}, no {what} speaks {whom} or against."
