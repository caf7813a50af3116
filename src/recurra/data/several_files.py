"""What errors say to those who give several files: every command reads one."""

from __future__ import annotations

from pathlib import Path

from recurra.data.decompression import COMPRESSIONS

__all__ = ["is_pattern", "join_hint", "table_ending"]

# Files whose bytes are joined as they are, and pandas' readers of others.
_LINES = (".jsonl", ".ndjson", ".txt")
_READERS = {".csv": "read_csv", ".tsv": "read_table", ".json": "read_json", ".xlsx": "read_excel"}


def is_pattern(name: str) -> bool:
    """Whether a name is a pattern of a shell."""
    return any(mark in name for mark in "*?[")


def table_ending(name: str) -> str:
    """The ending of a file's name with that of its compression, such as ``.jsonl.gz``."""
    path = Path(name.lower())
    if path.suffix in COMPRESSIONS:
        return path.with_suffix("").suffix + path.suffix
    return path.suffix


def join_hint(pattern: str) -> str:
    """How to give the files of a pattern as one file.

    Args:
        pattern: such as ``lake/*.jsonl.gz``.
    """
    ending = table_ending(pattern)
    kind = "." + ending.split(".")[1] if ending else ""
    if kind == ".parquet":
        return (
            "Give one file, such as pandas.concat(map(pandas.read_parquet, files)) writes; "
            f"recurra score MODEL {pattern!r:.80} --ray --out DIR reads several."
        )
    shown, out = (pattern, ending) if kind in _LINES else ("*.jsonl.gz", ".jsonl.gz")
    each = (
        f"Rows to classify may stay in files of their own: for f in {pattern if kind else shown:.80}; "
        'do recurra score MODEL "$f" --out "answers/${f##*/}.csv"; done'
    )
    if kind in _READERS:
        return (
            "Give one file: write each with recurra check FILE --fix FILE.jsonl, and join these with cat; in Python "
            f"pandas.concat(map(pandas.{_READERS[kind]}, files)) does. {each}"
        )
    return f"Give one file, such as cat {shown:.80} > window{out} makes of JSON lines. {each}"
