"""Writes rows in every form that Recurra reads."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = [
    "write_compressed",
    "write_csv",
    "write_folders",
    "write_json_lines",
    "write_label_lines",
    "write_parquet",
    "write_texts",
]


def write_csv(
    path: Path,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> None:
    """A table with a header row."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(rows)


def write_json_lines(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """An object a line."""
    lines = [json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_parquet(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A Parquet file."""
    pq.write_table(pa.table(dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))), path)


def write_label_lines(path: Path, rows: Sequence[tuple[str, Sequence[str]]]) -> None:
    """A document a line, its labels in front: the form of fastText."""
    lines = [" ".join([*(f"__label__{label}" for label in labels), text]) for text, labels in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_folders(path: Path, rows: Sequence[tuple[str, str]]) -> None:
    """A folder a class, in it a file a document."""
    for place, (text, label) in enumerate(rows):
        (path / label).mkdir(parents=True, exist_ok=True)
        (path / label / f"{place:04}.txt").write_text(text, encoding="utf-8")


def write_texts(path: Path, texts: Sequence[str]) -> None:
    """A text a line."""
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")


def write_compressed(path: Path) -> None:
    """Copies with .gz and .zst behind the name; the same bytes give the same copies."""
    content = path.read_bytes()
    Path(f"{path}.gz").write_bytes(gzip.compress(content, mtime=0))
    with pa.CompressedOutputStream(f"{path}.zst", "zstd") as file:
        file.write(content)
