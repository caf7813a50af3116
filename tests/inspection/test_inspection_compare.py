"""Models side by side on a table."""

from __future__ import annotations

import numpy as np
import pytest
from bundles import make_bundle

from recurra.data.table import Table
from recurra.errors import DataError
from recurra.inspection import compare
from recurra.runtime import Model

TEXTS = ["oil prices rise", "the team wins a late match in rome", "oil", "unheard words alone", "team wins again", ""]
LABELS = ["a", "b", "a", "c", "b", "c"]


def table() -> Table:
    return Table(TEXTS * 3, LABELS * 3, "text", None, "label", "made.csv")


def model(seed: int, labels: tuple[str, ...] = ("a", "b", "c"), **changes: object) -> Model:
    bundle = make_bundle(seed=seed, labels=labels)
    return Model(type(bundle)(**{**bundle.__dict__, **changes}))


def test_accuracies_are_the_models_own() -> None:
    models = {"x": model(1), "y": model(2)}
    found = compare(models, table())
    for name, one in models.items():
        assert found.accuracy[name] == np.mean(one.predict(TEXTS * 3) == LABELS * 3)
    names = [one.name for one in found.slices]
    assert names[:3] == ["class a", "class b", "class c"]
    assert sum(one.rows for one in found.slices[:3]) == 18
    assert any("tokens" in name for name in names)
    assert any("unknown" in name for name in names)
    assert found.to_dict() == compare(models, table()).to_dict()
    assert compare(models, table(), documents=7).rows == 7


def test_the_same_classes_in_another_order_are_the_same() -> None:
    """The columns of the outputs are turned with the labels, so that both answer alike."""
    first = model(1)
    order = [2, 0, 1]
    tensors = {
        **first.bundle.tensors,
        "W_O": first.bundle.tensors["W_O"][:, order].copy(),
        "b_O": first.bundle.tensors["b_O"][order].copy(),
    }
    second = model(1, labels=("c", "a", "b"), tensors=tensors)
    pair = compare({"x": first, "y": second}, table()).pairs[0]
    assert (pair.only_a, pair.only_b) == (0, 0)
    assert pair.differences["log_loss"] == pytest.approx(0, abs=1e-6)


def test_rows_without_a_title_are_nobodys_where_one_reads_titles() -> None:
    bundle = make_bundle(seed=2)
    titles = model(2, text=bundle.text.replace(field="title"))
    data = Table([("oil", "x"), ("", "y"), ("team", "z")], ["a", "b", "c"], "text", "title", "label", "made.csv")
    said: list[str] = []
    assert compare({"x": model(1), "y": titles}, data, say=said.append).rows == 2
    assert said == ["1 of 3 rows have no title and are left out."]


def test_what_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="1 models to compare"):
        compare({"x": model(1)}, table())
    with pytest.raises(DataError, match="x knows the classes"):
        compare({"x": model(1), "y": model(2, labels=("a", "b", "d"))}, table())
