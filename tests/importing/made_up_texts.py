"""Texts from a seed, for Keras and for the tests alike; nothing but ``random()`` is drawn, which no version changes."""

from __future__ import annotations

import random

SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "za", "É", "ß", "字")
BETWEEN = (" ", " ", " ", " ", "  ", "\t", ", ", ". ", " - ", "\n", "! ", "\u00a0", "'")
WORDS, LONGEST = 400, 30


def made_up_texts(seed: int, count: int) -> list[str]:
    """Texts of 1 to 30 words, some of them rare, with capitals, punctuation and odd spaces; every fiftieth is empty."""
    draw = random.Random(seed).random
    words = ["".join(SYLLABLES[int(len(SYLLABLES) * draw())] for _ in range(1 + int(3 * draw()))) for _ in range(WORDS)]
    texts = []
    for number in range(count):
        parts: list[str] = []
        for _ in range(0 if number % 50 == 49 else 1 + int(LONGEST * draw())):
            # The square makes the first words frequent.
            word = words[int(WORDS * draw() ** 2)]
            parts += [word.capitalize() if draw() < 0.2 else word, BETWEEN[int(len(BETWEEN) * draw())]]
        texts.append("".join(parts))
    return texts
