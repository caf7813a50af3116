"""Scoring block by block, against every text answered by itself."""

from __future__ import annotations

import gzip
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import WORDS, make_bundle
from outputs import FORMS, Bytes, read_back, sink_of

from recurra.batch_prediction import compression
from recurra.batch_prediction.document_batches import DocumentBatch
from recurra.batch_prediction.predict import AHEAD, PredictionSummary, predict_batches
from recurra.batch_prediction.resumable_file import Tally
from recurra.errors import DataError
from recurra.runtime import Model

pa = pytest.importorskip("pyarrow")

TEXTS = [" ".join(WORDS[(n * 7 + k) % len(WORDS)] for k in range(n % 6)) for n in range(40)]
IDS = [f'nr, "{n}"\n' if n % 5 == 0 else str(n) for n in range(len(TEXTS))]
THRESHOLDS = (0.6, 0.3, 0.8)


def model_of(*, several: bool = False) -> Model:
    """One whose answers differ: every class, or sets of every size, is the answer to some texts."""
    if several:
        return Model(make_bundle(scale=3, seed=0, thresholds=THRESHOLDS))
    return Model(make_bundle(scale=3, seed=4))


def blocks_of(sizes: Sequence[int], texts: Sequence[str] = TEXTS) -> Iterator[DocumentBatch]:
    """The texts in blocks of these sizes."""
    first = 0
    for size in sizes:
        part = slice(first, first + size)
        some = list(texts[part])
        yield DocumentBatch(some, size, some.count(""), {"id": pa.chunked_array([IDS[part]])})
        first += size


SIZES = [7, 1, 12, 3, 3, 14]


def written_to(
    form: str, model: Model, sizes: Sequence[int] = SIZES, **options: Any
) -> tuple[bytes, PredictionSummary]:
    """The bytes of a run, and what came of it."""
    file = Bytes()
    sink, _ = sink_of(form, file, ["id"], model)
    found = predict_batches(model, blocks_of(sizes), sink, done=lambda rows: None, **options)
    return file.data, found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("below", [None, 0.6])
@pytest.mark.parametrize("sizes", [SIZES, [40], [1] * 40], ids=["some", "one block", "single rows"])
def test_answers_are_those_of_each_text_by_itself_in_the_rows_order(
    form: str, below: float | None, sizes: list[int], tmp_path: Path
) -> None:
    model = model_of()
    data, found = written_to(form, model, sizes, below=below)
    alone = np.array([model.predict_proba([text])[0] for text in TEXTS])
    labels = [model.classes_[int(row.argmax())] if below is None or row.max() >= below else None for row in alone]
    assert below is None or 5 < labels.count(None) < 35
    answers = read_back(form, data, tmp_path)
    assert [answer["id"] for answer in answers] == IDS
    assert [answer["label"] or None for answer in answers] == labels
    shown = [[float(answer[f"probability_{label}"]) for label in "abc"] for answer in answers]
    np.testing.assert_allclose(shown, alone, rtol=0, atol=1e-7)
    assert [float(answer["probability"]) for answer in answers] == [max(row) for row in shown]
    counts = Counter(labels)
    assert found.counts == [(label, counts[label]) for label in "abc"]
    assert (found.rows, found.before, found.empty, found.unanswered) == (40, 0, TEXTS.count(""), counts[None])


@pytest.mark.parametrize("form", FORMS)
def test_several_labels_are_those_above_their_thresholds(form: str, tmp_path: Path) -> None:
    model = model_of(several=True)
    data, found = written_to(form, model)
    alone = np.array([model.predict_proba([text])[0] for text in TEXTS])
    sets = [[label for label, p, mark in zip("abc", row, THRESHOLDS, strict=True) if p >= mark] for row in alone]
    assert {0, 1, 2} <= set(map(len, sets))
    answers = read_back(form, data, tmp_path)
    assert [answer["labels"] for answer in answers] == (["|".join(one) for one in sets] if form == ".csv" else sets)
    assert "probability" not in answers[0]
    assert found.counts == [(label, sum(label in one for one in sets)) for label in "abc"]
    assert found.unanswered == sets.count([])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("several", [False, True])
def test_no_rows_give_the_columns(form: str, several: bool, tmp_path: Path) -> None:
    model, file = model_of(several=several), Bytes()
    sink, names = sink_of(form, file, [], model)
    found = predict_batches(model, [DocumentBatch([], 0, 0)], sink, done=lambda rows: None)
    assert (found.rows, found.counts) == (0, [("a", 0), ("b", 0), ("c", 0)])
    assert read_back(form, file.data, tmp_path) == []
    if form == ".csv":
        assert file.data.decode() == ",".join(names) + "\n"
    elif form == ".jsonl":
        assert file.data == b""
    else:
        with pa.ipc.open_stream(file.data) as stream:
            assert stream.schema.names == names


def tallies_of(model: Model) -> list[Tally]:
    """What a run tells its journal."""
    told: list[Tally] = []
    written_to(".csv", model, checkpoint=told.append, below=0.6)
    return told


def test_a_checkpoint_tells_of_all_that_was_written() -> None:
    model = model_of()
    alone = np.array([model.predict_proba([text])[0] for text in TEXTS])
    places = np.where(alone.max(axis=1) >= 0.6, alone.argmax(axis=1), -1).tolist()
    ends = np.cumsum(SIZES).tolist()
    assert tallies_of(model) == [
        Tally(
            end, TEXTS[:end].count(""), places[:end].count(-1), tuple(places[:end].count(label) for label in range(3))
        )
        for end in ends
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("blocks", range(len(SIZES) + 1))
def test_a_run_that_goes_on_writes_the_rest_and_counts_the_whole(form: str, blocks: int) -> None:
    model = model_of()
    whole, expected = written_to(form, model, below=0.6)
    tally = [Tally(0, 0, 0, (0, 0, 0)), *tallies_of(model)][blocks]
    first = written_to(form, model, SIZES[:blocks], below=0.6)[0] if blocks else b""
    file, done = Bytes(), list[int]()
    sink, _ = sink_of(form, file, ["id"], model, begun=blocks > 0)
    found = predict_batches(model, blocks_of(SIZES), sink, done=done.append, below=0.6, begun=tally)
    assert first + file.data == whole
    assert (found.rows, found.before) == (40, tally.rows)
    assert (found.empty, found.unanswered, found.counts) == (expected.empty, expected.unanswered, expected.counts)
    assert done == SIZES


@pytest.mark.parametrize("rows", [6, 9, 41, 1000])
def test_other_blocks_than_before_are_no_rows_to_go_on_with(rows: int) -> None:
    file, model = Bytes(), model_of()
    sink, _ = sink_of(".csv", file, ["id"], model, begun=True)
    with pytest.raises(DataError, match=f"does not end where {rows:,} rows were answered.*Leave out resume=True"):
        predict_batches(model, blocks_of(SIZES), sink, done=lambda rows: None, begun=Tally(rows, 0, 0, (rows, 0, 0)))
    assert file.data == b""


def test_rows_before_a_fault_are_written(tmp_path: Path) -> None:
    def broken() -> Iterator[DocumentBatch]:
        yield from blocks_of(SIZES[:4])
        raise DataError("Row 24 is broken", "Mend it.")

    file, model, done = Bytes(), model_of(), list[int]()
    sink, _ = sink_of(".csv", file, ["id"], model)
    with pytest.raises(DataError, match="Row 24 is broken"):
        predict_batches(model, broken(), sink, done=done.append)
    # As many blocks as are predicted ahead may be lost.
    count = sum(SIZES[: 4 - AHEAD])
    assert [row["id"] for row in read_back(".csv", file.data, tmp_path)] == IDS[:count]
    assert sum(done) == count


def test_no_more_blocks_are_read_than_are_predicted_ahead() -> None:
    file, model = Bytes(), model_of()
    sink, _ = sink_of(".csv", file, ["id"], model)
    read, written, most = 0, 0, 0

    def counted() -> Iterator[DocumentBatch]:
        nonlocal read, most
        for some in blocks_of([2] * 20):
            read += 1
            most = max(most, read - written)
            yield some

    def done(rows: int) -> None:
        nonlocal written
        written += 1

    predict_batches(model, counted(), sink, done=done)
    assert (read, written) == (20, 20)
    assert most == AHEAD + 1


def test_an_interruption_while_writing_stops_predicting(monkeypatch: pytest.MonkeyPatch) -> None:
    model, predicted = model_of(), list[int]()
    begun, interrupted = threading.Event(), threading.Event()
    usual = Model.predict_proba

    def counted(self: Model, documents: Any) -> Any:
        predicted.append(len(documents))
        if len(predicted) == 2:
            # Still at work when the first block cannot be written; the third waits behind it.
            begun.set()
            assert interrupted.wait(20)
            time.sleep(0.2)
        return usual(self, documents)

    class Full(Bytes):
        def write(self, data: bytes, /) -> int:
            if self.writes:
                assert begun.wait(20)
                interrupted.set()
                raise KeyboardInterrupt
            return super().write(data)

    monkeypatch.setattr(Model, "predict_proba", counted)
    before = threading.active_count()
    sink, _ = sink_of(".csv", Full(), ["id"], model)
    with pytest.raises(KeyboardInterrupt):
        predict_batches(model, blocks_of([1] * 40), sink, done=lambda rows: None)
    assert len(predicted) == 2
    assert threading.active_count() == before


def test_packed_answers_are_told_of_where_a_member_ends_and_are_whole_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compression, "MEMBER_BYTES", 500)
    model, file = model_of(), Bytes()
    plain, _ = written_to(".csv", model, [2] * 20)
    told: list[int] = []

    def checkpoint(tally: Tally) -> None:
        told.append(tally.rows)
        assert gzip.decompress(file.data) == written_to(".csv", model, [2] * (tally.rows // 2))[0]

    sink, _ = sink_of(".csv", compression.CompressedWriter(file, "gzip"), ["id"], model)
    predict_batches(model, blocks_of([2] * 20), sink, done=lambda rows: None, checkpoint=checkpoint)
    assert gzip.decompress(file.data) == plain
    assert 1 < len(told) < 10


def test_seconds_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([10.0, 14.5])
    monkeypatch.setattr("recurra.batch_prediction.predict.time.perf_counter", lambda: next(ticks, 14.5))
    assert written_to(".csv", model_of())[1].seconds == 4.5
