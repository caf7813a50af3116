"""How far back the gradient reaches in each kind of cell, with what the lesson's own networks show of it.

What a cell does before training follows from its formula and its initial weights; what training did is only said as
measured. ``docs/findings.md`` has the same measurements over several seeds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from recurra.inspection.gradient_flow import FlowJson
from recurra.report.formatting import SPACE, percent, plural, short_name
from recurra.report.translation import translate

__all__ = ["FAR", "gradient_sentences", "left"]

# Steps before the end at which networks are compared.
FAR = 20
# A change of what is left by less than this factor is not called one: seeds differ by more.
FACTOR = 2


def gradient_sentences(flows: Sequence[FlowJson], accuracies: Mapping[str, float] | None = None) -> list[str]:
    """For each kind of cell what is left by the network that shows it best, and what that says of accuracy.

    Args:
        flows: every network before and after training.
        accuracies: test accuracies by name, as the flows name the networks.
    """
    said, shown = [], []
    for cell, explain in _EXPLANATIONS.items():
        # A network without pads, of one direction, shows a cell best; the order is the lesson's.
        found = [flow for flow in flows if flow["cell"] == cell and flow["when"] == "before training"]
        found.sort(key=lambda flow: (flow["pads"] is not None, "bi" in short_name(flow["name"])))
        for before in found:
            after = [one for one in flows if one["name"] == before["name"] and one["when"] == "after training"]
            if after and len(before["norm"]) > 1:
                said.append(explain(before, after[0]))
                shown.append(after[0])
                break
    if said:
        said.append(
            translate(
                "A larger share is not better by itself: it lets a network learn from words far back, which helps only "
                "where those words matter."
            )
        )
        said += _against_accuracy(shown, accuracies or {})
    return said


def left(flow: FlowJson, distance: int = FAR) -> float:
    """What is left of the norm so many steps before the end, or as far as was measured; by c where the cell has one."""
    norm = flow["cell_norm"] or flow["norm"]
    return norm[min(distance, len(norm) - 1)]


def _against_accuracy(shown: Sequence[FlowJson], accuracies: Mapping[str, float]) -> list[str]:
    """Two networks of which the one with the smaller share is right more often, by the most; none if there are none."""
    known = [flow for flow in shown if flow["name"] in accuracies and len(flow["norm"]) > FAR]
    pairs = [
        (accuracies[less["name"]] - accuracies[more["name"]], more, less)
        for more in known
        for less in known
        if left(more) > left(less) and accuracies[less["name"]] > accuracies[more["name"]]
    ]
    if not pairs:
        return []
    _, more, less = max(pairs, key=lambda pair: pair[0])
    return [
        translate(
            "Here, after training, {more} keeps {share} and scores {score}, and {less} keeps {other_share} and scores "
            "{other_score}.",
            more=short_name(more["name"]),
            share=_share(left(more)),
            score=percent(accuracies[more["name"]]),
            less=short_name(less["name"]),
            other_share=_share(left(less)),
            other_score=percent(accuracies[less["name"]]),
        )
    ]


def _simple(before: FlowJson, after: FlowJson) -> str:
    said = translate(
        "SimpleRNN: each step back multiplies the gradient by the recurrent weights and by the slope of tanh. The "
        "weights start orthogonal, which keeps lengths, and the states start small, where that slope is nearly 1. In "
        "{name}, {early} is left {steps} back before training, and {late} after it.",
        name=short_name(before["name"]),
        early=_share(left(before)),
        steps=_steps(before),
        late=_share(left(after)),
    )
    if left(after) * FACTOR >= left(before):
        return said
    why = translate(
        "Possible reasons, which were not measured: larger states, where tanh is flatter, or weights that shrink what "
        "passes."
    )
    return translate(" ").join([said, why])


def _gru(before: FlowJson, after: FlowJson) -> str:
    said = translate(
        "GRU: the update gate says which share of the state a step keeps, and untrained it stands near a half. In "
        "{name}, {first} is left 1\xa0step back and {early} {steps} back before training, and {late} there after it.",
        name=short_name(before["name"]),
        first=_share(left(before, 1)),
        early=_share(left(before)),
        steps=_steps(before),
        late=_share(left(after)),
    )
    return translate(" ").join([said, *_beside_the_gate(before, 0.5, translate("A half"))])


def _lstm(before: FlowJson, after: FlowJson) -> str:
    keeps = 1 / (1 + math.exp(-1))
    parts = [
        translate(
            "LSTM: the forget gate starts with a bias of 1 and so keeps about σ(1)\xa0=\xa00.731 of the cell state c "
            "at each step. In {name}, by c, {first} is left 1\xa0step back and {early} {steps} back before training, "
            "and {late} there after it; by h, which is what the LSTM shows and not what it remembers, {hidden}.",
            name=short_name(before["name"]),
            first=_share(left(before, 1)),
            early=_share(left(before)),
            steps=_steps(before),
            late=_share(left(after)),
            hidden=_share(after["norm"][min(FAR, len(after["norm"]) - 1)]),
        ),
        *_beside_the_gate(before, keeps, "0.731"),
    ]
    if before["pads"] is not None:
        parts.append(translate("Here the last steps are pads, which this network reads as words."))
    return translate(" ").join(parts)


def _min_gru(before: FlowJson, after: FlowJson) -> str:
    return translate(
        "{name} decides by the mean of all its states, so the loss reaches each of them directly: {early} {steps} back "
        "before training and {late} after it say nothing of what it remembers.",
        name=short_name(before["name"]),
        early=_share(left(before)),
        steps=_steps(before),
        late=_share(left(after)),
    )


_EXPLANATIONS: dict[str, Callable[[FlowJson, FlowJson], str]] = {
    "simple_rnn": _simple,
    "gru": _gru,
    "lstm": _lstm,
    "min_gru": _min_gru,
}


def _beside_the_gate(flow: FlowJson, keeps: float, named: str) -> list[str]:
    """What the gate alone would leave, where much more is measured, and why that is so."""
    distance = min(FAR, len(flow["norm"]) - 1)
    alone = keeps**distance
    if left(flow) <= FACTOR * alone:
        return []
    return [
        translate(
            "{keeps} to the power of {steps} is {alone}: more is measured, for the gate is not exactly there, and the "
            "gradient also runs through h, the recurrent weights and the gates of the next step.",
            keeps=named,
            steps=distance,
            alone=translate("1 in {count}", count=f"{1 / alone:,.0f}") if alone < 1e-4 else _share(alone),
        )
    ]


def _steps(flow: FlowJson) -> str:
    return plural(min(FAR, len(flow["norm"]) - 1), "step")


def _share(share: float) -> str:
    """With two digits that count, down to a thousandth of a per cent."""
    if share < 1e-5:
        return translate("less than {share}", share=f"0.001{SPACE}%")
    return percent(share, 0) if share >= 0.1 else f"{100 * share:.2g}{SPACE}%"
