"""Figures of a round: with a clock that the test moves, and with real processes."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from bundles import make_bundle

from recurra.bench import measure
from recurra.bench.measure import Measurement, in_a_process, latency, measure_model, summarize, throughput
from recurra.bundle import write_bundle
from recurra.errors import RecurraError
from recurra.runtime import load


class Clocked:
    """A model whose calls take as long as it is told, one after the other; the last time stands for all later calls."""

    def __init__(self, seconds: Sequence[float], monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.seconds, self.asked = 100.0, list(seconds), list[list[Any]]()
        monkeypatch.setattr(measure, "perf_counter", lambda: self.now)

    def predict(self, documents: list[Any]) -> list[str]:
        self.asked.append(documents)
        self.now += self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]
        return ["a"] * len(documents)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_bundle(make_bundle(), tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def interpreter(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Lets a script stand in for Python."""
    script = folder / "python"
    script.write_text(f"#!{sys.executable}\nimport os, sys, time\n{code}\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(measure.sys, "executable", str(script))


def test_documents_a_second_are_of_whole_passes_until_a_second_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = Clocked([0.4, 0.3, 0.5, 7.0], monkeypatch)
    assert throughput(model, ["x"] * 10) == pytest.approx(3 * 10 / 1.2)
    assert [len(asked) for asked in model.asked] == [10, 10, 10]
    slow: Any = Clocked([8.0], monkeypatch)
    assert throughput(slow, ["x"] * 10) == pytest.approx(10 / 8)


def test_one_document_is_the_median_of_single_ones_behind_those_that_wake(monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = Clocked([5.0] * measure.WAKING + [1e-3] * 10 + [3e-3] + [9e-3], monkeypatch)
    documents = [str(number) for number in range(21)]
    assert latency(model, documents) == pytest.approx(3_000)
    assert model.asked == [[one] for one in documents[: measure.WAKING] + documents]


def test_figures_over_the_rounds() -> None:
    figures = summarize(
        [Measurement(30.0, 5.0, 1.0, 2.0), Measurement(10.0, 9.0, 4.0, None), Measurement(20.0, 1.0, 2.5, 4.0)]
    )
    assert figures["docs_per_second"] == {"median": 20, "lowest": 10, "highest": 30, "rounds": [30, 10, 20]}
    assert figures["start_seconds"] == {"median": 2.5, "lowest": 1, "highest": 4, "rounds": [1, 4, 2.5]}
    assert figures["memory_mb"] is None
    assert figures.keys() == set(Measurement._fields)


def test_a_start_is_that_of_the_process(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, memory = in_a_process(path, ["oil"])
    # numpy and numba alone take longer to import.
    assert 0.05 < plain < 60
    assert memory is not None
    assert 1 < memory < 500
    code = f"time.sleep({plain} + 0.5)\nos.execv({sys.executable!r}, [{sys.executable!r}, *sys.argv[1:]])"
    interpreter(path.parent, monkeypatch, code)
    assert in_a_process(path, ["oil"])[0] > plain + 0.5


def test_a_start_ends_with_the_first_answer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
assert sys.argv[1:4] == ["-P", "-m", "recurra.bench.child"]
assert sys.stdin.readline() == '"oil"\\n'
print("answered", flush=True)
assert sys.stdin.read() == '"oil"\\n["rise", "again"]\\n'
time.sleep(1)
print(12.5)
"""
    interpreter(path.parent, monkeypatch, code)
    began = time.perf_counter()
    seconds, memory = in_a_process(path, ["oil", ("rise", "again")])
    assert seconds < time.perf_counter() - began - 1
    assert memory == 12.5


def test_memory_is_that_of_all_documents(path: Path) -> None:
    _, little = in_a_process(path, ["oil"])
    # 20 MB of texts, which make 5 million tokens of 4 bytes.
    _, much = in_a_process(path, ["oil " * 25_000] * 200)
    if little is None or much is None:
        pytest.skip("the system does not tell the peak of memory")
    assert much > little + 30


def test_a_round_has_every_figure(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "SECONDS", 0.01)
    found = measure_model(path, load(path), ["oil prices rise", ("the team", "wins"), ""])
    assert all(figure is not None and figure > 0 for figure in found)
    assert found.microseconds_per_document < 1e6 * found.start_seconds


@pytest.mark.parametrize("first", ["", "sys.stdin.readline(); print('answered', flush=True); sys.stdin.read()\n"])
def test_a_process_that_ends_is_one_line_with_its_last_words(
    path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    last = "print('Trace\\nMemoryError: too much\\n', file=sys.stderr)\nsys.exit(3)"
    interpreter(path.parent, monkeypatch, first + last)
    with pytest.raises(RecurraError, match=r"ended with code 3: MemoryError: too much\. .*--take") as caught:
        in_a_process(path, ["oil"])
    assert "\n" not in str(caught.value)
