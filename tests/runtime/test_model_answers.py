"""What a model answers: nothing where it is not sure enough, and several labels or none where it was made for that."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from bundles import make_bundle

from recurra.errors import SettingsError
from recurra.runtime import Model

TEXTS = ["oil prices rise again", "the team wins", "", "a late match in rome and the team wins oil", "rome"] * 4
THRESHOLDS = (0.5, 0.45, 0.6)


def several(**network: object) -> Model:
    return Model(make_bundle(thresholds=THRESHOLDS, seed=3, scale=1.5, **network))


@pytest.mark.parametrize("labels", [("a", "b", "c"), (1, 2, 3), (0.5, 1.5, 2.5)])
def test_what_is_less_probable_than_asked_for_gets_no_answer(labels: tuple[object, ...]) -> None:
    model = Model(make_bundle(labels=labels))
    top = model.predict_proba(TEXTS).max(axis=1)
    below = float(np.median(top))
    found, plain = model.predict(TEXTS, abstain_below=below), model.predict(TEXTS)
    assert found.dtype == object
    assert [one is None for one in found] == (top < np.float32(below)).tolist()
    assert any(one is None for one in found)
    assert [one for one in found if one is not None] == plain[top >= np.float32(below)].tolist()
    assert plain.dtype != object


@pytest.mark.parametrize("below", [0.0, 1.5, float("nan")])
def test_what_is_no_probability_is_refused(below: float) -> None:
    with pytest.raises(SettingsError, match="abstain_below"):
        Model(make_bundle()).predict(TEXTS, abstain_below=below)


@pytest.mark.parametrize("network", [{}, {"bidirectional": True, "pooling": ("max", "mean")}, {"masked": False}])
def test_labels_have_probabilities_of_their_own(network: dict[str, object]) -> None:
    model, one = several(**network), Model(make_bundle(seed=3, scale=1.5, **network))
    p = model.predict_proba(TEXTS)
    logits = one._network.logits(one.bundle.pipeline.encode(TEXTS)).astype(float)
    np.testing.assert_allclose(p, 1 / (1 + np.exp(-logits)), rtol=1e-5, atol=1e-7)
    assert np.abs(p.sum(axis=1) - 1).max() > 0.1
    found = model.predict(TEXTS)
    assert found.shape == (len(TEXTS),)
    for row, labels in zip(p, found, strict=True):
        assert labels == [name for name, q, t in zip("abc", row, np.float32(THRESHOLDS), strict=True) if q >= t]


def test_lists_as_long_as_each_other_stay_lists() -> None:
    model = Model(make_bundle(thresholds=(1e-6, 1e-6, 1e-6)))
    found = model.predict(["oil", "team"])
    assert found.shape == (2,)
    assert found.tolist() == [["a", "b", "c"]] * 2


@pytest.mark.parametrize("network", [{}, {"bidirectional": True}, {"masked": False, "cell": "simple_rnn"}])
def test_reading_leads_from_the_start_to_the_answer(network: dict[str, object]) -> None:
    model = several(**network)
    text = "oil prices rise again and the team wins"
    reading = model.read(text)
    np.testing.assert_allclose(reading.probabilities[-1], model.predict_proba([text])[0], atol=1e-6)
    np.testing.assert_allclose(reading.start, model.predict_proba([""])[0], atol=1e-6)
    ends = [np.log(p.astype(float) / (1 - p.astype(float))) for p in (reading.start, reading.probabilities[-1])]
    # The evidence of each label is of its own logit: nothing is taken off.
    if not model.settings.bidirectional:
        np.testing.assert_allclose(reading.evidence.sum(axis=0), ends[1] - ends[0], atol=1e-4)
    assert np.abs(reading.evidence.sum(axis=1)).max() > 1e-3


def test_abstaining_is_refused_and_the_info_tells_the_thresholds() -> None:
    model = several()
    with pytest.raises(SettingsError, match=r"abstain_below is 0\.5 for a model that gives several labels"):
        model.predict(TEXTS, abstain_below=0.5)
    assert model.info["thresholds"] == pytest.approx(THRESHOLDS)
    assert Model(make_bundle()).info["thresholds"] is None
    assert "output (sigmoid)" in model.summary()
    again = pickle.loads(pickle.dumps(model))  # noqa: S301 (our own)
    assert again.predict(TEXTS).tolist() == model.predict(TEXTS).tolist()
