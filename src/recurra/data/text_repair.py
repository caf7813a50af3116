"""Repairs damaged texts: mojibake (wrong decoding), control characters, HTML entities.

Each function runs until nothing changes, so it never changes a repaired text. Doubtful cases are left as they are.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

__all__ = [
    "CONTROL",
    "ENTITY",
    "MOJIBAKE",
    "TAG",
    "repair_text",
    "without_control_characters",
    "without_entities",
    "without_mojibake",
    "without_tags",
]


def _windows_1252() -> dict[str, int]:
    """The byte of each character above ASCII in Windows-1252 or Latin-1."""
    known = {chr(byte): byte for byte in range(0x80, 0x100)}
    for byte in range(0x80, 0xA0):
        known[bytes([byte]).decode("cp1252", "ignore") or chr(byte)] = byte
    return known


_BYTES = _windows_1252()


def _characters(first: int, last: int) -> str:
    """The body of a character class: the characters of the bytes from ``first`` to ``last``."""
    return "".join(re.escape(character) for character, byte in _BYTES.items() if first <= byte <= last)


_NEXT = f"[{_characters(0x80, 0xBF)}]"
_SEQUENCE = (
    f"(?:[{_characters(0xC2, 0xDF)}]{_NEXT}"
    f"|[{_characters(0xE0, 0xEF)}]{_NEXT}{_NEXT}"
    f"|[{_characters(0xF0, 0xF4)}]{_NEXT}{_NEXT}{_NEXT})"
)
# What no language writes and UTF-8 read as Windows-1252 is full of. One sequence alone may be chance: "CAFÉ»" ends like
# one, so a letter of two bytes counts only behind no capital or within a word, and other letters only two in a row.
_EVIDENCE = re.compile(
    f"(?<![A-ZÀ-ÖØ-Þ])[ÂÃ]{_NEXT}"  # Latin letters and signs, U+0080 to U+00FF
    f"|(?<=[A-ZÀ-ÖØ-Þ])Ã[¡-©¬¯±µ¶¸¼-¿Ÿœ](?=[a-z])"  # "KÃ¶ln": no word goes on after such a sign
    f"|â[{_characters(0x80, 0x80)}{_characters(0x82, 0x82)}{_characters(0x84, 0x84)}]{_NEXT}"  # quotes, dashes, €, ™
    f"|ð[{_characters(0x9F, 0x9F)}]{_NEXT}{_NEXT}"  # pictures, U+1F000 and above
    f"|ï»¿|{_SEQUENCE}{{2}}"
)
_SEQUENCES = re.compile(_SEQUENCE)
_NAMED_C1 = {chr(byte): char for char, byte in _BYTES.items() if byte < 0xA0 and char != chr(byte)}
_C1 = re.compile(f"[{''.join(_NAMED_C1)}]")

MOJIBAKE = f"[\u0080-\u009f]|[Â-ô]{_NEXT}"
"""A pattern that every text with mojibake matches and few others do; for a fast first filter (RE2)."""

CONTROL = "[\u0000-\u0008\u000e-\u001f\u007f\u0081\u008d\u008f\u0090\u009d\ufeff]"
"""Control characters except white space, characters undefined in Windows-1252, and byte order marks."""

_CONTROLS = re.compile(CONTROL)

# Entities that have lost their ampersand, as in AG News: quotes, $, &, <, >, and what lies above ASCII.
_HEADLESS = "#(?:3[4689]|6[02]|96|1[2-9][0-9]|[2-9][0-9]{2}|[1-9][0-9]{3});"
ENTITY = f"&(?:#[0-9]{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,31}});|(?:^|[ (\"']){_HEADLESS}"
"""A pattern that every text with an HTML entity matches."""

_ENTITIES = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
TAG = (
    "(?i:</?(?:a|b|i|u|p|br|h[1-6r]|em|div|span|strong|img|font|ul|ol|li|table|t[rdh]|html|body|blockquote)"
    "(?:[ \\t\\r\\n/][^<>]{0,500})?>)"
)
"""A pattern of the frequent HTML tags, such as ``<p>`` and ``<br/>``."""

_TAGS = re.compile(TAG)

# The space is what became of the ampersand.
_WITHOUT_HEAD = re.compile(rf"(?: |^|(?<=[(\"'])){_HEADLESS}")


def repair_text(text: str, *, unescape: bool = False) -> str:
    """The text after all repairs.

    Args:
        text: the text in the file.
        unescape: whether to replace HTML entities by the characters that they stand for.
    """
    repairs: list[Callable[[str], str]] = [without_mojibake, without_control_characters]
    if unescape:
        repairs.append(without_entities)
    return _repeated(lambda one: _apply_all(one, repairs), text)


def without_mojibake(text: str) -> str:
    """Undoes the decoding of UTF-8 as Windows-1252 or Latin-1: "cafÃ©" becomes "café".

    Only complete UTF-8 sequences are changed, and only in a text with character sequences that no language has.
    A Windows-1252 character decoded as Latin-1 (U+0080 to U+009F) becomes the original one.
    """
    if text.isascii():
        return text
    return _repeated(_read_again, text)


def without_control_characters(text: str) -> str:
    """The text without control characters and byte order marks; white space stays."""
    return _CONTROLS.sub("", text)


def without_entities(text: str) -> str:
    """Replaces HTML entities by their characters, including those escaped twice or without their "&"."""
    if ";" not in text:
        return text
    return _repeated(_unescaped, text)


def without_tags(text: str) -> str:
    """The text with a space for each of the frequent HTML tags; it finds them, and no repair does it."""
    return _TAGS.sub(" ", text)


def _read_again(text: str) -> str:
    if _EVIDENCE.search(text):
        text = _SEQUENCES.sub(_decoded, text)
    return _C1.sub(lambda found: _NAMED_C1[found[0]], text)


def _decoded(found: re.Match[str]) -> str:
    try:
        return bytes(_BYTES[character] for character in found[0]).decode()
    except UnicodeDecodeError:
        return found[0]


def _unescaped(text: str) -> str:
    text = _ENTITIES.sub(lambda found: html.unescape(found[0]), text)
    return _WITHOUT_HEAD.sub(lambda found: html.unescape("&" + found[0].lstrip()), text)


def _apply_all(text: str, repairs: list[Callable[[str], str]]) -> str:
    for repair in repairs:
        text = repair(text)
    return text


def _repeated(repair: Callable[[str], str], text: str) -> str:
    # Every change makes the text shorter or a C1 control rarer, so this ends.
    while (changed := repair(text)) != text:
        text = changed
    return text
