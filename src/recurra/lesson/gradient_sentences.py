"""Why gradients vanish in one cell and not in another, with what the lesson's own networks show of it.

What a cell does before training follows from its formula and its initial weights; what training did is only said as
measured. ``docs/findings.md`` has the same measurements over several seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from recurra.inspection.gradient_flow import FlowJson
from recurra.report.formatting import SPACE, percent, plural, short_name
from recurra.report.translation import translate

__all__ = ["FAR", "gradient_sentences", "left"]

# Steps before the end at which networks are compared.
FAR = 20
# A change of what is left by less than this factor is not called one: seeds differ by more.
FACTOR = 2


def gradient_sentences(flows: Sequence[FlowJson]) -> list[str]:
    """One sentence or two for each kind of cell among the networks, with the numbers of the network that shows it best.

    Args:
        flows: every network before and after training.
    """
    said = []
    for cell, explain in _EXPLANATIONS.items():
        # A network without pads, of one direction, shows a cell best; the order is the lesson's.
        found = [flow for flow in flows if flow["cell"] == cell and flow["when"] == "before training"]
        found.sort(key=lambda flow: (flow["pads"] is not None, "bi" in short_name(flow["name"])))
        for before in found:
            after = [one for one in flows if one["name"] == before["name"] and one["when"] == "after training"]
            if after and len(before["norm"]) > 1:
                said.append(explain(before, after[0]))
                break
    return said


def left(flow: FlowJson, distance: int = FAR) -> float:
    """What is left of the norm so many steps before the end, or as far as was measured; by c where the cell has one."""
    norm = flow["cell_norm"] or flow["norm"]
    return norm[min(distance, len(norm) - 1)]


def _simple(before: FlowJson, after: FlowJson) -> str:
    early, late = left(before), left(after)
    learned = {
        -1: translate("Training has moved it to where tanh is flatter or the weights shrink what passes"),
        0: translate("Training has not changed that much here"),
        1: translate("Training has not made it vanish here"),
    }[_change(early, late)]
    return translate(
        "A SimpleRNN’s gradient does not vanish at the start. Each step back multiplies it by the recurrent weights "
        "and by the slope of tanh. The weights start orthogonal, which keeps lengths, and the states start small, "
        "where that slope is nearly 1: in {name}, {early} is left {steps} back. {learned}: then {late} is left.",
        name=short_name(before["name"]),
        early=_share(early),
        steps=_steps(before),
        learned=learned,
        late=_share(late),
    )


def _gru(before: FlowJson, after: FlowJson) -> str:
    early, late = left(before), left(after)
    learned = {
        -1: translate("Training has not opened it here"),
        0: translate("Training has changed little here"),
        1: translate("It learns to keep"),
    }[_change(early, late)]
    return translate(
        "A GRU’s does. Its update gate decides which share of the state a step keeps, and untrained it stands near a "
        "half, so that each step back halves the gradient: in {name}, {first} is left 1\xa0step back and {early} "
        "{steps} back. {learned}: after training {late} is left there.",
        name=short_name(before["name"]),
        first=_share(left(before, 1)),
        early=_share(early),
        steps=_steps(before),
        learned=learned,
        late=_share(late),
    )


def _lstm(before: FlowJson, after: FlowJson) -> str:
    early, late = left(before), left(after)
    learned = {
        -1: translate("Training has closed it further"),
        0: translate("Training has changed little here"),
        1: translate("It learns to keep"),
    }[_change(early, late)]
    said = translate(
        "An LSTM’s does, too, but slower. Its forget gate starts with a bias of 1, which keeps about "
        "σ(1)\xa0=\xa00.73 of the cell state c at each step: in {name}, by c, {first} is left 1\xa0step back and "
        "{early} {steps} back. {learned}: after training {late} is left there by c, and {hidden} by h, which is what "
        "the LSTM shows and not what it remembers.",
        name=short_name(before["name"]),
        first=_share(left(before, 1)),
        early=_share(early),
        steps=_steps(before),
        learned=learned,
        late=_share(late),
        hidden=_share(after["norm"][min(FAR, len(after["norm"]) - 1)]),
    )
    if before["pads"] is None:
        return said
    pads = translate("Here the last steps are pads, which this network reads as words.")
    return translate(" ").join([said, pads])


_EXPLANATIONS: dict[str, Callable[[FlowJson, FlowJson], str]] = {"simple_rnn": _simple, "gru": _gru, "lstm": _lstm}


def _change(early: float, late: float) -> int:
    return -1 if late * FACTOR < early else 1 if late > early * FACTOR else 0


def _steps(flow: FlowJson) -> str:
    return plural(min(FAR, len(flow["norm"]) - 1), "step")


def _share(share: float) -> str:
    """With two digits that count, down to a thousandth of a per cent."""
    if share < 1e-5:
        return translate("less than {share}", share=f"0.001{SPACE}%")
    return percent(share, 0) if share >= 0.1 else f"{100 * share:.2g}{SPACE}%"
