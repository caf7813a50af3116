"""The errors of Recurra: each is one line that says what was received and what to do."""

from __future__ import annotations

import warnings

__all__ = ["DataError", "HubError", "ModelFileError", "RecurraError", "SettingsError", "TrainingError"]


class RecurraError(Exception):
    """A mistake that a user can correct.

    Args:
        received: what was found, with the offending value.
        hint: what to try, as an instruction.
    """

    def __init__(self, received: str, hint: str) -> None:
        self.received = " ".join(received.split())
        self.hint = " ".join(hint.split())
        super().__init__(f"{self.received.rstrip('.')}. {self.hint}")

    @property
    def mend(self) -> str:
        """The hint, as it was called before; it goes with the next release."""
        warnings.warn("RecurraError.mend is called hint now.", DeprecationWarning, stacklevel=2)
        return self.hint

    def __reduce__(self) -> tuple[type[RecurraError], tuple[str, str]]:
        # Errors cross process borders in cross-validation, where the default copy would pass one argument.
        return type(self), (self.received, self.hint)


class DataError(RecurraError, ValueError):
    """A table, a text or a label cannot be used as it is."""


class SettingsError(RecurraError, ValueError):
    """A setting, a preset or a combination of them is not possible."""


class ModelFileError(RecurraError, ValueError):
    """A model file is cut, altered, hostile or of a newer format, or the model's answers are no finite numbers."""


class HubError(RecurraError, RuntimeError):
    """The Hugging Face Hub cannot be reached, refuses access, or does not hold what was asked for."""


class TrainingError(RecurraError, RuntimeError):
    """Training cannot go on; what was learned so far is kept."""
