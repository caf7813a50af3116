"""Tokenizers of your own: functions from a text to its tokens, under a name for settings and model files.

Those that ship are functions of :mod:`recurra.text`, of which only the names stand here.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Sequence
from reprlib import repr as shown
from typing import TypeAlias, TypeVar, overload

from recurra.errors import DataError, SettingsError
from recurra.settings import choices

__all__ = [
    "BUILT_IN",
    "LOWERCASE_CHARACTERS",
    "TOKENIZERS",
    "Tokenizer",
    "check_tokenizer",
    "register",
    "tokenizer_named",
]

Tokenizer: TypeAlias = Callable[[str], Sequence[str]]
"""A function from one text to its tokens, in order."""

AnyTokenizer = TypeVar("AnyTokenizer", bound=Tokenizer)

BUILT_IN = ("auto", "lesson", "words", "characters", "bytes", "jieba", "sudachi", "newmm")
"""The values of the setting ``tokens`` that need no registering."""

LOWERCASE_CHARACTERS = "lowercase_characters"
"""What reads ``characters`` where the setting ``lowercase`` is true; no value of ``tokens``."""

TOKENIZERS: dict[str, Tokenizer] = {}
"""Those of :func:`register`, by name."""


@overload
def register(name: str, function: AnyTokenizer) -> AnyTokenizer: ...


@overload
def register(name: str) -> Callable[[AnyTokenizer], AnyTokenizer]: ...


def register(name: str, function: Tokenizer | None = None) -> Tokenizer | Callable[[Tokenizer], Tokenizer]:
    """Registers a tokenizer under a name, for the setting ``tokens`` and model files in this process.

    A model file holds the name and never the function: whoever loads the file registers the tokenizer first, and so
    does each process that works for scikit-learn's ``n_jobs``. A file that registers it and declares a class derived
    from ``TextClassifier`` is imported there by itself. As a decorator: ``@recurra.tokenizers.register("name")``.

    Args:
        name: for ``TextClassifier(options={"tokens": name})``. It replaces a tokenizer that was registered under the
            same name before, with a warning if that was another function.
        function: takes a text and returns its tokens, such as ``str.split``. The same text must always give the same
            tokens, and several threads may call it at once. Empty tokens are left out; nothing else is changed, not
            even to lower case.

    Returns:
        The function; without one, a decorator.

    Raises:
        SettingsError: there is no name, it is no function, or a built-in tokenizer has its name.
    """
    if callable(name):
        raise SettingsError(
            f"A tokenizer is registered as {name!r:.80}", 'Give its name first: register("name", function).'
        )
    if not isinstance(name, str) or not name:
        raise SettingsError(f"A tokenizer is registered as {name!r:.80}", "Give its name: a text that is not empty.")
    if function is None:
        return lambda decorated: register(name, decorated)
    if not callable(function):
        raise SettingsError(f"{function!r:.80} is no function", "Give a function from a text to its tokens.")
    if name in (*BUILT_IN, LOWERCASE_CHARACTERS):
        raise SettingsError(f"The tokenizer {name!r} is built in", "Register yours under another name.")
    if name in TOKENIZERS and _code_of(TOKENIZERS[name]) != _code_of(function):
        warnings.warn(
            f"Another function takes the place of the tokenizer {name!r}: models that learned with the one before may "
            "answer otherwise from now on. Register it under a name of its own.",
            stacklevel=2,
        )
    TOKENIZERS[name] = function
    return function


def _code_of(function: Tokenizer) -> object:
    """What tells functions apart; the same lines that run again, as in a notebook, are the same."""
    code = getattr(function, "__code__", None)
    if code is None:
        return function
    # Functions of the same lines may differ by plain values that they took from around them.
    taken = list(getattr(function, "__defaults__", None) or ())
    for cell in getattr(function, "__closure__", None) or ():
        # It is empty where a function that calls itself has no name yet.
        with contextlib.suppress(ValueError):
            taken.append(cell.cell_contents)
    plain = [value for value in taken if isinstance(value, str | int | float)]
    return code.co_code, code.co_consts, code.co_names, plain


def check_tokenizer(name: str) -> None:
    """Checks that the setting ``tokens`` may have this value.

    Raises:
        SettingsError: no tokenizer has that name.
    """
    if name not in BUILT_IN and name not in TOKENIZERS:
        raise SettingsError(
            f"There is no tokenizer {name!r:.30}",
            f"{choices(name, (*BUILT_IN, *TOKENIZERS), 'tokenizers')} Register yours in each process, those of n_jobs "
            "too: recurra.tokenizers.register.",
        )


def tokenizer_named(name: str) -> Callable[[str], list[str]]:
    """The registered tokenizer of that name, with its tokens checked.

    Lone surrogates, which UTF-8 cannot encode, are question marks in texts and tokens. Calling it raises a
    :class:`~recurra.errors.DataError` where the function returns anything but a list or tuple of texts.

    Raises:
        SettingsError: there is none.
    """
    check_tokenizer(name)
    function = TOKENIZERS[name]

    def tokens(text: str) -> list[str]:
        found = function(_sound(text))
        if not isinstance(found, list | tuple) or not all(isinstance(token, str) for token in found):
            raise DataError(
                f"The tokenizer {name!r:.40} returned {shown(found)} ({type(found).__name__}) for {shown(text)}",
                "Let it return a list of texts.",
            )
        return [_sound(token) for token in found if token]

    return tokens


def _sound(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
