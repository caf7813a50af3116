"""One text alone gives the very bits that it gives among others, whichever way it is computed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from branched import make_branched
from bundles import WORDS, make_bundle, make_overflowing
from hypothesis import given
from hypothesis import strategies as st

from recurra import cells
from recurra.bundle import Bundle
from recurra.errors import ModelFileError
from recurra.runtime import Model, one_text
from recurra.runtime.one_text import OneText

CELLS = [name for name, cell in cells.CELLS.items() if cell.compiled.numba]
POOLINGS: list[tuple[str, ...]] = [("last",), ("max",), ("mean", "last"), ("max", "last", "mean")]
TEXTS = [
    "oil",
    "Oil prices rise, again",
    "zzz",
    "the team wins a late match in rome " * 9,
    "it's łate",
    "",
    " \n",
    "\ud800 oil",
]


def answers(model: Model, text: str) -> list[Any]:
    """By the way for one text, and as one of several."""
    one = model._one_text
    assert one is not None
    return [one(text), model.predict_proba(["the team", text, "oil prices rise"])[1:2]]


def model_of(*, tokens: str = "lesson", max_tokens: int | None = None, **network: Any) -> Model:
    bundle = make_bundle(**network)
    return Model(replace(bundle, text=bundle.text.replace(tokens=tokens, max_tokens=max_tokens)))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("pooling", POOLINGS, ids="+".join)
@pytest.mark.parametrize("masked", [True, False], ids=["masked", "unmasked"])
def test_every_network_answers_as_for_many(cell: str, pooling: tuple[str, ...], masked: bool) -> None:
    for bidirectional, layers, tokens in product([False, True], [1, 2, 3], ["lesson", "words", "characters"]):
        model = model_of(
            cell=cell,
            pooling=pooling,
            masked=masked,
            bidirectional=bidirectional,
            layers=layers,
            tokens=tokens,
            hidden=9,
        )
        for text in TEXTS:
            found, expected = answers(model, text)
            if found is None:
                # No tokens, or not ASCII where words are those of Unicode.
                assert (
                    not text
                    or (tokens != "characters" and not text.strip())
                    or (tokens == "words" and not text.isascii())
                )
            else:
                np.testing.assert_array_equal(found, expected, err_msg=f"{bidirectional} {layers} {tokens} {text!r}")
            np.testing.assert_array_equal(model.predict_proba([text]), expected)


@pytest.mark.parametrize("tokens", ["lesson", "words", "characters"])
@pytest.mark.parametrize("subwords", [0, 4])
@pytest.mark.parametrize("most", [None, 2])
def test_a_linear_branch_beside_it(tokens: str, subwords: int, most: int | None) -> None:
    for bidirectional, ngrams in product([False, True], [1, 2, 3]):
        bundle = make_branched(
            tokens=tokens, subwords=subwords, ngrams=ngrams, cell="gru", bidirectional=bidirectional, pooling=("max",),
            max_tokens=most, branch_max_tokens=1000,
        )  # fmt: skip
        model = Model(bundle)
        for text in [*TEXTS, "oilzz prices oilzz rise", "rises"]:
            found, expected = answers(model, text)
            if found is not None:
                np.testing.assert_array_equal(found, expected, err_msg=f"{bidirectional} {ngrams} {text!r}")
            np.testing.assert_array_equal(model.predict_proba([text]), expected)
        assert answers(model, "oilzz prices oilzz rise")[0] is not None


def test_rows_of_several_labels() -> None:
    model = model_of(cell="gru", thresholds=(0.5, 0.5, 0.5))
    for text in TEXTS:
        np.testing.assert_array_equal(*(model.predict_proba(texts)[:1] for texts in ([text], [text, "oil"])))


@pytest.mark.parametrize("most", [1, 3, None])
def test_the_first_tokens_are_read(most: int | None) -> None:
    model = model_of(cell="lstm", max_tokens=most)
    for text in TEXTS[:4]:
        np.testing.assert_array_equal(*answers(model, text))


def test_long_texts_are_answered_like_many() -> None:
    model = model_of(cell="lstm", bidirectional=True, pooling=("max",))
    one = model._one_text
    assert one is not None
    fits, tokens, size = "oil " * one_text.TOKENS, "oil " * (one_text.TOKENS + 1), "o" * (one_text.BYTES + 1)
    np.testing.assert_array_equal(*answers(model, fits))
    assert [one(text) for text in (tokens, size)] == [None, None]
    for text in (tokens, size):
        np.testing.assert_array_equal(*(model.predict_proba(texts)[:1] for texts in ([text], [text, "oil"])))


@given(st.lists(st.text(), min_size=1, max_size=5), st.sampled_from(["lesson", "words", "characters"]))
def test_no_text_depends_on_those_before(texts: list[str], tokens: str) -> None:
    model = model_of(cell="gru", tokens=tokens, masked=False, pad_to=9)
    for text in texts:
        np.testing.assert_array_equal(model.predict_proba([text]), model.predict_proba([*texts, text])[-1:])


def test_threads_do_not_disturb_each_other() -> None:
    model = model_of(cell="lstm", hidden=64, bidirectional=True, pooling=("mean",), layers=2)
    texts = [" ".join(np.random.default_rng(seed).choice(WORDS, 300)) for seed in range(40)]
    expected = model.predict_proba(texts)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: model.predict_proba([text]), texts * 5))
    np.testing.assert_array_equal(np.concatenate(found), np.tile(expected, (5, 1)))


def test_an_answer_that_is_not_finite_is_an_error_and_the_next_is_right() -> None:
    model = Model(make_overflowing())
    assert model._one_text is not None
    for _ in range(2):
        with pytest.raises(ModelFileError, match="no finite number"):
            model.predict_proba(["a late match in oil"])
        np.testing.assert_array_equal(*(model.predict_proba(texts)[:1] for texts in (["the team"], ["the team", ""])))


def without_one(bundle: Bundle, **text: Any) -> Bundle:
    return replace(bundle, text=bundle.text.replace(**text))


@pytest.mark.parametrize(
    "bundle",
    [
        make_bundle(pooling=("attention",)),
        without_one(make_bundle(), field="title"),
        without_one(make_bundle(), tokens="bytes"),
        make_bundle(masked=False, pad_to=one_text.TOKENS + 1),
    ],
    ids=["attention", "titles", "bytes", "pads"],
)
def test_some_models_have_no_such_way(bundle: Bundle) -> None:
    model = Model(bundle)
    assert OneText.of(model.bundle, model._network) is None
    np.testing.assert_array_equal(*(model.predict_proba(texts)[:1] for texts in (["oil"], ["oil", "the team"])))
