"""Sentences about a reading, an attribution and gradient norms, computed from the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recurra.data.documents import Label
from recurra.inspection.gradient_flow import FlowJson
from recurra.inspection.pads_read import BOUND
from recurra.inspection.read import ReadingJson
from recurra.report.formatting import SPACE, listing, percent, plural, short_name, signed
from recurra.report.translation import fill, translate, translate_plural

__all__ = [
    "BRANCH_FLOW", "attribution_sentences", "branch_sentences", "flow_sentences", "heading", "pads_sentences",
    "reading_sentences", "stable_from",
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
        return {"words": translate("The answer is"), "labels": [reading["label"]]}
    words = (translate("No label is given"), translate("The label given is"), translate("The labels given are"))
    return {"words": words[min(len(reading["given"]), 2)], "labels": reading["given"]}


def reading_sentences(reading: ReadingJson) -> list[str]:
    """Since which word the answer is the same, which words speak for and against it, and how many are unknown."""
    tokens = reading["tokens"]
    if not tokens:
        found = heading(reading)
        said = translate(" ").join([found["words"], listing([str(label) for label in found["labels"]])]).strip()
        said = said[0].lower() + said[1:]
        return [translate("There is no word to read; without any, {said}.", said=said)]
    words, stable, answer = [token["text"] for token in tokens], stable_from(reading), reading["label"]
    probability = percent(reading["probabilities"][-1][reading["labels"].index(answer)], 1)
    sentences = (
        _given(reading)
        if "given" in reading
        else [translate("The answer is {answer}, with {probability}.", answer=answer, probability=probability)]
    )
    if stable:
        since = fill(
            _since(reading, stable, answer), answer=answer, place=stable, count=len(words), word=words[stable - 1]
        )
    else:
        since = translate(
            "{answer} was the most probable label before any word, and no word changed that."
            if "given" in reading
            else "{answer} was the most probable class before any word, and no word changed that.",
            answer=answer,
        )
    evidence = np.array(reading["evidence"])[:, reading["labels"].index(answer)]
    sentences += [since, _most(evidence, words, answer, translate("By evidence, {said}."))]
    sentences += _unknown_words(reading)
    sentences += [*pads_sentences(reading), *branch_sentences(reading)]
    if not reading["exact"]:
        sentences.append(
            translate(
                "The network reads in both directions and has no answer before the end: each beginning of the text was "
                "read as a separate text, and a word's evidence is the mean of what it adds to the words before and to "
                "those after."
            )
        )
    return sentences


def _since(reading: ReadingJson, stable: int, answer: Label) -> str:
    """Since when the answer is the same, and whether it had been that before."""
    labels = reading["labels"]
    before = np.array([reading["start"], *reading["probabilities"]])[:stable].argmax(axis=1)
    if labels.index(answer) in before:
        return (
            translate(
                "{answer} has been the most probable label since word {place} of {count}, “{word}”; before, it and "
                "others took turns."
            )
            if "given" in reading
            else translate(
                "{answer} has been the most probable class since word {place} of {count}, “{word}”; before, it and "
                "others took turns."
            )
        )
    return (
        translate(
            "{answer} has been the most probable label since word {place} of {count}, “{word}”; before, another was."
        )
        if "given" in reading
        else translate(
            "{answer} has been the most probable class since word {place} of {count}, “{word}”; before, another was."
        )
    )


def _unknown_words(reading: ReadingJson) -> list[str]:
    tokens = reading["tokens"]
    unknown = [t for t, token in enumerate(tokens) if not token["known"]]
    if not unknown:
        return []
    values = {"words": plural(len(unknown), "word"), "count": len(tokens)}
    if "branch" in reading and any(reading["branch"]["subwords"][t] for t in unknown):
        return [
            translate_plural(
                "{words} of {count} is not in the vocabulary: the network reads the same unknown token for each, and "
                "the linear branch their letters.",
                "{words} of {count} are not in the vocabulary: the network reads the same unknown token for each, and "
                "the linear branch their letters.",
                len(unknown),
                **values,
            )
        ]
    return [
        translate_plural(
            "{words} of {count} is not in the vocabulary: the network reads the same unknown token for each.",
            "{words} of {count} are not in the vocabulary: the network reads the same unknown token for each.",
            len(unknown),
            **values,
        )
    ]


def pads_sentences(reading: ReadingJson) -> list[str]:
    """That the answer does not depend on the words, where pads are read after them and it does not."""
    pads = reading.get("pads")
    if pads is None or pads["words_matter"]:
        return []
    measure = (
        translate("largest difference of a probability")
        if "given" in reading
        else translate("total variation distance")
    )
    return [
        translate_plural(
            "{pads} follows the {words}, and the answer does not depend on the words: after each of them it is that "
            "for pads alone to within {distance} ({measure}; below {bound} answers count as the same).",
            "{pads} follow the {words}, and the answer does not depend on the words: after each of them it is that for "
            "pads alone to within {distance} ({measure}; below {bound} answers count as the same).",
            pads["count"],
            pads=plural(pads["count"], "pad"),
            words=plural(len(reading["tokens"]), "word"),
            distance=f"{pads['distance']:.2g}",
            measure=measure,
            bound=f"{BOUND:g}",
        )
    ]


def _given(reading: ReadingJson) -> list[str]:
    """The labels that reach their thresholds, and the one that is explained."""
    last = reading["probabilities"][-1]

    def said(label: Label) -> str:
        place = reading["labels"].index(label)
        return translate(
            "{label} with {probability} (threshold {threshold})",
            label=label,
            probability=percent(last[place], 1),
            threshold=percent(reading["thresholds"][place], 1),
        )

    given = listing([said(label) for label in reading["given"]])
    return [
        translate("Given: {labels}.", labels=given) if given else translate("No label reaches its threshold."),
        translate("Explained is the most probable label, {label}.", label=said(reading["label"])),
    ]


def branch_sentences(reading: ReadingJson) -> list[str]:
    """How much of the evidence comes from the linear branch, and by which phrases; none without branch or words."""
    found, words = reading.get("branch"), reading["tokens"]
    if found is None or not words:
        return []
    letters = sum(found["subwords"])
    side = fill(
        translate("{share} of the evidence for and against {label}")
        if found["score"] * found["network"] < 0
        else translate("{share} of the evidence against {label}")
        if found["score"] < 0
        else translate("{share} of the evidence for {label}"),
        share=percent(found["share"], 0),
        label=reading["label"],
    )
    adds = signed(found["score"])
    if letters:
        adds = translate(
            "{score} to the score (n-grams {phrases}, letters of words {letters})",
            score=adds,
            phrases=signed(found["score"] - letters),
            letters=signed(letters),
        )
    else:
        adds = translate("{score} to the score", score=adds)
    return [
        translate(
            "{evidence} comes from the linear branch, which is not recurrent: it adds {adds}, and the recurrent "
            "network adds {network}.",
            evidence=side,
            adds=adds,
            network=signed(found["network"]),
        ),
        _most(
            [one["share"] for one in found["phrases"]],
            [translate("“{text}”", text=one["text"]) for one in found["phrases"]],
            reading["label"],
            translate("By phrases of the branch, letters of words apart, {said}.")
            if letters
            else translate("By phrases of the branch, {said}."),
            nothing=translate("no phrase speaks for {label} or against"),
        ),
    ]


def attribution_sentences(reading: ReadingJson) -> list[str]:
    """The completeness error of the attribution, and the words with the largest values."""
    found, words = reading["attribution"], [token["text"] for token in reading["tokens"]]
    if not words:
        return []
    gap = found["score"] - found["baseline_score"]
    steps = plural(found["steps"], "gradient")
    if "branch" in found:
        steps = translate("{steps}; the share of the linear branch is exact", steps=steps)
    return [
        translate(
            "From the baseline to the text, the score of {label} changes by {change}; the words' values add up to that "
            "with an error of {error} ({steps}).",
            label=found["target"],
            change=signed(gap, 3),
            error=_share(found["completeness_error"]),
            steps=steps,
        ),
        _most(
            np.array(found["integrated_gradients"]),
            words,
            found["target"],
            translate("By integrated gradients, {said}."),
        ),
        _most(np.array(found["occlusion"]), words, found["target"], translate("By occlusion, {said}.")),
    ]


def flow_sentences(flows: Sequence[FlowJson]) -> list[str]:
    """For each network where half of the gradient's norm is left, and the share left far from the end."""
    sentences = []
    for flow in flows:
        if flow["when"] == "before training":
            continue
        before = next((one for one in flows if one["name"] == flow["name"] and one["when"] == "before training"), None)
        said = [translate("after training {reach}", reach=_reach(flow))]
        if before is not None:
            said.append(translate("before training {reach}", reach=_reach(before)))
        if flow["cell_norm"] is not None:
            left = _share(flow["cell_norm"][min(FAR, len(flow["cell_norm"]) - 1)])
            said.append(
                translate(
                    "by the cell state c, where an LSTM's memory lies, {share} is left there after training", share=left
                )
            )
        sentences.append(translate("{name}: {said}.", name=short_name(flow["name"]), said=translate("; ").join(said)))
    branched = list(dict.fromkeys(short_name(flow["name"]) for flow in flows if "branch" in flow))
    if branched:
        sentences.append(translate("{names}: {said}", names=listing(branched), said=translate(BRANCH_FLOW)))
    return sentences


def _reach(flow: FlowJson) -> str:
    half, last = flow["half_distance"], min(FAR, len(flow["norm"]) - 1)
    left = {"share": _share(flow["norm"][last]), "steps": plural(last, "step")}
    if half is None:
        return translate(
            "the gradient's norm is {share} of that at the last step {steps} before the end, and still a half or more "
            "where measuring ends",
            **left,
        )
    return translate(
        "a half of the gradient's norm is gone {half} steps before the end, and {share} is left {steps} before the end",
        half=f"{half:.1f}",
        **left,
    )


def _share(share: float) -> str:
    if share < 1e-5:
        return translate("less than {share}", share=f"0.001{SPACE}%")
    return percent(share, 1) if share >= 0.001 else f"{100 * share:.1g}{SPACE}%"


def _most(
    values: Sequence[float] | np.ndarray, words: Sequence[str], label: Label, by: str, *, nothing: str = ""
) -> str:
    """The words with the largest values above 0 and with the smallest below 0, if there are any.

    Args:
        values: of each word.
        words: the words, or phrases.
        label: what the values are for.
        by: the sentence, with ``{said}``.
        nothing: what to say if all values are 0, with ``{label}``.
    """
    order = np.argsort(-np.asarray(values), kind="stable").tolist()
    said = [translate("{word} ({value})", word=word, value=signed(values[t])) for t, word in enumerate(words)]
    above = [said[t] for t in order[:NAMED] if values[t] > 0]
    below = [said[t] for t in order[::-1][:NAMED] if values[t] < 0]
    parts = []
    if above:
        parts.append(
            translate_plural(
                "most for {label} speaks {words}",
                "most for {label} speak {words}",
                len(above),
                label=label,
                words=listing(above),
            )
        )
    if below:
        parts.append(translate("most against {words}", words=listing(below)))
    if not parts:
        parts.append(fill(nothing or translate("no word speaks for {label} or against"), label=label))
    return fill(by, said=translate("; ").join(parts))
