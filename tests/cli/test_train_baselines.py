"""``recurra train`` shows baselines beside the validation, and what its classes lack."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from commands import Run, run_without
from rows import write_table
from topics import topic_rows

import recurra
from recurra.data import blocks, streamed
from recurra.training import baseline

SMALL = ["--set", "hidden=4", "--set", "embedding=5", "--epochs", 1]
# A network that learns which class is the usual one, and no more.
IDLE = [*SMALL, "--learning-rate", "0.01", "--set", "validation=0.2", "--set", "branch=false"]


@pytest.fixture
def uneven(tmp_path: Path) -> Path:
    """200 rows of one class and 30 of another; the text says which."""
    generator = random.Random(0)
    labels = ["usual"] * 200 + ["r_re"] * 30
    rows = [(f"{' '.join(generator.choices(['oil', 'gas', 'up'], k=5))} {label}", label) for label in labels]
    return write_table(tmp_path / "uneven.csv", ("text", "label"), rows)


def lines_of(run: Run, *words: Any) -> list[str]:
    ran = run("train", *words)
    assert (ran.code, ran.err) == (0, "")
    return list(ran.out.splitlines())


def test_lines_and_json(run: Run, uneven: Path) -> None:
    # 40 of the 200 rows and 6 of the 30 are held out.
    lines = lines_of(run, uneven, "--out", "run", *IDLE)
    start = next(place for place, line in enumerate(lines) if line.startswith("validation on 46 rows"))
    accuracy = recurra.load("run/model.safetensors").record["scores"]["validation"]["accuracy"]
    assert accuracy == pytest.approx(40 / 46)
    beside = [
        "Baselines on the same rows: accuracy 0.8696 by the most frequent class, 1.0000 by LinearSVC on TF-IDF of "
        "1- and 2-grams of words.",
        "The linear model wins on these rows: 1.0000, and this model has 0.8696.",
    ]
    notes = [
        "The largest class has 200 rows and the smallest 30: look at macro F1 and at each class, not at the accuracy "
        "alone.",
        "It never predicts 1 class on the rows held out: 'r_re'.",
        "The recurrent network learned next to nothing: 0.8696 of the rows held out right, and 0.8696 by the most "
        "frequent answer. Give more epochs or rows, or another learning rate than 0.01.",
    ]
    # Sentences are folded.
    assert " ".join(lines[start:-1]).endswith(" ".join(["", *beside, *notes]))
    card = Path("run/model-card.md").read_text()
    assert " ".join(beside) in card
    assert notes[0] in card
    assert "never predicts 1 class on the rows held out: 'r\\_re'." in card
    quiet = run("train", uneven, "--out", "quiet", "--quiet", *IDLE)
    assert quiet.err == (
        "recurra: warning: 22 of 46 rows held out have the same text as a row that is learned from: validation during "
        "training leaves them out.\n"
    )
    assert " ".join(quiet.out.splitlines()[1:-1]).endswith(" ".join(["", *beside]))
    values = run("train", uneven, "--out", "json", "--json", *IDLE).json
    assert values["baselines"] == {
        "score": "accuracy",
        "majority": pytest.approx(40 / 46),
        "linear": 1.0,
        "features": "1- and 2-grams of words",
        "skipped": None,
    }
    assert values["notes"][-3:] == notes
    files = [Path(name, "model.safetensors").read_bytes() for name in ("run", "quiet", "json")]
    assert files[0] == files[1] == files[2]


def test_no_baseline(run: Run, uneven: Path) -> None:
    lines = lines_of(run, uneven, "--out", "run", "--no-baseline", *IDLE)
    assert not any("baseline" in line.casefold() for line in lines)
    assert "baselines" not in recurra.load("run/model.safetensors").record
    assert run("train", uneven, "--out", "json", "--json", "--no-baseline", *IDLE).json["baselines"] is None


def test_a_network_that_is_as_good_does_not_lose(run: Run, uneven: Path) -> None:
    better = ["--set", "hidden=4", "--set", "embedding=5", "--epochs", 30, "--learning-rate", 0.02, "--batch-size", 8]
    lines = lines_of(run, uneven, "--out", "run", *better, "--set", "validation=0.2")
    assert recurra.load("run/model.safetensors").record["scores"]["validation"]["accuracy"] == 1
    said = " ".join(lines)
    assert " 1.0000 by LinearSVC on " in said
    assert "wins" not in said
    assert "never predicts" not in said


def test_nothing_held_out(run: Run, uneven: Path) -> None:
    options = [*SMALL, "--set", "validation=0", "--set", "patience=0"]
    values = run("train", uneven, "--out", "run", "--json", *options).json
    assert "baselines: skipped, no rows were held out." in values["notes"]
    assert values["baselines"]["skipped"] == "no rows were held out"
    assert (values["baselines"]["majority"], values["baselines"]["linear"]) == (None, None)


def test_without_scikit_learn(uneven: Path) -> None:
    ran = run_without(["sklearn"], "train", uneven, "--out", "run", *IDLE)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert "baselines: no linear model, scikit-learn is not installed." in lines
    assert "Baselines on the same rows: accuracy 0.8696 by the most frequent class." in lines


def test_a_streamed_table_with_much_text(run: Run, uneven: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed, "SMALL", 0)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1024)
    monkeypatch.setattr(baseline, "WORK", {baseline.WORDS: 900, baseline.CHARACTERS: 900})
    values = run("train", uneven, "--out", "run", "--json", *IDLE).json
    said = "more than 100 characters of text and 2 classes would take long"
    assert f"baselines: no linear model, {said}." in values["notes"]
    assert (values["baselines"]["skipped"], values["baselines"]["linear"]) == (said, None)
    assert values["baselines"]["majority"] == pytest.approx(40 / 46)


def test_several_labels(run: Run, tmp_path: Path) -> None:
    texts, labels = topic_rows(120)
    write_table(tmp_path / "t.csv", ("text", "labels"), list(zip(texts, map("|".join, labels), strict=True)))
    ran = run("train", "t.csv", "--label-separator", "|", "--out", "run", "--json", *IDLE)
    found = ran.json["baselines"]
    assert (found["score"], found["skipped"]) == ("micro_f1", None)
    assert 0 < found["majority"] < found["linear"] <= 1
    lines = lines_of(run, "t.csv", "--label-separator", "|", "--out", "lines", *IDLE)
    assert any(f"micro F1 {found['majority']:.4f} by the most frequent label, " in line for line in lines)
