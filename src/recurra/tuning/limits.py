"""What ends a study, and what its models may be."""

from __future__ import annotations

from dataclasses import dataclass

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
    """

    minutes: float | None = None
    trials: int | None = None
    max_size: int | None = None
    int8: bool = False

    def __post_init__(self) -> None:
        if self.minutes is None and self.trials is None:
            raise SettingsError("Neither minutes nor trials are given", "Say when the study is to end.")
