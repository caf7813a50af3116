"""The network of a job as the lesson writes it in Keras."""

from __future__ import annotations

import os
from typing import Any

# Read when TensorFlow is first imported: the CPU alone, no log of its start. Everything else is its default.
os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="2", KERAS_BACKEND="tensorflow")

import keras
import numpy as np
import tensorflow as tf

from .job import Job

__all__ = ["build", "set_threads", "set_weights", "title", "versions"]

_LAYERS = {"simple_rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}


def set_threads(count: int) -> None:
    """How many threads TensorFlow uses inside an operation, and beside each other; before its first operation."""
    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(count)


def build(job: Job) -> Any:
    """A compiled model with the job's weights."""
    network, settings = job.network, job.settings
    model = keras.Sequential([keras.Input((None,), dtype="int32")])
    model.add(keras.layers.Embedding(settings["rows"], network["embedding"], mask_zero=network["masked"]))
    for layer in range(network["layers"]):
        cell = _LAYERS[network["cell"]](network["hidden"], return_sequences=layer < network["layers"] - 1)
        model.add(keras.layers.Bidirectional(cell) if network["bidirectional"] else cell)
    model.add(keras.layers.Dense(settings["classes"], activation="softmax"))
    adam = keras.optimizers.Adam(settings["learning_rate"], epsilon=settings["epsilon"])
    model.compile(optimizer=adam, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    set_weights(model, job)
    return model


def set_weights(model: Any, job: Job) -> None:
    """Gives the model the job's weights; Keras's order of gates is ours."""
    weights = job.weights
    arrays = [weights["embedding"]]
    for layer in range(job.network["layers"]):
        for direction in job.directions:
            name = f"layers.{layer}.{direction}"
            bias = weights[f"{name}.b"]
            if f"{name}.b_H" in weights:
                bias = np.stack([bias, weights[f"{name}.b_H"]])
            arrays += [weights[f"{name}.W_I"], weights[f"{name}.W_H"], bias]
    model.set_weights([*arrays, weights["W_O"], weights["b_O"]])


def title() -> str:
    """Name and versions, for tables."""
    return f"Keras {keras.__version__} on TensorFlow {tf.__version__}"


def versions() -> dict[str, str]:
    """Of what computes."""
    return {"keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__}
