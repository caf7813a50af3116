"""Training with Keras's ``fit``, or step by step with ``train_on_batch``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from .job import Job
from .keras_network import build, set_threads, set_weights, title, versions
from .protocol import Participant

__all__ = ["prepare"]

WARM_UP = 8


def prepare(job: Job, options: dict[str, Any]) -> Participant:
    """Builds the model and takes some steps, which traces its graph for batches of any length.

    Args:
        job: what to train on.
        options: ``way`` (fit or train_on_batch), ``threads``.
    """
    set_threads(options["threads"])
    model = build(job)

    def fit(number: int, steps: int | None = None) -> None:
        def batches() -> Iterator[tuple[Any, Any]]:
            for batch in job.shuffled(number):
                yield batch.ids, batch.targets

        kinds = (tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None,), tf.int64))
        data = tf.data.Dataset.from_generator(batches, output_signature=kinds).prefetch(4)
        model.fit(data if steps is None else data.take(steps), verbose=0)

    def by_batch(number: int, steps: int | None = None) -> None:
        for place, batch in enumerate(job.shuffled(number)):
            if place == steps:
                break
            model.train_on_batch(batch.ids, batch.targets)

    epoch = fit if options["way"] == "fit" else by_batch

    def reset() -> None:
        set_weights(model, job)
        for variable in model.optimizer.variables:
            if "learning_rate" not in variable.path:
                variable.assign(tf.zeros_like(variable))

    epoch(0, WARM_UP)
    return Participant(
        title=f"{title()} ({options['way']})",
        settings=f"shuffled batches, oneDNN as by default, no XLA, threads: {options['threads']}",
        versions=versions(),
        play=job.train_round(epoch, reset),
    )
