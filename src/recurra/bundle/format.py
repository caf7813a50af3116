"""The bytes of a model file.

A model file is a safetensors file: the weights under their names, the vocabulary as ``vocabulary.bytes`` and
``vocabulary.offsets``, and metadata with the single key ``recurra``, a JSON object with sorted keys (several metadata
keys would be written in random order). Its first key, ``digest``, is the SHA-256 of the whole file with 64 zeros in the
digest's own place, so any altered byte shows.

Format 1 has float32 weights. Format 2 is the same with the large weights as int8 and their scales
(:mod:`recurra.bundle.int8`). Format 3 is for multi-label models: it also has the float32 tensor ``thresholds``, and
``weights`` in the metadata, which is float32 or int8. Format 4 is for any other task: it has ``weights`` and the task's
name, ``task``, in the metadata, and the task's own tensors. Format 5 is for a model with a linear branch, whatever its
task: format 4 with the branch's settings, ``branch``, in the metadata, and its tensors. Format 6 is for weights of type
``int8_compact``, with or without a branch (``branch`` is null then): scales of columns, the lengths of texts in place
of their offsets, and whole numbers in the smallest type that holds them (:mod:`recurra.bundle.compact`). A recurra that
does not know a file's format asks for an update.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from recurra.bundle.branch import branch_from_tensors, branch_tensors, branch_weights
from recurra.bundle.bundle import Bundle
from recurra.bundle.compact import pack, unpack
from recurra.bundle.digest import BROKEN, ZEROS, check_digest, with_digest
from recurra.bundle.int8 import dequantize_tensors, quantize_tensors
from recurra.bundle.schema import check_bundle
from recurra.bundle.strict_json import parse_json
from recurra.errors import ModelFileError, SettingsError
from recurra.linear_branch import BranchSettings
from recurra.networks.settings import NetworkSettings
from recurra.tasks import SINGLE_LABEL, Task, task_named
from recurra.text import Labels, TextSettings, Vocabulary
from recurra.tokenizers import check_tokenizer

__all__ = ["FORMAT", "LARGEST_FILE", "LARGEST_HEADER", "decode", "encode", "stored_digest"]

FORMAT = 6
LARGEST_FILE = 4 * 2**30
LARGEST_HEADER = 16 * 2**20

_KEYS = {"digest", "format", "labels", "network", "pad_to", "record", "text"}
# Of a checkpoint's metadata: see recurra.training.checkpoint.
_CHECKPOINT_KEYS = {"position", "run"}
# Formats of the tasks whose files do not name them.
_FORMATS = {SINGLE_LABEL.name: 1, "multi_label": 3}
_MORE_KEYS: dict[int, set[str]] = {3: {"weights"}, 4: {"task", "weights"}, 5: {"branch", "task", "weights"}}
_MORE_KEYS[6] = _MORE_KEYS[5]
# A tuple: a hostile file may have a list as dtype, which is not hashable.
_DTYPES = ("F32", "I32", "I64", "I8", "U8", "U16", "U32")

_NOT_OURS = "Give a model file that recurra has written."
_REWRITE = "Write the file again from the trained model."


def encode(bundle: Bundle) -> bytes:
    """The bytes of a model file; the same model always gives the same ones.

    Raises:
        ModelFileError: the parts do not fit together, the record is no plain JSON, or the file would be too large.
    """
    check_bundle(bundle)
    text, offsets = bundle.vocabulary.to_tensors()
    weights = bundle.tensors | (branch_weights(bundle.branch) if bundle.branch else {})
    compact, stored = bundle.weights == "int8_compact", weights
    if bundle.weights != "float32":
        stored = quantize_tensors(weights, bundle.network, compact=compact)
    tensors: dict[str, npt.NDArray[Any]] = {name: np.ascontiguousarray(weight) for name, weight in stored.items()}
    version = 6 if compact else 5 if bundle.branch else _FORMATS.get(bundle.task.name, 4)
    if version == 1 and bundle.weights == "int8":
        version = 2
    about = {
        "digest": ZEROS,
        "format": version,
        "labels": bundle.labels.to_dict(),
        "network": bundle.network.to_dict(),
        "pad_to": bundle.pad_to,
        "record": bundle.record,
        "text": bundle.text.to_dict(),
    }
    more: dict[str, Any] = {"branch": None, "task": bundle.task.name, "weights": bundle.weights}
    if bundle.branch:
        more["branch"] = bundle.branch.settings.to_dict()
        tensors |= {name: np.ascontiguousarray(tensor) for name, tensor in branch_tensors(bundle.branch).items()}
    about |= {name: more[name] for name in _MORE_KEYS.get(version, ())}
    tensors |= {name: np.ascontiguousarray(tensor) for name, tensor in bundle.task.tensors.items()}
    tensors |= {"vocabulary.bytes": text, "vocabulary.offsets": offsets}
    if compact:
        tensors = pack(tensors)
    try:
        metadata = json.dumps(about, sort_keys=True, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelFileError(
            f"The model's record is no plain JSON: {error}", "Leave out what JSON has no form for."
        ) from error
    data = save(tensors, metadata={"recurra": metadata})
    header = int.from_bytes(data[:8], "little")
    if header > LARGEST_HEADER or len(data) > LARGEST_FILE:
        raise ModelFileError(
            f"The model takes {len(data):,} bytes, {header:,} of them for labels, settings and record",
            f"Make it smaller: at most {LARGEST_FILE:,}, {LARGEST_HEADER:,} of them for those.",
        )
    return with_digest(data)


def decode(data: bytes) -> Bundle:
    """Reads the bytes of a model file, which are not trusted.

    Raises:
        ModelFileError: no model file, a truncated or altered one, one of a newer format, or one whose parts do not fit
            together.
    """
    header = _header(data)
    about = _about(header)
    version = about.get("format")
    if type(version) is not int or version < 1:
        raise ModelFileError(f"The format version is {version!r:.80}", _NOT_OURS)
    if version > FORMAT:
        raise ModelFileError(
            f"The file has format {version!r:.40}, and this recurra reads formats 1 to {FORMAT}",
            "Update recurra.",
        )
    check_digest(data, about.get("digest"))
    if about.keys() != _KEYS | _MORE_KEYS.get(version, set()):
        raise ModelFileError(f"The metadata holds {', '.join(sorted(about))!r:.80}", _REWRITE)
    tensors = _tensors(data, header)
    weights: Any = about.get("weights", "int8" if version == 2 else "float32")
    compact = weights == "int8_compact"
    if compact != (version == 6):
        raise ModelFileError(f"The weights of format {version} are {weights!r:.80}", _REWRITE)
    if compact:
        tensors = unpack(tensors)
    vocabulary = Vocabulary.from_tensors(_pop(tensors, "vocabulary.bytes"), _pop(tensors, "vocabulary.offsets"))
    if not isinstance(about["record"], dict):
        raise ModelFileError(f"The record is {about['record']!r:.80}", _REWRITE)
    network = _settings(NetworkSettings, about["network"], "network")
    task = _task(about, version)
    own = {name: _pop(tensors, name) for name in task.tensor_names}
    if compact or weights == "int8":
        _check_dequantized_size(tensors)
        tensors = dequantize_tensors(tensors, network, compact=compact)
    text, branch = _settings(TextSettings, about["text"], "text"), None
    if about.get("branch") is not None or version == 5:
        parts = {name: tensors.pop(name) for name in sorted(tensors) if name.startswith("branch.")}
        settings = _settings(BranchSettings, about["branch"], "branch")
        branch = branch_from_tensors(parts, settings, vocabulary, text)
    bundle = Bundle(
        text=text,
        network=network,
        vocabulary=vocabulary,
        labels=Labels.from_dict(about["labels"]),
        pad_to=about["pad_to"],
        tensors=tensors,
        record=about["record"],
        weights=weights,
        task=task.of(own),
        branch=branch,
    )
    check_bundle(bundle)
    return bundle


def _task(about: Mapping[str, Any], version: int) -> Task:
    if "task" not in about:
        return task_named("multi_label") if version == 3 else SINGLE_LABEL
    try:
        return task_named(str(about["task"]))
    except SettingsError as error:
        raise ModelFileError(error.received, error.hint) from error


def stored_digest(data: bytes) -> str:
    """The digest that the bytes of a model file contain.

    Raises:
        ModelFileError: the bytes are no model file.
    """
    digest = _about(_header(data)).get("digest")
    if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
        raise ModelFileError(f"The digest of the file is {digest!r:.80}", _NOT_OURS)
    return digest


def _header(data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 9 or data[8:9] != b"{" or length > LARGEST_HEADER:
        raise ModelFileError("The file is no safetensors file", _NOT_OURS)
    if 8 + length > len(data):
        raise ModelFileError(f"The file is cut: it ends after {len(data)} bytes, inside its header", BROKEN)
    header = parse_json(data[8 : 8 + length], "header")
    if not isinstance(header, dict):
        raise ModelFileError("The file is no safetensors file", _NOT_OURS)
    return header


def _about(header: Mapping[str, Any]) -> dict[str, Any]:
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or metadata.keys() != {"recurra"} or not isinstance(metadata["recurra"], str):
        raise ModelFileError("The file is a safetensors file, but none of recurra's", _NOT_OURS)
    about = parse_json(metadata["recurra"].encode("utf-8", "replace"), "metadata")
    if not isinstance(about, dict):
        raise ModelFileError(f"The metadata is {about!r:.80}", _NOT_OURS)
    if about.keys() == _CHECKPOINT_KEYS:
        raise ModelFileError(
            "The file is a checkpoint of a training run, not a model",
            "Give the model.safetensors beside it, which training writes when it ends.",
        )
    return about


def _tensors(data: bytes, header: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    for name, entry in header.items():
        if name != "__metadata__" and (not isinstance(entry, dict) or entry.get("dtype") not in _DTYPES):
            raise ModelFileError(f"The tensor {name[:80]!r} is {entry!r:.80}", _REWRITE)
    try:
        return load(data)
    except (SafetensorError, ValueError) as error:
        raise ModelFileError(f"The tensors cannot be read: {error}", _REWRITE) from error


def _check_dequantized_size(tensors: Mapping[str, npt.NDArray[Any]]) -> None:
    size = 4 * sum(tensor.size for tensor in tensors.values())
    if size > LARGEST_FILE:
        raise ModelFileError(f"The weights would take {size:,} bytes, and {LARGEST_FILE:,} are allowed", _NOT_OURS)


def _pop(tensors: dict[str, npt.NDArray[Any]], name: str) -> npt.NDArray[Any]:
    if name not in tensors:
        raise ModelFileError(f"The tensor {name} is missing", _REWRITE)
    return tensors.pop(name)


def _settings(kind: type[Any], values: Any, where: str) -> Any:
    if not isinstance(values, dict):
        raise ModelFileError(f"The {where} settings are {values!r:.80}", _REWRITE)
    if kind is TextSettings and isinstance(tokens := values.get("tokens"), str):
        try:
            check_tokenizer(tokens)
        except SettingsError as error:
            # It may be one of the user's own, which no version of recurra has.
            raise ModelFileError(
                error.received, f"{error.hint.removesuffix('.')}({tokens!r:.30}, function), before loading."
            ) from None
    try:
        return kind.from_dict(values, where=f"the {where} settings")
    except SettingsError as error:
        raise ModelFileError(error.received[:100], f"{error.hint} Or update recurra.") from error
