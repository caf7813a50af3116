"""Warm start: training continues from a model, whose words and classes stay; new ones are added."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle, digest_in, read_bundle
from recurra.bundle.branch import recorded_factor
from recurra.data.documents import Label, LabelSet
from recurra.data.encoded_labels import EncodedLabels
from recurra.errors import DataError, SettingsError
from recurra.evaluation.targets import as_written, compared_as_written, match_as_written
from recurra.hub import local_path
from recurra.linear_branch import BranchSettings, LinearBranch
from recurra.networks.settings import NetworkSettings
from recurra.runtime import Model
from recurra.runtime.given_model import place_hint
from recurra.text import Labels, TextPipeline, TextSettings, Vocabulary
from recurra.text.vocabulary import SPECIAL_IDS, UNKNOWN_ID
from recurra.training.callbacks import Callback

__all__ = [
    "branch_with_classes",
    "bundle_of",
    "check_warm_start",
    "extend_labels",
    "extend_vocabulary",
    "extend_weights",
    "forgetting_note",
    "labels_as_in",
    "lineage",
]

# What may change from run to run; all else is in the weights.
OF_TEXT = ("vocabulary_size", "vocabulary_documents", "min_count", "max_tokens")
OF_NETWORK = ("dropout", "weight_drop", "word_dropout", "every_step")
OF_BRANCH: tuple[str, ...] = (
    "branch",
    "ngram_decay",
    "ngram_count",
    "branch_weights",
    "ngram_min_count",
    "language_models",
    "branch_penalty",
)
# Ancestors that a record names.
REMEMBERED = 50


def bundle_of(initial: Any) -> Bundle | None:
    """What the model holds that ``fit`` is to continue from; ``None`` for none.

    Args:
        initial: a bundle, or see :meth:`recurra.TextClassifier.fit`.

    Raises:
        ModelFileError: there is no such file, or it cannot be used.
        SettingsError: it is something else.
    """
    if initial is None:
        return None
    if isinstance(initial, Bundle):
        return initial
    if hasattr(initial, "fit"):
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(initial)
        initial = getattr(initial, "model_", initial)
    if isinstance(initial, Model):
        return initial.bundle
    if not isinstance(initial, str | Path):
        hint = place_hint(initial, "Give a model, a fitted TextClassifier, a model file's path or hf://owner/name")
        raise SettingsError(f"initial is {initial!r:.60}", f"{hint}.")
    return read_bundle(local_path(initial))


def check_warm_start(
    initial: Bundle, text: TextSettings, network: NetworkSettings, branch: BranchSettings | None = None
) -> None:
    """That a model can be trained on with these settings.

    Raises:
        SettingsError: one of them contradicts the model.
    """
    pairs: list[tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = [
        (initial.text.to_dict(), text.to_dict(), OF_TEXT),
        (initial.network.to_dict(), network.to_dict(), OF_NETWORK),
    ]
    if initial.branch and branch and branch.branch:
        pairs.append((initial.branch.settings.to_dict(), branch.to_dict(), OF_BRANCH))
    for old, new, free in pairs:
        for name, value in old.items():
            if name not in free and new[name] != value:
                raise SettingsError(
                    f"{name} is {new[name]!r:.80}, and {value!r:.80} in the model to continue from",
                    "Leave it as it is, or train a new model.",
                )
    if text.vocabulary_size < initial.pipeline.rows:
        raise SettingsError(
            f"vocabulary_size is {text.vocabulary_size:,}, and the model to continue from has "
            f"{initial.pipeline.rows:,} rows",
            "Give as many or more.",
        )


def labels_as_in(initial: Bundle, labels: EncodedLabels, source: str, callbacks: Callback) -> EncodedLabels:
    """The labels in the model's type, where some of them are written as its classes are: 5 and 5.0, 1 and "1".

    Args:
        initial: the model.
        labels: of the rows.
        source: name of the rows, for the message.
        callbacks: told that labels were compared as written.

    Raises:
        DataError: some are the model's, and another cannot be in its type, such as a text beside whole numbers.
    """
    known, values = initial.labels, labels.values
    kind = type(known.classes[0])
    if not values or isinstance(values[0], tuple) or all(type(label) is kind for label in values):
        return labels
    matched = match_as_written(known, values)
    # Codes of classes, where the model knows their names, are no labels of it.
    if not any(type(label) is kind for label in matched):
        return labels
    matched = [_in_type(kind, label) for label in matched]
    other = next((label for label in matched if type(label) is not kind), None)
    if other is not None:
        raise DataError(
            f"{source} has the label {other!r:.80}, and the labels of the model, such as {known.classes[0]!r:.80}, are "
            f"{_KINDS[kind]}",
            "Give it such a label as well, or train a new model from all rows.",
        )
    callbacks.on_message(compared_as_written(known, values, source))
    return labels.renamed(matched)


_KINDS: Mapping[type[Label], str] = {int: "whole numbers", float: "numbers", bool: "True and False"}


def _in_type(kind: type[Label], label: Label) -> Label:
    if kind is str:
        return as_written(label)
    whole = type(label) is int or (type(label) is float and label.is_integer())
    return kind(label) if whole and kind in (int, float) else label


def extend_labels(initial: Bundle, labels: Iterable[Label]) -> Labels:
    """The model's classes and those of the new rows, sorted.

    Raises:
        DataError: the new labels are of another type.
    """
    found, known = Labels.learn(labels), initial.labels
    old, new = type(known.classes[0]), type(found.classes[0])
    if old is not new:
        raise DataError(
            f"The label {found.classes[0]!r:.80} is of type {new.__name__}, and the model's labels, such as "
            f"{known.classes[0]!r:.80}, are of type {old.__name__}",
            "Write the labels as in the rows that the model learned from.",
        )
    return Labels.learn([*known.classes, *found.classes])


def extend_vocabulary(initial: Bundle, learned: TextPipeline, text: TextSettings, callbacks: Callback) -> TextPipeline:
    """The model's vocabulary with the tokens of the new rows behind it, the most frequent first.

    Args:
        initial: the model.
        learned: what the new rows alone would give.
        text: the new run's settings; ``vocabulary_size`` says how many rows there may be.
        callbacks: told how many are new.
    """
    known = initial.vocabulary
    new = [token for token in learned.vocabulary.tokens if token not in known.ids]
    taken = new[: max(0, text.vocabulary_size - SPECIAL_IDS - len(known))]
    if new:
        left = f"; {len(new) - len(taken):,} more do not fit, vocabulary_size is {text.vocabulary_size:,}"
        callbacks.on_message(
            f"{len(taken):,} new tokens get a row of the embedding, which starts as that of unknown tokens"
            f"{left if len(taken) < len(new) else ''}."
        )
    # How a text without a title is read is the model's own, whatever the new rows look like.
    settings = text.replace(first_words=initial.text.first_words)
    return TextPipeline(settings, Vocabulary((*known.tokens, *taken)))


def extend_weights(
    initial: Bundle, pipeline: TextPipeline, classes: Labels, callbacks: Callback
) -> dict[str, npt.NDArray[np.float32]]:
    """The weights that training goes on from: at first the network answers as the model did.

    A new token has the vector of the unknown one, as which it was read until now. A new class has output weights of 0
    and the mean of the other classes' biases. A temperature that was divided out of the output is multiplied in again;
    the factor that a network beside a linear branch was multiplied by is divided out.

    Args:
        initial: the model.
        pipeline: of :func:`extend_vocabulary`.
        classes: of :func:`extend_labels`.
        callbacks: told of new classes, and of weights that are rounded.

    Raises:
        SettingsError: there are new classes, and the task's outputs are not one a class.
    """
    weights = {name: weight.copy() for name, weight in initial.tensors.items()}
    first = SPECIAL_IDS + len(initial.vocabulary)
    inputs = (
        ["embedding"]
        if "embedding" in weights
        else [n for n in weights if n.startswith("layers.0.") and n.endswith(".W_I")]
    )
    for name in inputs:
        old = weights[name]
        grown = np.repeat(old[UNKNOWN_ID : UNKNOWN_ID + 1], pipeline.rows, axis=0)
        grown[: len(old)] = old
        grown[first : SPECIAL_IDS + len(pipeline.vocabulary)] = old[UNKNOWN_ID]
        weights[name] = grown
    temperature = _temperature(initial)
    outputs, new = initial.task.outputs(len(classes)), _new_classes(initial, classes)
    if new and outputs != len(classes):
        raise SettingsError(
            f"The label {new[0]!r:.80} is new to a model that gives {initial.task.wording.gives}",
            "Train a new model: its outputs are not one a label.",
        )
    own = outputs == len(classes)
    places = classes.encode(initial.labels.classes) if own else np.arange(outputs)
    W, b = (weights[name].astype(np.float64) * temperature for name in ("W_O", "b_O"))
    grown_W, grown_b = np.zeros((len(W), outputs)), np.full(outputs, b.mean())
    grown_W[:, places], grown_b[places] = W, b
    weights["W_O"], weights["b_O"] = grown_W.astype(np.float32), grown_b.astype(np.float32)
    if new:
        named = ", ".join(map(str, new[:10])) + (f" and {len(new) - 10:,} more" if len(new) > 10 else "")
        callbacks.on_message(f"{len(new)} new {'class' if len(new) == 1 else 'classes'}: {named}.")
    if initial.weights != "float32":
        callbacks.on_message("The model's weights are rounded to 8 bits: training goes on from those, in float32.")
    return weights


def branch_with_classes(initial: Bundle, classes: Labels) -> LinearBranch | None:
    """The model's branch, without the factor that joined it with the network; new classes have weights of 0.

    Args:
        initial: the model.
        classes: of :func:`extend_labels`.
    """
    branch = initial.branch
    if branch is None:
        return None
    outputs = initial.task.outputs(len(classes))
    new = outputs == len(classes)
    places = classes.encode(initial.labels.classes) if new else np.arange(outputs)
    W, U = (np.zeros((len(weights), outputs), dtype=np.float32) for weights in (branch.W, branch.U))
    factor = recorded_factor(initial.record, "branch")
    for grown, weights in ((W, branch.W), (U, branch.U)):
        grown[:, places] = weights / factor
    return replace(branch, W=W, U=U)


def lineage(initial: Bundle, pipeline: TextPipeline, classes: Labels) -> dict[str, Any]:
    """What the record says of where the model comes from; ``chain`` names its ancestors, the nearest first."""
    parent, record = digest_in(initial), initial.record
    before = record.get("continued")
    older = before.get("chain", []) if isinstance(before, dict) else []
    nearest = {"model": parent, **{name: record.get(name) for name in ("rows", "data_sha256")}}
    nearest |= {name: record[name] for name in ("data_parts", "cleaning") if name in record}
    return {
        "parent": parent,
        "parent_weights": initial.weights,
        "temperature_undone": _temperature(initial),
        "new_tokens": len(pipeline.vocabulary) - len(initial.vocabulary),
        "new_classes": _new_classes(initial, classes),
        "chain": [nearest, *(older if isinstance(older, list) else [])][:REMEMBERED],
    }


def _new_classes(initial: Bundle, classes: Labels) -> list[Label]:
    return [label for label in classes.classes if label not in initial.labels.classes]


def _temperature(initial: Bundle) -> float:
    """What the model's output was divided by, 1 if it was not."""
    if initial.branch:
        return 1 / recorded_factor(initial.record, "network")
    found = initial.record.get("calibration")
    return _positive(found.get("temperature") if isinstance(found, dict) else None)


def _positive(value: Any) -> float:
    """The value if it is a positive number, otherwise 1: a record from a file may hold anything."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        return 1.0
    return float(value)


def forgetting_note(initial: Bundle, labels: Iterable[Label | LabelSet], source: str) -> str:
    """What is said where most classes of the model have no row among those that training goes on with; else empty.

    Args:
        initial: the model.
        labels: of the rows, in any number; of several labels a row, each is a tuple.
        source: name of the rows.
    """
    found = {as_written(one) for label in labels for one in (label if isinstance(label, tuple) else (label,))}
    known = initial.labels.classes
    missing = [label for label in known if as_written(label) not in found]
    if 2 * len(missing) <= len(known):
        return ""
    return (
        f"{len(missing):,} of the {len(known):,} classes of the model have no row in {source}, and it may forget them"
    )
