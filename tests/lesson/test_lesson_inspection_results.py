"""Which text the lesson shows, and how far the gradient reaches: both against torch or a loop over words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from bundles import WORDS, make_bundle
from inspection.torch_steps import TorchSteps
from lesson_by_hand import answers_of, ids_of
from torch.nn import functional as F

from recurra.data.datasets import Dataset
from recurra.data.table import Table
from recurra.lesson import inspection_results
from recurra.lesson.inspection_results import gradient_flow_result, reading_result
from recurra.networks.initial import initial_weights
from recurra.runtime import Model

CLASSES = ("a", "b", "c")
LENGTHS = (3, 40, 9, 7, 12, 6, 8, 30, 5, 10, 11, 7, 9, 14, 6, 8)


def drawn(name: str, seed: int = 0, **network: Any) -> Any:
    """A network with random weights, large enough to change its mind."""
    return SimpleNamespace(preset=name, model=Model(make_bundle(seed=seed, scale=3, hidden=6, **network)))


def texts(seed: int) -> list[str]:
    generator = np.random.default_rng(seed)
    return [" ".join(generator.choice(WORDS, length)) for length in LENGTHS]


def data_of(documents: Sequence[str], labels: Sequence[str]) -> Any:
    table = Table([("", text) for text in documents], list(labels), "text", "title", "label", "made up")
    return SimpleNamespace(test=table)


def last_change(model: Model, text: str) -> int:
    """The number of words after which the answer is what it is at the end, each beginning answered by itself."""
    ids = ids_of(model, ("", text))
    answers = answers_of(model, [ids[: words + 1] for words in range(len(ids))]).argmax(axis=1).tolist()
    while len(answers) > 1 and answers[-1] == answers[-2]:
        answers.pop()
    return len(answers)


@pytest.mark.parametrize("seed", range(6))
def test_the_first_right_answer_that_comes_late_is_shown(seed: int) -> None:
    one, documents = drawn("late", seed=seed, cell="gru"), texts(seed)
    final = [str(label) for label in one.model.predict(documents)]
    late = [
        place
        for place, text in enumerate(documents)
        if 6 <= LENGTHS[place] <= 30 and last_change(one.model, text) > LENGTHS[place] / 2
    ]
    assert len(late) > 1
    found = reading_result([one], data_of(documents, final))
    assert found["text"].strip() == documents[late[0]]
    assert (found["model"], found["label"]) == ("late", final[late[0]])
    # Answered wrongly, a document is passed over.
    labels = list(final)
    labels[late[0]] = next(label for label in CLASSES if label != final[late[0]])
    assert reading_result([one], data_of(documents, labels))["text"].strip() == documents[late[1]]
    # Where there is none, the first one is shown.
    nothing = [next(label for label in CLASSES if label != right) for right in final]
    assert reading_result([one], data_of(documents, nothing))["text"].strip() == documents[0]


def test_only_the_first_documents_are_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    one, documents = drawn("late", seed=1, cell="gru"), texts(1)
    final = [str(label) for label in one.model.predict(documents)]
    shown = reading_result([one], data_of(documents, final))["text"].strip()
    assert documents.index(shown) > 0
    monkeypatch.setattr(inspection_results, "LOOKED_AT", documents.index(shown))
    assert reading_result([one], data_of(documents, final))["text"].strip() == documents[0]


@pytest.mark.parametrize(
    ("networks", "chosen"),
    [
        ({"rnn": {"cell": "simple_rnn"}, "two": {"cell": "lstm", "bidirectional": True}}, "rnn"),
        ({"rnn": {"cell": "simple_rnn"}, "lstm": {"cell": "lstm", "masked": False}}, "lstm"),
        ({"lstm": {"cell": "lstm", "masked": False}, "gru": {"cell": "gru"}}, "gru"),
        ({"two": {"cell": "lstm", "bidirectional": True}}, "two"),
    ],
)
def test_a_network_of_one_direction_with_gates_and_a_mask_reads_it(
    networks: dict[str, dict[str, Any]], chosen: str
) -> None:
    found = reading_result([drawn(name, **network) for name, network in networks.items()], data_of(texts(0), "a" * 16))
    assert found["model"] == chosen
    gates = {"rnn": set(), "lstm": {"i", "f", "g", "o"}, "two": {"i", "f", "g", "o"}, "gru": {"z", "r", "h"}}[chosen]
    assert len(found["layers"]) == (2 if chosen == "two" else 1)
    assert all(gates <= set(layer["gates"]) for layer in found["layers"])
    assert "attribution" in found


def medians_of_torch(model: Model, data: Dataset, tensors: Any) -> list[float]:
    """Of the loss's gradient by the hidden state, by distance from the last step."""
    found = []
    for document, label in zip(data.test.documents, data.test.labels or (), strict=True):
        ids = ids_of(model, document)
        ids += [0] * ((model.bundle.pad_to or 0) - len(ids))
        steps = TorchSteps(model.bundle, tensors)
        logits = steps.logits(steps.vectors(ids).requires_grad_())
        F.cross_entropy(logits[None], torch.tensor([model.bundle.labels.classes.index(label)])).backward()
        norms = np.array([float(state.grad.norm()) for state in steps.hidden[0]])[::-1]
        found.append(norms / norms[0])
    reached = [[one[distance] for one in found if len(one) > distance] for distance in range(max(map(len, found)))]
    return [float(np.median(here)) for here in reached if len(here) >= len(found) / 2]


@pytest.mark.parametrize("name", ["gru", "unmasked"])
def test_the_gradients_way_back_is_torchs_before_and_after_training(name: str, trained: Any, tiny: Dataset) -> None:
    some = replace(tiny, test=tiny.test.take(range(20)))
    one = trained[name]
    flows = gradient_flow_result([one], some, seed=0)
    fresh = initial_weights(one.model.settings, rows=20_000, classes=2, seed=0)
    assert [(flow["name"], flow["when"], flow["documents"]) for flow in flows] == [
        (one.preset, "before training", 20),
        (one.preset, "after training", 20),
    ]
    for flow, tensors in zip(flows, (fresh, one.model.bundle.tensors), strict=True):
        assert flow["norm"] == pytest.approx(medians_of_torch(one.model, some, tensors), rel=1e-5, abs=1e-7)
    assert flows[0]["norm"] != flows[1]["norm"]


def test_a_network_after_the_other_on_so_many_documents(
    trained: Any, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection_results, "FLOW_DOCUMENTS", 12)
    names = ["lstm", "gru"]
    flows = gradient_flow_result([trained[name] for name in names], tiny, seed=0)
    assert [flow["name"] for flow in flows] == ["lesson/lstm"] * 2 + ["lesson/gru"] * 2
    assert {flow["documents"] for flow in flows} == {12}
