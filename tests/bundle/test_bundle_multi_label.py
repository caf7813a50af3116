"""Files of models that give several labels: a format of their own, whole or refused; all others stay as they were."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from bundle.forge import put_together, take_apart
from bundles import make_bundle

from recurra.bundle import int8_bundle
from recurra.bundle.format import decode, encode
from recurra.errors import ModelFileError

THRESHOLDS = (0.5, 0.25, 0.75)


@pytest.mark.parametrize("int8", [False, True])
def test_what_is_written_is_read(int8: bool) -> None:
    bundle = make_bundle(thresholds=THRESHOLDS, bidirectional=True)
    bundle = int8_bundle(bundle) if int8 else bundle
    data = encode(bundle)
    read = decode(data)
    assert read.thresholds is not None
    assert read.thresholds.tolist() == list(THRESHOLDS)
    assert (read.multi_label, read.weights) == (True, "int8" if int8 else "float32")
    assert all(np.array_equal(read.tensors[name], bundle.tensors[name]) for name in read.tensors | bundle.tensors)
    assert encode(read) == data
    assert take_apart(data)[1]["format"] == 3


def test_files_of_other_models_have_the_bytes_they_always_had() -> None:
    for bundle, version in ((make_bundle(), 1), (int8_bundle(make_bundle()), 2)):
        header, about, _ = take_apart(encode(bundle))
        assert about["format"] == version
        assert about.keys() == {"digest", "format", "labels", "network", "pad_to", "record", "text"}
        assert "thresholds" not in header


def changed(change: Any) -> bytes:
    header, about, body = take_apart(encode(make_bundle(thresholds=THRESHOLDS)))
    change(header, about)
    return put_together(header, about, body)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h, a: h.pop("thresholds"), "thresholds is missing|cannot be read"),
        (lambda h, a: a.update(weights="int4"), "stored as 'int4'"),
        (lambda h, a: a.update(weights=["int8"]), "stored as"),
        (lambda h, a: a.pop("weights"), "The metadata holds"),
        (lambda h, a: a.update(format=1), "The metadata holds"),
        (lambda h, a: (a.update(format=1), a.pop("weights")), "'thresholds' belongs to no such network"),
    ],
)
def test_what_does_not_fit_is_refused(change: Any, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        decode(changed(change))


@pytest.mark.parametrize("values", [(0.0, 0.5, 0.5), (0.5, 1.0, 0.5), (0.5, float("nan"), 0.5), (0.5, 0.5)])
def test_thresholds_that_are_none_are_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(ModelFileError, match="threshold"):
        encode(make_bundle(thresholds=values))


def test_the_digest_covers_the_thresholds() -> None:
    one, other = (encode(make_bundle(thresholds=values)) for values in (THRESHOLDS, (0.5, 0.25, 0.7)))
    assert hashlib.sha256(one).digest() != hashlib.sha256(other).digest()
    place = one.index(np.float32(0.25).tobytes())
    with pytest.raises(ModelFileError, match="altered"):
        decode(one[:place] + np.float32(0.9).tobytes() + one[place + 4 :])
