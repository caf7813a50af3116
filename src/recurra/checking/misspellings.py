"""Labels that look like misspellings of others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from recurra.checking.label_wording import shortened, shown_label
from recurra.data.label_spellings import spelling_key

__all__ = ["may_be_sentence", "near_spellings", "one_letter_apart", "similar_labels"]

ALIKE = 0.8
"""Minimum similarity of a label and its likely misspelling (Ratcliff and Obershelp 1988)."""

MORE_FREQUENT = 5
"""How many times the rows of a misspelling its class has at least: two classes of like size are hardly one."""

MOST = 5_000
"""Maximum number of labels that are compared: more are hardly classes."""

LONGEST = 80
"""Maximum number of characters of a label that is compared; longer ones may be texts."""

SHORTEST = 5
"""Minimum number of letters of a misspelt word: shorter ones, such as ``cat`` and ``car``, are often two words."""

ENDINGS = ("en", "es", "er", "n", "s", "e")
"""Endings of plurals, and of adjectives."""

# White space next to the mark is not in keys.
_AND = re.compile(r" (?:und|and|et|y) | u\.")

# Spaces, and hyphens between words: a single letter, as in ``a-b``, is none.
_JOINT = re.compile(r" |(?<=[^\W\d_]{2})[-_](?=[^\W\d_]{2})")

_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")

# Letters as keyboards without them write them.
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "œ": "oe"})


def similar_labels(names: Collection[str], known: Collection[str]) -> dict[str, str]:
    """The similar one of the ``known`` labels by label, for those that have one; spellings of one class are similar."""
    others = {spelling_key(name): name for name in known}
    numbers = {number: key for key in others if (number := _number(key)) is not None}
    found = {}
    for name in names:
        key = spelling_key(name)
        same = numbers.get(_number(key) or "")
        if meant := [same] if same is not None else get_close_matches(key, others, n=1, cutoff=ALIKE):
            found[name] = others[meant[0]]
    return found


def one_letter_apart(counts: Mapping[str, int]) -> dict[str, str]:
    """The label that is meant by label that looks misspelt, however many rows that has.

    It looks so if one word of it, of five letters or more, is one edit away from a label of five times its rows: a
    letter too many, too few, another one, or two that are swapped (Damerau 1964). Digits and short words, as in
    ``group A`` and ``group B``, are no misspellings. Labels that are equal but for letters that some keyboards lack,
    such as ``Müll``, ``Muell`` and ``Mull``, look like one class, however many rows they have: the most frequent.

    Args:
        counts: number of rows by label.
    """
    if len(counts) > MOST:
        return {}
    keys = {name: spelling_key(name) for name in counts if len(name) <= LONGEST}
    near: dict[str, list[str]] = {}
    for name, key in keys.items():
        for variant in _variants(key):
            near.setdefault(variant, []).append(name)
    found = {}
    for name, key in keys.items():
        others = dict.fromkeys(other for variant in _variants(key) for other in near[variant])
        meant = [
            other for other in others if counts[other] >= MORE_FREQUENT * counts[name] and _misspelt(key, keys[other])
        ]
        if meant:
            found[name] = max(meant, key=lambda other: (counts[other], other))
    return found | _without_accents(keys, counts)


def _without_accents(keys: Mapping[str, str], counts: Mapping[str, int]) -> dict[str, str]:
    """The most frequent of labels that differ only in letters that some keyboards lack, by other label."""
    same: dict[str, list[str]] = {}
    for name, key in keys.items():
        bare = "".join(letter for letter in unicodedata.normalize("NFD", key) if not unicodedata.combining(letter))
        for form in {key.translate(_DIGRAPHS), bare}:
            same.setdefault(form, []).append(name)
    found: dict[str, str] = {}
    for names in same.values():
        best = max(names, key=lambda name: (counts[name], name))
        found |= {name: best for name in names if keys[name] != keys[best]}
    return found


def near_spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """The more frequent label by label, for labels so much alike that they may be one class, or two.

    They differ only in spaces or hyphens between words (``log in``, ``log-in`` and ``login``), in ``&`` and a word for
    it (``and``, ``und``, ``et``, ``y``), or in an ending (``refund`` and ``refunds``), or they are one number (``010``,
    ``10`` and ``10.0``, as spreadsheets keep codes as texts and as numbers), however many rows they have.

    Args:
        counts: number of rows by label.
    """
    if len(counts) > MOST:
        return {}
    same: dict[str, list[str]] = {}
    for name in counts:
        if len(name) <= LONGEST:
            key = spelling_key(name)
            same.setdefault(_number(key) or _JOINT.sub("", _AND.sub("&", key)), []).append(name)
    groups = list(same.values())
    for form, names in same.items():
        bases = [form.removesuffix(ending) for ending in ENDINGS if form.endswith(ending)]
        groups += [names + same[base] for base in bases if base in same and re.search(rf"[^\W\d]{{{SHORTEST}}}$", base)]
    found: dict[str, str] = {}
    for names in groups:
        best = max(names, key=lambda name: (counts[name], name))
        found |= {name: best for name in names if name != best and name not in found}
    return found


def _number(key: str) -> str | None:
    """The same for all spellings of a number; ``None`` for other labels."""
    if not _NUMBER.fullmatch(key):
        return None
    sign, digits = ("-", key[1:]) if key[0] == "-" else ("", key.removeprefix("+"))
    whole, _, part = digits.replace(",", ".").partition(".")
    number = (whole.lstrip("0") or "0") + "." + part.rstrip("0")
    return number if number == "0." else sign + number


def may_be_sentence(meant: Mapping[str, str]) -> str:
    """``'monney' may be 'money'``, with a space before it; empty if nothing looks misspelt."""
    pairs = [f"{shown_label(name)} may be {shown_label(other)}" for name, other in meant.items()]
    return f" {shortened(pairs)}." if pairs else ""


def _variants(key: str) -> Iterator[str]:
    """The key, and the key without each of its characters: keys that are one edit apart share one."""
    yield key
    yield from {key[:place] + key[place + 1 :] for place in range(len(key))}


def _misspelt(key: str, other: str) -> bool:
    if re.sub(r"\d", "", key) == re.sub(r"\d", "", other):
        return False
    words, others = re.findall(r"\w+", key), re.findall(r"\w+", other)
    if len(words) != len(others):
        words, others = ["".join(words)], ["".join(others)]
    unlike = [pair for pair in zip(words, others, strict=True) if pair[0] != pair[1]]
    if not unlike:
        return len("".join(words)) >= SHORTEST
    return len(unlike) == 1 and min(map(len, unlike[0])) >= SHORTEST and _one_edit(*unlike[0])


def _one_edit(one: str, other: str) -> bool:
    """Whether two words are equal, or one edit apart."""
    start = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if start is None:
        return abs(len(one) - len(other)) <= 1
    rest, others = one[start:], other[start:]
    swapped = rest[1::-1] + rest[2:]
    return others in (swapped, others[:1] + rest[1:], rest[1:]) or others[1:] == rest
