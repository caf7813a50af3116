"""Reading word by word: the answers after every prefix, and what each word changes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from bundles import WORDS, make_bundle
from hypothesis import given
from hypothesis import strategies as st
from plain_oracle import probabilities as oracle

from recurra.cells import CELLS
from recurra.runtime import Model
from recurra.runtime.compiled_network import CompiledNetwork

TEXT = "the team wins a late match in Rome again oil zzz prices"
POOLINGS = [("last",), ("max",), ("mean",), ("attention",), ("mean", "last", "attention", "max")]
any_text = st.lists(st.sampled_from([*WORDS, "unknown"]), max_size=12).map(" ".join)


def centred(probabilities: np.ndarray) -> np.ndarray:
    """Logits less their mean: the logarithm of softmax gives them back."""
    logs = np.log(probabilities.astype(np.float64))
    return logs - logs.mean(axis=-1, keepdims=True)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("pooling", POOLINGS)
def test_every_prefix_is_answered_as_predict_proba_and_the_formulas_answer_it(
    cell: str, pooling: tuple[str, ...]
) -> None:
    words = TEXT.split()
    for both, masked, layers in itertools.product([False, True], [False, True], [1, 3]):
        bundle = make_bundle(
            cell=cell, bidirectional=both, masked=masked, pooling=pooling, layers=layers, hidden=5, pad_to=7
        )
        model = Model(bundle)
        reading = model.read(TEXT)
        prefixes = [" ".join(words[:k]) for k in range(len(words) + 1)]
        rows = np.concatenate([reading.start[None], reading.probabilities])
        np.testing.assert_allclose(rows, model.predict_proba(prefixes), atol=1e-5)
        ids = bundle.pipeline.encode([TEXT])[0].tolist()
        by_hand = [oracle(ids[:k], bundle.network, bundle.pad_to, bundle.tensors) for k in range(len(words) + 1)]
        np.testing.assert_allclose(rows, by_hand, atol=1e-5)
        assert reading.probabilities.dtype == reading.evidence.dtype == np.float32


@pytest.mark.parametrize("masked", [True, False])
def test_one_direction_reads_in_one_pass_and_evidence_is_the_change_of_the_logits(masked: bool) -> None:
    reading = Model(make_bundle(cell="gru", masked=masked, scale=2, pad_to=6)).read(TEXT)
    rows = centred(np.concatenate([reading.start[None], reading.probabilities]))
    np.testing.assert_allclose(reading.evidence, np.diff(rows, axis=0), atol=1e-4)
    assert reading.exact
    assert reading.suffix_probabilities is None
    assert reading.method.startswith("one pass")
    assert ("pads" in reading.method) is not masked


def test_two_directions_read_prefixes_and_suffixes_and_say_so() -> None:
    model = Model(make_bundle(bidirectional=True, layers=2, scale=2))
    reading, words = model.read(TEXT), TEXT.split()
    assert not reading.exact
    assert reading.method.startswith("prefixes and suffixes")
    suffixes = model.predict_proba([" ".join(words[k:]) for k in range(len(words) + 1)])
    assert reading.suffix_probabilities is not None
    np.testing.assert_allclose(reading.suffix_probabilities, suffixes[:-1], atol=1e-6)
    prefixes = model.predict_proba([" ".join(words[:k]) for k in range(len(words) + 1)])
    for t in range(len(words)):
        joins_prefix = centred(prefixes[t + 1]) - centred(prefixes[t])
        joins_suffix = centred(suffixes[t]) - centred(suffixes[t + 1])
        np.testing.assert_allclose(reading.evidence[t], (joins_prefix + joins_suffix) / 2, atol=1e-4)


@given(any_text, st.sampled_from(list(CELLS)), st.booleans(), st.booleans(), st.integers(0, 99))
def test_evidence_leads_from_the_start_to_the_answer(text: str, cell: str, both: bool, masked: bool, seed: int) -> None:
    reading = Model(make_bundle(cell=cell, bidirectional=both, masked=masked, seed=seed)).read(text)
    last = reading.probabilities[-1] if reading.tokens else reading.start
    np.testing.assert_allclose(reading.evidence.sum(axis=0), centred(last) - centred(reading.start), atol=1e-4)
    np.testing.assert_allclose(reading.evidence.sum(axis=1), 0, atol=1e-5)
    assert reading.known.tolist() == [token in WORDS for token in reading.tokens]


@given(st.integers(1, 60), st.integers(1, 4))
def test_the_layers_of_a_long_text_are_those_of_each_token(tokens: int, pad_to: int) -> None:
    model = Model(make_bundle(cell="gru", masked=False, bidirectional=True, layers=2, pad_to=10 * pad_to))
    reading = model.read(" ".join(itertools.islice(itertools.cycle(WORDS), tokens)), gates=True)
    assert [(one.layer, one.direction) for one in reading.layers] == [
        (0, "forward"), (0, "backward"), (1, "forward"), (1, "backward"),
    ]  # fmt: skip
    assert {one.h.shape for one in reading.layers} == {(tokens, 4)}
    assert {gate.shape for one in reading.layers for gate in one.gates.values()} == {(tokens, 4)}
    assert model.read("oil").layers == ()


@pytest.mark.parametrize("pooling", POOLINGS)
def test_attention_that_is_very_sure_stays_finite(pooling: tuple[str, ...]) -> None:
    bundle = make_bundle(pooling=pooling, scale=3)
    if "attention" in pooling:
        bundle.tensors["attention.v"] *= 400
    model, words = Model(bundle), TEXT.split()
    prefixes = model.predict_proba([" ".join(words[: k + 1]) for k in range(len(words))])
    np.testing.assert_allclose(model.read(TEXT).probabilities, prefixes, atol=1e-5)


def test_two_directions_are_not_read_in_one_pass() -> None:
    bundle = make_bundle(bidirectional=True)
    with pytest.raises(ValueError, match="two directions"):
        CompiledNetwork(bundle.network, bundle.tensors, pad_to=None).step_logits(np.array([2, 3], dtype=np.int32))


def test_a_notebook_shows_evidence_and_the_top_labels_after_each_word() -> None:
    reading = Model(make_bundle()).read("team <b>oil</b>")
    assert reading.classes == Model(make_bundle()).bundle.labels.classes
    top = np.argsort(-reading.probabilities[-1], kind="stable")[:3]
    page = ElementTree.fromstring(reading._repr_html_())  # noqa: S314 - our own
    cells = [["".join(cell.itertext()) for cell in row] for row in page.iter("tr")]
    after = [reading.start, *reading.probabilities]
    marked = [word if word in WORDS else f"{word} *" for word in reading.tokens]
    evidence = reading.evidence[:, top[0]]
    names = [str(reading.classes[column]) for column in top]
    assert cells == [
        ["after", f"evidence for {names[0]}", *names],
        *(
            [word, number, *(f"{p[column]:.3f}" for column in top)]
            for word, number, p in zip(
                ["nothing read", *marked], ["", *(f"{number:+.2f}" for number in evidence)], after, strict=True
            )
        ),
    ]
    strongest = int(np.abs(evidence).argmax())
    tints = [cell.get("style") for cell in page.iter("td") if cell.get("style")]
    colour = "86, 180, 233" if evidence[strongest] > 0 else "230, 159, 0"
    assert tints[strongest] == f"background-color: rgba({colour}, 0.70)"
    odd = replace(reading, tokens=["<b>", *reading.tokens[1:]], classes=("<i>",) * reading.probabilities.shape[1])
    assert "<code>&lt;b&gt;</code>" in odd._repr_html_()
    assert "<th>&lt;i&gt;</th>" in odd._repr_html_()
    assert "evidence for &lt;i&gt;" in odd._repr_html_()


def test_a_terminal_shows_the_top_labels_and_the_strongest_words() -> None:
    reading = replace(
        Model(make_bundle()).read("team oil"),
        probabilities=np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]], dtype=np.float32),
        evidence=np.array([[0, 0.5, 0], [0, -1.25, 0]], dtype=np.float32),
        classes=("a", "b", "c"),
    )
    assert repr(reading).splitlines() == [
        "Reading: 2 tokens",
        "  label  probability",
        "  b      0.750",
        "  a      0.125",
        "  c      0.125",
        "  most evidence for or against b: oil -1.25, team +0.50",
    ]
    assert repr(Model(make_bundle()).read("")).startswith("Reading: 0 tokens")


def test_a_notebook_marks_words_that_the_vocabulary_lacks() -> None:
    reading = Model(make_bundle()).read(f"{WORDS[0]} zzz")
    assert reading.known.tolist() == [True, False]
    shown = reading._repr_html_()
    assert f"<code>{WORDS[0]}</code></td>" in shown
    assert "<code>zzz</code> *</td>" in shown
    assert "<caption>* not in the vocabulary</caption>" in shown
