"""Rows that come in parts, with their ids on disk, give the very model that rows in memory give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rows import make_rows
from training.runs import FULL, PLAIN, SHORT, THOROUGH, Steps, train

from recurra.batches import MappedRagged, ragged_writer
from recurra.data import corpus
from recurra.text import TextSettings, counting
from recurra.training.loop import Trainer
from recurra.training.run import HISTORY, MODEL


def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of seven rows, counts and ids on disk."""
    monkeypatch.setattr(corpus, "BLOCK", 7)
    monkeypatch.setattr(counting, "TOKENS_IN_MEMORY", 5)
    monkeypatch.setattr(counting, "CHUNK", 3)
    monkeypatch.setattr(ragged_writer, "IN_MEMORY", 0)


@pytest.mark.parametrize(
    "text",
    [
        TextSettings(tokens="lesson", vocabulary_from="titles", vocabulary_documents=9),
        TextSettings(tokens="words", vocabulary_size=12),
        TextSettings(tokens="characters"),
        TextSettings(tokens="bytes"),
        TextSettings(tokens="lesson", field="title", min_count=2),
    ],
    ids=lambda text: f"{text.tokens} of {text.field}",
)
@pytest.mark.parametrize("kind", ["pairs", "texts", "both"])
def test_models_are_equal_to_the_bit(
    text: TextSettings, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs, labels = make_rows(60)
    pairs[4], pairs[50] = ("", "no title"), ("", "")
    texts = [f"{title} {body} naïve 中" for title, body in pairs]
    rows: list[Any] = {"pairs": pairs, "texts": texts, "both": pairs[:30] + texts[30:]}[kind]
    options: dict[str, Any] = {"rows": (rows, labels), "text": text, "network": PLAIN.replace(masked=False)}
    options["training"] = SHORT.replace(validation=0.2)
    train(tmp_path / "whole", **options)
    in_parts(monkeypatch)
    seen: list[type] = []
    run = Trainer.run
    monkeypatch.setattr(Trainer, "run", lambda self: (seen.append(type(self.rows.documents)), run(self))[1])
    added: list[int] = []
    add = counting.DiskCounter.add
    monkeypatch.setattr(
        counting.DiskCounter, "add", lambda self, counts: (added.append(len(counts)), add(self, counts))[1]
    )
    train(tmp_path / "parts", **options)
    assert seen == [MappedRagged]
    assert len(added) > 1 or text.tokens == "bytes"
    for name in (MODEL, HISTORY):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


class Killed(BaseException):
    """Nothing may catch it, as nothing can catch a kill."""


class Killer(Steps):
    def count_step(self, documents: int, loss: float) -> None:
        super().count_step(documents, loss)
        if self.steps == 13:
            raise Killed


def test_a_run_goes_on_whether_rows_come_in_parts_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {"network": FULL, "training": THOROUGH, "count": 60, "checkpoint_seconds": 0}
    train(tmp_path / "whole", **options)
    with pytest.raises(Killed):
        train(tmp_path / "run", **options, callbacks=[Killer()])
    in_parts(monkeypatch)
    rest = Steps()
    train(tmp_path / "run", **options, resume=True, callbacks=[rest])
    assert 0 < rest.began[1] < rest.began[0]
    for name in (MODEL, HISTORY):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_ways_over_the_rows_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, list[tuple[int, int]]] = {}

    class Hearer(Steps):
        def on_data(self, what: str, documents: int, total: int) -> None:
            told.setdefault(what, []).append((documents, total))

    in_parts(monkeypatch)
    train(training=SHORT.replace(validation=0.2), callbacks=[Hearer()])
    assert sum(documents for documents, _ in told["counting tokens"]) == 48
    assert told["finding token ids"] == [(7, 60)] * 8 + [(4, 60)]


def test_something_that_is_no_document_is_named_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "BLOCK", 7)
    rows: list[Any] = ["a"] * 20
    rows[15] = 3
    with pytest.raises(Exception, match=r"Document 15 \(counted from 0\) is 3"):
        train(rows=(rows, np.arange(20) % 2))
