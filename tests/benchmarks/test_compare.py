"""The driver with participants that claim what the test tells them: who plays when, and what the figures then are."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import compare as module
from harness import worker
from harness.compare import Comparison, compare
from harness.participants import Peer

from recurra.errors import RecurraError

FAKE = Path(__file__).with_name("fake_participant.py")
Play = Callable[..., Comparison]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Plays rounds with fake participants; the first is ours, and a peer may have several ways."""

    def scripted(name: str, script: dict[str, Any]) -> Path:
        path = tmp_path / f"{name}.json"
        whole = {"name": name, "order": str(tmp_path / "order"), "timings": [[1, 1]], **script}
        path.write_text(json.dumps(whole), encoding="utf-8")
        return path

    def call(
        ours: dict[str, Any], peers: dict[str, list[dict[str, Any]]], *, task: str = "train", **options: Any
    ) -> Comparison:
        monkeypatch.setattr(module, "our_command", lambda _: [sys.executable, str(FAKE), str(scripted("ours", ours))])
        monkeypatch.setattr(
            module,
            "peer_command",
            lambda python, program, _, way: [python, str(FAKE), str(scripted(program + way["end"], way))],
        )
        named = [
            Peer(name, {task: name}, lambda *_, ways=ways: [{"end": f"-{i}", **way} for i, way in enumerate(ways)])
            for name, ways in peers.items()
        ]
        options = {"python": sys.executable, "rounds": 1, "say": lambda _: None, "pause": 0.0, **options}
        return compare(tmp_path, "a network", task, named, **options)

    return call


def turns(folder: Path) -> list[str]:
    return (folder / "order").read_text(encoding="utf-8").split()


def test_ratios_are_taken_round_by_round(play: Play) -> None:
    # A peer's first turn is the trial of its way. Ours: 100, 50 and 200 documents a second; the peer's: 50, 50 and 40.
    ours = {"timings": [[1, 100], [2, 100], [0.5, 100]]}
    peer = {"timings": [[1, 7], [2, 100], [2, 100], [2.5, 100]], "settings": "all threads"}
    (row,) = play(ours, {"keras": [peer]}, rounds=3).rows
    assert (row["ours"], row["peer"]) == (100, 50)
    assert (row["ratio"], row["ratio_low"], row["ratio_high"]) == (2, 1, 5)
    assert row["rounds"] == {"ours": [100, 50, 200], "peer": [50, 50, 40]}
    assert (row["what"], row["unit"], row["peer_name"]) == ("a network", "documents/s", "keras-0")
    assert (row["peer_settings"], row["versions"]["peer"]) == ("all threads", {"fake": "1"})


def test_latency_is_told_in_microseconds_and_faster_is_still_above_1(play: Play) -> None:
    timings = {"ours": [[40e-6, 1]], "peer": [[100e-6, 1]]}
    result = play({"timings": timings["ours"]}, {"linear": [{"timings": timings["peer"]}]}, task="latency", rounds=2)
    (row,) = result.rows
    assert row["unit"] == "µs a document"
    assert [row["ours"], row["peer"], row["ratio"]] == pytest.approx([40, 100, 2.5])


def test_everybody_plays_in_turn_and_every_second_round_goes_backwards(play: Play, tmp_path: Path) -> None:
    play({}, {"a": [{}], "b": [{}]}, rounds=3)
    forward = ["ours:go", "a-0:go", "b-0:go"]
    assert turns(tmp_path)[: 2 + 9] == ["a-0:go", "b-0:go", *forward, *reversed(forward), *forward]
    assert sorted(turns(tmp_path)[11:]) == ["a-0:end", "b-0:end", "ours:end"]


def test_the_fastest_way_plays_and_the_others_have_ended(play: Play, tmp_path: Path) -> None:
    ways = [{"timings": [[1, speed]], "settings": f"way {speed}"} for speed in (20, 50, 30)]
    (row,) = play({"timings": [[1, 100]]}, {"onnx": ways}, rounds=2).rows
    assert (row["peer_settings"], row["ratio"]) == ("way 50", 2)
    assert row["peer_tried"] == {"way 20": 20, "way 50": 50, "way 30": 30}
    order = turns(tmp_path)
    assert order.index("onnx-0:end") < order.index("onnx-2:go")
    assert order.index("onnx-2:end") < order.index("ours:go")
    assert order.count("onnx-1:go") == 3


def test_a_missing_package_leaves_a_peer_out_by_name(play: Play) -> None:
    result = play({"timings": [[1, 3]]}, {"keras": [{"fail": "missing"}], "torch": [{"timings": [[1, 2]]}]})
    assert [row["ratio"] for row in result.rows] == [1.5]
    (out,) = result.left_out
    assert out["peer"] == "keras"
    assert "keras needs keras" in out["reason"]
    assert "--peers-python" in out["reason"]
    with pytest.raises(RecurraError, match="none of the peers keras"):
        play({}, {"keras": [{"fail": "missing"}]})


@pytest.mark.parametrize("when", [{}, {"fail_round": 0}, {"fail_round": 2}])
def test_a_participant_that_dies_is_one_line_with_its_last_words(
    play: Play, tmp_path: Path, when: dict[str, int]
) -> None:
    with pytest.raises(RecurraError) as caught:
        play({}, {"torch": [{}], "keras": [{"fail": "die", **when}]}, rounds=3)
    message = str(caught.value)
    assert "\n" not in message
    assert "keras failed" in message
    assert "exit code 3): MemoryError: the last line" in message
    # Nobody is left behind.
    assert {"ours:end", "torch-0:end"} <= set(turns(tmp_path))


def test_an_interpreter_that_talks_is_no_participant(play: Play) -> None:
    with pytest.raises(RecurraError, match=r"keras failed in its preparation .*Welcome!"):
        play({}, {"keras": [{"fail": "chatter"}]})


def test_a_participant_that_hangs_is_ended(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LIMIT_SECONDS", 1.0)
    with pytest.raises(RecurraError, match=r"keras did not end a round in 1 s\."):
        play({}, {"keras": [{"fail": "hang", "fail_round": 0}]})


def test_an_interpreter_that_is_not_there(play: Play) -> None:
    with pytest.raises(RecurraError, match="'/nowhere/python' of keras cannot be run: No such file"):
        play({}, {"keras": [{}]}, python="/nowhere/python")
