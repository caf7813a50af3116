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
    VocabularyRule,
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
from recurra.report.translation import fill, translate

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
        return [translate("No rows were held out, so there is no validation curve.")]
    end = {"loss": f"{held['loss'][-1]:.3f}", "accuracy": percent(held["accuracy"][-1])}
    lowest = min(held["loss"])
    if len(held["loss"]) == 1:
        said = translate("Validation ends at a loss of {loss} and an accuracy of {accuracy}.", **end)
    elif held["loss"][-1] == lowest:
        said = translate(
            "Validation ends at a loss of {loss} and an accuracy of {accuracy}; that loss is the lowest measured.",
            **end,
        )
    else:
        said = translate(
            "Validation ends at a loss of {loss} and an accuracy of {accuracy}; the lowest loss was {lowest}, at "
            "{place} epochs.",
            lowest=f"{lowest:.3f}",
            place=f"{held['epochs'][held['loss'].index(lowest)]:.2f}",
            **end,
        )
    return [said, *_last_training_loss(train["loss"], held["loss"])]


def _last_training_loss(train: Sequence[float], held: Sequence[float]) -> list[str]:
    if not train:
        return []
    difference, last = held[-1] - train[-1], f"{train[-1]:.3f}"
    by = f"{abs(difference):.3f}"
    if abs(difference) < 0.0005:
        return [translate("The last training loss is {loss}, the same to three decimals.", loss=last)]
    if difference > 0:
        return [translate("The last training loss is {loss}, lower by {by}.", loss=last, by=by)]
    return [translate("The last training loss is {loss}, higher by {by}.", loss=last, by=by)]


def masking_sentences(masking: MaskingResult) -> list[str]:
    """Whether a mask helps the SimpleRNN, and the effect of pads on models without one."""
    without, masked = masking["without_mask"], masking["with_mask"]
    verdict = {
        "higher": translate("with the mask it is clearly better, by {}"),
        "lower": translate("with the mask it is clearly worse, by {}"),
        "unclear": translate("no clear difference ({})"),
    }[compare(masked["interval"], without["interval"])]
    difference = points(masked["accuracy"] - without["accuracy"])
    guess = {
        "below": translate("Without a mask it is clearly above always naming the most frequent class ({})."),
        "above": translate("Without a mask it is clearly below always naming the most frequent class ({})."),
        "inside": translate(
            "Without a mask it is not clearly different from always naming the most frequent class ({})."
        ),
    }[place(masking["majority_share"], without["interval"])]
    return [
        translate(
            "Learned from {learned}, the SimpleRNN scores {without} without a mask and {masked} with one: {verdict}.",
            learned=masking["train_phrase"],
            without=with_interval(without["accuracy"], without["interval"]),
            masked=with_interval(masked["accuracy"], masked["interval"]),
            verdict=fill(verdict, difference),
        ),
        fill(guess, percent(masking["majority_share"])),
        translate(
            "Without a mask, pads fill shorter texts up to {length} words, as long as a training batch is on average: "
            "behind a test text stand {pads} of them in the mean.",
            length=count(masking["pad_to"]),
            pads=f"{masking['mean_pads']:.1f}",
        ),
        *_without_pads(masking),
        *(_pads(series, masking["majority_share"]) for series in masking["appended"]),
    ]


def _without_pads(masking: MaskingResult) -> list[str]:
    """What the SimpleRNN that learned with pads does where there are none."""
    none = next((point for series in masking["appended"][:1] for point in series["points"] if not point["pads"]), None)
    if none is None:
        return []
    usual = masking["without_mask"]
    text = {
        "higher": translate(
            "With its usual pads it scores {usual}, with none at all {none}: without them it is clearly better."
        ),
        "lower": translate(
            "With its usual pads it scores {usual}, with none at all {none}: it learned with pads and expects them, so "
            "that fewer make it worse, too."
        ),
        "unclear": translate("With its usual pads it scores {usual}, with none at all {none}: no clear difference."),
    }[compare(none["interval"], usual["interval"])]
    return [fill(text, usual=percent(usual["accuracy"]), none=percent(none["accuracy"]))]


def bucketing_sentences(bucketing: BucketingResult) -> list[str]:
    """What batches of similar length save."""
    without, bucketed = bucketing["without_bucketing"], bucketing["with_bucketing"]
    shares = [percent(part["padding_share"]) for part in (without, bucketed)]
    work = {
        "padded": translate("computing the pads too"),
        "packed": translate("leaving the pads out of the computation"),
    }
    ratio, runs = bucketed["seconds"] / without["seconds"], bucketing["runs"]
    change = percent(abs(1 - ratio), 0)
    return [
        translate(
            "In batches of {size}, each padded to its longest document, {random} of all positions are pads in random "
            "batches and {similar} in batches of similar length: {verdict}.",
            size=bucketing["batch_size"],
            random=shares[0],
            similar=shares[1],
            verdict=_amounts(
                bucketed["padding_share"],
                without["padding_share"],
                fewer=translate("less padding"),
                more=translate("more padding"),
            ),
        ),
        translate(
            "One epoch of {name} on {learned}, {work}, took {without} without bucketing and {bucketed} with it: "
            "{quicker} ({measured}).",
            name=short_name(bucketing["preset"]),
            learned=bucketing["train_phrase"],
            work=work[bucketing["computation"]],
            without=amount(without["seconds"], "s"),
            bucketed=amount(bucketed["seconds"], "s"),
            quicker=translate("about the same")
            if abs(ratio - 1) <= TIME_TOLERANCE
            else translate("{share} less time with bucketing", share=change)
            if ratio < 1
            else translate("{share} more time with bucketing", share=change),
            measured=translate("one measurement each")
            if runs == 1
            else translate("medians of {runs} runs each, in turn", runs=runs),
        ),
    ]


def pads_sentences(result: PadsResult) -> list[str]:
    """How many pads a network reads behind a text, and what they cost it."""
    name, length, median = short_name(result["preset"]), result["pad_to"], result["median_words"]
    padded, left_out, masked = (result[key] for key in ("with_pads", "pads_left_out", "trained_masked"))

    def verdict(other: Score) -> str:
        difference = points(other["accuracy"] - padded["accuracy"], signed=True)
        return {
            "higher": translate("{difference}, clearly higher", difference=difference),
            "lower": translate("{difference}, clearly lower", difference=difference),
            "unclear": translate("{difference}, no clear difference", difference=difference),
        }[compare(other["interval"], padded["interval"])]

    return [
        translate(
            "Pads fill shorter texts up to {length} words, as long as a training batch is on average, and half of the "
            "test texts have {median} at most: behind such a text {name} reads {pads} pads or more before it answers.",
            length=count(length),
            median=count(median),
            name=name,
            pads=count(max(length - median, 0)),
        ),
        translate(
            "With them it scores {score}. The same weights with the pads left out: {left_out} ({left_out_verdict}). "
            "Trained with a mask: {masked} ({masked_verdict}).",
            score=percent(padded["accuracy"]),
            left_out=percent(left_out["accuracy"]),
            left_out_verdict=verdict(left_out),
            masked=percent(masked["accuracy"]),
            masked_verdict=verdict(masked),
        ),
    ]


def shuffled_sentences(shuffled: Sequence[ShuffledResult]) -> list[str]:
    """Which models lose accuracy when the words of a text are shuffled."""
    verdicts = [
        (
            translate(
                "{name} ({difference})",
                name=entry["name"],
                difference=points(entry["shuffled"]["accuracy"] - entry["in_order"]["accuracy"], signed=True),
            ),
            compare(entry["shuffled"]["interval"], entry["in_order"]["interval"]),
        )
        for entry in shuffled
    ]
    phrases = {
        "lower": translate("clearly lower for {}"),
        "higher": translate("clearly higher for {}"),
        "unclear": translate("no clear difference for {}"),
    }
    sentences = [
        translate(
            "With the words that a network reads of each test document shuffled, accuracy is {verdicts}.",
            verdicts=group_verdicts(verdicts, phrases),
        )
    ]
    if any(verdict == "lower" for _, verdict in verdicts):
        sentences.append(
            translate("A model that gets clearly worse has used the order of words, not only which words there are.")
        )
    if any(verdict == "unclear" for _, verdict in verdicts):
        sentences.append(
            translate("Where there is no clear difference, these test rows do not show that order was used.")
        )
    return sentences


def vocabulary_sentences(vocabulary: VocabularyResult) -> list[str]:
    """The effect of learning the vocabulary from other texts."""
    first, *others = vocabulary["rules"]
    sentences = [
        translate(
            "Learned from {source}, the vocabulary has {words}, and {unknown} of the test documents' words are unknown "
            "to it.",
            source=first["name"],
            words=plural(first["tokens"], "word"),
            unknown=percent(first["unknown_share"]),
        )
    ]
    for rule in others:
        unknown = _amounts(
            rule["unknown_share"], first["unknown_share"], fewer=translate("fewer"), more=translate("more")
        )
        verdict = {
            "higher": translate(
                "Accuracy of {name} on {learned} is clearly higher with {source}: {score} against {other_score}."
            ),
            "lower": translate(
                "Accuracy of {name} on {learned} is clearly lower with {source}: {score} against {other_score}."
            ),
            "unclear": translate(
                "Accuracy of {name} on {learned} shows no clear difference with {source}: {score} against "
                "{other_score}."
            ),
        }[compare(rule["interval"], first["interval"])]
        sentences += [
            translate(
                "Learned from {source}, it has {words}, and {unknown} are unknown: {verdict}.",
                source=rule["name"],
                words=plural(rule["tokens"], "word"),
                unknown=percent(rule["unknown_share"]),
                verdict=unknown,
            ),
            fill(
                verdict,
                name=short_name(vocabulary["preset"]),
                learned=vocabulary["train_phrase"],
                source=rule["name"],
                score=with_interval(rule["accuracy"], rule["interval"]),
                other_score=with_interval(first["accuracy"], first["interval"]),
            ),
            *_against_unknown(rule, first),
        ]
    return sentences


def _against_unknown(rule: VocabularyRule, first: VocabularyRule) -> list[str]:
    """That the one that knows more words is clearly worse, where it is."""
    known = _amounts(rule["unknown_share"], first["unknown_share"], fewer="fewer", more="more")
    if (known, compare(rule["interval"], first["interval"])) not in {("fewer", "lower"), ("more", "higher")}:
        return []
    return [
        translate(
            "So the vocabulary that leaves fewer words unknown comes with clearly lower accuracy here. Whether it is "
            "the cause, one training of each cannot tell."
        )
    ]


def _pads(series: PadSeries, majority: float) -> str:
    first, last = series["points"][0], series["points"][-1]
    start = {
        "name": series["name"],
        "score": with_interval(first["accuracy"], first["interval"]),
        "pads": plural(first["pads"], "pad") if first["pads"] else translate("no pads"),
    }
    if first is last:
        return translate("{name} scores {score} with {pads} appended.", **start)
    difference = points(last["accuracy"] - first["accuracy"])
    verdicts = [
        {
            "higher": translate("clearly higher, by {difference}", difference=difference),
            "lower": translate("clearly lower, by {difference}", difference=difference),
            "unclear": translate("no clear difference"),
        }[compare(last["interval"], first["interval"])]
    ]
    lowest = min(series["points"], key=lambda point: point["accuracy"])
    if lowest not in (first, last):
        share = percent(lowest["accuracy"])
        verdicts.append(translate("lowest with {pads}, {share}", pads=count(lowest["pads"]), share=share))
    if place(majority, last["interval"]) == "inside":
        verdicts.append(translate("at the end not clearly different from always naming the most frequent class"))
    return translate(
        "{name} scores {score} with {pads} appended and {end_score} with {end_pads}: {verdicts}.",
        end_score=with_interval(last["accuracy"], last["interval"]),
        end_pads=count(last["pads"]),
        verdicts=translate("; ").join(verdicts),
        **start,
    )


def _amounts(new: float, old: float, *, fewer: str, more: str) -> str:
    """Compares two shares as rounded for display, so that no invisible difference is claimed."""
    if percent(new) == percent(old):
        return translate("the same")
    return fewer if new < old else more
