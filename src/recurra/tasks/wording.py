"""The phrases of a task for messages, tables and model cards."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Wording"]


class Wording(NamedTuple):
    """The phrases of a task for messages, tables and model cards. Examples are those of single labels.

    Attributes:
        gives: an answer, after "a model that gives": ``one label``.
        each: a label as the title of a table's column: ``class``.
        plural: several of these: ``classes``.
        whole: everything that a row is labelled with: ``the label``.
        unlike: what one text in several rows may be found under: ``several labels``.
        rare: a sentence for files in which no row can be held out: ``Every class has one row``.
        right: name of the share of right rows: ``accuracy``.
        summary: of the model card, after "Reads a text as words and", with ``{count}`` labels.
        use: intended use in the model card, after "texts like those that it learned from,", with ``{count}`` labels.
        limit: limitations in the model card, a sentence.
        doubtful: the commands that find doubtful rows, with the verb.
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
