"""The language of pages. English text is the key, as in gettext; a catalogue has the same in another language.

``locales/ja.json`` has two parts. ``texts`` are what :func:`translate` and templates (``_("…")``) say, ``results`` what
results hold in English, such as how a text was read or which rows were learned from.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from recurra.errors import SettingsError

__all__ = [
    "LANGUAGES",
    "check_language",
    "fill",
    "page_language",
    "translate",
    "translate_plural",
    "translate_result",
    "use_language",
]

LANGUAGES = ("en", "ja")
"""The languages of pages; English, the first, needs no catalogue."""

# A placeholder with the tags and the space around it.
_PLACEHOLDER = re.compile(r"(?P<before> ?)(?P<opened>(?:<\w+>)*)\{(?P<name>\w*)\}(?P<closed>(?:</\w+>)*)(?P<after> ?)")
_TAG = re.compile(r"<[^>]*>")
_LANGUAGE: ContextVar[str] = ContextVar("language of pages", default=LANGUAGES[0])


class _Catalogue(NamedTuple):
    texts: dict[str, str]
    results: dict[str, str]
    # Results with placeholders, as patterns of what a result says.
    patterns: Sequence[tuple[re.Pattern[str], str]]


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Pages that are made within the block are in this language.

    Args:
        language: one of :data:`LANGUAGES`.

    Raises:
        SettingsError: there is no such language.
    """
    before = _LANGUAGE.set(check_language(language))
    try:
        yield
    finally:
        _LANGUAGE.reset(before)


def check_language(language: str) -> str:
    """The language, if pages can be in it.

    Raises:
        SettingsError: there is no such language.
    """
    if language not in LANGUAGES:
        raise SettingsError(f"There are no pages in {language[:80]!r}", f"Give {' or '.join(LANGUAGES)}.")
    return language


def page_language() -> str:
    """The language of pages here and now, as the attribute ``lang`` has it."""
    return _LANGUAGE.get()


def translate(text: str, /, **values: object) -> str:
    """A text in the language of the page, its placeholders such as ``{name}`` filled in.

    Args:
        text: in English, a literal: tests look for it in the catalogues.
        values: of the placeholders; without any, braces stay.
    """
    found = _catalogue(_LANGUAGE.get()).texts.get(text, text)
    return fill(found, **values) if values else found


def translate_plural(one: str, many: str, number: int, /, **values: object) -> str:
    """A text that depends on a number: in English the first if it is 1, else the second.

    In a catalogue the first is the key.
    """
    found = _catalogue(_LANGUAGE.get()).texts.get(one, one if number == 1 else many)
    return fill(found, **values) if values else found


def fill(text: str, /, *places: object, **values: object) -> str:
    """Fills in the placeholders of a translated text.

    Japanese has a space between a Japanese and a Latin character, and none between two Japanese ones: a space beside a
    placeholder goes where the value begins or ends in Japanese.
    """
    if _LANGUAGE.get() == LANGUAGES[0]:
        return text.format(*places, **values)
    following = iter(places)

    def filled(found: re.Match[str]) -> str:
        value = str(values[found["name"]] if found["name"] else next(following))
        seen = _TAG.sub("", value)
        before = "" if _japanese(seen[:1]) else found["before"]
        after = "" if _japanese(seen[-1:]) else found["after"]
        return "".join([before, found["opened"], value, found["closed"], after])

    return _PLACEHOLDER.sub(filled, text)


def _japanese(character: str) -> bool:
    return character != "" and unicodedata.east_asian_width(character) in "WF"


def translate_result(text: str) -> str:
    """What a result says in English, in the language of the page; text that no catalogue knows stays as it is."""
    catalogue = _catalogue(_LANGUAGE.get())
    plain = text.replace("\N{NO-BREAK SPACE}", " ")
    if plain in catalogue.results:
        return catalogue.results[plain]
    for pattern, said in catalogue.patterns:
        if (found := pattern.fullmatch(plain)) is not None:
            return fill(said, **found.groupdict())
    return text


@cache
def _catalogue(language: str) -> _Catalogue:
    if language == LANGUAGES[0]:
        return _Catalogue({}, {}, ())
    read = json.loads(files("recurra.report").joinpath("locales", f"{language}.json").read_text("utf-8"))
    results = read["results"]
    patterns = [(_pattern(text), said) for text, said in results.items() if "{" in text]
    return _Catalogue(read["texts"], results, patterns)


def _pattern(text: str) -> re.Pattern[str]:
    # Every second part is the name of a placeholder.
    parts = re.split(r"\{(\w+)\}", text)
    return re.compile("".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)))
