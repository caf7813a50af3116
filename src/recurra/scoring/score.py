"""From rows to answers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.errors import DataError
from recurra.runtime import Model
from recurra.scoring.batches import DocumentBatch
from recurra.scoring.part import Tally
from recurra.scoring.sinks import Answers, Sink

__all__ = ["Scored", "score"]

# Blocks that are predicted while an earlier one is written.
AHEAD = 2


@dataclass(frozen=True)
class Scored:
    """What came of the rows.

    Attributes:
        rows: how many there were.
        before: how many of them an earlier run had answered.
        empty: how many of them had no text.
        unanswered: how many of them got no label.
        counts: rows that got each label, in the model's order.
        seconds: for reading, predicting and writing the others together.
    """

    rows: int
    before: int
    empty: int
    unanswered: int
    counts: list[tuple[Label, int]]
    seconds: float


def score(
    model: Model,
    batches: Iterable[DocumentBatch],
    sink: Sink,
    *,
    done: Callable[[int], None],
    below: float | None = None,
    begun: Tally | None = None,
    checkpoint: Callable[[Tally], None] | None = None,
) -> Scored:
    """Predicts the label or labels of every row and writes the answers in the rows' order.

    Args:
        model: predicts.
        batches: of the rows; no more than a few are held.
        sink: takes the answers.
        done: hears how many rows have been written each time.
        below: a row whose most probable class is less probable gets no label; not for models of several labels.
        begun: what an earlier run has answered and written; those rows are passed over.
        checkpoint: hears what has been answered, whenever all of that has been written.

    Raises:
        DataError: a row cannot be read, the rows before it have been written; or the rows are not those of before.
    """
    start = time.perf_counter()
    before = begun or Tally(0, 0, 0, (0,) * len(model.classes_))
    total, empty, unanswered, _ = before
    counts = np.array(before.counts, dtype=np.int64)
    with closing(_predicted(model, _behind(batches, before.rows, done))) as answers:
        for some, probabilities in answers:
            decision = model.task.decide(probabilities, below)
            sink.write(Answers(some.kept, decision, model.task.column_values(probabilities)))
            counts += decision.counts(len(counts))
            total += some.count
            empty += some.empty
            unanswered += int((~decision.answered).sum())
            done(some.count)
            if checkpoint is not None and sink.settled:
                checkpoint(Tally(total, empty, unanswered, tuple(counts.tolist())))
    if not total:
        # A file without rows still tells the names of its columns.
        none = np.empty((0, len(counts)), dtype=np.float32)
        sink.write(Answers({}, model.task.decide(none), model.task.column_values(none)))
    sink.finish()
    labels = list(zip(model.classes_, counts.tolist(), strict=True))
    return Scored(total, before.rows, empty, unanswered, labels, time.perf_counter() - start)


def _behind(batches: Iterable[DocumentBatch], before: int, done: Callable[[int], None]) -> Iterator[DocumentBatch]:
    """The batches behind the first ``before`` rows, which end where a batch ends: they are the same each time."""
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
            f"The data does not end where {before:,} rows were answered", "Leave out --resume to begin anew."
        )


def _predicted(
    model: Model, batches: Iterable[DocumentBatch]
) -> Generator[tuple[DocumentBatch, npt.NDArray[np.float32]]]:
    """Batches with their probabilities; while some are written, the next are read and predicted."""
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
        # After an error, what nobody waits for any more need not be predicted.
        pool.shutdown(cancel_futures=True)
