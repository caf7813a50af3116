"""The one place where answers that are no finite numbers are found: finite weights may give them, too, by overflow."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from recurra.errors import ModelFileError

__all__ = ["checked_finite"]

Values = TypeVar("Values", bound=npt.NDArray[np.floating])


def checked_finite(values: Values, what: str = "answer") -> Values:
    """The values themselves, floats of any shape.

    Args:
        values: what a model computed.
        what: they are, for the error.

    Raises:
        ModelFileError: one of them is infinite or no number.
    """
    finite = np.isfinite(values)
    # Counting takes a microsecond for the answer to one document, and finite.all() twice that.
    if np.count_nonzero(finite) < finite.size:
        raise ModelFileError(
            f"The model's {what} is {values[~finite][0]}, and no finite number: its weights are too large",
            "Train the model again, with a lower learning rate or with clipping (clip).",
        )
    return values
