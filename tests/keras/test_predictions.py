"""From the same weights, our networks give Keras's probabilities: read alone, and with pads appended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from recurra.batches import Ragged
from recurra.bundle import Bundle, write_bundle
from recurra.models.network import Network
from recurra.presets import load_preset
from recurra.recurrence.engines import ENGINES
from recurra.runtime import load
from recurra.text import Labels, Vocabulary
from recurra.training.held_out import logits

MASKED = ["simple-rnn-masked", "gru", "bilstm"]
UNMASKED = ["simple-rnn-titles", "lstm"]
WAYS = ["file", *sorted(name for name, engine in ENGINES.items() if engine.device in (None, "cpu"))]
# Float32 sums in another order.
TOLERANCE = 1e-5

Floats = npt.NDArray[np.float32]
Answer = Callable[[str, str, Ragged, int | None], Floats]


@pytest.fixture
def answer(keras_run: Callable[[str], Any], tmp_path: Path) -> Answer:
    """Probabilities of documents by a preset's final weights, computed by an engine or from a model file."""

    def compute(preset: str, way: str, documents: Ragged, pad_to: int | None) -> Floats:
        recipe, run = load_preset(f"lesson/{preset}"), keras_run(preset)
        if way != "file":
            network = Network(recipe.network, run.end, engine=way)
            return torch.softmax(logits(network, documents, pad_to=pad_to), dim=1).numpy()
        bundle = Bundle(
            text=recipe.text.replace(vocabulary_size=run.rows, first_words=None),
            network=recipe.network,
            vocabulary=Vocabulary(tuple(f"w{i}" for i in range(2, run.rows))),
            labels=Labels(tuple("abcd")),
            pad_to=pad_to,
            tensors=run.end,
            record={},
        )
        write_bundle(bundle, tmp_path / "model.safetensors")
        # Id 1 is any word that is not in the vocabulary, and w1 is not.
        texts = [" ".join(f"w{i}" for i in documents[k]) for k in range(len(documents))]
        return load(tmp_path / "model.safetensors").predict_proba(texts)

    return compute


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("preset", MASKED)
def test_masked_models_answer_as_keras_does_with_any_padding(
    keras_run: Callable[[str], Any], answer: Answer, preset: str, way: str
) -> None:
    run = keras_run(preset)
    ours = answer(preset, way, run.predicted, None)
    np.testing.assert_allclose(ours, run.alone, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(ours, run.padded, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("preset", UNMASKED)
def test_unmasked_models_answer_as_keras_does_without_pads(
    keras_run: Callable[[str], Any], answer: Answer, preset: str, way: str
) -> None:
    run = keras_run(preset)
    not_empty = run.predicted.take(np.arange(len(run.alone)))
    ours = answer(preset, way, not_empty, 0)
    np.testing.assert_allclose(ours, run.alone, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("preset", UNMASKED)
def test_unmasked_models_answer_as_keras_does_with_pads_up_to_a_fixed_length(
    keras_run: Callable[[str], Any], answer: Answer, preset: str, way: str
) -> None:
    run = keras_run(preset)
    ours = answer(preset, way, run.predicted, run.pad_to)
    np.testing.assert_allclose(ours, run.padded, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("preset", MASKED + UNMASKED)
def test_the_documents_differ_and_pads_matter_where_they_should(keras_run: Callable[[str], Any], preset: str) -> None:
    run = keras_run(preset)
    assert (run.predicted.lengths[-1], run.predicted.lengths.min(), run.predicted.lengths[0]) == (0, 0, 1)
    assert np.ptp(run.alone, axis=0).min() > 100 * TOLERANCE
    moved = np.abs(run.padded[: len(run.alone)] - run.alone).max()
    assert moved > 100 * TOLERANCE if preset in UNMASKED else moved < TOLERANCE
