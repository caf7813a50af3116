"""The address of a model on the hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePath

from recurra.errors import SettingsError

__all__ = ["MODEL_FILE", "PREFIX", "HubAddress", "display_folder"]

PREFIX = "hf://"

MODEL_FILE = "model.safetensors"
"""The file of a repository that holds the model."""

# The hub's own rules. Two dots would lead out of the cache's folders, which are named after owner, name and revision.
_PART = r"[A-Za-z0-9](?:(?!\.\.|--)[A-Za-z0-9._-]){0,95}"
_REVISION = r"[A-Za-z0-9](?:(?!\.\.|//)[A-Za-z0-9._/-]){0,199}"
_HINT = f"Write {PREFIX}owner/name, or {PREFIX}owner/name@revision for a branch, a tag or a commit."
_ADDRESS = re.compile(rf"(?:{PREFIX})?({_PART}/{_PART})(?:@({_REVISION}))?")


@dataclass(frozen=True)
class HubAddress:
    """The address of a model on the hub.

    Attributes:
        repository: ``owner/name``.
        revision: a branch, a tag or a commit; ``None`` for the main branch.
    """

    repository: str
    revision: str | None = None

    @classmethod
    def parse(cls, text: str, hint: str = _HINT) -> HubAddress:
        """Reads ``hf://owner/name`` or ``hf://owner/name@revision``, each also without ``hf://``.

        Args:
            text: what was given.
            hint: what to write instead where it is no address.

        Raises:
            SettingsError: it is no such address.
        """
        found = _ADDRESS.fullmatch(text)
        if found is None:
            raise SettingsError(f"{text!r:.120} is no address of a model on the hub", hint)
        return cls(found[1], found[2])

    def __str__(self) -> str:
        return f"{PREFIX}{self.repository}{'' if self.revision is None else f'@{self.revision}'}"


def display_folder(path: Path) -> PurePath:
    """The folder that a model file is named after: its own, but ``owner/name@commit`` for one in the hub's cache."""
    # …/models--owner--name/snapshots/commit/model.safetensors
    parts = path.parts[-4:]
    repository = parts[0].split("--") if len(parts) == 4 and parts[1] == "snapshots" else []
    if len(repository) != 3 or repository[0] != "models":
        return path.parent
    return PurePath(repository[1], f"{repository[2]}@{parts[2][:7]}")
