"""``TextClassifier`` is scikit-learn compatible, compared with a TF-IDF pipeline for the same job."""

from __future__ import annotations

import pydoc
import signal
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.utils import estimator_checks
from small_classifier import LABELS, PAIRS, TEXTS, TOPICS, linear, network

import recurra
from recurra import TextClassifier
from recurra.data.documents import Document
from recurra.errors import DataError, SettingsError
from recurra.training.callbacks import Callback, ValidationMetrics
from recurra.training.steps.step import StepResults


@pytest.mark.parametrize(
    "check",
    [
        "check_do_not_raise_errors_in_init_or_set_params",
        "check_estimator_cloneable",
        "check_estimator_repr",
        "check_get_params_invariance",
        "check_mixin_order",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_set_params",
    ],
)
def test_scikit_learns_own_checks_of_parameters(check: str) -> None:
    assert getattr(estimator_checks, check)("TextClassifier", TextClassifier()) is None


def test_clone_copies_the_parameters_and_nothing_learned(fitted: TextClassifier) -> None:
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert [name for name in vars(copy) if name.endswith("_")] == []


class CtrlC(Callback):
    """A person who has seen enough after the second epoch."""

    def on_epoch_end(self, epoch: int) -> None:
        if epoch == 2:
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_keeps_the_model_so_far_and_is_raised(capsys: pytest.CaptureFixture[str]) -> None:
    classifier = network(verbose=True)
    with pytest.raises(
        KeyboardInterrupt, match=r"^Training stopped in epoch 3 \(interrupted\), kept the last weights; "
    ):
        classifier.fit(TEXTS, TOPICS, callbacks=[CtrlC()])
    assert classifier.model_.record["epochs"] == 2
    assert classifier.history_.training[-1].epoch == 2
    assert len(classifier.predict(TEXTS)) == len(TEXTS)
    assert capsys.readouterr().out.splitlines()[-1] == "stopped in epoch 3 (interrupted), kept the last weights"
    assert "KeyboardInterrupt: Ctrl-C" in pydoc.render_doc(TextClassifier.fit, renderer=pydoc.plaintext)


def test_a_cross_validation_counts_no_fold_that_was_cut_short() -> None:
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(network(), TEXTS, TOPICS, cv=2, params={"callbacks": [CtrlC()]})


def test_get_and_set_params() -> None:
    classifier = network()
    assert classifier.get_params()["epochs"] == 6
    assert classifier.set_params(epochs=2, model="lesson/gru") is classifier
    assert (classifier.epochs, classifier.model) == (2, "lesson/gru")
    with pytest.raises(ValueError, match="Invalid parameter 'epoch'"):
        classifier.set_params(epoch=2)


def test_repr_names_what_differs_from_the_default() -> None:
    assert repr(TextClassifier()) == "TextClassifier()"
    assert repr(TextClassifier(model="lesson/gru", epochs=3)) == "TextClassifier(epochs=3, model='lesson/gru')"


def test_fit_returns_self_and_leaves_the_parameters() -> None:
    classifier = network(epochs=1)
    before = classifier.get_params()
    assert classifier.fit(TEXTS, TOPICS) is classifier
    assert classifier.get_params() == before
    assert classifier.validation_ is None
    assert classifier.history_.training


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score", "read", "save"])
def test_not_fitted(method: str) -> None:
    arguments = {"score": (TEXTS, TOPICS), "read": (TEXTS[0],), "save": ("never.safetensors",)}.get(method, (TEXTS,))
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(network(), method)(*arguments)


def test_it_is_a_classifier() -> None:
    assert is_classifier(network())


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("container", [list, np.array, tuple], ids=["list", "array", "tuple"])
def test_answers_have_the_peers_form(kind: str, container: Any) -> None:
    labels = container(LABELS[kind])
    ours, peer = network().fit(TEXTS, labels), linear().fit(TEXTS, np.asarray(labels))
    assert type(ours.classes_) is type(peer.classes_)
    assert ours.classes_.dtype == peer.classes_.dtype
    np.testing.assert_array_equal(ours.classes_, peer.classes_)
    for texts in (TEXTS, TEXTS[:1]):
        found, expected = ours.predict(texts), peer.predict(texts)
        assert (type(found), found.dtype, found.shape) == (type(expected), expected.dtype, expected.shape)
        probabilities, others = ours.predict_proba(texts), peer.predict_proba(texts)
        assert probabilities.shape == others.shape
        assert np.issubdtype(probabilities.dtype, np.floating)
        np.testing.assert_allclose(probabilities.sum(axis=1), others.sum(axis=1), atol=1e-5)
        np.testing.assert_array_equal(ours.classes_[probabilities.argmax(axis=1)], found)
    # Both tell these topics apart, so the answers are the same too, and not only their form.
    np.testing.assert_array_equal(ours.predict(TEXTS), peer.predict(TEXTS))
    assert isinstance(ours.score(TEXTS, labels), float)
    assert ours.score(TEXTS, labels) == peer.score(TEXTS, labels) == 1.0


class Column:
    """What a data frame's column is to us: something to go through, that knows its length."""

    def __init__(self, values: list[Document]) -> None:
        self.values = values

    def __iter__(self) -> Any:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)


@pytest.mark.parametrize("container", [list, tuple, np.array, lambda texts: np.array(texts, dtype=object), Column])
def test_texts_in_any_container(container: Any, fitted: TextClassifier) -> None:
    refitted = network().fit(container(TEXTS), TOPICS)
    expected = fitted.predict_proba(TEXTS)
    np.testing.assert_array_equal(refitted.predict_proba(TEXTS), expected)
    np.testing.assert_array_equal(fitted.predict_proba(container(TEXTS)), expected)


@pytest.mark.parametrize("container", [list, tuple, np.array, lambda pairs: [list(pair) for pair in pairs]])
def test_pairs_in_any_container(container: Any) -> None:
    ours = network().fit(container(PAIRS), TOPICS)
    joined = network().fit([f"{title} {text}" for title, text in PAIRS], TOPICS)
    np.testing.assert_array_equal(
        ours.predict_proba(container(PAIRS)), joined.predict_proba([" ".join(p) for p in PAIRS])
    )


def test_one_text_is_no_sequence_of_texts(fitted: TextClassifier) -> None:
    for call in (fitted.predict, fitted.predict_proba, lambda text: network().fit(text, TOPICS)):
        with pytest.raises(DataError, match=r"X is 'oil prices'.*Give a sequence"):
            call("oil prices")


@pytest.mark.parametrize("wrong", [7, b"text", ("a", "b", "c")])
def test_what_is_no_text_is_named(wrong: Any, fitted: TextClassifier) -> None:
    with pytest.raises(DataError, match="Document 1 "):
        fitted.predict([TEXTS[0], wrong])


def test_labels_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="48 documents and 47 labels"):
        network().fit(TEXTS, TOPICS[:-1])
    with pytest.raises(ValueError, match="All 48 rows have the label 'same'"):
        network().fit(TEXTS, ["same"] * 48)
    with pytest.raises(ValueError, match="types"):
        network().fit(TEXTS, ["one", *range(47)])


def test_mistaken_parameters_tell_at_fit() -> None:
    for mistake in ({"model": "lesson/lstmm"}, {"options": {"hiden": 3}}, {"epochs": 0}, {"engine": "abacus"}):
        with pytest.raises(SettingsError):
            network(**mistake).fit(TEXTS, TOPICS)


def test_a_second_fit_forgets_the_first(fitted: TextClassifier) -> None:
    classifier = network().fit(TEXTS, LABELS["int"])
    assert classifier.classes_.tolist() == [-1, 0, 1, 2]
    classifier.fit(TEXTS, TOPICS)
    np.testing.assert_array_equal(classifier.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_the_same_seed_gives_the_same_model_and_another_another(fitted: TextClassifier) -> None:
    again, numpys, other = (network(random_state=seed).fit(TEXTS, TOPICS) for seed in (0, np.int64(0), 1))
    np.testing.assert_array_equal(again.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    np.testing.assert_array_equal(numpys.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    assert not np.array_equal(other.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_save_gives_a_file_that_predicts_the_same(fitted: TextClassifier, tmp_path: Any) -> None:
    fitted.save(tmp_path / "model.safetensors")
    loaded = recurra.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    np.testing.assert_array_equal(loaded.predict(TEXTS), fitted.predict(TEXTS))
    read = fitted.read(TEXTS[0], gates=True)
    assert read.layers[0].h.shape[0] == len(read.tokens)
    assert read.tokens == TEXTS[0].split()
    np.testing.assert_allclose(read.probabilities[-1], fitted.predict_proba(TEXTS[:1])[0], atol=1e-5)


class Counter(Callback):
    """Counts what it hears."""

    def __init__(self) -> None:
        self.documents = self.checks = 0

    def on_steps_end(self, results: StepResults) -> None:
        self.documents += sum(result.documents for result in results.taken)

    def on_validation_end(self, metrics: ValidationMetrics) -> None:
        self.checks += 1


def test_the_listener_hears_and_validation_is_kept() -> None:
    counter = Counter()
    options = {"hidden": 4, "embedding": 4, "validation": 0.25, "patience": 0}
    classifier = network(options=options, epochs=2).fit(TEXTS, TOPICS, callbacks=[counter])
    assert counter.documents == 2 * 36
    assert counter.checks == len(classifier.history_.validation) > 0
    assert classifier.validation_.rows == 12
