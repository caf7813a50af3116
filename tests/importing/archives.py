"""Archives of Keras with other members or another configuration."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any


def members_of(data: bytes) -> dict[str, bytes]:
    """The members of a ``.keras`` file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive_of(members: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> bytes:
    """A ``.keras`` file with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_config(data: bytes, change: Callable[[Any], None]) -> bytes:
    """A ``.keras`` file whose configuration was changed."""
    members = members_of(data)
    config = json.loads(members["config.json"])
    change(config)
    return archive_of({**members, "config.json": json.dumps(config).encode()})
