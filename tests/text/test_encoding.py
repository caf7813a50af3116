"""The fast passes over many texts against one dictionary look-up a token."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.kernels.token_ids import BLOCK
from recurra.text import encoding
from recurra.text.buffer import TextBuffer
from recurra.text.encoding import encoder
from recurra.text.tokens import TOKENISERS
from recurra.text.vocabulary import Vocabulary

CHARACTERS = st.characters(exclude_categories=()) | st.sampled_from("aBz.' \n\x00\x1cÿé中\U0001f680\ud800\udc00")
TEXTS = st.lists(st.text(CHARACTERS, max_size=20), max_size=8)
NAMES = sorted(TOKENISERS)


@pytest.fixture(params=[1, 3, 2048])
def chunk(request, monkeypatch):
    monkeypatch.setattr(encoding, "PIECE", 5 * request.param)
    return request.param


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("chunk")
def test_encoding_is_a_lookup_of_every_token(name):
    @given(TEXTS, TEXTS)
    def check(known, texts):
        tokens = list(dict.fromkeys(token for text in known for token in TOKENISERS[name](text)))
        encoded = encoder(name, Vocabulary(tuple(tokens)))(TextBuffer.of(texts))
        assert (encoded.values.dtype, encoded.offsets.dtype) == (np.int32, np.int64)
        assert len(encoded) == len(texts)
        for place, text in enumerate(texts):
            cut = TOKENISERS[name](text)
            assert encoded[place].tolist() == [tokens.index(t) + 2 if t in tokens else 1 for t in cut]

    check()


@pytest.mark.parametrize("name", NAMES)
def test_known_texts_come_back(name):
    @given(TEXTS)
    def check(texts):
        cut = [TOKENISERS[name](text) for text in texts]
        vocabulary = Vocabulary(tuple({token for tokens in cut for token in tokens}))
        encoded = encoder(name, vocabulary)(TextBuffer.of(texts))
        assert [[vocabulary.tokens[i - 2] for i in encoded[b]] for b in range(len(texts))] == cut

    check()


@pytest.mark.parametrize("name", NAMES)
def test_no_texts_and_empty_texts(name):
    encode = encoder(name, Vocabulary(("a",)))
    assert encode(TextBuffer.of([])).offsets.tolist() == [0]
    assert encode(TextBuffer.of(["", "a", ""])).offsets.tolist() == [0, 0, 1, 1]
    assert encode(TextBuffer.of(["", "a", ""])).values.tolist() == [2]


@pytest.mark.parametrize("name", NAMES)
def test_an_encoder_can_be_sent_to_another_process(name):
    encode = pickle.loads(pickle.dumps(encoder(name, Vocabulary(("a", "b")))))  # noqa: S301
    assert encode(TextBuffer.of(["b", "a"])).values.tolist() == [3, 2]


@pytest.mark.parametrize("name", NAMES)
def test_a_part_of_a_buffer_is_encoded_like_texts_of_their_own(name):
    encode = encoder(name, Vocabulary(("b", "é", "c")))
    whole = TextBuffer.of(["a é", "b c", "é c b", "c"])
    part = encode(TextBuffer(whole.data, whole.offsets[1:4]))
    alone = encode(TextBuffer.of(["b c", "é c b"]))
    assert (part.values.tolist(), part.offsets.tolist()) == (alone.values.tolist(), alone.offsets.tolist())


@pytest.mark.parametrize("name", ["lesson", "words"])
def test_words_that_share_their_place_in_the_table_are_told_apart(name):
    words = [f"w{number:x}" for number in range(4_000)]
    encode = encoder(name, Vocabulary(tuple(words[::2])))
    found = encode(TextBuffer.of([" ".join(words)])).values
    assert found[::2].tolist() == list(range(2, 2_002))
    assert set(found[1::2].tolist()) == {1}


@pytest.mark.parametrize("name", ["lesson", "words"])
@pytest.mark.parametrize("letters", ["ab' .,\n", "abcdefghij'", "aB'' x\tyz0_-é"])
def test_texts_that_are_cut_in_blocks(name, letters):
    # Words, apostrophes and what is deleted lie across the bounds of blocks in some of these.
    generator = np.random.default_rng(7)
    sizes = [*range(BLOCK - 6, BLOCK + 7), *range(2 * BLOCK - 6, 2 * BLOCK + 7)]
    texts = ["".join(generator.choice(list(letters), size)) for size in sizes]
    cut = [TOKENISERS[name](text) for text in texts]
    known = list(dict.fromkeys(token for tokens in cut for token in tokens))[::2]
    ids, unknown = {token: place + 2 for place, token in enumerate(known)}, []
    encoded = encoder(name, Vocabulary(tuple(known)))(TextBuffer.of(texts), unknown)
    assert [encoded[place].tolist() for place in range(len(texts))] == [[ids.get(t, 1) for t in one] for one in cut]
    assert unknown == [token for tokens in cut for token in tokens if token not in ids]


@pytest.mark.parametrize("name", ["lesson", "words"])
def test_long_words_that_differ_in_one_byte(name):
    # Of up to 7 bytes a word is its own key; of more, a hash.
    words = [
        letter * at + "z" + letter * (size - at - 1)
        for letter in "ab"
        for size in (6, 7, 8, 9, 30)
        for at in (0, 3, size - 1)
    ]
    encode = encoder(name, Vocabulary(tuple(words[::2])))
    found = encode(TextBuffer.of([" ".join(words)])).values
    assert found[::2].tolist() == list(range(2, 2 + len(words[::2])))
    assert set(found[1::2].tolist()) == {1}


@pytest.mark.parametrize("name", NAMES)
def test_lone_surrogates_are_question_marks(name):
    encode = encoder(name, Vocabulary(("?", "a", "b", "ab")))
    broken, plain = (encode(TextBuffer.of([text, "a"])) for text in ("a\ud800\udc00b ?", "a??b ?"))
    assert broken.values.tolist() == plain.values.tolist()
    assert broken.offsets.tolist() == plain.offsets.tolist()
