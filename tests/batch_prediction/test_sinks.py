"""What .csv and .jsonl files hold, read back by Python's csv and json and by pyarrow."""

from __future__ import annotations

import datetime
import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from outputs import Bytes, of_places, read_csv, read_json_lines

from recurra.batch_prediction.sinks import Predictions, column_names, text_sink, written
from recurra.errors import DataError, SettingsError
from recurra.tasks import SINGLE_LABEL, Decision, MultiLabel

pa, arrow_csv = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.csv")

SETS = MultiLabel(np.array([0.5, 0.5], dtype=np.float32))

# What UTF-8 can hold; readers of CSV stop at NUL.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12) | st.sampled_from(
    ['"', '""', ",", "\n", "\r", "\r\n", 'a "b", c', "%s %d %%", "{}", " ", "\u2028", "=1+1", "\ufeff", "'"]
)
labels = st.lists(texts.filter(bool), min_size=2, max_size=4, unique=True)
numbers = st.floats(0, 1, width=32)


@st.composite
def scored(draw: Any) -> tuple[list[str], list[list[dict[str, Any]]]]:
    """Labels, and blocks of rows: a kept text or none, the label's place or -1, and probabilities."""
    names = draw(labels)
    row = st.fixed_dictionaries(
        {
            "kept": st.none() | texts,
            "place": st.integers(-1, len(names) - 1),
            "numbers": st.lists(numbers, min_size=len(names) + 1, max_size=len(names) + 1),
        }
    )
    return names, draw(st.lists(st.lists(row, min_size=1, max_size=4), max_size=3))


def block_of(rows: list[dict[str, Any]]) -> Predictions:
    kept = pa.array([row["kept"] for row in rows], pa.string())
    answers = of_places([row["place"] for row in rows], [row["numbers"] for row in rows])
    return Predictions({"kept": pa.chunked_array([kept])}, answers.decision, answers.shown)


@pytest.mark.parametrize("form", [".csv", ".jsonl"])
@given(scored())
def test_whatever_is_written_is_read_back(form: str, given: tuple[list[str], list[list[dict[str, Any]]]]) -> None:
    classes, blocks = given
    names = column_names(["kept"], classes, every=True, task=SINGLE_LABEL)
    file = Bytes()
    sink = text_sink(form, file, names, classes, kept=1)
    for block in blocks:
        sink.write(block_of(block))
    sink.finish()
    found = read_csv(file.data) if form == ".csv" else read_json_lines(file.data)
    rows = [row for block in blocks for row in block]
    assert len(found) == len(rows)
    none = "" if form == ".csv" else None
    for answer, row in zip(found, rows, strict=True):
        assert list(answer) == names
        assert answer["kept"] == (none if row["kept"] is None else row["kept"])
        assert answer["label"] == (none if row["place"] < 0 else classes[row["place"]])
        given_numbers = [float(answer[name]) for name in names[2:]]
        np.testing.assert_allclose(given_numbers, row["numbers"], rtol=0, atol=0.6e-7)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=6))
def test_arrows_reader_of_csv_gets_the_same_texts(pairs: list[tuple[str, str]]) -> None:
    """A second reader, which stands for those of other tools."""
    file = Bytes()
    sink = text_sink(".csv", file, ["one", "two", "label", "probability"], ["x", "y"], kept=2)
    one, two = zip(*pairs, strict=True)
    sink.write(of_places([0] * len(pairs), [[0.5]] * len(pairs), one=list(one), two=list(two)))
    sink.finish()
    kinds = dict.fromkeys(["one", "two", "label"], pa.string())
    options = {"parse_options": arrow_csv.ParseOptions(newlines_in_values=True)}
    convert = arrow_csv.ConvertOptions(column_types=kinds, strings_can_be_null=False)
    table = arrow_csv.read_csv(io.BytesIO(file.data), convert_options=convert, **options)
    assert list(zip(table["one"].to_pylist(), table["two"].to_pylist(), strict=True)) == pairs


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("plain", b"plain"),
        (None, b""),
        ("", b""),
        (" a ", b" a "),
        ("a,b", b'"a,b"'),
        ('say "so"', b'"say ""so"""'),
        ("a\nb", b'"a\nb"'),
        ("a\rb", b'"a\rb"'),
        ("100 % s", b"100 % s"),
        ("é", "é".encode()),
        ("\ud800", b"?"),
    ],
)
def test_cells_are_quoted_where_rfc_4180_asks_for_it(value: str | None, cell: bytes) -> None:
    file = Bytes()
    column = ["x", value] if value != "\ud800" else ["x", "y"]
    answers = of_places([0, 1], [[0.25], [1.0]], kept=column)
    classes = ["a", value or "b"]
    sink = text_sink(".csv", file, ["kept", "label", "probability"], classes, kept=1)
    sink.write(answers)
    row = file.data.split(b"\n", 2)[2]
    label = cell or b"b"
    kept = b"y" if value == "\ud800" else cell
    assert row == kept + b"," + label + b",1.0000000\n"


def test_names_of_columns_are_quoted_and_told_once() -> None:
    classes = ['a "b", c', "100 %"]
    names = column_names(["k,\n"], classes, every=True, task=SINGLE_LABEL)
    block = of_places([0], [[0.5, 0.5, 0.5]], **{"k,\n": ["x"]})
    for form in (".csv", ".jsonl"):
        file = Bytes()
        text_sink(form, file, names, classes, kept=1).write(block)
        text_sink(form, file, names, classes, kept=1, begun=True).write(block)
        found = read_csv(file.data) if form == ".csv" else read_json_lines(file.data)
        assert [list(row) for row in found] == [names, names]
        assert names == ["k,\n", "label", "probability", 'probability_a "b", c', "probability_100 %"]


@pytest.mark.parametrize("kept", [[], ["id"]])
@pytest.mark.parametrize("mark", ["|", "; "])
def test_several_labels_are_joined_in_csv_and_lists_in_json(kept: list[str], mark: str) -> None:
    classes = ["a", 'b, "c"']
    given = np.array([[True, True], [False, False], [False, True], [True, False]])
    shown = np.array([[0.9, 0.8], [0.1, 0.2], [0.3, 0.7], [0.6, 0.4]], dtype=np.float32)
    column = {name: pa.chunked_array([pa.array([1, 2, 3, 4])]) for name in kept}
    for every in (True, False):
        names = column_names(kept, classes, every=every, task=SETS)
        found = {}
        for form in (".csv", ".jsonl"):
            file = Bytes()
            sink = text_sink(form, file, names, classes, kept=len(kept), mark=mark)
            sink.write(Predictions(column, Decision.from_indicator(given), shown))
            sink.finish()
            found[form] = read_csv(file.data) if form == ".csv" else read_json_lines(file.data)
            assert [list(row) for row in found[form]] == [names] * 4
        sets = [[label for label, is_given in zip(classes, row, strict=True) if is_given] for row in given]
        assert [row["labels"] for row in found[".jsonl"]] == sets
        assert [row["labels"] for row in found[".csv"]] == [mark.join(some) for some in sets]
        for form, rows in found.items():
            assert all((f"probability_{label}" in row) == every for row in rows for label in classes), form
        if every:
            columns = [[float(row[name]) for name in names[-2:]] for row in found[".jsonl"]]
            np.testing.assert_allclose(columns, shown, atol=1e-7)


KEPT: dict[str, tuple[Any, list[Any], list[str]]] = {
    # Arrow's array, as JSON has it, as CSV has it.
    "integers": (pa.array([1, None, -(2**60)]), [1, None, -(2**60)], ["1", "", str(-(2**60))]),
    "floats": (pa.array([0.5, None, 1e-7]), [0.5, None, 1e-7], ["0.5", "", "1e-7"]),
    "no numbers": (pa.array([float("nan"), float("inf"), -float("inf")]), [None] * 3, ["nan", "inf", "-inf"]),
    "booleans": (pa.array([True, None, False]), [True, None, False], ["true", "", "false"]),
    "days": (pa.array([datetime.date(2024, 2, 29), None, datetime.date(1, 1, 1)]), ["2024-02-29", None, "0001-01-01"],
             ["2024-02-29", "", "0001-01-01"]),
    "lists": (pa.array([["a", 'b"'], None, []]), [["a", 'b"'], None, []], ['["a", "b\\""]', "", "[]"]),
    "structures": (pa.array([{"k": 1}, None, {"k": None}]), [{"k": 1}, None, {"k": None}],
                   ['{"k": 1}', "", '{"k": null}']),
    "large texts": (pa.array(["x", None, "ü"], pa.large_string()), ["x", None, "ü"], ["x", "", "ü"]),
    "categories": (pa.array(["x", None, "y"]).dictionary_encode(), ["x", None, "y"], ["x", "", "y"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", KEPT)
def test_kept_columns_of_every_type(kind: str) -> None:
    array, as_json, as_csv = KEPT[kind]
    decision, shown = Decision(np.array([0, 1, -1])), np.full((3, 1), 0.5, dtype=np.float32)
    for form, expected in ((".jsonl", as_json), (".csv", as_csv)):
        file = Bytes()
        sink = text_sink(form, file, ["kept", "label", "probability"], ["a", "b"], kept=1)
        sink.write(Predictions({"kept": pa.chunked_array([array])}, decision, shown))
        rows = read_csv(file.data) if form == ".csv" else read_json_lines(file.data)
        found = [row["kept"] for row in rows]
        if form == ".csv" and kind == "floats":
            assert [float(cell) if cell else cell for cell in found] == [0.5, "", 1e-7]
        else:
            assert found == expected
        assert [row["label"] for row in rows] == ["a", "b", "" if form == ".csv" else None]


@pytest.mark.parametrize("form", [".csv", ".jsonl"])
def test_bytes_have_no_form_as_text(form: str) -> None:
    file = Bytes()
    sink = text_sink(form, file, ["picture", "label", "probability"], ["a", "b"], kept=1)
    with pytest.raises(DataError, match=r"'picture' holds binary, which has no form as text\. .*\.parquet"):
        sink.write(of_places([0], [[0.5]], picture=[b"\xff"]))


@pytest.mark.parametrize(
    ("keep", "every", "task", "names"),
    [
        ([], False, SINGLE_LABEL, ["label", "probability"]),
        (["id"], True, SINGLE_LABEL, ["id", "label", "probability", "probability_a", "probability_True"]),
        (["b", "a"], False, SETS, ["b", "a", "labels"]),
        ([], True, SETS, ["labels", "probability_a", "probability_True"]),
        # All of ours are renamed where one has a kept column's name.
        (["label"], False, SINGLE_LABEL, ["label", "predicted_label", "predicted_probability"]),
        (["probability_a"], False, SINGLE_LABEL, ["probability_a", "label", "probability"]),
        (
            ["probability", "predicted_label"],
            False,
            SINGLE_LABEL,
            ["probability", "predicted_label", "predicted_predicted_label", "predicted_predicted_probability"],
        ),
    ],
)
def test_names_of_columns(keep: list[str], every: bool, task: Any, names: list[str]) -> None:
    expected = [name.replace("True", "true") for name in names]
    assert column_names(keep, ["a", True], every=every, task=task) == expected


def test_a_column_is_kept_once() -> None:
    with pytest.raises(SettingsError, match="'id' names a column twice"):
        column_names(["id", "x", "id"], ["a", "b"], every=False, task=SINGLE_LABEL)


@given(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text())
def test_labels_are_written_as_json_has_them_and_texts_as_they_are(label: Any) -> None:
    found = written(label)
    assert found == label if isinstance(label, str) else json.loads(found) == label
