"""The Numba engine against the reference in float64: states and all gradients, for every shape of a batch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from recurrence.cases import ALIKE, MIXED, Case, case, computed, differences

import recurra
from recurra.cells import CELLS, State, cell_named
from recurra.recurrence.engines import ReferenceEngine, Weights, engine_for
from recurra.recurrence.engines.numba_engine import NumbaEngine

pytest.importorskip("numba")

CELL_NAMES = sorted(CELLS)


def in_float32(one: Case) -> Case:
    """The same case for the engine; its numbers are float32's in both."""

    def narrow(tensor: torch.Tensor | None) -> torch.Tensor | None:
        return None if tensor is None else tensor.detach().float().requires_grad_()

    weights = [Weights(*(narrow(part) for part in parts)) for parts in one.weights]
    initial = one.initial and [State(*(narrow(part) for part in parts)) for parts in one.initial]
    return Case(one.cell, narrow(one.inputs), weights, one.active, initial, one.lengths)


def rounded(one: Case) -> Case:
    """The case with numbers that float32 holds exactly."""
    with torch.no_grad():
        for leaf in one.leaves.values():
            leaf.copy_(leaf.float().double())
    return one


def wrong(one: Case, *, engine: NumbaEngine | None = None) -> list[str]:
    """What differs by more than 1e-5 in a state or by more than 1e-4 of a gradient's largest value."""
    expected = computed(ReferenceEngine(), rounded(one))
    found = computed(engine or NumbaEngine(), in_float32(one))
    states = {name for name in expected if name.startswith("states")}
    found_wrong = differences({n: found[n] for n in states}, {n: expected[n] for n in states}, 1e-5)
    for name in expected.keys() - states:
        scale = expected[name].abs().max().clamp(min=1e-3)
        found_wrong += differences({name: found[name] / scale}, {name: expected[name] / scale}, 1e-4)
    return found_wrong


@pytest.mark.parametrize("initial", [False, True], ids=["zero state", "given state"])
@pytest.mark.parametrize("hidden", [4, 8, 16, 24, 40, 64])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_states_and_gradients_are_those_of_the_reference(
    cell: str, directions: int, hidden: int, initial: bool
) -> None:
    lengths = [41, 17, 17, 9, 9, 8, 3, 1, 1]
    # A state of a large layer is not to be chaotic: the weights' scale falls as that of a trained one.
    one = case(cell, lengths, directions=directions, hidden=hidden, initial=initial, size=5)
    with torch.no_grad():
        for weights in one.weights:
            if weights.W_H is not None:
                weights.W_H.mul_(2 / hidden**0.5)
    assert wrong(one) == []


@pytest.mark.parametrize("lengths", [MIXED, ALIKE, [1], [2], [1, 1, 1, 1, 1], [500]], ids=str)
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_long_short_and_single_documents(cell: str, lengths: list[int]) -> None:
    assert wrong(case(cell, lengths, directions=2, hidden=8)) == []


@given(
    cell=st.sampled_from(CELL_NAMES),
    lengths=st.lists(st.integers(1, 20), min_size=1, max_size=21),
    directions=st.integers(1, 2),
    hidden=st.integers(1, 40),
    size=st.integers(1, 9),
    initial=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_every_shape(
    cell: str, lengths: list[int], directions: int, hidden: int, size: int, initial: bool, seed: int
) -> None:
    falling = sorted(lengths, reverse=True)
    one = case(cell, falling, directions=directions, hidden=hidden, size=size, initial=initial, seed=seed)
    with torch.no_grad():
        for weights in one.weights:
            if weights.W_H is not None:
                weights.W_H.mul_(1 / hidden**0.5)
    assert wrong(one) == []


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_layers_upon_layers(cell: str) -> None:
    """Three layers of two directions, gradients through all of them."""
    lengths = [30, 22, 9, 9, 2]
    layers = [case(cell, lengths, directions=2, hidden=8, size=size, seed=n) for n, size in enumerate((5, 16, 16))]
    if cell_named(cell).state_bound is None:
        # The states of a layer would be four times as large as those of the one below.
        with torch.no_grad():
            for one in layers:
                for weights in one.weights:
                    weights.W_I.mul_(0.25)

    def gradients(engine: NumbaEngine | ReferenceEngine, cases: list[Case]) -> list[torch.Tensor]:
        states = cases[0].inputs
        leaves = [states]
        for one in cases:
            states = torch.cat(engine.layer(one.cell, states, one.weights, one.active), dim=1)
            leaves += [part for weights in one.weights for part in weights if part is not None]
        return [states, *torch.autograd.grad(states.square().sum(), leaves)]

    expected = gradients(ReferenceEngine(), [rounded(one) for one in layers])
    found = gradients(NumbaEngine(), [in_float32(one) for one in layers])
    assert (found[0] - expected[0]).abs().max() <= 1e-5
    for ours, right in zip(found[1:], expected[1:], strict=True):
        assert (ours - right).abs().max() <= 1e-4 * right.abs().max().clamp(min=1e-3)


def test_other_precisions_are_left_to_others() -> None:
    for cell in CELL_NAMES:
        one = case(cell, MIXED, directions=2)
        assert differences(computed(NumbaEngine(), one), computed(ReferenceEngine(), one), 1e-10) == []


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_without_gradients_and_with_strided_arguments(cell: str) -> None:
    one = in_float32(case(cell, [9, 4, 4, 1], directions=2, hidden=8))
    arguments = (one.cell, one.inputs, one.weights, one.active)
    expected = NumbaEngine().layer(*arguments, initial=one.initial)

    def strided(tensor: torch.Tensor | None) -> torch.Tensor | None:
        return None if tensor is None else torch.stack([tensor, tensor], dim=-1)[..., 0]

    weights = [Weights(*(strided(part) for part in parts)) for parts in one.weights]
    initial = [State(*(strided(part) for part in parts)) for parts in one.initial]
    with torch.no_grad():
        found = NumbaEngine().layer(one.cell, strided(one.inputs), weights, one.active, initial=initial)
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
    # The gradient of a sum is one number seen everywhere: an array whose rows are all the same place.
    ones = torch.autograd.grad(sum(states.sum() for states in expected), one.inputs, retain_graph=True)
    full = torch.autograd.grad(expected, one.inputs, [torch.ones_like(states) for states in expected])
    assert torch.equal(ones[0], full[0])


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_only_what_is_asked_for_has_a_gradient(cell: str) -> None:
    one = in_float32(case(cell, [5, 3], hidden=8))
    everything = computed(NumbaEngine(), one)
    one.inputs.requires_grad_(False)
    states = NumbaEngine().layer(one.cell, one.inputs, one.weights, one.active, initial=one.initial)[0]
    again = computed(NumbaEngine(), Case(one.cell, one.inputs.requires_grad_(), *list(vars(one).values())[2:]))
    states.sum().backward()
    assert one.weights[0].W_I.grad is not None
    assert torch.equal(again["gradient of 0.W_I"], everything["gradient of 0.W_I"])


def test_the_gradient_may_be_asked_for_twice() -> None:
    one = in_float32(case("lstm", [5, 3], hidden=8))
    states = NumbaEngine().layer(one.cell, one.inputs, one.weights, one.active)[0]
    first, second = (torch.autograd.grad(states.sum(), one.inputs, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize("value", [float("nan"), 1e30, -1e30])
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_huge_numbers_saturate_and_nan_stays(cell: str, value: float) -> None:
    one = case(cell, [3, 2], hidden=8, size=2)
    with torch.no_grad():
        one.inputs[0, 0] = value
    expected = ReferenceEngine().layer(one.cell, one.inputs, one.weights, one.active, initial=one.initial)[0]
    narrow = in_float32(one)
    found = NumbaEngine().layer(narrow.cell, narrow.inputs, narrow.weights, narrow.active, initial=narrow.initial)[0]
    # Where a candidate is linear, a closed gate lets 3e-13 of it in.
    largest = 1.0 if one.cell.state_bound else max(1.0, expected.nan_to_num().abs().max().item())
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-5 * largest, equal_nan=True)


# A place in the kernels' source, what stands there, and what a mistake would make of it.
BREAKS = {
    "length off by one": ("training/packed_steps.py", "t + 1) - start", "t + 1) - start - (place == 0)"),
    "one direction": ("training/packed_steps.py", "t = steps - 1 - place if reverse else place", "t = place"),
    "past of another step": ("training/packed_steps.py", "past = integer(starts, t)", "past = integer(starts, 0)"),
    "initial state lost": ("training/packed_steps.py", "else initial + row * document", "else states + row * document"),
    "a document left out": ("matrix_products.py", "builder.add(d, _WORD(place))", "builder.add(d, _WORD(place // 2))"),
    "gates swapped": ("training/lstm.py", "i, f = sigmoid", "f, i = sigmoid"),
    "gradients swapped": ("training/lstm.py", "store(gates, d_i)", "store(gates, d_f)"),
    "no gradient through time": ("training/lstm.py", "store(carry_c, d_c * f)", "store(carry_c, like(kind, 0.0))"),
    "sru: gates swapped": ("training/sru.py", "store(gates, f)", "store(gates, r)"),
    "sru: diagonals swapped": ("training/sru.py", "diagonals), c, load", "diagonals + step), c, load"),
    "sru: no gradient of a diagonal": ("training/sru.py", "fma(d_f, c, load", "fma(d_r, c, load"),
    "min_gru: gates swapped": ("training/min_gru.py", "load_like(kind, gates))", "load_like(kind, gates + step))"),
    "min_gru: no gradient in time": ("training/min_gru.py", "store(carry, d_h * z)", "store(carry, like(kind, 0.0))"),
    "min_lstm: gates swapped": ("training/min_lstm.py", "shares(i, f)", "shares(f, i)"),
    "min_lstm: gradients swapped": ("training/min_lstm.py", "store(gates, d_i)", "store(gates, d_f)"),
    "min_lstm: a share is wrong": ("activations.py", "(one + more + more_f)", "(one + more_f)"),
}

COMPARE = """
import sys
sys.path[:0] = {paths!r}
from recurrence.test_numba_engine import case, wrong
print(wrong(case({cell!r}, [12, 7, 7, 2, 1], hidden=8, directions=2)))
"""


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("broken", [None, *BREAKS])
def test_a_broken_kernel_is_reported(broken: str | None, tmp_path: Path) -> None:
    """A copy of the package with one mistake in a kernel must differ, and a faithful copy must not."""
    source = Path(recurra.__file__).parent
    shutil.copytree(source, tmp_path / "recurra", ignore=shutil.ignore_patterns("__pycache__"))
    if broken is not None:
        name, right, mistake = BREAKS[broken]
        path = tmp_path / "recurra/kernels" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(right) >= 1
        path.write_text(text.replace(right, mistake), encoding="utf-8")
    cell = broken.partition(":")[0] if broken and ":" in broken else "lstm"
    code = COMPARE.format(paths=[str(tmp_path), str(Path(__file__).parents[1])], cell=cell)
    # The kernels are cached with the copy: an old cache must not hide the mistake, and nothing of it stays.
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert (done.stdout.strip() != "[]") == (broken is not None)


def test_auto_is_numba() -> None:
    assert all(engine_for("auto", cell).name == "numba" for cell in CELLS.values())
