"""Files of format 6: 8-bit weights with scales of columns, and whole numbers in the smallest type that holds them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bundle.test_bundle_branch import TEXTS, rebuilt, refused, tensors_of
from bundles import BRANCH, make_branched, make_bundle
from forge import take_apart

from recurra.bundle import Bundle, int8_bundle
from recurra.bundle.compact import pack, smallest_type, unpack
from recurra.bundle.format import decode, encode
from recurra.runtime import Model
from recurra.text import Vocabulary

WHOLE = make_branched()
FILE = encode(int8_bundle(WHOLE, compact=True))


@pytest.mark.parametrize(
    "bundle",
    [
        WHOLE,
        make_bundle(),
        make_bundle(cell="simple_rnn", bidirectional=True, masked=False),
        make_branched(settings=BRANCH.replace(subwords=0)),
        make_branched(thresholds=(0.5, 0.25, 0.75)),
    ],
)
def test_what_is_written_is_read(bundle: Bundle) -> None:
    written = int8_bundle(bundle, compact=True)
    data = encode(written)
    assert (take_apart(data)[1]["format"], take_apart(data)[1]["weights"]) == (6, "int8_compact")
    read = decode(data)
    assert encode(read) == data
    assert read.weights == "int8_compact"
    assert (read.branch is None) == (bundle.branch is None)
    np.testing.assert_array_equal(Model(read).predict_proba(TEXTS), Model(written).predict_proba(TEXTS))
    # The other way of 8 bits takes more.
    assert len(data) < len(encode(int8_bundle(bundle)))


def test_scales_are_those_of_columns() -> None:
    tensors = tensors_of(FILE)
    assert WHOLE.branch is not None
    for name, weights in (
        ("embedding", WHOLE.tensors["embedding"]), ("branch.W", WHOLE.branch.W), ("branch.U", WHOLE.branch.U)
    ):  # fmt: skip
        scale = tensors[f"{name}.scale"]
        np.testing.assert_allclose(scale, np.abs(weights).max(axis=0) / 127, rtol=2e-5)
        assert (np.abs(tensors[name] * scale.astype(np.float64) - weights) <= scale * 0.5001).all()


def test_texts_have_lengths_and_ngrams_small_numbers() -> None:
    tensors = tensors_of(FILE)
    assert "vocabulary.offsets" not in tensors
    lengths = [len(token.encode()) for token in WHOLE.vocabulary.tokens]
    assert tensors["vocabulary.lengths"].tolist() == lengths
    assert tensors["vocabulary.lengths"].dtype == tensors["branch.ngrams"].dtype == np.uint8


@pytest.mark.parametrize("longest", [1, 255, 256, 65_535, 65_536])
def test_long_tokens_take_a_larger_type(longest: int) -> None:
    text, offsets = Vocabulary(("é", "a" * longest)).to_tensors()
    stored = pack({"vocabulary.bytes": text, "vocabulary.offsets": offsets})
    assert stored["vocabulary.lengths"].tolist() == [2, longest]
    assert stored["vocabulary.lengths"].itemsize == (1 if longest < 256 else 2 if longest < 65_536 else 4)
    assert smallest_type(longest) == (np.uint8 if longest < 256 else np.uint16 if longest < 65_536 else np.uint32)
    read = unpack(stored)
    assert np.array_equal(read["vocabulary.offsets"], offsets)
    assert read["vocabulary.offsets"].dtype == np.int64


NGRAMS = tensors_of(FILE)["branch.ngrams"]
LENGTHS = tensors_of(FILE)["vocabulary.lengths"]


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"vocabulary.lengths": LENGTHS.astype(np.uint16)}, "vocabulary.lengths is uint16, which is not the type"),
        ({"vocabulary.lengths": LENGTHS.astype(np.int64)}, "vocabulary.lengths is int64, which is not the type"),
        ({"vocabulary.lengths": LENGTHS.reshape(1, -1)}, "vocabulary.lengths does not belong to its bytes"),
        ({"vocabulary.lengths": np.ones(10_000, dtype=np.uint8)}, "vocabulary.lengths does not belong to its bytes"),
        ({"vocabulary.lengths": LENGTHS * 0}, "offsets that do not cut"),
        ({"vocabulary.lengths": LENGTHS[1:].copy()}, "offsets that do not cut"),
        ({"vocabulary.lengths": None}, "The tensor vocabulary.offsets is missing"),
        ({"vocabulary.bytes": None}, "vocabulary.lengths does not belong to its bytes"),
        ({"branch.subwords.lengths": None}, "The tensor 'branch.subwords.offsets' is missing"),
        ({"branch.ngrams": NGRAMS.astype(np.int32)}, "branch.ngrams is int32, which is not the type"),
        ({"branch.ngrams": np.full((3, 2), 2**32 - 1, dtype=np.uint32)}, "has no beginning, or no last token"),
        ({"branch.ngrams": NGRAMS.ravel()}, r"branch.ngrams is int32\[6\]"),
        ({"branch.W.scale": np.ones(18, dtype=np.float32)}, r"branch.W.scale is float32\[18\], not float32\[3\]"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(changes: dict[str, Any], match: str) -> None:
    refused(rebuilt(FILE, changes), match)


def test_weights_of_another_type_are_refused() -> None:
    refused(rebuilt(FILE, {}, weights="int8"), "The weights of format 6 are 'int8'")
    refused(rebuilt(FILE, {}, weights=["int8_compact"]), "The weights of format 6 are")
    refused(rebuilt(encode(WHOLE), {}, weights="int8_compact"), "The weights of format 5 are 'int8_compact'")
    refused(rebuilt(FILE, {}, branch=None), "The weight 'branch.U' belongs to no such network")


def test_what_is_read_of_another_format_keeps_it() -> None:
    for bundle in (WHOLE, int8_bundle(WHOLE), int8_bundle(replace(WHOLE, branch=None))):
        data = encode(bundle)
        assert encode(decode(data)) == data
