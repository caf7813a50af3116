"""The Triton kernels against the float64 reference, in Triton's interpreter: states and all gradients."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrence.cases import Case, case, computed, too_far

from recurra.cells import CELLS
from recurra.errors import SettingsError
from recurra.recurrence.engines import ENGINES, ReferenceEngine, engine_for
from recurra.recurrence.engines import triton_engine as engine_module

triton = pytest.importorskip("triton")
if torch.cuda.is_available():
    pytest.skip("with a CUDA device the kernels run on it: tests/gpu", allow_module_level=True)

from recurrence.triton_layers import Direct, Kernels, Roomy, rounded  # noqa: E402

from recurra.recurrence import triton as package  # noqa: E402
from recurra.recurrence.triton import Layout, autograd, layer, plan  # noqa: E402

TOLERANCE = 1e-5
CELL_NAMES = sorted(name for name, cell in CELLS.items() if cell.compiled.triton)
# More than one block of documents, of which the second is ragged; documents that end in the middle of a block.
RAGGED = [4, *[3] * 9, *[2] * 6, 1, 1]
WAYS = {"resident": plan.H100_SHARED, "streamed": 0}


@pytest.fixture(autouse=True)
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not written is NaN."""
    empty = torch.empty

    def filled(*arguments: Any, **options: Any) -> torch.Tensor:
        found = empty(*arguments, **options)
        return found.fill_(torch.nan) if found.is_floating_point() else found

    monkeypatch.setattr(torch, "empty", filled)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both kinds of kernels, whatever the width."""
    monkeypatch.setattr(autograd, "shared_memory", lambda device: WAYS[request.param])
    return str(request.param)


def reference(one: Case) -> dict[str, torch.Tensor]:
    return computed(ReferenceEngine(), rounded(one))


def wrong(found: dict[str, torch.Tensor], one: Case) -> list[str]:
    """What differs from the float64 reference."""
    return too_far(found, computed(ReferenceEngine(), rounded(one)), TOLERANCE, computed(ReferenceEngine(), one))


def drawn(cell: str, lengths: list[int], **options: Any) -> Case:
    """Fresh numbers in every run; the seed stands in the failure."""
    seed = int(np.random.default_rng().integers(1 << 31))
    print(f"seed {seed}")
    return case(cell, lengths, dtype=torch.float32, seed=seed, **options)


@pytest.mark.parametrize(("lengths", "hidden", "directions"), [(RAGGED, 5, 2), ([5, 2, 2], 33, 1)], ids=str)
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_states_and_gradients_are_those_of_the_reference(
    cell: str, lengths: list[int], hidden: int, directions: int, way: str
) -> None:
    one = drawn(cell, lengths, hidden=hidden, directions=directions)
    assert wrong(computed(Kernels(), one), one) == []


def test_where_the_weights_stay_goes_by_the_shared_memory() -> None:
    """Bytes of an H100, an A100 and an RTX 4090, by CUDA's table of compute capabilities."""
    lstm = CELLS["lstm"]
    for width, products, places in [
        (64, "bf16", "yyy"),
        (128, "bf16", "yyn"),
        (64, "ieee", "yyy"),
        (128, "ieee", "nnn"),
    ]:
        plans = [plan.plan_for(lstm, width, products, shared=kib * 1024) for kib in (227, 163, 99)]
        assert "".join("y" if one.resident else "n" for one in plans) == places
        assert all(one.units == (width if one.resident else 64) for one in plans)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_a_wide_layer_has_blocks_of_units_and_tiles_of_weights(cell: str) -> None:
    one = drawn(cell, [3, 2], hidden=140)
    assert not plan.plan_for(one.cell, 140, "ieee").resident
    assert wrong(computed(Kernels(), one), one) == []


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_the_matrix_unit_s_kernels_compute_the_same(cell: str, way: str) -> None:
    """They take other ways through the code; the interpreter itself has no tf32 and computes in float32."""
    one = drawn(cell, [4, 3, 1], directions=2)
    assert wrong(computed(Direct(layer, products="tf32"), one), one) == []


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_without_an_initial_state_it_is_zero(cell: str, way: str) -> None:
    one = drawn(cell, [4, 3, 1], directions=2, initial=False)
    assert wrong(computed(Kernels(), one), one) == []


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_room_changes_nothing(cell: str, way: str) -> None:
    """Rows, steps and documents that a captured graph has room for beyond those of the batch."""
    one = drawn(cell, [4, 3, 3, 1], directions=2)
    roomy = Roomy(layer, rows=37, steps=3, documents=20)
    assert wrong(computed(roomy, one), one) == []
    assert all(torch.equal(room, torch.zeros_like(room)) for room in roomy.room)


@pytest.mark.slow
@pytest.mark.exhaustive
@settings(max_examples=12)
@given(
    cell=st.sampled_from(CELL_NAMES),
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=20),
    hidden=st.integers(1, 20),
    directions=st.integers(1, 2),
    initial=st.booleans(),
    resident=st.booleans(),
)
def test_any_lengths_and_any_width(
    cell: str, lengths: list[int], hidden: int, directions: int, initial: bool, resident: bool
) -> None:
    one = drawn(cell, sorted(lengths, reverse=True), hidden=hidden, directions=directions, initial=initial)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autograd, "shared_memory", lambda device: WAYS["resident" if resident else "streamed"])
        assert wrong(computed(Kernels(), one), one) == []


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_gradient_may_be_asked_for_twice(way: str) -> None:
    """Backward leaves what forward kept as it was."""
    for cell in CELL_NAMES:
        one = drawn(cell, [3, 2], directions=2)
        states = torch.cat(Kernels().layer(one.cell, one.inputs, one.weights, one.active, initial=one.initial), dim=1)
        leaves = list(one.leaves.values())
        first, second = (torch.autograd.grad(states.square().sum(), leaves, retain_graph=True) for _ in range(2))
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_without_gradients_the_states_are_the_same(way: str) -> None:
    for cell in CELL_NAMES:
        one = drawn(cell, RAGGED, directions=2)
        with torch.no_grad():
            quick = Kernels().layer(one.cell, one.inputs, one.weights, one.active, initial=one.initial)
        slow = Kernels().layer(one.cell, one.inputs, one.weights, one.active, initial=one.initial)
        assert all(torch.equal(a, b) for a, b in zip(quick, slow, strict=True))


@pytest.mark.filterwarnings("ignore:overflow encountered in exp")
@pytest.mark.parametrize("scale", [1e-4, 200.0])
def test_small_and_saturated_states_keep_their_digits(scale: float) -> None:
    """exp of a large number is infinite, and 1 - exp of a small one has few digits."""
    for cell in CELL_NAMES:
        one = drawn(cell, [3, 2], initial=False)
        with torch.no_grad():
            for part in (one.inputs, one.weights[0].b, one.weights[0].b_H):
                if part is not None:
                    part *= scale
        found, right = computed(Kernels(), one), reference(one)
        assert too_far({"h": found["states 0"]}, {"h": right["states 0"]}, TOLERANCE) == []


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30).filter(any))
def test_a_layout_is_that_of_the_lengths(lengths: list[int]) -> None:
    falling = sorted(lengths, reverse=True)
    active = [sum(length > step for length in falling) for step in range(falling[0])]
    layout = Layout.of(active, torch.device("cpu"))
    assert layout.lengths.tolist() == [length for length in falling if length]
    assert (layout.starts.tolist(), layout.starts.dtype) == (
        [sum(active[:t]) for t in range(len(active) + 1)],
        torch.int32,
    )


def test_what_the_kernels_cannot_compute_another_engine_does() -> None:
    one = case("gru_reset_before", [3, 1], directions=2)
    for dtype in (torch.float32, torch.float64):
        same = case("gru_reset_before", [3, 1], directions=2, dtype=dtype)
        assert too_far(computed(ENGINES["triton"], same), computed(ReferenceEngine(), one), TOLERANCE) == []
    wide = case("simple_rnn", [2, 1], hidden=plan.MAX_HIDDEN + 1, dtype=torch.float32)
    assert not Kernels.fits(wide.inputs, wide.weights)
    with pytest.raises(SettingsError, match=r"The layer has 513 units, more than the 512 .* Use the torch engine"):
        Direct(layer).layer(wide.cell, wide.inputs, wide.weights, wide.active)
    with pytest.raises(SettingsError, match="products is 'fp8'"):
        Direct(layer, products="fp8").layer(one.cell, one.inputs, one.weights, one.active)


def test_auto_goes_by_the_device(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lstm = CELLS["lstm"]
    chosen = {device: engine_for("auto", lstm, device=device).name for device in ("cpu", "cuda", "mps")}
    assert chosen == {"cpu": "numba", "cuda": "triton", "mps": "torch"}
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("found", "why"), [(None, "Triton is not installed"), ("3.4.0", "Triton 3.4.0 is older than 3.6")]
)
def test_without_triton_one_line_says_so(
    found: str | None, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import recurra.recurrence.engines as engines

    def version(name: str) -> str:
        if found is None:
            raise engine_module.PackageNotFoundError(name)
        return found

    monkeypatch.setattr(engine_module, "version", version)
    caches = (engine_module.triton_missing, engines._warn_without_triton)
    for one in caches:
        one.cache_clear()
    try:
        assert [engine_for("auto", CELLS["lstm"], device="cuda").name for _ in range(2)] == ["torch", "torch"]
        line = f"{why}: recurrent layers run on torch's slower kernels; pip install triton.\n"
        assert capsys.readouterr().err == line
        with pytest.raises(SettingsError, match="The triton engine does not compute the cell lstm here"):
            engine_for("triton", CELLS["lstm"])
    finally:
        for one in caches:
            one.cache_clear()


@pytest.mark.parametrize(("precision", "products"), [("highest", "ieee"), ("high", "tf32"), ("medium", "bf16")])
def test_products_are_as_precise_as_torch_is_asked_to_be(precision: str, products: str) -> None:
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision(precision)
        assert engine_module.requested_precision("cpu") == products
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert engine_module.requested_precision("cpu") == "bf16"
    finally:
        torch.set_float32_matmul_precision(before)


def test_autocast_does_not_round_what_is_asked_for_in_float32() -> None:
    one = drawn("lstm", [3, 2], directions=2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = computed(Direct(layer, products="ieee"), one)
    assert wrong(found, one) == []


# A mistake: the file, what stands there, and what is written instead.
BREAKS = {
    "gates swapped": (
        "cells.py",
        "i, f = sigmoid(a[0], PRODUCTS), sigmoid(a[1]",
        "f, i = sigmoid(a[0], PRODUCTS), sigmoid(a[1]",
    ),
    "a length off by one": ("tiles.py", "(t >= 0) & (t < length)", "(t >= 0) & (t < length - 1)"),
    "both directions forward": ("tiles.py", "tl.where(backwards, longest - 1 - s, s)", "s + 0 * backwards"),
    "a late document joins too early": ("resident_weights.py", "h = tl.where(active, h_new, h)", "h = h_new"),
    "the cell state is not carried back": ("cells.py", ", d_c * f", ", d_c * 0.0"),
    "the update gate's gradient": ("cells.py", "d_h * (past_h - n) * z", "d_h * past_h * z"),
    "the reset gate is left out of the late gradient": ("resident_weights.py", "d_v = d_n * r", "d_v = d_n"),
    "the gradient of a state that was reset": ("resident_weights.py", "d_h * z + d_reset * r", "d_h * z + d_reset"),
    "a gate's product is missing": (
        "resident_weights.py",
        "_backward_products(W, d_a, tl.zeros_like(d_h), 4,",
        "_backward_products(W, d_a, tl.zeros_like(d_h), 3,",
    ),
    "the room is not cleared": ("tiles.py", "for row in range(first + ", "for row in range(rows + "),
    "the past state is the new one": (
        "resident_weights.py",
        "store_tile(past_h, line, u, h, active, H)",
        "store_tile(past_h, line, u, h * 0.5, active, H)",
    ),
    "an SRU's gates swapped": ("cells.py", "return r * c + (1.0 - r) * d[3], c", "return f * c + (1.0 - f) * d[3], c"),
    "an SRU's diagonals in backward": ("cells.py", "d_f * v[0] + d_r * v[1]", "d_f * v[1] + d_r * v[0]"),
    "a diagonal's gradient": ("elementwise.py", "sum_r += d_d[1] * state", "sum_r += d_d[0] * state"),
    "the kept share is not carried back": ("cells.py", "(1.0 - kept)), d_h * kept", "(1.0 - kept)), d_h"),
    "a late document joins an element-wise cell": ("elementwise.py", "tl.where(active, after, state)", "after"),
    "the second direction's diagonals": (
        "elementwise.py",
        "at = diagonals + direction * 2 * H + u",
        "at = diagonals + u",
    ),
    "the room of an element-wise cell": (
        "elementwise.py",
        "zero_spare_rows(d_projection, tl.load(starts + steps)",
        "zero_spare_rows(d_projection, rows",
    ),
    "bias of the second direction": ("resident_weights.py", "(direction * G + g) * H", "g * H"),
}


@pytest.fixture
def broken_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], Any]:
    """The layer of a copy of the kernels, in which one mistake may have been made."""
    monkeypatch.syspath_prepend(tmp_path)

    def build(name: str | None) -> Any:
        copy = f"triton_copy_{'faithful' if name is None else sorted(BREAKS).index(name)}"
        shutil.copytree(
            Path(str(package.__file__)).parent, tmp_path / copy, ignore=shutil.ignore_patterns("__pycache__")
        )
        for path in (tmp_path / copy).iterdir():
            text = path.read_text(encoding="utf-8").replace("recurra.recurrence.triton", copy)
            if name is not None and path.name == BREAKS[name][0]:
                assert BREAKS[name][1] in text
                text = text.replace(*BREAKS[name][1:])
            path.write_text(text, encoding="utf-8")
        return importlib.import_module(copy).layer

    return build


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("mistake", [None, *BREAKS])
def test_a_broken_kernel_is_reported(mistake: str | None, broken_layer: Callable[[str | None], Any]) -> None:
    """Each mistake is seen by the comparison that the other tests make, and a faithful copy passes it."""
    broken = broken_layer(mistake)
    reported = []
    for cell in CELL_NAMES:
        one = drawn(cell, [4, 3, 3, 1], directions=2)
        reported += wrong(computed(Roomy(broken, rows=5, steps=1, documents=1), one), one)
    assert bool(reported) == (mistake is not None)
