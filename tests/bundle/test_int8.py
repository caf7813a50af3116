"""Weights as int8: how far they may be off, that nothing is lost a second time, and files that are made to harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import safetensors.numpy
from bundles import make_bundle
from forge import put_together, take_apart
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recurra.bundle import Bundle, int8_bundle, read_bundle, write_bundle
from recurra.bundle import format as model_format
from recurra.bundle.format import decode, encode
from recurra.bundle.int8 import dequantize, int8_axis, quantize
from recurra.errors import ModelFileError
from recurra.runtime import Model

TINY = 2.0**-126
NETWORKS: list[dict[str, Any]] = [
    {},
    {"cell": "simple_rnn", "masked": False},
    {"cell": "gru", "bidirectional": True, "layers": 2, "pooling": ("max", "attention")},
    {"cell": "gru_reset_before", "input": "one_hot"},
    {"cell": "lstm", "bidirectional": True, "layers": 2},
    {"cell": "sru", "bidirectional": True, "layers": 2},
    {"cell": "min_gru"},
    {"cell": "min_lstm"},
]
PLAIN = encode(make_bundle())
INT8 = encode(int8_bundle(make_bundle()))

weights = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6),
    elements=st.one_of(
        st.floats(width=32, allow_nan=False, allow_infinity=False),
        st.floats(-1, 1, width=32),
        st.sampled_from([0.0, -0.0, 2.0**-149, 2.0**-140, 126 * TINY, 127 * TINY, -3.4028234663852886e38, 0.5, 127.0]),
    ),
)


def by_hand(numbers: list[float]) -> tuple[list[int], Fraction]:
    """The whole numbers and the scale of weights that share one, in exact arithmetic."""
    quotient = max(abs(Fraction(number)) for number in numbers) / 127
    scale = Fraction(0)
    if quotient:
        exponent = 0
        while quotient >= 2 ** (17 + exponent):
            exponent += 1
        while quotient < Fraction(2) ** (16 + exponent):
            exponent -= 1
        unit = Fraction(2) ** exponent
        scale = (quotient // unit) * unit
    if scale < Fraction(TINY):
        return [0] * len(numbers), Fraction(0)
    return [round(Fraction(number) / scale) for number in numbers], scale


@given(weights, st.sampled_from([0, 1]))
@settings(max_examples=120)
def test_whole_numbers_and_scales_are_those_of_exact_arithmetic(weight: npt.NDArray[np.float32], axis: int) -> None:
    values, scales = quantize(weight, axis=axis)
    assert (values.dtype, scales.dtype) == (np.int8, np.float32)
    together = zip(*(np.moveaxis(array, axis, 0).T for array in (weight, values)), scales, strict=True)
    for numbers, found, scale in together:
        assert (found.tolist(), Fraction(float(scale))) == by_hand(numbers.tolist())


@given(weights, st.sampled_from([0, 1]))
@settings(max_examples=120)
def test_no_weight_is_off_by_more_than_half_a_scale(weight: npt.NDArray[np.float32], axis: int) -> None:
    values, scales = quantize(weight, axis=axis)
    read = dequantize(values, scales, axis=axis)
    # A scale of 0 is for weights that are nothing beside any other.
    bounds = np.where(scales > 0, scales.astype(np.float64) / 2, 127 * TINY)
    allowed = np.broadcast_to(np.expand_dims(bounds, axis), weight.shape)
    for number, back, bound in zip(weight.ravel(), read.ravel(), allowed.ravel(), strict=True):
        assert abs(Fraction(float(number)) - Fraction(float(back))) <= Fraction(float(bound))


@given(weights, st.sampled_from([0, 1]))
@settings(max_examples=120)
def test_what_is_quantised_stays_as_it_is(weight: npt.NDArray[np.float32], axis: int) -> None:
    values, scales = quantize(weight, axis=axis)
    again, scales_again = quantize(dequantize(values, scales, axis=axis), axis=axis)
    assert np.array_equal(values, again)
    assert scales.tobytes() == scales_again.tobytes()


def test_every_scale_stays_as_it_is() -> None:
    """All mantissas of a scale, and of the largest weight that gives it: the cases where rounding could drift."""
    largest = (np.arange(2**23, 2**24, 5, dtype=np.uint32)).astype(np.float32)[:, None]
    values, scales = quantize(largest, axis=1)
    assert (values == 127).all()
    read = dequantize(values, scales, axis=1)
    assert np.array_equal(read.astype(np.float64), 127 * scales.astype(np.float64)[:, None])
    assert np.array_equal(quantize(read, axis=1)[1], scales)


def test_halves_go_to_the_even_number() -> None:
    weight = np.array([[127, 0.5, 1.5, 2.5, -0.5, -1.5, -126.5]], np.float32)
    values, scales = quantize(weight, axis=1)
    assert (values.tolist(), scales.tolist()) == ([[127, 0, 2, 2, 0, -2, -126]], [1.0])


def test_the_largest_weights_stay_finite() -> None:
    weight = np.full((1, 2), np.finfo(np.float32).max)
    assert np.isfinite(dequantize(*quantize(weight, axis=1), axis=1)).all()


def test_which_weights_are_stored_how() -> None:
    gru = make_bundle(cell="gru", bidirectional=True, pooling=("attention",)).network
    axes = {"embedding": 1, "layers.0.forward.W_I": 0, "layers.1.backward.W_H": 0, "attention.W": 0}
    assert {name: int8_axis(name, gru) for name in axes} == axes
    for name in ("W_O", "b_O", "layers.0.forward.b", "layers.0.forward.b_H", "attention.v", "attention.b"):
        assert int8_axis(name, gru) is None
    simple = make_bundle(cell="simple_rnn").network
    assert int8_axis("layers.0.forward.W_H", simple) is None
    assert int8_axis("layers.0.forward.W_I", simple) == 0


@pytest.mark.parametrize("network", NETWORKS)
def test_a_file_that_is_read_is_written_again_with_the_same_bytes(network: dict[str, Any]) -> None:
    bundle = int8_bundle(make_bundle(**network))
    data = encode(bundle)
    read = decode(data)
    assert read.weights == "int8"
    assert encode(read) == data
    assert encode(int8_bundle(read)) == data
    assert read.tensors.keys() == bundle.tensors.keys()
    assert all(np.array_equal(read.tensors[name], bundle.tensors[name]) for name in read.tensors)
    assert all(weight.dtype == np.float32 for weight in read.tensors.values())


@pytest.mark.parametrize("network", NETWORKS)
def test_what_the_file_holds(network: dict[str, Any]) -> None:
    bundle = make_bundle(**network)
    stored = safetensors.numpy.load(encode(replace(bundle, weights="int8")))
    for name, weight in bundle.tensors.items():
        axis = int8_axis(name, bundle.network)
        if axis is None:
            assert np.array_equal(stored.pop(name), weight)
            continue
        values, scales = stored.pop(name), stored.pop(f"{name}.scale")
        assert (values.dtype, scales.dtype) == (np.int8, np.float32)
        assert scales.shape == (weight.shape[1 - axis],)
        off = np.abs(weight - values * np.expand_dims(scales.astype(np.float64), axis))
        assert (off <= np.expand_dims(scales, axis) / 2).all()
        assert (off > 0).any()
    assert stored.keys() == {"vocabulary.bytes", "vocabulary.offsets"}


def test_a_large_model_takes_about_a_quarter() -> None:
    bundle = make_bundle(hidden=64, embedding=512)
    plain, small = len(encode(bundle)), len(encode(int8_bundle(bundle)))
    numbers = sum(weight.size for weight in bundle.tensors.values())
    assert plain - small > 2.9 * numbers


def test_a_float32_file_is_what_it_was() -> None:
    header, about, _ = take_apart(PLAIN)
    assert about.keys() == {"digest", "format", "labels", "network", "pad_to", "record", "text"}
    assert about["format"] == 1
    assert {entry["dtype"] for name, entry in header.items() if name != "__metadata__"} == {"F32", "I64", "U8"}
    assert decode(PLAIN).weights == "float32"


def test_a_recurra_without_int8_asks_for_an_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_format, "FORMAT", 1)
    refused(INT8, "The file has format 2, .*Update recurra.")
    assert isinstance(decode(PLAIN), Bundle)


@pytest.mark.parametrize("network", NETWORKS)
def test_predictions_are_those_of_the_rounded_weights(network: dict[str, Any], tmp_path: Any) -> None:
    bundle = make_bundle(**network)
    write_bundle(int8_bundle(bundle), tmp_path / "small.safetensors")
    loaded = Model(read_bundle(tmp_path / "small.safetensors"))
    rounded = {}
    for name, weight in bundle.tensors.items():
        axis = int8_axis(name, bundle.network)
        if axis is not None:
            columns = np.moveaxis(weight, axis, 0).T.tolist()
            back = [[float(value * scale) for value in values] for values, scale in map(by_hand, columns)]
            weight = np.moveaxis(np.array(back, np.float32).T, 0, axis)
        rounded[name] = np.ascontiguousarray(weight)
    expected = Model(replace(bundle, tensors=rounded))
    texts = ["oil prices rise", "", "the team wins a late match in rome", "unknown"]
    assert np.array_equal(loaded.predict_proba(texts), expected.predict_proba(texts))
    assert not np.array_equal(loaded.predict_proba(texts), Model(bundle).predict_proba(texts))


def test_the_model_says_so() -> None:
    plain, small = Model(make_bundle()), Model(int8_bundle(make_bundle()))
    assert plain.info["weights"] == "float32"
    assert {**plain.info, "weights": "int8"} == small.info
    total = plain.summary().splitlines()[-1].split()
    assert small.summary().splitlines()[-1].split() == [total[0], "int8", "weights", total[1]]
    assert "float32" not in plain.summary()


def test_a_way_to_store_weights_that_is_none_is_refused() -> None:
    with pytest.raises(ModelFileError, match=r"stored as 'int4'\. Choose float32, int8 or int8_compact"):
        encode(replace(make_bundle(), weights="int4"))  # type: ignore[arg-type]


def test_weights_that_are_not_finite_are_not_rounded() -> None:
    bundle = make_bundle()
    bundle.tensors["embedding"][2, 1] = np.nan
    with pytest.raises(ModelFileError, match="embedding holds nan"):
        int8_bundle(bundle)


# Hostile files.


def refused(data: bytes, match: str) -> None:
    with pytest.raises(ModelFileError, match=match) as caught:
        decode(data)
    assert "\n" not in str(caught.value)


def forged(
    change: Callable[[dict[str, Any], dict[str, Any]], Any], body: Callable[[bytes], bytes] = bytes, file: bytes = INT8
) -> bytes:
    header, about, tensors = take_apart(file)
    change(header, about)
    return put_together(header, about, body(tensors))


def with_tensor(name: str, tensor: npt.NDArray[Any], place: int = 0) -> bytes:
    """The int8 file with other bytes at a tensor's place."""
    header, about, body = take_apart(INT8)
    start = header[name]["data_offsets"][0] + place * tensor.itemsize
    return put_together(header, about, body[:start] + tensor.tobytes() + body[start + tensor.nbytes :])


def test_the_forger_can_forge() -> None:
    assert put_together(*take_apart(INT8)) == INT8


@pytest.mark.parametrize(
    "scale", [np.nan, np.inf, -np.inf, -0.5, -0.0, 1e-40, np.finfo(np.float32).max, 2.7e36, 0.1, 1 + 2.0**-17]
)
@pytest.mark.parametrize("name", ["embedding.scale", "layers.0.forward.W_H.scale"])
def test_numbers_that_are_no_scale_are_refused(name: str, scale: float) -> None:
    refused(with_tensor(name, np.array([scale], np.float32)), f"The tensor {name} holds .*, which is no scale. Write")


def test_the_largest_scale_is_taken() -> None:
    scale = (np.finfo(np.float32).max / np.float32(127)).view(np.uint32) & np.uint32(0xFFFFFF80)
    read = decode(with_tensor("embedding.scale", np.array([scale])))
    assert np.isfinite(read.tensors["embedding"]).all()
    refused(with_tensor("embedding.scale", np.array([scale + np.uint32(128)])), "no scale")


def test_whole_numbers_that_no_weight_gives_are_refused() -> None:
    refused(with_tensor("embedding", np.array([-128], np.int8)), "embedding goes up to 128 where its scale is 0")
    refused(with_tensor("embedding", np.array([3, -100, 99], np.int8)), "embedding goes up to 100 where")
    refused(with_tensor("embedding", np.array([0, 0, 0], np.int8)), "embedding goes up to 0 where")
    refused(with_tensor("embedding.scale", np.array([0], np.float32)), "embedding goes up to 127 where its scale is 0")


def test_a_missing_scale_is_refused() -> None:
    name = "embedding.scale"
    refused(forged(lambda h, a: h.update(other=h.pop(name))), "The tensor embedding.scale is missing")
    refused(forged(lambda h, a: h.pop(name)), "tensors cannot be read|embedding.scale is missing")


@pytest.mark.parametrize("name", ["W_O.scale", "b_O.scale", "embedding.scale.scale", "x.scale", "x.W_I.scale"])
def test_a_scale_of_nothing_is_refused(name: str) -> None:
    _, _, body = take_apart(INT8)
    entry = {"dtype": "F32", "shape": [1], "data_offsets": [len(body), len(body) + 4]}
    data = forged(lambda h, a: h.update({name: entry}), lambda tensors: tensors + b"\0" * 4)
    refused(data, f"The weight '{name}' belongs to no such network")


def test_a_weight_that_belongs_to_no_network_is_refused() -> None:
    _, _, body = take_apart(INT8)
    size = len(body)
    more = {
        "x.W_I": {"dtype": "I8", "shape": [4, 1], "data_offsets": [size, size + 4]},
        "x.W_I.scale": {"dtype": "F32", "shape": [1], "data_offsets": [size + 4, size + 8]},
    }
    data = forged(lambda h, a: h.update(more), lambda tensors: tensors + b"\0" * 8)
    refused(data, "'x.W_I' belongs to no such network")


@pytest.mark.parametrize("shape", [[1, 15], [3, 5], [15, 1], [5, 3], [2**40, 2**40], [-15], [15.0], "15"])
def test_a_scale_of_another_shape_is_refused(shape: Any) -> None:
    data = forged(lambda h, a: h["embedding.scale"].update(shape=shape))
    refused(data, r"embedding\.scale is float32\[.*, not float32\[15\]|tensors cannot be read")


@pytest.mark.parametrize("dtype", ["I64", "I8", "U8", "F16", "F64", None])
def test_a_scale_of_another_type_is_refused(dtype: Any) -> None:
    refused(forged(lambda h, a: h["embedding.scale"].update(dtype=dtype)), "embedding.scale|tensors cannot be read")


def test_whole_numbers_as_scales_are_refused() -> None:
    """Of the right size in bytes, so that only the type is wrong."""
    data = forged(lambda h, a: h["embedding.scale"].update(dtype="U8", shape=[60]))
    refused(data, r"embedding\.scale is uint8\[60\], not float32\[15\]")
    data = forged(lambda h, a: h["embedding"].update(dtype="U8"))
    refused(data, r"The weight embedding is uint8\[15, 3\], not an int8 matrix")


@pytest.mark.parametrize("shape", [[3, 15], [45], [15, 3, 1], [1, 45], [15, -3], "153"])
def test_int8_of_another_shape_is_refused(shape: Any) -> None:
    refused(forged(lambda h, a: h["embedding"].update(shape=shape)), "embedding|tensors cannot be read")


def test_int8_where_float32_belongs_is_refused() -> None:
    data = forged(lambda h, a: h["W_O"].update(dtype="I8", shape=[4, 12]))
    refused(data, r"The weight W_O is int8\[4, 12\], not float32\[4, 3\]")
    refused(forged(lambda h, a: a.update(format=1)), r"belongs to no such network|embedding is int8\[15, 3\]")


def test_float32_where_int8_belongs_is_refused() -> None:
    data = forged(lambda h, a: a.update(format=2), file=PLAIN)
    refused(data, r"is float32\[\d+, \d+\], not an int8 matrix")


def test_matrices_without_rows_are_refused() -> None:
    refused(
        forged(
            lambda h, a: h.update(
                embedding={"dtype": "I8", "shape": [0, 2**40], "data_offsets": h["embedding"]["data_offsets"][:1] * 2}
            )
        ),
        "embedding|tensors cannot be read",
    )


def test_weights_that_would_be_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of int8 takes four times its size in memory, and that is what is bounded."""
    large = encode(int8_bundle(make_bundle(hidden=64, embedding=512)))
    monkeypatch.setattr(model_format, "LARGEST_FILE", len(large))
    refused(large, "The weights would take .* bytes, and .* are allowed")


@given(st.integers(0, len(take_apart(INT8)[2]) - 1), st.integers(1, 255))
@settings(max_examples=200)
def test_any_byte_of_the_tensors_gives_one_error_or_a_model_with_these_bytes(place: int, change: int) -> None:
    header, about, body = take_apart(INT8)
    data = put_together(header, about, body[:place] + bytes([body[place] ^ change]) + body[place + 1 :])
    bundle, message = attempt(data)
    assert "\n" not in message
    if bundle is not None:
        assert encode(bundle) == data
        assert np.isfinite(Model(bundle).predict_proba(["oil prices", ""])).all()


def attempt(data: bytes) -> tuple[Bundle | None, str]:
    """The model, or the one error there may be."""
    try:
        return decode(data), ""
    except ModelFileError as error:
        return None, str(error)
