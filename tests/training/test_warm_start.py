"""Training that goes on from a model: at first it answers as before; words and classes grow; nothing contradicts it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import WORDS, make_bundle
from rows import TOPICS, make_rows
from training.runs import PLAIN, SHORT, TEXT, Steps, train

import recurra
from recurra.bundle import Bundle, digest_in, digest_of, int8_bundle, read_bundle, write_bundle
from recurra.errors import DataError, SettingsError, TrainingError
from recurra.runtime import Model
from recurra.text import TextPipeline, TextSettings, Vocabulary
from recurra.training.run import CARD, MODEL
from recurra.training.warm_start import (
    REMEMBERED,
    check_warm_start,
    extend_labels,
    extend_vocabulary,
    extend_weights,
    lineage,
)

TEXTS = ["oil prices rise", "the team wins a late match in rome", "", "zebra prices", "oil zebra quagga"]
NEW_WORDS = ("zebra", "quagga", "oil")


def grown(initial: Bundle, labels: list[Any], *, text: TextSettings | None = None) -> tuple[Bundle, Steps]:
    """The model before its first step, with the words of NEW_WORDS."""
    told, text = Steps(), text or initial.text
    classes = extend_labels(initial, labels)
    learned = TextPipeline(text, Vocabulary(NEW_WORDS))
    pipeline = extend_vocabulary(initial, learned, text, told)
    tensors = extend_weights(initial, pipeline, classes, told)
    return replace(
        initial, text=pipeline.settings, vocabulary=pipeline.vocabulary, labels=classes, tensors=tensors
    ), told


@pytest.mark.parametrize(
    "network",
    [
        {},
        {"input": "one_hot", "layers": 2, "hidden": 3},
        {"masked": False},
        {"bidirectional": True, "pooling": ("max", "attention")},
    ],
)
def test_before_the_first_step_it_answers_as_the_model_did(network: dict[str, Any]) -> None:
    initial = make_bundle(**network)
    after, _ = grown(initial, ["b", "a"])
    assert after.vocabulary.tokens == (*WORDS, "zebra", "quagga")
    assert np.array_equal(Model(after).predict_proba(TEXTS), Model(initial).predict_proba(TEXTS))


def test_new_classes_come_in_order_and_leave_the_odds_of_the_others() -> None:
    initial = make_bundle(labels=("b", "d"))
    after, told = grown(initial, ["c", "a", "d", "e"])
    assert after.labels.classes == ("a", "b", "c", "d", "e")
    assert told.messages[-1] == "3 new classes: a, c, e."
    old, new = Model(initial).predict_proba(TEXTS), Model(after).predict_proba(TEXTS)
    np.testing.assert_allclose(new[:, [1, 3]] / new[:, [1, 3]].sum(axis=1, keepdims=True), old, rtol=1e-5)
    np.testing.assert_allclose(new[:, 0], new[:, 2], rtol=1e-6)
    # Whatever the text, a new class has the mean of the others' biases as its logit.
    np.testing.assert_allclose(after.tensors["b_O"][[0, 2, 4]], initial.tensors["b_O"].mean(), rtol=1e-6)
    assert not after.tensors["W_O"][:, [0, 2, 4]].any()


def test_a_temperature_is_undone() -> None:
    trained = make_bundle()
    tensors = {**trained.tensors, "W_O": trained.tensors["W_O"] / 2.5, "b_O": trained.tensors["b_O"] / 2.5}
    calibrated = replace(trained, tensors=tensors, record={"calibration": {"temperature": 2.5}})
    after, _ = grown(calibrated, ["a", "b"])
    np.testing.assert_allclose(after.tensors["W_O"], trained.tensors["W_O"], rtol=1e-6)
    np.testing.assert_allclose(after.tensors["b_O"], trained.tensors["b_O"], rtol=1e-6)


@pytest.mark.parametrize("temperature", [None, 0, -1.0, "2", True, float("inf")])
def test_what_is_no_temperature_changes_nothing(temperature: Any) -> None:
    odd = replace(make_bundle(), record={"calibration": {"temperature": temperature}})
    assert np.array_equal(grown(odd, ["a", "b"])[0].tensors["W_O"], odd.tensors["W_O"])


def test_int8_goes_on_from_what_it_was_rounded_to_and_says_so() -> None:
    rounded = int8_bundle(make_bundle())
    after, told = grown(rounded, ["a", "b"])
    assert np.array_equal(after.tensors["embedding"][: len(rounded.tensors["embedding"])], rounded.tensors["embedding"])
    assert "rounded to 8 bits" in told.messages[-1]


def test_the_vocabulary_grows_to_its_size_and_no_further() -> None:
    initial = make_bundle()
    text = initial.text.replace(vocabulary_size=initial.pipeline.rows + 1)
    after, told = grown(initial, ["a", "b"], text=text)
    assert after.vocabulary.tokens == (*WORDS, "zebra")
    assert told.messages == [
        "1 new tokens get a row of the embedding, which starts as that of unknown tokens; 1 more do not fit, "
        "vocabulary_size is 16."
    ]


def test_texts_without_a_title_are_read_as_the_model_read_them() -> None:
    base = make_bundle()
    initial = replace(base, text=base.text.replace(field="title", first_words=4))
    after, _ = grown(initial, ["a", "b"], text=initial.text.replace(first_words=None))
    assert after.text.first_words == 4
    long = "oil prices rise again and the team wins"
    assert np.array_equal(Model(after).predict_proba([long]), Model(initial).predict_proba(["oil prices rise again"]))


def test_a_record_names_its_nearest_ancestors_and_does_not_grow_for_ever() -> None:
    older = [{"model": str(place)} for place in range(REMEMBERED)]
    initial = replace(make_bundle(), record={"continued": {"chain": older}, "rows": 7})
    chain = lineage(initial, initial.pipeline, initial.labels)["chain"]
    assert chain == [{"model": digest_in(initial), "rows": 7, "data_sha256": None}, *older[:-1]]


def test_fixed_rows_keep_their_number_and_new_words_take_free_ones() -> None:
    text = TextSettings(tokens="lesson", vocabulary_size=17, fixed_rows=True)
    pipeline = TextPipeline(text, Vocabulary(WORDS))
    generator = np.random.default_rng(0)
    base = make_bundle()
    table = generator.normal(size=(17, 3)).astype(np.float32)
    initial = replace(base, text=text, tensors={**base.tensors, "embedding": table})
    assert pipeline.rows == 17
    after, _ = grown(initial, ["a", "b"])
    found = after.tensors["embedding"]
    assert found.shape == (17, 3)
    assert np.array_equal(found[:15], table[:15])
    assert np.array_equal(found[15:], table[[1, 1]])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"hidden": 9}, "hidden is 9, and 5"),
        ({"cell": "lstm"}, "cell is 'lstm', and 'gru'"),
        ({"tokens": "words"}, "tokens is 'words', and 'lesson'"),
        ({"vocabulary_size": 5}, "vocabulary_size is 5"),
    ],
)
def test_settings_that_contradict_the_model_are_refused(changed: dict[str, Any], words: str) -> None:
    initial = train(count=40).bundle
    text = TEXT.replace(**{name: value for name, value in changed.items() if name in TEXT.to_dict()})
    network = PLAIN.replace(**{name: value for name, value in changed.items() if name in PLAIN.to_dict()})
    with pytest.raises(SettingsError, match=words):
        train(count=40, text=text, network=network, initial=initial)


def test_settings_of_training_may_change() -> None:
    initial = make_bundle(every_step=0.2)
    full = initial.text.replace(vocabulary_size=initial.pipeline.rows)
    check_warm_start(initial, full, initial.network)
    check_warm_start(initial, initial.text, initial.network.replace(dropout=0.5, word_dropout=0.1, every_step=0.0))


def test_labels_of_another_type_and_vectors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="of type int"):
        extend_labels(make_bundle(), [3, 4])
    with pytest.raises(SettingsError, match="Leave them out"):
        train(count=40, initial=train(count=40).bundle, vectors=tmp_path / "none.vec")


@pytest.mark.parametrize(
    ("known", "given", "classes"),
    [
        ([1, 2], [1.0, 2.0, 3.0], (1, 2, 3)),
        ([1.0, 2.5], [1, 2, 1], (1.0, 2.0, 2.5)),
        (["1", "2", "other"], [1, 2, 3], ("1", "2", "3", "other")),
        (["true", "unsure"], [True, False, True], ("False", "true", "unsure")),
    ],
)
def test_labels_that_are_written_alike_are_one_class(known: list[Any], given: list[Any], classes: Any) -> None:
    pairs, _ = make_rows(24)
    initial = train(rows=(pairs, (known * 24)[:24])).bundle
    told = Steps()
    after = train(rows=(pairs, (given * 8)[:24]), initial=initial, callbacks=[told]).bundle
    assert after.labels.classes == classes
    assert [type(one) for one in after.labels.classes] == [type(initial.labels.classes[0])] * len(classes)
    assert any(one.endswith("they are compared as they are written.") for one in told.messages)


@pytest.mark.parametrize(
    ("known", "given", "said"),
    [
        ([1, 2], [1.0, 2.5], "has the label 2.5, and the labels of the model, such as 1, are whole numbers"),
        ([1, 2], ["1", "N7"], "has the label 'N7', and the labels of the model, such as 1, are whole numbers"),
        # As where old rows are mixed in.
        ([1, 2], [1, "N7"], "has the label 'N7', and the labels of the model"),
        (
            [False, True],
            ["true", "maybe"],
            "has the label 'maybe', and the labels of the model, such as False, are True",
        ),
    ],
)
def test_a_label_that_cannot_be_in_the_model_s_type_is_named(known: list[Any], given: list[Any], said: str) -> None:
    pairs, _ = make_rows(24)
    initial = train(rows=(pairs, known * 12)).bundle
    with pytest.raises(DataError, match=said):
        train(rows=(pairs, given * 12), initial=initial)


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parent") / "run"
    documents, labels = make_rows(80)
    kept = [place for place, label in enumerate(labels) if label in ("sport", "tech")]
    train(folder, rows=([documents[n] for n in kept], [labels[n] for n in kept]), training=SHORT.replace(epochs=5))
    return folder


def test_it_learns_new_words_and_classes_and_the_record_says_where_it_is_from(parent: Path, tmp_path: Path) -> None:
    initial = read_bundle(parent / MODEL)
    rows = make_rows(160)
    fitted = train(tmp_path / "run", rows=rows, training=SHORT.replace(epochs=6), initial=initial)
    model = Model(fitted.bundle)
    assert model.classes_.tolist() == sorted(TOPICS)
    assert (model.predict(rows[0]) == rows[1]).mean() > 0.95
    found = fitted.bundle.record["continued"]
    assert found["parent"] == digest_of(parent / MODEL) == found["chain"][0]["model"]
    assert found["chain"][0]["data_sha256"] == initial.record["data_sha256"]
    assert (found["new_classes"], found["temperature_undone"]) == (["money", "world"], 1.0)
    assert found["new_tokens"] == len(fitted.bundle.vocabulary) - len(initial.vocabulary) > 10
    assert found["parent"] in (tmp_path / "run" / CARD).read_text()
    third = train(rows=rows, training=SHORT, initial=fitted.bundle).bundle.record["continued"]
    assert [one["model"] for one in third["chain"]] == [digest_of(tmp_path / "run" / MODEL), found["parent"]]
    assert third["new_tokens"] == 0


def test_a_run_that_goes_on_is_resumed_to_the_bit_and_with_no_other_model(parent: Path, tmp_path: Path) -> None:
    initial = read_bundle(parent / MODEL)
    whole = train(tmp_path / "whole", initial=initial)
    again = train(tmp_path / "whole", initial=initial, resume=True)
    assert again.bundle.tensors["W_O"].tobytes() == whole.bundle.tensors["W_O"].tobytes()
    other = replace(initial, record={**initial.record, "note": "another"})
    with pytest.raises(TrainingError, match="other data or settings"):
        train(tmp_path / "whole", initial=other, resume=True)


def test_the_classifier_goes_on_from_a_model_or_its_file(tmp_path: Path) -> None:
    documents, labels = make_rows(60)
    options = {"hidden": 5, "embedding": 4, "cell": "gru"}
    first = recurra.TextClassifier(options=options, epochs=2).fit(documents, labels)
    first.save(tmp_path / "first.safetensors")
    newer = [f"{title} zebra" for title, _ in documents], ["zoo"] * 30 + labels[30:]
    one = recurra.TextClassifier(epochs=1).fit(*newer, initial=first.model_)
    other = recurra.TextClassifier(epochs=1).fit(*newer, initial=tmp_path / "first.safetensors")
    assert one.classes_.tolist() == [*sorted(TOPICS), "zoo"]
    assert one.model_.settings == first.model_.settings
    assert np.array_equal(one.predict_proba(documents), other.predict_proba(documents))


def test_a_model_without_its_settings_is_no_beginning(tmp_path: Path) -> None:
    write_bundle(make_bundle(), tmp_path / "model.safetensors")
    with pytest.raises(SettingsError, match="no training settings"):
        recurra.TextClassifier().fit(*make_rows(20), initial=tmp_path / "model.safetensors")


def test_a_label_of_the_model_in_another_spelling_is_told() -> None:
    pairs, labels = make_rows(24)
    initial = train(rows=(pairs, labels)).bundle
    told = Steps()
    rows = ["Sport" if label == "sport" else label for label in labels]
    after = train(rows=(pairs, rows), initial=initial, callbacks=[told]).bundle
    assert after.labels.classes == ("Sport", "money", "sport", "tech", "world")
    (message,) = (one for one in told.messages if "differ in case" in one)
    assert "'Sport' (6) is 'sport'. Write each class in one way, such as y.replace({'Sport': 'sport'})." in message
    # Who goes on with both has been told.
    again = Steps()
    train(rows=(pairs, rows), initial=after, callbacks=[again])
    assert not any("differ in case" in one for one in again.messages)
