"""A cell of one's own, from its file to what a trained model can say: each step of the walk in CONTRIBUTING."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import plain_oracle
import pytest
import torch
from bundles import make_bundle
from cells.own_cells import MGU, OWN
from inspection.state_loops import pooled, softmax, states
from rows import make_rows

import recurra
from recurra.batches import Ragged
from recurra.bundle import int8_bundle, write_bundle
from recurra.cells import CELLS, Cell, Gate
from recurra.cli import main
from recurra.errors import ModelFileError, SettingsError
from recurra.inspection import flags
from recurra.inspection.ablation import Unit, ablate, mean_states
from recurra.inspection.attribution import attribute
from recurra.inspection.read import read
from recurra.recurrence.engines import ENGINES, engine_for
from recurra.report.reading_pictures import layer_pictures
from recurra.runtime import Model
from recurra.runtime.compiled_network import inference_network

pytestmark = pytest.mark.usefixtures("own_cells")
NAMES = [cell.name for cell in OWN]
DOCUMENTS = [[2, 3, 4, 5, 6, 7, 8], [9, 2], [], [14, 13, 12, 3], [5]]


def trained(cell: str, *, engine: str = "auto", **options: Any) -> recurra.TextClassifier:
    pairs, topics = make_rows(64)
    options = {
        "cell": cell,
        "hidden": 8,
        "embedding": 8,
        "bidirectional": False,
        "dropout": 0.0,
        "patience": 0,
    } | options
    classifier = recurra.TextClassifier(options=options, epochs=8, batch_size=8, learning_rate=0.05, engine=engine)
    return classifier.fit([text for _, text in pairs], topics)


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_walk(name: str, tmp_path: Path) -> None:
    classifier = trained(name)
    pairs, topics = make_rows(40, seed=1)
    texts = [text for _, text in pairs]
    assert classifier.score(texts, topics) > 0.9
    path = tmp_path / "own.safetensors"
    classifier.save(path)

    # In another process, which knows the cell only where its file is imported.
    program = (
        "import json, sys; sys.path.insert(0, {tests!r}); import recurra; {first}\n"
        "model = recurra.load({path!r}); print(json.dumps(model.predict_proba({texts!r}).tolist()))\n"
        "assert 'torch' not in sys.modules"
    )
    values = {"tests": str(Path(__file__).parents[1]), "path": str(path), "texts": texts}
    registers = program.format(first="from cells.own_cells import register_both; register_both()", **values)
    ended = subprocess.run([sys.executable, "-c", registers], capture_output=True, text=True, check=True)
    elsewhere = np.array(json.loads(ended.stdout.splitlines()[-1]), dtype=np.float32)
    model = recurra.load(path)
    np.testing.assert_array_equal(elsewhere, model.predict_proba(texts))
    ended = subprocess.run([sys.executable, "-c", program.format(first="", **values)], capture_output=True, text=True)
    assert ended.returncode == 1
    assert f"There is no cell '{name}'" in ended.stderr.splitlines()[-1]
    assert "recurra.cells.register" in ended.stderr.splitlines()[-1]

    reading = read(model, texts[0], name="own", gates=True, attribution=True)
    np.testing.assert_allclose(reading["probabilities"][-1], model.predict_proba([texts[0]])[0], atol=1e-4)
    (layer,) = reading["layers"]
    assert list(layer["gates"]) == [gate.name for gate in CELLS[name].gates]
    gate = np.array(layer["gates"][CELLS[name].gates[0].name])
    assert ((gate > 0) & (gate < 1)).all()
    assert abs(reading["attribution"]["completeness_error"]) < 0.01

    found = flags(model, recurra.read_table(write(tmp_path / "rows.csv", pairs, topics)), name="own", units=2)
    assert len(found.units) == 2
    assert {flag.unit.layer for flag in found.units} == {0}


@pytest.mark.parametrize(("name", "title"), [("mgu", "MGU"), ("t_rnn", "T-RNN")])
def test_it_is_shown_and_stored_small(
    name: str, title: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Weights that take a state without a bound far past 1.
    bundle = make_bundle(cell=name, scale=3.0)
    reading = read(Model(bundle), "oil prices rise again", name="own", gates=True)
    (layer,) = reading["layers"]
    pictures = {picture.title for picture in layer_pictures(reading, layer, name="own")}
    assert "Forget gate f" in pictures
    largest = float(np.abs(layer["h"]).max())
    state = "Hidden state h" + (f", full colour at ±{largest:.2f}" if largest > 1 else "")
    assert state in pictures
    assert (largest > 1) is (name == "t_rnn")

    path, small = tmp_path / "own.safetensors", tmp_path / "small.safetensors"
    write_bundle(bundle, path)
    assert main(["inspect", str(path), "oil prices rise again", "--gates"]) == 0
    printed = capsys.readouterr().out
    assert f"from -{max(largest, 1):.3g} to {max(largest, 1):.3g}; mean gates: " in " ".join(printed.split())
    assert main(["info", str(path), "--card"]) == 0
    assert f"Text classifier: {title}\n" in capsys.readouterr().out
    write_bundle(int8_bundle(bundle), small)
    texts = ["oil prices rise", "the team wins a late match", ""]
    found, expected = recurra.load(small).predict_proba(texts), recurra.load(path).predict_proba(texts)
    np.testing.assert_allclose(found, expected, atol=0.05)


def write(path: Path, pairs: Any, topics: Any) -> Path:
    rows = [f'{topic},"{title}","{text}"' for (title, text), topic in zip(pairs, topics, strict=True)]
    path.write_text("\n".join(["label,title,description", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("pooling", [("last",), ("max", "mean"), ("attention", "last")], ids="+".join)
@pytest.mark.parametrize("network", [{}, {"masked": False}, {"layers": 2, "bidirectional": True}, {"input": "one_hot"}])
@pytest.mark.parametrize("name", [*NAMES, "lstm"])
def test_answers_are_the_formula_s_and_depend_on_no_other_document(
    name: str, network: dict[str, Any], pooling: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a built-in cell, too, which predicts in the same way where its kernels are taken away."""
    monkeypatch.setattr(type(CELLS[name]), "compiled", recurra.cells.CompiledForms())
    bundle = make_bundle(cell=name, pooling=pooling, **network)
    own = inference_network(bundle.network, bundle.tensors, pad_to=bundle.pad_to)
    together = own.probabilities(Ragged.from_lists(DOCUMENTS))
    expected = [plain_oracle.probabilities(ids, bundle.network, bundle.pad_to, bundle.tensors) for ids in DOCUMENTS]
    np.testing.assert_allclose(together, expected, atol=1e-7)
    alone = [own.probabilities(Ragged.from_lists([ids]))[0] for ids in DOCUMENTS]
    np.testing.assert_allclose(together, alone, atol=1e-7)
    if not bundle.network.bidirectional and bundle.network.masked:
        prefixes = [DOCUMENTS[0][: k + 1] for k in range(len(DOCUMENTS[0]))]
        steps = own.step_logits(np.array(DOCUMENTS[0], dtype=np.int32))
        np.testing.assert_allclose(steps, own.logits(Ragged.from_lists(prefixes)), atol=1e-6)


def test_several_labels_have_a_sigmoid_each() -> None:
    bundle = make_bundle(cell="mgu", thresholds=[0.5, 0.4, 0.3])
    own = inference_network(bundle.network, bundle.tensors, pad_to=None, task=bundle.task)
    ids = Ragged.from_lists(DOCUMENTS)
    np.testing.assert_allclose(own.probabilities(ids), 1 / (1 + np.exp(-own.logits(ids).astype(float))), atol=1e-6)
    assert Model(bundle).predict(["oil prices"]).shape == (1,)


@pytest.mark.parametrize("network", [{}, {"layers": 2, "bidirectional": True, "pooling": ("max", "mean")}])
@pytest.mark.parametrize("name", NAMES)
def test_an_ablated_unit_gives_its_mean(name: str, network: dict[str, Any]) -> None:
    bundle = make_bundle(cell=name, hidden=5, **network)
    ids, units = Ragged.from_lists([ids for ids in DOCUMENTS if ids]), [Unit(0, "forward", 2)]
    means = mean_states(bundle, ids)
    quiet = ablate(bundle, units, means)
    found = inference_network(quiet.network, quiet.tensors, pad_to=quiet.pad_to).probabilities(ids)
    held = {tuple(unit): float(means.states[unit.layer, unit.direction][unit.number]) for unit in units}
    if name == "mgu":
        # Its one gate stands open, and what the candidate reads of the unit passes it, too.
        prefix, tensors = "layers.0.forward", {key: array.copy() for key, array in bundle.tensors.items()}
        tensors[f"{prefix}.W_I"][:, 2] = tensors[f"{prefix}.W_H"][:, 2] = 0
        tensors[f"{prefix}.b"][2] = 40
        bundle = replace(bundle, tensors=tensors)
    expected = []
    for document in filter(None, DOCUMENTS):
        vector = pooled(states(document, bundle, held), bundle)
        if bundle.network.layers == 1:
            vector[2] = means.pooled[2]
        expected.append(softmax(vector, bundle))
    np.testing.assert_allclose(found, expected, atol=5e-6)


@pytest.mark.parametrize("name", NAMES)
def test_attribution_is_complete(name: str) -> None:
    bundle = make_bundle(cell=name, layers=2, bidirectional=True, hidden=6, scale=1.0)
    why = attribute(bundle, "oil prices rise again and the team wins a late match in rome")
    assert why.completeness_error < 0.01


@pytest.mark.parametrize("engine", ["numba", "torch", "triton"])
@pytest.mark.parametrize("name", NAMES)
def test_a_compiled_form_is_refused_in_one_line(name: str, engine: str) -> None:
    with pytest.raises(SettingsError, match=f"The {engine} engine does not compute the cell {name}") as refused:
        engine_for(engine, CELLS[name])
    assert "\n" not in str(refused.value)
    assert engine_for("auto", CELLS[name]) is ENGINES["reference"]
    with pytest.raises(SettingsError, match=f"The {engine} engine does not compute the cell {name}"):
        trained(name, engine=engine, hidden=2)


def test_weights_without_a_product_have_no_W_H_and_drop_none() -> None:
    assert not [name for name in make_bundle(cell="t_rnn", layers=2).tensors if name.endswith("W_H")]
    with pytest.raises(SettingsError, match=r"weight_drop is 0\.5 for the cell t_rnn, which has no recurrent weights"):
        make_bundle(cell="t_rnn", weight_drop=0.5)


def test_an_unknown_cell_in_a_file_says_what_to_register(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    trained("mgu", hidden=2).save(path)
    del CELLS["mgu"]
    try:
        with pytest.raises(ModelFileError, match="Register yours") as refused:
            recurra.load(path)
    finally:
        recurra.cells.register(MGU())
    assert "\n" not in str(refused.value)


class Nameless(MGU):
    name = ""


class Taken(MGU):
    name = "lstm"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (MGU, "<class 'cells.own_cells.MGU'> is no cell. Give an object of a class derived from recurra.cells.Cell."),
        (Nameless(), "The cell Nameless has no name. Declare name, title and gates in its class."),
        (Taken(), "The cell 'lstm' is built in. Register yours under another name."),
    ],
)
def test_what_cannot_be_registered_is_named(cell: Any, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        recurra.cells.register(cell)
    assert str(refused.value) == message


def test_a_new_version_takes_the_place_of_the_old() -> None:
    class Other(MGU):
        gates = (*MGU.gates[:1], Gate("h", "new content", candidate=True, held=20.0))

    recurra.cells.register(Other())
    assert isinstance(CELLS["mgu"], Other)
    assert isinstance(CELLS["mgu"], Cell)
    assert torch.is_tensor(
        CELLS["mgu"].step(torch, torch.ones(1, 4), recurra.cells.State(torch.ones(1, 2)), torch.ones(2, 4), None)[0][0]
    )


def test_a_name_of_before_works_for_a_release_and_warns() -> None:
    with pytest.warns(DeprecationWarning, match="Compiled is called CompiledForms now"):
        assert recurra.cells.Compiled is recurra.cells.CompiledForms
