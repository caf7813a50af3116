"""The shared JSON of a reading."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle

from recurra.bundle import write_bundle
from recurra.cells import CELLS, cell_named
from recurra.inspection.read import read
from recurra.runtime import Model

TEXT = "the team wins a zzz match"


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("both", [False, True])
def test_it_has_the_keys_that_others_rely_on(cell: str, both: bool) -> None:
    model = Model(make_bundle(cell=cell, bidirectional=both, layers=2))
    found = json.loads(json.dumps(read(model, TEXT, name="m", gates=True, attribution=True), allow_nan=False))
    assert (found["model"], found["text"], found["labels"], found["exact"]) == ("m", TEXT, ["a", "b", "c"], not both)
    assert [token["text"] for token in found["tokens"]] == TEXT.split()
    assert [token["known"] for token in found["tokens"]] == [True, True, True, True, False, True]
    reading = model.read(TEXT, gates=True)
    for key in ("start", "probabilities", "evidence"):
        np.testing.assert_allclose(found[key], getattr(reading, key), atol=1e-6)
    assert (found["suffix_probabilities"] is None) is not both
    assert found["label"] == model.predict([TEXT])[0]
    assert len(found["layers"]) == (4 if both else 2)
    for layer, trace in zip(found["layers"], reading.layers, strict=True):
        assert (layer["layer"], layer["direction"], layer["cell"]) == (trace.layer, trace.direction, cell)
        np.testing.assert_allclose(layer["h"], trace.h, atol=1e-6)
        assert (layer["c"] is not None) is cell_named(cell).cell_state
        assert list(layer["gates"]) == ([] if cell == "simple_rnn" else [gate.name for gate in cell_named(cell).gates])
        assert sorted(layer["order"]) == [0, 1, 2, 3]
        assert len(layer["roles"]) == 4
    why = found["attribution"]
    assert why["target"] == found["label"]
    assert len(why["integrated_gradients"]) == len(why["occlusion"]) == 6
    assert why["completeness_error"] < 0.01
    assert sum(why["integrated_gradients"]) == pytest.approx(why["score"] - why["baseline_score"], rel=0.01)


def test_layers_and_attribution_come_only_when_asked_for() -> None:
    found: Any = read(Model(make_bundle()), ("Oil prices", "rise"), name="m")
    assert not {"layers", "attribution"} & found.keys()
    assert found["text"] == "Oil prices rise"
    assert [token["text"] for token in found["tokens"]] == ["oil", "prices", "rise"]


def test_an_empty_text_has_the_answer_before_any_word() -> None:
    model = Model(make_bundle(bidirectional=True))
    found = read(model, "", name="m", gates=True, attribution=True)
    assert found["tokens"] == found["probabilities"] == found["evidence"] == []
    assert found["label"] == model.predict([""])[0]
    assert found["layers"][0]["h"] == []
    assert found["attribution"]["integrated_gradients"] == []


def test_it_needs_no_framework(tmp_path: Path) -> None:
    write_bundle(make_bundle(bidirectional=True, pooling=("attention",)), tmp_path / "m.safetensors")
    code = (
        "import sys, recurra; from recurra.inspection.read import read; "
        "read(recurra.load(sys.argv[1]), 'oil prices', name='m', gates=True, attribution=True); "
        "print(sorted({'torch', 'sklearn', 'pyarrow', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "m.safetensors")], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "[]"
