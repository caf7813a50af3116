"""A ``Model`` in scikit-learn's tools, and copies of models and classifiers: the bytes of the file."""

from __future__ import annotations

import copy
import pickle
import pickletools
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import cross_val_score
from sklearn.utils import get_tags
from sklearn.utils.parallel import Parallel, delayed
from small_classifier import LABELS, TEXTS, TOPICS, network

import recurra
from recurra import TextClassifier
from recurra.errors import DataError, ModelFileError, SettingsError
from recurra.evaluation.given_rows import rows_right
from recurra.evaluation.probabilities import log_probabilities


@pytest.fixture(scope="module")
def model(fitted: TextClassifier, tmp_path_factory: pytest.TempPathFactory) -> recurra.Model:
    """As a user has it: loaded from a file."""
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    fitted.save(path)
    return recurra.load(path)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("kind", ["model", "classifier"])
def test_calibration_of_a_frozen_model(method: str, kind: str, model: recurra.Model, fitted: TextClassifier) -> None:
    frozen = FrozenEstimator(model if kind == "model" else fitted)
    # A third of the rows is labelled wrongly: the model is too sure of itself.
    rng = np.random.default_rng(0)
    labels = np.where(rng.random(len(TOPICS)) < 0.33, rng.permutation(TOPICS), TOPICS)
    calibrated = CalibratedClassifierCV(frozen, method=method).fit(TEXTS, labels)
    found = calibrated.predict_proba(TEXTS)
    assert found.shape == (len(TEXTS), len(model.classes_))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert calibrated.classes_.tolist() == model.classes_.tolist()
    assert log_loss(labels, found) < log_loss(labels, model.predict_proba(TEXTS))
    assert set(calibrated.predict(TEXTS)) <= set(TOPICS)


def test_two_classes_are_calibrated_too() -> None:
    fitted = network().fit(TEXTS, LABELS["bool"])
    calibrated = CalibratedClassifierCV(FrozenEstimator(fitted.model_)).fit(TEXTS, LABELS["bool"])
    np.testing.assert_array_equal(calibrated.predict(TEXTS), LABELS["bool"])


def test_scikit_learn_knows_what_a_model_is(model: recurra.Model) -> None:
    assert is_classifier(model)
    assert not get_tags(model).classifier_tags.multi_label
    with pytest.raises(
        SettingsError, match=r"does not learn. Go on with TextClassifier\(\).fit\(X, y, initial=model\)"
    ):
        model.fit(TEXTS, TOPICS)


def test_a_model_is_scored_as_a_classifier(model: recurra.Model, fitted: TextClassifier) -> None:
    labels = [*TOPICS[:-4], "unheard of", *TOPICS[:3]]
    expected = accuracy_score(labels, model.predict(TEXTS))
    assert 0 < expected < 1
    assert model.score(TEXTS, labels) == FrozenEstimator(model).score(TEXTS, np.array(labels)) == expected
    assert cross_val_score(FrozenEstimator(model), TEXTS, TOPICS, cv=2).mean() == model.score(TEXTS, TOPICS)
    logs = np.log(model.predict_proba(TEXTS))
    np.testing.assert_array_equal(model.predict_log_proba(TEXTS), logs)
    np.testing.assert_array_equal(fitted.predict_log_proba(TEXTS), logs)
    with pytest.raises(DataError, match=r"Write score\(texts, labels\)"):
        model.score(TOPICS, TEXTS)
    shuffled = pd.Series(TOPICS).sample(frac=1, random_state=0)
    with pytest.warns(UserWarning, match=r"give y\.loc\[X\.index\]"):
        model.score(pd.Series(TEXTS), shuffled)
    with pytest.warns(UserWarning, match=r"give targets\.loc\[probabilities\.index\]"):
        recurra.evaluate(pd.DataFrame(model.predict_proba(TEXTS)), shuffled, model.classes_)
    for wrong in (TOPICS[1:], [[one] for one in TOPICS], list(range(len(TOPICS)))):
        with pytest.raises(DataError):
            model.score(TEXTS, wrong)


def test_the_logarithm_of_nothing_is_no_warning() -> None:
    assert log_probabilities(np.array([[0, 1]], dtype=np.float32)).tolist() == [[-np.inf, 0]]


@pytest.mark.parametrize("form", [list, np.array, pd.DataFrame])
def test_several_labels_are_right_if_all_are(form: Any) -> None:
    answers: list[list[str]] = [["a"], ["a", "b"], ["a"], []]
    indicator = [[1, 0], [1, 1], [0, 1], [0, 0]]
    labels = [["a"], ["b", "a"], ["b"], []] if form is list else form(indicator)
    right = rows_right(answers, labels, np.array(["a", "b"]), lists=True, documents=TEXTS[:4])
    assert right == [True, True, False, True]


COPIES: dict[str, Any] = {
    "pickle": lambda one, folder: pickle.loads(pickle.dumps(one)),  # noqa: S301 (our own)
    "copy": lambda one, folder: copy.copy(one),
    "deepcopy": lambda one, folder: copy.deepcopy(one),
    "joblib": lambda one, folder: joblib.load(joblib.dump(one, folder / "one.joblib")[0]),
    "a process": lambda one, folder: Parallel(n_jobs=2)([delayed(copy.copy)(one)])[0],
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("kind", ["model", "classifier"])
def test_copies_are_the_same(how: str, kind: str, model: recurra.Model, fitted: TextClassifier, tmp_path: Path) -> None:
    original: Any = model if kind == "model" else fitted
    original.predict_proba(TEXTS)
    found = COPIES[how](original, tmp_path)
    np.testing.assert_array_equal(found.predict_proba(TEXTS), original.predict_proba(TEXTS))
    np.testing.assert_array_equal(found.classes_, original.classes_)
    if kind == "classifier":
        assert found.get_params() == original.get_params()
        assert found.history_ == original.history_


def test_the_state_is_the_file(fitted: TextClassifier, tmp_path: Path) -> None:
    fitted.save(path := tmp_path / "model.safetensors")
    model = recurra.load(path)
    assert model.__getstate__() == {"file": path.read_bytes()}
    # Nothing but the class is looked up when it is read, and nothing is called but what copies do.
    names = [
        (opcode.name, argument)
        for opcode, argument, _ in pickletools.genops(pickle.dumps(model))
        if argument is not None
    ]
    texts = [argument for name, argument in names if name in ("SHORT_BINUNICODE", "BINUNICODE", "GLOBAL")]
    assert texts == ["copyreg", "__newobj__", "recurra.runtime.model", "Model", "file"] or texts == [
        "recurra.runtime.model",
        "Model",
        "file",
    ]


def test_an_altered_copy_is_refused(model: recurra.Model) -> None:
    data = bytearray(model.__getstate__()["file"])
    data[-3] ^= 1
    empty = recurra.Model.__new__(recurra.Model)
    with pytest.raises(ModelFileError):
        empty.__setstate__({"file": bytes(data)})
