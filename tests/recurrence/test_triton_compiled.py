"""The kernels compile for an H100 on any machine, and fit its registers and shared memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytest.importorskip("triton")

# Bytes of shared memory that a program can have on compute capability 9.0.
SHARED = 232_448

# In a process of its own, for in this one kernels may be interpreted.
COMPILE = """
import json, re, subprocess, sys, tempfile
import triton
from triton.backends.compiler import GPUTarget
from recurra.cells import CELLS
from recurra.recurrence.triton import elementwise, resident_weights, streamed_weights
from recurra.recurrence.triton.elementwise_layer import BLOCK, MAX_UNITS
from recurra.recurrence.triton.plan import plan_for

def compiled(cell, hidden, products, direction):
    plan = plan_for(CELLS[cell], hidden, products)
    form, half = CELLS[cell].compiled.triton, products == "bf16"
    kernels = resident_weights if plan.resident else streamed_weights
    if form.elementwise != "none":
        plan, kernels = plan._replace(units=MAX_UNITS, block=BLOCK, warps=BLOCK * MAX_UNITS // 128), elementwise
    kernel = getattr(kernels, direction)
    constants = {
        "CELL_STATE": CELLS[cell].cell_state, "RESET": form.reset, "FORM": form.elementwise,
        "G": len(CELLS[cell].gates), "H": hidden, "UNITS": plan.units, "BLOCK": plan.block,
        "DEPTH": plan.depth, "PRODUCTS": products, "INITIAL": True, "KEEP": True,
    }
    products_read = {"projection", "W_H", "past_h", "extra", "d_projection", "d_late"}
    types = {}
    for name in kernel.arg_names:
        if name in constants:
            types[name] = "constexpr"
        elif name in ("documents", "steps", "rows"):
            types[name] = "i32"
        elif name in ("starts", "lengths"):
            types[name] = "*i32"
        elif half and (name in products_read or name == "gates"):
            types[name] = "*fp16" if name == "gates" else "*bf16"
        else:
            types[name] = "*fp32"
    aligned = {(k,): [["tt.divisibility", 16]] for k, name in enumerate(kernel.arg_names) if types[name][0] == "*"}
    source = triton.compiler.ASTSource(
        fn=kernel, signature=types, constexprs={n: c for n, c in constants.items() if n in types}, attrs=aligned
    )
    options = {"num_warps": plan.warps, "num_stages": 1}
    found = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options)
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(found.asm["cubin"])
        file.flush()
        tool = triton.knobs.nvidia.cuobjdump.path
        usage = subprocess.run([tool, "-res-usage", file.name], capture_output=True, text=True, check=True).stdout
    registers, stack = map(int, re.search(r"REG:(\\d+) STACK:(\\d+)", usage).groups())
    return {
        "resident": plan.resident, "shared": found.metadata.shared, "registers": registers, "stack": stack,
        "matrix_unit": "mma.sync" in found.asm["ptx"], "tanh": "tanh.approx" in found.asm["ptx"],
    }

print(json.dumps([compiled(*shape, d) for shape in json.loads(sys.argv[1]) for d in ("forward", "backward")]))
"""

SHAPES = [
    ("lstm", 64, "bf16"),
    ("lstm", 128, "bf16"),
    ("gru", 128, "tf32"),
    ("lstm", 64, "ieee"),
    ("gru_reset_before", 128, "bf16"),
    ("simple_rnn", 16, "bf16"),
    ("lstm", 256, "bf16"),
    ("gru_reset_before", 256, "tf32"),
    ("gru", 512, "ieee"),
]
RESIDENT = SHAPES[:6]
ELEMENTWISE = [(cell, 64, products) for cell in ("sru", "min_gru", "min_lstm") for products in ("bf16", "ieee")]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int, str], list[dict[str, Any]]]:
    environment = {**os.environ, "TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path_factory.mktemp("triton"))}
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, json.dumps(SHAPES + ELEMENTWISE)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return {shape: found[2 * place : 2 * place + 2] for place, shape in enumerate(SHAPES + ELEMENTWISE)}


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_kernel_fits_the_chip(
    shape: tuple[str, int, str], reports: dict[tuple[str, int, str], list[dict[str, Any]]]
) -> None:
    for one in reports[shape]:
        assert one["resident"] == (shape in RESIDENT)
        assert 0 < one["shared"] <= SHARED
        # A few spilled numbers are harmless; W_H in local memory would not be.
        assert one["stack"] <= 64
        assert 16 <= one["registers"] <= 255
        assert one["matrix_unit"] == (shape[2] != "ieee")
    forward = reports[shape][0]
    assert forward["tanh"] == (shape[2] == "bf16")


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("shape", ELEMENTWISE, ids=str)
def test_an_elementwise_kernel_fits_the_chip(
    shape: tuple[str, int, str], reports: dict[tuple[str, int, str], list[dict[str, Any]]]
) -> None:
    for one in reports[shape]:
        assert one["shared"] <= 1024
        assert one["stack"] == 0
        assert 16 <= one["registers"] <= 128
        assert not one["matrix_unit"]
        assert one["tanh"] == (shape[2] == "bf16")
