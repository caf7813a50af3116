"""``benchmarks/compare.py recurrence``: its arithmetic by hand, and the whole of it on a CPU."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from compare import main
from harness.recurrence.roofline import H100, array_bytes, floor_of, operations, step_seconds
from harness.recurrence.run import Measured, rows_of
from harness.recurrence.shapes import Shape, shapes_of
from harness.recurrence.timing import median_seconds
from harness.recurrence.ways import Way, our_ways, packed_ways, padded_ways
from torch import nn

from recurra.errors import SettingsError

LSTM = Shape("lstm", 64, 44, 512)


def test_the_table_is_every_cell_with_every_width_and_length() -> None:
    shapes = shapes_of(["gru", "lstm"], [64, 128], [44], batch=512)
    assert [shape.what for shape in shapes] == [
        "gru(64), both directions, batch 512, 44 steps",
        "gru(128), both directions, batch 512, 44 steps",
        "lstm(64), both directions, batch 512, 44 steps",
        "lstm(128), both directions, batch 512, 44 steps",
    ]
    with pytest.raises(SettingsError, match="There is no cell 'rnn'"):
        shapes_of(["rnn"], [64], [44], batch=512)


def test_lengths_fall_from_all_steps_to_half_of_them() -> None:
    lengths = LSTM.lengths()
    assert len(lengths) == 512
    assert lengths == sorted(lengths, reverse=True)
    assert (lengths[0], min(lengths) >= 22, len(set(lengths)) > 15) == (44, True, True)


def test_operations_are_those_that_torch_counts() -> None:
    """One token of one direction: the products of a linear layer and its gradients, for W_I and for W_H."""
    from torch.utils.flop_counter import FlopCounterMode

    shape, tokens = Shape("gru", 16, 1, 1, directions=1, inputs=8), 5
    with FlopCounterMode(display=False) as counter:
        for columns in (shape.inputs, shape.hidden):
            layer = nn.Linear(columns, 3 * shape.hidden)
            layer(torch.zeros(tokens, columns, requires_grad=True)).sum().backward()
    assert operations(shape, tokens) == counter.get_total_flops()


def test_bytes_by_hand() -> None:
    """LSTM(64), two directions: a token has 2 · 64 units, four gates each."""
    exact, half = (array_bytes(LSTM, 1, products) for products in ("ieee", "bf16"))
    assert exact["input projection"] == 2 * 4 * (4 * 128)
    assert half["input projection"] == exact["input projection"] / 2
    assert half["states and their gradient"] == exact["states and their gradient"] == 2 * 4 * 128
    assert half["past cell states"] == 2 * 4 * 128
    # x is read twice, and its gradient written in float32.
    assert half["inputs and their gradient"] == 128 * (2 + 2 + 4)
    assert sum(exact.values()) == 128 * 12 + 128 * 4 * (4 * 2 + 4 * 2 + 4 * 5 + 2 + 2 + 2)
    assert array_bytes(LSTM, 10, "bf16") == {name: 10 * count for name, count in half.items()}


def test_a_step_waits_for_activations_or_for_weights() -> None:
    """LSTM(64) in bfloat16: 5 · 16 · 64 activations at 16 a cycle are 320 cycles, its products 64 at most."""
    cycle = 1 / 1.83e9
    product = 2 * 16 * 4 * 64 * 64 / (989.4e12 / 132)
    assert step_seconds(LSTM, "bf16", H100) == pytest.approx(320 * cycle + max(64 * cycle, product))
    # A W_H of 512 KB comes at 64 bytes a cycle, forward and back.
    wide = Shape("lstm", 256, 44, 512)
    assert step_seconds(wide, "bf16", H100) == pytest.approx(2 * 8192 * cycle)


def test_the_floor_is_the_largest_and_programs_wait_for_free_multiprocessors() -> None:
    floor = floor_of(LSTM, 20_000, "bf16", H100)
    assert floor.seconds == max(floor.arithmetic, floor.bytes, floor.steps)
    assert floor.arithmetic == pytest.approx(operations(LSTM, 20_000) / 989.4e12)
    # 512 documents are 64 programs, 1,057 are more than 132.
    assert floor_of(LSTM._replace(batch=1057), 20_000, "bf16", H100).steps == pytest.approx(2 * floor.steps)
    assert floor.to_dict()["floor_us"] == pytest.approx(1e6 * floor.seconds)


def measured(name: str, precision: str, eager: float, graph: float | None) -> Measured:
    return Measured(Way(f"{name} {precision}", precision, lambda seed: lambda: seed), eager, graph)


def test_each_plays_in_its_fastest_way_and_both_from_graphs_or_both_eager() -> None:
    ours = [measured("triton", "ieee", 8e-4, 5e-4), measured("triton", "bf16", 6e-4, 2e-4)]
    padded = [measured("cuDNN", "ieee", 20e-4, 15e-4), measured("cuDNN", "fp16", 10e-4, 9e-4)]
    packed = [measured("packed", "ieee", 50e-4, None), measured("packed", "fp16", 40e-4, None)]
    first, second, third = rows_of(LSTM, ours, padded, packed, H100, steps={"ieee": 3e-6})
    assert (first["our_way"], first["peer_name"], first["launch"]) == ("triton bf16", "cuDNN fp16", "CUDA graph")
    assert (first["ours"], first["peer"], first["ratio"]) == pytest.approx((200, 900, 4.5))
    assert (second["our_way"], second["peer_name"], second["ratio"]) == ("triton ieee", "cuDNN ieee", pytest.approx(3))
    assert (third["launch"], third["ours"], third["ratio"]) == ("eager", pytest.approx(600), pytest.approx(40 / 6))
    floor = floor_of(LSTM, first["tokens"], "bf16", H100)
    assert first["roofline"]["share"] == pytest.approx(floor.seconds / 2e-4)
    assert second["roofline"]["steps_us"] == pytest.approx(44 * 3)
    assert "roofline" not in rows_of(LSTM, ours, padded, packed, None, steps={})[0]


def test_the_ways_on_a_cpu_compute_a_gradient_for_every_leaf() -> None:
    shape = Shape("gru", 5, 6, 3, inputs=4)
    for ways, leaves in ((our_ways, 9), (padded_ways, 9), (packed_ways, 9)):
        (way,) = ways(shape, "cpu")
        gradients = way.build(0)()
        assert isinstance(gradients, tuple)
        assert len(gradients) == leaves
        assert all(gradient.abs().sum() > 0 for gradient in gradients)


def test_median_of_calls_in_turn() -> None:
    called: list[int] = []
    seconds = median_seconds([lambda: called.append(0), lambda: called.append(1)], device="cpu", repeats=4)
    assert seconds > 0
    assert called == [0, 1, 0, 0, 1, 0, 1]


def test_the_command_on_a_cpu(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["--device", "cpu", "--hidden", "8", "--steps", "6", "--batch", "4", "--repeats", "2"]
    out = tmp_path / "found.json"
    assert main(["recurrence", *words, "--json", "--out", str(out)]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert captured.err == ""
    assert found == json.loads(out.read_text(encoding="utf-8"))
    assert len(found["rows"]) == 2 * 3
    for row in found["rows"]:
        assert row.keys() >= {"what", "ours", "peer", "peer_name", "ratio"}
        assert row["ratio"] == pytest.approx(row["peer"] / row["ours"])
        assert row["our_way"] == "numba ieee"
        assert row["launch"] == "eager"
    assert {row["peer_name"] for row in found["rows"]} == {"torch padded ieee", "torch PackedSequence ieee"}


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--device", "tpu"], ["device is 'tpu'", "Choose cuda or cpu"]),
        (["--device", "cpu", "--hidden", "64,x"], ["hidden is '64,x'", "--hidden 64,128"]),
        (["--device", "cpu", "--cells", "gru_reset_before"], ["torch engine does not compute the cell"]),
        (["--device", "cpu", "--steps", "0"], ["steps is '0'"]),
    ],
)
def test_mistakes_are_one_line(capsys: pytest.CaptureFixture[str], words: list[str], parts: list[str]) -> None:
    assert main(["recurrence", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    for part in parts:
        assert part in line


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_a_gpu_one_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recurrence"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("There is no CUDA device here. Choose --device cpu, or run it on a machine with a GPU.")


def test_the_table_in_the_log_is_what_the_formula_says() -> None:
    folder = Path(__file__).parents[2] / "benchmarks" / "recurrence"
    done = subprocess.run([sys.executable, folder / "roofline.py"], capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 2 + 3 * 3 * 2 * 2
    assert done.stdout in (folder / "GPU.md").read_text(encoding="utf-8")
