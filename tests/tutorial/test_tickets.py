"""The tutorial's data: the same each time, and with the flaws that it says."""

from __future__ import annotations

import csv
import gzip
import subprocess
import sys
from collections import Counter
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_are_the_same_each_time(tickets: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, EXAMPLES / "tickets", tmp_path], check=True, timeout=60)
    names = sorted(path.relative_to(tickets) for path in tickets.rglob("*") if path.is_file())
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()) == names
    for name in names:
        assert (tmp_path / name).read_bytes() == (tickets / name).read_bytes(), name


def test_all_forms_hold_the_same_rows(tickets: Path) -> None:
    rows = rows_of(tickets / "train.csv")
    assert len(rows) == 1000
    assert len({row["message"] for row in rows} & {row["message"] for row in rows_of(tickets / "test.csv")}) <= 2
    assert gzip.decompress((tickets / "train.csv.gz").read_bytes()) == (tickets / "train.csv").read_bytes()
    lines = (tickets / "train.txt").read_text().splitlines()
    assert lines == [f"__label__{row['topic']} {row['message']}" for row in rows]
    files = sorted((tickets / "by-topic").glob("*/*.txt"), key=lambda path: path.name)
    assert [(path.parent.name, path.read_text()) for path in files] == [(row["topic"], row["message"]) for row in rows]


def test_the_planted_flaws(tickets: Path) -> None:
    clean, raw = rows_of(tickets / "train.csv"), rows_of(tickets / "raw-train.csv")
    topics = Counter(row["topic"] for row in raw)
    assert [topics[name] for name in ("Billing", "delivery ", "acount", "legal", "")] == [3, 3, 3, 2, 2]
    assert sum(not row["message"].strip() for row in raw) == 4
    assert sum("Ã©" in row["message"] for row in raw) == 5
    assert sum("&nbsp;" in row["message"] for row in raw) == 2
    messages = Counter(row["message"] for row in clean)
    again = [row for row in raw[1000:] if row["message"] in messages]
    assert len(again) == 9
    of = {row["message"]: row["topic"] for row in clean}
    assert sum(of[row["message"]] != row["topic"] for row in again) == 3
    held = rows_of(tickets / "raw-test.csv")[200:]
    assert sum(row["message"] in messages for row in held) == 5
    assert sum(row["message"].removesuffix(" Thanks!") in messages for row in held) == 10
    assert held[-1]["topic"] == "sales"
