"""A fit that fails leaves the classifier as it was: not fitted, or with the model, columns and labels of before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from estimator.small_classifier import TEXTS, TOPICS, network
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import MultiLabelBinarizer

from recurra import TextClassifier
from recurra.errors import DataError, RecurraError

# Matrices that are quickly written.
pytestmark = pytest.mark.filterwarnings("ignore:every row of y (has exactly one 1|is a list of one)")

LISTS = [[topic] for topic in TOPICS]
MATRIX = MultiLabelBinarizer().fit_transform(LISTS)


class NoCallback:
    """Is refused only after texts and labels were read."""


@pytest.mark.parametrize("y", [TOPICS, LISTS, MATRIX], ids=["labels", "lists", "matrix"])
def test_after_a_first_fit_that_failed_the_classifier_is_not_fitted(y: Any) -> None:
    found = network()
    with pytest.raises(RecurraError, match="is no callback"):
        found.fit(pd.DataFrame({"text": TEXTS}), y, callbacks=[NoCallback()])
    answers: list[Callable[[], Any]] = [
        lambda: found.predict(TEXTS),
        lambda: found.predict_proba(TEXTS),
        lambda: found.read(TEXTS[0]),
        lambda: found.score(TEXTS, y),
        lambda: found.save("model.safetensors"),
    ]
    for answer in answers:
        with pytest.raises(NotFittedError):
            answer()
    assert not [name for name in vars(found) if name.endswith("_")]


def test_the_columns_that_a_fit_read_stay_those_of_the_model() -> None:
    frame = pd.DataFrame({"subject": TOPICS[::-1], "body": TEXTS, "note": ["nothing at all"] * len(TEXTS)})
    found = network(epochs=1).fit(frame[["subject", "body"]], TOPICS)
    before = found.predict_proba(frame)
    with pytest.raises(RecurraError, match="is no callback"):
        found.fit(frame[["note"]], TOPICS, callbacks=[NoCallback()])
    assert found.columns_ == ("body", "subject")
    np.testing.assert_array_equal(found.predict_proba(frame), before)


@pytest.mark.parametrize(("first", "second"), [(LISTS, MATRIX), (MATRIX, LISTS), (TOPICS, MATRIX)])
@pytest.mark.parametrize("how", ["vectors", "callbacks", "weights"])
def test_the_form_of_the_labels_stays_that_of_the_model(first: Any, second: Any, how: str) -> None:
    found = network(epochs=1).fit(TEXTS, first)
    before, state = found.predict(TEXTS), dict(vars(found))
    if how == "vectors":
        found.set_params(vectors="glove-6b-5Od")
    given: dict[str, Any] = {
        "vectors": {},
        "callbacks": {"callbacks": [NoCallback()]},
        "weights": {"sample_weight": [1.0]},
    }[how]
    with pytest.raises(RecurraError):
        found.fit(TEXTS, second, **given)
    assert {**vars(found), "vectors": None} == state
    after = found.predict(TEXTS)
    assert type(after) is type(before)
    assert after.shape == before.shape
    assert after.tolist() == before.tolist()


def test_a_warm_start_needs_a_column_for_each_class_of_the_model() -> None:
    found = network(epochs=1).fit(TEXTS, np.insert(MATRIX, MATRIX.shape[1], 0, axis=1))
    wide = MATRIX.shape[1] + 1
    for initial in (found, found.model_):
        fewer = MATRIX[:, : MATRIX.shape[1] - 1]
        needed = wide if initial is found else wide - 1
        message = f"^y has {wide - 2} columns, and the classes of the model to continue from need {needed}. Give all"
        with pytest.raises(DataError, match=message):
            TextClassifier(epochs=1).fit(TEXTS, fewer, initial=initial)
    more = TextClassifier(epochs=1).fit(TEXTS, np.insert(MATRIX, wide - 1, MATRIX[:, :2].T, axis=1), initial=found)
    assert more.predict(TEXTS).shape == (len(TEXTS), wide + 1)
