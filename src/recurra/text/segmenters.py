"""Word segmenters, with dictionaries, for languages that are written without spaces.

Each is an optional extra and runs locally: nothing is downloaded, and nothing is written. The words depend on the
segmenter's version, which is therefore in the model's record.

- ``jieba``, Chinese: the algorithm and dictionary of jieba in jieba-rs. (The package jieba is not used: it caches
  Python objects in the shared folder for temporary files and loads them unchecked.)
- ``sudachi``, Japanese: SudachiPy with its small dictionary, in the longest units (mode C).
- ``newmm``, Thai: PyThaiNLP's longest match through its dictionary and character clusters.
"""

from __future__ import annotations

import importlib.metadata
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from recurra.errors import SettingsError
from recurra.text.tokens import TOKENISERS, utf8
from recurra.tokenizers import tokenizer_named

__all__ = ["SEGMENTERS", "Segmenter", "segmenter_versions", "tokeniser", "version_mismatch"]

Cut: TypeAlias = Callable[[str], list[str]]
"""A function from a text to its pieces, which joined are the text."""

# Characters that are segmented at once: search takes longer with the length, and Sudachi accepts 49,149 bytes at most.
AT_ONCE = 8_000


@dataclass(frozen=True)
class Segmenter:
    """A program that cuts texts into words.

    Attributes:
        language: that it segments.
        code: of the language, in ISO 639-1.
        extra: of recurra that installs it.
        packages: that it consists of.
        load: imports it.
    """

    language: str
    code: str
    extra: str
    packages: tuple[str, ...]
    load: Callable[[], Cut]


def tokeniser(tokens: str) -> Callable[[str], list[str]]:
    """The function from one text to its tokens.

    Args:
        tokens: a name in :data:`recurra.text.tokens.TOKENISERS`, :data:`SEGMENTERS` or
            :data:`recurra.tokenizers.TOKENIZERS`.

    Raises:
        SettingsError: the segmenter is not installed, or the tokenizer not registered.
    """
    if tokens in TOKENISERS:
        return TOKENISERS[tokens]
    return _load_segmenter(tokens) if tokens in SEGMENTERS else tokenizer_named(tokens)


def segmenter_versions(tokens: str) -> dict[str, str]:
    """The package versions that the tokens depend on, by package; empty if they depend on none.

    Raises:
        SettingsError: the segmenter is not installed.
    """
    if tokens not in SEGMENTERS:
        return {}
    try:
        return {package: importlib.metadata.version(package) for package in SEGMENTERS[tokens].packages}
    except importlib.metadata.PackageNotFoundError as error:
        raise _not_installed(tokens, str(error.name)) from error


def version_mismatch(tokens: str, versions: object) -> str:
    """A warning if an installed version is not the one that the model was trained with; otherwise empty.

    Args:
        tokens: of the model.
        versions: from its record, which may be anything.

    Raises:
        SettingsError: the segmenter is not installed.
    """
    learned: Mapping[Any, Any] = versions if isinstance(versions, dict) else {}
    for package, here in segmenter_versions(tokens).items():
        then = learned.get(package)
        if then != here:
            return (
                f"The model learned its words with {package} {then!s:.40}, and {here} is installed: some texts may "
                f"be cut otherwise. pip install '{package}=={then!s:.40}' brings that one."
            )
    return ""


@cache
def _load_segmenter(tokens: str) -> Callable[[str], list[str]]:
    """Loads a segmenter once: its dictionary takes tens of megabytes."""
    segmenter_versions(tokens)
    try:
        cut = SEGMENTERS[tokens].load()
    except ImportError as error:
        raise _not_installed(tokens, error.name or tokens) from error

    def words(text: str) -> list[str]:
        # In lower case and without white space, like the tokens "words".
        pieces = (piece for part in _parts(utf8(text).decode()) for piece in cut(part))
        return [word for piece in pieces if (word := piece.strip().lower())]

    return words


def _parts(text: str) -> Iterator[str]:
    """The text in parts of bounded length, cut after a line or a full stop if there is one."""
    while len(text) > AT_ONCE:
        end = 1 + max(text.rfind(mark, AT_ONCE // 2, AT_ONCE) for mark in "\n。！？. ")
        end = end or AT_ONCE
        yield text[:end]
        text = text[end:]
    if text:
        yield text


def _jieba() -> Cut:
    import rjieba

    # A separate table: words that other code adds to the module's table must not change what a model reads.
    table = rjieba.Jieba()
    return lambda text: list(table.cut(text))


def _sudachi() -> Cut:
    import sudachipy

    dictionary = sudachipy.Dictionary(dict="small")
    # A tokeniser has internal state: each thread gets its own.
    local = threading.local()

    def cut(text: str) -> list[str]:
        if not hasattr(local, "tokeniser"):
            local.tokeniser = dictionary.tokenizer(mode=sudachipy.SplitMode.C)
        return [morpheme.surface() for morpheme in local.tokeniser.tokenize(text)]

    return cut


def _newmm() -> Cut:
    # Otherwise it would create a folder in the user's home, and could download corpora.
    if "PYTHAINLP_READ_MODE" not in os.environ:
        os.environ.setdefault("PYTHAINLP_READ_ONLY", "1")
    os.environ.setdefault("PYTHAINLP_OFFLINE", "1")
    from pythainlp.tokenize import word_tokenize

    # "safe": bounded time for long texts without clear boundaries.
    return lambda text: list(word_tokenize(text, engine="newmm-safe"))


def _not_installed(tokens: str, package: str) -> SettingsError:
    one = SEGMENTERS[tokens]
    return SettingsError(
        f"The tokens {tokens} ({one.language} words) need {package}, which is not installed",
        f"Install it: pip install 'recurra[{one.extra}]'",
    )


SEGMENTERS: dict[str, Segmenter] = {
    "jieba": Segmenter("Chinese", "zh", "chinese", ("rjieba",), _jieba),
    "sudachi": Segmenter("Japanese", "ja", "japanese", ("sudachipy", "sudachidict-small"), _sudachi),
    "newmm": Segmenter("Thai", "th", "thai", ("pythainlp",), _newmm),
}
