"""Lines for people fit a terminal of 80 columns."""

from __future__ import annotations

from pathlib import Path

import pytest
from bundles import make_bundle
from commands import Run
from rows import write_news, write_table

from recurra.bundle import write_bundle
from recurra.cli.app import COMMANDS
from recurra.cli.output import LINE, width

LONG = "a label of very many words that nobody would want to read in a table of scores"


@pytest.fixture(autouse=True)
def _files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    write_bundle(make_bundle(labels=(LONG, "b" * 60, *(f"class {number}" for number in range(30)))), "m.safetensors")
    rows = [(LONG if n % 3 else f"class {n % 30}", f"the team wins {'a late match ' * 9}{n}") for n in range(60)]
    write_table(Path("rows.csv"), ("label", "text"), [*rows, *rows[:2], ("Class 3 ", "x"), ("new label " * 9, "oil")])
    Path("sets/tiny").mkdir(parents=True)
    write_news(Path("sets/tiny/train.csv"), 30)
    write_news(Path("sets/tiny/test.csv"), 12)


def check_width(out: str) -> None:
    assert out
    # One word that is longer than a line, such as a path, is not cut.
    too_long = [line for line in out.splitlines() if width(line) > LINE and len(line.split()) > 1]
    assert not too_long


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits(command: str, run: Run) -> None:
    check_width(run(command, "--help").out)


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["evaluate", "m.safetensors", "rows.csv", "--all-classes", "--abstain-below", "0.03", "--out", "made"],
        ["predict", "m.safetensors", "the team wins " * 20, "oil"],
        ["predict", "m.safetensors", "the team wins " * 20, "--top-k", "3"],
        ["score", "m.safetensors", "rows.csv", "--out", "scored.csv", "--abstain-below", "0.03"],
        ["check", "rows.csv"],
        ["check", "rows.csv", "--model", "m.safetensors", "--fix", "fixed.csv", "--drop-unknown"],
        ["info", "m.safetensors"],
        ["export", "m.safetensors", "--int8", "--out", "small.safetensors"],
        ["data", "rows.csv"],
        ["data", "--data-dir", "sets"],
    ],
)
def test_lines_fit(words: list[str], run: Run) -> None:
    ran = run(*words)
    assert ran.code == 0, ran.err
    check_width(ran.out)
