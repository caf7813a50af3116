"""The options of Keras's layers: which must have one value, which change nothing in a prediction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recurra.errors import ModelFileError
from recurra.importing.source import SAVE_KERAS

__all__ = ["READ", "check_options", "flag_of", "number_of"]

READ = "TextVectorization, Embedding, SimpleRNN, GRU, LSTM, Bidirectional, Dropout and Dense"
"""The layers that are read, for errors."""

_RECURRENT = {
    "activation": "tanh", "go_backwards": False, "return_state": False, "time_major": False,
}  # fmt: skip
_GATED = {**_RECURRENT, "recurrent_activation": "sigmoid"}

# What each layer's options must be, as Recurra computes no other value of them.
_FIXED: dict[str, dict[str, Any]] = {
    "TextVectorization": {
        "standardize": "lower_and_strip_punctuation", "split": "whitespace", "output_mode": "int", "ngrams": None,
        "ragged": False, "encoding": "utf-8",
    },
    "Embedding": {},
    "SimpleRNN": _RECURRENT,
    "GRU": _GATED,
    "LSTM": _GATED,
    "Bidirectional": {"merge_mode": "concat"},
    "Dense": {},
}  # fmt: skip

# Options that some versions of Keras do not write; they have their usual value then.
_USUAL = {
    "time_major": False,
    "ragged": False,
    "encoding": "utf-8",
    "return_state": False,
    "go_backwards": False,
    "ngrams": None,
}

# Options that are read, or that matter in training alone, or name the layer.
_FREE = {
    "name", "trainable", "dtype", "batch_input_shape", "batch_shape", "build_config",
    "units", "use_bias", "mask_zero", "input_dim", "output_dim", "input_length", "return_sequences", "reset_after",
    "layer", "backward_layer", "activation",
    "output_sequence_length", "vocabulary", "vocabulary_size", "max_tokens", "pad_to_max_tokens", "sparse",
    # How it is computed, and where the state of a batch goes.
    "implementation", "unroll", "stateful", "use_cudnn",
    # The state of a masked step, which no later layer reads: they are masked as well.
    "zero_output_for_mask",
    "dropout", "recurrent_dropout", "seed", "unit_forget_bias",
    *(f"{what}_{kind}" for what in ("kernel", "recurrent", "bias", "embeddings", "activity")
      for kind in ("initializer", "regularizer", "constraint")),
}  # fmt: skip

_REBUILD = "Recurra computes only {what}; train the network again with it, or keep it in Keras."


def check_options(kind: str, name: str, options: Mapping[str, Any]) -> None:
    """Checks that a layer computes what Recurra computes.

    Args:
        kind: the layer's class.
        name: of the layer, for errors.
        options: its configuration.

    Raises:
        ModelFileError: an option has another value, or is unknown and set.
    """
    fixed = _FIXED[kind]
    for option, value in fixed.items():
        found = options.get(option, _USUAL.get(option, _MISSING))
        if found != value or type(found) is not type(value):
            shown = "missing" if found is _MISSING else repr(found)[:60]
            raise _refused(kind, name, f"{option} {shown}", f"{option} {value!r}")
    for option, value in options.items():
        # An option of a later Keras that is off changes nothing.
        if option not in fixed and option not in _FREE and value not in (None, False):
            raise _refused(kind, name, f"the option {option[:40]!r} {value!r:.60}", "layers without it")
    precision = _precision(options.get("dtype"))
    if kind != "TextVectorization" and precision != "float32":
        raise _refused(kind, name, f"dtype {precision!r:.60}", "float32")


def number_of(kind: str, name: str, options: Mapping[str, Any], option: str) -> int:
    """An option that is a whole number, 1 or more.

    Raises:
        ModelFileError: it is missing, or no such number.
    """
    value = options.get(option)
    if type(value) is not int or not 1 <= value < 2**31:
        raise ModelFileError(f"the {kind} layer {name!r:.60} has {option} {value!r:.60}", SAVE_KERAS)
    return value


def flag_of(kind: str, name: str, options: Mapping[str, Any], option: str, usual: bool) -> bool:
    """An option that is true or false.

    Raises:
        ModelFileError: it is neither.
    """
    value = options.get(option, usual)
    if not isinstance(value, bool):
        raise ModelFileError(f"the {kind} layer {name!r:.60} has {option} {value!r:.60}", SAVE_KERAS)
    return value


_MISSING = object()


def _precision(dtype: Any) -> Any:
    """The name in a dtype, which newer Keras writes as a policy."""
    if isinstance(dtype, Mapping):
        config = dtype.get("config")
        return config.get("name") if isinstance(config, Mapping) else dtype.get("class_name")
    return "float32" if dtype is None else dtype


def _refused(kind: str, name: str, found: str, instead: str) -> ModelFileError:
    return ModelFileError(f"the {kind} layer {name!r:.60} has {found}", _REBUILD.format(what=instead))
