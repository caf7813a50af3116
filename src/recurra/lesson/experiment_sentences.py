"""The results of the lesson's experiments in sentences: every number and comparison is computed from the result.

"Clearly" always means that the 95 % intervals do not overlap.
"""

from __future__ import annotations

from collections.abc import Sequence

from recurra.lesson.result import (
    BucketingResult,
    MaskingResult,
    ModelResult,
    PadSeries,
    PadsResult,
    Score,
    ShuffledResult,
    VocabularyResult,
)
from recurra.report.formatting import (
    amount,
    compare,
    count,
    group_verdicts,
    percent,
    place,
    plural,
    points,
    short_name,
    with_interval,
)

__all__ = [
    "bucketing_sentences",
    "curve_sentences",
    "masking_sentences",
    "pads_sentences",
    "shuffled_sentences",
    "vocabulary_sentences",
]

# Two single measurements of the same work differ by about this much on a busy machine.
TIME_TOLERANCE = 0.05


def curve_sentences(model: ModelResult) -> list[str]:
    """Where one network's curves end, and whether they were better before."""
    train, held = model["train_curve"], model["validation_curve"]
    if not held["loss"]:
        return ["No rows were held out, so there is no validation curve."]
    end = f"Validation ends at a loss of {held['loss'][-1]:.3f} and an accuracy of {percent(held['accuracy'][-1])}"
    sentences = [f"{end}."]
    if len(held["loss"]) > 1:
        lowest = min(held["loss"])
        place = held["epochs"][held["loss"].index(lowest)]
        sentences = [
            f"{end}; that loss is the lowest measured."
            if held["loss"][-1] == lowest
            else f"{end}; the lowest loss was {lowest:.3f}, at {place:.2f} epochs."
        ]
    if train["loss"]:
        difference = held["loss"][-1] - train["loss"][-1]
        last = f"The last training loss is {train['loss'][-1]:.3f}"
        if abs(difference) < 0.0005:
            sentences.append(f"{last}, the same to three decimals.")
        else:
            sentences.append(f"{last}, {'lower' if difference > 0 else 'higher'} by {abs(difference):.3f}.")
    return sentences


def masking_sentences(masking: MaskingResult) -> list[str]:
    """Whether a mask helps the SimpleRNN, and the effect of pads on models without one."""
    without, masked = masking["without_mask"], masking["with_mask"]
    verdict = {
        "higher": "with the mask it is clearly better, by {}",
        "lower": "with the mask it is clearly worse, by {}",
        "unclear": "no clear difference ({})",
    }[compare(masked["interval"], without["interval"])]
    difference = points(masked["accuracy"] - without["accuracy"])
    guess = {
        "below": "clearly above",
        "above": "clearly below",
        "inside": "not clearly different from",
    }[place(masking["majority_share"], without["interval"])]
    return [
        f"Learned from {masking['train_phrase']}, the SimpleRNN scores "
        f"{with_interval(without['accuracy'], without['interval'])} without a mask and "
        f"{with_interval(masked['accuracy'], masked['interval'])} with one: {verdict.format(difference)}.",
        f"Without a mask it is {guess} always naming the most frequent class ({percent(masking['majority_share'])}).",
        *(_pads(series, masking["majority_share"]) for series in masking["appended"]),
    ]


def bucketing_sentences(bucketing: BucketingResult) -> list[str]:
    """What batches of similar length save."""
    without, bucketed = bucketing["without_bucketing"], bucketing["with_bucketing"]
    shares = [percent(part["padding_share"]) for part in (without, bucketed)]
    verdict = _amounts(bucketed["padding_share"], without["padding_share"], fewer="less padding", more="more padding")
    work = {"padded": "computing the pads too", "packed": "leaving the pads out of the computation"}
    ratio = bucketed["seconds"] / without["seconds"]
    quicker = (
        "about the same"
        if abs(ratio - 1) <= TIME_TOLERANCE
        else f"{percent(abs(1 - ratio), 0)} {'less' if ratio < 1 else 'more'} time with bucketing"
    )
    runs = bucketing["runs"]
    measured = "one measurement each" if runs == 1 else f"medians of {runs} runs each, in turn"
    return [
        f"In batches of {bucketing['batch_size']}, each padded to its longest document, {shares[0]} of all positions "
        f"are pads in random batches and {shares[1]} in batches of similar length: {verdict}.",
        f"One epoch of {short_name(bucketing['preset'])} on {bucketing['train_phrase']}, "
        f"{work[bucketing['computation']]}, took {amount(without['seconds'], 's')} without bucketing and "
        f"{amount(bucketed['seconds'], 's')} with it: {quicker} "
        f"({measured}).",
    ]


def pads_sentences(result: PadsResult) -> list[str]:
    """How many pads a network reads behind a text, and what they cost it."""
    name, longest, median = short_name(result["preset"]), result["pad_to"], result["median_words"]
    padded, left_out, masked = (result[key] for key in ("with_pads", "pads_left_out", "trained_masked"))

    def verdict(other: Score) -> str:
        difference = points(other["accuracy"] - padded["accuracy"], signed=True)
        clear = compare(other["interval"], padded["interval"])
        return f"{difference}, {'no clear difference' if clear == 'unclear' else f'clearly {clear}'}"

    return [
        f"Pads fill every text up to the {count(longest)} words of the longest training text, and half of the test "
        f"texts have {count(median)} at most: behind such a text {name} reads {count(max(longest - median, 0))} pads "
        "or more before it answers.",
        f"With them it scores {percent(padded['accuracy'])}. The same weights with the pads left out: "
        f"{percent(left_out['accuracy'])} ({verdict(left_out)}). Trained with a mask: {percent(masked['accuracy'])} "
        f"({verdict(masked)}).",
    ]


def shuffled_sentences(shuffled: Sequence[ShuffledResult]) -> list[str]:
    """Which models lose accuracy when the words of a text are shuffled."""
    verdicts = [
        (
            f"{entry['name']} ({points(entry['shuffled']['accuracy'] - entry['in_order']['accuracy'], signed=True)})",
            compare(entry["shuffled"]["interval"], entry["in_order"]["interval"]),
        )
        for entry in shuffled
    ]
    phrases = {
        "lower": "clearly lower for {}",
        "higher": "clearly higher for {}",
        "unclear": "no clear difference for {}",
    }
    sentences = [f"With the words of each test document shuffled, accuracy is {group_verdicts(verdicts, phrases)}."]
    if any(verdict == "lower" for _, verdict in verdicts):
        sentences.append("A model that gets clearly worse has used the order of words, not only which words there are.")
    if any(verdict == "unclear" for _, verdict in verdicts):
        sentences.append("Where there is no clear difference, these test rows do not show that order was used.")
    return sentences


def vocabulary_sentences(vocabulary: VocabularyResult) -> list[str]:
    """The effect of learning the vocabulary from other texts."""
    first, *others = vocabulary["rules"]
    sentences = [
        f"Learned from {first['name']}, the vocabulary has {plural(first['tokens'], 'word')}, and "
        f"{percent(first['unknown_share'])} of the test documents' words are unknown to it."
    ]
    for rule in others:
        unknown = _amounts(rule["unknown_share"], first["unknown_share"], fewer="fewer", more="more")
        verdict = {
            "higher": "is clearly higher with {}",
            "lower": "is clearly lower with {}",
            "unclear": "shows no clear difference with {}",
        }[compare(rule["interval"], first["interval"])]
        sentences += [
            f"Learned from {rule['name']}, it has {plural(rule['tokens'], 'word')}, and "
            f"{percent(rule['unknown_share'])} are unknown: {unknown}.",
            f"Accuracy of {short_name(vocabulary['preset'])} on {vocabulary['train_phrase']} "
            f"{verdict.format(rule['name'])}: {with_interval(rule['accuracy'], rule['interval'])} against "
            f"{with_interval(first['accuracy'], first['interval'])}.",
        ]
    return sentences


def _pads(series: PadSeries, majority: float) -> str:
    first, last = series["points"][0], series["points"][-1]
    pads = plural(first["pads"], "pad") if first["pads"] else "no pads"
    start = f"{series['name']} scores {with_interval(first['accuracy'], first['interval'])} with {pads}"
    if first is last:
        return f"{start} appended."
    difference = points(last["accuracy"] - first["accuracy"])
    verdict = {"higher": f"clearly higher, by {difference}", "lower": f"clearly lower, by {difference}"}.get(
        compare(last["interval"], first["interval"]), "no clear difference"
    )
    lowest = min(series["points"], key=lambda point: point["accuracy"])
    closing = "" if lowest in (first, last) else f"; lowest with {count(lowest['pads'])}, {percent(lowest['accuracy'])}"
    if place(majority, last["interval"]) == "inside":
        closing += "; at the end not clearly different from always naming the most frequent class"
    end = f"{with_interval(last['accuracy'], last['interval'])} with {count(last['pads'])}"
    return f"{start} appended and {end}: {verdict}{closing}."


def _amounts(new: float, old: float, *, fewer: str, more: str) -> str:
    """Compares two shares as rounded for display, so that no invisible difference is claimed."""
    if percent(new) == percent(old):
        return "the same"
    return fewer if new < old else more
