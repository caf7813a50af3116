"""Integrated gradients and occlusion: complete, equal to torch's, and what the formulas say where they are short."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from bundles import WORDS, make_bundle
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_steps import TorchSteps

from recurra.inspection import attribution
from recurra.inspection.attribution import attribute
from recurra.recurrence.cells import CELLS
from recurra.runtime import Model

TEXT = "the team wins a late match in Rome again oil zzz prices"
any_text = st.lists(st.sampled_from([*WORDS, "unknown"]), max_size=12).map(" ".join)


def score(logits: torch.Tensor, target: int) -> torch.Tensor:
    return logits[target] - logits.mean()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "network", [{"bidirectional": True, "layers": 2}, {"masked": False, "pooling": ("mean", "max")}]
)
def test_values_are_those_of_torch_with_many_steps(cell: str, network: dict[str, Any]) -> None:
    bundle, text = make_bundle(cell=cell, hidden=5, pad_to=9, **network), "the team wins in zzz oil"
    found = attribute(bundle, text)
    target, tokens = bundle.labels.classes.index(found.target), len(text.split())
    theirs = TorchSteps(bundle)
    ids = np.pad(bundle.pipeline.encode([text])[0], (0, max(0, (bundle.pad_to or 0) - tokens)))
    whole = theirs.vectors(ids)
    words = torch.arange(len(ids))[:, None] < tokens
    slopes, steps = torch.zeros(len(ids), dtype=torch.float64), 400
    for step in range(steps):
        share = torch.where(words, torch.tensor((step + 0.5) / steps, dtype=torch.float64), 1.0)
        vectors = (whole * share).requires_grad_()
        score(theirs.logits(vectors), target).backward()
        slopes += (vectors.grad * whole).sum(dim=1) / steps
    np.testing.assert_allclose(found.integrated_gradients, slopes[:tokens], atol=2e-3 * abs(found.score) + 1e-3)
    complete = float(score(theirs.logits(whole), target))
    for t in range(tokens):
        without = whole.clone()
        without[t] = 0
        assert found.occlusion[t] == pytest.approx(complete - float(score(theirs.logits(without), target)), abs=1e-9)
    assert found.score == pytest.approx(complete, abs=1e-9)
    assert found.baseline_score == pytest.approx(float(score(theirs.logits(whole * ~words), target)), abs=1e-9)


@settings(max_examples=30)
@given(any_text, st.sampled_from(list(CELLS)), st.booleans(), st.booleans(), st.integers(0, 99))
def test_the_words_add_up_to_the_score(text: str, cell: str, both: bool, masked: bool, seed: int) -> None:
    found = attribute(make_bundle(cell=cell, bidirectional=both, masked=masked, seed=seed, scale=1), text)
    gap = found.score - found.baseline_score
    assert abs(found.integrated_gradients.sum() - gap) <= 0.01 * abs(gap) + 1e-9
    if gap:
        assert found.completeness_error == pytest.approx(abs(found.integrated_gradients.sum() - gap) / abs(gap))


def test_one_word_gets_everything_and_occlusion_agrees() -> None:
    """With a single word, taking it out leads to the baseline."""
    found = attribute(make_bundle(cell="simple_rnn"), "oil")
    gap = found.score - found.baseline_score
    assert found.occlusion[0] == pytest.approx(gap, rel=1e-12)
    assert found.integrated_gradients[0] == pytest.approx(gap, rel=2e-3)


def test_a_word_without_a_vector_adds_nothing() -> None:
    bundle = make_bundle(scale=1)
    bundle.tensors["embedding"][2 + WORDS.index("the")] = 0
    found = attribute(bundle, "oil the prices")
    assert found.integrated_gradients[1] == 0
    assert found.occlusion[1] == 0
    assert found.integrated_gradients[0] != 0


def test_the_target_is_the_answer_or_the_class_asked_for() -> None:
    bundle = make_bundle(scale=1)
    assert attribute(bundle, TEXT).target == Model(bundle).predict([TEXT])[0]
    every = [attribute(bundle, TEXT, target=number) for number in range(3)]
    assert [one.target for one in every] == ["a", "b", "c"]
    # Scores are logits less their mean, so that over all classes nothing is left.
    np.testing.assert_allclose(sum(one.occlusion for one in every), 0, atol=1e-12)
    assert sum(one.score for one in every) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("text", ["", " ,,, "])
def test_no_words_have_no_values(text: str) -> None:
    found = attribute(make_bundle(masked=False), text)
    assert found.integrated_gradients.shape == found.occlusion.shape == (0,)
    assert found.completeness_error == 0
    assert found.score == found.baseline_score


def test_refining_ends_and_says_what_error_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution, "MOST_STEPS", 8)
    monkeypatch.setattr(attribution, "NODES", np.array([0.0]))
    monkeypatch.setattr(attribution, "WEIGHTS", np.array([2.0]))
    monkeypatch.setattr(attribution, "COARSE", np.array([2.0]))
    found = attribute(make_bundle(cell="lstm", scale=3), TEXT)
    gap = found.score - found.baseline_score
    assert found.steps <= 8
    assert found.completeness_error > 0.01
    assert found.completeness_error == pytest.approx(abs(found.integrated_gradients.sum() - gap) / abs(gap))


def test_little_memory_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = make_bundle(bidirectional=True, layers=2)
    expected = attribute(bundle, TEXT)
    monkeypatch.setattr(attribution, "PASS_NUMBERS", 1)
    found = attribute(bundle, TEXT)
    np.testing.assert_allclose(found.integrated_gradients, expected.integrated_gradients, rtol=1e-9)
    np.testing.assert_allclose(found.occlusion, expected.occlusion, rtol=1e-9)
