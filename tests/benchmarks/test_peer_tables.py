"""The page's tables, from figures known beforehand."""

from __future__ import annotations

from typing import Any

import peer_tables


def row(peer: str, ratio: float, *, task: str = "train", unit: str = "documents/s") -> dict[str, Any]:
    return {
        "task": task,
        "what": f"{task} lesson/lstm: LSTM(8)",
        "unit": unit,
        "ours": 12_345.6,
        "peer": 12_345.6 / ratio,
        "peer_name": peer,
        "peer_settings": "threads: 2",
        "ratio": ratio,
        "ratio_low": ratio / 2,
        "ratio_high": ratio * 2,
    }


MACHINE = {"cores": 2, "processor": "some chip", "python": "3.11.7"}
PEERS = {
    "command": "python benchmarks/peers.py",
    "machine": MACHINE,
    "data": "AG News, 58,337 of 120,000 training rows",
    "rounds": 5,
    "rows": [
        row("Keras 3", 4.0),
        row("torch 2", 0.8),
        row("the machine's peak", 0.25),
        row("fastText", 2.0, task="latency", unit="µs a document"),
    ],
}
GROWTH = {
    "command": "python benchmarks/growth.py",
    "machine": MACHINE,
    "rounds": 3,
    "curves": [
        {"task": "train", "axis": "length", "points": [{"value": 2_000, "rows": [row("torch 2", 0.5)]}]},
        {"task": "predict", "axis": "hidden", "points": [{"value": 8, "rows": [row("torch 2", 2.0), row("ORT", 3.0)]}]},
    ],
}


def test_a_task_has_its_own_rows_with_machine_and_command() -> None:
    lines = peer_tables.peer_lines(PEERS, "train")
    assert lines[2:4] == [
        "| lesson/lstm: LSTM(8) | Keras 3 | 12,346 | 3,086 | **4.00** (2.00–8.00) | threads: 2 |",
        "| lesson/lstm: LSTM(8) | torch 2 | 12,346 | 15,432 | **0.80** (0.40–1.60) | threads: 2 |",
    ]
    assert lines[4:] == [
        "",
        "AG News, 58,337 of 120,000 training rows; 5 rounds in turn on 2 cores of some chip, Python 3.11.7. "
        "Command: `python benchmarks/peers.py`",
    ]
    assert "Recurra, µs a document" in peer_tables.peer_lines(PEERS, "latency")[0]


def test_the_share_of_the_peak_is_a_percentage() -> None:
    assert peer_tables.peak_lines(PEERS)[2] == "| lesson/lstm: LSTM(8) | 12,346 | 49,382 | 25.0% (12.5%–50.0%) |"


def test_growth_has_a_column_pair_a_peer() -> None:
    lines = peer_tables.growth_lines(GROWTH, "predict")
    assert lines[2] == "| 8 | 12,346 | 6,173 | **2.00** (1.00–4.00) | 4,115 | **3.00** (1.50–6.00) |"
    assert {line.count("|") for line in lines[:3]} == {7}


def test_what_is_lost_is_said() -> None:
    assert peer_tables.slower_lines(PEERS, GROWTH) == [
        "- train lesson/lstm: LSTM(8): 0.80 times as fast as torch 2",
        "- train with length 2,000: 0.50 times as fast as torch 2",
    ]
    won = {**PEERS, "rows": PEERS["rows"][:1]}
    assert peer_tables.slower_lines(won, {**GROWTH, "curves": []}) == ["In none of the comparisons on this page."]
    assert peer_tables.slower_lines(None, GROWTH) == peer_tables.MISSING


def test_engines_stand_side_by_side() -> None:
    one = {"median": 0.875, "lowest": 0.85, "highest": 0.9}
    models = {"lstm": {"numba": one, "torch": {**one, "median": 0.88}, "difference_in_standard_errors": -0.25}}
    result = {"models": models, "machine": MACHINE, "data": "58,337 of 120,000 training rows", "command": "python x.py"}
    assert peer_tables.engine_lines(result)[2] == (
        "| `lesson/lstm` | 87.50% (85.00%–90.00%) | 88.00% (85.00%–90.00%) | -0.2 standard errors |"
    )
    assert peer_tables.engine_lines(None) == peer_tables.MISSING


def test_scoring_tells_rows_and_memory() -> None:
    scored = {"model": "lstm", "data": ".csv", "out": ".csv", "rows": 10_000_000}
    result = {
        "rows": [{**scored, "rows_per_second": 512_345, "peak_megabytes": 321}],
        "machine": MACHINE,
        "command": "python x.py",
    }
    assert peer_tables.scoring_lines(result)[2] == "| `lesson/lstm` | .csv | .csv | 10,000,000 | 512,345 | 321 |"
