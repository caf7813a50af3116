"""The floors of the measured layers on an H100, by formula: the table of GPU.md.

python benchmarks/recurrence/roofline.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from harness.recurrence.roofline import H100, array_bytes, floor_of, operations
from harness.recurrence.shapes import shapes_of

HEAD = [
    "| layer, both directions, batch 512 | steps | words | products | GFLOP | MB | arithmetic µs | bytes | steps |",
    "|---|---|---|---|---|---|---|---|---|",
]


def table() -> list[str]:
    """Lines of Markdown; the largest of a row's floors is bold."""
    lines = list(HEAD)
    for shape in shapes_of(["simple_rnn", "gru", "lstm"], [64, 128, 256], [44, 200], batch=512):
        tokens = sum(shape.lengths())
        for products in ("ieee", "bf16"):
            floor = floor_of(shape, tokens, products, H100)
            moved = sum(array_bytes(shape, tokens, products).values())
            figures = [f"**{1e6 * part:,.0f}**" if part == max(floor) else f"{1e6 * part:,.0f}" for part in floor]
            cells = [
                f"{shape.cell}({shape.hidden})",
                f"{shape.steps}",
                f"{tokens:,}",
                products,
                f"{operations(shape, tokens) / 1e9:,.1f}",
                f"{moved / 1e6:,.0f}",
                *figures,
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    print("\n".join(table()))
