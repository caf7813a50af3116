"""``fit(…, validation_data=(X, y))``: texts, frames and indicator matrices of their own to validate on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from estimator.small_classifier import PAIRS, TEXTS, TOPICS, network
from rows import make_rows
from sklearn.preprocessing import MultiLabelBinarizer

from recurra.errors import DataError, SettingsError

LATER, LATER_TOPICS = make_rows(16, seed=7)
LATER_TEXTS = [text for _, text in LATER]


def test_all_of_x_is_learned_from_and_the_scores_are_those_of_the_validation_data() -> None:
    fitted = network().fit(TEXTS, TOPICS, validation_data=(LATER_TEXTS, LATER_TOPICS))
    alone = network().fit(TEXTS, TOPICS)
    assert np.array_equal(fitted.model_.bundle.tensors["W_O"], alone.model_.bundle.tensors["W_O"])
    assert fitted.validation_.rows == 16
    assert fitted.validation_.accuracy == pytest.approx(fitted.score(LATER_TEXTS, LATER_TOPICS))
    assert fitted.model_.record["validation_data"] == {"source": None, "unknown_labels": 0}


def test_frames_are_read_by_the_columns_of_x() -> None:
    def frame(pairs: Any, **more: Any) -> pd.DataFrame:
        return pd.DataFrame({"title": [one for one, _ in pairs], "text": [one for _, one in pairs], **more})

    note = ["a note that is longer than any title or text of these rows, to be taken for the text" for _ in LATER]
    fitted = network().fit(frame(PAIRS), TOPICS, validation_data=(frame(LATER, note=note), LATER_TOPICS))
    assert fitted.columns_ == ("text", "title")
    assert fitted.validation_.accuracy == pytest.approx(fitted.score(LATER, LATER_TOPICS))


def test_indicator_matrices() -> None:
    binariser = MultiLabelBinarizer().fit([[topic, "all"] for topic in TOPICS])
    y, later = (binariser.transform([[topic, "all"] for topic in topics]) for topics in (TOPICS, LATER_TOPICS))
    fitted = network().fit(TEXTS, y, validation_data=(LATER_TEXTS, later))
    assert fitted.validation_.rows == 16
    for wrong in (later[:, 1:], LATER_TOPICS):
        with pytest.raises(DataError, match="The labels of validation_data are of another form than y"):
            network().fit(TEXTS, y, validation_data=(LATER_TEXTS, wrong))


def test_a_share_to_hold_out_does_not_go_with_it() -> None:
    with pytest.raises(SettingsError, match=r"validation = 0.1 is given with rows to validate on\. Leave one"):
        network(options={"validation": 0.1}).fit(TEXTS, TOPICS, validation_data=(LATER_TEXTS, LATER_TOPICS))


@pytest.mark.parametrize(
    ("labels", "held", "said"),
    [
        (["a", "b"] * 10, [0, 1], r"labels such as 0 \(int\), and y such as 'a' \(str\)"),
        ([0, 1] * 10, ["0", "1"], r"labels such as '0' \(str\), and y such as 0 \(int\)"),
        ([["a"], ["b", "a"]] * 10, [[1], [2]], r"labels such as 1 \(int\), and y such as 'a' \(str\)"),
    ],
)
def test_labels_of_another_type_are_refused(labels: list[Any], held: list[Any], said: str) -> None:
    with pytest.raises(DataError, match=rf"^validation_data has {said}\. Give labels of one type"):
        network().fit(["oil prices", "the team"] * 10, labels, validation_data=(["oil", "team"], held))


def test_rows_that_are_left_out_are_a_warning() -> None:
    later = ["never seen", "unheard of", "never seen", *LATER_TOPICS[3:]]
    said = (
        r"^validation_data: 3 of 16 rows have a label that training never saw \('never seen' 2, 'unheard of' 1\) and "
        r"are left out\.$"
    )
    with pytest.warns(UserWarning, match=said) as found:
        fitted = network(epochs=1).fit(TEXTS, TOPICS, validation_data=(LATER_TEXTS, later))
    assert len(found) == 1
    assert fitted.validation_.rows == 13


def test_titles_that_one_of_both_lacks() -> None:
    said = r"^validation_data has texts alone, and X has pairs of title and text: give both in the same form$"
    with pytest.warns(UserWarning, match=said):
        network(epochs=1).fit(PAIRS, TOPICS, validation_data=(LATER_TEXTS, LATER_TOPICS))
    said = r"^validation_data has pairs of title and text, and X has texts alone: give both in the same form$"
    with pytest.warns(UserWarning, match=said):
        network(epochs=1).fit(TEXTS, TOPICS, validation_data=(LATER, LATER_TOPICS))


def test_a_frame_without_the_titles_that_were_learned_from() -> None:
    frame = pd.DataFrame(PAIRS, columns=["subject", "body"])
    fitted = network(epochs=1).fit(frame, TOPICS)
    said = r"^The column 'subject' of titles is missing, .*the texts alone: frame\['body'\]\.$"
    with pytest.raises(DataError, match=said):
        fitted.predict(frame[["body"]])
