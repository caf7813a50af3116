"""Settings of a run once it is chosen whether to read words or characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document
from recurra.models.settings import NetworkSettings
from recurra.settings import spread
from recurra.text import TextSettings
from recurra.text.choice import TokenChoice, choose_tokens, looked_at
from recurra.text.fields import readable
from recurra.training.settings import TrainingSettings

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
