"""The packed forward pass against two independent ones, and what must hold for every batch."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import plain_oracle
import pytest
import torch
from bundles import WORDS, make_bundle
from hypothesis import given
from hypothesis import strategies as st

from recurra.batches import Ragged
from recurra.bundle import Bundle
from recurra.cells import cell_named
from recurra.runtime import compiled_network, input_projection
from recurra.runtime.compiled_network import CompiledNetwork

ROWS = len(WORDS) + 2
CELLS = ["simple_rnn", "lstm", "gru", "gru_reset_before", "sru", "min_gru", "min_lstm"]
POOLINGS: list[tuple[str, ...]] = [("last",), ("max",), ("mean",), ("attention",), ("attention", "max", "last", "mean")]
# Equal lengths, empty documents first, between and last, a single word, and one far longer than the others.
LENGTHS = [0, 3, 1, 8, 0, 3, 2, 25, 5, 0]


def documents(lengths: list[int], seed: int = 0) -> list[list[int]]:
    generator = np.random.default_rng(seed)
    return [generator.integers(0, ROWS, length).tolist() for length in lengths]


def answer(bundle: Bundle, batch: list[list[int]]) -> npt.NDArray[np.float32]:
    network = CompiledNetwork(bundle.network, bundle.tensors, pad_to=bundle.pad_to)
    return network.probabilities(Ragged.from_lists(batch))


def plain(bundle: Bundle, batch: list[list[int]]) -> npt.NDArray[np.float64]:
    rows = [plain_oracle.probabilities(ids, bundle.network, bundle.pad_to, bundle.tensors) for ids in batch]
    return np.array(rows).reshape(len(batch), len(bundle.labels))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("pooling", POOLINGS, ids="+".join)
@pytest.mark.parametrize("masked", [True, False], ids=["masked", "unmasked"])
def test_every_network_is_the_formula_read_document_by_document(
    cell: str, pooling: tuple[str, ...], masked: bool
) -> None:
    batch = documents(LENGTHS)
    for bidirectional, layers, input_ in product([False, True], [1, 2, 3], ["embedding", "one_hot"]):
        bundle = make_bundle(
            cell=cell, pooling=pooling, masked=masked, bidirectional=bidirectional, layers=layers, input=input_
        )
        np.testing.assert_allclose(
            answer(bundle, batch), plain(bundle, batch), atol=2e-6, err_msg=f"{bidirectional} {layers} {input_}"
        )


def torch_layers(bundle: Bundle) -> tuple[torch.nn.Module, torch.nn.Module]:
    """torch's own layers with the model's weights; its GRU has the gates r, z, n where ours has z, r, h."""
    network = bundle.network
    kind = {"simple_rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[network.cell]
    layers = kind(network.embedding, network.hidden, network.layers, bidirectional=network.bidirectional)

    def theirs(array: npt.NDArray[np.float32]) -> torch.Tensor:
        blocks = np.split(array, 3, axis=-1) if network.cell == "gru" else [array]
        order = [1, 0, 2] if network.cell == "gru" else [0]
        return torch.tensor(np.concatenate([blocks[i] for i in order], axis=-1).T.copy())

    state = {}
    for layer, (direction, suffix) in product(range(network.layers), [("forward", ""), ("backward", "_reverse")]):
        prefix = f"layers.{layer}.{direction}"
        if f"{prefix}.W_I" in bundle.tensors:
            b = bundle.tensors[f"{prefix}.b"]
            state[f"weight_ih_l{layer}{suffix}"] = theirs(bundle.tensors[f"{prefix}.W_I"])
            state[f"weight_hh_l{layer}{suffix}"] = theirs(bundle.tensors[f"{prefix}.W_H"])
            state[f"bias_ih_l{layer}{suffix}"] = theirs(b)
            state[f"bias_hh_l{layer}{suffix}"] = theirs(bundle.tensors.get(f"{prefix}.b_H", np.zeros_like(b)))
    layers.load_state_dict(state)
    output = torch.nn.Linear(network.pooled_size, len(bundle.labels))
    output.load_state_dict(
        {"weight": torch.tensor(bundle.tensors["W_O"].T.copy()), "bias": torch.tensor(bundle.tensors["b_O"])}
    )
    return layers, output


@pytest.mark.parametrize("cell", ["simple_rnn", "lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("pooling", ["last", "max"])
def test_the_networks_of_torch_answer_the_same(cell: str, bidirectional: bool, layers: int, pooling: str) -> None:
    bundle = make_bundle(
        cell=cell, bidirectional=bidirectional, layers=layers, pooling=(pooling,), hidden=9, embedding=6, scale=0.4
    )
    recurrent, output = torch_layers(bundle)
    batch = documents([4, 11, 1, 30, 11, 2])
    embedded = [torch.tensor(bundle.tensors["embedding"][ids]) for ids in batch]
    with torch.no_grad():
        states, final = recurrent(torch.nn.utils.rnn.pack_sequence(embedded, enforce_sorted=False))
        if pooling == "last":
            top = (final[0] if cell == "lstm" else final)[-bundle.network.directions :]
            pooled = torch.cat(list(top), dim=1)
        else:
            padded, _ = torch.nn.utils.rnn.pad_packed_sequence(states, padding_value=-torch.inf)
            pooled = padded.amax(dim=0)
        expected = torch.softmax(output(pooled), dim=1).numpy()
    np.testing.assert_allclose(answer(bundle, batch), expected, atol=2e-6)


any_batch = st.lists(st.lists(st.integers(0, ROWS - 1), max_size=12), max_size=8)
any_network = st.fixed_dictionaries(
    {
        "cell": st.sampled_from(CELLS),
        "pooling": st.sampled_from(POOLINGS),
        "masked": st.booleans(),
        "bidirectional": st.booleans(),
        "layers": st.integers(1, 2),
        "seed": st.integers(0, 99),
        "pad_to": st.integers(0, 14),
    }
)


@given(any_network, any_batch, st.randoms(use_true_random=False))
def test_the_order_of_documents_changes_nothing(network: dict[str, Any], batch: list[list[int]], chance: Any) -> None:
    bundle = make_bundle(**network)
    order = chance.sample(range(len(batch)), len(batch))
    expected = answer(bundle, batch)[order]
    np.testing.assert_allclose(answer(bundle, [batch[i] for i in order]), expected, atol=2e-6)


@given(any_network, any_batch, any_batch)
def test_the_other_documents_change_nothing(
    network: dict[str, Any], batch: list[list[int]], others: list[list[int]]
) -> None:
    bundle = make_bundle(**network)
    alone = [answer(bundle, [document])[0] for document in batch]
    together = answer(bundle, others + batch)[len(others) :]
    np.testing.assert_allclose(together, np.array(alone).reshape(together.shape), atol=2e-6)


@given(any_network, any_batch)
def test_unmasked_is_masked_on_documents_with_pads(network: dict[str, Any], batch: list[list[int]]) -> None:
    pad_to = network["pad_to"]
    unmasked, masked = make_bundle(**{**network, "masked": False}), make_bundle(**{**network, "masked": True})
    padded = [ids + [0] * (pad_to - len(ids)) for ids in batch]
    np.testing.assert_allclose(answer(unmasked, batch), answer(masked, padded), atol=2e-6)


@given(any_network, any_batch)
def test_rows_are_probabilities_in_float32(network: dict[str, Any], batch: list[list[int]]) -> None:
    out = answer(make_bundle(**network), batch)
    assert out.dtype == np.float32
    assert out.shape == (len(batch), 3)
    assert ((out >= 0) & (out <= 1)).all()
    np.testing.assert_allclose(out.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("pooling", POOLINGS, ids="+".join)
def test_an_empty_document_answers_from_the_output_bias(pooling: tuple[str, ...]) -> None:
    bundle = make_bundle(pooling=pooling, bidirectional=True)
    powers = np.exp(bundle.tensors["b_O"].astype(np.float64))
    np.testing.assert_allclose(answer(bundle, [[], [3, 4], []])[[0, 2]], [powers / powers.sum()] * 2, atol=1e-7)


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("work", [1, 1e5, 3e5])
def test_parts_of_any_size_give_the_same_bits(monkeypatch: pytest.MonkeyPatch, masked: bool, work: float) -> None:
    bundle = make_bundle(masked=masked, layers=2, bidirectional=True, pooling=("mean", "last"))
    batch = documents(LENGTHS * 9)
    whole = answer(bundle, batch)
    monkeypatch.setattr(compiled_network, "PART_WORK", work)
    np.testing.assert_array_equal(answer(bundle, batch), whole)


def test_parts_are_whole_groups_of_bounded_work() -> None:
    bundle = make_bundle()
    network = CompiledNetwork(bundle.network, bundle.tensors, pad_to=0)
    network._part_tokens = 200
    lengths = np.sort(np.random.default_rng(0).integers(0, 9, 203))[::-1]
    parts = network._parts(np.concatenate([[0], np.cumsum(lengths)]))
    assert [first for first, _ in parts] == [0, *(end for _, end in parts[:-1])]
    assert parts[-1][1] == 203
    for first, end in parts[:-1]:
        assert (end - first) % 16 == 0
        assert lengths[first:end].sum() <= 200
    assert len(parts) > 3


@pytest.mark.parametrize("input_", ["embedding", "one_hot"])
def test_words_of_the_call_and_words_of_the_vocabulary_give_the_same_bits(
    monkeypatch: pytest.MonkeyPatch, input_: str
) -> None:
    bundle = make_bundle(input=input_, layers=2, bidirectional=True)
    batch = documents(LENGTHS)
    whole = answer(bundle, batch)
    monkeypatch.setattr(input_projection, "TABLE_BYTES", 0)
    np.testing.assert_array_equal(answer(bundle, batch), whole)
    assert answer(bundle, []).shape == (0, 3)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("hidden", [1, 8, 9, 24])
def test_sizes_that_fill_a_register_or_not(cell: str, hidden: int) -> None:
    batch = documents([7, 0, 1, 5, 5, 2, *range(20)])
    for pooling in POOLINGS[1:4]:
        bundle = make_bundle(cell=cell, hidden=hidden, layers=2, bidirectional=True, pooling=pooling, embedding=5)
        np.testing.assert_allclose(answer(bundle, batch), plain(bundle, batch), atol=2e-6, err_msg=str(pooling))


@pytest.mark.parametrize("cell", CELLS)
def test_the_same_bits_in_every_company(cell: str) -> None:
    bundle = make_bundle(cell=cell, layers=2, bidirectional=True, pooling=("attention", "max", "last", "mean"))
    batch = documents(LENGTHS * 5)
    together = answer(bundle, batch)
    for place, document in enumerate(batch):
        np.testing.assert_array_equal(answer(bundle, [document])[0], together[place])


def test_a_very_long_document_is_read_to_its_end() -> None:
    bundle = make_bundle(bidirectional=True, pooling=("last", "max"))
    batch = documents([20_000, 2])
    np.testing.assert_allclose(answer(bundle, batch), plain(bundle, batch), atol=2e-6)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("scale", [3.0, 30.0])
def test_saturated_gates_are_the_formula(cell: str, scale: float) -> None:
    bundle = make_bundle(cell=cell, scale=scale, pooling=("max", "mean", "last"))
    # A state without a bound is of the size of the projections.
    size = 1 if cell_named(cell).state_bound else 20 * scale
    for name in ("W_O", "b_O"):
        bundle.tensors[name] /= np.float32(scale * size)
    batch = documents([1, 2, 3, 4, 2, 1])
    np.testing.assert_allclose(answer(bundle, batch), plain(bundle, batch), atol=3e-6)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("scale", [50.0, 1e4])
def test_large_weights_overflow_nowhere(cell: str, scale: float) -> None:
    """Warnings are errors here, so an overflow would fail even where its result is right."""
    out = answer(make_bundle(cell=cell, scale=scale, pooling=("attention", "max")), documents(LENGTHS))
    assert np.isfinite(out).all()
