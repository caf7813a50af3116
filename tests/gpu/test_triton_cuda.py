"""The Triton kernels on a GPU against the float64 reference: states and all gradients, in each precision."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from recurrence.cases import Case, case, computed, too_far
from torch import Tensor

from recurra.cells import CELLS
from recurra.recurrence.engines import ENGINES, ReferenceEngine, engine_for

if not torch.cuda.is_available():
    pytest.skip("no CUDA device on this machine", allow_module_level=True)
pytest.importorskip("triton")

from recurrence.triton_layers import Direct, Roomy, rounded

from recurra.recurrence.triton import Layout, layer

CELL_NAMES = sorted(name for name, cell in CELLS.items() if cell.compiled.triton)
TOLERANCES = {"ieee": 1e-5, "tf32": 1e-3, "bf16": 1e-2}
# Below, at and above the widths at which W_H is resident, and such as fill no tile.
WIDTHS = [16, 20, 33, 48, 64, 100, 128, 200, 256]
# One document, one block, several blocks of which the last is ragged; one word each; very different lengths.
BATCHES = {
    "one": [7],
    "words": [1] * 20,
    "block": [9, 8, 8, 7, 6, 6, 5, 5, 5, 4, 3, 3, 2, 1, 1, 1],
    "ragged": sorted([1 + 37 * k % 41 for k in range(70)], reverse=True),
    "long": [150, 40, *[3] * 18],
}
SHAPES = [
    (cell, hidden, directions, batch)
    for place, (cell, hidden) in enumerate(itertools.product(CELL_NAMES, WIDTHS))
    for directions, batch in zip((1, 2, 2), np.roll(list(BATCHES), place)[:3], strict=True)
]


@pytest.fixture(autouse=True)
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not written is NaN."""
    empty = torch.empty

    def filled(*arguments: Any, **options: Any) -> Tensor:
        found = empty(*arguments, **options)
        return found.fill_(torch.nan) if found.is_floating_point() else found

    monkeypatch.setattr(torch, "empty", filled)


@pytest.fixture(autouse=True)
def kept_precision() -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    yield
    assert torch.get_float32_matmul_precision() == before


def drawn(cell: str, batch: str, **options: Any) -> Case:
    """Fresh numbers in every run; the seed stands in the failure."""
    seed = int(np.random.default_rng().integers(1 << 31))
    print(f"seed {seed}")
    one = case(cell, BATCHES[batch], dtype=torch.float32, device="cuda", size=24, seed=seed, **options)
    with torch.no_grad():
        for weights in one.weights:
            # As wide layers are initialised: their sums would else saturate every gate and amplify every rounding.
            for part in (weights.W_I, weights.W_H):
                part /= len(part) ** 0.5
    return one


def test_there_are_a_hundred_shapes() -> None:
    assert len(set(SHAPES)) >= 100


@pytest.mark.parametrize("products", TOLERANCES)
@pytest.mark.parametrize(("cell", "hidden", "directions", "batch"), SHAPES)
def test_states_and_gradients_are_those_of_the_reference(
    cell: str, hidden: int, directions: int, batch: str, products: str
) -> None:
    one = drawn(cell, batch, hidden=hidden, directions=directions)
    expected = computed(ReferenceEngine(), rounded(one))
    float32 = computed(ReferenceEngine(), one)
    assert too_far(computed(Direct(layer, products=products), one), expected, TOLERANCES[products], float32) == []


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("hidden", [1, 2, 7, 8])
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_narrow_layers(cell: str, hidden: int, batch: str) -> None:
    """In float32 alone: the gradient of a single unit is a sum that may all but cancel, and 1 % of it means nothing."""
    one = drawn(cell, batch, hidden=hidden, directions=2)
    expected = computed(ReferenceEngine(), rounded(one))
    found = computed(Direct(layer), one)
    assert too_far(found, expected, TOLERANCES["ieee"], computed(ReferenceEngine(), one)) == []


@pytest.mark.parametrize("products", TOLERANCES)
@pytest.mark.parametrize("hidden", [64, 128, 256, 512])
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_wide_layers_and_room(cell: str, hidden: int, products: str) -> None:
    one = drawn(cell, "ragged", hidden=hidden, directions=2)
    roomy = Roomy(layer, rows=333, steps=5, documents=27, products=products)
    expected = computed(ReferenceEngine(), rounded(one))
    assert too_far(computed(roomy, one), expected, TOLERANCES[products]) == []
    assert all(torch.equal(room, torch.zeros_like(room)) for room in roomy.room)


@pytest.mark.parametrize("products", TOLERANCES)
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_every_run_gives_the_same_bits(cell: str, products: str) -> None:
    one = drawn(cell, "ragged", hidden=64, directions=2)
    first, second = (computed(Direct(layer, products=products), one) for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("hidden", [64, 200])
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_a_captured_graph_is_replayed_with_other_documents(cell: str, hidden: int) -> None:
    """Rows, steps and documents are room; the numbers that change are read on the device."""
    batches = [BATCHES["ragged"], BATCHES["block"], BATCHES["long"]]
    steps, documents = (max(map(of, batches)) for of in (max, len))
    rows = max(map(sum, batches))
    layout = Layout(*(torch.zeros(n, dtype=torch.int32, device="cuda") for n in (steps + 1, documents)))
    inputs = torch.zeros(rows, 24, device="cuda", requires_grad=True)
    outer = torch.zeros(rows, 2 * hidden, device="cuda")
    model = drawn(cell, "one", hidden=hidden, directions=2, initial=False)
    leaves = [inputs, *(part for one in model.weights for part in one if part is not None)]

    def fill(lengths: list[int]) -> Tensor:
        active = [sum(length > step for length in lengths) for step in range(lengths[0])]
        starts, counts = Layout.of(active, inputs.device)
        layout.starts.fill_(sum(lengths))[: len(starts)] = starts
        layout.lengths.zero_()[: len(counts)] = counts
        with torch.no_grad():
            inputs.normal_()
            outer.normal_()
        return torch.tensor(active)

    def run() -> tuple[Tensor, ...]:
        states = torch.cat(layer(model.cell, inputs, model.weights, layout), dim=1)
        return states, *torch.autograd.grad(states, leaves, outer)

    fill(batches[0])
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        run()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        found = run()
    for lengths in batches:
        active, tokens = fill(lengths).tolist(), sum(lengths)
        graph.replay()
        narrow = inputs.detach()[:tokens].clone().requires_grad_()
        states = torch.cat(ReferenceEngine().layer(model.cell, narrow, model.weights, active), dim=1)
        right = (states, *torch.autograd.grad(states, [narrow, *leaves[1:]], outer[:tokens]))
        names = [str(place) for place in range(len(right))]
        cut = (found[0][:tokens], found[1][:tokens], *found[2:])
        assert too_far(dict(zip(names, cut, strict=True)), dict(zip(names, right, strict=True)), 1e-4) == []


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_nothing_waits_for_the_device(cell: str) -> None:
    one = drawn(cell, "ragged", hidden=64, directions=2)
    layout = Layout.of(one.active, one.inputs.device)

    def run() -> None:
        states = torch.cat(layer(one.cell, one.inputs, one.weights, layout, initial=one.initial), dim=1)
        torch.autograd.grad(states, list(one.leaves.values()), torch.ones_like(states))

    run()
    with warnings.catch_warnings():
        # torch says that the check itself is a prototype.
        warnings.simplefilter("ignore")
        torch.cuda.set_sync_debug_mode("error")
    try:
        run()
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_auto_takes_it_and_precision_is_that_of_torch() -> None:
    assert engine_for("auto", CELLS["lstm"], device="cuda") is ENGINES["triton"]
    one = drawn("lstm", "ragged", hidden=64, directions=2)
    expected = computed(ReferenceEngine(), rounded(one))
    assert too_far(computed(ENGINES["triton"], one), expected, TOLERANCES["ieee"]) == []
    with torch.autocast("cuda", dtype=torch.bfloat16):
        found = computed(ENGINES["triton"], one)
    assert too_far(found, expected, TOLERANCES["bf16"]) == []
    assert too_far(found, expected, TOLERANCES["ieee"])


def test_what_is_too_wide_is_left_to_torch() -> None:
    one = drawn("lstm", "block", hidden=520)
    expected = computed(ReferenceEngine(), rounded(one))
    assert too_far(computed(ENGINES["triton"], one), expected, 1e-2) == []
