"""Lines of the log, as text and as JSON."""

from __future__ import annotations

import json
import logging

from recurra.serving.log import _JsonLines, _Lines


def test_lines_of_the_log_have_a_time_and_a_level() -> None:
    record = logging.LogRecord("recurra", logging.WARNING, "", 1, "gone: %s", ("ö",), None)
    record.created = 1_700_000_000.25
    line = _Lines("%(asctime)s %(levelname)s recurra: %(message)s").format(record)
    assert line == "2023-11-14T22:13:20.250Z WARNING recurra: gone: ö"
    assert json.loads(_JsonLines().format(record)) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "warning",
        "message": "gone: ö",
    }
