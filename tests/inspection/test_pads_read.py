"""Whether an answer depends on the words when pads are read after them."""

from __future__ import annotations

import numpy as np
import pytest
from bundles import make_bundle

from recurra.inspection import read
from recurra.report.reading_sentences import pads_sentences, reading_sentences
from recurra.runtime import Model

TEXT = "oil prices rise"


def test_many_pads_make_a_network_of_small_weights_forget_the_words() -> None:
    model = Model(make_bundle(cell="simple_rnn", masked=False, scale=0.1, pad_to=60))
    found = read(model, TEXT, name="m")
    words = len(found["tokens"])
    alone, answers = np.array(found["start"]), np.array(found["probabilities"])
    assert found["pads"]["count"] == 60 - words
    assert found["pads"]["distance"] == pytest.approx(max(np.abs(answers - alone).sum(axis=1) / 2), abs=1e-6)
    assert not found["pads"]["words_matter"]
    (said,) = pads_sentences(found)
    assert said in reading_sentences(found)
    assert said.replace("\N{NO-BREAK SPACE}", " ").startswith(
        f"{60 - words} pads follow the {words} words, and the answer does not depend on the words"
    )


def test_few_pads_leave_the_words_their_weight() -> None:
    found = read(Model(make_bundle(cell="simple_rnn", masked=False, scale=2.0, pad_to=4)), TEXT, name="m")
    alone, answers = np.array(found["start"]), np.array(found["probabilities"])
    assert found["pads"]["distance"] == pytest.approx(max(np.abs(answers - alone).sum(axis=1) / 2), abs=1e-6)
    assert found["pads"]["words_matter"]
    assert pads_sentences(found) == []


def test_of_several_labels_the_largest_difference_counts() -> None:
    bundle = make_bundle(cell="simple_rnn", masked=False, scale=2.0, pad_to=4, thresholds=(0.5, 0.5, 0.5))
    found = read(Model(bundle), TEXT, name="m")
    differences = np.abs(np.array(found["probabilities"]) - np.array(found["start"]))
    assert found["pads"]["distance"] == pytest.approx(differences.max(), abs=1e-6)


@pytest.mark.parametrize(("masked", "text"), [(True, TEXT), (False, ""), (False, " ".join([TEXT] * 9))])
def test_without_pads_or_words_nothing_is_said(masked: bool, text: str) -> None:
    found = read(Model(make_bundle(cell="simple_rnn", masked=masked, pad_to=5)), text, name="m")
    assert "pads" not in found
    assert pads_sentences(found) == []
