"""The bound of a model file's bytes, and weights that training itself writes as int8."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rows import make_rows
from training.runs import Steps

import recurra
from recurra.bundle import Bundle
from recurra.bundle.format import decode, encode
from recurra.data.split import hold_out
from recurra.presets import Recipe, load_preset
from recurra.runtime import Model
from recurra.training.fit import RunOptions, fit
from recurra.training.run import CARD, MODEL

LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def many_words(classes: int, *, count: int = 600, longest: int = 14, letters: Any = LETTERS) -> tuple[Any, Any]:
    """Texts of some 10,000 different words, more than a small file can hold."""
    generator = np.random.default_rng(classes)
    lengths = generator.integers(3, longest + 1, size=12_000)
    words = np.array(["".join(generator.choice(letters, size)) for size in lengths])
    labels = [f"class {row % classes}" for row in range(count)]
    # A tenth of the words of a text belong to its class.
    texts = [
        " ".join([*generator.choice(words, 36), *generator.choice(words[row % classes :: 400], 4)])
        for row in range(count)
    ]
    return texts, labels


def small(**options: Any) -> Recipe:
    return load_preset("small").with_options({"epochs": 1, **options})


EXHAUSTIVE = [pytest.mark.slow, pytest.mark.exhaustive]


@pytest.mark.parametrize("classes", [pytest.param(2, marks=EXHAUSTIVE), 20, pytest.param(77, marks=EXHAUSTIVE)])
def test_the_preset_small_writes_less_than_256_kilobytes(classes: int, tmp_path: Path) -> None:
    told = Steps()
    texts, labels = many_words(classes)
    fit(texts, labels, recipe=small(tokens="words"), run=RunOptions(folder=tmp_path), callbacks=[told])
    data = (tmp_path / MODEL).read_bytes()
    # Nearly all of the room is used.
    assert 235_000 < len(data) <= 256_000
    bundle = decode(data)
    assert (bundle.weights, bundle.record["training"]["weights"]) == ("int8_compact", "int8_compact")
    assert bundle.branch is None or (len(bundle.branch.ngrams.table) > 0 and len(bundle.branch.subwords or ()) > 0)
    assert not any("max_bytes" in message for message in told.messages)
    assert "as they were when it was scored" in (tmp_path / CARD).read_text()


@pytest.mark.slow
@pytest.mark.exhaustive
def test_long_words_in_another_script_fit_as_well() -> None:
    texts, labels = many_words(4, longest=60, letters=np.array(list("абвгдежзиклмнопрстуфхцчшщыэюя")))
    assert len(encode(fit(texts, labels, recipe=small(tokens="words")).bundle)) <= 256_000


def test_characters_fit_as_well() -> None:
    texts, labels = many_words(20, letters=np.array([chr(0x4E00 + place) for place in range(4000)]))
    bundle = fit(["".join(text.split()) for text in texts], labels, recipe=small()).bundle
    assert bundle.text.tokens == "characters"
    assert 200_000 < len(encode(bundle)) <= 256_000


@pytest.mark.slow
@pytest.mark.exhaustive
def test_float32_and_a_model_without_a_branch_fit_into_their_bound() -> None:
    texts, labels = many_words(3)
    for options in ({"weights": "float32"}, {"weights": "int8"}, {"branch": False}, {"max_bytes": 60_000}):
        recipe = small(tokens="words", **options)
        most = recipe.training.max_bytes
        assert most is not None
        assert 0.8 * most < len(encode(fit(texts, labels, recipe=recipe).bundle)) <= most


def test_what_fits_is_left_as_it_is() -> None:
    texts, labels = make_rows(200)
    options = {"validation": 0, "patience": 0}
    bounded, free = (fit(texts, labels, recipe=small(max_bytes=most, **options)).bundle for most in (10**7, None))
    assert bounded.vocabulary == free.vocabulary
    assert bounded.branch is not None
    assert free.branch is not None
    assert np.array_equal(bounded.branch.W, free.branch.W)


@pytest.mark.parametrize("weights", ["float32", "int8", "int8_compact"])
def test_the_recorded_scores_are_those_of_the_written_weights(weights: str) -> None:
    texts, labels = make_rows(400)
    recipe = small(tokens="words", weights=weights, branch=False, validation=0.3, epochs=3)
    bundle = fit(texts, labels, recipe=recipe).bundle
    assert bundle.weights == weights
    _, held = hold_out(labels, share=0.3, seed=0)
    read = Model(decode(encode(bundle)))
    probabilities = read.predict_proba([texts[row] for row in held])
    right = probabilities[np.arange(len(held)), read.bundle.labels.encode([labels[row] for row in held])]
    loss = float(-np.log(right.astype(np.float64)).mean())
    # Rounding moves the loss of such a network by some hundred times more.
    assert bundle.record["scores"]["validation"]["log_loss"] == pytest.approx(loss, rel=1e-6)
    assert np.array_equal(probabilities, Model(bundle).predict_proba([texts[row] for row in held]))


def test_a_small_model_is_trained_on_and_stays_small(tmp_path: Path) -> None:
    texts, labels = many_words(4)
    first = fit(texts[:500], labels[:500], recipe=small(tokens="words")).bundle
    path = tmp_path / "first.safetensors"
    path.write_bytes(encode(first))
    newer = [f"{text} quagga zebra" for text in texts[500:]]
    estimator = recurra.TextClassifier(epochs=1).fit(newer, labels[500:], initial=path)
    after: Bundle = estimator.model_.bundle
    assert after.weights == "int8_compact"
    assert len(encode(after)) <= 256_000
    assert after.vocabulary.tokens[: len(first.vocabulary)] == first.vocabulary.tokens
    assert first.branch is not None
    assert after.branch is not None
    old = len(first.branch.ngrams.table)
    assert np.array_equal(after.branch.ngrams.table[:old], first.branch.ngrams.table)


def test_a_file_that_outgrows_its_bound_is_told_of() -> None:
    told = Steps()
    texts, labels = make_rows(200)
    fit(texts, labels, recipe=small(max_bytes=5_000), callbacks=[told])
    assert any(message.endswith("more than max_bytes = 5,000.") for message in told.messages)
