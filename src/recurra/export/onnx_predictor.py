"""Classifies texts with an exported model; needs only onnxruntime and NumPy (written by `recurra export --onnx`).

In a shell: python tickets_onnx.py tickets.onnx "The printer is on fire" "Where is my parcel?"
In Python: from tickets_onnx import Classifier; Classifier("tickets.onnx").predict(["The printer is on fire"])
"""

from __future__ import annotations

import base64
import json
import re
import string
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

PAD, UNKNOWN, SPECIAL = 0, 1, 2
# Numbers of a batch's largest input: bounds the memory that a batch takes.
BATCH = 1 << 16


class Classifier:
    """An exported model.

    Args:
        model: the path of the .onnx file, or its bytes.
        options: of the session, such as its number of threads.

    Attributes:
        labels: the classes, in the order of the probabilities.
        thresholds: of a model that gives several labels, the least probability of each; otherwise ``None``.
    """

    def __init__(self, model: str | Path | bytes, options: onnxruntime.SessionOptions | None = None) -> None:
        source = model if isinstance(model, bytes) else str(model)
        self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        values = json.loads(self._session.get_modelmeta().custom_metadata_map["recurra"])
        self.labels, self.thresholds = values["labels"], values["thresholds"]
        self._text, self._branch = values["text"], values["branch"]
        self._tokens = TOKENIZERS[self._text["tokens"]]
        self._ids = {token: place + SPECIAL for place, token in enumerate(values["vocabulary"])}
        if self._branch is not None:
            table = np.frombuffer(base64.b64decode(self._branch["ngrams"]["table"]), dtype="<i4").reshape(-1, 2)
            known = len(self._ids) + SPECIAL
            self._ngrams = {(begin, last): known + row for row, (begin, last) in enumerate(table.tolist())}
            subwords = self._branch["subwords"] or {"longest": 0, "texts": []}
            self._longest_subword = subwords["longest"]
            self._subwords = {text: row for row, text in enumerate(subwords["texts"])}

    def predict(self, documents: Sequence[str | tuple[str, str]]) -> list[Any]:
        """The label of each document; of a model that gives several labels a list of them."""
        probabilities = self.predict_proba(documents)
        if self.thresholds is None:
            return [self.labels[place] for place in probabilities.argmax(axis=1).tolist()]
        given = probabilities >= np.array(self.thresholds, dtype=np.float32)
        return [[label for label, has in zip(self.labels, row, strict=True) if has] for row in given.tolist()]

    def predict_proba(self, documents: Sequence[str | tuple[str, str]]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """The probability of each class, float32[documents, classes].

        Args:
            documents: texts, or (title, text) pairs: a list, an array or one column of a data frame.

        Raises:
            ValueError: they are none of these.
        """
        rows = [self._inputs(document) for document in _listed(documents)]
        probabilities = np.empty((len(rows), len(self.labels)), dtype=np.float32)
        # Documents of like size together, so that few places are padded.
        order = sorted(range(len(rows)), key=lambda row: max(map(len, rows[row].values())))
        batch: list[int] = []
        for row in order:
            longest = max(map(len, rows[row].values()))
            if batch and (len(batch) + 1) * longest > BATCH:
                probabilities[batch] = self._run([rows[one] for one in batch])
                batch = []
            batch.append(row)
        if batch:
            probabilities[batch] = self._run([rows[one] for one in batch])
        return probabilities

    def _run(self, rows: list[dict[str, list[int]]]) -> Any:
        inputs = {name: _padded([row[name] for row in rows], PAD if name == "ids" else -1) for name in rows[0]}
        inputs["lengths"] = np.array([len(row["ids"]) for row in rows], dtype=np.int32)
        probabilities = self._session.run(["probabilities"], inputs)[0]
        if not np.isfinite(probabilities).all():
            raise ValueError("A probability is not finite: the model's weights are too large for this text")
        return probabilities

    def _inputs(self, document: str | tuple[str, str]) -> dict[str, list[int]]:
        """The numbers that the network reads of a document."""
        pair = (
            isinstance(document, tuple | list) and len(document) == 2 and all(isinstance(one, str) for one in document)
        )
        if not isinstance(document, str) and not pair:
            raise ValueError(f"A document is {_shown(document)}. Give a text, or a (title, text) pair.")
        tokens = self._tokens(_input_text(document, self._text["field"], self._text["first_words"]))
        if self._branch is None:
            return {"ids": [self._ids.get(token, UNKNOWN) for token in tokens[: self._text["max_tokens"]]]}
        tokens = tokens[: self._branch["max_tokens"]]
        ids = [self._ids.get(token, UNKNOWN) for token in tokens]
        inputs = {"ids": ids[: self._text["max_tokens"]], "ngrams": self._ngram_rows(ids)}
        if self._branch["subwords"] is not None:
            inputs["subwords"] = [row for token in tokens for row in self._subword_rows(token)]
        return inputs

    def _ngram_rows(self, ids: list[int]) -> list[int]:
        """The rows of the known n-grams, with a boundary before the first and after the last token."""
        if not ids:
            return []
        found: list[int] = []
        # The rows of the n-grams that end at the token before, the shortest first.
        ending: list[int] = []
        for place, token in enumerate([PAD, *ids, PAD]):
            if token == UNKNOWN:
                ending = []
                continue
            longer = [self._ngrams.get((row, token), -1) for row in ending[: self._branch["ngrams"]["longest"] - 1]]
            found += [row for row in longer if row >= 0]
            if token != PAD and 0 < place <= len(ids):
                found.append(token)
            ending = [token, *longer]
        return found

    def _subword_rows(self, token: str) -> list[int]:
        """The rows of the known subwords of a word; a space is its beginning or end."""
        text, longest, known = f" {token} ", self._longest_subword, self._subwords
        places = range(len(text))
        found = (text[begin:end] for begin in places for end in range(begin + 2, min(begin + longest, len(text)) + 1))
        return [known[subword] for subword in found if subword in known]


def _listed(documents: Any) -> list[Any]:
    """The documents, unless looping over what was given would yield something else, such as names of columns."""
    kind = type(documents).__name__
    if isinstance(documents, str | bytes | bytearray):
        raise ValueError(f"predict was given one text: {documents[:80]!r}. Give a list of texts: [text].")
    # Of the type, for asking a lazy frame itself computes its columns.
    if isinstance(documents, Mapping) or hasattr(type(documents), "columns"):
        raise ValueError(f'predict was given a whole {kind}. Give its texts, such as df["text"].')
    if isinstance(documents, Set):
        raise ValueError(f"predict was given a {kind}, which has no order. Give a list of texts.")
    if not isinstance(documents, Iterable) or getattr(documents, "ndim", 1) == 0:
        raise ValueError(f"predict was given {_shown(documents)} ({kind}). Give a list of texts: [text].")
    return list(documents)


def _shown(value: Any) -> str:
    return " ".join(repr(value).split())[:80]


def _padded(rows: list[list[int]], pad: int) -> np.ndarray[Any, np.dtype[np.int32]]:
    padded = np.full((len(rows), max(1, *map(len, rows))), pad, dtype=np.int32)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded


def _input_text(document: str | tuple[str, str], field: str, first_words: int | None) -> str:
    """The text that is read: title and text, or the title alone."""
    if field == "all":
        return document if isinstance(document, str) else " ".join(filter(None, document))
    if not isinstance(document, str):
        return document[0]
    return document if first_words is None else " ".join(document.split(maxsplit=first_words)[:first_words])


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def lesson_tokens(text: str) -> list[str]:
    """Words between ASCII white space, in ASCII lower case, without ASCII punctuation (Keras's TextVectorization)."""
    lower = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
    return [token.decode() for token in _utf8(text).translate(lower, string.punctuation.encode()).split()]


def word_tokens(text: str) -> list[str]:
    """Words in Unicode lower case, and each other character that is not white space."""
    return _word_pattern().findall(_utf8(text).decode().lower())


def character_tokens(text: str) -> list[str]:
    """Code points."""
    return list(_utf8(text).decode())


def lowercase_character_tokens(text: str) -> list[str]:
    """Code points, each in lower case where that is one code point."""
    lowered = ((character, character.lower()) for character in character_tokens(text))
    return [lower if len(lower) == 1 else character for character, lower in lowered]


def byte_tokens(text: str) -> list[str]:
    """Bytes of UTF-8."""
    return list(_utf8(text).decode("latin-1"))


@cache
def _word_pattern() -> re.Pattern[str]:
    places = [*range(0x20000), *range(0xE0100, 0xE01F0)]
    marks = "".join(c for c in map(chr, places) if unicodedata.category(c) in {"Mn", "Mc", "Me"} or c in "\u200c\u200d")
    mark = rf"(?![\x00-\x7f])[{marks}]"
    word = rf"\w+(?:{mark}\w*)*"
    return re.compile(rf"{word}(?:['’]{word})*|[^\w\s](?:{mark})*")


TOKENIZERS: dict[str, Callable[[str], list[str]]] = {
    "lesson": lesson_tokens,
    "words": word_tokens,
    "characters": character_tokens,
    "lowercase_characters": lowercase_character_tokens,
    "bytes": byte_tokens,
}


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(f"Usage: python {sys.argv[0]} MODEL.onnx TEXT ...")
    try:
        classifier = Classifier(sys.argv[1])
    except Exception as error:
        # onnxruntime has an error of its own for each kind of a wrong file.
        sys.exit(f"{sys.argv[1]} cannot be read as a model that Recurra exported: {' '.join(str(error).split())[:200]}")
    for text, label in zip(sys.argv[2:], classifier.predict(sys.argv[2:]), strict=True):
        print(f"{label}\t{text}")
