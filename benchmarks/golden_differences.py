"""How two folders that the same commands wrote differ, apart from times and versions."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file

__all__ = ["IGNORED", "differences"]

# JSON keys of times and versions; ``digest`` follows from a file whose parts are compared, and ``run`` says by which
# settings a checkpoint may be resumed.
IGNORED = frozenset({"seconds", "docs_per_second", "peak_memory_mb", "versions", "digest", "run"})
# A page that tells seconds in its sentences, and a database of times; the JSON beside them is compared.
SKIPPED = frozenset({"lesson.html", "study.db"})
# The same in what is written for people.
MASKED = re.compile(rb"recurra \d[\w.+]*|\b[0-9a-f]{64}\b")


def differences(old: Path, new: Path, ignored: Collection[str] = IGNORED) -> list[str]:
    """What differs, a line each; none if all is equal to the bit.

    Args:
        old: a folder.
        new: another one.
        ignored: keys of JSON objects, which metadata and documents are, that may differ.
    """
    names = [
        {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.name not in SKIPPED}
        for folder in (old, new)
    ]
    found = []
    for name in sorted(names[0] | names[1], key=_rank):
        if name.name == "failed.log":
            side = "both" if name in names[0] & names[1] else "OLD" if name in names[0] else "NEW"
            found.append(f"failed in {side}: {_last_line(old / name if name in names[0] else new / name)}")
        elif name not in names[1]:
            found.append(f"{name}: only in OLD")
        elif name not in names[0]:
            found.append(f"{name}: only in NEW")
        else:
            found += [f"{name}: {line}" for line in _in_file(old / name, new / name, ignored)]
    return found


def _rank(name: Path) -> tuple[bool, bool, bool, Path]:
    """Failures first, then weights: what else differs mostly follows from them."""
    return name.name != "failed.log", name.suffix != ".safetensors", name.stem != "model", name


def _in_file(old: Path, new: Path, ignored: Collection[str]) -> Iterator[str]:
    one, other = old.read_bytes(), new.read_bytes()
    if old.suffix in {".html", ".md", ".txt"}:
        one, other = (MASKED.sub(b"", text) for text in (one, other))
    if one == other:
        return
    if old.suffix == ".safetensors":
        yield from _in_arrays(load_file(old), load_file(new))
        yield from _in_json(_metadata(old), _metadata(new), ignored)
    elif old.suffix == ".npz":
        with np.load(old) as some, np.load(new) as others:
            yield from _in_arrays(some, others)
    elif old.suffix == ".json":
        yield from _in_json(json.loads(one), json.loads(other), ignored)
    elif old.suffix == ".csv" and {*ignored} & {*one.decode().partition("\n")[0].split(",")}:
        yield from _in_json(*(list(csv.DictReader(text.decode().splitlines())) for text in (one, other)), ignored)
    else:
        yield _first_line(one, other)


def _in_arrays(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if name not in old or name not in new:
            yield f"{name}: only in {'OLD' if name in old else 'NEW'}"
            continue
        one, other = old[name], new[name]
        if (one.dtype, one.shape) != (other.dtype, other.shape):
            yield f"{name}: {one.dtype}{list(one.shape)} and {other.dtype}{list(other.shape)}"
        elif one.tobytes() != other.tobytes():
            numbers = one.dtype.kind in "fiub" and one.size
            largest = np.abs(one.astype(np.float64) - other.astype(np.float64)).max() if numbers else math.nan
            yield f"{name}: up to {largest:.3g} apart"


def _in_json(old: Any, new: Any, ignored: Collection[str], place: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new} - {*ignored}):
            inner = f"{place}.{key}" if place else key
            if key not in old or key not in new:
                yield f"{inner}: only in {'OLD' if key in old else 'NEW'}"
            else:
                yield from _in_json(old[key], new[key], ignored, inner)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _in_json(one, other, ignored, f"{place}[{number}]")
    # 1, 1.0 and true are different documents; a NaN is the same as another.
    elif type(old) is not type(new) or repr(old) != repr(new):
        yield f"{place}: {old!r:.50} and {new!r:.50}"


def _metadata(path: Path) -> dict[str, Any]:
    """The metadata of a safetensors file, with what is JSON in it as such."""
    with safe_open(path, framework="np") as file:
        found = dict(file.metadata() or {})
    for key, value in found.items():
        try:
            found[key] = json.loads(value)
        except ValueError:
            continue
    return found


def _first_line(old: bytes, new: bytes) -> str:
    # A line that ends otherwise is another one.
    lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
    same = next((n for n, (one, other) in enumerate(zip(*lines, strict=False)) if one != other), min(map(len, lines)))
    one, other = (some[same] if same < len(some) else b"" for some in lines)
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, start - 10)
    return f"line {same + 1}: {one[start : start + 40]!r} and {other[start : start + 40]!r}"


def _last_line(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1][-300:]
