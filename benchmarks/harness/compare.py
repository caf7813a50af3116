"""One comparison: a job, ourselves, the fastest way of each peer, rounds in turn, a row of the table for each peer."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.participants import Peer
from harness.peers.protocol import Timing
from harness.rounds import PAUSE, play_in_turn, rates, times_as_fast
from harness.worker import MissingPackageError, Ready, Worker, our_command, peer_command, started
from recurra.errors import RecurraError
from recurra.kernels.threads import cpu_count

__all__ = ["Comparison", "compare"]


@dataclass
class Comparison:
    """What was measured.

    Attributes:
        rows: of the table, one a peer; plain JSON values.
        left_out: peers that could not take part, each with the reason.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Entry:
    """A participant that plays, and the ways that it was tried in with their rates."""

    worker: Worker
    ready: Ready
    tried: dict[str, float]


def compare(
    folder: Path,
    what: str,
    task: str,
    peers: Sequence[Peer],
    *,
    python: str,
    rounds: int,
    say: Callable[[str], None],
    pause: float = PAUSE,
) -> Comparison:
    """Measures us and the peers on a job.

    Args:
        folder: the job's.
        what: the rows' name.
        task: train, predict or latency.
        peers: who is asked to take part.
        python: the interpreter that has them.
        rounds: turns of each.
        say: hears of the progress.
        pause: seconds before each turn.

    Returns:
        A row for each peer that took part.

    Raises:
        RecurraError: a participant ended, the interpreter cannot be run, or no peer is left.
    """
    result = Comparison()
    with ExitStack() as stack:
        say(f"{what}: preparing recurra")
        worker = stack.enter_context(started("recurra", our_command(folder), log=folder / "recurra.log", ours=True))
        ours = _Entry(worker, worker.ready(), {})
        others = []
        for peer in peers:
            try:
                others.append(_fastest(peer, folder, task, python=python, stack=stack, say=say))
            except MissingPackageError as error:
                say(f"left out: {error}")
                result.left_out.append({"peer": peer.name, "reason": str(error)})
        if not others:
            raise RecurraError(
                f"{python} has none of the peers {', '.join(peer.name for peer in peers)}",
                "Give an interpreter that has them with --peers-python; make peers builds .venv-peers.",
            )
        played = play_in_turn([ours.worker, *(one.worker for one in others)], rounds, pause=pause, say=say)
    result.rows = [
        _row(what, task, ours, played[0], other, theirs) for other, theirs in zip(others, played[1:], strict=True)
    ]
    return result


def _fastest(
    peer: Peer, folder: Path, task: str, *, python: str, stack: ExitStack, say: Callable[[str], None]
) -> _Entry:
    """The peer in its fastest way, running until the stack ends it: each way does a round, the slower ones end."""
    ways = peer.ways(task, cpu_count())
    best: _Entry | None = None
    tried: dict[str, float] = {}
    for number, options in enumerate(ways):
        command = peer_command(python, peer.programs[task], folder, options)
        worker = stack.enter_context(started(peer.name, command, log=folder / f"{peer.name}-{number}.log"))
        ready = worker.ready()
        (rate,) = rates([worker.play()])
        if len(ways) > 1:
            say(f"tried {ready.title}: {ready.settings}: {rate:,.0f} documents/s")
        slower: Worker | None = worker
        if best is None or rate > max(tried.values()):
            slower, best = best.worker if best else None, _Entry(worker, ready, tried)
        if slower:
            slower.close()
        tried[ready.settings] = rate
    if best is None:
        raise RecurraError(f"{peer.name} has no way to {task}", "Leave it out.")
    return best


def _row(
    what: str, task: str, ours: _Entry, our_rounds: list[Timing], other: _Entry, their_rounds: list[Timing]
) -> dict[str, Any]:
    def figure(rounds: list[Timing]) -> float:
        rate = statistics.median(rates(rounds))
        return 1e6 / rate if task == "latency" else rate

    ratio = times_as_fast(our_rounds, their_rounds)
    return {
        "what": what,
        "unit": "µs a document" if task == "latency" else "documents/s",
        "ours": figure(our_rounds),
        "peer": figure(their_rounds),
        "peer_name": other.ready.title,
        "ratio": ratio.median,
        "ratio_low": ratio.low,
        "ratio_high": ratio.high,
        "rounds": {"ours": rates(our_rounds), "peer": rates(their_rounds)},
        "our_settings": ours.ready.settings,
        "peer_settings": other.ready.settings,
        "peer_tried": other.tried,
        "versions": {"ours": ours.ready.versions, "peer": other.ready.versions},
    }
