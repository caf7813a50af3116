"""Predicting with ONNX Runtime from ready ids, with the file that `recurra export --onnx` writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime

from .job import ONNX, Job
from .protocol import Participant

__all__ = ["answers", "prepare"]


def prepare(job: Job, options: dict[str, Any]) -> Participant:
    """Loads the network, lays out the batches as it reads them and predicts them once.

    Args:
        job: what to predict.
        options: ``threads``, ``batch``.
    """
    session = _session(job, options["threads"])
    batches = [_feed(batch.ids, batch.lengths) for batch in job.by_length(options["batch"])]

    def everything() -> None:
        for feed in batches:
            session.run(None, feed)[0].argmax(axis=1)

    def one(index: int) -> None:
        ids = job.document(index)[None]
        int(session.run(None, _feed(ids, np.array([ids.shape[1]])))[0].argmax())

    if job.settings["task"] == "predict":
        everything()
    return Participant(
        title=f"ONNX Runtime {onnxruntime.__version__}, ready ids",
        settings=f"batches of {options['batch']} by length, sequence_lens, threads: {options['threads']}",
        versions={"onnxruntime": onnxruntime.__version__},
        play=job.predict_round(everything, one),
    )


def answers(job: Job) -> Any:
    """[B, C] probabilities of all documents in one padded batch, longest first, to compare with ours."""
    (batch,) = job.by_length(len(job))
    return _session(job, 1).run(None, _feed(batch.ids, batch.lengths))[0]


def _session(job: Job, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(job.folder / ONNX), options, providers=["CPUExecutionProvider"])


def _feed(ids: Any, lengths: Any) -> dict[str, Any]:
    return {"ids": ids, "lengths": lengths.astype(np.int32)}
