"""Files of models with a linear branch, format 5: what is written is read, and what does not fit is one clear error."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from bundles import BRANCH, make_branched, make_bundle
from forge import put_together, take_apart
from hypothesis import given, settings
from hypothesis import strategies as st

from recurra.bundle import Bundle, int8_bundle
from recurra.bundle.format import decode, encode
from recurra.errors import ModelFileError, SettingsError
from recurra.kernels.compiled import kernels_of
from recurra.linear_branch import BranchSettings, Ngrams
from recurra.runtime import Model

TEXTS = ["oil prices rise", "the team, reading a ładder", "", "unheard oilmen"]
FILE, INT8 = encode(make_branched()), encode(int8_bundle(make_branched()))


def tensors_of(data: bytes) -> dict[str, Any]:
    return dict(safetensors.numpy.load(data))


def rebuilt(data: bytes, changes: dict[str, Any], **about: Any) -> bytes:
    """The file with other tensors, ``None`` for none, and other metadata."""
    tensors = {name: tensor for name, tensor in {**tensors_of(data), **changes}.items() if tensor is not None}
    metadata = {"recurra": json.dumps({**take_apart(data)[1], **about})}
    return put_together(*take_apart(safetensors.numpy.save(tensors, metadata=metadata)))


def refused(data: bytes, match: str) -> None:
    with pytest.raises(ModelFileError, match=match) as caught:
        decode(data)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize(
    "bundle",
    [
        make_branched(),
        make_branched(settings=BRANCH.replace(subwords=0)),
        make_branched(thresholds=(0.5, 0.25, 0.75)),
        make_branched(bidirectional=True, masked=False),
    ],
)
def test_what_is_written_is_read(bundle: Bundle, int8: bool) -> None:
    written = int8_bundle(bundle) if int8 else bundle
    data = encode(written)
    assert data == encode(written)
    assert take_apart(data)[1]["format"] == 5
    read = decode(data)
    assert encode(read) == data
    old, new = written.branch, read.branch
    assert old is not None
    assert new is not None
    assert new.settings == old.settings
    assert (new.subwords is None) == (old.subwords is None)
    np.testing.assert_array_equal(new.ngrams.table, old.ngrams.table)
    np.testing.assert_array_equal(new.W, old.W)
    np.testing.assert_array_equal(new.U, old.U)
    np.testing.assert_array_equal(Model(read).predict_proba(TEXTS), Model(written).predict_proba(TEXTS))


def test_the_branch_is_part_of_the_answer() -> None:
    alone = Model(make_bundle()).predict_proba(TEXTS)
    assert (np.abs(Model(decode(FILE)).predict_proba(TEXTS) - alone).max(axis=1) > 0.01)[[0, 1, 3]].all()


def test_int8_rounds_each_ngram_by_itself() -> None:
    tensors, whole = tensors_of(INT8), make_branched().branch
    assert whole is not None
    for name, weights in (("branch.W", whole.W), ("branch.U", whole.U)):
        assert tensors[name].dtype == np.int8
        scale = tensors[f"{name}.scale"]
        assert scale.shape == (len(weights),)
        rounded = tensors[name].astype(np.float64) * scale[:, None]
        assert (np.abs(rounded - weights) <= scale[:, None] * 0.5001).all()


def test_a_model_without_a_branch_keeps_its_format() -> None:
    assert take_apart(encode(make_bundle()))[1]["format"] == 1
    assert decode(encode(make_bundle())).branch is None


def test_the_forger_can_forge() -> None:
    assert encode(decode(rebuilt(FILE, {}))) == FILE


TABLE = make_branched().branch.ngrams.table  # type: ignore[union-attr]
W, U = (tensors_of(FILE)[f"branch.{name}"] for name in "WU")
KNOWN = len(W) - len(TABLE)
TEXT, OFFSETS = (tensors_of(FILE)[f"branch.subwords.{name}"] for name in ("bytes", "offsets"))


def with_value(weights: Any, value: float) -> Any:
    changed = weights.copy()
    changed[1, 1] = value
    return changed


# In an order that every process agrees on.
NAMES = sorted(name for name in tensors_of(FILE) if name.startswith("branch."))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        *(({name: None}, f"The tensor {name!r} is missing") for name in NAMES),
        ({"branch.more": U}, "The tensor 'branch.more' belongs to no such branch"),
        ({"branch.W.scale": W[:, 0].copy()}, "The tensor 'branch.W.scale' belongs to no such branch"),
        ({"branch.ngrams": TABLE.astype(np.int64)}, r"branch.ngrams is int64\[3, 2\], not int32\[n-grams, 2\]"),
        ({"branch.ngrams": TABLE.ravel()}, r"branch.ngrams is int32\[6\]"),
        ({"branch.ngrams": np.repeat(TABLE, 2, axis=1)}, r"branch.ngrams is int32\[3, 4\]"),
        ({"branch.ngrams": np.array(3, dtype=np.int32)}, r"branch.ngrams is int32\[\]"),
        ({"branch.ngrams": TABLE[:2]}, r"branch.W is float32\[18, 3\], not float32\[17, 3\]"),
        ({"branch.ngrams": TABLE[[1, 0, 2]]}, f"The n-gram \\[{KNOWN}, 4\\] has no beginning") ,
        ({"branch.ngrams": TABLE[[0, 0, 2]]}, "branch.ngrams holds an n-gram twice"),
        ({"branch.ngrams": np.where(TABLE == 8, KNOWN, TABLE)}, "The n-gram .* has no beginning, or no last token"),
        ({"branch.ngrams": np.where(TABLE == 7, -1, TABLE)}, "The n-gram .* has no beginning, or no last token"),
        ({"branch.ngrams": np.where(TABLE == 8, -1, TABLE)}, "The n-gram .* has no beginning, or no last token"),
        ({"branch.ngrams": np.where(TABLE == KNOWN, 2**31 - 1, TABLE).astype(np.int32)}, "has no beginning"),
        ({"branch.W": W[:, :2].copy()}, r"branch.W is float32\[18, 2\], not float32\[18, 3\]"),
        ({"branch.W": W.ravel()}, r"branch.W is float32\[54\]"),
        ({"branch.W": W.astype(np.int32)}, r"branch.W is int32\[18, 3\]"),
        ({"branch.U": U[:1].copy()}, r"branch.U is float32\[1, 3\], not float32\[4, 3\]"),
        ({"branch.U": np.array(0, dtype=np.float32)}, r"branch.U is float32\[\]"),
        *(({f"branch.{name}": with_value(weights, value)}, f"branch.{name} holds")
          for name, weights in (("W", W), ("U", U)) for value in (np.nan, np.inf, -np.inf)),
        ({"branch.subwords.bytes": np.full_like(TEXT, 0xC3)}, "branch.subwords.bytes and .* bytes that are no UTF-8"),
        ({"branch.subwords.bytes": np.full_like(TEXT[:4], 65), "branch.subwords.offsets": np.arange(5)}, "token twice"),
        ({"branch.subwords.bytes": TEXT[:-1].copy()}, "branch.subwords.offsets have offsets that do not cut"),
        ({"branch.subwords.bytes": TEXT.astype(np.int8)}, "branch.subwords.bytes and branch.subwords.offsets are int8"),
        ({"branch.subwords.offsets": OFFSETS[::-1].copy()}, "have offsets that do not cut"),
        ({"branch.subwords.offsets": OFFSETS.astype(np.int32)}, r"int32\[5\]"),
        ({"branch.subwords.offsets": np.empty(0, dtype=np.int64)}, "have offsets that do not cut"),
    ],
)  # fmt: skip
def test_tensors_that_do_not_fit_are_refused(changes: dict[str, Any], match: str) -> None:
    refused(rebuilt(FILE, changes), match)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"branch.W": W}, "The weight branch.W is float32.*, not an int8 matrix"),
        ({"branch.W.scale": None}, "The tensor branch.W.scale is missing"),
        ({"branch.U.scale": np.full(4, np.nan, dtype=np.float32)}, "branch.U.scale holds nan, which is no scale"),
        ({"branch.U": None}, "The tensor 'branch.U' is missing"),
    ],
)
def test_int8_tensors_that_do_not_fit_are_refused(changes: dict[str, Any], match: str) -> None:
    refused(rebuilt(INT8, changes), match)


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("branch", False, "does not have what its settings say"),
        ("branch", 1, "branch in the branch settings is 1"),
        ("ngrams", 0, "ngrams is 0"),
        ("ngrams", 10**9, "ngrams is 1000000000"),
        ("subwords", 10**9, "subwords is 1000000000"),
        ("subwords", 0, "'branch.U' belongs to no such branch"),
        ("ngram_count", 0, "ngram_count is 0"),
        ("branch_penalty", -1.0, "branch_penalty is -1.0"),
        ("other", 1, "unknown setting 'other'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(name: str, value: Any, match: str) -> None:
    about = take_apart(FILE)[1]["branch"]
    refused(rebuilt(FILE, {}, branch={**about, name: value}), match)


@pytest.mark.parametrize("branch", [None, [], "branch", 3, True])
def test_settings_that_are_no_table_are_refused(branch: Any) -> None:
    refused(rebuilt(FILE, {}, branch=branch), "The branch settings are")


def test_subwords_of_a_model_of_characters_are_refused() -> None:
    text = {**take_apart(FILE)[1]["text"], "tokens": "characters"}
    refused(rebuilt(FILE, {}, text=text), "'branch.U' belongs to no such branch")


def test_a_branch_in_a_file_of_another_format_is_refused() -> None:
    about = take_apart(FILE)[1]
    refused(rebuilt(FILE, {}, format=4), "The metadata holds")
    del about["branch"]
    header, _, body = take_apart(FILE)
    refused(put_together(header, {**about, "format": 4}, body), "The weight 'branch.U' belongs to no such network")


def test_what_does_not_fit_is_not_written() -> None:
    bundle = make_branched()
    assert bundle.branch is not None
    with pytest.raises(ModelFileError, match=r"branch.W is float32\[17, 3\]"):
        encode(replace(bundle, branch=replace(bundle.branch, W=W[1:])))


@given(st.integers(0, len(take_apart(FILE)[2]) - 1), st.integers(1, 255), st.sampled_from([FILE, INT8]))
@settings(max_examples=200)
def test_any_byte_of_the_tensors_gives_one_error_or_a_model_with_these_bytes(
    place: int, change: int, file: bytes
) -> None:
    header, about, body = take_apart(file)
    place %= len(body)
    data = put_together(header, about, body[:place] + bytes([body[place] ^ change]) + body[place + 1 :])
    try:
        bundle = decode(data)
    except ModelFileError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either is right
        return
    assert encode(bundle) == data
    one_answer(lambda: Model(bundle).predict_proba(TEXTS))
    one_answer(lambda: Model(bundle).read(TEXTS[1]).probabilities)


def one_answer(answer: Callable[[], Any]) -> None:
    """Finite probabilities, or one error."""
    try:
        assert np.isfinite(answer()).all()
    except ModelFileError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either is right


def test_the_largest_weights_give_one_error() -> None:
    large = rebuilt(FILE, {"branch.W": np.full_like(W, 3e38) * np.array([1, -1, 1], dtype=np.float32)})
    with pytest.raises(ModelFileError, match="no finite number"):
        Model(decode(large)).predict_proba(TEXTS)


def longest_run(keys: Any) -> int:
    """The most filled slots in a row: a look-up looks at no more."""
    filled = np.concatenate([keys >= 0, [False]])
    ends = np.flatnonzero(~filled)
    return int(np.diff(ends, prepend=-1).max()) - 1


def test_ngrams_that_were_chosen_to_meet_in_one_slot_do_not() -> None:
    count, mix, slots = 500, 0x1E3779B97F4A7C15, 1024
    generator = np.random.default_rng(0)
    pairs = np.unique(generator.integers(2, 1 << 16, (1 << 20, 2)), axis=0)
    keys = (pairs[:, 0] << 32 | pairs[:, 1]).astype(np.uint64)
    with np.errstate(over="ignore"):
        meeting = pairs[(keys * np.uint64(mix)) >> np.uint64(54) == 0][:count].astype(np.int32)
    assert len(meeting) == count
    hostile = np.full(slots, -1, dtype=np.int64)
    beginnings, tokens = np.ascontiguousarray(meeting.T)
    kernels_of("ngrams").fill_ngram_table(beginnings, tokens, 1 << 16, mix, hostile, np.zeros(slots, dtype=np.int32))
    assert longest_run(hostile) == count
    ngrams = Ngrams(1 << 16, meeting, 2)
    assert longest_run(ngrams.tables[3]) < count // 4


def test_a_model_that_another_process_opens_answers_the_same() -> None:
    """Each hash table has random numbers of its own, which go with it."""
    model = Model(decode(FILE))
    expected = model.predict_proba(TEXTS)
    copied = pickle.loads(pickle.dumps(model))  # noqa: S301
    np.testing.assert_array_equal(copied.predict_proba(TEXTS), expected)
    for again in (model, copied):
        branch, other = again.bundle.branch, decode(FILE).branch
        assert branch is not None
        assert branch.subwords is not None
        assert other is not None
        assert other.subwords is not None
        assert branch.ngrams.tables[2] != other.ngrams.tables[2]
        assert branch.subwords.table[2] != other.subwords.table[2]


@pytest.mark.parametrize("name", ["ngrams", "subwords"])
def test_longer_ngrams_than_a_file_may_ask_for_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is 17"):
        BranchSettings(**{name: 17})
