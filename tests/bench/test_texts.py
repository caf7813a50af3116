"""Texts made of a vocabulary: the model knows their tokens, and they are as long as asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from bundles import make_bundle

from recurra.bench.texts import generated_texts, usual_length
from recurra.bundle import Bundle
from recurra.errors import DataError
from recurra.text import TextSettings, Vocabulary
from recurra.text.vocabulary import UNKNOWN_ID

KINDS: dict[Any, tuple[str, ...]] = {
    "lesson": ("oil", "dont", "rise"),
    "words": ("oil", "don't", ",", "été"),
    "characters": ("e", " ", "あ", "z"),
    "bytes": tuple(map(chr, range(256))),
}


def bundle_of(tokens: Any, known: tuple[str, ...]) -> Bundle:
    return replace(make_bundle(), text=TextSettings(tokens=tokens), vocabulary=Vocabulary(known))


@pytest.mark.parametrize("tokens", KINDS)
def test_the_model_knows_the_tokens_and_the_lengths_are_as_asked(tokens: Any) -> None:
    bundle = bundle_of(tokens, KINDS[tokens])
    texts = generated_texts(bundle, 500, 30)
    ids = bundle.pipeline.encode(texts)
    assert len(texts) == 500
    assert UNKNOWN_ID not in ids.values
    assert ids.lengths.mean() == pytest.approx(30, rel=0.05)
    assert 5 < ids.lengths.std() < 10
    assert generated_texts(bundle, 500, 30) == texts


def test_frequent_tokens_are_drawn_by_zipfs_law() -> None:
    counts = Counter(" ".join(generated_texts(bundle_of("words", ("one", "two", "three")), 1_000, 20)).split())
    assert counts["one"] / counts["two"] == pytest.approx(2, rel=0.1)
    assert counts["one"] / counts["three"] == pytest.approx(3, rel=0.1)


def test_the_usual_length() -> None:
    assert usual_length(make_bundle(masked=False, pad_to=7)) == 7
    assert usual_length(make_bundle(masked=True)) == 40
    assert usual_length(bundle_of("characters", ("a",))) == 200


def test_no_text_can_be_made_of_nothing() -> None:
    with pytest.raises(DataError, match="vocabulary is empty"):
        generated_texts(bundle_of("words", ()), 5, 5)
