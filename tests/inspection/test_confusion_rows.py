"""Confusions with their rows, counted by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from bundles import make_bundle

from recurra.data.row_numbers import RowNumbers
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.inspection import confusions
from recurra.runtime import Model

TEXTS = ["a team wins", "a market falls", "a chip is sold", "a team loses", "rome", "x" * 600]


def test_every_row_stands_in_the_cell_of_its_label_and_answer() -> None:
    labels = ("a", "b", "c")
    model = Model(make_bundle(labels=labels, seed=4))
    table = Table(TEXTS * 3, list("abcacb") * 3, "text", None, "label", "rows.csv", row_numbers=RowNumbers(2))
    answers = [labels[place] for place in model.predict_proba(table.documents).argmax(axis=1)]
    given = table.labels or []
    found = confusions(model, table, name="m", rows=2, right_rows=1).to_dict()
    counts = Counter(zip(given, answers, strict=True))
    assert {(labels[one["label"]], labels[one["predicted"]]) for one in found["cells"]} == set(counts)
    for cell in found["cells"]:
        pair = labels[cell["label"]], labels[cell["predicted"]]
        assert found["confusion"][cell["label"]][cell["predicted"]] == counts[pair]
        assert len(cell["rows"]) == min(counts[pair], 1 if pair[0] == pair[1] else 2)
        for row in cell["rows"]:
            place = row["number"] - 2
            assert (given[place], answers[place]) == pair
            assert row["probability"] == pytest.approx(model.predict_proba([table.documents[place]]).max(), abs=1e-6)
            assert row["text"][:5] == table.documents[place][:5]
        shown = [row["probability"] for row in cell["rows"]]
        assert shown == sorted(shown, reverse=True)
    assert found["accuracy"] == np.mean([one == other for one, other in zip(given, answers, strict=True)])
    assert [one["rows"] for one in found["confusions"]] == sorted(
        (count for (truth, called), count in counts.items() if truth != called), reverse=True
    )


def test_a_label_that_the_model_does_not_know_is_refused() -> None:
    table = Table(TEXTS, list("abcadb"), "text", None, "label", "rows.csv", row_numbers=RowNumbers(2))
    with pytest.raises(DataError, match="has the label"):
        confusions(Model(make_bundle(labels=("a", "b", "c"))), table)


def test_decisions_about_labels_are_counted_by_hand() -> None:
    model = Model(make_bundle(labels=("a", "b", "c"), seed=4, thresholds=(0.5, 0.45, 0.6)))
    have = [("a",), ("b", "c"), (), ("a", "c"), ("c",), ("a", "b", "c")]
    table = Table(TEXTS * 3, have * 3, "text", None, "label", "rows.csv", row_numbers=RowNumbers(2))
    answers = model.predict_proba(table.documents) >= np.float32([0.5, 0.45, 0.6])
    found = confusions(model, table, name="m", rows=2, right_rows=1).to_dict()
    cells = {(one["label"], one["kind"]): one["rows"] for one in found["cells"]}
    kinds = {(True, True): "true_positives", (False, True): "false_positives"}
    kinds |= {(True, False): "false_negatives", (False, False): "true_negatives"}
    for place, label in enumerate("abc"):
        decided = Counter((label in own, bool(one[place])) for own, one in zip(have * 3, answers, strict=True))
        for pair, kind in kinds.items():
            assert found["labels"][place][kind] == decided[pair]
            rows = cells.get((place, kind), [])
            assert len(rows) == min(decided[pair], 1 if pair[0] == pair[1] else 2)
            probable = [row["probability"] for row in rows]
            # Wrong ones first that are furthest from the threshold, right ones that are nearest to it.
            assert probable == sorted(probable, reverse=not pair[0])
            for row in rows:
                assert ((label in (have * 3)[row["number"] - 2]), bool(answers[row["number"] - 2, place])) == pair
        hits, given = decided[True, True], decided[True, True] + decided[False, True]
        assert found["labels"][place]["precision"] == pytest.approx(hits / given if given else 0)
    given = [{label for label, on in zip("abc", one, strict=True) if on} for one in answers]
    assert found["subset_accuracy"] == np.mean([one == set(own) for one, own in zip(given, have * 3, strict=True)])
