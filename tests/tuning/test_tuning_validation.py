"""A study with rows of their own to validate on: half choose, half are set aside, and all others are learned from."""

from __future__ import annotations

from pathlib import Path

import pytest
from rows import make_rows
from tuning.studies import ROWS, small_preset, study

from recurra.data.corpus import InMemoryRows
from recurra.errors import TrainingError
from recurra.training.callbacks import Callback
from recurra.tuning.rows import StudyRows

LATER = make_rows(24, seed=9)


def test_half_choose_and_half_are_set_aside() -> None:
    rows = StudyRows(
        InMemoryRows(*ROWS),
        small_preset(),
        callbacks=Callback(),
        validation_data=InMemoryRows(*LATER, source="a/b.csv"),
    )
    prepared = rows.of("words")
    assert (len(prepared.rows), prepared.held and len(prepared.held), len(rows.aside)) == (120, 12, 12)
    assert prepared.validation is not None
    assert prepared.validation.to_record() == {"source": "b.csv", "unknown_labels": 0}
    assert prepared.held is not None
    assert {*rows.aside} < {*LATER[0]}
    chosen_by = [document for document in LATER[0] if document not in rows.aside]
    encoded = prepared.pipeline.encode(chosen_by)
    assert prepared.held.documents.values.tolist() == encoded.values.tolist()
    labels = dict(zip(*LATER, strict=True))
    assert [rows.classes.classes[target] for target in rows.aside_targets] == [labels[one] for one in rows.aside]
    # Each half has its share of every class.
    for targets in (rows.aside_targets, prepared.held.targets):
        assert sorted(targets.tolist()) == sorted([0, 1, 2, 3] * 3)


def test_a_study_goes_on_with_the_same_rows_alone(tmp_path: Path) -> None:
    later = InMemoryRows(*LATER)
    found = study(tmp_path, trials=1, validation_data=later)
    assert found.rows == (120, 12, 12)
    assert study(tmp_path, trials=1, validation_data=later, resume=True).best == found.best
    for other in (None, InMemoryRows(LATER[0][4:], LATER[1][4:])):
        with pytest.raises(TrainingError, match="belongs to other data or settings"):
            study(tmp_path, trials=1, validation_data=other, resume=True)
