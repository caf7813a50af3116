"""The lines that a running service logs: each with its time and level, as text or as JSON."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

__all__ = ["log_to_stderr"]


def log_to_stderr(*, as_json: bool) -> None:
    """Sends the log of this process to standard error.

    Args:
        as_json: one JSON object a line, with ``time``, ``level`` and ``message``, instead of text.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _Lines("%(asctime)s %(levelname)s recurra: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class _Lines(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """The time in ISO 8601, UTC."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _JsonLines(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        """One JSON object; the traceback of a bug is part of its message."""
        line = {"time": self.formatTime(record), "level": record.levelname.lower(), "message": super().format(record)}
        return json.dumps(line)
