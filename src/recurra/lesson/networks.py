"""What the lesson's networks are and what its words mean, for a reader who meets them for the first time."""

from __future__ import annotations

from collections.abc import Container, Sequence

from recurra.lesson.result import ModelResult
from recurra.report.formatting import short_name
from recurra.report.translation import translate

__all__ = ["ORIGIN", "described_networks", "terms"]

ORIGIN = ("https://github.com/microsoft/AI-For-Beginners", "lessons/5-NLP/16-RNN")
"""The lesson that this one grew from: its repository and its folder there."""


def _networks() -> dict[str, str]:
    return {
        "simple-rnn-titles": translate(
            "SimpleRNN with 16 units. It has no mask: it reads the pads behind a text as words."
        ),
        "simple-rnn-masked": translate("SimpleRNN with 16 units and a mask: it stops at the last word."),
        "gru": translate("GRU with 8 units and a mask. Gates decide how much of its state each word replaces."),
        "lstm": translate(
            "LSTM with 8 units. Gates decide what its second state, c, keeps. It has no mask and reads pads."
        ),
        "bilstm": translate(
            "Two layers of LSTM with 64 units in each direction, and a mask. One direction reads from the first word "
            "to the last, the other from the last to the first; the class is decided from where both end."
        ),
        "fast": translate(
            "minGRU with 32 units: its gate looks at the word alone, so that all steps are computed without a product "
            "from state to state."
        ),
    }


def described_networks(models: Sequence[ModelResult]) -> list[tuple[str, str]]:
    """The name of each network and what it is and reads; names that are not the lesson's are left out."""
    named, known = [(short_name(model["preset"]), model["reads"]) for model in models], _networks()

    def read(reads: str) -> str:
        return translate("Here it reads {reads}.", reads=reads.replace("first", "the first"))

    return [(name, translate(" ").join([known[name], read(reads)])) for name, reads in named if name in known]


def terms(models: Sequence[ModelResult], sections: Container[str]) -> list[tuple[str, str, str]]:
    """The words of the lesson that these networks need.

    Args:
        models: the networks.
        sections: the sections of the page.

    Returns:
        Of each word: the word, what it means, and the section that measures it, or ``""`` if the page has none.
    """
    cells = {model["cell"] for model in models}
    found = [
        (
            translate("State"),
            translate(
                "A list of numbers, one for each unit, that the network carries from word to word. Each word changes "
                "it, and the last one decides the class."
            ),
            "reading",
        ),
        (
            translate("Padding"),
            translate(
                "A batch is a table, so its texts must have one length: pads, tokens without a meaning, fill up the "
                "short ones."
            ),
            "pads",
        ),
        (
            translate("Mask"),
            translate("It tells the network which positions are pads, and the state stays as it was there."),
            "padding",
        ),
        (
            translate("Bucketing"),
            translate("Texts of similar length go into the same batch, so that fewer pads are needed."),
            "bucketing",
        ),
        (
            translate("Gradient"),
            translate(
                "How the loss changes with each weight. It runs back through all steps of the reading, and it vanishes "
                "where each step makes it smaller."
            ),
            "gradients",
        ),
    ]
    if cells & {"gru", "lstm", "min_gru"}:
        found.append(
            (
                translate("Gate"),
                translate(
                    "Numbers between 0 and 1, computed at each step, that the state is multiplied by: near 1 keeps, "
                    "near 0 forgets."
                ),
                "reading",
            )
        )
    return [(term, said, section if section in sections else "") for term, said, section in found]
