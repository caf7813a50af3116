"""The columns of a test file are those of the training file."""

from __future__ import annotations

from pathlib import Path

from cli.commands import Run


def write(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def test_a_longer_column_and_another_label_are_not_taken_instead(run: Run, tmp_path: Path) -> None:
    """Alone the test file's text column would be the comment, and its label the state."""
    texts = [f"claim number {n} about a broken window" for n in range(60)]
    train = write(tmp_path / "train.csv", "text,category", [f"{text},{'ab'[n % 2]}" for n, text in enumerate(texts)])
    rows = [f"{text},{'open' if n % 3 else 'closed'},{'ab'[n % 2]},see the {n}th file" for n, text in enumerate(texts)]
    test = write(tmp_path / "test.csv", "text,label,category,comment", rows[:20])
    found = run("check", train, "--test", test, "--json").json
    columns = {"text": "text", "title": None, "label": "category"}
    assert {name: found["files"]["test"]["columns"][name] for name in columns} == columns
    counts = {one["kind"]: one["count"] for one in found["findings"]}
    assert counts["test texts among the training rows"] == 20
    assert "unknown labels" not in counts


def test_other_names_are_guessed(run: Run, tmp_path: Path) -> None:
    texts = [f"claim number {n} about a broken window" for n in range(40)]
    train = write(
        tmp_path / "train.csv", "Beschreibung,Sparte", [f"{one},{'ab'[n % 2]}" for n, one in enumerate(texts)]
    )
    test = write(tmp_path / "test.csv", "text,label", [f"{one},{'ab'[n % 2]}" for n, one in enumerate(texts[:10])])
    found = run("check", train, "--test", test, "--json").json
    assert found["files"]["test"]["columns"]["text"] == "text"
    assert found["files"]["test"]["columns"]["label"] == "label"
