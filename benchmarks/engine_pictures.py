"""The pictures of docs/engines.md: how a batch is packed, and what a layer computes. Nothing is measured.

python benchmarks/engine_pictures.py           # writes docs/engines-packing.svg and docs/engines-layer.svg
python benchmarks/engine_pictures.py --check   # fails if they are not what this program draws
"""

from __future__ import annotations

import argparse
import sys
from html import escape
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"

# Dark enough to be read on white, which is the pictures' own ground in both themes.
INK, QUIET = "#222", "#666"
COLOURS = ("#bbdefb", "#ffe0b2", "#c8e6c9")
DOCUMENTS = (
    ("oil", "prices", "rise", "again"),
    ("late", "goal", "wins"),
    ("stocks", "fall"),
)
WIDE, HIGH = 74, 30


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    for name, drawn in (("engines-packing.svg", packing()), ("engines-layer.svg", layer())):
        path = DOCS / name
        if not check:
            path.write_text(drawn, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != drawn:
            print(f"{path} is not what this program draws. Run: python benchmarks/engine_pictures.py")
            return 1
    return 0


def packing() -> str:
    """Documents sorted by length, padded and packed."""
    parts = [_words(20, 24, "Padded: 12 places, 3 of them pads"), _words(380, 24, "Packed: 9 rows, no pads")]
    steps = len(DOCUMENTS[0])
    for row, words in enumerate(DOCUMENTS):
        for step in range(steps):
            word = words[step] if step < len(words) else "pad"
            colour = COLOURS[row] if step < len(words) else "#eee"
            parts.append(_cell(20 + step * WIDE, 40 + row * (HIGH + 4), word, colour))
    for step in range(steps):
        running = [row for row, words in enumerate(DOCUMENTS) if step < len(words)]
        for row in running:
            parts.append(_cell(380 + step * (WIDE + 10), 40 + row * HIGH, DOCUMENTS[row][step], COLOURS[row]))
        middle = 380 + step * (WIDE + 10) + WIDE // 2
        parts.append(_words(middle, 158, f"step {step}", anchor="middle"))
        parts.append(_words(middle, 176, f"active = {len(running)}", anchor="middle", colour=QUIET))
    parts.append(_words(20, 158, "one row a document", colour=QUIET))
    parts.append(
        _words(
            20,
            204,
            "In memory: step 0, then step 1, and so on. The running documents are always the first ones.",
        )
    )
    title = "Three documents, padded and packed"
    return _picture(730, 220, title, "Packing keeps the words of each step side by side and stores no pads.", parts)


def layer() -> str:
    """The input projection as one product, and the loop."""
    parts = [
        _box(20, 60, 150, 64, "inputs x", "[N, inputs]", COLOURS[0]),
        _box(220, 60, 170, 64, "d = W_I x + b", "one product: [N, G·H]", COLOURS[1]),
        _box(450, 30, 260, 124, "", "", "#fff"),
        _words(580, 52, "loop over steps t", anchor="middle", colour=QUIET),
        _box(466, 64, 108, 64, "W_H h", "[active, G·H]", COLOURS[1]),
        _box(586, 64, 108, 64, "gates", "h, c at t", COLOURS[2]),
        _arrow(170, 92, 220, 92),
        _arrow(390, 92, 450, 92),
        _arrow(574, 96, 586, 96),
        f'<path d="M640 128 V142 H520 V130" fill="none" stroke="{INK}" marker-end="url(#tip)"/>',
        _box(760, 60, 130, 64, "hidden states", "[N, H]", COLOURS[0]),
        _arrow(710, 92, 760, 92),
        _words(220, 150, "no state needed: all tokens at once", colour=QUIET),
        _words(466, 176, "minGRU, minLSTM and SRU have no W_H product", colour=QUIET),
    ]
    title = "A layer: one large product, then a loop over the steps"
    about = "Inputs are projected in one product; each step adds the recurrent product and computes gates and states."
    return _picture(910, 195, title, about, parts)


def _picture(wide: int, high: int, title: str, about: str, parts: list[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
        'role="img" font-family="sans-serif" font-size="13" aria-labelledby="title about">\n'
        f'<title id="title">{escape(title)}</title><desc id="about">{escape(about)}</desc>\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 L8 4 L0 8 z" fill="{INK}"/></marker></defs>\n'
        f'<rect width="{wide}" height="{high}" rx="6" fill="#fff"/>\n'
    )
    return head + "\n".join(parts) + "\n</svg>\n"


def _words(x: int, y: int, said: str, *, anchor: str = "start", colour: str = INK) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{escape(said)}</text>'


def _rectangle(x: int, y: int, wide: int, high: int, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="3" fill="{colour}" stroke="{QUIET}"/>'


def _cell(x: int, y: int, said: str, colour: str) -> str:
    return _rectangle(x, y, WIDE, HIGH, colour) + _words(x + WIDE // 2, y + 20, said, anchor="middle")


def _box(x: int, y: int, wide: int, high: int, said: str, shape: str, colour: str) -> str:
    middle = x + wide // 2
    named = _words(middle, y + 28, said, anchor="middle") if said else ""
    shaped = _words(middle, y + 48, shape, anchor="middle", colour=QUIET) if shape else ""
    return _rectangle(x, y, wide, high, colour) + named + shaped


def _arrow(x: int, y: int, to_x: int, to_y: int) -> str:
    return f'<path d="M{x} {y} L{to_x} {to_y}" stroke="{INK}" marker-end="url(#tip)"/>'


if __name__ == "__main__":
    sys.exit(main())
