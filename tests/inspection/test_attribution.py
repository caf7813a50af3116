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

from recurra.cells import CELLS
from recurra.errors import SettingsError
from recurra.inspection import attribution
from recurra.inspection.attribution import attribute, attributions
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


@pytest.mark.parametrize("layers", [1, 2])
def test_leaving_words_out_of_many_passes_is_leaving_them_out_of_one(
    monkeypatch: pytest.MonkeyPatch, layers: int
) -> None:
    """What lies before a word that is left out is read once for all; here a text for each number of words at once."""
    bundle = make_bundle(cell="lstm", bidirectional=True, layers=layers, pooling=("last", "mean", "max"))
    expected = attribute(bundle, TEXT).occlusion
    for numbers in (1, 1 << 9, 1 << 10):
        monkeypatch.setattr(attribution, "PASS_NUMBERS", numbers)
        np.testing.assert_allclose(attribute(bundle, TEXT).occlusion, expected, rtol=1e-9, atol=1e-12)


def test_a_text_of_a_thousand_words_takes_few_gradients() -> None:
    """Kinks of the maximum cost many halvings; what counts is that the words add up."""
    network: dict[str, Any] = {"cell": "lstm", "hidden": 64, "embedding": 64, "bidirectional": True}
    bundle = make_bundle(**network, pooling=("max", "mean"), scale=0.3)
    words = np.random.default_rng(0).choice(WORDS, 1000)
    for found in attributions(bundle, " ".join(words)):
        if np.isfinite(found.occlusion).any():
            break
    assert found.completeness_error < 0.01
    # Some 20 ms of a processor each.
    assert found.steps <= 400


def test_what_is_known_meanwhile_gets_better() -> None:
    bundle = make_bundle(cell="gru", bidirectional=True, pooling=("max",), scale=2)
    *some, last = attributions(bundle, TEXT)
    assert some[0].steps == 8
    assert np.isnan(some[0].occlusion).all()
    assert np.isfinite(last.occlusion).all()
    assert last.completeness_error <= some[0].completeness_error
    np.testing.assert_array_equal(last.integrated_gradients, attribute(bundle, TEXT).integrated_gradients)


def test_a_class_is_named_or_numbered() -> None:
    named, numbered = make_bundle(), make_bundle(labels=(1, 2, 3))
    by_number = attribute(named, TEXT, target=1)
    assert by_number.target == "b"
    for bundle, target in (
        (named, "b"),
        (named, np.str_("b")),
        (named, np.int64(1)),
        (numbered, 2),
        (numbered, np.int64(2)),
    ):
        found = attribute(bundle, TEXT, target=target)
        assert found.target == bundle.labels.classes[1]
        np.testing.assert_array_equal(found.integrated_gradients, by_number.integrated_gradients)


@pytest.mark.parametrize(
    ("labels", "target"),
    [(("a", "b", "c"), one) for one in (3, -1, "d", True, 0.5, np.int64(7), [0])] + [((1, 2, 3), 0), ((1, 2, 3), 4)],
)
def test_what_is_no_class_is_named_with_the_classes(labels: Any, target: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        attribute(make_bundle(labels=labels), TEXT, target=target)
    shown = target.item() if isinstance(target, np.generic) else target
    classes = ", ".join(map(repr, labels))
    assert str(caught.value) == f"The target is {shown!r}, which is no class. Give one of {classes}."
