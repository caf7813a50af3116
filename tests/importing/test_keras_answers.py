"""Models that Keras saved answer here as they do there, to 1e-5, for 1,000 texts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archives import with_config

from recurra.bundle import write_bundle
from recurra.importing.model import import_model
from recurra.importing.options import ImportOptions
from recurra.runtime import load

TOLERANCE = 1e-5
# By the name of the case: the cell, layers, both directions, masked.
CASES = {
    "simple_rnn_fixed": ("simple_rnn", 1, False, False),
    "simple_rnn_masked": ("simple_rnn", 1, False, True),
    "gru_masked": ("gru", 1, False, True),
    "gru_reset_before": ("gru_reset_before", 2, False, True),
    "lstm_alone": ("lstm", 1, False, False),
    "bilstm_stacked": ("lstm", 2, True, True),
    "bigru_fixed": ("gru", 2, True, False),
    "several_labels": ("simple_rnn", 1, True, True),
    "without_biases": ("gru", 1, False, True),
    "whole_bilstm": ("lstm", 2, True, True),
    "whole_gru_reset_before": ("gru_reset_before", 2, False, True),
    "whole_lstm_padded": ("lstm", 1, False, False),
    "keras2_bilstm_stacked": ("lstm", 2, True, True),
    "keras2_bigru_fixed": ("gru", 2, True, False),
    "keras2_whole_bilstm": ("lstm", 2, True, True),
    "keras2_whole_gru_masked": ("gru", 1, False, True),
}


@pytest.mark.parametrize("name", CASES)
def test_answers_are_those_of_keras(name: str, keras_models: Callable[[str], Any], tmp_path: Path) -> None:
    keras = keras_models(name)
    vocabulary = None
    if keras.vocabulary is not None:
        # With the two special tokens in one file, without them in the other.
        vocabulary = tmp_path / "words.txt"
        tokens = keras.vocabulary[2:] if "bilstm" in name else keras.vocabulary
        vocabulary.write_text("\n".join(tokens) + "\n", encoding="utf-8", newline="\n")
    options = ImportOptions(vocabulary=vocabulary, pad_to=keras.pad_to)
    imported = import_model(keras.write(tmp_path), options)
    write_bundle(imported.bundle, tmp_path / "model.safetensors")
    network = imported.bundle.network
    assert (network.cell, network.layers, network.bidirectional, network.masked) == CASES[name]
    ours = load(tmp_path / "model.safetensors").predict_proba(keras.texts)
    # A sigmoid of one output is the second of two classes.
    ours = ours[:, 1:] if keras.answers.shape[1] == 1 else ours
    assert len(keras.texts) >= 980
    np.testing.assert_allclose(ours, keras.answers, rtol=0, atol=TOLERANCE)
    # Answers that are all alike would agree with anything.
    assert np.ptp(keras.answers, axis=0).min() > 0.1


def test_the_record_says_where_a_model_came_from(keras_models: Callable[[str], Any], tmp_path: Path) -> None:
    keras = keras_models("bilstm_stacked")
    imported = import_model(keras.write(tmp_path))
    assert imported.bundle.record == {
        "imported": {
            "format": "keras",
            "file": "bilstm_stacked.keras",
            "bytes": len(keras.data),
            "sha256": hashlib.sha256(keras.data).hexdigest(),
            "keras_version": "3.15.1",
        }
    }
    assert [tuple(layer) for layer in imported.layers] == [
        (imported.layers[0].name, "InputLayer", 0),
        (imported.layers[1].name, "TextVectorization", 0),
        (imported.layers[2].name, "Embedding", 210 * 6),
        (imported.layers[3].name, "SpatialDropout1D", 0),
        # Twice the kernel, the recurrent kernel and the bias of 4 units with 4 gates.
        (imported.layers[4].name, "Bidirectional", 2 * (6 * 16 + 4 * 16 + 16)),
        (imported.layers[5].name, "Dropout", 0),
        (imported.layers[6].name, "Bidirectional", 2 * (8 * 16 + 4 * 16 + 16)),
        (imported.layers[7].name, "Dropout", 0),
        ("classes", "Dense", 8 * 4 + 4),
    ]


def test_an_input_of_fixed_length_pads_and_cuts(keras_models: Callable[[str], Any], tmp_path: Path) -> None:
    def change(config: Any) -> None:
        given, _, *others = config["config"]["layers"]
        given["config"]["batch_shape"] = [None, 12]
        config["config"]["layers"] = [given, *others]

    keras, words = keras_models("simple_rnn_fixed"), tmp_path / "words.txt"
    words.write_text("ba\nke\n", encoding="utf-8")
    path = tmp_path / "model.keras"
    path.write_bytes(with_config(keras.data, change))
    imported = import_model(path, ImportOptions(vocabulary=words))
    assert (imported.bundle.pad_to, imported.bundle.text.max_tokens) == (12, 12)
    assert any("the first 12 tokens of a text are read" in note for note in imported.notes)


def test_several_labels_have_thresholds_and_two_classes_none(
    keras_models: Callable[[str], Any], tmp_path: Path
) -> None:
    several = import_model(keras_models("several_labels").write(tmp_path)).bundle
    assert several.task.name == "multi_label"
    assert several.thresholds is not None
    assert several.thresholds.tolist() == [0.5] * 3
    two = import_model(keras_models("gru_reset_before").write(tmp_path)).bundle
    assert (two.task.name, two.labels.classes) == ("single_label", (0, 1))
