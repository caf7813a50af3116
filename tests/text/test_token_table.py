"""The hash table of tokens: what it finds, and that nobody can make its tokens meet in one slot."""

import numpy as np

from recurra.kernels.token_table import EMPTY, add
from recurra.text.token_table import token_table
from recurra.text.vocabulary import Vocabulary


def longest_run(slots):
    """The most filled slots in a row: a look-up looks at no more."""
    ends = np.flatnonzero(np.concatenate([slots[:, 1] == 0, [True]]))
    return int(np.diff(ends, prepend=-1).max()) - 1


def test_every_token_has_a_slot_of_its_own():
    words = [f"{number:b}" for number in range(1, 3_000)]
    *_, slots = token_table(*Vocabulary(tuple(words)).to_tensors())
    assert len(slots) >= 2 * len(words)
    assert sorted(slots[:, 1][slots[:, 1] > 0].tolist()) == list(range(1, len(words) + 1))


def test_room_for_tokens_that_come_later():
    *_, basis, slots = token_table(np.empty(0, dtype=np.uint8), np.zeros(1, dtype=np.int64), room=1_000)
    assert len(slots) >= 2_000
    assert not slots.any()
    add(np.int64(EMPTY), 5, basis, slots)
    assert slots[slots[:, 1] > 0].tolist() == [[1, 6]]


def test_words_that_were_chosen_to_meet_in_one_slot_of_one_table_do_not_in_another():
    generator, count = np.random.default_rng(0), 500
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    many = list(dict.fromkeys("".join(word) for word in generator.choice(letters, (300_000, 6))))
    tokens, offsets = Vocabulary(tuple(many)).to_tensors()
    *_, slots = token_table(tokens, offsets)
    # Those of one part of this table all begin in a few slots of a smaller one with the same random number.
    places = slots[: len(slots) // 512, 1]
    meeting = [many[place - 1] for place in places[places > 0][:count].tolist()]
    assert len(meeting) == count
    *_, other = token_table(*Vocabulary(tuple(meeting)).to_tensors())
    assert longest_run(other) < count // 4
