"""From documents and labels to a model: repeatable, and every wish either granted or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from rows import make_rows
from training.runs import FULL, PLAIN, SHORT, TEXT, THOROUGH, Steps, train
from vector_wheels import VALUES, offer, pin_small_vectors

import recurra
from recurra.batches import Ragged
from recurra.bundle import schema
from recurra.errors import DataError, SettingsError
from recurra.models.batch import Batch
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.presets import Recipe, TrainingSettings
from recurra.runtime import Model
from recurra.tasks import SINGLE_LABEL
from recurra.tasks.single_label_torch import Loss
from recurra.training.fit import fit
from recurra.training.loop import Trainer
from recurra.training.optimisers.adam import Adam
from recurra.training.run import MODEL
from recurra.training.steps.step import EncodedRows


@pytest.mark.parametrize("engine", ["auto", "torch", "reference"])
def test_the_same_seed_gives_the_same_file_and_another_seed_another(tmp_path: Path, engine: str) -> None:
    folders = [tmp_path / name for name in ("first", "same", "other")]
    for folder, seed in zip(folders, (4, 4, 5), strict=True):
        train(folder, network=FULL, training=THOROUGH.replace(seed=seed), engine=engine)
    first, same, other = ((folder / MODEL).read_bytes() for folder in folders)
    assert first == same
    assert first != other


def test_the_callers_random_numbers_change_nothing_and_are_left_alone() -> None:
    first = train(network=FULL, training=THOROUGH)
    torch.manual_seed(123)
    np.random.seed(123)
    before = torch.random.get_rng_state()
    second = train(network=FULL, training=THOROUGH)
    assert torch.equal(torch.random.get_rng_state(), before)
    for name, expected in first.bundle.tensors.items():
        assert np.array_equal(second.bundle.tensors[name], expected)


@pytest.mark.parametrize("engine", ["auto", "torch"])
def test_the_callers_defaults_of_torch_change_nothing_and_are_left_alone(engine: str) -> None:
    first = train(network=FULL, training=THOROUGH, engine=engine)
    try:
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        with torch.no_grad():
            second = train(network=FULL, training=THOROUGH, engine=engine)
            assert not torch.is_grad_enabled()
        left = torch.empty(0)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
    assert (left.dtype, left.device.type) == (torch.float64, "meta")
    for name, expected in first.bundle.tensors.items():
        assert np.array_equal(second.bundle.tensors[name], expected)


def test_the_file_is_what_fit_returns(tmp_path: Path) -> None:
    fitted = train(tmp_path / "run", training=SHORT.replace(validation=0.2), preset="own")
    model = recurra.load(tmp_path / "run" / MODEL)
    assert model.classes_.tolist() == sorted(set(make_rows(60)[1]))
    assert model.record == fitted.bundle.record
    assert model.record["preset"] == "own"
    assert (model.record["rows"], model.record["held_out"]) == (60, 12)
    assert model.record["training"] == SHORT.replace(validation=0.2).to_dict()
    assert fitted.validation is not None
    assert model.record["scores"]["validation"]["accuracy"] == fitted.validation.accuracy
    assert all(np.array_equal(model.bundle.tensors[name], part) for name, part in fitted.bundle.tensors.items())


def one_step(documents: Ragged, targets: Any, *, masked: bool, pad_to: int | None) -> dict[str, Any]:
    """A step of the published rule on the documents as they are."""
    settings = NetworkSettings(cell="lstm", hidden=4, embedding=3, masked=masked)
    network = Network(settings, initial_weights(settings, rows=9, classes=3, seed=2))
    network.train()
    batch = Batch.of(documents if pad_to is None else documents.padded_to(pad_to))
    optimiser = Adam(network.named_weights(), TrainingSettings())
    loss = Loss(SINGLE_LABEL, TrainingSettings(), targets, 3, every_step=0.0, device=torch.device("cpu"))
    loss(network(batch), batch, torch.from_numpy(targets)).backward()
    optimiser.step(1e-3)
    return network.arrays()


@pytest.mark.parametrize("masked", [True, False])
def test_unmasked_batches_are_padded_to_their_longest_and_masked_ones_are_not(masked: bool) -> None:
    documents, targets = Ragged.from_lists([[3], [4, 5, 6, 7], [8, 2]]), np.array([0, 1, 2])
    settings = NetworkSettings(cell="lstm", hidden=4, embedding=3, masked=masked)
    network = Network(settings, initial_weights(settings, rows=9, classes=3, seed=2))
    network.place("cpu", seed=0)
    Trainer(network, EncodedRows(documents, targets), None, TrainingSettings(batch_size=3, validation=0.0)).run()
    padded, bare = (one_step(documents, targets, masked=masked, pad_to=length) for length in (4, None))
    right, wrong = (bare, padded) if masked else (padded, bare)
    for name, weight in network.arrays().items():
        # The documents come in another order, which rounds otherwise.
        np.testing.assert_allclose(weight, right[name], rtol=0, atol=1e-5)
    assert max(np.abs(network.arrays()[name] - wrong[name]).max() for name in wrong) > 1e-4


@pytest.mark.parametrize(("batch_size", "length"), [(1, 3.4), (5, 8.0)])
def test_pad_to_is_the_mean_of_the_batches_longest(batch_size: int, length: float) -> None:
    documents = [" ".join("ab"[place % 2] for place in range(size)) for size in (8, 1, 2, 4, 2)]
    training = SHORT.replace(batch_size=batch_size)
    fitted = train(rows=(documents, [0, 1, 0, 1, 0]), network=PLAIN.replace(masked=False), training=training)
    assert fitted.bundle.pad_to == round(length)
    assert train(rows=(documents, [0, 1, 0, 1, 0]), training=training).bundle.pad_to is None


def test_more_pads_than_a_model_file_may_ask_for_are_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GRU of 5 units multiplies each token with 75 weights."""
    rows = ["a b c d e f g h", "b a b a b a b a"] * 3, [0, 1] * 3
    steps = Steps()
    unmasked = PLAIN.replace(masked=False)
    monkeypatch.setattr(schema, "LARGEST_PAD_WORK", 8 * 75)
    assert train(rows=rows, network=unmasked, training=SHORT).bundle.pad_to == 8
    monkeypatch.setattr(schema, "LARGEST_PAD_WORK", 8 * 75 - 1)
    with pytest.raises(SettingsError, match=r'may ask for 7\. Say options={"masked": True}, give shorter'):
        train(tmp_path / "run", rows=rows, network=unmasked, training=SHORT, callbacks=[steps])
    assert steps.steps == 0
    assert not (tmp_path / "run" / MODEL).exists()
    assert train(rows=rows, training=SHORT).bundle.pad_to is None


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "keras_adam"])
def test_batches_of_empty_documents_alone_can_be_trained_on_and_resumed(tmp_path: Path, optimiser: str) -> None:
    documents = ["" if place % 3 else "win the cup" for place in range(12)]
    options: dict[str, Any] = {
        "rows": (documents, [place % 2 for place in range(12)]),
        "training": SHORT.replace(batch_size=1, optimiser=optimiser),
        "network": PLAIN.replace(pooling=("attention",), every_step=0.5),
    }

    class Stop(Steps):
        def count_step(self, documents: int, loss: float) -> None:
            super().count_step(documents, loss)
            if self.steps == 15:
                raise KeyboardInterrupt

    train(tmp_path / "whole", **options)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "run", **options, checkpoint_seconds=0, callbacks=[Stop()])
    train(tmp_path / "run", **options, resume=True)
    assert (tmp_path / "run" / MODEL).read_bytes() == (tmp_path / "whole" / MODEL).read_bytes()


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    path = tmp_path / "vectors.txt"
    path.write_text("bank 1 2 3\ngoal 4 5 6\nunheard 7 8 9\n")
    return path


@pytest.mark.parametrize("frozen", [False, True])
def test_pretrained_vectors_are_read_and_stay_if_frozen(vectors: Path, frozen: bool) -> None:
    listener = Steps()
    # The rate of the only step is 0, or the vectors have no gradient: both leave them as they were read.
    steps = (
        SHORT.replace(epochs=3, freeze_vectors=True) if frozen else SHORT.replace(epochs=1, batch_size=60, warmup=0.5)
    )
    fitted = train(training=steps, vectors=vectors, callbacks=[listener])
    ids, embedding = fitted.bundle.vocabulary.ids, fitted.bundle.tensors["embedding"]
    assert embedding.shape[1] == fitted.bundle.network.embedding == 3
    assert embedding[ids["bank"]].tolist() == [1, 2, 3]
    assert embedding[ids["goal"]].tolist() == [4, 5, 6]
    assert np.abs(np.delete(embedding, [ids["bank"], ids["goal"]], axis=0)).max() <= 0.05
    words = len(fitted.bundle.vocabulary)
    assert listener.messages == [
        f"2 of {words} words of the vocabulary ({2 / words:.1%}) have a vector in vectors.txt."
    ]
    assert fitted.bundle.tensors["b_O"].any() == frozen


def test_vectors_that_are_not_frozen_learn(vectors: Path) -> None:
    fitted = train(vectors=vectors)
    assert not np.array_equal(fitted.bundle.tensors["embedding"][fitted.bundle.vocabulary.ids["bank"]], [1, 2, 3])


def test_vectors_by_name_stand_in_the_record_and_other_words_stay_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pin_small_vectors(monkeypatch, tmp_path / "cache")
    offer(monkeypatch, "glove-6b-50d")
    listener = Steps()
    steps = SHORT.replace(epochs=1, freeze_vectors=True)
    fitted = train(tmp_path / "run", training=steps, vectors="glove-6b-50d", callbacks=[listener])
    ids, embedding = fitted.bundle.vocabulary.ids, fitted.bundle.tensors["embedding"]
    assert [embedding[ids[word]].tolist() for word in ("bank", "goal")] == VALUES[:2].tolist()
    assert sum("licence: PDDL-1.0" in message for message in listener.messages) == 1
    kept = (tmp_path / "run" / "model.safetensors").read_bytes()
    assert b"bank" in kept
    assert VALUES[1].tobytes() in kept
    assert b"unheard" not in kept
    assert VALUES[2].tobytes() not in kept

    origin = fitted.bundle.record["vectors"]
    assert {name: origin[name] for name in ("name", "words", "licence")} == {
        "name": "glove-6b-50d",
        "words": 2,
        "licence": "PDDL-1.0",
    }
    card = (tmp_path / "run" / "model-card.md").read_text()
    assert "| embedding began with | glove-6b-50d for 2 words; GloVe 6B, 50 dimensions" in card
    # A model that goes on from it began with them as well.
    went_on = train(network=fitted.bundle.network, initial=fitted.bundle)
    assert went_on.bundle.record["vectors"] == origin
    assert "vectors" not in train().bundle.record


def test_an_unknown_name_of_vectors_is_found_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recurra.training.fit.prepare", None)
    with pytest.raises(SettingsError, match=r"no such name\. Name glove-6b-50d or en-300d"):
        train(tmp_path / "run", vectors="glove")
    assert not (tmp_path / "run").exists()


def test_rows_without_a_title_are_left_out_where_titles_are_read() -> None:
    listener = Steps()
    documents, labels = make_rows(40)
    documents[3], documents[5] = ("", "no title"), (" ", "a blank one")
    fitted = train(rows=(documents, labels), text=TEXT.replace(field="title"), callbacks=[listener])
    assert listener.messages == ["2 of 40 rows have no title and are left out."]
    assert fitted.rows == 38


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rows": (["a", "b"], ["x"])}, DataError, "There are 2 documents and 1 labels. Give one label a document."),
        ({"rows": (["a", "b"], ["x", "x"])}, DataError, "All 2 rows have the label 'x'. Give rows of two classes"),
        ({"rows": ([], [])}, DataError, "There are no labels."),
        ({"device": "tpu9"}, SettingsError, "The device 'tpu9' cannot be used here. Choose auto or cpu."),
        ({"engine": "abacus"}, SettingsError, "There is no engine 'abacus'."),
        (
            {"training": SHORT.replace(precision="bfloat16"), "device": "cpu"},
            SettingsError,
            "precision is bfloat16 on the device cpu. Mixed precision needs a GPU; use float32.",
        ),
        (
            {"network": PLAIN.replace(input="one_hot"), "vectors": "en-300d"},
            SettingsError,
            "The vectors en-300d are given with one_hot input. Set input to embedding.",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_learned_from_is_refused(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        train(**options)
    assert str(caught.value).startswith(message)


def test_freezing_needs_vectors() -> None:
    with pytest.raises(SettingsError, match=r"freeze_vectors is set without vectors\. Name their file"):
        train(training=SHORT.replace(freeze_vectors=True))


def test_what_fit_is_given_in_place_of_texts_and_of_a_bundle(tmp_path: Path) -> None:
    recipe = Recipe(text=TEXT, network=PLAIN, training=SHORT)
    texts, labels = make_rows(40)
    frame = pd.DataFrame({"text": [text for _, text in texts], "label": labels}).sample(frac=1, random_state=1)[1:]
    plain = fit(frame["text"].tolist(), frame["label"].tolist(), recipe=recipe)
    for given in ((frame["text"], frame["label"]), (recurra.read_table(frame),)):
        fitted = fit(*given, recipe=recipe)
        assert fitted.bundle.pipeline.vocabulary.tokens == plain.bundle.pipeline.vocabulary.tokens
        np.testing.assert_array_equal(fitted.bundle.tensors["W_O"], plain.bundle.tensors["W_O"])
    path = tmp_path / "model.safetensors"
    Model(plain.bundle).save(path)
    first = fit(frame["text"], frame["label"], recipe=recipe, initial=plain.bundle)
    for initial in (path, str(path), Model(plain.bundle)):
        again = fit(frame["text"], frame["label"], recipe=recipe, initial=initial)
        np.testing.assert_array_equal(again.bundle.tensors["W_O"], first.bundle.tensors["W_O"])
    with pytest.raises(DataError, match=r"^documents is a DataFrame\. Give a list or one column"):
        fit(frame, frame["label"], recipe=recipe)
    with pytest.raises(SettingsError, match=r"^documents without labels is a DataFrame.*recurra.read_table\(frame\)"):
        fit(frame, recipe=recipe)
    with pytest.raises(SettingsError, match=r"^initial is 3"):
        fit(frame["text"], frame["label"], recipe=recipe, initial=3)
