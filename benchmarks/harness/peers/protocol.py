"""A participant's side of the line protocol, and how rounds are timed.

A participant prepares itself, then says on standard output, in one line of JSON, who it is, or ``{"missing": module}``
if it lacks one. After that each line on standard input asks for a round, which it answers with ``{"seconds": …,
"documents": …}``. The end of standard input ends it. What its libraries print goes to standard error.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

__all__ = ["Participant", "Timing", "one_by_one", "serve", "until"]

Item = TypeVar("Item")

# Documents read before a round of single ones is timed: a process that has slept finds its caches empty.
WAKING = 20


class Timing(NamedTuple):
    """A round: so many documents took so many seconds; one document and its median time where latency is timed."""

    seconds: float
    documents: int


class Participant(NamedTuple):
    """Who is ready.

    Attributes:
        title: name and version, for tables.
        settings: how it does the job, for people.
        versions: of the packages that matter, by name.
        play: does a round.
    """

    title: str
    settings: str
    versions: dict[str, str]
    play: Callable[[], Timing]


def serve(prepare: Callable[[], Participant]) -> None:
    """Obeys the protocol until standard input ends.

    Args:
        prepare: imports, builds and warms up.
    """
    # Libraries print as they like; the protocol keeps the real standard output to itself.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(**values: object) -> None:
        answers.write(json.dumps(values) + "\n")
        answers.flush()

    try:
        participant = prepare()
    except ModuleNotFoundError as error:
        answer(missing=(error.name or str(error)).partition(".")[0])
        return
    python = ".".join(map(str, sys.version_info[:3]))
    answer(
        title=participant.title,
        settings=participant.settings,
        versions={**participant.versions, "python": python},
    )
    for _ in sys.stdin:
        answer(**participant.play()._asdict())


def until(seconds: float, work: Callable[[], int]) -> Timing:
    """Repeats ``work``, which says how many documents it did, until so many seconds have passed; once at least."""
    began, documents = time.perf_counter(), 0
    while True:
        documents += work()
        passed = time.perf_counter() - began
        if passed >= seconds:
            return Timing(passed, documents)


def one_by_one(items: Sequence[Item], answer: Callable[[Item], object]) -> Timing:
    """The median time of one item, after some that only wake the process."""
    for item in items[:WAKING]:
        answer(item)
    times = []
    for item in items:
        began = time.perf_counter()
        answer(item)
        times.append(time.perf_counter() - began)
    return Timing(statistics.median(times), 1)
