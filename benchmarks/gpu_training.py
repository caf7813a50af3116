"""Documents a second in training on a GPU, over the batch size and in both precisions.

    python benchmarks/gpu_training.py
    python benchmarks/gpu_training.py --device cpu --take 2000 --batches 16,128

A lesson preset learns from AG News. A figure is taken over ``--epochs`` passes; one before them loads kernels and
captures graphs. Token ids are ready; cutting batches and packing them is part of the time.
"""

from __future__ import annotations

import time

import numpy as np
from gpu_parts import agnews, documents_and_labels, parser_for, run, written

from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.presets import load_preset
from recurra.text import Labels, TextPipeline
from recurra.training.build import chosen_device
from recurra.training.callbacks import Callback
from recurra.training.loop import Trainer
from recurra.training.steps.step import EncodedRows, StepResults


class Watch(Callback):
    """Takes the time when so many documents have been seen, and at the end."""

    def __init__(self, warm_up: int) -> None:
        self.warm_up, self.documents = warm_up, 0
        self.began = self.ended = (0.0, 0)

    def on_steps_end(self, results: StepResults) -> None:
        """Takes the time of the last step."""
        self.documents += sum(result.documents for result in results.taken)
        self.ended = time.perf_counter(), self.documents
        if self.documents <= self.warm_up:
            self.began = self.ended

    @property
    def docs_per_second(self) -> float:
        """Behind the warm-up."""
        (first, before), (last, after) = self.began, self.ended
        return (after - before) / (last - first)


def main() -> None:
    parser = parser_for(__doc__, "gpu-training")
    parser.add_argument("--model", default="lesson/bilstm")
    parser.add_argument("--batches", default="16,64,128,512,1024")
    parser.add_argument("--engines", default="auto,torch", help="torch is cuDNN, step by step from the host")
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    data, preset = agnews(options), load_preset(options.model)
    documents, labels = documents_and_labels(data.train)
    pipeline, classes = TextPipeline.learn(documents, preset.text), Labels.learn(labels)
    rows = EncodedRows(pipeline.encode(documents), classes.encode(labels))
    weights = initial_weights(preset.network, rows=pipeline.rows, classes=len(classes), seed=0)
    found = []
    for engine in options.engines.split(","):
        for precision in ["float32", "bfloat16"] if options.device == "cuda" else ["float32"]:
            for batch_size in map(int, options.batches.split(",")):
                changes = {"batch_size": batch_size, "precision": precision, "epochs": 1 + options.epochs}
                training = preset.with_options(changes).training
                network = Network(preset.network, weights, engine=engine)
                network.place(chosen_device(options.device, training), seed=0)
                watch = Watch(len(rows))
                Trainer(network, rows, None, training, callbacks=watch).run()
                row = {"engine": network.engine.name, "batch_size": batch_size, "precision": precision}
                found.append(row | {"docs_per_second": watch.docs_per_second})
                print(found[-1], flush=True)
    written(
        {
            "model": options.model,
            "rows": data.rows_phrase,
            "mean_words": float(np.mean(rows.documents.lengths)),
            "measured": found,
            "best": max(found, key=lambda one: one["docs_per_second"]),
        },
        options,
    )


if __name__ == "__main__":
    run(main)
