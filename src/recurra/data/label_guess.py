"""Which columns may be that of the labels, by their names and by what they hold."""

from __future__ import annotations

from collections.abc import Sequence

from recurra.data.column_names import ambiguous, by_name
from recurra.data.column_statistics import ColumnStatistics
from recurra.data.usual_names import (
    FAIR_LABEL_NAMES,
    LABEL_NAMES,
    LOOSE_LABEL_NAMES,
    WEAK_LABEL_NAMES,
    has_label_word,
    has_weak_label_name,
    is_id_or_date_name,
    is_text_name,
    is_title_name,
    plain_name,
)

__all__ = ["named_label"]

_STRONG_NAMES = (LABEL_NAMES[0], (*LABEL_NAMES[1], *LOOSE_LABEL_NAMES), *LABEL_NAMES[2:])


def named_label(
    free: Sequence[ColumnStatistics], source: str, *, wanted: bool, with_text: bool
) -> tuple[str | None, list[str]]:
    """The column with a label's name, and what may be the labels beside it; ``None`` where no name decides.

    A fair name decides where there is no better one, a weak one only where there is no other candidate. Where no label
    is wanted, the first such name counts.

    Raises:
        DataError: several columns are equally likely.
    """
    if not wanted:
        # What may be a free text, such as a reason, is left for the texts.
        return by_name(free, (*LABEL_NAMES, FAIR_LABEL_NAMES, WEAK_LABEL_NAMES), source, "label", strict=False), []
    label = by_name(_strongly_named(free), _STRONG_NAMES, source, "label", strict=True)
    fair = [fact.name for fact in free if plain_name(fact.name) in FAIR_LABEL_NAMES]
    weak = _weakly_named(free)
    if label is None and (found := _with_label_word(free)):
        if len(found) > 1:
            raise ambiguous(source, "label", found)
        label = found[0]
    if label is None:
        label = by_name(free, (FAIR_LABEL_NAMES,), source, "label", strict=True)
    candidates = _label_candidates(free, with_text=with_text)
    if label is None and weak:
        if len(candidates) > 1:
            raise ambiguous(source, "label", candidates)
        label = weak[0]
    if label is None or plain_name(label) in _STRONG_NAMES[0]:
        # Beside "label" no other column is likely.
        return label, []
    if any(plain_name(label) in tier for tier in _STRONG_NAMES):
        # Nor is one that has no label's name, beside "topic".
        candidates = [name for name in candidates if name in {*fair, *weak, *_with_label_word(free)}]
    return label, [name for name in candidates if name != label]


def _strongly_named(facts: Sequence[ColumnStatistics]) -> list[ColumnStatistics]:
    """The columns among which one of ``_STRONG_NAMES`` says that it is that of the labels."""
    return [fact for fact in facts if fact.repeats or plain_name(fact.name) not in LOOSE_LABEL_NAMES]


def _with_label_word(facts: Sequence[ColumnStatistics]) -> list[str]:
    """The columns whose values repeat and whose names have a word of labels, such as ``Ticket category``."""
    return [fact.name for fact in facts if _repeats(fact) and has_label_word(fact.name)]


def _weakly_named(facts: Sequence[ColumnStatistics]) -> list[str]:
    """The columns with a name of labels that other columns have as well, such as ``Language``."""
    return [fact.name for fact in facts if has_weak_label_name(fact.name, repeats=fact.repeats)]


def _label_candidates(facts: Sequence[ColumnStatistics], *, with_text: bool) -> list[str]:
    """The columns that may be that of the labels, by a name or by values that repeat.

    Args:
        facts: the columns that have no role yet.
        with_text: whether one of them is that of the texts: it is no candidate.
    """
    named = {*_weakly_named(facts), *_with_label_word(facts)}
    named |= {
        fact.name
        for fact in _strongly_named(facts)
        if any(plain_name(fact.name) in tier for tier in (*_STRONG_NAMES, FAIR_LABEL_NAMES))
    }
    others = [fact for fact in facts if fact.name not in named]
    found = [
        fact
        for fact in others
        if _repeats(fact)
        and not is_text_name(fact.name)
        and not is_title_name(fact.name)
        and not is_id_or_date_name(fact.name)
    ]
    texts = [fact for fact in others if fact.mean_length is not None and not fact.numbers]
    if with_text and found and len(texts) == len(found):
        # Texts that repeat, such as names of people.
        found.remove(max(found, key=lambda fact: fact.mean_length or 0.0))
    kept = {*named, *(fact.name for fact in found)}
    return [fact.name for fact in facts if fact.name in kept]


def _repeats(fact: ColumnStatistics) -> bool:
    """Whether a column of words repeats its values; one of yes and no says little beside others."""
    return fact.repeats and fact.mean_length is not None and not fact.flags
