"""What only a GPU can show; skipped elsewhere."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from recurra.batches import Ragged
from recurra.models.batch import Batch
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.presets import load_preset
from recurra.runtime import Model
from recurra.training.fit import fit
from recurra.training.run import RunOptions

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")

ROWS, CLASSES = 60, 3


@pytest.fixture(autouse=True)
def exact_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def documents() -> Ragged:
    generator = np.random.default_rng(3)
    return Ragged.from_lists([generator.integers(1, ROWS, n) for n in [7, 0, 1, 200, 33, 33, 2]])


def answer(
    settings: NetworkSettings, engine: str, device: str, dtype: torch.dtype
) -> tuple[torch.Tensor, torch.Tensor]:
    network = Network(settings, initial_weights(settings, rows=ROWS, classes=CLASSES, seed=1), engine=engine)
    network.place(device, seed=0)
    network.to(dtype)
    logits = network(Batch.of(documents(), device)).logits
    (logits * torch.arange(logits.numel(), device=device).view_as(logits)).sum().backward()
    gradients = torch.cat(
        [weight.grad.flatten() for weight in network.named_weights().values() if weight.grad is not None]
    )
    return logits.detach().double().cpu(), gradients.double().cpu()


@pytest.mark.parametrize(
    ("cell", "bidirectional", "layers", "engine"),
    list(itertools.product(["simple_rnn", "gru", "lstm"], [False, True], [1, 2], ["triton", "torch", "reference"])),
)
def test_cuda_equals_the_float64_reference(cell: str, bidirectional: bool, layers: int, engine: str) -> None:
    settings = NetworkSettings(
        cell=cell, bidirectional=bidirectional, layers=layers, hidden=32, embedding=24, pooling=("last", "max", "mean")
    )
    expected, expected_gradients = answer(settings, "reference", "cpu", torch.float64)
    logits, gradients = answer(settings, engine, "cuda", torch.float32)
    assert torch.linalg.norm(logits - expected) <= 1e-5 * torch.linalg.norm(expected)
    assert torch.linalg.norm(gradients - expected_gradients) <= 1e-4 * torch.linalg.norm(expected_gradients)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_network_learns_on_the_gpu_and_predicts_without_it(precision: str) -> None:
    generator = np.random.default_rng(0)
    words = [f"w{place}" for place in range(40)]
    labels = generator.integers(0, 2, 600).tolist()
    texts = [" ".join([*generator.choice(words, 12), ["left", "right"][label]]) for label in labels]
    preset = load_preset("default").with_options({"epochs": 6, "precision": precision})
    fitted = fit(texts, labels, recipe=preset, run=RunOptions(device="cuda"))
    assert fitted.validation is not None
    assert fitted.validation.accuracy > 0.95
    assert np.mean(Model(fitted.bundle).predict(texts) == np.array(labels)) > 0.95


def test_a_gpu_run_repeats_itself_closely() -> None:
    settings = load_preset("lesson/bilstm").with_options({"validation": 0.1})
    texts = [f"word{row % 7} word{row % 5} word{row % 3}" for row in range(200)]
    labels = [row % 2 for row in range(200)]
    runs = [fit(texts, labels, recipe=settings, run=RunOptions(device="cuda")) for _ in range(2)]
    for name, tensor in runs[0].bundle.tensors.items():
        np.testing.assert_allclose(tensor, runs[1].bundle.tensors[name], atol=1e-4, err_msg=name)
