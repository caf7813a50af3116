"""How texts become the inputs of an exported network, as plain JSON values that any language can read."""

from __future__ import annotations

import base64
from typing import Any, TypeAlias

from recurra.bundle import Bundle
from recurra.errors import SettingsError
from recurra.export.check import check_tokens
from recurra.linear_branch import LinearBranch

__all__ = ["FORMAT", "Preprocessing", "preprocessing"]

FORMAT = 1
"""Version of the values."""

BUILT_IN = ("lesson", "words", "characters", "bytes")

Preprocessing: TypeAlias = dict[str, Any]


def preprocessing(bundle: Bundle) -> Preprocessing:
    """Everything that a program needs to classify texts with an exported network, but for the weights.

    - ``format``: :data:`FORMAT`.
    - ``labels``: the classes in the order of the outputs.
    - ``task``: ``single_label``, the most probable class, or ``multi_label``, those that reach their ``thresholds``.
    - ``text``: ``tokens`` (``lowercase_characters``: with ``lowercase``), ``field``, ``first_words`` and ``max_tokens``
      of :class:`recurra.text.TextSettings`.
    - ``vocabulary``: the tokens; a token's id is its place plus 2, id 1 is any unknown token.
    - ``branch``: ``null``, or what the linear branch looks up: ``max_tokens`` that it reads; ``ngrams`` with the length
      of the ``longest`` and a ``table``, base64 of little-endian int32[M, 2], the row of an n-gram's beginning and its
      last token (a row below ``len(vocabulary) + 2`` is a token, see :mod:`recurra.kernels.ngrams`); ``subwords``,
      ``null`` or ``longest`` and their ``texts`` (a space marks a word's beginning or end).

    Args:
        bundle: a model.

    Raises:
        SettingsError: it reads the words of a segmenter or of a tokenizer of your own, whose code an export cannot
            carry; or learned a task of your own.
    """
    check_tokens(bundle)
    if bundle.text.tokens not in BUILT_IN:
        raise SettingsError(
            f"The model reads the words of the segmenter {bundle.text.tokens}, which an exported network does not have",
            "Export a model of characters (tokens=characters), or hand on the model file: recurra reads it.",
        )
    if bundle.task.link_name not in ("softmax", "sigmoid"):
        raise SettingsError(
            f"The model learned the task {bundle.task.name!r:.40}, which an exported network does not know",
            "Export a model of one label a row, or of several.",
        )
    thresholds = bundle.thresholds
    return {
        "format": FORMAT,
        "labels": list(bundle.labels.classes),
        "task": bundle.task.name,
        "thresholds": None if thresholds is None else [float(threshold) for threshold in thresholds],
        "text": {
            "tokens": bundle.text.tokeniser,
            **{name: getattr(bundle.text, name) for name in ("field", "first_words", "max_tokens")},
        },
        "vocabulary": list(bundle.vocabulary.tokens),
        "branch": None if bundle.branch is None else _branch(bundle.branch, bundle.text.max_tokens),
    }


def _branch(branch: LinearBranch, by_network: int | None) -> Preprocessing:
    table = base64.b64encode(branch.ngrams.table.astype("<i4").tobytes()).decode("ascii")
    subwords, settings = branch.subwords, branch.settings
    texts = None if subwords is None else {"longest": subwords.longest, "texts": list(subwords.vocabulary.tokens)}
    return {
        "max_tokens": settings.tokens_read(by_network),
        "ngrams": {"longest": branch.ngrams.longest, "table": table},
        "subwords": texts,
    }
