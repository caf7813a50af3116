"""Models side by side on a table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bundles import make_bundle
from scipy.sparse import csr_array

from recurra.data.table import Table
from recurra.errors import DataError
from recurra.inspection import compare
from recurra.runtime import Model
from recurra.tasks import MultiLabel
from recurra.text.labels import Labels

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


def several(seed: int, mark: str | None = "|") -> Model:
    """A model of several labels a row."""
    thresholds = np.array([0.4, 0.5, 0.6], dtype=np.float32)
    return model(seed, task=MultiLabel(thresholds), record={} if mark is None else {"label_separator": mark})


def several_of_numbers(seed: int) -> Model:
    """The same model whose classes are the numbers of columns."""
    bundle = several(seed).bundle
    return Model(replace(bundle, labels=Labels((0, 1, 2))))


SETS = [("a",), ("b", "a"), (), ("c",), ("c", "b"), ("a", "b", "c")]


def test_a_row_is_right_where_exactly_its_labels_are_given() -> None:
    models = {"x": several(1), "y": several(2, mark=None)}
    data = Table(TEXTS, ["|".join(one) for one in SETS], "text", None, "label", "made.csv")
    found = compare(models, data)
    for name, one in models.items():
        given = [set(answer) for answer in one.predict(TEXTS)]
        assert found.accuracy[name] == np.mean([set(had) == own for had, own in zip(SETS, given, strict=True)])
    assert found.multi_label
    assert {one.name: one.rows for one in found.slices if one.name.startswith(("class", "no label"))} == {
        "class a": 3,
        "class b": 3,
        "class c": 3,
        "no label": 1,
    }
    assert any("tokens" in one.name for one in found.slices)
    # Lists of labels say the same, and so does another mark that is named.
    lists = Table(TEXTS, SETS, "text", None, "label", "made.jsonl")  # type: ignore[arg-type]
    assert compare(models, lists).to_dict() == found.to_dict()
    marked = Table(TEXTS, [" ; ".join(one) for one in SETS], "text", None, "label", "made.csv")
    assert compare(models, marked, separator=";").to_dict() == found.to_dict()
    assert compare(models, data, documents=4).rows == 4


def test_labels_of_texts_in_all_forms_of_fit_are_the_same_rows() -> None:
    models = {"x": several(1), "y": several(2)}
    matrix = np.array([[name in one for name in "abc"] for one in SETS])
    lists = [list(one) for one in SETS]
    said = compare(models, Table(TEXTS, SETS, "text", None, "label", "made.jsonl")).to_dict()  # type: ignore[arg-type]
    for pair in said["pairs"]:
        for example in [*pair["examples"], *pair["neither_examples"]]:
            # Without a file rows are counted from 0.
            example["number"] = example["row"]
    named = pd.DataFrame(matrix, columns=list("abc"))[["c", "a", "b"]]
    for y in (lists, pd.Series(lists), matrix, csr_array(matrix.astype(int)), named, ["|".join(one) for one in SETS]):
        assert compare(models, TEXTS, y).to_dict() == said
    numbered = {name: several_of_numbers(seed) for name, seed in {"x": 1, "y": 2}.items()}
    numbers = [np.flatnonzero(row) for row in matrix]
    found = [compare(numbered, TEXTS, y) for y in (matrix, numbers, [one.tolist() for one in numbers])]
    assert [one.scores for one in found] == [{one["name"]: one["scores"] for one in said["models"]}] * 3
    for y, message in (
        (named, "the classes are numbers of columns"),
        (lists, "y has labels such as 'a', and the classes are such as 0"),
        (LABELS, "never saw"),
        ([0] * 6, "y has the label 0, and the model gives lists of labels"),
        (list(matrix.astype(int)), "zeros and ones that repeat them"),
    ):
        with pytest.raises(DataError, match=message):
            compare(numbered, TEXTS, y)


def test_notes_stand_below_the_table() -> None:
    found = replace(compare({"x": model(1), "y": model(2)}, table()), notes=["x: it <knows> these rows."])
    assert repr(found).endswith("\n  x: it <knows> these rows.")
    assert found._repr_html_().endswith("<p>x: it &lt;knows&gt; these rows.</p>")


def test_thresholds_are_turned_with_the_labels() -> None:
    first = several(1)
    order = [2, 0, 1]
    tensors = {
        **first.bundle.tensors,
        "W_O": first.bundle.tensors["W_O"][:, order].copy(),
        "b_O": first.bundle.tensors["b_O"][order].copy(),
    }
    thresholds = first.bundle.thresholds
    assert thresholds is not None
    second = model(1, labels=("c", "a", "b"), tensors=tensors, task=MultiLabel(thresholds[order].copy()))
    pair = compare({"x": first, "y": second}, Table(TEXTS, SETS, "text", None, "label", "made.csv")).pairs[0]  # type: ignore[arg-type]
    assert (pair.only_a, pair.only_b) == (0, 0)
    assert pair.differences == pytest.approx(dict.fromkeys(pair.differences, 0), abs=1e-6)


def test_models_of_both_kinds_or_marks_are_not_compared() -> None:
    data = Table(TEXTS, LABELS, "text", None, "label", "made.csv")
    for one, other in ((model(1), several(2)), (several(2), model(1))):
        with pytest.raises(DataError, match=r"^[xy] gives (several labels|one label) a row, and [xy]"):
            compare({"x": one, "y": other}, data)
    with pytest.raises(DataError, match=r"separators ';' and '\|'\. Give the separator"):
        compare({"x": several(1), "y": several(2, mark=";")}, data)
    assert compare({"x": several(1), "y": several(2, mark=";")}, data, separator="|").rows == len(TEXTS)


def test_what_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="1 models to compare"):
        compare({"x": model(1)}, table())
    with pytest.raises(DataError, match=r"x knows the classes 'a', 'b', 'c', y 'd', 'e', 'f'\. .* or evaluate each"):
        compare({"x": model(1), "y": model(2, labels=("d", "e", "f"))}, table())
    with pytest.raises(DataError, match="x knows the classes"):
        compare({"x": several(1), "y": model(2, ("d", "e", "f"), task=several(2).task)}, table())
    with pytest.raises(DataError, match="x knows the classes"):
        compare({"x": model(1), "y": model(2, labels=(1, 2, 3))}, table())  # type: ignore[arg-type]
    three = {"x": model(1), "y": model(2, labels=("c", "d", "e")), "z": model(3, labels=("a", "b", "e"))}
    with pytest.raises(
        DataError, match=r"x knows the classes 'a', 'b', 'c', z 'a', 'b', 'e'\. Compare models that share"
    ):
        compare(three, table())
