"""Exported graphs in ONNX Runtime, against the model and against a network in float64."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from branched import make_branched
from bundles import make_bundle
from cells.own_cells import register_both

from recurra.bundle import Bundle, int8_bundle
from recurra.cells import CELLS, Cell, State, register
from recurra.errors import SettingsError
from recurra.export import odd_documents
from recurra.export.onnx_graph import METADATA_KEY, onnx_graph
from recurra.export.onnx_predictor import Classifier
from recurra.runtime import Model
from recurra.runtime.numpy_network import NumpyNetwork

BUILT_IN = tuple(CELLS)
TEXTS = (
    "", "oil", "zzz qqq", "oil prices rise again and the team wins", "the " * 50, "late match in rome",
    "rise rise oil prices rise oil oil prices",
)  # fmt: skip
POOLINGS = (("last",), ("mean", "max"), ("attention", "last"), ("max", "mean", "last", "attention"))


@pytest.fixture
def own_cells() -> Iterator[None]:
    register_both()
    yield
    for name in CELLS.keys() - set(BUILT_IN):
        del CELLS[name]


def answers(bundle: Bundle, texts: Any = TEXTS) -> Any:
    return Classifier(onnx_graph(bundle).SerializeToString()).predict_proba(texts)


def in_float64(bundle: Bundle, texts: Any = TEXTS) -> Any:
    network = NumpyNetwork(bundle.network, bundle.tensors, pad_to=bundle.pad_to, task=bundle.task)
    return network.probabilities(bundle.open(texts).closed)


@pytest.mark.parametrize("cell", BUILT_IN)
@pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (2, True)])
def test_every_cell_pooling_and_input(cell: str, layers: int, bidirectional: bool) -> None:
    shapes = itertools.product(POOLINGS, ("embedding", "one_hot"), (True, False))
    for place, (pooling, kind, masked) in enumerate(shapes):
        bundle = make_bundle(
            cell=cell, layers=layers, bidirectional=bidirectional, pooling=pooling, input=kind, masked=masked,
            pad_to=12 * (place % 3), seed=place,
        )  # fmt: skip
        for weights in (bundle, int8_bundle(bundle), int8_bundle(bundle, compact=True)):
            found = answers(weights)
            np.testing.assert_allclose(found, Model(weights).predict_proba(TEXTS), rtol=0, atol=1e-6)
            np.testing.assert_allclose(found, in_float64(weights), rtol=0, atol=1e-6)


@pytest.mark.usefixtures("own_cells")
@pytest.mark.parametrize("cell", ["mgu", "t_rnn"])
def test_a_cell_of_your_own_is_a_scan_over_its_step(cell: str) -> None:
    bundle = make_bundle(cell=cell, layers=2, bidirectional=True, pooling=("last", "max"))
    assert "Scan" in {node.op_type for node in onnx_graph(bundle).graph.node}
    np.testing.assert_allclose(answers(bundle), in_float64(bundle), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("cell", "operator"), [("simple_rnn", "RNN"), ("gru", "GRU"), ("gru_reset_before", "GRU"), ("lstm", "LSTM")]
)
def test_cells_that_onnx_has_are_its_operators(cell: str, operator: str) -> None:
    operators = {node.op_type for node in onnx_graph(make_bundle(cell=cell)).graph.node}
    assert operator in operators
    assert "Scan" not in operators


@pytest.mark.parametrize(
    "settings",
    [{}, {"tokens": "characters", "lowercase": True}, {"max_tokens": 3, "branch_max_tokens": 6}, {"max_tokens": 3},
     {"subwords": 0},     {"ngrams": 1, "subwords": 2}, {"masked": False, "pad_to": 9}, {"cell": "sru"}],
)  # fmt: skip
def test_the_linear_branch(settings: dict[str, Any]) -> None:
    bundle = make_branched(**settings)
    texts = (*TEXTS, *odd_documents(bundle.pipeline))
    for weights in (bundle, int8_bundle(bundle), int8_bundle(bundle, compact=True)):
        wanted = Model(weights).predict_proba(texts)
        np.testing.assert_allclose(answers(weights, texts), wanted, rtol=0, atol=2e-6)
        without = Model(replace(weights, branch=None)).predict_proba(texts)
        assert np.abs(wanted - without).max() > 0.1


def test_several_labels() -> None:
    bundle = make_bundle(thresholds=(0.2, 0.5, 0.8))
    classifier, model = Classifier(onnx_graph(bundle).SerializeToString()), Model(bundle)
    np.testing.assert_allclose(classifier.predict_proba(TEXTS), model.predict_proba(TEXTS), rtol=0, atol=1e-6)
    assert classifier.predict(TEXTS) == [list(labels) for labels in model.predict(TEXTS)]


def test_any_order_and_any_batch() -> None:
    classifier = Classifier(onnx_graph(make_branched(bidirectional=True)).SerializeToString())
    together = classifier.predict_proba(TEXTS)
    np.testing.assert_array_equal(classifier.predict_proba(TEXTS[::-1]), together[::-1])
    alone = np.concatenate([classifier.predict_proba([text]) for text in TEXTS])
    np.testing.assert_allclose(alone, together, rtol=0, atol=5e-7)
    assert classifier.predict_proba([]).shape == (0, 3)


@pytest.mark.parametrize("broken", ["gates", "length", "direction"])
def test_a_broken_graph_is_seen(broken: str) -> None:
    bundle = make_bundle(cell="lstm", bidirectional=True)
    graph = onnx_graph(bundle)
    if broken == "gates":
        for constant in graph.graph.initializer:
            if constant.name.endswith("W_I"):
                array = onnx.numpy_helper.to_array(constant)
                constant.CopyFrom(onnx.numpy_helper.from_array(np.roll(array, 4, axis=1), constant.name))
    for node in graph.graph.node:
        if node.op_type == "LSTM" and broken == "length":
            node.input[4] = ""
        if node.op_type == "LSTM" and broken == "direction":
            for place in (1, 2, 3):
                concat = next(one for one in graph.graph.node if one.output[0] == node.input[place])
                concat.input[:] = reversed(concat.input)
    found = Classifier(graph.SerializeToString()).predict_proba(TEXTS)
    assert np.abs(found - in_float64(bundle)).max() > 1e-3


def test_the_same_model_gives_the_same_bytes() -> None:
    data = [onnx_graph(make_branched(cell="gru")).SerializeToString(deterministic=True) for _ in range(2)]
    assert data[0] == data[1]


def test_int8_weights_are_stored_as_int8() -> None:
    bundle = int8_bundle(make_branched(cell="lstm"))
    stored = {one.name: one.data_type for one in onnx_graph(bundle).graph.initializer}
    for name in ("embedding", "layers.0.forward.W_I", "layers.0.forward.W_H", "branch.W", "branch.U"):
        assert stored[name] == onnx.TensorProto.INT8, name
    assert stored["W_O"] == onnx.TensorProto.FLOAT
    rnn = {one.name: one.data_type for one in onnx_graph(int8_bundle(make_bundle(cell="simple_rnn"))).graph.initializer}
    assert rnn["layers.0.forward.W_H"] == onnx.TensorProto.FLOAT


def test_nothing_is_left_over(capfd: pytest.CaptureFixture[str]) -> None:
    for pooling in POOLINGS:
        answers(make_bundle(cell="sru", pooling=pooling, bidirectional=True))
        answers(make_bundle(cell="lstm", pooling=pooling))
    # ONNX Runtime warns of constants that no node reads.
    assert capfd.readouterr().err == ""


def test_the_metadata_has_the_text_pipeline() -> None:
    bundle = make_branched(subwords=4, ngrams=3, max_tokens=7)
    graph = onnx_graph(bundle)
    values = json.loads({one.key: one.value for one in graph.metadata_props}[METADATA_KEY])
    assert values["labels"] == ["a", "b", "c"]
    assert values["vocabulary"] == list(bundle.vocabulary.tokens)
    assert values["text"] == {"tokens": "lesson", "field": "all", "first_words": 10, "max_tokens": 7}
    assert (values["branch"]["ngrams"]["longest"], values["branch"]["subwords"]["longest"]) == (3, 4)
    inputs = [one.name for one in graph.graph.input]
    assert inputs == ["ids", "lengths", "ngrams", "subwords"]
    assert [one.name for one in onnx_graph(make_bundle()).graph.input] == ["ids", "lengths"]


@pytest.mark.usefixtures("own_cells")
def test_a_step_that_cannot_be_traced_is_refused_by_its_cell() -> None:
    class Rectified(Cell):
        name, title, gates = "rectified", "Rectified", CELLS["simple_rnn"].gates

        def step(self, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Any:
            hidden = abs(projection + state.hidden @ W_H)
            return State(hidden), (hidden,)

        def step_gradient(self, *arguments: Any) -> Any:
            raise NotImplementedError

    register(Rectified())
    with pytest.raises(SettingsError, match=r"The step of the cell 'rectified' uses what an exported network cannot"):
        onnx_graph(make_bundle(cell="rectified"))


def test_segmenters_are_refused() -> None:
    bundle = make_bundle()
    with pytest.raises(SettingsError, match="the segmenter jieba"):
        onnx_graph(replace(bundle, text=bundle.text.replace(tokens="jieba")))
