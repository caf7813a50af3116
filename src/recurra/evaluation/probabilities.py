"""Probabilities as whoever calls holds them: an array, lists, or a data frame whose columns have the classes' names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.data.plain_values import named_matrix
from recurra.errors import DataError
from recurra.evaluation.label_targets import places_of

__all__ = ["class_probabilities", "log_probabilities"]


def class_probabilities(given: Any, classes: Sequence[Label], received: str, hint: str) -> npt.NDArray[np.floating]:
    """Probabilities as an array [B, C'] with the columns in the order of the classes, where names say which they are.

    Args:
        given: an array or lists, in the order of the classes; or a data frame or Arrow table. If the names of its
            columns are texts, they must be the classes.
        classes: C labels.
        received: begins the message on what is no matrix of numbers, such as labels.
        hint: ends it.

    Raises:
        DataError: it is no matrix of numbers, or the names of its columns are not the classes.
    """
    named = named_matrix(given)
    if named is not None:
        places = places_of(named.names, classes)
        if places is not None:
            given = named.values[:, places]
        elif named.names and all(isinstance(name, str) for name in named.names):
            raise DataError(
                f"The columns of the probabilities are {', '.join(map(repr, named.names))!s:.80}, and the classes "
                f"{', '.join(map(repr, classes))!s:.80}",
                "Name the columns as the classes, or give frame.to_numpy() in their order.",
            )
        else:
            given = named.values
    try:
        found = given if isinstance(given, np.ndarray) else np.asarray(given)
        if found.dtype.kind == "O":
            found = found.astype(np.float64)
        if found.ndim == 2 and found.dtype.kind in "biuf":
            return found
    except (TypeError, ValueError):
        pass
    shape = list(getattr(given, "shape", ()))
    shown = f"an array {shape}" if shape else " ".join(repr(given).split())
    raise DataError(f"{received}, float[rows, classes], and was given {shown:.60}", hint)


def log_probabilities(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The natural logarithm of probabilities, float32[B, C]; of 0 it is ``-inf``, without a warning."""
    with np.errstate(divide="ignore"):
        return np.log(probabilities)
