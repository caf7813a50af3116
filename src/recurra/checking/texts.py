"""Findings about texts: empty, damaged, cut or extremely long ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.checking.draft import Draft
from recurra.checking.facts import Facts
from recurra.checking.finding import Part, Severity
from recurra.data.arrow_columns import MAX_TEXT_BYTES
from recurra.data.text_repair import (
    CONTROL,
    without_control_characters,
    without_entities,
    without_mojibake,
    without_tags,
)

__all__ = ["text_findings"]

LONG, LONG_TIMES = 5_000, 50
"""Minimum length of an extremely long text, in characters and as a multiple of the median. A recurrent network reads
word by word, and a batch takes as long as its longest text."""

CUT_FROM, CUT_ROWS, CUT_TIMES = 20, 5, 10
"""Texts look cut if the greatest length is at least CUT_FROM characters and at least CUT_ROWS rows have it, CUT_TIMES
as many as the mean of the lengths just below: lengths of whole texts thin out towards the longest."""


AROUND = 25
"""Number of characters shown on either side of a damage."""


class _Damage(NamedTuple):
    severity: Severity
    meaning: str
    hint: str
    fixable: bool
    repair: Callable[[str], str]


def _without_lost_characters(text: str) -> str:
    return text.replace("\ufffd", "")


_DAMAGES = {
    "mojibake": _Damage(
        "warning",
        "UTF-8 was once read as another encoding (“Ã©” for “é”): a word that is spelled in two ways is two words.",
        "--fix writes them as they were, where that is certain.",
        True,
        without_mojibake,
    ),
    "replacement characters": _Damage(
        "warning",
        "Characters were lost when a program could not decode them (U+FFFD, “\ufffd”); nothing can bring them back.",
        "Export the table again as UTF-8, or name its --encoding.",
        False,
        _without_lost_characters,
    ),
    "control characters": _Damage(
        "warning",
        "Control characters or byte order marks are invisible, and make another word of the one they stand in.",
        "--fix removes them.",
        True,
        without_control_characters,
    ),
    "HTML entities": _Damage(
        "note",
        "HTML is left in (“&amp;” for “&”): its names are read as words.",
        "--fix --unescape writes what they stand for; do the same with the texts that are classified later: recurra "
        "check TEXTS --unlabelled --unescape --fix OUT.",
        False,
        without_entities,
    ),
    "HTML tags": _Damage(
        "note",
        "HTML tags are left in (“<p>”): their names are read as words.",
        "No option takes them out: export the texts without them, also those that are classified later.",
        False,
        without_tags,
    ),
}


def text_findings(facts: Facts, part: Part) -> list[Draft]:
    """Problems with the texts of one file."""
    drafts = []
    if len(facts.empty):
        meaning = "Rows without any text teach nothing, and all of them get the same answer."
        drafts.append(
            Draft("empty texts", "warning", part, facts.empty, meaning, "--fix leaves them out.", fixable=True)
        )
    too_long = np.flatnonzero(facts.longest > MAX_TEXT_BYTES)
    if len(too_long):
        meaning = f"Texts of more than {MAX_TEXT_BYTES >> 20} MiB are not read: training stops at the first."
        hint = "Split or cut them. Is a quote missing?"
        details = [{"bytes": size} for size in facts.longest[too_long].tolist()]
        drafts.append(Draft("texts too long to read", "error", part, too_long, meaning, hint, details=details))
    if facts.inside:
        swallowed = np.array([*facts.inside], dtype=np.int64)
        meaning = (
            f"{sum(facts.inside.values()):,} lines in these texts look like rows of the file, as where a quote at the "
            "beginning of a text is not closed: they are read as part of the text, and are no rows."
        )
        hint = 'Look for a quote (") at the beginning of each; double it or take it out.'
        lines = [{"lines": count} for count in facts.inside.values()]
        drafts.append(Draft("rows inside texts", "warning", part, swallowed, meaning, hint, details=lines))
    for kind, damage in _DAMAGES.items():
        rows = facts.damaged[kind]
        if len(rows):
            drafts.append(
                Draft(
                    kind,
                    damage.severity,
                    part,
                    rows,
                    damage.meaning,
                    damage.hint,
                    excerpt=partial(_excerpt, damage.repair),
                    fixable=damage.fixable,
                )
            )
    return [*drafts, *_cut(facts, part), *_long(facts, part)]


def _excerpt(repair: Callable[[str], str], text: str) -> str:
    """The text around the first damage, in one line; control characters are escaped."""
    whole = repair(text)
    at = next((place for place, (old, new) in enumerate(zip(text, whole, strict=False)) if old != new), len(whole))
    begin, end = max(at - AROUND, 0), at + AROUND
    shown = " ".join(text[begin:end].split())
    shown = re.sub(CONTROL, lambda found: f"\\x{ord(found[0]):02x}", shown)
    return ("…" if begin else "") + shown + ("…" if end < len(text) else "")


def _cut(facts: Facts, part: Part) -> list[Draft]:
    longest = int(facts.characters.max(initial=0))
    sizes = np.bincount(facts.characters, minlength=longest + 1)
    below = sizes[longest - max(longest // 10, 1) : longest]
    if longest < CUT_FROM or sizes[longest] < max(CUT_ROWS, CUT_TIMES * below.mean()):
        return []
    rows = np.flatnonzero(facts.characters == longest)
    if len(np.unique(facts.keys[rows])) < CUT_ROWS:
        # Copies of the same long text.
        return []
    meaning = (
        f"They have {longest:,} characters each, the most in the file, as if the program that wrote it had cut them."
    )
    hint = "Export the table again without a limit of length, or live with it if new texts are cut alike."
    return [Draft("texts that look cut", "warning", part, rows, meaning, hint, facts={"characters": longest})]


def _long(facts: Facts, part: Part) -> list[Draft]:
    filled: npt.NDArray[np.int32] = facts.characters[facts.characters > 0]
    if not len(filled):
        return []
    median = float(np.median(filled))
    rows = np.flatnonzero(facts.characters >= max(LONG, LONG_TIMES * median))
    if not len(rows):
        return []
    rows = rows[np.argsort(-facts.characters[rows], kind="stable")]
    details = [{"characters": length} for length in facts.characters[rows].tolist()]
    meaning = (
        f"The median is {median:,.0f} characters; a network reads word by word, and waits for the longest of a batch."
    )
    hint = "Look whether they are several texts in one, such as whole threads of mail."
    return [Draft("extremely long texts", "note", part, rows, meaning, hint, details=details)]
