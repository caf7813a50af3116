"""Files that are cut, altered or made to harm: one clear error each, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bundles import make_branched, make_bundle
from forge import KEY, put_together, signed, take_apart
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from recurra.bundle import Bundle, int8_bundle
from recurra.bundle.format import LARGEST_HEADER, decode, encode
from recurra.card import model_card
from recurra.errors import ModelFileError
from recurra.runtime import Model

# As training writes it, with every kind of value.
RECORD = {
    "preset": "default", "rows": 120, "held_out": 12, "epochs": 2, "data_sha256": "240f", "training_accuracy": 0.3,
    "calibration": {"skipped": "12 held-out rows are fewer than 100"},
    "classes": {"f1": [0.5, 0.8, 0.1], "rows": [40, 40, 40]},
    "continued": {"parent": "240f", "new_classes": ["a"], "chain": [{"model": "240f", "rows": 120}]},
    "intervals": {"validation": {"accuracy": [0.2, 0.7]}},
    "label_separator": "|",
    "scores": {"validation": {"accuracy": 0.5, "log_loss": 1.3}},
    "tokens": {"setting": "auto", "chosen": "words", "reason": "few are new"},
    "training": {"seed": 0, "clip": 5.0, "batch_tokens": None, "bucketing": True, "loss": "cross_entropy"},
    "unknown_tokens": 0.0,
    "versions": {"numpy": "2.0.0", "recurra": "0.1.0"},
}  # fmt: skip
PLAIN = encode(make_bundle())
UNMASKED = encode(make_bundle(cell="simple_rnn", masked=False))
RECORDED = encode(replace(make_bundle(masked=False), record=RECORD))
SEVERAL = encode(make_bundle(thresholds=(0.5, 0.25, 0.75)))
SEVERAL_INT8 = encode(int8_bundle(make_bundle(thresholds=(0.5, 0.25, 0.75))))
INT8 = encode(int8_bundle(make_bundle(bidirectional=True)))
BRANCHED = encode(make_branched())


@given(st.integers(0, len(PLAIN) - 1), st.integers(1, 255))
@settings(max_examples=300)
def test_any_altered_byte_is_found(place: int, change: int) -> None:
    altered = PLAIN[:place] + bytes([PLAIN[place] ^ change]) + PLAIN[place + 1 :]
    with pytest.raises(ModelFileError):
        decode(altered)


def test_a_digest_that_is_damaged_itself_is_said_to_be() -> None:
    """Its first digits may be the right ones: what is shown must differ."""
    place = PLAIN.index(KEY) + len(KEY) + 63
    other = b"0" if PLAIN[place : place + 1] != b"0" else b"1"
    with pytest.raises(ModelFileError, match="the digest that it records is damaged, 1 of its 64 digits differ"):
        decode(PLAIN[:place] + other + PLAIN[place + 1 :])
    with pytest.raises(ModelFileError, match=r"its digest begins (\w{12}), not (?!\1)\w{12}"):
        decode(PLAIN[:-1] + bytes([PLAIN[-1] ^ 1]))


def test_a_checkpoint_is_no_model_and_the_model_is_beside_it() -> None:
    metadata = {"recurra": json.dumps({"run": "0" * 64, "position": {"epoch": 1}})}
    with pytest.raises(ModelFileError, match=r"is a checkpoint .* Give the model\.safetensors beside it"):
        decode(save({"weight": np.zeros(2, np.float32)}, metadata=metadata))


def test_every_bit_of_the_header_counts() -> None:
    length = 8 + int.from_bytes(PLAIN[:8], "little")
    for place in range(length):
        altered = PLAIN[:place] + bytes([PLAIN[place] ^ 1 << place % 8]) + PLAIN[place + 1 :]
        with pytest.raises(ModelFileError):
            decode(altered)


@given(st.integers(0, len(PLAIN) - 1))
def test_any_cut_is_found(length: int) -> None:
    with pytest.raises(ModelFileError):
        decode(PLAIN[:length])


@given(st.integers(0, len(PLAIN)), st.binary(min_size=1, max_size=40))
def test_any_inserted_bytes_are_found(place: int, extra: bytes) -> None:
    with pytest.raises(ModelFileError):
        decode(PLAIN[:place] + extra + PLAIN[place:])


@given(st.integers(0, len(PLAIN) - 1), st.integers(1, 60))
def test_any_missing_bytes_are_found(place: int, count: int) -> None:
    with pytest.raises(ModelFileError):
        decode(PLAIN[:place] + PLAIN[place + count :])


@given(st.binary(max_size=300))
def test_random_bytes_are_no_model(data: bytes) -> None:
    with pytest.raises(ModelFileError):
        decode(data)


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_random_headers_are_no_model(header: bytes, body: bytes) -> None:
    with pytest.raises(ModelFileError):
        decode(signed(b"{" + header, body))


def test_the_forger_can_forge() -> None:
    """Without changes its files are good, so the refusals below come from what was changed."""
    assert isinstance(decode(put_together(*take_apart(PLAIN))), Bundle)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400) | st.just(-1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in nested JSON, as (container, key)."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


@given(st.data(), st.sampled_from([PLAIN, UNMASKED, INT8, SEVERAL, SEVERAL_INT8, BRANCHED]))
@settings(max_examples=400)
def test_any_change_of_header_or_metadata_gives_one_error_or_a_whole_model(data: st.DataObject, file: bytes) -> None:
    header, about, body = take_apart(file)
    del header["__metadata__"]
    root = data.draw(st.sampled_from([header, about]))
    container, key = data.draw(st.sampled_from(places(root)))
    if data.draw(st.booleans()):
        container[key] = data.draw(JSON)
    else:
        del container[key]
    model, message = attempt(put_together(header, about, body))
    assert "\n" not in message
    assert len(message) < 1000
    if model is not None and (model.bundle.pad_to or 0) < 10_000:
        assert np.isfinite(model.predict_proba(["oil prices", ""])).all()


TOO_LONG = {
    "401 digits": 10**400,
    "4,000 digits": -(10**3999),
    "a text": "x" * 100_000,
    "a name": {"x" * 100_000: 1},
    "in a list": [10**400],
}
JUST_AS_LONG = {"digits": 10**99, "a text": "x" * 10_000}


@pytest.mark.parametrize("value", TOO_LONG.values(), ids=TOO_LONG)
def test_what_is_too_long_is_one_short_line_wherever_it_stands(value: Any) -> None:
    for file in (RECORDED, SEVERAL):
        for place in range(len(places(take_apart(file)[1]))):
            header, about, body = take_apart(file)
            container, key = places(about)[place]
            container[key] = value
            model, message = attempt(put_together(header, about, body))
            # The digest is put in again.
            assert (model is None) == (key != "digest")
            assert len(message) < 300
            assert "\n" not in message


@pytest.mark.parametrize("value", JUST_AS_LONG.values(), ids=JUST_AS_LONG)
def test_what_may_just_be_as_long_is_one_short_line_or_a_model_that_can_be_written(value: Any) -> None:
    for place in range(len(places(take_apart(RECORDED)[1]))):
        header, about, body = take_apart(RECORDED)
        container, key = places(about)[place]
        container[key] = value
        model, message = attempt(put_together(header, about, body))
        assert len(message) < 300
        if model is not None:
            assert decode(encode(model.bundle)).record == model.record
            model_card(model.bundle, digest="240f")


@pytest.mark.parametrize(
    "record", [{"a": [{"b": 10**100}]}, {"a": {"b": "x" * 10_001}}, {"x" * 10_001: 1}], ids=["digits", "text", "name"]
)
def test_no_file_is_written_that_would_be_refused(record: dict[str, Any]) -> None:
    with pytest.raises(ModelFileError, match=r"The value at .*record.* has more than 10,000 characters or 100 digits"):
        encode(replace(make_bundle(), record=record))


def attempt(data: bytes) -> tuple[Model | None, str]:
    """The model, or the one error there may be."""
    try:
        return Model(decode(data)), ""
    except ModelFileError as error:
        return None, str(error)


def forged(change: Callable[[dict[str, Any], dict[str, Any]], Any], file: bytes = PLAIN) -> bytes:
    header, about, body = take_apart(file)
    change(header, about)
    return put_together(header, about, body)


def refused(data: bytes, match: str) -> None:
    with pytest.raises(ModelFileError, match=match):
        decode(data)


def test_a_newer_format_asks_for_an_update() -> None:
    # Even a digest in another place and unknown keys must not hide what is to be done.
    refused(forged(lambda h, a: a.update(format=7, something="new")), "format 7.*reads formats 1 to 6. Update recurra")


@pytest.mark.parametrize("version", [None, "1", 0, -1, True, 1.0, [1]])
def test_a_version_that_is_none_is_refused(version: Any) -> None:
    refused(forged(lambda h, a: a.update(format=version)), "format version is")


@pytest.mark.parametrize("name", ["labels", "network", "pad_to", "record", "text"])
def test_missing_metadata_is_refused(name: str) -> None:
    refused(forged(lambda h, a: a.pop(name)), "metadata holds")


def test_unknown_metadata_is_refused() -> None:
    refused(forged(lambda h, a: a.update(code="print()")), "metadata holds")


def test_a_missing_digest_is_refused() -> None:
    refused(forged(lambda h, a: a.pop("digest")), "digest is not where")


def test_a_second_metadata_key_is_refused() -> None:
    header, _, body = take_apart(PLAIN)
    header["__metadata__"]["pt"] = "x"
    refused(signed(json.dumps(header).encode(), body), "none of recurra's")


def test_a_key_that_stands_twice_is_refused() -> None:
    header, _, body = take_apart(PLAIN)
    text = json.dumps(header, separators=(",", ":"))
    twice = text[:-1] + ',"b_O":' + json.dumps(header["b_O"]) + "}"
    refused(signed(twice.encode(), body), "'b_O' occurs twice")
    inner = header["__metadata__"]["recurra"]
    header["__metadata__"]["recurra"] = inner[:-1] + ',"pad_to":null}'
    refused(signed(json.dumps(header, separators=(",", ":")).encode(), body), "'pad_to' occurs twice")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(number: str) -> None:
    header, _, body = take_apart(PLAIN)
    inner = header["__metadata__"]["recurra"].replace('"accuracy":0.5', f'"accuracy":{number}')
    header["__metadata__"]["recurra"] = inner
    refused(signed(json.dumps(header, separators=(",", ":")).encode(), body), "no JSON that recurra writes")


def test_endless_nesting_is_refused() -> None:
    refused(signed(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", b""), "no JSON")


def test_endless_digits_are_refused() -> None:
    refused(signed(b'{"a":' + b"1" * 5000 + b"}", b""), "no JSON")


def test_a_header_too_long_is_refused_before_it_is_parsed() -> None:
    refused((LARGEST_HEADER + 1).to_bytes(8, "little") + b"{" + b" " * (LARGEST_HEADER + 1), "no safetensors file")


def test_a_header_that_is_longer_than_the_file_is_named_as_cut() -> None:
    refused(PLAIN[:500], "The file is cut: it ends after 500 bytes")


def test_a_name_that_is_no_weight_is_refused() -> None:
    refused(forged(lambda h, a: h.update(W_X=h.pop("W_O"))), "'W_O' is missing")
    refused(forged(lambda h, a: a["network"].update(pooling=["max"], cell="gru")), "'layers.0.forward.b_H' is missing")
    refused(forged(lambda h, a: a["network"].update(input="one_hot")), "'embedding' belongs to no such network")


@pytest.mark.parametrize("dtype", ["F16", "BF16", "F64", "I64", "BOOL", "X", None, 3])
def test_a_wrong_type_is_refused(dtype: Any) -> None:
    refused(forged(lambda h, a: h["W_O"].update(dtype=dtype)), "W_O|tensors cannot be read")


@pytest.mark.parametrize("shape", [[3, 4], [12], [4, 3, 1], [2**40, 2**40], [-4, -3], [4.0, 3], "43"])
def test_a_wrong_shape_is_refused(shape: Any) -> None:
    refused(forged(lambda h, a: h["W_O"].update(shape=shape)), "W_O is|tensors cannot be read")


def test_overlapping_tensors_are_refused() -> None:
    refused(forged(lambda h, a: h["b_O"].update(data_offsets=[0, 12])), "tensors cannot be read")


def test_bytes_after_the_tensors_are_refused() -> None:
    header, about, body = take_apart(PLAIN)
    refused(put_together(header, about, body + b"\0" * 8), "tensors cannot be read")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(value: float) -> None:
    header, about, body = take_apart(PLAIN)
    start = header["W_O"]["data_offsets"][0]
    body = body[:start] + np.float32(value).tobytes() + body[start + 4 :]
    refused(put_together(header, about, body), f"W_O holds {value}")


@pytest.mark.parametrize("pad_to", [None, -1, 100_001, 2**70, 5.0, True, "5"])
def test_a_pad_to_out_of_range_is_refused(pad_to: Any) -> None:
    refused(forged(lambda h, a: a.update(pad_to=pad_to), UNMASKED), "pad_to is .* whole number from 0 to 100,000")


@pytest.mark.parametrize(
    ("network", "largest"),
    [
        # What a token is multiplied with: 1000² weights; in the other one W_H of four directions, W_I of the upper
        # layer's two, and the attention's matrix.
        ({"cell": "simple_rnn", "hidden": 1000}, 10**10 // 1000**2),
        (
            {"cell": "lstm", "hidden": 100, "layers": 2, "bidirectional": True, "pooling": ("attention",)},
            10**10 // (4 * 100 * 400 + 2 * 200 * 400 + 200 * 200),
        ),
    ],
)
def test_the_larger_a_network_the_fewer_pads_it_may_ask_for(network: dict[str, Any], largest: int) -> None:
    assert decode(encode(make_bundle(masked=False, pad_to=largest, **network))).pad_to == largest
    with pytest.raises(ModelFileError, match=f"pad_to is {largest + 1} .* from 0 to {largest:,} in a network of this"):
        encode(make_bundle(masked=False, pad_to=largest + 1, **network))


def test_a_pad_to_of_a_masked_model_is_refused() -> None:
    refused(forged(lambda h, a: a.update(pad_to=3)), "pad_to is 3 in a masked model")


@pytest.mark.parametrize(
    ("table", "setting", "value", "match"),
    [
        ("network", "layers", 2**31, "weights for 2147483648 layers"),
        ("network", "layers", 10**99, "layers in the network settings is a number of 329 bits. Give 9,223"),
        ("network", "layers", 10**400, "no JSON that recurra writes .a whole number has 401 digits"),
        ("network", "hidden", 2**31, "not float32"),
        ("network", "dropout", 10**99, "dropout in the network settings is a number of 329 bits"),
        ("text", "min_count", 2**63, "min_count in the text settings is 9223372036854775808"),
        ("network", "cell", "mamba", "no cell 'mamba'.*Or update recurra"),
        ("network", "colour", "red", "unknown setting 'colour'.*Or update recurra"),
        ("text", "tokens", "eval", "There is no tokenizer 'eval'"),
        ("text", "vocabulary_size", None, "vocabulary_size"),
        ("text", "tokens", "bytes", "not the 256 bytes"),
        ("text", "tokens", "auto", "tokens are auto"),
    ],
)
def test_settings_out_of_range_are_refused(table: str, setting: str, value: Any, match: str) -> None:
    refused(forged(lambda h, a: a[table].update({setting: value})), match)


@pytest.mark.parametrize("name", ["network", "text", "record"])
@pytest.mark.parametrize("value", [None, [], "x", 3])
def test_tables_that_are_none_are_refused(name: str, value: Any) -> None:
    refused(forged(lambda h, a: a.update({name: value})), f"{name} (settings are|is)")


@pytest.mark.parametrize(
    "labels", [None, {}, {"type": "str", "classes": []}, {"type": "str", "classes": ["a", "a", "b"]}]
)
def test_labels_that_are_none_are_refused(labels: Any) -> None:
    refused(forged(lambda h, a: a.update(labels=labels)), "labels")


def test_another_number_of_labels_is_refused() -> None:
    refused(forged(lambda h, a: a["labels"]["classes"].append("d")), r"W_O is float32\[4, 3\], not float32\[4, 4\]")


def test_a_vocabulary_with_an_empty_token_is_refused() -> None:
    header, about, body = take_apart(PLAIN)
    a, b = header["vocabulary.offsets"]["data_offsets"]
    offsets = np.frombuffer(body[a:b], np.int64).copy()
    offsets[3] = offsets[2]
    refused(put_together(header, about, body[:a] + offsets.tobytes() + body[b:]), "do not cut")
