"""What an export is compared on, and when it is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bundles import WORDS, make_branched, make_bundle

from recurra.bundle import Bundle, int8_bundle, write_bundle
from recurra.bundle.format import encode
from recurra.errors import ModelFileError, SettingsError
from recurra.export import check_answers, check_equal, export_int8, generated_documents, odd_documents
from recurra.runtime import Model
from recurra.runtime.numpy_network import NumpyNetwork
from recurra.text import Vocabulary


def answers(kept: int, rows: int = 100) -> tuple[Any, Any]:
    before = np.tile(np.array([[0.75, 0.25]], np.float32), (rows, 1))
    after = before.copy()
    after[kept:] = after[kept:, ::-1]
    return before, after


def test_nine_of_ten_must_keep_their_label() -> None:
    found = check_answers(*answers(90))
    assert (found.rows, found.changed, found.largest, found.mean) == (100, 10, 0.5, pytest.approx(0.05))
    with pytest.raises(ModelFileError, match="gives 89 of 100 documents the model's label, and 90 % must keep it"):
        check_answers(*answers(89))
    assert check_answers(*answers(9, 10)).changed == 1


@pytest.mark.parametrize("bundle", [make_bundle(), make_branched()])
def test_the_export_is_what_is_checked(bundle: Bundle) -> None:
    exported = export_int8(bundle)
    assert exported.format == "int8"
    assert exported.data == encode(int8_bundle(bundle))
    texts = ["oil prices", "the team wins"]
    assert np.array_equal(exported.predict(texts), Model(int8_bundle(bundle)).predict_proba(texts))


def test_a_second_time_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"int8 already\. Copy its file"):
        export_int8(int8_bundle(make_bundle()))


def test_generated_documents_have_all_lengths_and_known_words() -> None:
    pipeline = make_bundle().pipeline
    texts = generated_documents(pipeline)
    assert Counter(len(text.split()) for text in texts) == dict.fromkeys((0, 1, 2, 4, 8, 16, 32, 64, 128), 100)
    assert pipeline.coverage(texts) == 1
    assert texts == generated_documents(pipeline)
    assert texts != generated_documents(pipeline, seed=1)
    # The word of rank r comes up as 1/r of the first, as in real texts.
    counts = Counter(" ".join(texts).split())
    first = counts[WORDS[0]]
    assert counts[WORDS[1]] / first == pytest.approx(1 / 2, rel=0.1)
    assert counts[WORDS[9]] / first == pytest.approx(1 / 10, rel=0.2)


def reading(tokens: str, vocabulary: tuple[str, ...]) -> Bundle:
    bundle = make_bundle()
    return replace(bundle, text=bundle.text.replace(tokens=tokens), vocabulary=Vocabulary(vocabulary))


@pytest.mark.parametrize(
    ("tokens", "vocabulary"),
    [
        ("words", ("don't", "'", "!", "é")),
        ("characters", ("a", " ", "好", "\u0301")),
        ("bytes", tuple(map(chr, range(256)))),
    ],
)
def test_generated_documents_of_other_tokens(tokens: str, vocabulary: tuple[str, ...]) -> None:
    pipeline = reading(tokens, vocabulary).pipeline
    texts = generated_documents(pipeline)
    assert pipeline.coverage(texts) == 1
    assert max(map(len, texts)) >= 128
    assert "" in texts
    if tokens != "words":
        assert pipeline.encode(texts).lengths.max() == 128


def test_a_difference_above_the_tolerance_is_an_error() -> None:
    bundle = make_bundle()
    model, texts = Model(bundle), ["oil", "the team wins", "rise"]
    by = np.zeros((3, 3), dtype=np.float32)

    def shifted(documents: Any) -> Any:
        return model.predict_proba(documents) + by[: len(documents)]

    assert check_equal(bundle, texts, shifted) == 0
    by[1, 2] = 9e-6
    assert check_equal(bundle, texts, shifted) == pytest.approx(9e-6, rel=0.02)
    by[1, 2] = 2e-5
    with pytest.raises(ModelFileError, match=r"the document 'the team wins' a probability that differs by 2e-05"):
        check_equal(bundle, texts, shifted)
    by[1, 2] = np.nan
    with pytest.raises(ModelFileError, match="differs by nan"):
        check_equal(bundle, texts, shifted)


def test_where_a_network_is_chaotic_its_own_rounding_is_the_measure() -> None:
    # Large weights: a difference in the last digit of float32 grows with every word.
    bundle = make_bundle(cell="simple_rnn", hidden=32, scale=3.0, seed=1)
    generator = np.random.default_rng(0)
    texts = [" ".join(generator.choice(WORDS, size=200)) for _ in range(20)]
    network = NumpyNetwork(bundle.network, bundle.tensors, pad_to=None)
    wide = network.probabilities(bundle.open(texts).closed)
    own = np.abs(Model(bundle).predict_proba(texts) - wide).max()
    assert own > 1e-3
    assert check_equal(bundle, texts, lambda documents: wide) == pytest.approx(own, rel=1e-4)


def test_odd_documents_are_odd() -> None:
    pipeline = make_bundle().pipeline
    texts = odd_documents(pipeline)
    lengths = pipeline.encode(texts).lengths
    assert (lengths.min(), lengths.max()) == (0, 5000)
    assert texts == odd_documents(pipeline)
    points = set("".join(texts))
    assert any("\ud800" <= point <= "\udfff" for point in points)
    assert max(map(ord, points)) > 0x10000


def test_a_model_is_exported_as_its_bundle_and_is_shown_in_a_line() -> None:
    bundle = make_bundle()
    of_model, of_bundle = export_int8(Model(bundle)), export_int8(bundle)
    assert of_model.data == of_bundle.data
    assert repr(of_model) == f"ExportedModel(int8, {len(of_model.data):,} bytes)"
    assert len(repr(bundle)) < 100
    for wrong in ("model.safetensors", None):
        with pytest.raises(SettingsError, match=r"^The model is .* Give what recurra.load returns"):
            export_int8(wrong)
        with pytest.raises(SettingsError, match=r"^Model was given .* recurra.load reads a model file.$"):
            Model(wrong)  # type: ignore[arg-type]
        with pytest.raises(SettingsError, match=r"^write_bundle was given .* such as model.bundle.$"):
            write_bundle(wrong, "model.safetensors")  # type: ignore[arg-type]
