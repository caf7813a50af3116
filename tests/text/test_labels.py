import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.errors import DataError, ModelFileError
from recurra.text.labels import Labels

KINDS = {
    "str": st.text(max_size=4),
    "int": st.integers(),
    "bool": st.booleans(),
    "float": st.floats(allow_nan=False, allow_infinity=False),
}
LABELS = st.sampled_from(sorted(KINDS)).flatmap(lambda kind: st.lists(KINDS[kind], min_size=1, max_size=12))


@given(LABELS)
def test_numbers_and_back(labels):
    learned = Labels.learn(labels)
    numbers = learned.encode(labels)
    assert numbers.dtype == np.int64
    assert learned.decode(numbers) == labels
    assert all(type(label) is type(labels[0]) for label in learned.decode(numbers))
    assert len(learned) == len(set(labels))
    assert set(numbers.tolist()) == set(range(len(learned)))


@given(LABELS)
def test_the_order_is_rising(labels):
    classes = Labels.learn(labels).classes
    assert all(a < b for a, b in pairwise(classes))
    if isinstance(classes[0], str):
        points = [[ord(c) for c in label] for label in classes]
        assert points == sorted(points)


@given(LABELS)
def test_json_keeps_the_type(labels):
    learned = Labels.learn(labels)
    back = Labels.from_dict(json.loads(json.dumps(learned.to_dict())))
    assert back == learned
    assert list(map(type, back.classes)) == list(map(type, learned.classes))


def test_numbers_are_sorted_by_size_and_texts_by_code_point():
    assert Labels.learn([10, 9, -1]).classes == (-1, 9, 10)
    assert Labels.learn(["10", "9", "a", "B"]).classes == ("10", "9", "B", "a")
    assert Labels.learn([True, False]).classes == (False, True)


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.array(["b", "a"]), str),
        (np.array([2, 1], dtype=np.int16), int),
        (np.array([True, False]), bool),
        (np.array([0.5, 0.25], dtype=np.float32), float),
        (np.array(["b", "a"], dtype=object), str),
    ],
)
def test_numpy_values_become_plain(array, kind):
    learned = Labels.learn(array)
    assert [type(label) for label in learned.classes] == [kind, kind]
    assert learned.encode(array).tolist() == [1, 0]
    assert learned.encode(array.tolist()).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([], "There are no labels"),
        (["a", 1], r"2 types: .*'a' \(str\)"),
        ([1, True], "2 types"),
        ([1, 1.0], "2 types"),
        (["a", None], r"None \(NoneType\).*Leave the row out"),
        ([1.0, float("nan")], r"nan \(float\)"),
        ([float("inf")], "inf"),
        ([("a",)], "tuple"),
        ([np.datetime64("2004-01-01")], "date"),
        ([["a"]], "list"),
    ],
)
def test_labels_that_cannot_be_learned(labels, said):
    with pytest.raises(DataError, match=said):
        Labels.learn(labels)


@pytest.mark.parametrize(
    ("classes", "label", "said"),
    [
        (("a", "b"), "c", r"The label 'c' \(str\) is none of the 2 classes.*'a', 'b'"),
        ((0, 1), True, r"True \(bool\)"),
        ((0, 1), 1.0, r"1.0 \(float\)"),
        ((0, 1), "1", r"'1' \(str\).*0, 1 \(int\)"),
        (("a", "b"), None, "None"),
        (("a", "b"), ["a"], r"\['a'\]"),
    ],
)
def test_an_unknown_label_is_named(classes, label, said):
    with pytest.raises(DataError, match=said):
        Labels(classes).encode([classes[0], label])


def test_long_values_are_cut():
    labels = Labels(tuple(f"class number {i:06d}" for i in range(10_000)))
    with pytest.raises(DataError) as caught:
        labels.encode(["x" * 10_000])
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("number", [-1, 2])
def test_a_number_that_is_no_class(number):
    with pytest.raises(DataError, match=f"no class number {number}.*0 to 1"):
        Labels(("a", "b")).decode([0, number])


@pytest.mark.parametrize(
    "values",
    [
        None,
        ["a"],
        {},
        {"type": "str"},
        {"type": "str", "classes": []},
        {"type": "str", "classes": "ab"},
        {"type": "list", "classes": [[1]]},
        {"type": "str", "classes": ["a", 1]},
        {"type": "int", "classes": [0, True]},
        {"type": "int", "classes": [0, 0]},
        {"type": "str", "classes": ["a", ["b"]]},
        {"type": ["str"], "classes": ["a"]},
    ],
)
def test_broken_json_gives_one_error(values):
    with pytest.raises(ModelFileError, match="labels"):
        Labels.from_dict(values)


@pytest.mark.parametrize(
    ("longest", "longer"),
    [("x" * 10_000, "x" * 10_001), (10**100 - 1, -(10**100)), (1, 10**5000)],
    ids=["text", "digits", "more digits"],
)
def test_labels_have_a_longest_length(longest, longer):
    assert Labels.from_dict(json.loads(json.dumps(Labels.learn([longest]).to_dict()))).classes == (longest,)
    with pytest.raises(DataError, match="which has more than 10,000 characters or 100 digits") as caught:
        Labels.learn([longest, longer])
    assert len(str(caught.value)) < 300
    with pytest.raises(ModelFileError, match="A label has more than 10,000 characters or 100 digits"):
        Labels.from_dict({"type": type(longer).__name__, "classes": [longer]})
