"""What ``fit`` tells while it works, and how it answers usual mistakes."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from estimator.small_classifier import TEXTS, TOPICS, network
from rows import make_rows

import recurra
from recurra import TextClassifier
from recurra.errors import DataError, SettingsError
from recurra.inspection import compare, label_issues
from recurra.tasks import task_named
from recurra.training.ending import learned_nothing

NOTE = "columns guessed: title 'subject', text 'body'"
FRAME = pd.DataFrame({"subject": [f"on {topic}" for topic in TOPICS], "body": TEXTS})


def test_columns_that_were_guessed_are_printed_or_logged(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    network(epochs=1, verbose=True).fit(FRAME, TOPICS)
    assert NOTE in capsys.readouterr().out.split("\n")[0]
    with caplog.at_level(logging.INFO, logger="recurra"):
        network(epochs=1).fit(FRAME, TOPICS)
    assert capsys.readouterr().out == ""
    assert [one.getMessage() for one in caplog.records if "guessed" in one.getMessage()] == [
        f"the pandas DataFrame: {NOTE}"
    ]


def test_swapped_texts_and_labels_are_suspected() -> None:
    texts = [f"{text} {place}" for place, text in enumerate(TEXTS * 2)]
    said = r"^y has 96 distinct labels in 96 rows: are texts and labels swapped\? Write fit\(texts, labels\)\.$"
    with pytest.warns(UserWarning, match=said) as found:
        network(epochs=1).fit(TOPICS * 2, texts)
    assert [Path(one.filename) for one in found] == [Path(__file__)]


@pytest.mark.parametrize(
    ("X", "y", "said"),
    [
        (["", " "] * 24, TOPICS, "^The vocabulary would be empty: no text has a token. Give texts that are not empty"),
        (TEXTS, [[]] * 48, "^There are no labels: all 48 rows have an empty list. Give labels to some of the rows.$"),
        (TEXTS, np.zeros((48, 3), dtype=int), "^There are no labels: all 48 rows have an empty list"),
    ],
)
def test_nothing_to_learn_from(X: Any, y: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        network().fit(X, y)


def test_a_table_is_answered_with_its_parts(fitted: TextClassifier, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    pd.DataFrame({"text": TEXTS, "label": TOPICS}).to_csv(path, index=False)
    table = recurra.read_table(path)
    said = r"^X is Table of 48 documents\. Give table\.documents for X, and table\.labels for y\.$"
    with pytest.raises(DataError, match=said):
        network().fit(table, TOPICS)
    with pytest.raises(DataError, match=said):
        fitted.score(table, TOPICS)
    assert network(epochs=1).fit(table.documents, table.labels).classes_.tolist() == sorted(set(TOPICS))


@pytest.mark.parametrize("name", ["multilabel", "multi-label", "multi label"])
def test_a_task_that_is_nearly_known(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^The task '{name}' is not known .*Did you mean 'multi_label'"):
        network(task=name).fit(TEXTS, TOPICS)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"lr": 0.1}, "'lr'. Did you mean learning_rate?"),
        ({"random_seed": 3}, "'random_seed'. Did you mean random_state?"),
        ({"hidden_size": 3}, "'hidden_size'. Did you mean options={\"hidden\": 3}?"),
        ({"max_iter": 9}, "'max_iter'. Did you mean epochs?"),
        ({"early_stopping": True}, "'early_stopping'. Did you mean options={\"patience\": 3}?"),
        ({"class_weight": {"a": 2}}, "'class_weight'. Give fit sample_weight=sklearn.utils.class_weight.compute_"),
        ({"preset": "small"}, "'preset'. Did you mean model? Give model='small'."),
        ({"warm_start": True}, "'warm_start'. Give initial to fit: fit(X, y, initial=...)."),
    ],
)
def test_names_of_other_libraries_are_known(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as found:
        TextClassifier(**given)
    assert str(found.value).startswith(f"TextClassifier has no parameter {said}")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"epochs": 3}, "'epochs'. Give it to the classifier: TextClassifier(epochs=3)."),
        ({"verbose": 1}, "'verbose'. Give it to the classifier: TextClassifier(verbose=1)."),
        ({"seed": 7}, "'seed'. Give it to the classifier: TextClassifier(random_state=7)."),
        (
            {"validation_split": 0.2},
            "'validation_split'. Give it to the classifier: TextClassifier(options={\"validation\": 0.2}).",
        ),
        (
            {"class_weight": True},
            "'class_weight'. Give it to the classifier: TextClassifier(options={\"class_weights\": 'balanced'}).",
        ),
        ({"class_weight": {"a": 2}}, "'class_weight'. Give fit sample_weight=sklearn.utils.class_weight.compute_"),
        ({"weights": [1.0] * 48}, "'weights'. Did you mean sample_weight? Give fit(X, y, sample_weight=weights)."),
        ({"weights": "int8"}, "'weights'. Give it to the classifier: TextClassifier(options={\"weights\": 'int8'})."),
        ({"eval_set": ()}, "'eval_set'. Give fit(X, y, validation_data=...)."),
        (
            {"sample_weights": [1]},
            "'sample_weights'. Did you mean sample_weight? The arguments are X, y, sample_weight, ",
        ),
    ],
)
def test_what_other_libraries_give_to_fit_is_answered(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as found:
        network().fit(TEXTS, TOPICS, **given)
    assert str(found.value).startswith(f"fit has no argument {said}")


@pytest.mark.parametrize("path", [None, 3, ["model.safetensors"]])
def test_what_is_saved_to_is_a_path(path: Any, fitted: TextClassifier) -> None:
    with pytest.raises(SettingsError, match=r"^save was given .*Give the path of a file, such as") as found:
        fitted.save(path)
    assert "\n" not in str(found.value)


# 100 rows are held out whose texts are not learned from.
ROWS, CLASSES = make_rows(400)
NUMBERED = [f"{text} n{place}" for place, (_, text) in enumerate(ROWS)]
HALVED = {"hidden": 6, "embedding": 8, "validation": 0.25, "patience": 0, "dropout": 0.0, "branch": False}


def test_a_preset_beside_a_model_to_continue_from_is_not_used() -> None:
    first = network(epochs=1).fit(TEXTS, TOPICS)
    said = r"^the preset 'small' is not used: fit continues from initial with the settings of that model"
    with pytest.warns(UserWarning, match=said) as found:
        more = network(model="small", epochs=1).fit(TEXTS, TOPICS, initial=first)
    assert [one.filename for one in found] == [__file__]
    assert more.model_.settings.hidden == 6
    # Named as that model's, it is what is used.
    small = network(model="small", epochs=1).fit(TEXTS, TOPICS)
    small.fit(TEXTS, TOPICS, initial=small)


def test_rows_to_validate_on_that_the_model_before_learned_from(capsys: pytest.CaptureFixture[str]) -> None:
    first = network(epochs=3, options=HALVED).fit(NUMBERED, CLASSES)
    said = (
        "The model to continue from learned from these 400 rows, and the rows held out are among them: their scores "
        "may say only how well they are remembered. Validate on other rows (validation_data=(X, y))."
    )
    again = network(epochs=1, options=HALVED)
    with pytest.warns(UserWarning, match="remembered") as found:
        again.fit(NUMBERED, CLASSES, initial=first)
    assert [(str(one.message), one.filename) for one in found] == [(said, __file__)]
    # What was printed is not a warning as well.
    again.set_params(verbose=True).fit(NUMBERED, CLASSES, initial=first)
    assert said in capsys.readouterr().out


def test_a_network_alone_that_learned_nothing() -> None:
    labels = np.random.default_rng(0).permutation(CLASSES)
    told = []
    for _ in range(2):
        with pytest.warns(UserWarning, match="next to nothing") as found:
            network(epochs=2, options=HALVED).fit(NUMBERED, labels)
        told += [str(one.message) for one in found]
    said, again = told
    assert said == again
    assert said.startswith("The recurrent network learned next to nothing: 0.")
    assert said.endswith("Give more epochs or rows, or another learning rate than 0.05.")


def test_when_a_network_alone_learned_nothing() -> None:
    single = task_named("single_label")
    targets = np.repeat([0, 1, 1], 20)
    usual = np.tile([[0.3, 0.7]], (60, 1))
    assert learned_nothing(single, usual, targets, 0.1) == (
        "The recurrent network learned next to nothing: 0.6667 of the rows held out right, and 0.6667 by the most "
        "frequent answer. Give more epochs or rows, or another learning rate than 0.1."
    )
    assert learned_nothing(single, usual[:19], targets[:19], 0.1) == ""
    # Probabilities that rank the rows have a lower loss, and 8 rows more that are right are beyond chance.
    ranked = np.where((targets == 1)[:, None], [[0.2, 0.8]], [[0.45, 0.55]])
    assert learned_nothing(single, ranked, targets, 0.1) == ""
    for more, beyond in ((3, False), (8, True)):
        sure = np.where((np.arange(60) < more)[:, None], [[0.51, 0.49]], [[0.49, 0.51]])
        assert (learned_nothing(single, sure, targets, 0.1) == "") is beyond


def test_classes_of_the_model_without_rows_may_be_forgotten() -> None:
    first = network(epochs=1).fit(TEXTS, TOPICS)
    few = [place for place, topic in enumerate(TOPICS) if topic == sorted(set(TOPICS))[0]]
    rows = [TEXTS[place] for place in few] * 3, ["new"] * len(few) + [TOPICS[few[0]]] * (2 * len(few))
    missing = len(set(TOPICS)) - 1
    said = f"^{missing} of the {missing + 1} classes of the model have no row in y, and it may forget them: join rows"
    with pytest.warns(UserWarning, match=said):
        network(epochs=1).fit(*rows, initial=first.model_)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        network(epochs=1).fit(TEXTS, TOPICS, initial=first.model_)
    assert not [one for one in found if "may forget" in str(one.message)]


@pytest.mark.parametrize("levels", [["channel", "id"], ["channel", "topic", "id"]])
def test_an_index_of_several_levels_is_paired_by_position(levels: list[str]) -> None:
    frame = pd.DataFrame({"text": TEXTS, "topic": TOPICS, "channel": ["mail", "chat"] * 24, "id": range(len(TEXTS))})
    indexed = frame.set_index(levels, drop=False)
    plain = network(epochs=1).fit(TEXTS, TOPICS).predict_proba(TEXTS)
    for y in (pd.Series(TOPICS), indexed["topic"], pd.Series(TOPICS, index=frame["text"])):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            fitted = network(epochs=1).fit(indexed["text"], y)
        assert np.array_equal(fitted.predict_proba(TEXTS), plain)
        assert not [one for one in said if "another order" in str(one.message)]
        assert fitted.score(indexed["text"], y) == fitted.score(TEXTS, TOPICS)
    with pytest.warns(UserWarning, match="the same index in another order"):
        network(epochs=1).fit(indexed["text"], indexed["topic"].iloc[::-1])


@pytest.mark.filterwarnings("ignore:.*may forget")
def test_codes_of_classes_are_no_labels_of_a_model_that_knows_their_names() -> None:
    first = network(epochs=1).fit(TEXTS, TOPICS)
    with pytest.raises(DataError, match="is of type int, and the model's labels, such as 'money', are of type str"):
        network(epochs=1).fit(TEXTS, [sorted(set(TOPICS)).index(topic) for topic in TOPICS], initial=first.model_)


def test_labels_of_numpy_among_those_of_python_are_the_same() -> None:
    """As somebody writes a prediction or a random class into a list of labels."""
    fitted = network(epochs=6).fit(TEXTS, TOPICS)
    mixed: list[Any] = [np.str_(topic) if place % 3 == 1 else topic for place, topic in enumerate(TOPICS)]
    found = compare({"a": fitted, "b": fitted}, TEXTS, mixed).to_dict()["models"][0]
    assert found["accuracy"] == fitted.score(TEXTS, TOPICS) == fitted.score(TEXTS, mixed)
    with pytest.warns(UserWarning, match="trained on these rows"):
        assert label_issues(fitted, TEXTS, mixed).counts["rows"] == len(TEXTS)
