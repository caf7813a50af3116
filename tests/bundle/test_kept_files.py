"""Files that earlier code wrote: they must be read for good, and answer what they answered then.

benchmarks/kept_models.py says how each was made. Never make one again to let these tests pass.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

import recurra
from recurra.cli import main

FOLDER = Path(__file__).parents[1] / "fixtures" / "models"
ANSWERS: dict[str, Any] = json.loads((FOLDER / "answers.json").read_text())
DOCUMENTS = [tuple(one) if isinstance(one, list) else one for one in ANSWERS["documents"]]
MODELS = sorted(ANSWERS["models"])


@pytest.mark.parametrize("name", MODELS)
def test_it_answers_what_it_did(name: str) -> None:
    kept, model = ANSWERS["models"][name], recurra.load(FOLDER / f"{name}.safetensors")
    assert list(model.bundle.labels.classes) == kept["classes"]
    # 1 == 1.0 == True.
    assert list(map(type, model.bundle.labels.classes)) == list(map(type, kept["classes"]))
    found = model.predict_proba(DOCUMENTS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, kept["probabilities"], rtol=0, atol=1e-6)
    assert model.predict(DOCUMENTS).tolist() == kept["predicted"]


@pytest.mark.parametrize("name", MODELS)
def test_reading_it_word_by_word_ends_with_that_answer(name: str) -> None:
    model = recurra.load(FOLDER / f"{name}.safetensors")
    for document, answer in zip(DOCUMENTS, ANSWERS["models"][name]["probabilities"], strict=True):
        reading = model.read(document)
        last = reading.probabilities[-1] if reading.tokens else reading.start
        np.testing.assert_allclose(last, answer, rtol=0, atol=1e-6, err_msg=repr(document)[:60])


def test_every_kept_file_is_looked_at() -> None:
    assert {path.stem for path in FOLDER.glob("*.safetensors")} == {*MODELS, *ANSWERS["runs"]}


def test_there_is_a_file_of_every_kind() -> None:
    """One that was lost would not be missed otherwise; the metadata is read without Recurra."""
    kinds: dict[str, set[Any]] = {}
    for name in MODELS:
        with safe_open(FOLDER / f"{name}.safetensors", framework="np") as file:
            about = json.loads(file.metadata()["recurra"])
        for key, value in {"format": about["format"], **about["network"], **about["text"]}.items():
            kinds.setdefault(key, set()).update(value if isinstance(value, list) else [value])
    assert kinds["format"] == {1, 2, 3, 5, 6}
    assert kinds["cell"] == {"simple_rnn", "gru", "gru_reset_before", "lstm"}
    assert kinds["layers"] == {1, 2}
    assert kinds["pooling"] == {"last", "max", "mean", "attention"}
    assert kinds["input"] == {"embedding", "one_hot"}
    assert kinds["tokens"] == {"lesson", "words", "characters", "bytes"}
    assert kinds["field"] == {"all", "title"}
    for key in ("masked", "bidirectional", "fixed_rows"):
        assert kinds[key] == {False, True}


@pytest.mark.parametrize("name", sorted(ANSWERS["runs"]))
def test_a_kept_checkpoint_goes_on_or_is_refused_in_one_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, run = ANSWERS["runs"][name], tmp_path / "run"
    stopped = (FOLDER / f"{name}.safetensors").read_bytes()
    run.mkdir()
    (run / "checkpoint.safetensors").write_bytes(stopped)
    code = main(["train", str(FOLDER / f"{name}.csv"), *kept["options"], "--out", str(run), "--resume"])
    if code == 0:
        found = recurra.load(run / "model.safetensors").predict_proba(DOCUMENTS)
        # Some dozen steps of another processor's rounding lie between.
        np.testing.assert_allclose(found, kept["probabilities"], rtol=0, atol=1e-4)
        return
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.startswith("recurra: error: ")
    assert f"{run / 'checkpoint.safetensors'}" in err
    # It is left as it was, and nothing is beside it.
    assert [path.name for path in run.iterdir()] == ["checkpoint.safetensors"]
    assert (run / "checkpoint.safetensors").read_bytes() == stopped
