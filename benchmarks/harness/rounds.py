"""Rounds in turn, and what they say: medians and spreads of ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from harness.peers.protocol import Timing

__all__ = ["PAUSE", "Player", "Spread", "play_in_turn", "rates", "spread_of", "times_as_fast"]

# Seconds between turns: thread pools of some libraries go on spinning for a while after their work.
PAUSE = 0.25


class Player(Protocol):
    """Who takes part."""

    def play(self) -> Timing:
        """One round."""
        ...


class Spread(NamedTuple):
    """A figure over the rounds."""

    median: float
    low: float
    high: float


def play_in_turn(
    players: Sequence[Player], rounds: int, *, pause: float = PAUSE, say: Callable[[str], None] = lambda message: None
) -> list[list[Timing]]:
    """Lets everybody play, one after the other, round after round.

    Every second round goes backwards, so that a machine that becomes slower or faster meanwhile favours nobody.

    Args:
        players: who takes part.
        rounds: turns of each.
        pause: seconds before each turn.
        say: hears of each round.

    Returns:
        Each player's rounds, in the order of the players.
    """
    played: list[list[Timing]] = [[] for _ in players]
    for number in range(rounds):
        places = range(len(players))
        for place in reversed(places) if number % 2 else places:
            time.sleep(pause)
            played[place].append(players[place].play())
        say(f"round {number + 1} of {rounds}")
    return played


def rates(rounds: Sequence[Timing]) -> list[float]:
    """Documents a second, of each round."""
    return [one.documents / one.seconds for one in rounds]


def times_as_fast(ours: Sequence[Timing], peer: Sequence[Timing]) -> Spread:
    """How many times as fast as the peer we are: the ratio of the rates in each round, over the rounds."""
    return spread_of([our / other for our, other in zip(rates(ours), rates(peer), strict=True)])


def spread_of(values: Sequence[float]) -> Spread:
    """Median, lowest and highest."""
    return Spread(statistics.median(values), min(values), max(values))
