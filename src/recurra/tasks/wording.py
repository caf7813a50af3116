"""A task in phrases."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Wording"]


class Wording(NamedTuple):
    """A task in phrases, for messages, tables and cards.

    Attributes:
        gives: what a model gives a row: ``one label``.
        each: what one of its labels is called in a table: ``class``.
        plural: what several of them are called.
        whole: all that a row has: ``the label``.
        unlike: what rows have that do not have the same: ``several labels``.
        rare: that no row can be spared.
        right: what the share of right rows is called: ``accuracy``.
        summary: after "Reads a text as words and", with ``{count}`` labels.
        use: for texts … of these labels, with ``{count}``.
        limit: a sentence on what a person should know before trusting an answer.
        doubtful: the commands that find doubtful rows, and the verb.
    """

    gives: str
    each: str
    plural: str
    whole: str
    unlike: str
    rare: str
    right: str
    summary: str
    use: str
    limit: str
    doubtful: str
