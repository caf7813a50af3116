"""Loads pretrained word vectors: the rows of a file for the tokens of a vocabulary.

Formats, by the file name's ending:

- ``.txt`` and ``.vec`` (GloVe, word2vec and fastText as text): a line a word, the word and D numbers separated by
  single spaces; a first line with two integers (number of words, D) is optional.
- ``.bin``, fastText's models that are not quantized (:mod:`recurra.text.fasttext_vectors`): a word that the file lacks
  gets the mean vector of its character n-grams.
- ``.npy``: float[words, D], and next to it, with the same name and the ending ``.vocab`` or ``.txt``, the words, one a
  line in UTF-8, line i for row i.
- ``.safetensors``: the tensors ``vectors`` (float[words, D]), ``vocabulary.bytes`` and ``vocabulary.offsets`` (as
  :meth:`recurra.text.vocabulary.Vocabulary.to_tensors` returns them). With ``rows`` (int[words]), the row of each word,
  words may share vectors: there are as many as ``rows`` names.

A file is streamed or memory-mapped, and only the rows that are needed are kept. Nothing is unpickled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load

from recurra.errors import DataError, ModelFileError
from recurra.text.fasttext_vectors import LARGEST_DIMENSION, read_fasttext
from recurra.text.vocabulary import Vocabulary

__all__ = ["FORMATS", "Found", "load_vectors", "vectors_in"]

FORMATS = (".txt", ".vec", ".bin", ".npy", ".safetensors")
"""The endings of the files that can be read."""

# Bytes of a word and of the longest vector that is accepted, at 25 bytes a number.
LONGEST_LINE = 65_536 + 25 * LARGEST_DIMENSION

_TENSORS = ("vectors", "vocabulary.bytes", "vocabulary.offsets")


class Found(NamedTuple):
    """The vectors of V tokens.

    Attributes:
        vectors: float32[V, D]; zero where there is none.
        found: bool[V], which tokens have one.
        from_ngrams: bool[V], which have it from their character n-grams alone; ``None`` where a file has no n-grams.
    """

    vectors: npt.NDArray[np.float32]
    found: npt.NDArray[np.bool_]
    from_ngrams: npt.NDArray[np.bool_] | None = None


def load_vectors(path: Path | str, tokens: Sequence[str]) -> Found:
    """Reads the vectors of the tokens of a vocabulary.

    Args:
        path: a file of one of the formats above.
        tokens: V distinct tokens, without the pad and the unknown token.

    Returns:
        The vectors. Where a file has a word twice, the first counts.

    Raises:
        DataError: the file cannot be read, a line has too few or too many numbers or one that is not finite, or none
            of the tokens is in it.
    """
    path = Path(path)
    readers = dict(zip(FORMATS, (_from_text, _from_text, _from_fasttext, _from_npy, _from_safetensors), strict=True))
    readers[".ftz"] = _from_fasttext  # quantized models, which are refused with the reason
    if path.suffix.lower() not in readers:
        raise DataError(
            f"The vectors {path.name!r} have no known format", f"Give a file that ends in {', '.join(FORMATS)}."
        )
    try:
        with np.errstate(over="ignore"):  # a number too large for float32 becomes infinite and is reported below
            read = readers[path.suffix.lower()](path, tokens)
    except OSError as error:
        raise DataError(f"The vectors {path} cannot be read: {error.strerror or error}", "Check the path.") from error
    return _checked(path.name, tokens, read)


def vectors_in(content: bytes, name: str, tokens: Sequence[str]) -> Found:
    """As :func:`load_vectors`, from the bytes of a ``.safetensors`` file.

    Args:
        content: the bytes.
        name: what they are called in errors.
        tokens: as there.
    """
    try:
        tensors = load(content)
    except (SafetensorError, TypeError, KeyError) as error:
        raise _wrong_tensors(name, error) from error
    return _checked(name, tokens, _from_tensors(name, tensors, tokens))


def _checked(name: str, tokens: Sequence[str], read: Found) -> Found:
    if not read.found.any():
        raise DataError(
            f"{name} has a vector for none of the {len(tokens)} tokens, such as {list(tokens[:3])}",
            "Give vectors of the same language, in the case and the kind of tokens that the vocabulary has.",
        )
    wrong = np.flatnonzero(~np.isfinite(read.vectors).all(axis=1))
    if len(wrong):
        raise DataError(
            f"The vector of {tokens[wrong[0]]!r} in {name} holds numbers that are not finite", "Correct the file."
        )
    return read


def _from_text(path: Path, tokens: Sequence[str]) -> Found:
    wanted = {token.encode(): place for place, token in enumerate(tokens)}
    found = np.zeros(len(tokens), dtype=np.bool_)
    with path.open("rb") as file:
        dimension = _text_dimension(file, path)
        vectors = np.zeros((len(tokens), dimension), dtype=np.float32)
        for number, line in _lines(file, path):
            word, *numbers = line.rsplit(b" ", dimension)
            # A word may contain spaces (". . ." in GloVe), but if it ends in a number, the vector is too long.
            if len(numbers) < dimension or (b" " in word and _is_number(word.rpartition(b" ")[2])):
                raise _wrong_line(path, number, f"has {line.count(b' ')} numbers after its word", dimension)
            place = wanted.get(word)
            if place is None or found[place]:
                continue
            try:
                vectors[place] = list(map(float, numbers))
            except ValueError as error:
                raise _wrong_line(
                    path, number, f"holds something else than numbers: {line[:60]!r}", dimension
                ) from error
            found[place] = True
    return Found(vectors, found)


def _text_dimension(file: BinaryIO, path: Path) -> int:
    """D; afterwards the file is at the first vector."""
    first = file.readline(LONGEST_LINE).rstrip(b" \r\n")
    fields = first.split(b" ")
    if len(fields) == 2 and all(field.isdigit() and len(field) < 20 for field in fields):
        dimension = int(fields[1])
    else:
        dimension = len(fields) - 1
        file.seek(0)
    if not 1 <= dimension <= LARGEST_DIMENSION:
        raise DataError(
            f"The first line of {path.name} says {dimension} numbers a word: {first[:60]!r}",
            f"Give a word and 1 to {LARGEST_DIMENSION} numbers a line, separated by spaces.",
        )
    return dimension


def _lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, bytes]]:
    """The remaining lines that are not blank, with their number in the file (from 1)."""
    number = 1 if file.tell() else 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise DataError(f"Line {number} of {path.name} has over {LONGEST_LINE} bytes", "Give a vector a line.")
        if line := line.rstrip(b" \r\n"):
            yield number, line


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _wrong_line(path: Path, number: int, what: str, dimension: int) -> DataError:
    return DataError(
        f"Line {number} of {path.name} {what}", f"Give a word and {dimension} numbers, as in its first line."
    )


def _from_fasttext(path: Path, tokens: Sequence[str]) -> Found:
    return Found(*read_fasttext(path, tokens))


def _from_npy(path: Path, tokens: Sequence[str]) -> Found:
    names = [path.with_suffix(suffix) for suffix in (".vocab", ".txt")]
    listed = next((name for name in names if name.is_file()), None)
    if listed is None:
        raise DataError(
            f"The vectors {path.name} come without their words",
            f"Put them, one a line, in {' or '.join(n.name for n in names)}.",
        )
    try:
        rows = np.lib.format.open_memmap(path, mode="r")
    except ValueError as error:
        raise DataError(
            f"The vectors {path.name} cannot be read: {str(error)[:80]}", "Save them with numpy.save."
        ) from error
    try:
        words = listed.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"The words {listed.name} are not UTF-8: {error.reason}", "Save them as UTF-8.") from error
    return _pick(path.name, rows, words, tokens)


def _from_safetensors(path: Path, tokens: Sequence[str]) -> Found:
    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_tensor(name) for name in {*_TENSORS, "rows"} & set(file.keys())}
    # TypeError: numbers of a type that NumPy lacks, such as bfloat16.
    except (SafetensorError, TypeError) as error:
        raise _wrong_tensors(path.name, error) from error
    return _from_tensors(path.name, tensors, tokens)


def _from_tensors(name: str, tensors: Mapping[str, npt.NDArray[Any]], tokens: Sequence[str]) -> Found:
    try:
        vectors, text, offsets = (tensors[one] for one in _TENSORS)
        words = Vocabulary.from_tensors(text, offsets).tokens
    except (KeyError, ModelFileError) as error:
        raise _wrong_tensors(name, error) from error
    return _pick(name, vectors, words, tokens, rows=tensors.get("rows"))


def _wrong_tensors(name: str, error: Exception) -> DataError:
    return DataError(
        f"The vectors {name} cannot be read: {str(error)[:80]}",
        "Give a file with the tensors vectors, vocabulary.bytes and vocabulary.offsets.",
    )


def _pick(
    name: str,
    vectors: npt.NDArray[np.generic],
    words: Sequence[str],
    tokens: Sequence[str],
    *,
    rows: npt.NDArray[np.generic] | None = None,
) -> Found:
    """The vectors of the tokens.

    Args:
        name: of the file.
        vectors: float[rows, D].
        words: of the file.
        tokens: those that are wanted.
        rows: int[words], the row of each word; ``None`` where it is the word's own place.
    """
    if (
        vectors.ndim != 2
        or vectors.dtype.kind != "f"
        or (rows is None and len(vectors) != len(words))
        or not 1 <= vectors.shape[1] <= LARGEST_DIMENSION
    ):
        raise DataError(
            f"The vectors {name} are {vectors.dtype}{list(vectors.shape)} with {len(words)} words",
            f"Give floats [words, D], one row a word, D from 1 to {LARGEST_DIMENSION}.",
        )
    if rows is not None and not _are_rows(rows, words=len(words), count=len(vectors)):
        raise DataError(
            f"The rows in {name} are {rows.dtype}{list(rows.shape)} with {len(words)} words and {len(vectors)} vectors",
            "Give integers [words], the row of each word in vectors, from 0.",
        )
    wanted = {token: place for place, token in enumerate(tokens)}
    chosen = np.full(len(tokens), -1, dtype=np.int64)
    # From the end, so that the first of equal words is kept.
    for place in range(len(words) - 1, -1, -1):
        if (token := wanted.get(words[place])) is not None:
            chosen[token] = place
    found = chosen >= 0
    taken = np.zeros((len(tokens), vectors.shape[1]), dtype=np.float32)
    taken[found] = vectors[chosen[found] if rows is None else rows[chosen[found]]]
    return Found(taken, found)


def _are_rows(rows: npt.NDArray[Any], *, words: int, count: int) -> bool:
    """Whether each word has one of so many rows."""
    return (
        rows.dtype.kind in "iu"
        and rows.shape == (words,)
        and (not words or bool(rows.min() >= 0 and rows.max() < count))
    )
