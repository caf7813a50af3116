"""The errors of Recurra: each is one line that says what was received and what to do."""

from __future__ import annotations

import re
import warnings
from typing import Self

__all__ = [
    "DataError",
    "HubError",
    "MissingFolderError",
    "MissingModelError",
    "ModelFileError",
    "RecurraError",
    "SettingsError",
    "TrainingError",
]


class RecurraError(Exception):
    """A mistake that a user can correct.

    As a text it is for who calls Python: :func:`in_python` spells the options in its hint.

    Args:
        received: what was found, with the offending value.
        hint: what to try, as an instruction, with options as the commands have them: ``--label``, ``--set hidden=8``.
    """

    def __init__(self, received: str, hint: str) -> None:
        self.received = " ".join(received.split())
        self.hint = " ".join(hint.split())
        super().__init__(f"{self.received.rstrip('.')}. {in_python(self.hint)}")

    @property
    def for_commands(self) -> str:
        """The whole line with options as the commands have them."""
        return f"{self.received.rstrip('.')}. {self.hint}"

    def with_hint(self, more: str) -> Self:
        """The same error with more in its hint."""
        error = type(self)(self.received, f"{self.hint} {more}")
        error.__dict__ |= {name: value for name, value in vars(self).items() if name not in ("received", "hint")}
        return error

    @property
    def mend(self) -> str:
        """The hint, as it was called before; it goes with the next release."""
        warnings.warn("RecurraError.mend is called hint now.", DeprecationWarning, stacklevel=2)
        return self.hint

    def __reduce__(self) -> tuple[type[RecurraError], tuple[str, str]]:
        # Errors cross process borders in cross-validation, where the default copy would pass one argument.
        return type(self), (self.received, self.hint)


def _as_option(found: re.Match[str]) -> str:
    name, value = found.groups()
    shown = value if re.fullmatch(r"[\d.]+|true|false|[\[\"].*", value) else f'"{value}"'
    return f'options={{"{name}": {shown.replace("true", "True").replace("false", "False")}}}'


def in_python(hint: str) -> str:
    """The hint with arguments of Python for those options that have the same name there; others stay as they are."""
    hint = re.sub(r"--set ([a-z_0-9]+)=([^\s,;]*[^\s,;.])", _as_option, hint)
    hint = re.sub(r"--(encoding|format) ([\w-]+)", r"\1='\2'", hint)
    hint = re.sub(r"--(text|title|label|encoding|format)\b(?!-)", r"\1=", hint)
    hint = re.sub(r"--validation\b(?!-)", "validation_data=(X, y)", hint)
    return re.sub(r"--resume\b", "resume=True", hint)


class DataError(RecurraError, ValueError):
    """A table, a text or a label cannot be used as it is."""


class SettingsError(RecurraError, ValueError):
    """A setting, a preset or a combination of them is not possible."""


class ModelFileError(RecurraError, ValueError):
    """A model file is cut, altered, hostile or of a newer format, or the model's answers are no finite numbers."""


class MissingModelError(ModelFileError, FileNotFoundError):
    """There is no such model file."""


class MissingFolderError(RecurraError, FileNotFoundError):
    """There is no folder for a file that is to be written."""


class HubError(RecurraError, RuntimeError):
    """The Hugging Face Hub cannot be reached, refuses access, or does not hold what was asked for."""


class TrainingError(RecurraError, RuntimeError):
    """Training cannot go on; what was learned so far is kept."""
