"""Predicts batches of rows and writes the predictions to a sink."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.batch_prediction.document_batches import DocumentBatch
from recurra.batch_prediction.resumable_file import Tally
from recurra.batch_prediction.sinks import Predictions, Sink
from recurra.data.documents import Label
from recurra.errors import DataError
from recurra.runtime import Model

__all__ = ["PredictionSummary", "predict_batches"]

# Batches that are predicted while an earlier one is written.
AHEAD = 2


@dataclass(frozen=True)
class PredictionSummary:
    """The result of a run.

    Attributes:
        rows: number of rows.
        before: number of rows that an earlier run had predicted.
        empty: number of rows without text.
        unanswered: number of rows that got no label.
        counts: number of rows with each label, in the model's order.
        seconds: time for reading, predicting and writing the rows of this run.
        without_text: number of rows with a title and no text, where the model reads both.
    """

    rows: int
    before: int
    empty: int
    unanswered: int
    counts: list[tuple[Label, int]]
    seconds: float
    without_text: int = 0


def predict_batches(
    model: Model,
    batches: Iterable[DocumentBatch],
    sink: Sink,
    *,
    done: Callable[[int], None],
    below: float | None = None,
    begun: Tally | None = None,
    checkpoint: Callable[[Tally], None] | None = None,
) -> PredictionSummary:
    """Predicts the label or labels of every row and writes the predictions in the order of the rows.

    Args:
        model: the classifier.
        batches: the rows; only a few batches are held in memory. Where there are no rows, one batch of none has the
            columns.
        sink: receives the predictions.
        done: called with the number of rows after each batch is written.
        below: a row whose most probable class has a lower probability gets no label; not for multi-label models.
        begun: the rows that an earlier run has predicted and written; they are skipped.
        checkpoint: called with the counts of predicted rows whenever all of them have been written.

    Raises:
        DataError: a row cannot be read (the rows before it have been written), or the rows differ from those of the
            earlier run.
    """
    start = time.perf_counter()
    before = begun or Tally(0, 0, 0, (0,) * len(model.bundle.labels.classes))
    total, empty, unanswered, _, without_text = before
    counts = np.array(before.counts, dtype=np.int64)
    with closing(_predict_ahead(model, _skip_rows(batches, before.rows, done))) as answers:
        for some, probabilities in answers:
            decision = model.task.decide(probabilities, below)
            sink.write(Predictions(some.kept, decision, model.task.column_values(probabilities)))
            counts += decision.counts(len(counts))
            total += some.count
            empty += some.empty
            without_text += some.without_text
            unanswered += int((~decision.answered).sum())
            done(some.count)
            if checkpoint is not None and sink.flushed:
                checkpoint(Tally(total, empty, unanswered, tuple(counts.tolist()), without_text))
    sink.finish()
    labels = list(zip(model.bundle.labels.classes, counts.tolist(), strict=True))
    seconds = time.perf_counter() - start
    return PredictionSummary(total, before.rows, empty, unanswered, labels, seconds, without_text)


def _skip_rows(batches: Iterable[DocumentBatch], before: int, done: Callable[[int], None]) -> Iterator[DocumentBatch]:
    """The batches after the first ``before`` rows; a checkpoint is always at the end of a batch."""
    passed = 0
    for some in batches:
        if passed == before:
            yield some
            continue
        passed += some.count
        if passed > before:
            break
        done(some.count)
    if passed != before:
        raise DataError(
            f"The data does not end where {before:,} rows were answered", "Leave out --resume to start again."
        )


def _predict_ahead(
    model: Model, batches: Iterable[DocumentBatch]
) -> Generator[tuple[DocumentBatch, npt.NDArray[np.float32]]]:
    """Batches with their probabilities; while one is written, the next are read and predicted."""
    waiting: deque[tuple[DocumentBatch, Future[npt.NDArray[np.float32]]]] = deque()
    pool = ThreadPoolExecutor(1)
    try:
        for some in batches:
            waiting.append((some, pool.submit(model.predict_proba, some.documents)))
            if len(waiting) > AHEAD:
                before, answer = waiting.popleft()
                yield before, answer.result()
        for before, answer in waiting:
            yield before, answer.result()
    finally:
        # After an error the remaining batches need not be predicted.
        pool.shutdown(cancel_futures=True)
