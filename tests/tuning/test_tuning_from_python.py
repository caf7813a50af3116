"""The example of ``docs/tune.md``, and what is said of what cannot be tuned."""

from __future__ import annotations

import csv
import re
import runpy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rows import make_rows

from recurra.errors import SettingsError
from recurra.tuning import StudyLimits, Tuner

PAGE = Path(__file__).parents[2] / "docs" / "tune.md"
DOCUMENTS, LABELS = make_rows(120)
TEXTS = [text for _, text in DOCUMENTS]


def test_the_documented_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert "minutes=10" in code
    (tmp_path / "example.py").write_text(code.replace("minutes=10", "trials=1"), encoding="utf-8")
    with (tmp_path / "tickets.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("body", "topic"), *zip(TEXTS, LABELS, strict=True)])
    monkeypatch.chdir(tmp_path)
    names = runpy.run_path("example.py")
    assert capsys.readouterr().out.startswith("{'")
    assert names["model"].columns.text == "body"
    study, lines = names["study"], repr(names["study"]).splitlines()
    assert lines[0] == (
        f"StudyResult: 1 trial in {study.seconds:.0f} s, the best is trial 0 with log loss {study.best.log_loss:.4f}"
    )
    assert lines[1].startswith("  settings: ")
    assert lines[2:] == [f"  on the rows set aside: log loss {study.best.aside['log_loss']:.4f}"]


@pytest.mark.parametrize(
    ("given", "recipe", "said"),
    [
        (
            pd.DataFrame({"text": TEXTS, "label": LABELS}),
            "fast",
            r"^corpus is a DataFrame\. Give what recurra\.read_table\(frame\) returns",
        ),
        ((TEXTS, LABELS), "fast", r"^corpus is a tuple\. .*InMemoryRows\(texts, labels\)"),
        (TEXTS, "quick", "^There is no preset 'quick'"),
    ],
)
def test_what_is_no_study_is_answered_with_what_to_give(given: Any, recipe: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=said):
        Tuner(given, recipe=recipe, folder=tmp_path / "study", limits=StudyLimits(trials=1))
    assert not (tmp_path / "study").exists()
