"""Words or characters: every rule, what must not flip, and what no text can break."""

from __future__ import annotations

import random
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import make_rows

from recurra.text.words_or_characters import SAMPLED_ROWS, TokenChoice, choose_tokens, sampled_places

HAN = "".join(map(chr, range(0x4E00, 0x4E40)))


def choose(texts: list[str], labels: list[object] | None = None) -> TokenChoice:
    targets = None if labels is None else np.unique([str(label) for label in labels], return_inverse=True)[1]
    return choose_tokens(texts, targets)


def languages(rows: int, *, seed: int = 0) -> tuple[list[str], list[int]]:
    """Made-up languages: each has letters that it likes, and makes new words all the time."""
    generator = random.Random(seed)
    weights = [[generator.random() ** 4 for _ in string.ascii_lowercase] for _ in range(6)]
    labels = [place % 6 for place in range(rows)]
    generator.shuffle(labels)
    texts = [
        " ".join(
            "".join(generator.choices(string.ascii_lowercase, weights[label], k=generator.randint(3, 8)))
            for _ in range(4)
        )
        for label in labels
    ]
    return texts, labels


def inflected(rows: int, *, seed: int = 0) -> tuple[list[str], list[int]]:
    """Half of the words are always new, and the other half tell the class: as in a language of many endings."""
    generator = random.Random(seed)
    labels = [generator.randrange(4) for _ in range(rows)]

    def new() -> str:
        return "".join(generator.choices(string.ascii_lowercase, k=7))

    told = [[new() for _ in range(9)] for _ in range(4)]
    return [" ".join([*generator.choices(told[label], k=3), new(), new(), new()]) for label in labels], labels


def test_prose_is_read_by_words() -> None:
    pairs, labels = make_rows(400)
    choice = choose([" ".join(pair) for pair in pairs], labels)
    assert choice.tokens == "words"
    assert str(choice) == "0 % of the words are new from one half of the rows to the other: read by words"


def test_scripts_without_spaces_are_read_by_characters() -> None:
    choice = choose(["今天天气很好 OK", "明天"], [0, 1])
    assert (choice.tokens, str(choice)) == ("characters", "Chinese text, 80 % Han: read by characters")


@pytest.mark.parametrize(("han", "tokens"), [(29, "words"), (30, "characters")])
def test_three_tenths_of_the_letters_are_the_border(han: int, tokens: str) -> None:
    hundred = HAN[:han] + " " + " ".join(["ab"] * ((100 - han) // 2)) + (" a" if (100 - han) % 2 else "")
    assert choose([hundred, hundred], [0, 1]).tokens == tokens


def test_single_new_words_are_read_by_characters_and_few_known_ones_by_words() -> None:
    generator = random.Random(1)
    names = ["".join(generator.choices(string.ascii_lowercase, k=6)).capitalize() for _ in range(40)]
    assert choose(names, [place % 2 for place in range(40)]) == TokenChoice(
        "characters", "1.0 words a text, and 100 % of the words are new from one half of the rows to the other"
    )
    assert choose(["red", "red", "blue", "blue"] * 10, [0, 0, 1, 1] * 10).tokens == "words"


def test_mixed_languages_are_read_by_characters_when_there_are_rows_enough_to_tell() -> None:
    texts, labels = languages(800)
    choice = choose(texts, labels)
    assert choice.tokens == "characters"
    assert "a linear model errs" in choice.reason
    assert choose(texts[:499], labels[:499]).tokens == "words"
    assert choose(texts).tokens == "words"


def test_new_words_alone_do_not_make_it_read_characters() -> None:
    texts, labels = inflected(800)
    choice = choose(texts, labels)
    assert choice.tokens == "words"
    assert choice.reason.startswith("5")


@pytest.mark.parametrize("rows", [500, 1000, 2000])
def test_labels_by_chance_never_flip_the_choice(rows: int) -> None:
    texts, _ = languages(rows)
    for seed in range(12):
        labels = np.random.default_rng(seed).integers(0, 6, size=rows)
        assert choose_tokens(texts, labels).tokens == "words"


@pytest.mark.parametrize("rows", [1, 7, SAMPLED_ROWS, SAMPLED_ROWS + 1, 3 * SAMPLED_ROWS + 7, 10**9])
def test_rows_are_drawn_from_all_of_them(rows: int) -> None:
    places = sampled_places(rows)
    assert len(places) == min(rows, SAMPLED_ROWS)
    assert (np.diff(places) > 0).all()
    assert 0 <= places[0] <= places[-1] < rows
    assert np.array_equal(places, sampled_places(rows))
    if rows >= SAMPLED_ROWS:
        # Tenths of the file have their share of the rows, to four standard deviations.
        shares = np.histogram(places, bins=10, range=(0, rows))[0]
        assert np.abs(shares - SAMPLED_ROWS / 10).max() < 4 * np.sqrt(SAMPLED_ROWS * 0.09) + 1


def test_classes_that_take_turns_are_drawn_alike() -> None:
    for period in (2, 3, 4, 7):
        counts = np.bincount(sampled_places(period * SAMPLED_ROWS) % period)
        assert len(counts) == period
        assert counts.min() > 0.8 * SAMPLED_ROWS / period


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(0, 3)), min_size=1, max_size=20))
def test_any_texts_give_the_same_choice_twice(rows: list[tuple[str, int]]) -> None:
    texts, labels = [text for text, _ in rows], np.array([label for _, label in rows])
    first = choose_tokens(texts, labels)
    assert first == choose_tokens(texts, labels)
    assert first.tokens in ("words", "characters")


@given(st.lists(st.text(alphabet="あいう漢字ไทย\n 12.", min_size=1, max_size=20), min_size=1, max_size=8))
def test_texts_of_such_scripts_alone_are_read_by_characters(texts: list[str]) -> None:
    if any(c.isalpha() for text in texts for c in text):
        assert choose(texts).tokens == "characters"


def test_of_long_texts_the_beginning_counts() -> None:
    assert choose(["a b " * 500 + HAN * 100] * 2).tokens == "words"
    assert choose([HAN * 20 + " a b" * 5000] * 2).tokens == "characters"
