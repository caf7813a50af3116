"""Writes tests/fixtures/keras_import: models that Keras saved, and what it answers. See README.md beside this file.

Usage: ``python benchmarks/keras/make_import_fixtures.py`` in an environment made from requirements.txt, and again in
one made from requirements-keras2.txt: each writes the files of its version of Keras.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

# Before TensorFlow is imported: the CPU alone and no other sum order than its plain kernels'.
os.environ.update(CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0", TF_CPP_MIN_LOG_LEVEL="2")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "importing"))

from made_up_texts import made_up_texts

FOLDER = Path(__file__).parents[2] / "tests" / "fixtures" / "keras_import"
SEED, TEXTS, MAX_TOKENS, LENGTH, PAD_TO = 7, 1_000, 150, 20, 40
KERAS_2 = keras.__version__.startswith("2.")


class Case(NamedTuple):
    """A model to save.

    Attributes:
        layers: of the model behind the ids of tokens, from the Embedding on.
        reading: ``texts`` (a TextVectorization is part of the model), ``alone`` (the same, each text is a batch of its
            own), or ``ids`` (of a TextVectorization that is not saved).
        length: ``output_sequence_length`` of the TextVectorization.
        suffix: of the file.
        given: whether the vocabulary is given to the layer instead of learned, and so stands in its configuration.
    """

    layers: Callable[[], list[Any]]
    reading: str = "texts"
    length: int | None = None
    suffix: str = ".keras"
    given: bool = False


def _embedding(*, masked: bool, rows: int = MAX_TOKENS) -> Any:
    return layers.Embedding(rows, 6, mask_zero=masked)


def _simple_rnn_fixed() -> list[Any]:
    return [_embedding(masked=False), layers.SimpleRNN(5), layers.Dense(4, activation="softmax")]


def _simple_rnn_masked() -> list[Any]:
    return [_embedding(masked=True), layers.SimpleRNN(5), layers.Dense(4, activation="softmax")]


def _gru_masked() -> list[Any]:
    return [_embedding(masked=True), layers.GRU(5), layers.Dense(3, activation="softmax")]


def _gru_reset_before() -> list[Any]:
    return [
        _embedding(masked=True),
        layers.GRU(5, reset_after=False, return_sequences=True),
        layers.GRU(5, reset_after=False),
        layers.Dense(1, activation="sigmoid"),
    ]


def _lstm_unmasked() -> list[Any]:
    return [_embedding(masked=False), layers.LSTM(5), layers.Dense(2, activation="softmax")]


def _bilstm_stacked() -> list[Any]:
    return [
        _embedding(masked=True, rows=MAX_TOKENS + 60),
        layers.SpatialDropout1D(0.2),
        layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
        layers.Dropout(0.3),
        layers.Bidirectional(layers.LSTM(4)),
        layers.Dropout(0.3),
        layers.Dense(4, activation="softmax", name="classes"),
    ]


def _bigru_fixed() -> list[Any]:
    return [
        _embedding(masked=False),
        layers.Bidirectional(layers.GRU(4, return_sequences=True)),
        layers.Bidirectional(layers.GRU(4)),
        layers.Dense(3, activation="softmax"),
    ]


def _several_labels() -> list[Any]:
    return [
        _embedding(masked=True),
        layers.Bidirectional(layers.SimpleRNN(4)),
        layers.Dense(3, activation="sigmoid"),
    ]


def _without_biases() -> list[Any]:
    return [
        _embedding(masked=True),
        layers.GRU(4, use_bias=False),
        layers.Dense(3, activation="softmax", use_bias=False),
    ]


CASES = {
    "simple_rnn_fixed": Case(_simple_rnn_fixed, length=LENGTH),
    "simple_rnn_masked": Case(_simple_rnn_masked, given=True),
    "gru_masked": Case(_gru_masked, length=LENGTH),
    "gru_reset_before": Case(_gru_reset_before),
    "lstm_alone": Case(_lstm_unmasked, reading="alone"),
    "bilstm_stacked": Case(_bilstm_stacked),
    "bigru_fixed": Case(_bigru_fixed, length=LENGTH),
    "several_labels": Case(_several_labels),
    "without_biases": Case(_without_biases),
    "whole_bilstm": Case(_bilstm_stacked, reading="ids", suffix=".h5"),
    "whole_gru_reset_before": Case(_gru_reset_before, reading="ids", suffix=".h5"),
    "whole_lstm_padded": Case(_lstm_unmasked, reading="ids", length=PAD_TO, suffix=".h5"),
}
CASES_2 = {
    "keras2_bilstm_stacked": Case(_bilstm_stacked),
    "keras2_bigru_fixed": Case(_bigru_fixed, length=LENGTH),
    "keras2_whole_bilstm": Case(_bilstm_stacked, reading="ids", suffix=".h5"),
    "keras2_whole_gru_masked": Case(_gru_masked, reading="ids", suffix=".h5"),
}


def main() -> None:
    """Writes the models of this version of Keras into one archive, their answers into another, and facts as JSON."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    texts = made_up_texts(SEED, TEXTS)
    name = "keras2" if KERAS_2 else "keras3"
    answers, facts = {}, {}
    with zipfile.ZipFile(FOLDER / f"{name}_models.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (case_name, case) in enumerate((CASES_2 if KERAS_2 else CASES).items()):
            file, answers[case_name], facts[case_name] = _save(case_name, case, texts, number)
            # A fixed date: the same models are the same archive.
            archive.writestr(zipfile.ZipInfo(case_name + case.suffix), file, zipfile.ZIP_DEFLATED, 9)
    np.savez_compressed(FOLDER / f"{name}_answers.npz", **answers)
    about = {
        "versions": {"keras": keras.__version__, "tensorflow": tf.__version__},
        "seed": SEED,
        "texts": TEXTS,
        "pad_to": PAD_TO,
        "cases": facts,
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(about, indent=1, ensure_ascii=True) + "\n", encoding="ascii")


def _save(name: str, case: Case, texts: list[str], number: int) -> tuple[bytes, Any, dict[str, Any]]:
    """The bytes of the model's file, its answers to the texts, and facts for the test."""
    keras.utils.set_random_seed(SEED + number)
    vectorization = layers.TextVectorization(max_tokens=MAX_TOKENS, output_sequence_length=case.length)
    vectorization.adapt(texts[:500])
    vocabulary = vectorization.get_vocabulary()
    if case.given:
        vectorization = layers.TextVectorization(output_sequence_length=case.length, vocabulary=vocabulary[2:])
    inside = case.reading != "ids"
    first = [keras.Input((1,), dtype="string"), vectorization] if inside else [keras.Input((None,), dtype="int32")]
    model = keras.Sequential([*first, *case.layers()])
    _randomise(model, np.random.default_rng(SEED + number))
    given = tf.constant([[text] for text in texts]) if inside else vectorization(texts)
    if case.reading == "alone":
        answers = np.concatenate([model.predict_on_batch(given[k : k + 1]) for k in range(len(texts)) if texts[k]])
    else:
        answers = model.predict(given, batch_size=len(texts), verbose=0)
    model.compile("adam", "mse")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (name + case.suffix)
        model.save(path)
        data = path.read_bytes()
    facts = {"file": name + case.suffix, "reading": case.reading, "length": case.length}
    return data, answers.astype(np.float32), facts | ({} if inside else {"vocabulary": vocabulary})


def _randomise(model: Any, generator: np.random.Generator) -> None:
    """Weights with which answers differ from text to text; biases are not 0, which would hide an exchange of them."""
    model.set_weights(
        [
            generator.normal(0, 1.0 if weight.ndim == 2 else 0.3, weight.shape)
            if getattr(weight, "dtype", None) == np.float32
            else weight
            for weight in model.get_weights()
        ]
    )


if __name__ == "__main__":
    main()
