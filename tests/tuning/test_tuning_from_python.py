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

import recurra
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


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"limits": 1}, "limits is 1. Give StudyLimits(minutes=…) or StudyLimits(trials=…)."),
        ({"limits": None}, "limits is None. Give StudyLimits(minutes=…) or StudyLimits(trials=…)."),
        ({"folder": None}, 'folder is None. Give the path of a folder, such as "runs/tuned".'),
    ],
)
def test_no_limits_and_no_folder_are_one_line(changed: dict[str, Any], said: str, tmp_path: Path) -> None:
    given = {"recipe": "small", "folder": tmp_path / "study", "limits": StudyLimits(trials=1), **changed}
    with pytest.raises(SettingsError) as caught:
        Tuner(recurra.read_table(pd.DataFrame({"text": TEXTS, "label": LABELS})), **given)
    assert str(caught.value) == said
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"minutes": "1"}, "minutes is '1'. Give a number above 0, or None for no bound."),
        ({"minutes": -1}, "minutes is -1. Give a number above 0, or None for no bound."),
        ({"minutes": float("nan")}, "minutes is nan. Give a number above 0, or None for no bound."),
        ({"trials": 0}, "trials is 0. Give a whole number above 0, or None for no bound."),
        ({"trials": 1.5}, "trials is 1.5. Give a whole number above 0, or None for no bound."),
        (
            {"trials": 1, "max_size": "5MB"},
            "max_size is '5MB'. Give a whole number of bytes above 0, or None for no bound.",
        ),
    ],
)
def test_limits_are_numbers_above_0(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        StudyLimits(**given)
    assert str(caught.value) == said
