"""What may be given as texts and labels, and what is said of anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from estimator.small_classifier import TEXTS, TOPICS, network
from sklearn.pipeline import make_pipeline

import recurra
from recurra import TextClassifier
from recurra.data.model_columns import ModelColumns
from recurra.errors import DataError, SettingsError
from recurra.hub import push
from recurra.inspection.compare import compare
from recurra.training.tensorboard import TensorBoard

CODES = [int(topic == TOPICS[0]) for topic in TOPICS]


def test_columns_of_an_arrow_table_are_lists_of_its_values() -> None:
    table = pa.table({"text": TEXTS, "topic": TOPICS})
    of_table = network().fit(table["text"], table["topic"])
    of_lists = network().fit(TEXTS, TOPICS)
    assert of_table.classes_.tolist() == of_lists.classes_.tolist()
    np.testing.assert_array_equal(of_table.predict_proba(TEXTS), of_lists.predict_proba(TEXTS))


def test_a_preset_and_a_folder_may_be_paths(tmp_path: Path) -> None:
    preset = tmp_path / "small.toml"
    preset.write_text('about = "small"\n[network]\nhidden = 3\nembedding = 4\n[training]\nepochs = 1\n')
    fitted = TextClassifier(preset).fit(TEXTS, TOPICS, callbacks=[TensorBoard(str(tmp_path / "run"))])
    assert fitted.model_.settings.hidden == 3
    assert list((tmp_path / "run" / "tensorboard").iterdir())


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ([[0, 0, 1], [1, 0, 0]] * (len(TEXTS) // 2), "numpy.array(list(y))"),
        (np.reshape(CODES, (-1, 1)), "y.ravel()"),
        (pd.DataFrame({"topic": TOPICS}), "y.ravel()"),
    ],
    ids=["nested lists", "column", "frame"],
)
def test_labels_in_a_form_that_would_be_misread(y: Any, said: str) -> None:
    with pytest.raises(DataError, match=r"^y ") as found:
        network().fit(TEXTS, y)
    assert said in str(found.value)


@pytest.mark.parametrize("given", [(TEXTS, TOPICS, CODES, CODES), TEXTS, 0.2])
def test_validation_data_is_a_pair(given: Any) -> None:
    with pytest.raises(DataError, match=r"^validation_data is .*validation_data=\(X, y\)"):
        network().fit(TEXTS, TOPICS, validation_data=given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (pd.DataFrame({"text": TEXTS}), r"^validation_data is a DataFrame alone. .*validation_data=\(frame, labels\)"),
        ((TEXTS, [None, *TOPICS[1:]]), "^In validation_data: y has no label in row 0"),
        ((TEXTS, TOPICS[1:]), r"^In validation_data: There are \d+ documents and \d+ labels"),
        (("one text", TOPICS), "^In validation_data: X is 'one text'"),
        ((TEXTS, "one label"), "^In validation_data: y is 'one label'"),
        (([3, *TEXTS[1:]], TOPICS), "^In validation_data: "),
    ],
)
def test_what_is_wrong_with_validation_data_is_said_of_it(given: Any, said: str) -> None:
    with pytest.raises(DataError, match=said) as found:
        network().fit(TEXTS, TOPICS, validation_data=given)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"vectors": np.ones((3, 3))}, r"^The vectors are array\(\[\[1"),
        ({"vectors": 3}, "^The vectors are 3"),
        ({"options": {"tokens": str.split}}, r"^options gives tokens = <method 'split'.*recurra\.tokenizers\.register"),
    ],
)
def test_parameters_of_a_wrong_kind_are_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as found:
        TextClassifier(**given).fit(TEXTS, TOPICS)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("initial", [True, 3, [TextClassifier()]])
def test_a_model_to_go_on_from_is_a_model_or_a_path(initial: Any) -> None:
    with pytest.raises(
        SettingsError, match=r"^initial is .*Give a model, a fitted TextClassifier, a model file's path"
    ):
        network().fit(TEXTS, TOPICS, initial=initial)


@pytest.mark.parametrize("given", [network(), 3, None])
def test_what_is_loaded_is_a_path(given: Any) -> None:
    with pytest.raises(SettingsError, match=r"^load was given .*Give the path of a model file") as found:
        recurra.load(given)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("weights", [[1.0], np.ones((len(TEXTS), 1)), ["heavy"] * len(TEXTS), -np.ones(len(TEXTS))])
def test_weights_of_a_score_are_one_number_a_row(weights: Any, fitted: TextClassifier) -> None:
    with pytest.raises(DataError, match="sample_weight"):
        fitted.score(TEXTS, TOPICS, sample_weight=weights)


def test_a_score_is_of_labels_of_the_kind_that_was_learned(fitted: TextClassifier) -> None:
    with pytest.raises(
        DataError, match=r"^y has labels such as 0, and the classes are such as '.*Give labels of the kind"
    ):
        fitted.score(TEXTS, [0] * len(TEXTS))
    # A label that training never saw is wrong, and no mistake, as where each row is left out in turn.
    assert fitted.score(TEXTS[:1], ["never seen"]) == 0


def test_measurements_are_no_classes() -> None:
    y = np.random.default_rng(0).normal(size=len(TEXTS))
    with pytest.raises(
        DataError, match=rf"^y looks continuous: {len(TEXTS)} different numbers in {len(TEXTS)} rows, such"
    ):
        network().fit(TEXTS, y)
    stars = [0.5 + 3 * (topic == TOPICS[0]) for topic in TOPICS]
    assert network(epochs=1).fit(TEXTS, stars).classes_.tolist() == [0.5, 3.5]


@pytest.mark.parametrize("kind", [object, str])
def test_a_column_of_texts_is_read_as_its_texts(kind: type, fitted: TextClassifier) -> None:
    column = np.array(TEXTS, dtype=kind).reshape(-1, 1)
    np.testing.assert_array_equal(fitted.predict_proba(column), fitted.predict_proba(TEXTS))
    assert network(epochs=1).fit(column, TOPICS).score(column, TOPICS) >= 0


def test_validation_data_that_is_empty_is_called_so() -> None:
    with pytest.raises(DataError, match=r"^validation_data has 0 rows"):
        network().fit(TEXTS, TOPICS, validation_data=([], []))


@pytest.mark.parametrize("y", [TOPICS[:3], np.eye(len(TEXTS), 3, dtype=int)])
def test_a_score_needs_a_label_each_in_the_form_of_fit(y: Any) -> None:
    with pytest.raises(DataError, match=rf"^There are {len(TEXTS)} answers, and y is \w+ \["):
        network().fit(TEXTS, TOPICS).score(TEXTS, y)


def test_no_rows_are_no_answers_and_no_accuracy(fitted: TextClassifier) -> None:
    """A filter may leave nothing of a table."""
    column: dict[str, list[str]] = {"text": []}
    for none in ([], pd.DataFrame(column), pl.DataFrame(column), pa.table(column)):
        assert fitted.predict(none).tolist() == fitted.model_.predict(none).tolist() == []
        assert fitted.predict_proba(none).shape == (0, 4)
    with pytest.raises(DataError, match=r"^X has no documents. Give at least one"):
        fitted.score([], [])


@pytest.mark.parametrize("model", [None, {"hidden": 8}, 3])
def test_a_preset_is_a_name_or_a_path(model: Any) -> None:
    with pytest.raises(SettingsError, match="Give its name or the path of your own"):
        TextClassifier(model).fit(TEXTS, TOPICS)


def test_a_frame_of_several_texts_is_answered_with_what_predict_takes() -> None:
    model = network().fit(TEXTS, TOPICS).model_
    with pytest.raises(DataError, match=r"Give the column of the texts alone, such as frame\['text'\]"):
        model.predict(pd.DataFrame({"one": TEXTS, "other": TEXTS[::-1]}))


def missing(values: list[Any], *places: int, by: Any = None) -> list[Any]:
    return [by if place in places else value for place, value in enumerate(values)]


@pytest.mark.parametrize(
    "y",
    [
        missing(TOPICS, 3, 5),
        missing(TOPICS, 3, 5, by=float("nan")),
        missing([(topic,) for topic in TOPICS], 3, 5, by=("tech", None)),
        np.array(missing(CODES, 3, 5, by=np.nan)),
        pd.Series(missing(TOPICS, 3, 5)),
        pd.Series(missing(TOPICS, 3, 5), dtype="string"),
        pd.Series(missing(CODES, 3, 5), dtype="Int64"),
        pd.Series(missing(TOPICS, 3, 5)).astype("category"),
        pa.array(missing(TOPICS, 3, 5)),
    ],
    ids=["None", "NaN", "in lists", "array", "Series", "strings", "integers", "category", "Arrow"],
)
def test_rows_without_a_label_are_named(y: Any) -> None:
    with pytest.raises(DataError, match=r"^y has no label in rows 3, 5 \(counted from 0\)\. Leave these rows out"):
        network().fit(TEXTS, y)


def test_an_empty_label_in_a_list_is_called_so() -> None:
    y = missing([(topic,) for topic in TOPICS], 3, 5, by=("tech", ""))
    with pytest.raises(
        DataError, match=r"^y has an empty label in rows 3, 5 .* Leave the empty labels out of the lists"
    ):
        network().fit(TEXTS, y)


def test_rows_without_a_label_count_in_no_score(fitted: TextClassifier) -> None:
    message = r"y has no label in rows 1, 2, 3, 4, 5 and 2 more \(counted from 0\)"
    with pytest.raises(DataError, match=f"^{message}"):
        fitted.score(TEXTS, missing(TOPICS, *range(1, 8)))
    with pytest.raises(DataError, match=f"^In validation_data: {message}"):
        network().fit(TEXTS, TOPICS, validation_data=(TEXTS, missing(TOPICS, *range(1, 8))))


@pytest.mark.parametrize(
    "X",
    [
        missing(TEXTS, 3, 5),
        missing(TEXTS, 3, 5, by=np.nan),
        pd.Series(missing(TEXTS, 3, 5)),
        pd.Series(missing(TEXTS, 3, 5), dtype="string"),
        pd.DataFrame({"text": missing(TEXTS, 3, 5)}),
        pa.chunked_array([missing(TEXTS, 3, 5)]),
        pl.Series(missing(TEXTS, 3, 5)),
    ],
    ids=["None", "NaN", "Series", "strings", "frame", "Arrow", "Polars"],
)
def test_rows_without_a_text_are_named(X: Any, fitted: TextClassifier) -> None:
    """As empty texts they would be answered like others, and nobody would know."""
    # Arrow strings are read by a model as files are, whose missing texts are empty.
    of_model = [] if isinstance(X, pa.ChunkedArray) else [fitted.model_.predict]
    for use in (lambda X: network().fit(X, TOPICS), fitted.predict, *of_model):
        with pytest.raises(
            DataError, match=r"^There is no text in rows 3, 5 \(counted from 0\)\. Leave these rows out"
        ):
            use(X)


def test_a_title_is_enough_of_a_text() -> None:
    frame = pd.DataFrame({"title": TEXTS, "text": missing(TEXTS, 3)})
    alone = r"1 of 48 rows has no text; its title is read alone$"
    with pytest.warns(UserWarning, match=f"^{alone}") as told:
        found = network().fit(frame, TOPICS)
    assert len(told) == 1
    pairs = list(zip(TEXTS, missing(TEXTS, 3, by=""), strict=True))
    with pytest.warns(UserWarning, match=alone) as told:
        answers = found.predict_proba(frame)
    assert len(told) == 1
    np.testing.assert_array_equal(answers, found.predict_proba(pairs))
    with pytest.warns(UserWarning, match=alone):
        found.score(frame, TOPICS)
    with pytest.warns(UserWarning, match=alone):
        network().fit(frame.assign(text=[f"on {text}" for text in TEXTS]), TOPICS, validation_data=(frame, TOPICS))
    none = frame.assign(text=pd.Series([None] * len(frame), dtype="str"))
    for use in (lambda X: network().fit(X, TOPICS), found.predict, found.model_.predict):
        with pytest.raises(DataError, match=r"no text in all 48 rows: its column 'text' is empty\. Give the texts, or"):
            use(none)


GUESTS = [f"g{place}" for place in range(len(TEXTS))]
HOTEL = pd.DataFrame({"guest": GUESTS, "answer": TEXTS, "round": TOPICS})


@pytest.mark.parametrize("frame", [HOTEL, pl.DataFrame(HOTEL), pa.table(HOTEL)], ids=["pandas", "Polars", "Arrow"])
def test_after_texts_alone_a_frame_of_several_is_no_guess(frame: Any, fitted: TextClassifier) -> None:
    said = (
        r"^The rows are the \w+ \w+ with the columns of texts 'guest', 'answer', 'round', and the model learned from "
        "texts without a name"
    )
    for use in (fitted.predict, fitted.predict_proba, lambda X: fitted.score(X, TOPICS), fitted.model_.predict):
        with pytest.raises(DataError, match=said):
            use(frame)
    with pytest.raises(
        DataError, match=r"^In validation_data: The rows are the \w+ \w+ with the columns of texts 'guest'"
    ):
        network().fit(TEXTS, TOPICS, validation_data=(frame, TOPICS))


def test_after_texts_alone_a_frame_may_have_their_column(fitted: TextClassifier) -> None:
    expected = fitted.predict_proba(TEXTS)
    alone = pd.DataFrame({"answer": TEXTS, "stay": range(len(TEXTS)), "topic": TOPICS})
    np.testing.assert_array_equal(fitted.predict_proba(alone), expected)
    by_series = network().fit(HOTEL["answer"], TOPICS)
    for frame in (HOTEL, pl.DataFrame(HOTEL), pa.table(HOTEL)):
        np.testing.assert_array_equal(by_series.predict_proba(frame), expected)


def test_a_guess_among_several_columns_of_texts_is_a_warning() -> None:
    said = (
        r"^columns guessed: text 'answer' of 'guest', 'answer': give frame\['answer'\] or the column that you mean, or "
        r"titles and texts: frame\[\['guest', 'answer'\]\]\.to_numpy\(\)$"
    )
    with pytest.warns(UserWarning, match=said) as found:
        network(epochs=1).fit(HOTEL, HOTEL["round"])
    assert Path(found[0].filename) == Path(__file__)
    # Warnings are errors here.
    network(epochs=1).fit(HOTEL[["answer", "round"]], HOTEL["round"])


@pytest.mark.parametrize("name", ["title", "subject", "headline"])
@pytest.mark.parametrize("as_series", [True, False])
def test_the_column_of_the_labels_is_never_read(name: str, *, as_series: bool) -> None:
    frame = pd.DataFrame({"text": TEXTS, name: TOPICS})
    labels = frame[name] if as_series else frame[name].to_numpy()
    fitted = network().fit(frame, labels)
    assert fitted.columns_ == ("text", None)
    np.testing.assert_array_equal(fitted.predict_proba(frame), network().fit(TEXTS, TOPICS).predict_proba(TEXTS))
    # A title that is not the label is read as before.
    other = pd.DataFrame({"text": TEXTS, name: [f"a {topic}" for topic in TOPICS], "kind": TOPICS})
    assert network(epochs=1).fit(other, other["kind"]).columns_ == ("text", name)


def test_a_frame_of_the_labels_alone_has_no_texts() -> None:
    frame = pd.DataFrame({"topic": TOPICS})
    with pytest.raises(DataError, match="has no column of texts beside that of the labels"):
        network().fit(frame, frame["topic"])


def test_what_has_no_order_is_refused_and_what_is_read_once_is_kept() -> None:
    with pytest.raises(DataError, match=r"^X is a set, .*Give a list of texts"):
        network().fit(set(TEXTS), TOPICS)
    with pytest.raises(DataError, match="Give a sequence of labels"):
        network().fit(TEXTS, dict.fromkeys(TOPICS))
    fitted = network(epochs=1).fit(iter(TEXTS), iter(TOPICS))
    assert fitted.classes_.tolist() == sorted(set(TOPICS))


def test_the_name_of_a_column_of_texts_is_remembered(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": [f"row {place}" for place in range(len(TEXTS))], "clean": TEXTS, "gold": TOPICS})
    fitted = network().fit(frame["clean"], frame["gold"])
    assert fitted.columns_ == ("clean", None)
    fitted.save(tmp_path / "model.safetensors")
    model = recurra.load(tmp_path / "model.safetensors")
    assert model.columns == ModelColumns("clean", None, "gold")
    again = TextClassifier.load(tmp_path / "model.safetensors")
    expected = fitted.predict_proba(TEXTS)
    for found in (fitted.predict_proba(frame), model.predict_proba(frame), again.predict_proba(frame)):
        np.testing.assert_array_equal(found, expected)
    assert again.score(frame, frame["gold"]) == fitted.score(TEXTS, TOPICS)
    # The views read the same columns, label included, and have nothing to warn of.
    compared = compare({"a": fitted, "b": again}, frame.assign(label=TOPICS[::-1]))
    assert compared.accuracy["a"] == fitted.score(TEXTS, TOPICS)


def test_views_warn_of_columns_that_they_guess() -> None:
    fitted = network().fit(TEXTS, TOPICS)
    frame = pd.DataFrame({"text": TEXTS, "other": TEXTS, "label": TOPICS})
    said = r"^columns guessed: .*text 'text'.*, and there are 'other': name those that you mean by recurra\.read_table"
    with pytest.warns(UserWarning, match=said):
        compare({"a": fitted, "b": fitted}, frame)
    compare({"a": fitted, "b": fitted}, frame[["text", "label"]])
    missing = frame[["text", "label"]].copy()
    missing.loc[3, "text"] = None
    with pytest.raises(DataError, match="no text"):
        compare({"a": fitted, "b": fitted}, missing)


def test_columns_that_are_not_read_may_hold_anything() -> None:
    frame = pd.DataFrame({"text": TEXTS, "kind": TOPICS})
    fitted = network().fit(frame, frame["kind"])
    frame["mixed"] = [1, "x", None, {}] * (len(TEXTS) // 4)
    np.testing.assert_array_equal(fitted.predict_proba(frame), fitted.predict_proba(TEXTS))


def test_labels_that_look_joined_are_a_warning_and_empty_ones_an_error() -> None:
    joined = [f"{topic}|{'mail' if place % 2 else 'phone'}" for place, topic in enumerate(TOPICS)]
    both = [topic if place % 3 else label for place, (topic, label) in enumerate(zip(TOPICS, joined, strict=True))]
    both[-2:] = ["mail", "phone"]
    both[:2] = ["mail", "phone"]
    with pytest.warns(UserWarning, match="^y looks like several labels a row, such as '"):
        network(epochs=1).fit(TEXTS, both)
    with pytest.raises(DataError, match=r"^y has an empty text as the label in row 3 \(counted from 0\)"):
        network().fit(TEXTS, [*TOPICS[:3], " ", *TOPICS[4:]])


def test_probabilities_in_a_frame_are_read_by_their_names() -> None:
    fitted = network().fit(TEXTS, TOPICS)
    frame = pd.DataFrame(fitted.predict_proba(TEXTS), columns=fitted.classes_)
    expected = recurra.evaluate(frame.to_numpy(), TOPICS, fitted.classes_).accuracy
    assert expected > 0.9
    turned = frame[frame.columns[::-1]]
    assert recurra.evaluate(frame, TOPICS, fitted.classes_).accuracy == expected
    assert recurra.evaluate(turned, TOPICS, fitted.classes_).accuracy == expected
    with pytest.raises(DataError, match="Name the columns as the classes"):
        recurra.evaluate(frame.rename(columns={TOPICS[0]: "other"}), TOPICS, fitted.classes_)


def test_pairs_without_names_are_known_as_such() -> None:
    fitted = network(epochs=1).fit([("a title", text) for text in TEXTS], TOPICS)
    assert fitted.model_.record["titles"] is True
    assert network(epochs=1).fit(TEXTS, TOPICS).model_.record["titles"] is False


def test_lazy_frames_are_refused() -> None:
    lazy = pl.DataFrame({"text": TEXTS, "topic": TOPICS}).lazy()
    with pytest.raises(DataError, match=r"^The rows are a LazyFrame, which holds none yet. Give frame.collect\(\).$"):
        network().fit(lazy, TOPICS)
    with pytest.raises(DataError, match=r"^y is a LazyFrame, which holds none yet. Give frame.collect\(\).$"):
        network().fit(TEXTS, lazy)


def test_a_view_reads_no_titles_for_a_model_of_texts_alone(fitted: TextClassifier) -> None:
    frame = pd.DataFrame({"title": [f"about {topic}" for topic in TOPICS[::-1]], "body": TEXTS, "topic": TOPICS})
    with pytest.warns(UserWarning, match="^the column of titles 'title' is not read, for the model learned from texts"):
        found = compare({"a": fitted, "b": fitted}, frame)
    assert found.to_dict() == compare({"a": fitted, "b": fitted}, frame[["body", "topic"]]).to_dict()


def test_one_hot_labels_are_a_warning() -> None:
    with pytest.warns(UserWarning, match="^every row of y has exactly one 1"):
        network(epochs=1).fit(TEXTS, pd.get_dummies(pd.Series(TOPICS)))
    with pytest.warns(UserWarning, match="^every row of y is a list of one label"):
        network(epochs=1).fit(TEXTS, [[topic] for topic in TOPICS])
    # Who names the task knows it.
    network(epochs=1, task="multi_label").fit(TEXTS, [[topic] for topic in TOPICS])


def test_a_missing_value_in_a_matrix_is_named() -> None:
    frame = pd.DataFrame({"a": [1, 0] * 24, "b": [0, 1] * 23 + [0, None]}, dtype="Int64")
    with pytest.raises(DataError, match=r"^y is a matrix \[48, 2\] in which values are missing"):
        network().fit(TEXTS, frame)


def test_what_predict_fit_and_push_do_not_take(fitted: TextClassifier) -> None:
    with pytest.raises(SettingsError, match=r"^predict has no argument 'batch_size'\. It takes X and abstain_below: "):
        fitted.predict(TEXTS, batch_size=8)
    with pytest.raises(SettingsError, match=r"^predict_proba has no argument 'verbose'\. It takes X alone: "):
        fitted.predict_proba(TEXTS, verbose=0)
    with pytest.raises(SettingsError, match=r"^TextClassifier has no parameter 'tokenizer'\. Register it, "):
        TextClassifier(tokenizer=str.split)
    with pytest.raises(DataError, match=r"^validation_data is a tuple of three parts\. Give \(X, y\): "):
        network().fit(TEXTS, TOPICS, validation_data=(TEXTS, TOPICS, CODES))
    with pytest.raises(DataError, match=r"^y has an empty text as the label in row 3 .* y\.str\.strip\(\) == ''"):
        network().fit(TEXTS, missing(TOPICS, 3, by=""))
    with pytest.raises(SettingsError, match=r"^push was given a TextClassifier\. Save it first"):
        push(fitted, "owner/name")
    with pytest.raises(SettingsError, match=r"or hf://owner/name, such as search\.best_estimator_\[-1\]\.$"):
        network().fit(TEXTS, TOPICS, initial=Search(make_pipeline(fitted)))
    with pytest.raises(DataError, match=r"^Probabilities of 5 and labels of 48 rows\. Give"):
        recurra.evaluate(fitted.predict_proba(TEXTS)[:5], TOPICS, fitted.classes_)


class Search:
    """What a fitted search of scikit-learn has."""

    def __init__(self, best: Any) -> None:
        self.best_estimator_ = best
