"""Settings of a run once it is chosen whether to read words or characters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from recurra.data.corpus import RowSubset
from recurra.networks.settings import NetworkSettings
from recurra.presets.training_settings import TrainingSettings
from recurra.settings import spread
from recurra.text import TextSettings
from recurra.text.choice import TokenChoice, choose_tokens, looked_at
from recurra.text.fields import readable
from recurra.training.callbacks import Callback
from recurra.training.prepare import Labelled, split_of

__all__ = ["Resolved", "resolve"]


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What a run is trained with.

    Attributes:
        text: how documents become tokens; never ``auto``.
        network: the network's shape.
        training: the training's settings.
        choice: what was chosen and why, or ``None`` where the settings said it.
    """

    text: TextSettings
    network: NetworkSettings
    training: TrainingSettings
    choice: TokenChoice | None = None


def resolve(
    labelled: Labelled,
    *,
    text: TextSettings,
    network: NetworkSettings,
    training: TrainingSettings,
    characters: Mapping[str, Any] | None = None,
    callbacks: Callback | None = None,
) -> Resolved:
    """Chooses words or characters where ``tokens`` is ``auto``, by the rows that will be trained on.

    Args:
        labelled: all rows; those that the settings hold out are not looked at.
        text: the text pipeline's settings.
        network: the network's.
        training: the training's.
        characters: single settings, of any of the three, that differ where characters are chosen.
        callbacks: hears what was chosen, and why.

    Raises:
        DataError: nothing can be held out.
        SettingsError: ``characters`` names an unknown setting, or a value out of range.
    """
    if text.tokens != "auto":
        return Resolved(text=text, network=network, training=training)
    corpus = labelled.corpus
    kept, _ = split_of(labelled, training)
    places = kept[looked_at(len(kept))]
    marked = np.zeros(len(corpus), dtype=bool)
    marked[places] = True
    documents = list(chain.from_iterable(RowSubset(corpus, marked).blocks()))
    choice = choose_tokens(readable(documents, text), labelled.task.single(labelled.targets[places]))
    if callbacks:
        callbacks.on_message(str(choice))
    groups = {"text": text, "network": network, "training": training}
    differing = characters if choice.tokens == "characters" and characters else {}
    changes = spread({**differing, "tokens": choice.tokens}, groups)
    return Resolved(
        text=text.replace(**changes["text"]),
        network=network.replace(**changes["network"]),
        training=training.replace(**changes["training"]),
        choice=choice,
    )
