"""What a linear branch adds to words and phrases, against sums that are written down n-gram by n-gram."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from branched import branch_logits, counted, make_branched

from recurra.bundle import Bundle
from recurra.inspection import attribution
from recurra.inspection.attribution import attribute, attributions
from recurra.inspection.branch_shares import branch_shares
from recurra.runtime import Model

DOCUMENTS = ["oil prices rise again", "the oil zzz prices rise rising", "again and again and again", "oil", "zzz", ""]
KINDS: list[dict[str, Any]] = [
    {"cell": "lstm"},
    {"cell": "gru", "bidirectional": True, "layers": 2},
    {"cell": "gru", "masked": False, "pad_to": 9},
    {"cell": "gru", "masked": False, "bidirectional": True, "subwords": 0},
    {"cell": "lstm", "tokens": "characters"},
    {"cell": "gru", "tokens": "characters", "bidirectional": True, "masked": False, "pooling": ("mean", "max")},
    {"cell": "lstm", "labels": ("a", "b", "c"), "thresholds": (0.5, 0.4, 0.6)},
    {"cell": "simple_rnn", "ngrams": 1},
    # The branch reads more of a document than the network.
    {"cell": "lstm", "max_tokens": 2, "branch_max_tokens": 4},
    {"cell": "gru", "bidirectional": True, "masked": False, "pad_to": 9, "max_tokens": 3, "branch_max_tokens": 100},
    {"cell": "gru", "tokens": "characters", "max_tokens": 5, "branch_max_tokens": 12},
]


def direction(bundle: Bundle, target: int) -> np.ndarray:
    """The score's gradient: a logit, less the mean of all where a text has one label."""
    chosen = np.eye(len(bundle.labels))[target]
    return chosen if "thresholds" in bundle.task.tensors else chosen - 1 / len(bundle.labels)


def split(bundle: Bundle, text: str) -> list[str | None]:
    return list(bundle.whole_pipeline.tokens(text))


def alone(bundle: Bundle) -> Bundle:
    return replace(bundle, branch=None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", DOCUMENTS)
def test_words_share_what_their_ngrams_and_subwords_add(kind: dict[str, Any], text: str) -> None:
    bundle = make_branched(**kind)
    words = split(bundle, text)
    expected, phrases, places = np.zeros((len(words), 3)), Counter[str](), Counter[str]()
    ways = direction(bundle, 1)
    for weight, inside, phrase in counted(bundle, words):
        for place in inside:
            expected[place] += weight / len(inside)
        if phrase is not None:
            phrases[phrase] += float(weight @ ways)  # type: ignore[assignment]
            places[phrase] += 1
    assert bundle.branch is not None
    joint = "" if bundle.text.tokens == "characters" else " "
    found = branch_shares(bundle.branch, bundle.open([text]), joint=joint)
    np.testing.assert_allclose(found.words, expected, atol=1e-9)
    np.testing.assert_allclose(found.logits, branch_logits(bundle, words), atol=1e-9)
    told = found.phrases(ways, top=1000)
    assert {one.text: one.count for one in told} == places
    assert {one.text: one.share for one in told} == pytest.approx(phrases, abs=1e-9)
    assert [abs(one.share) for one in told] == sorted((abs(one.share) for one in told), reverse=True)
    # The same as the branch itself says.
    np.testing.assert_allclose(found.logits, bundle.branch.logits(bundle.open([text]))[0], atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", DOCUMENTS)
def test_an_attribution_is_the_networks_and_the_branches(kind: dict[str, Any], text: str) -> None:
    bundle = make_branched(**kind)
    words, (found, plain) = split(bundle, text), (attribute(one, text, target=2) for one in (bundle, alone(bundle)))
    ways = direction(bundle, 2)
    # The network reads no more than its first words.
    of_network, occlusion = np.zeros(len(words)), np.zeros(len(words))
    of_network[: len(plain.occlusion)], occlusion[: len(plain.occlusion)] = plain.integrated_gradients, plain.occlusion
    of_branch = np.zeros(len(words))
    for weight, inside, _ in counted(bundle, words):
        of_branch[inside] += weight @ ways / len(inside)
    assert found.branch is not None
    assert plain.branch is None
    np.testing.assert_allclose(found.branch, of_branch, atol=1e-9)
    assert found.score == pytest.approx(plain.score + branch_logits(bundle, words) @ ways, abs=1e-9)
    assert found.baseline_score == plain.baseline_score
    np.testing.assert_allclose(found.integrated_gradients - of_branch, of_network, atol=5e-3)
    gap = found.score - found.baseline_score
    assert abs(found.integrated_gradients.sum() - gap) <= 0.01 * abs(gap) + 1e-9
    for place in range(len(words)):
        without = branch_logits(bundle, [None if at == place else word for at, word in enumerate(words)])
        lost = (branch_logits(bundle, words) - without) @ ways
        assert found.occlusion[place] == pytest.approx(occlusion[place] + lost, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_that_is_explained_is_the_whole_models(kind: dict[str, Any]) -> None:
    bundle = make_branched(**kind, scale=2)
    texts = [*DOCUMENTS, "in the match", "rome again", "prices", "team wins", "the late match in rome", "a late rise"]
    for text, row in zip(texts, Model(bundle).predict_proba(texts), strict=True):
        assert attribute(bundle, text).target == bundle.labels.classes[int(row.argmax())]
    # The branch changes some of the answers.
    assert any(attribute(bundle, text).target != attribute(alone(bundle), text).target for text in texts)


def test_little_memory_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = make_branched(cell="lstm")
    expected = attribute(bundle, DOCUMENTS[1]).occlusion
    monkeypatch.setattr(attribution, "PASS_NUMBERS", 1)
    np.testing.assert_allclose(attribute(bundle, DOCUMENTS[1]).occlusion, expected, rtol=1e-9)


def test_the_branch_is_known_from_the_first_result_on() -> None:
    bundle = make_branched(cell="gru", bidirectional=True, pooling=("max",), scale=2)
    *some, last = attributions(bundle, DOCUMENTS[0])
    assert last.branch is not None
    assert all(np.array_equal(one.branch, last.branch) for one in some if one.branch is not None)
    assert some[0].branch is not None
