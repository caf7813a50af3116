"""The catalogues of pages: complete, with the same placeholders, and Japanese as it is set."""

from __future__ import annotations

import html
import json
import re
import threading
from typing import Any

import pytest
from translated_keys import SOURCES, keys

from recurra.errors import SettingsError
from recurra.report.formatting import amount, group_verdicts, listing, plural, points, with_interval
from recurra.report.translation import fill, page_language, translate, translate_result, use_language

CATALOGUE = json.loads((SOURCES / "report" / "locales" / "ja.json").read_text("utf-8"))
TEXTS, RESULTS = CATALOGUE["texts"], CATALOGUE["results"]
JAPANESE = "[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]"


def names(text: str) -> list[str]:
    return sorted(set(re.findall(r"\{(\w*)\}", text)))


def test_every_text_has_a_translation_and_every_translation_a_text() -> None:
    found = keys()
    assert len(found) > 300
    assert found == set(TEXTS)


def test_a_translation_has_the_placeholders_of_its_text() -> None:
    assert {text: names(text) for text in TEXTS} == {text: names(said) for text, said in TEXTS.items()}
    assert all(set(names(said)) <= set(names(text)) for text, said in RESULTS.items())


def test_a_translation_has_the_markup_of_its_text() -> None:
    def tags(text: str) -> list[str]:
        return sorted(re.findall(r"<[^>]*>|&\w+;", text))

    assert {text: tags(text) for text in TEXTS} == {text: tags(said) for text, said in TEXTS.items()}


@pytest.mark.parametrize("text", [*TEXTS.values(), *RESULTS.values()])
def test_japanese_has_no_space_between_two_japanese_characters_and_full_width_punctuation(text: str) -> None:
    assert not re.search(rf"{JAPANESE}\s+{JAPANESE}", text)
    assert not re.search(rf"{JAPANESE}[,:;()]|[,:;(]{JAPANESE}", html.unescape(text))


def test_the_lesson_is_a_ressun() -> None:
    said = " ".join([*TEXTS.values(), *RESULTS.values()])
    assert "レッスン" in said
    assert not re.search("授業|講座|教材|講義", said)


def test_english_needs_no_catalogue() -> None:
    assert page_language() == "en"
    assert translate("{name} is unknown here", name="{x}") == "{x} is unknown here"
    assert translate_result("before training") == "before training"


def test_japanese_in_a_block_and_english_after_it() -> None:
    with use_language("ja"):
        assert page_language() == "ja"
        assert plural(7_600, "test row") == "テストデータ 7,600 行"
        assert plural(1, "word") == "1 語"
        assert points(-0.031, signed=True) == "\N{MINUS SIGN}3.10 ポイント"
        assert amount(2.345, "s") == "2.35\N{NO-BREAK SPACE}秒"
        assert with_interval(0.885, (0.8776, 0.892)) == "88.50\N{NO-BREAK SPACE}%（87.76–89.20）"
        assert listing(["a", "b", "c"]) == "a、b、c"
        assert translate_result("58,337 of 120,000 training rows") == "学習データ 120,000 行のうち 58,337 行"
        assert translate_result("flips at not") == "「not」で反転"
        assert translate_result("nothing of this kind") == "nothing of this kind"
    assert plural(7_600, "test row") == "7,600\N{NO-BREAK SPACE}test rows"


def test_a_space_beside_a_value_goes_where_the_value_is_japanese() -> None:
    phrases = {"higher": "{} より明らかに高い"}
    with use_language("ja"):
        assert group_verdicts([("lstm", "higher")], phrases) == "lstm より明らかに高い"
        assert group_verdicts([("パッドなし", "higher")], phrases) == "パッドなしより明らかに高い"
        # A value's own spaces, and its braces, are the reader's data.
        assert fill("答えは {answer} です", answer="東京 {大阪}") == "答えは東京 {大阪} です"
        assert fill("<b>{name}</b> の中", name="経済") == "<b>経済</b>の中"
        assert fill("<b>{name}</b> の中", name="news") == "<b>news</b> の中"
        assert fill("{name} の中", name="<bdi>経済</bdi>") == "<bdi>経済</bdi>の中"


def test_the_language_is_that_of_its_thread() -> None:
    found: list[Any] = []
    with use_language("ja"):
        thread = threading.Thread(target=lambda: found.append(page_language()))
        thread.start()
        thread.join()
    assert found == ["en"]


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(SettingsError, match="There are no pages in 'fr'"), use_language("fr"):
        pass
