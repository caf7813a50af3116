"""Made-up readings and gradients for pages."""

from __future__ import annotations

from typing import Any

import numpy as np
from bundles import make_bundle

from recurra.inspection import read
from recurra.runtime import Model

CLASSES = ["World", "Sports", "Business", "Sci/Tech"]


def made_up_reading(**network: Any) -> Any:
    """A text as a network with random weights reads it, with everything that a reading can have."""
    model = Model(make_bundle(**{"cell": "gru", "hidden": 8, "scale": 1.5, "labels": tuple(CLASSES), **network}))
    return read(model, "The team wins a late match in Rome, zzz!", name="lesson/gru", gates=True, attribution=True)


def flow(name: str, when: str, fade: float, *, cell_norm: float | None = None) -> dict[str, Any]:
    """A gradient that fades by the same factor at each step, and one by the cell state by another."""
    norm = [fade**distance for distance in range(45)]
    return {
        "name": name,
        "cell": "lstm" if name.endswith("lstm") else "simple_rnn",
        "when": when,
        "documents": 200,
        "distance": list(range(45)),
        "norm": norm,
        "low": [0.8 * value for value in norm],
        "high": [1.2 * value for value in norm],
        "half_distance": float(np.log(0.5) / np.log(fade)) if fade**44 < 0.5 else None,
        "reached": [200] * 45,
        "cell_norm": None if cell_norm is None else [cell_norm**distance for distance in range(45)],
        "cell_half_distance": None if cell_norm is None else float(np.log(0.5) / np.log(cell_norm)),
        "pads": 52 if name.endswith("lstm") else None,
    }
