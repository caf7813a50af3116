"""What Keras's TextVectorization makes of odd texts, and hashes of what it makes of real ones."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any

import keras
import numpy as np

PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
ASCII_SPACES = "\t\n\x0b\x0c\r "
# What str.split and str.isspace take for white space too, and Keras does not.
OTHER_SPACES = "\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2003\u2028\u2029\u202f\u3000"
# No NUL: get_vocabulary loses those at the end of a token (the ids are right), so one stands inside a word below.
LETTERS = "abzABZİıßẞÉéÅå\u0301\u0308ΣσςЖжǅ中文字あアａＡ१٣9🎉👩\u200d🚀\ufeff\u200b\x01\x7f"
OTHER_MARKS = "«»“”’…—。，！？¿·€§"
SETS = ("langid_django", "thucnews_titles_zh")
MAX_TOKENS = 20_000
VOCABULARY_DOCUMENTS = 2_000

HAND_MADE = [
    "",
    " ",
    "\t\n\x0b\x0c\r",
    "\u3000",
    "\x1c\x1f \u00a0",
    "!?...",
    PUNCTUATION,
    f"a{PUNCTUATION}b",
    "can't U.S.A. e-mail snake_case",
    "[UNK] [PAD] unk UNK",
    "İstanbul IŞIK ıI",
    "STRASSE Straße STRAẞE",
    "e\u0301 É é E\u0301",
    "中文　標點，。！ 中文",
    "a\u00a0b a b",
    "one\x1ctwo\x1dthree\x1efour\x1ffive\x85six",
    "a\x0bb\x0cc\rd\ne\tf",
    "nul\x00inside",
    "👩\u200d🚀 🎉🎉 🎉",
    "z y x z y x w",
    "b a é 中 🎉",
    "1 2 3 10 1",
]


def odd_texts(*, seed: int) -> dict[str, Any]:
    """Odd texts with Keras's tokens of each, and the vocabularies and ids at several sizes.

    A size of ``None`` keeps every token. The others cut inside a run of tokens of the same count, so that the order
    of ties decides what is kept.
    """
    texts = [*HAND_MADE, *_random_texts(np.random.default_rng(seed), count=120)]
    whole = _vocabulary(texts, texts, None)  # every token has an id, so ids can be read back as tokens
    tokens = [[whole["tokens"][index - 2] for index in row] for row in whole["ids"]]
    sizes = (None, len(whole["tokens"]) // 2, 40, 12)
    return {"texts": texts, "tokens": tokens, "vocabularies": [_vocabulary(texts, texts, size) for size in sizes]}


def real_hashes(data: Path) -> dict[str, Any]:
    r"""Hashes of Keras's vocabulary and ids for real sets; nothing of the data itself.

    The recipe: the column ``text`` of ``train.csv`` (RFC 4180, UTF-8) in file order; the vocabulary from its first
    2,000 texts that are not ``""``, at most 20,000 rows with both special ids. ``vocabulary`` is the SHA-256 of the
    tokens without the two special ones, in id order, joined by ``\n``, in UTF-8; ``ids`` that of all ids, one text
    after the other without pads, as little-endian int32; ``lengths`` that of the number of ids of each text, as
    little-endian int64.
    """
    hashes = {}
    for name in SETS:
        with (data / name / "train.csv").open(encoding="utf-8", newline="") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
        learned = _vocabulary([text for text in texts if text][:VOCABULARY_DOCUMENTS], texts, MAX_TOKENS)
        hashes[name] = {
            "texts": len(texts),
            "tokens": len(learned["tokens"]),
            "ids_in_all": sum(map(len, learned["ids"])),
            "vocabulary": hashlib.sha256("\n".join(learned["tokens"]).encode("utf-8")).hexdigest(),
            "ids": hashlib.sha256(np.concatenate(learned["ids"]).astype("<i4").tobytes()).hexdigest(),
            "lengths": hashlib.sha256(np.array([len(row) for row in learned["ids"]], "<i8").tobytes()).hexdigest(),
        }
    return hashes


def _vocabulary(learned_from: list[str], texts: list[str], size: int | None) -> dict[str, Any]:
    layer = keras.layers.TextVectorization(max_tokens=size, ragged=True)
    layer.adapt(np.array(learned_from, object))
    tokens = layer.get_vocabulary(include_special_tokens=False)
    return {"size": size, "tokens": tokens, "ids": layer(np.array(texts, object)).to_list()}


def _random_texts(generator: np.random.Generator, *, count: int) -> list[str]:
    kinds = [LETTERS, PUNCTUATION, ASCII_SPACES, OTHER_SPACES, OTHER_MARKS]
    likely = [0.5, 0.19, 0.19, 0.06, 0.06]
    texts = []
    for _ in range(count):
        drawn = [kinds[kind] for kind in generator.choice(len(kinds), 24, p=likely)]
        texts.append("".join(kind[generator.integers(len(kind))] for kind in drawn))
    return texts
