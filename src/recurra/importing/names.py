"""Vocabularies and labels: lists of names, in files with one in each line or inside an imported file."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from recurra.bundle.file import bytes_of
from recurra.data.arrow_columns import typed_labels
from recurra.errors import ModelFileError, SettingsError
from recurra.text import Labels, Vocabulary
from recurra.text.labels import LONGEST_LABEL
from recurra.text.vocabulary import SPECIAL_IDS

__all__ = ["KnownTokens", "labels_of", "lines_of", "tokens_of", "vocabulary_in"]

_PAD, _UNKNOWN = (
    re.compile(r"|[<\[]pad(ding)?[>\]]", re.IGNORECASE),
    re.compile(r"[<\[](unk(nown)?|oov)[>\]]", re.IGNORECASE),
)
_ONE_A_LINE = "Write one in each line, in UTF-8."


class KnownTokens(NamedTuple):
    """The tokens of a vocabulary.

    Attributes:
        vocabulary: without the special tokens; the first has id 2.
        swapped: whether the list had the unknown token before the pad: then id 0 is the unknown one in the file.
    """

    vocabulary: Vocabulary
    swapped: bool


def lines_of(data: bytes, what: str) -> list[str]:
    """The lines of a file; only line feeds end them, as a token may hold any other space.

    Args:
        data: of the file.
        what: what it is called in errors.

    Raises:
        ModelFileError: it is not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelFileError(f"{what} is not UTF-8 at byte {error.start:,}", _ONE_A_LINE) from None
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def tokens_of(lines: Sequence[str], what: str) -> KnownTokens:
    """A vocabulary as ``get_vocabulary()`` of Keras lists it: pad and unknown token come first, or are left out.

    Args:
        lines: the tokens in the order of their ids.
        what: what the list is called in errors.

    Raises:
        ModelFileError: there is none, or one is empty or there twice.
    """
    first, second = [*lines[:2], "-", "-"][:2]
    swapped = bool(_UNKNOWN.fullmatch(first) and _PAD.fullmatch(second))
    special = swapped or bool(_PAD.fullmatch(first) and _UNKNOWN.fullmatch(second))
    tokens = tuple(lines[SPECIAL_IDS:] if special else lines)
    if not tokens:
        raise ModelFileError(f"{what} has no token", _ONE_A_LINE)
    skipped = SPECIAL_IDS if special else 0
    if "" in tokens:
        raise ModelFileError(f"line {tokens.index('') + skipped + 1:,} of {what} is empty", _ONE_A_LINE)
    if odd := next((one for one in tokens if not one.isascii() and not _is_unicode(one)), None):
        raise ModelFileError(f"the token {odd!a:.80} in {what} is no text in Unicode", "Leave out lone surrogates.")
    if len(set(tokens)) < len(tokens):
        twice = Counter(tokens).most_common(1)[0][0]
        raise ModelFileError(f"the token {twice!r:.80} is twice in {what}", "Give the list as the network learned it.")
    return KnownTokens(Vocabulary(tokens), swapped)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def vocabulary_in(path: str | os.PathLike[str] | Sequence[str]) -> KnownTokens:
    """The vocabulary in a file, or a list of its tokens; see :func:`tokens_of`."""
    if not isinstance(path, str | os.PathLike):
        return tokens_of(path, "the vocabulary")
    return tokens_of(lines_of(bytes_of(path), str(path)), str(path))


def labels_of(given: str | Sequence[Any] | None, classes: int) -> tuple[Labels, list[str]]:
    """The labels of a network's outputs, and notes for the user.

    Args:
        given: names with commas between them, or a file with one in each line; ``None`` for 0, 1, 2 and so on. If all
            are written as numbers, or true and false, they are such. A list holds them as they are.
        classes: number of classes.

    Raises:
        SettingsError: there are more or fewer, one is empty, or one is there twice.
    """
    if given is None:
        numbers = f"0 to {classes - 1}"
        return Labels(tuple(range(classes))), [f"labels are the numbers {numbers} of the outputs: --labels names them"]
    shown: Any = given if isinstance(given, str) else list(given)
    if isinstance(given, str):
        is_file = len(given) < 4096 and Path(given).is_file()
        names = lines_of(bytes_of(given), given) if is_file else [one.strip() for one in given.split(",")]
    else:
        is_file, names = False, list(given)
    if len(names) != classes:
        looks = " (there is no file of this name)" if isinstance(given, str) and len(names) == 1 and not is_file else ""
        raise SettingsError(
            f"--labels {shown!r:.80} has {len(names):,} labels, and the network tells {classes:,} classes apart{looks}",
            "Give one for each, in the order of the outputs: --labels billing,bug, or a file with one in each line.",
        )
    # As in a table's column of labels, so that an imported model and its test rows have labels of one type.
    typed = typed_labels(names) if isinstance(given, str) else names
    if "" in names or len(set(typed)) < len(typed):
        wrong = "an empty label" if "" in names else "a label twice"
        raise SettingsError(f"--labels {shown!r:.80} has {wrong}", "Give a name of its own to each.")
    if not isinstance(given, str):
        # Of one type, none of them too long.
        Labels.learn(typed)
    elif max(map(len, names)) > LONGEST_LABEL:
        raise SettingsError(
            f"--labels {shown!r:.80} has a label of more than {LONGEST_LABEL:,} characters", "Shorten it."
        )
    return Labels(tuple(typed)), []
