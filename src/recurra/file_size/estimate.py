"""How many bytes a model's file takes, before there is a model."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recurra.bundle.compact import smallest_type
from recurra.bundle.int8 import int8_axis
from recurra.errors import SettingsError
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import weight_shapes
from recurra.text import Labels, TextPipeline, Vocabulary
from recurra.text.vocabulary import SPECIAL_IDS

__all__ = [
    "LEAST_VOCABULARY",
    "bytes_of",
    "cut",
    "fitting_vocabulary",
    "header_room",
    "row_bytes",
    "shown_bytes",
    "tensor_bytes",
]

# A vocabulary that has to make room for a size is not cut below so many tokens.
LEAST_VOCABULARY = 250
# Settings, record and the tensors' names; a class's rows and scores in the record. Labels come on top.
HEADER, CLASS = 8_192, 120
_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def bytes_of(size: str) -> int:
    """A number of bytes out of ``800kB``, ``5MB``, ``1.5 MiB`` or ``5000000``.

    Raises:
        SettingsError: it is none.
    """
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)\s*([A-Za-z]*)", size.strip())
    if not found or found[2].lower() not in _UNITS or float(found[1]) * _UNITS[found[2].lower()] < 1:
        raise SettingsError(f"The size {size!r:.80}", "Give a number of bytes, such as 800kB, 5MB or 1.5MiB.")
    return int(float(found[1]) * _UNITS[found[2].lower()])


def shown_bytes(size: int) -> str:
    """A number of bytes as people write it: ``5.6 MB``."""
    for name, unit in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"


def tensor_bytes(
    network: NetworkSettings, pipeline: TextPipeline, *, classes: int, weights: str, branch: bool = False
) -> int:
    """The bytes of all tensors of a model's file, exactly; its header comes on top.

    Args:
        network: the network's shape.
        pipeline: with the vocabulary.
        classes: number of classes.
        weights: type of the weights in the file.
        branch: whether there is a linear branch; its n-grams of two and more tokens, and its subwords, come on top.
    """
    lengths = _text_lengths(pipeline)
    known, longest = len(lengths), int(lengths.max(initial=0))
    texts = int(lengths.sum()) + _length_bytes(known, longest, weights)
    return texts + _weight_bytes(network, pipeline.rows, known, classes, weights=weights, branch=branch)


def row_bytes(outputs: int, *, weights: str) -> int:
    """The bytes of a row of the branch's weights."""
    return {"float32": 4 * outputs, "int8": outputs + 4, "int8_compact": outputs}[weights]


def header_room(labels: Labels) -> int:
    """Bytes that the file's header takes at most."""
    # The labels' JSON is a string in the header's JSON.
    return HEADER + CLASS * len(labels) + len(json.dumps(json.dumps(labels.to_dict())))


def fitting_vocabulary(
    network: NetworkSettings, pipeline: TextPipeline, *, classes: int, weights: str, room: int, branch: bool = False
) -> TextPipeline | None:
    """The pipeline, its vocabulary cut from its end until the tensors take ``room`` bytes at most.

    Returns:
        ``None`` if they take more with :data:`LEAST_VOCABULARY` tokens, or all there are, too.
    """
    if tensor_bytes(network, pipeline, classes=classes, weights=weights, branch=branch) <= room:
        return pipeline
    settings, tokens = pipeline.settings, pipeline.vocabulary.tokens
    if settings.tokens == "bytes":
        return None
    lengths = _text_lengths(pipeline)
    text_bytes, longest = np.cumsum(lengths), int(lengths.max(initial=0))

    def fits(count: int) -> bool:
        held = _length_bytes(count, longest, weights) + int(text_bytes[count - 1])
        rows = count + SPECIAL_IDS
        return held + _weight_bytes(network, rows, count, classes, weights=weights, branch=branch) <= room

    low, high = min(LEAST_VOCABULARY, len(tokens)), len(tokens)
    if not fits(low):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return cut(pipeline, low)


def cut(pipeline: TextPipeline, count: int) -> TextPipeline:
    """The pipeline that the same texts give with room for so many tokens: the most frequent stay."""
    tokens: Sequence[str] = pipeline.vocabulary.tokens[:count]
    settings = pipeline.settings.replace(vocabulary_size=count + SPECIAL_IDS)
    return TextPipeline(settings, Vocabulary(tuple(tokens)))


def _text_lengths(pipeline: TextPipeline) -> npt.NDArray[np.int64]:
    """The bytes of each token."""
    return np.array([len(token.encode()) for token in pipeline.vocabulary.tokens], dtype=np.int64)


def _length_bytes(tokens: int, longest: int, weights: str) -> int:
    """The bytes of what divides the text of the vocabulary into tokens."""
    return tokens * smallest_type(longest).itemsize if weights == "int8_compact" else 8 * (tokens + 1)


def _weight_bytes(network: NetworkSettings, rows: int, tokens: int, classes: int, *, weights: str, branch: bool) -> int:
    total = 0
    for name, shape in weight_shapes(network, rows=rows, classes=classes).items():
        axis = None if weights == "float32" else int8_axis(name, network, compact=weights == "int8_compact")
        total += 4 * math.prod(shape) if axis is None else math.prod(shape) + 4 * shape[1 - axis]
    if branch:
        total += (tokens + SPECIAL_IDS) * row_bytes(classes, weights=weights)
        # The scales of W and U.
        total += 2 * 4 * classes if weights == "int8_compact" else 0
    return total
