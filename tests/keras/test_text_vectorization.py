"""The lesson's text pipeline gives the tokens, vocabularies and ids of Keras's TextVectorization."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recurra.text import TextPipeline, TextSettings
from recurra.text.tokens import lesson_tokens


@pytest.fixture(scope="module")
def odd(keras_json: Callable[[str], Any]) -> dict[str, Any]:
    return keras_json("odd_texts.json")


def _learn(texts: list[str], size: int | None, documents: int | None = None) -> TextPipeline:
    settings = TextSettings(tokens="lesson", vocabulary_size=size or 100_000, vocabulary_documents=documents)
    return TextPipeline.learn(texts, settings)


def test_odd_texts_are_cut_into_the_tokens_of_keras(odd: dict[str, Any]) -> None:
    assert len(odd["texts"]) > 100
    for text, tokens in zip(odd["texts"], odd["tokens"], strict=True):
        assert lesson_tokens(text) == tokens, ascii(text)


@pytest.mark.parametrize("place", range(4))
def test_a_vocabulary_of_odd_texts_is_that_of_keras(odd: dict[str, Any], place: int) -> None:
    keras = odd["vocabularies"][place]
    assert list(_learn(odd["texts"], keras["size"]).vocabulary.tokens) == keras["tokens"]


@pytest.mark.parametrize("place", range(4))
def test_ids_of_odd_texts_are_those_of_keras(odd: dict[str, Any], place: int) -> None:
    keras = odd["vocabularies"][place]
    ids = _learn(odd["texts"], keras["size"]).encode(odd["texts"])
    assert [ids[i].tolist() for i in range(len(ids))] == keras["ids"]


@pytest.mark.parametrize("name", ["langid_django", "thucnews_titles_zh"])
def test_real_texts_of_many_scripts_give_the_vocabulary_and_ids_of_keras(
    keras_json: Callable[[str], Any], data_dir: Path, name: str
) -> None:
    source = data_dir / name / "train.csv"
    if not source.is_file():
        pytest.skip(f"no {source}")
    with source.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    keras = keras_json("real_text_hashes.json")[name]
    if len(texts) != keras["texts"]:
        pytest.skip(f"{source} has {len(texts)} texts, Keras read {keras['texts']}: another copy of the set")
    pipeline = _learn(texts, 20_000, documents=2_000)
    ids = pipeline.encode(texts)
    tokens = pipeline.vocabulary.tokens
    assert (len(tokens), len(ids.values)) == (keras["tokens"], keras["ids_in_all"])
    assert hashlib.sha256("\n".join(tokens).encode()).hexdigest() == keras["vocabulary"]
    assert hashlib.sha256(ids.lengths.astype("<i8").tobytes()).hexdigest() == keras["lengths"]
    assert hashlib.sha256(ids.values.astype("<i4").tobytes()).hexdigest() == keras["ids"]
    assert ids.values.dtype == np.int32
