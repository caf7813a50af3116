"""The parameters of ``TextClassifier``: settings one by one, keywords that belong elsewhere, and progress in print."""

from __future__ import annotations

import inspect
import pydoc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from small_classifier import LABELS, TEXTS, TOPICS, network

import recurra
from recurra import TextClassifier
from recurra.errors import DataError, RecurraError, SettingsError
from recurra.estimator_parameters import parameters_of
from recurra.presets import load_preset, setting_names


def test_single_settings_are_parameters() -> None:
    given = {"hidden": 8, "dropout": 0.0}
    classifier = TextClassifier(options=given)
    assert classifier.get_params()["options__hidden"] == 8
    assert "options__hidden" not in classifier.get_params(deep=False)
    assert classifier.set_params(options__hidden=16, options__cell="gru", epochs=2) is classifier
    assert classifier.options == {"hidden": 16, "dropout": 0.0, "cell": "gru"}
    assert classifier.epochs == 2
    # What the caller gave is the caller's.
    assert given == {"hidden": 8, "dropout": 0.0}
    classifier.set_params(options={"layers": 2}, options__hidden=4)
    assert clone(classifier).options == {"layers": 2, "hidden": 4}
    assert TextClassifier().set_params(options__tokens="words").options == {"tokens": "words"}


def test_a_grid_of_single_settings() -> None:
    search = GridSearchCV(network(epochs=1), {"options__hidden": np.array([4, 7])}, cv=2, error_score="raise")
    search.fit(TEXTS, TOPICS)
    best = search.best_params_["options__hidden"]
    assert search.best_estimator_.model_.settings.hidden == best in (4, 7)
    # The other settings stay.
    assert search.best_estimator_.model_.settings.embedding == 8
    assert "options__hidden" in search._repr_html_()


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"options__hiden": 8}, "There is no setting 'hiden'. Did you mean hidden?"),
        ({"options__seed": 8}, "Set random_state."),
        ({"hidden": 8}, 'options={"hidden": 8}, or options__hidden'),
        ({"epoch": 8}, "Invalid parameter 'epoch'"),
    ],
)
def test_what_set_params_does_not_know(parameters: dict[str, Any], said: str) -> None:
    classifier = network()
    before = classifier.get_params()
    with pytest.raises(ValueError, match=r"setting|parameter") as caught:
        classifier.set_params(**parameters)
    assert said in str(caught.value)
    assert classifier.get_params() == before


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"hidden": 8}, "no parameter 'hidden'. It is a setting: give options={\"hidden\": 8}"),
        ({"hiden": 8}, 'Did you mean options={"hidden": 8}?'),
        ({"seed": 8}, "Give random_state=8."),
        ({"epoch": 8}, "Did you mean epochs? The parameters are model, options, epochs, "),
        ({"listener": None}, "Give callbacks=[...] to fit."),
        ({"sample_weight": [1]}, "Give it to fit: fit(X, y, sample_weight=...)."),
        ({"abacus": 1}, "The parameters are model, options, "),
    ],
)
def test_a_keyword_that_is_no_parameter_says_where_it_belongs(keywords: dict[str, Any], said: str) -> None:
    with pytest.raises(RecurraError) as caught:
        TextClassifier(**keywords)
    assert said in str(caught.value)


def test_the_signature_is_what_scikit_learn_and_help_read() -> None:
    parameters = inspect.signature(TextClassifier).parameters
    assert list(parameters)[:3] == ["model", "options", "epochs"]
    assert {one.kind for one in parameters.values()} <= {one.POSITIONAL_OR_KEYWORD for one in parameters.values()} | {
        inspect.Parameter.KEYWORD_ONLY
    }
    assert sorted(parameters) == TextClassifier._get_param_names()
    assert TextClassifier("lesson/gru").model == "lesson/gru"
    with pytest.raises(TypeError, match="positional"):
        TextClassifier("lesson/gru", {})


def test_a_setting_that_is_given_twice() -> None:
    with pytest.raises(SettingsError, match=r"options gives seed = 3, and random_state is 0. Give random_state=3"):
        network(options={"seed": 3}).fit(TEXTS, TOPICS)
    with pytest.raises(SettingsError, match=r"options gives epochs = 3, and epochs is 2"):
        network(options={"epochs": 3}, epochs=2).fit(TEXTS, TOPICS)


def test_options_that_are_no_mapping() -> None:
    with pytest.raises(SettingsError, match=r"options is 3\. Give a mapping"):
        network(options=3).fit(TEXTS, TOPICS)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"device": None}, "The device None cannot be used here. Choose auto or cpu."),
        ({"minutes": "1"}, "minutes is '1'. Give a number above 0, or None for no limit."),
        ({"minutes": True}, "minutes is True. Give a number above 0, or None for no limit."),
        ({"random_state": "a"}, "random_state is 'a'. Give a whole number of 0 or more, a numpy.random.RandomState"),
        ({"random_state": -1}, "random_state is -1. Give a whole number of 0 or more"),
        ({"random_state": np.random.default_rng(0)}, "random_state is Generator(PCG64)"),
        ({"options": {3: 4}}, 'options gives 3 = 4. Name settings by texts, such as {"hidden": 64}.'),
        (
            {"options": {"class_weights": {"app": 2}}},
            "options gives class_weights = {'app': 2}. Give fit sample_weight=",
        ),
        ({"vectors": 3}, "The vectors are 3. Give a file, or glove-6b-50d"),
        ({"task": 3}, "The task 3 is not known here, only single_label, multi_label"),
    ],
)
def test_values_of_another_kind_are_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        network(**given).fit(TEXTS, TOPICS)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_random_state_is_drawn_from_as_in_scikit_learn() -> None:
    seeds = [
        network(random_state=np.random.RandomState(0), epochs=1, minutes=np.float64(9)).fit(TEXTS, TOPICS)
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*(found.predict_proba(TEXTS) for found in seeds))
    # A second fit draws the next seed.
    again = seeds[0].fit(TEXTS, TOPICS)
    assert not np.array_equal(again.predict_proba(TEXTS), seeds[1].predict_proba(TEXTS))
    clone(seeds[0]).fit(TEXTS, TOPICS)


def test_hints_name_what_python_has() -> None:
    """A frame whose columns cannot be guessed: there is no option, and no argument of fit either."""
    frame = pytest.importorskip("pandas").DataFrame({"one": TEXTS, "two": TEXTS})
    with pytest.raises(DataError, match=r"Give the column of the texts alone, such as frame\['text'\], or titles and "):
        network().fit(frame, TOPICS)
    with pytest.raises(DataError, match="has no rows"):
        network().fit(frame[:0], TOPICS[:0])
    network(epochs=1).fit(frame["one"], TOPICS)


def test_setting_names_are_those_of_a_preset() -> None:
    recipe = load_preset("default")
    every = [name for part in (recipe.text, recipe.network, recipe.branch, recipe.training) for name in part.to_dict()]
    assert setting_names() == every


def test_help_names_settings_that_exist_and_where_the_others_are() -> None:
    shown = pydoc.plain(pydoc.render_doc(TextClassifier))
    listed = shown[shown.index("changed most often") : shown.index("recurra.presets.setting_names()")]
    names = [name.strip() for line in listed.splitlines()[1:] for name in line.partition(":")[0].strip(" |").split(",")]
    found = {name for name in names if name.isidentifier()}
    assert {"hidden", "tokens", "dropout", "validation", "patience"} <= found <= set(setting_names())
    for name in ("recurra.text.TextSettings", "recurra.presets.TrainingSettings"):
        assert name in shown
        assert pydoc.locate(name) is not None


def test_verbose_prints_a_line_for_each_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    options = {"hidden": 4, "embedding": 4, "validation": 0.25, "patience": 0, "branch": False}
    classifier = network(options=options, epochs=3, verbose=True).fit(TEXTS, TOPICS)
    lines = capsys.readouterr().out.splitlines()
    epochs = [line for line in lines if line.startswith("epoch ")]
    assert [line.split()[1] for line in epochs] == ["1", "2", "3"]
    for number, line in enumerate(epochs, start=1):
        points = [one for one in classifier.history_.training if number - 1 < one.epoch <= number]
        held = next(one for one in classifier.history_.validation if one.epoch == number)
        loss = np.mean([one.loss for one in points])
        assert f"loss {loss:.4f}  accuracy" in line
        assert line.endswith(f"validation loss {held.loss:.4f}  accuracy {held.accuracy:.4f}")
    assert lines[-1] == "trained all 3 epochs, kept the last weights"
    # What training decides is told as well: that nothing is calibrated with so few rows.
    assert any(line.startswith("calibration: skipped") for line in lines)
    network(epochs=1).fit(TEXTS, TOPICS)
    assert capsys.readouterr().out == ""


def test_load_gives_a_fitted_classifier(fitted: TextClassifier, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    fitted.save(path)
    loaded = TextClassifier.load(path)
    assert type(loaded) is TextClassifier
    np.testing.assert_array_equal(loaded.classes_, fitted.classes_)
    assert loaded.classes_.dtype == fitted.classes_.dtype
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    np.testing.assert_array_equal(loaded.predict(TEXTS), fitted.predict(TEXTS))
    assert loaded.score(TEXTS, TOPICS) == fitted.score(TEXTS, TOPICS)
    loaded.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    with pytest.raises(RecurraError, match="There is no file"):
        TextClassifier.load(tmp_path / "none.safetensors")


def test_a_loaded_classifier_that_learns_anew_says_so(fitted: TextClassifier, tmp_path: Path) -> None:
    fitted.save(path := tmp_path / "model.safetensors")
    loaded = TextClassifier.load(path).set_params(epochs=2)
    said = r"^fit trains a new model with the settings of .*does not use its weights: fit\(X, y, initial=classifier\)"
    # Too few labels: it does not train.
    with pytest.warns(UserWarning, match=said), pytest.raises(DataError):
        loaded.fit(TEXTS, TOPICS[:3])


def test_a_loaded_classifier_has_the_settings_of_its_model(fitted: TextClassifier, tmp_path: Path) -> None:
    fitted.save(path := tmp_path / "model.safetensors")
    loaded = TextClassifier.load(path)
    given = fitted.get_params()
    found = loaded.get_params()
    assert {name: found[name] for name in ("model", "epochs", "learning_rate", "batch_size", "random_state")} == {
        "model": "default", "epochs": 6, "learning_rate": 0.05, "batch_size": 8, "random_state": 0,
    }  # fmt: skip
    # Two words stand for what "auto" chose; patience=0 and others are what the classifier was given.
    settings = {**given["options"], "tokens": "words"}
    assert {name: found["options"].get(name) for name in settings} == settings
    # The same settings, rows and seed: the same network, also in folds, and not that of the preset.
    again = clone(loaded).fit(TEXTS, TOPICS)
    np.testing.assert_array_equal(again.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    assert again.model_.record["training"] == fitted.model_.record["training"]
    # Whoever continues is not taken to have given them: patience is that of a warm start.
    further = loaded.set_params(epochs=1).fit(TEXTS, TOPICS, initial=path)
    assert further.model_.record["training"]["epochs"] == 1
    assert further.model_.record["training"]["patience"] == 0
    assert further.model_.settings == fitted.model_.settings


def test_what_a_loaded_classifier_had_beside_its_settings(fitted: TextClassifier) -> None:
    bundle = fitted.model_.bundle
    record = {**bundle.record, "vectors": {"name": "/home/a/words.txt"}, "preset": "/home/a/own.toml"}
    found = parameters_of(replace(bundle, record=record))
    assert (found["vectors"], found["model"], "embedding" in found["options"]) == ("words.txt", "default", False)
    # An imported model has no training settings: those of the preset.
    found = parameters_of(replace(bundle, record={}))
    assert found["options"].keys() & {"hidden", "cell", "patience"} == {"hidden"}
    assert found.keys() == {"model", "options", "vectors"}


def test_a_class_whose_rows_all_have_the_weight_0_is_named() -> None:
    weights = [0.0 if topic == "tech" else 1.0 for topic in TOPICS]
    said = rf"^class 'tech' \({TOPICS.count('tech')} rows\): no row of sample_weight above 0, so it is not learned$"
    with pytest.warns(UserWarning, match=said):
        found = network(epochs=1).fit(TEXTS, TOPICS, sample_weight=weights)
    assert "tech" not in found.classes_


def test_the_history_tells_of_the_branch_where_there_is_one(fitted: TextClassifier) -> None:
    assert repr(fitted.history_).endswith("These figures are of the recurrent network alone.")
    found = TextClassifier(epochs=1, options={"validation": 0.0}).fit(TEXTS, TOPICS)
    assert repr(found.history_).endswith("network alone; the linear branch is added afterwards.")
    assert set(found.history_.to_dict()) == {"training", "validation"}
    assert (fitted.model_.info["branch"], found.model_.info["branch"] is None) == (None, False)


@pytest.mark.parametrize("kind", ["path", "model", "classifier"])
def test_a_warm_start_goes_on_from_a_file_a_model_or_a_classifier(
    kind: str, fitted: TextClassifier, tmp_path: Path
) -> None:
    fitted.save(path := tmp_path / "model.safetensors")
    initial = {"path": path, "model": recurra.load(path), "classifier": TextClassifier.load(path)}[kind]
    before = fitted.predict_proba(TEXTS)
    texts, labels = [*TEXTS, "goal match league"] * 2, [*TOPICS, "new"] * 2
    found = TextClassifier(epochs=1).fit(texts, labels, initial=initial)
    assert set(found.classes_) == {*TOPICS, "new"}
    assert found.model_.record["continued"]["new_classes"] == ["new"]
    np.testing.assert_array_equal(fitted.predict_proba(TEXTS), before)


def test_weights_of_rows_pass_through_scikit_learn() -> None:
    weights = np.arange(1, len(TEXTS) + 1)
    found = network().fit(TEXTS, TOPICS, sample_weight=weights)
    again = network().fit(TEXTS, np.array(TOPICS), sample_weight=list(weights))
    np.testing.assert_array_equal(found.predict_proba(TEXTS), again.predict_proba(TEXTS))
    assert not np.array_equal(found.predict_proba(TEXTS), network().fit(TEXTS, TOPICS).predict_proba(TEXTS))
    search = GridSearchCV(network(), {"epochs": [6]}, cv=2, error_score="raise").fit(
        TEXTS, TOPICS, sample_weight=weights
    )
    np.testing.assert_array_equal(search.predict_proba(TEXTS), found.predict_proba(TEXTS))
    with pytest.raises(ValueError, match="48 rows, and sample_weight"):
        network().fit(TEXTS, LABELS["int"], sample_weight=weights[:-1])


def test_settings_of_numpy_are_those_of_python() -> None:
    options = {"hidden": np.int64(3), "dropout": np.float64(0.25), "pooling": np.array(["max", "mean"])}
    fitted = network(options=network().options | options, epochs=1).fit(TEXTS, TOPICS)
    settings = fitted.model_.settings
    assert (settings.hidden, settings.dropout, settings.pooling) == (3, 0.25, ("max", "mean"))
