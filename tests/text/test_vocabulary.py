from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.errors import DataError, ModelFileError
from recurra.text.settings import TextSettings
from recurra.text.vocabulary import PAD_ID, UNKNOWN_ID, Vocabulary

TOKENS = st.text(min_size=1, max_size=5)
COUNTS = st.dictionaries(TOKENS, st.integers(1, 4), min_size=1, max_size=30)


@given(COUNTS, st.integers(3, 20))
def test_order_is_count_then_reverse_bytes(counts, size):
    # Two stable sorts, the less important key first, over the UTF-8 bytes as Keras holds them.
    expected = sorted((token.encode() for token in counts), reverse=True)
    expected.sort(key=lambda token: -counts[token.decode()])
    learned = Vocabulary.learn(counts, TextSettings(vocabulary_size=size))
    assert [token.encode() for token in learned.tokens] == expected[: size - 2]
    assert len(learned) == len(learned.tokens) <= size - 2


def test_z_stands_before_y():
    learned = Vocabulary.learn(Counter(["y", "z", "é", "a", "a", "b"]), TextSettings())
    assert learned.tokens == ("a", "é", "z", "y", "b")
    assert learned.ids == {"a": 2, "é": 3, "z": 4, "y": 5, "b": 6}
    assert {PAD_ID, UNKNOWN_ID}.isdisjoint(learned.ids.values())


def test_min_count():
    counts = {"often": 5, "twice": 2, "once": 1}
    assert Vocabulary.learn(counts, TextSettings(min_count=2)).tokens == ("often", "twice")
    with pytest.raises(DataError, match=r"of 3 tokens none occurs 6 times.*lower min_count"):
        Vocabulary.learn(counts, TextSettings(min_count=6))
    with pytest.raises(DataError, match="no text has a token"):
        Vocabulary.learn({}, TextSettings())


@pytest.mark.parametrize("settings", [TextSettings(tokens="bytes", vocabulary_size=3, min_count=9)])
def test_bytes_are_always_all_256(settings):
    learned = Vocabulary.learn({}, settings)
    assert [ord(token) for token in learned.tokens] == list(range(256))
    assert learned.ids["\xff"] == 257


@given(st.lists(TOKENS, unique=True, max_size=20))
def test_tensors_hold_the_tokens(tokens):
    text, offsets = Vocabulary(tuple(tokens)).to_tensors()
    assert (text.dtype, offsets.dtype) == (np.uint8, np.int64)
    assert text.tobytes() == "".join(tokens).encode()
    assert np.diff(offsets).tolist() == [len(token.encode()) for token in tokens]
    assert Vocabulary.from_tensors(text, offsets) == Vocabulary(tuple(tokens))


def _bytes(text: bytes) -> np.ndarray:
    return np.frombuffer(text, dtype=np.uint8)


@pytest.mark.parametrize(
    ("text", "offsets", "said"),
    [
        (b"ab", [], "do not cut 2 bytes"),
        (b"ab", [1, 2], "do not cut"),
        (b"ab", [0, 1], "do not cut"),
        (b"ab", [0, 3], "do not cut"),
        (b"ab", [0, 0, 2], "do not cut"),
        (b"abc", [0, 2, 1, 3], "do not cut"),
        (b"ab", [0, -1, 2], "do not cut"),
        ("é".encode(), [0, 1, 2], "no UTF-8"),
        (b"\xed\xa0\x80", [0, 3], "no UTF-8"),
        (b"abab", [0, 2, 4], "a token twice"),
    ],
)
def test_broken_tensors_give_one_error(text, offsets, said):
    with pytest.raises(ModelFileError, match=said):
        Vocabulary.from_tensors(_bytes(text), np.array(offsets, dtype=np.int64))


@pytest.mark.parametrize(
    ("text", "offsets"),
    [
        (_bytes(b"ab").astype(np.int8), np.array([0, 2])),
        (_bytes(b"ab"), np.array([0.0, 2.0])),
        (_bytes(b"ab").reshape(1, 2), np.array([0, 2])),
        (_bytes(b"ab"), np.array([[0, 2]])),
    ],
)
def test_tensors_of_another_type_give_one_error(text, offsets):
    with pytest.raises(ModelFileError, match=r"vocabulary.bytes and vocabulary.offsets are "):
        Vocabulary.from_tensors(text, offsets)
