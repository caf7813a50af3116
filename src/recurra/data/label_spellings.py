"""One class in several spellings: labels that differ in case, white space, dashes, decimal zeros, or by damage."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from recurra.data.known_labels import DASHES, folded, without_decimal_zeros
from recurra.data.text_repair import repair_text, without_entities, without_mojibake

__all__ = [
    "damage_of",
    "leading_zeros_sentence",
    "repaired_label",
    "spelling_differences",
    "spelling_key",
    "usual_spellings",
]

_ZERO_WIDTH = re.compile("[\u200b\u2060\ufeff]")
# Some languages and emoji need them; two labels that differ by them alone are one class nevertheless.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufe0e\ufe0f\ufeff]")


SHOWN = 3
"""Number of labels that a sentence names."""


def repaired_label(label: str, *, unescape: bool = False) -> str:
    """A label after the repairs of texts, without zero-width spaces and with composed letters (NFC).

    Case and white space stay. A label of which nothing would be left stays as it is.

    Args:
        label: the label in the file.
        unescape: whether to replace HTML entities by the characters that they stand for.
    """
    repaired, before = label, ""
    # One repair may show what the next one is for; each makes the label shorter or changes nothing.
    while repaired != before:
        before = repaired
        repaired = unicodedata.normalize("NFC", _ZERO_WIDTH.sub("", repair_text(repaired, unescape=unescape)))
    return repaired if repaired.strip() else label


def spelling_key(label: str) -> str:
    """Equal for labels that are equal when :func:`recurra.data.known_labels.folded`, or differ by damage alone."""
    return folded(_UNSEEN.sub("", repaired_label(label, unescape=True))) or label


def spelling_differences(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """What spellings may differ in: case, white space and, if some of these do, dashes, HTML entities, decimal zeros.

    Args:
        pairs: labels, each with the same class in another spelling.
    """
    written = list(pairs)
    decoded = [(without_entities(label), without_entities(best)) for label, best in written]
    dashes = any({*label}.intersection(DASHES) != {*best}.intersection(DASHES) for label, best in decoded)
    zeros = any(
        (without_decimal_zeros(label.strip()) != label.strip()) != (without_decimal_zeros(best.strip()) != best.strip())
        for label, best in decoded
    )
    some = {"dashes": dashes, "HTML entities": decoded != written, "decimal zeros": zeros}
    return ["case", "white space", *(name for name, found in some.items() if found)]


def damage_of(label: str, best: str) -> str:
    """How a label is damaged, in the plural or as a mass noun; empty if the two are equal when folded.

    Args:
        label: a label.
        best: the same class in its cleanest spelling.
    """
    if folded(label) == folded(best):
        return ""
    decoded = without_entities(label)
    if without_mojibake(decoded) != decoded:
        return "mojibake"
    composed = folded(unicodedata.normalize("NFC", label))
    return "decomposed letters" if composed == folded(best) else "invisible characters"


def leading_zeros_sentence(labels: Iterable[object], known: Iterable[object]) -> str:
    """A sentence, with a space before it, on numbers that differ from known labels by leading zeros; else empty."""
    classes = {without: str(label) for label in known if (without := _without_zeros(label)) is not None}
    pairs = [(str(label), classes[bare]) for label in labels if (bare := _without_zeros(label)) in classes]
    if not pairs:
        return ""
    shown = ", ".join(f"{label!r:.40} is {own!r:.40}" for label, own in pairs[:SHOWN])
    more = f" and {len(pairs) - SHOWN:,} more" if len(pairs) > SHOWN else ""
    return f" But for leading zeros, {shown}{more}: write them alike."


def _without_zeros(label: object) -> str | None:
    """The digits of a whole number without leading zeros; ``None`` for other labels."""
    written = str(label).strip()
    return written.lstrip("0") or "0" if re.fullmatch(r"[0-9]+", written) else None


def usual_spellings(
    counts: Mapping[str, int], known: Collection[str] = (), *, unescape: bool = False
) -> dict[str, str]:
    """The cleanest spelling by other spelling, for labels with the same :func:`spelling_key`.

    A clean spelling is repaired, has no white space around it and single spaces within. Of the spellings in a file, so
    cleaned, it is one without HTML entities and decimal zeros, if there is one; of these, the one

    1. in the case that most classes have (lower case, capitals, or a capital first): most of those that are written in
       one way, or else most of all by their most frequent spelling;
    2. not in capitals throughout;
    3. of the most rows;
    4. first by code point.

    A label that is damaged gets its clean spelling also where no other label has it; decomposed letters alone are no
    damage, nor are HTML entities.

    Args:
        counts: number of rows by label.
        known: classes of a model: they are kept as they are, and a label that is one but for case, white space or
            damage gets that class's spelling, of several the one of the most rows.
        unescape: whether HTML entities are damage.
    """
    groups: dict[str, list[str]] = {}
    for name in counts:
        groups.setdefault(spelling_key(name), []).append(name)
    models: dict[str, list[str]] = {}
    for name in known:
        models.setdefault(spelling_key(name), []).append(name)
    main = [max(same, key=lambda name: counts[name]) for same in groups.values()]
    case = _leading_case(same[0] for same in groups.values() if len(same) == 1) or _leading_case(main)
    usual: dict[str, str] = {}
    for key, same in groups.items():
        if own := models.get(key):
            best = min(own, key=lambda name: (-counts.get(name, 0), name))
            usual |= {name: best for name in same if name not in own}
        elif len(same) > 1 or repaired_label(same[0], unescape=unescape) != unicodedata.normalize("NFC", same[0]):
            best = _cleanest({name: counts[name] for name in same}, case, unescape=unescape)
            usual |= {name: best for name in same if name != best}
    return usual


def _cleanest(counts: Mapping[str, int], case: str | None, *, unescape: bool) -> str:
    """The cleanest of the spellings of one class, by their rows and the case that most classes have."""
    rows: Counter[str] = Counter()
    for name, count in counts.items():
        rows[" ".join(repaired_label(name, unescape=unescape).split())] += count

    def rank(name: str) -> tuple[bool, bool, bool, int, str]:
        own, plain = _case(name), without_decimal_zeros(without_entities(name))
        return plain != name, case is not None and own != case, own == "upper", -rows[name], name

    return min(rows, key=rank)


def _leading_case(names: Iterable[str]) -> str | None:
    """The case that most labels have; ``None`` if several lead, or no label has one."""
    cases = Counter(filter(None, map(_case, names))).most_common(2)
    return cases[0][0] if len(cases) == 1 or (cases and cases[0][1] > cases[1][1]) else None


def _case(name: str) -> str | None:
    """``lower``, ``upper`` or ``capital``; ``None`` for a label of another kind or without letters that have a case."""
    name = without_entities(name)
    if name.islower():
        return "lower"
    if name.isupper():
        return "upper"
    return "capital" if name.strip()[:1].isupper() else None
