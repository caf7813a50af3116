"""The linear branch in a model file: its tensors, and the checks of one that is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.errors import ModelFileError
from recurra.linear_branch import BranchSettings, LinearBranch, Ngrams, Subwords
from recurra.text import TextSettings, Vocabulary
from recurra.text.vocabulary import SPECIAL_IDS

__all__ = ["branch_from_tensors", "branch_tensors", "branch_weights", "check_branch", "recorded_factor"]

_REWRITE = "Write the file again from the trained model."

Tensor = npt.NDArray[Any]


def branch_weights(branch: LinearBranch) -> dict[str, npt.NDArray[np.float32]]:
    """The weights under their names in a model file, which int8 files round."""
    return {"branch.W": branch.W} | ({"branch.U": branch.U} if branch.subwords else {})


def recorded_factor(record: Mapping[str, Any], part: str) -> float:
    """What the outputs of the ``network``, or of the ``branch`` beside it, were multiplied by; 1 if it is unknown."""
    found = record.get("branch")
    value: Any = found.get(f"{part}_factor") if isinstance(found, dict) else None
    # A record from a file may hold anything.
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
    return float(value) if known else 1.0


def branch_tensors(branch: LinearBranch) -> dict[str, Tensor]:
    """The n-grams and subwords under their names in a model file."""
    tensors: dict[str, Tensor] = {"branch.ngrams": branch.ngrams.table}
    if branch.subwords:
        text, offsets = branch.subwords.vocabulary.to_tensors()
        tensors |= {"branch.subwords.bytes": text, "branch.subwords.offsets": offsets}
    return tensors


def branch_from_tensors(
    tensors: Mapping[str, Tensor], settings: BranchSettings, vocabulary: Vocabulary, text: TextSettings
) -> LinearBranch:
    """The branch of a file's tensors, which are not trusted; :func:`check_branch` looks at the rest.

    Raises:
        ModelFileError: a tensor is missing or belongs to no such branch, or the subwords are no texts.
    """
    counted = settings.counts_subwords(text.tokens)
    names = (
        "branch.ngrams",
        "branch.W",
        *(("branch.subwords.bytes", "branch.subwords.offsets", "branch.U") if counted else ()),
    )
    for name in sorted(tensors.keys() ^ set(names)):
        what = "is missing" if name in names else "belongs to no such branch"
        raise ModelFileError(f"The tensor {name[:80]!r} {what}", _REWRITE)
    W = tensors["branch.W"]
    subwords, U = None, np.empty((0, W.shape[-1] if W.ndim else 0), dtype=np.float32)
    if counted:
        texts = Vocabulary.from_tensors(
            tensors["branch.subwords.bytes"], tensors["branch.subwords.offsets"], name="branch.subwords"
        )
        subwords, U = Subwords(texts, settings.subwords), tensors["branch.U"]
    ngrams = Ngrams(len(vocabulary) + SPECIAL_IDS, tensors["branch.ngrams"], settings.ngrams)
    return LinearBranch(settings, vocabulary, ngrams, subwords, W, U)


def check_branch(branch: LinearBranch, text: TextSettings, outputs: int) -> None:
    """Checks that the parts of a branch fit together.

    Args:
        branch: to check.
        text: settings of the model's text pipeline.
        outputs: L, of the network.

    Raises:
        ModelFileError: a tensor has a wrong type or shape, a weight is not finite, an n-gram begins with one that does
            not come before it, or one is there twice.
    """
    table, known = branch.ngrams.table, branch.ngrams.known
    if table.dtype != np.int32 or table.ndim != 2 or table.shape[1] != 2:
        raise ModelFileError(
            f"The tensor branch.ngrams is {table.dtype}{list(table.shape)}, not int32[n-grams, 2]", _REWRITE
        )
    beginnings, tokens = table.T
    before = (beginnings >= 0) & (beginnings < known + np.arange(len(table))) & (tokens >= 0) & (tokens < known)
    if not before.all():
        raise ModelFileError(f"The n-gram {table[~before][0].tolist()} has no beginning, or no last token", _REWRITE)
    # As one number each; numpy.unique would import numpy.ma, which takes longer.
    numbers = np.sort(beginnings.astype(np.int64) << 32 | tokens)
    if (numbers[1:] == numbers[:-1]).any():
        raise ModelFileError("The tensor branch.ngrams holds an n-gram twice", _REWRITE)
    if not branch.settings.branch or (branch.subwords is not None) != branch.settings.counts_subwords(text.tokens):
        raise ModelFileError("The linear branch does not have what its settings say", _REWRITE)
    rows = {"branch.W": len(branch.ngrams), "branch.U": len(branch.subwords) if branch.subwords else 0}
    for name, weight in branch_weights(branch).items():
        if weight.dtype != np.float32 or weight.shape != (rows[name], outputs):
            raise ModelFileError(
                f"The weight {name} is {weight.dtype}{list(weight.shape)}, not float32{[rows[name], outputs]}", _REWRITE
            )
        if not np.isfinite(weight).all():
            raise ModelFileError(f"The weight {name} holds {weight[~np.isfinite(weight)][0]}", _REWRITE)
