"""Rows held out that the model file keeps as examples, if asked for: few, short, and answered as they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from rows import make_rows
from training.runs import PLAIN, SHORT, TEXT

from recurra.bundle import read_bundle
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.split import hold_out
from recurra.errors import SettingsError
from recurra.presets import Recipe
from recurra.runtime import Model
from recurra.training.fit import RunOptions, fit
from recurra.training.run import CARD, MODEL

RECIPE = Recipe(text=TEXT, network=PLAIN, training=SHORT.replace(validation=0.25))


def test_held_out_rows_are_kept_with_the_models_answers_where_it_is_asked_for(tmp_path: Path) -> None:
    documents, labels = make_rows(200)
    folder = tmp_path / "run"
    fit(documents, labels, recipe=RECIPE, run=RunOptions(folder=folder, keep_examples=2))
    bundle = read_bundle(folder / MODEL)
    kept = bundle.record["examples"]
    assert [one["kind"] for one in kept].count("doubtful") == 2
    _, held = hold_out(EncodedLabels.of(labels), share=0.25, seed=SHORT.seed)
    own = {" ".join(filter(None, documents[place])): labels[place] for place in held}
    model = Model(bundle)
    card = (folder / CARD).read_text()
    assert f"{len(kept)} rows held out are kept in the model file with their texts" in card
    for one in kept:
        assert own[one["text"]] == one["label"]
        probabilities = model.predict_proba([one["text"]])[0]
        assert one["answer"] == bundle.labels.classes[probabilities.argmax()]
        assert one["probability"] == pytest.approx(float(probabilities.max()), abs=1e-5)
        assert one["kind"] == "doubtful" or (one["kind"] == "right") == (one["answer"] == one["label"])


def test_by_default_no_text_of_a_row_is_kept(tmp_path: Path) -> None:
    documents, labels = make_rows(60)
    fit(documents, labels, recipe=RECIPE, run=RunOptions(folder=tmp_path / "run"))
    assert "examples" not in read_bundle(tmp_path / "run" / MODEL).record
    assert "## Examples" not in (tmp_path / "run" / CARD).read_text()


@pytest.mark.parametrize("count", [-1, 11])
def test_the_number_is_bounded(count: int) -> None:
    with pytest.raises(SettingsError, match=f"{count} examples of each kind are to be kept"):
        RunOptions(keep_examples=count)
