from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "src" / "recurra" / "web" / "static"
PLURALS = {"one", "other"}


def words_of(language: str) -> dict[str, Any]:
    """The words by their keys; those that depend on a number are one."""
    found: dict[str, Any] = {}

    def walk(part: dict[str, Any], before: str) -> None:
        for name, value in part.items():
            if isinstance(value, dict) and not set(value) <= PLURALS:
                walk(value, f"{before}{name}.")
            else:
                found[before + name] = value

    walk(json.loads((PAGE / "locales" / f"{language}.json").read_text("utf-8")), "")
    return found


def sources() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(PAGE.rglob("*.js")))


def forms(value: Any) -> list[str]:
    return list(value.values()) if isinstance(value, dict) else [value]


def names(value: Any) -> set[str]:
    return {name for form in forms(value) for name in re.findall(r"\{(\w+)\}", form)}


def test_both_languages_say_the_same_things_with_the_same_numbers() -> None:
    english, japanese = words_of("en"), words_of("ja")
    assert english.keys() == japanese.keys()
    assert {key: names(english[key]) for key in english} == {key: names(japanese[key]) for key in english}


@pytest.mark.parametrize(("language", "needed"), [("en", {"one", "other"}), ("ja", {"other"})])
def test_words_that_hang_on_a_number_have_the_language_s_plurals(language: str, needed: set[str]) -> None:
    plural = [set(value) for value in words_of(language).values() if isinstance(value, dict)]
    assert plural
    assert all(one == needed for one in plural)


def test_nothing_is_empty_and_japanese_is_japanese() -> None:
    japanese = words_of("ja")
    same = {key for key, value in words_of("en").items() if value == japanese[key]}
    assert all(form.strip() for value in japanese.values() for form in forms(value))
    # Names that are the same in both languages.
    assert same == {
        "download.json", "download.svg", "download.png", "cells.simple_rnn", "cells.gru", "cells.lstm",
        "cells.sru",
        "cells.min_gru",
        "cells.min_lstm",
    }  # fmt: skip


def test_every_key_that_the_page_asks_for_has_words() -> None:
    literal = set(re.findall(r'\bt\(\s*"([^"]+)"', sources())) | set(
        re.findall(r'data-(?:text|label)="([^"]+)"', (PAGE / "index.html").read_text("utf-8"))
    )
    assert len(literal) > 100
    assert literal <= words_of("en").keys()


def test_every_word_is_asked_for() -> None:
    """A key is in the sources as it is, or a template makes it: `doubts.keys.${words}`."""
    text = sources() + (PAGE / "index.html").read_text("utf-8")
    patterns = [
        re.compile(re.sub(r"\\\$\\\{.*?\\\}", "[^.]+", re.escape(template)) + r"$")
        for template in re.findall(r"`([\w${}.() ?:\"]+\.[^`\n]*|[^`\n]*\.[\w${}.]+)`", text)
        if "${" in template and " " not in re.sub(r"\$\{.*?\}", "", template)
    ]
    unused = [
        key for key in words_of("en") if f'"{key}"' not in text and not any(pattern.match(key) for pattern in patterns)
    ]
    assert unused == []
