"""A file of the Hugging Face Hub, whose body is cut off where it is longer than it may be."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from recurra.errors import RecurraError

__all__ = ["SLACK", "download_file"]

SLACK = 1 << 20
"""Bytes above the bound that are let pass: where the library reports what it transfers, it counts some more."""


def download_file(most: int, too_long: RecurraError, **file: Any) -> Path:
    """Fetches a file into huggingface_hub's cache; what is fetched of one that is too long is removed.

    The library compares the length of a file with what the hub announced only once all of it has been written. Its
    progress bars hear of every part before; a library whose ``hf_hub_download`` takes no class for them (some of
    before 1.0) bounds nothing.

    Args:
        most: bytes that the file may have.
        too_long: raised at the part that goes beyond.
        file: for ``huggingface_hub.hf_hub_download``.
    """
    import huggingface_hub as hub

    if "tqdm_class" in inspect.signature(hub.hf_hub_download).parameters:
        file["tqdm_class"] = _bounded_bar(most, too_long)
    return Path(hub.hf_hub_download(**file))


def _bounded_bar(most: int, too_long: RecurraError) -> type:
    """The library's progress bar, with an error where more bytes come."""
    from huggingface_hub.utils import tqdm

    class BoundedBar(tqdm):  # type: ignore[misc]
        received: float = 0

        def update(self, n: float | None = 1) -> bool | None:
            # The bar's own count stands still where it is not shown.
            self.received += n or 0
            if self.received > most + SLACK:
                raise too_long
            shown: bool | None = super().update(n)
            return shown

    return BoundedBar
