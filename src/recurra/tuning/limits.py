"""What ends a study, and what its models may be."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from recurra.errors import SettingsError

__all__ = ["StudyLimits"]


@dataclass(frozen=True, kw_only=True)
class StudyLimits:
    """What ends a study, and what a model may be.

    Attributes:
        minutes: from now; ``None`` sets no bound.
        trials: in all, those before a resumption included; ``None`` sets no bound.
        max_size: bytes of the model's file, or ``None``.
        int8: the file holds the large weights as int8.

    Raises:
        SettingsError: neither minutes nor trials are given, or a bound is no number above 0.
    """

    minutes: float | None = None
    trials: int | None = None
    max_size: int | None = None
    int8: bool = False

    def __post_init__(self) -> None:
        if self.minutes is None and self.trials is None:
            raise SettingsError("Neither minutes nor trials are given", "Say when the study is to end.")
        # NumPy's numbers are registered as what they are.
        kinds: dict[str, tuple[Any, str]] = {
            "minutes": (Real, "number"),
            "trials": (Integral, "whole number"),
            "max_size": (Integral, "whole number of bytes"),
        }
        for name, (kind, what) in kinds.items():
            value = getattr(self, name)
            if value is not None and (not isinstance(value, kind) or isinstance(value, bool) or not value > 0):
                raise SettingsError(f"{name} is {value!r:.80}", f"Give a {what} above 0, or None for no bound.")
