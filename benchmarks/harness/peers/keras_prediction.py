"""Predicting with Keras from ready ids."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .job import Batch, Job
from .keras_network import build, set_threads, title, versions
from .protocol import Participant

__all__ = ["answers", "prepare"]


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]
    def __init__(self, batches: list[Batch]) -> None:
        super().__init__()
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, place: int) -> tuple[Any]:
        return (self.batches[place].ids,)


def prepare(job: Job, options: dict[str, Any]) -> Participant:
    """Builds the model and predicts once.

    Args:
        job: what to predict.
        options: ``threads``, ``batch``, and ``plain`` for batches as the documents come instead of by length.
    """
    set_threads(options["threads"])
    model = build(job)
    plain = options.get("plain", False)
    batches = _Batches(job.in_order(options["batch"]) if plain else job.by_length(options["batch"]))

    def everything() -> None:
        model.predict(batches, verbose=0).argmax(axis=1)

    # predict() takes milliseconds to set out for one document; a traced function is what serving would use.
    traced = tf.function(
        lambda ids: model(ids, training=False), input_signature=[tf.TensorSpec((None, None), tf.int32)]
    )

    def one(index: int) -> None:
        ids = job.document(index)[None]
        int(traced(tf.constant(ids if ids.size else np.zeros((1, 1), np.int32))).numpy().argmax())

    if job.settings["task"] == "predict":
        everything()
        order = "as they come" if plain else "by length"
        settings = f"predict, batches of {options['batch']} {order}, threads: {options['threads']}"
    else:
        settings = f"a traced tf.function, threads: {options['threads']}"
    return Participant(
        title=f"{title()}{', plain predict' if plain else ''}, ready ids",
        settings=settings,
        versions=versions(),
        play=job.predict_round(everything, one),
    )


def answers(job: Job) -> Any:
    """[B, C] probabilities of each document alone, to compare with ours."""
    model = build(job)
    return np.concatenate([model.predict_on_batch(batch.ids) for batch in job.by_length(1)])
