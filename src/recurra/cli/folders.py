"""A folder is not left behind where nothing came to lie in it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

__all__ = ["unless_empty"]


@contextlib.contextmanager
def unless_empty(folder: Path) -> Iterator[None]:
    """On failure, removes the folders that were made meanwhile, as far as they are empty.

    Args:
        folder: where the work inside writes to; its parents are looked after as well.
    """
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    except BaseException:
        # Innermost first; the first one that holds something ends it, and stays.
        with contextlib.suppress(OSError):
            for path in new:
                path.rmdir()
        raise
