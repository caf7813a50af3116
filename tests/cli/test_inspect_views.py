"""``recurra inspect --view``: flags, states and doubts of a file."""

from __future__ import annotations

import csv
import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from branched import make_branched
from commands import Run, check_failed
from rows import make_rows, write_news, write_table

import recurra
from recurra.bundle import write_bundle
from recurra.cli.inspect_views import VIEWS
from recurra.presets import Recipe


def test_flags(run: Run, trained: Path, news: Path) -> None:
    model = trained / "model.safetensors"
    ran = run("inspect", model, "--view", "flags", "--data", news, "--top", 2, "--rows", 40, "--seed", 1, "--json")
    assert (ran.code, ran.err) == (0, "")
    values = ran.json
    assert values["model"] == str(model)
    assert values["documents"] == 40
    assert len(values["units"]) == 2
    network = recurra.load(model).settings
    assert len(values["scores"]) == network.hidden * network.layers * network.directions
    assert values["notes"][0].startswith("columns of the model")
    ran = run("inspect", model, "--view", "flags", "--data", news, "--top", 2, "--rows", 40, "--seed", 1, "--quiet")
    lines = ran.out.splitlines()
    assert lines[0] == f"40 documents, accuracy {values['accuracy']:.4f}, {len(values['scores'])} units"
    assert f"{values['units'][0]['score']:.2f}" in lines[2]
    phrases = [f"{one['phrase']} {one['count']}/{one['of']}" for one in values["units"][0]["on"]]
    assert lines[lines.index("unit  switched on by") + 1].endswith(", ".join(phrases))
    flags = sum(score >= 0.0005 for score in values["scores"][: min(2, len(values["scores"]) // 4)])
    assert values["together"]["units"] == len(values["together"]["members"]) == flags
    said = f"the first {flags} silenced together: accuracy" if flags else "no unit works like a flag: every score is 0"
    assert any(line.startswith(said) for line in lines)


def test_states(run: Run, trained: Path, news: Path) -> None:
    ran = run("inspect", trained / "model.safetensors", "--view", "states", "--data", news, "--json")
    values = ran.json
    assert values["labels"] == ["money", "sport", "tech", "world"]
    assert len(values["points"]) == values["fitted_on"] == 60
    assert all(len(one["path"]) == len(one["tokens"]) for one in values["documents"])
    ran = run("inspect", trained / "model.safetensors", "--view", "states", "--data", news, "--quiet")
    assert ran.out.startswith("60 documents; principal components explain ")
    assert [line.split()[0] for line in ran.out.split("\nclass ")[1].splitlines()[1:]] == values["labels"]


def spoil(tmp_path: Path, *places: int) -> Path:
    """60 rows, the labels of some changed."""
    pairs, labels = make_rows(60, seed=4)
    for place in places:
        labels[place] = "money" if labels[place] != "money" else "world"
    rows = [(label, *pair) for label, pair in zip(labels, pairs, strict=True)]
    return write_table(tmp_path / "spoiled.csv", ("label", "title", "description"), rows)


@pytest.fixture
def spoiled(tmp_path: Path) -> Path:
    """60 rows, the label of row 6 changed."""
    return spoil(tmp_path, 6)


def test_doubts_become_a_queue_that_training_takes(run: Run, trained: Path, spoiled: Path) -> None:
    model = trained / "model.safetensors"
    ran = run("inspect", model, "--view", "doubts", "--data", spoiled, "--queue", "queue.csv", "--top", 3, "--json")
    assert (ran.code, ran.err) == (0, "")
    true = make_rows(60, seed=4)[1][6]
    doubt = next(one for one in ran.json["rows"] if one["row"] == 6 and one["reason"] == "suspected label error")
    assert (doubt["predicted"], doubt["suggested"]) == (true, true)

    with Path("queue.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["decision"] for row in rows} == {"keep"}
    assert all(int(row["number"]) == int(row["row"]) + 2 for row in rows)
    assert doubt["number"] == 8
    for row in rows:
        row["decision"] = "relabel" if row["row"] == "6" else "exclude"
    write_table(Path("queue.csv"), list(rows[0]), [list(row.values()) for row in rows])
    small = ["--set", "hidden=4", "--set", "embedding=5", "--epochs", 1, "--json"]
    ran = run("train", spoiled, "--exclude", "queue.csv", "--relabel", "queue.csv", "--out", "cleaned", *small)
    assert ran.code == 0
    assert ran.json["rows"] == 60 - (len(rows) - 1)
    assert (ran.json["cleaning"]["excluded"], ran.json["cleaning"]["relabelled"]) == (len(rows) - 1, 1)
    record = recurra.load(ran.json["model"]).record
    assert record["cleaning"] == ran.json["cleaning"]
    assert f"{len(rows) - 1} rows are excluded and 1 relabelled by decision." in ran.json["notes"]
    ran = run("train", spoiled, "--out", "plain", *small)
    assert ran.json["cleaning"] is None
    assert "cleaning" not in recurra.load(ran.json["model"]).record


def test_decisions_in_a_queue_are_kept(run: Run, trained: Path, tmp_path: Path) -> None:
    words = ("inspect", trained / "model.safetensors", "--view", "doubts", "--data", spoil(tmp_path, 6, 11, 20, 33))
    first = run(*words, "--top", 1, "--queue", "fresh.csv", "--json")
    suspected = first.json["counts"]["suspected label error"]
    assert suspected > 1
    assert any(f", 1 of {suspected} suspected label errors: --top N" in note for note in first.json["notes"])
    # As a spreadsheet saves it: with a comment's column, a byte order mark, without a last line end.
    names, *lines = Path("fresh.csv").read_text(encoding="utf-8").splitlines()
    decided = [f"{lines[0].replace(',keep,', ',exclude,', 1)},no news", *(f"{line}," for line in lines[1:])]
    edited = b"\xef\xbb\xbf" + "\n".join([f"{names},comment", *decided]).encode()
    Path("queue.csv").write_bytes(edited)
    ran = run(*words, "--top", 3, "--queue", "queue.csv")
    assert (ran.code, ran.err) == (0, "")
    after = Path("queue.csv").read_bytes()
    assert after.startswith(edited)
    with Path("queue.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["row"] for row in rows}) == len(rows) > len(lines)
    assert [row["decision"] for row in rows] == ["exclude"] + ["keep"] * (len(rows) - 1)
    assert {row["comment"] for row in rows[len(lines) :]} == {""}
    assert all(row["text"] and row["reason"] for row in rows)
    said = " ".join(ran.out.split())
    assert f"queue: queue.csv ({len(rows)} rows)" in said
    new = len(rows) - len(lines)
    assert f"kept its {len(lines)} rows, 1 of them excluded or relabelled; {new} new rows stand below" in said
    assert run(*words, "--top", 3, "--queue", "queue.csv").code == 0
    assert Path("queue.csv").read_bytes() == after


def test_a_queue_is_a_workbook(run: Run, trained: Path, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    data = spoil(tmp_path, 6, 11, 20, 33)
    words = ("inspect", trained / "model.safetensors", "--view", "doubts", "--data", data)
    for queue in ("q.xlsx", "q.csv"):
        assert run(*words, "--top", 1, "--queue", queue).code == 0
    book = openpyxl.load_workbook("q.xlsx")
    sheet = book.active
    names, *rows = ([*map(str, row)] for row in sheet.iter_rows(values_only=True))
    with Path("q.csv").open(encoding="utf-8", newline="") as file:
        texts = list(csv.DictReader(file))
    for one, text in zip(rows, texts, strict=True):
        assert {**dict(zip(names, one, strict=True)), "probability": ""} == {**text, "probability": ""}
    assert isinstance(sheet.cell(2, names.index("probability") + 1).value, float)
    sheet.cell(2, names.index("decision") + 1).value = "exclude"
    sheet.cell(2, 1).font = openpyxl.styles.Font(bold=True)
    book.save("q.xlsx")
    said = " ".join(run(*words, "--top", 3, "--queue", "q.xlsx").out.split())
    assert f"kept its {len(rows)} rows, 1 of them excluded" in said
    sheet = openpyxl.load_workbook("q.xlsx").active
    assert (sheet.cell(2, 3).value, sheet.cell(2, 1).font.b, sheet.freeze_panes) == ("exclude", True, "A2")
    assert sheet.max_row > len(rows) + 1
    assert sheet.cell(sheet.max_row, 3).value == "keep"
    small = ("--model", "fast", "--epochs", 1, "--quiet", "--no-baseline")
    assert (
        run("train", data, "--exclude", "q.xlsx", "--out", "cleaned", *small, "--json").json["cleaning"]["excluded"]
        == 1
    )
    check_failed(run(*words, "--queue", "q.ods", "--quiet"), 2, "'q.ods' ends in '.ods'", "End it in .csv or .xlsx")
    served = run("serve", trained / "model.safetensors", "--data", data, "--decisions", "q.xlsx")
    check_failed(served, 2, "'q.xlsx' ends in '.xlsx'", "End it in .csv")


def test_a_queue_that_a_spreadsheet_saved_is_added_to_and_trained_with(run: Run, trained: Path, tmp_path: Path) -> None:
    data = spoil(tmp_path, 6, 11, 20, 33)
    data.write_bytes(data.read_text(encoding="utf-8").replace(" ", " à ").encode("cp1252"))
    coded = ["--encoding", "cp1252"]
    words = ("inspect", trained / "model.safetensors", "--view", "doubts", "--data", data, "--queue", "q.csv", *coded)
    assert run(*words, "--top", 1).code == 0
    with Path("q.csv").open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    rows[0][2], rows[1][2] = "Exclude", ""
    with Path("q.csv").open("w", encoding="cp1252", newline="") as file:
        csv.writer(file, delimiter=";").writerows([names, *rows])
    before = Path("q.csv").read_bytes()
    ran = run(*words, "--top", 3)
    assert ran.code == 0, ran.err
    assert Path("q.csv").read_bytes().startswith(before)
    with Path("q.csv").open(encoding="cp1252", newline="") as file:
        after = list(csv.DictReader(file, delimiter=";"))
    assert len(after) > len(rows)
    assert {row["decision"] for row in after[len(rows) :]} == {"keep"}
    assert all("à" in row["text"] for row in after)
    small = ["--set", "hidden=4", "--set", "embedding=5", "--epochs", 1, "--json", "--no-baseline"]
    values = run("train", data, *coded, "--exclude", "q.csv", "--relabel", "q.csv", "--out", "cleaned", *small).json
    assert (values["cleaning"]["excluded"], values["cleaning"]["relabelled"]) == (1, 0)


def test_the_command_that_is_printed_takes_the_queue(run: Run, trained: Path, spoiled: Path) -> None:
    data = Path("my rows.csv")
    content = spoiled.read_text(encoding="utf-8").replace("label,title,description", "kind,head,body", 1)
    data.write_bytes(content.encode("utf-16"))
    columns = ["--text", "body", "--title", "head", "--label", "kind", "--encoding", "utf-16"]
    words = ["inspect", trained / "model.safetensors", "--view", "doubts", "--data", data, "--queue", "my queue.csv"]
    ran = run(*words, *columns)
    command = shlex.split(ran.out.splitlines()[-1])
    decided = ["--exclude", "my queue.csv", "--relabel", "my queue.csv", "--out", "runs/cleaned"]
    assert command == ["recurra", "train", "my rows.csv", *columns, *decided]
    assert run(*command[1:], "--model", "fast", "--epochs", 1, "--quiet").code == 0


def test_that_command_names_the_columns_that_the_model_knows(run: Run, trained: Path, spoiled: Path) -> None:
    # Another column looks like texts, so that they would not be guessed.
    content = spoiled.read_text(encoding="utf-8").replace("label,title,description", "genre,head,note", 1)
    Path("own.csv").write_text(content, encoding="utf-8")
    own = ["--text", "note", "--title", "head", "--label", "genre"]
    small = ["--model", "fast", "--epochs", 1, "--quiet", "--no-baseline"]
    assert run("train", "own.csv", *own, *small, "--out", "own").code == 0
    ran = run("inspect", "own/model.safetensors", "--view", "doubts", "--data", "own.csv", "--queue", "q.csv")
    command = shlex.split(ran.out.splitlines()[-1])
    assert command == [
        *["recurra", "train", "own.csv"],
        *own,
        *["--exclude", "q.csv", "--relabel", "q.csv", "--out", "runs/cleaned"],
    ]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("number,decision,label\n3,exclud,\n", ["line 2", "'exclud'"]),
        ("id,body\n1,oil\n", ["no column 'decision'"]),
        ("row,decision,label\n3,exclude,\n", ["by 'row' alone"]),
        ("row,decision,label,text\n1,exclude,,another text\n", ["row 3 of", "another text"]),
        ("number,decision,label\n600,exclude,\n", ["row 600", "whose last row is 61"]),
    ],
)
def test_another_file_is_no_queue(run: Run, trained: Path, spoiled: Path, content: str, parts: list[str]) -> None:
    Path("queue.csv").write_text(content, encoding="utf-8")
    ran = run(
        "inspect",
        trained / "model.safetensors",
        "--view",
        "doubts",
        "--data",
        spoiled,
        "--queue",
        "queue.csv",
        "-q",
        "--json",
    )
    check_failed(ran, 1, "queue.csv", *parts, "or give another name with --queue")
    assert Path("queue.csv").read_text(encoding="utf-8") == content


def test_a_queue_is_about_rows_of_the_file_also_where_some_are_skipped(run: Run, trained: Path, spoiled: Path) -> None:
    """Row 6 of the labelled ones is row 10 of the file with the header and two rows before it."""
    names, *lines = spoiled.read_text(encoding="utf-8").splitlines()
    Path("gaps.csv").write_text("\n".join([names, ",Oil,again", ",Team,again", *lines]) + "\n", encoding="utf-8")
    words = ["inspect", trained / "model.safetensors", "--view", "doubts", "--data", "gaps.csv", "--skip-unlabelled"]
    for _ in range(2):
        ran = run(*words, "--queue", "q.csv", "--json", "--top", 3)
        assert ran.code == 0, ran.err
    (doubt,) = [one for one in ran.json["rows"] if one["row"] == 6 and one["reason"] == "suspected label error"]
    assert doubt["number"] == 10
    with Path("q.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["number"]: row for row in csv.DictReader(file)}
    assert rows["10"]["row"] == "8"
    rows["10"]["decision"] = "relabel"
    write_table(Path("q.csv"), list(rows["10"]), [list(row.values()) for row in rows.values()])
    small = ["--set", "hidden=4", "--set", "embedding=5", "--epochs", 1, "--json", "--no-baseline"]
    values = run("train", "gaps.csv", "--skip-unlabelled", "--relabel", "q.csv", "--out", "cleaned", *small).json
    assert (values["cleaning"]["relabelled"], values["rows"]) == (1, 60)


def test_doubts_out_of_fold_and_beside_training_rows(run: Run, trained: Path, spoiled: Path) -> None:
    model = trained / "model.safetensors"
    options = ("--view", "doubts", "--data", spoiled, "--top", 2, "--json")
    ran = run("inspect", model, *options, "--folds", 3, "--train", spoiled)
    assert ran.code == 0
    assert ran.json["compared_with"] == "train"
    # Each row is its own copy among the training rows.
    assert ran.json["counts"]["near-duplicate"] == 60
    assert ran.json["counts"]["near-duplicate of another label"] == 0
    assert ran.json != run("inspect", model, *options, "--train", spoiled).json


def test_doubts_for_people(run: Run, trained: Path, spoiled: Path) -> None:
    ran = run("inspect", trained / "model.safetensors", "--view", "doubts", "--data", spoiled, "--queue", "queue.csv")
    assert "rows: 60" in ran.out.splitlines()
    suspected = ran.out[ran.out.index("\nsuspected label error:\n") :].split("\n\n")[0]
    assert any(line.lstrip().startswith("8 ") for line in suspected.splitlines())
    assert "near-duplicate:" not in suspected
    assert "Rows are numbered as in messages about the file: the first is row 2." in ran.out.splitlines()
    assert any(line.startswith("queue: queue.csv (") for line in ran.out.splitlines())


TITLES = {
    "flags": "Flags in {model}",
    "states": "State space of {model}",
    "doubts": "Doubtful labels in {data}",
    "gradients": "Vanishing gradients",
}


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_a_page_and_lines_that_fit(run: Run, trained: Path, spoiled: Path, view: str) -> None:
    model = Path("m.safetensors")
    model.write_bytes((trained / "model.safetensors").read_bytes())
    words = ("inspect", model, "--view", view, "--data", spoiled.name)
    ran = run(*words, "--html", "page.html")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "page: page.html"
    html = Path("page.html").read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert TITLES[view].format(model=model, data=spoiled.name) in html
    # The command behind a queue stays in one line, to be copied.
    lines = run(*words, "--queue", "q.csv").out.splitlines()[:-1] if view == "doubts" else ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert run(*words, "--json").out == run(*words, "--html", "page.html", "--json").out


@pytest.mark.parametrize("view", ["flags", "states", "doubts"])
def test_rows_without_a_title_are_told_of_once(run: Run, tmp_path: Path, view: str) -> None:
    pairs, labels = make_rows(40)
    rows = [
        (label, title if place else "", text)
        for place, (label, (title, text)) in enumerate(zip(labels, pairs, strict=True))
    ]
    titles = write_table(tmp_path / "titles.csv", ("label", "title", "description"), rows)
    small = ["--set", "hidden=4", "--set", "embedding=5", "--set", "field=title", "--epochs", 1, "--quiet"]
    assert run("train", titles, "--out", "run", *small).code == 0
    ran = run("inspect", "run/model.safetensors", "--view", view, "--data", titles)
    assert ran.out.count("1 of 40 rows have no title and are left out.") == 1
    notes = run("inspect", "run/model.safetensors", "--view", view, "--data", titles, "--json").json["notes"]
    assert notes.count("1 of 40 rows have no title and are left out.") == 1


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (["--view", "flags"], 2, ["--view flags needs labelled rows"]),
        (["--view", "colours", "--data", "news.csv"], 2, ["'colours'", "flags, states, doubts, gradients"]),
        (["a text", "--view", "flags", "--data", "news.csv"], 2, ["'a text' is given with --view flags"]),
        (["--view", "flags", "--data", "news.csv", "--folds", "3"], 2, ["--folds goes with --view doubts, not with"]),
        (["--view", "states", "--data", "news.csv", "--queue", "q.csv"], 2, ["--queue goes with --view doubts, not"]),
        (
            ["--view", "states", "--data", "news.csv", "--top", "3"],
            2,
            ["--top goes with --view flags or --view doubts"],
        ),
        (
            ["--view", "states", "--data", "news.csv", "--gates"],
            2,
            ["--gates goes with a text, not with --view states"],
        ),
        (["--view", "doubts", "--data", "none.csv"], 1, ["no file 'none.csv'"]),
        (["--view", "doubts", "--data", "news.csv"], 1, ["has the label", "which training never saw"]),
    ],
)
def test_wrong_usage(run: Run, model: Path, news: Path, words: list[str], code: int, parts: list[str]) -> None:
    check_failed(run("inspect", model, *words, "--quiet"), code, *parts)


@pytest.mark.parametrize(
    ("decisions", "parts"),
    [
        ("number,decision,label\n62,exclude,\n", ["row 62", "whose last row is 61"]),
        ("number,decision,label\n1,exclude,\n", ["the number is 1, and the first row is row 2"]),
        ("row,decision,label\n5,relabel,money\n", ["by 'row' alone", "column 'number'", "column 'text'"]),
        ("number,decision,label\n3,relabel,colour\n", ["'colour'", "money, sport, tech, world"]),
        ("row,label\n1,money\n", ["no column 'decision'"]),
        ("row,decision,label,text\n1,exclude,,Some other text\n", ["'Some other text'"]),
    ],
)
def test_decisions_that_training_refuses(run: Run, news: Path, decisions: str, parts: list[str]) -> None:
    Path("d.csv").write_text(decisions, encoding="utf-8")
    options = ["--exclude", "d.csv", "--relabel", "d.csv", "--out", "run", "--quiet"]
    check_failed(run("train", news, *options), 1, *parts)
    assert not Path("run").exists()


def test_decisions_by_the_numbers_that_messages_show(run: Run, tmp_path: Path) -> None:
    """Row 8 of a file with a header is the seventh below it, also of a file whose rows are numbered otherwise."""
    spoiled = spoil(tmp_path, 6)
    true = make_rows(60, seed=4)[1][6]
    small = ["--set", "hidden=4", "--set", "embedding=5", "--epochs", 1, "--json", "--no-baseline"]
    Path("d.csv").write_text(f"number,decision,label\n8,relabel,{true}\n", encoding="utf-8")
    values = run("train", spoiled, "--relabel", "d.csv", "--out", "numbers", *small).json
    assert values["cleaning"]["relabelled"] == 1
    pairs, labels = make_rows(60, seed=4)
    text = " ".join(pairs[6])
    Path("d.csv").write_text(f"row,decision,label,text\n6,relabel,{true},{text}\n", encoding="utf-8")
    again = run("train", spoiled, "--relabel", "d.csv", "--out", "texts", *small).json
    assert again["cleaning"] == values["cleaning"]
    lines = [
        json.dumps({"label": label, "title": pair[0], "description": pair[1]})
        for label, pair in zip(labels, pairs, strict=True)
    ]
    Path("rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    other = next(label for label in labels if label != true)
    Path("d.csv").write_text(f"number,decision,label\n7,relabel,{other}\n7,keep,\n", encoding="utf-8")
    check_failed(run("train", "rows.jsonl", "--relabel", "d.csv", "--out", "lines", *small), 1, "row 7 stands there")
    Path("d.csv").write_text(f"number,decision,label,text\n7,relabel,{other},{text}\n", encoding="utf-8")
    values = run("train", "rows.jsonl", "--relabel", "d.csv", "--out", "lines", *small).json
    assert values["cleaning"]["relabelled"] == 1


def test_decisions_for_the_other_option_are_told_of(run: Run, tmp_path: Path) -> None:
    spoiled, small = spoil(tmp_path, 6), ["--set", "hidden=4", "--set", "embedding=5", "--epochs", 1, "--json"]
    words = ["train", spoiled, *small, "--no-baseline"]
    Path("d.csv").write_text(f"number,decision,label\n8,relabel,{make_rows(60, seed=4)[1][6]}\n", encoding="utf-8")
    told = "d.csv has no row to exclude, and rows to relabel, which --relabel d.csv applies."
    notes = run(*words, "--exclude", "d.csv", "--out", "a").json["notes"]
    assert "0 rows are excluded and 0 relabelled by decision." in notes
    assert told in notes
    assert told not in run(*words, "--exclude", "d.csv", "--relabel", "d.csv", "--out", "b").json["notes"]
    Path("d.csv").write_text("number,decision\n8,exclude\n", encoding="utf-8")
    told = "d.csv has no row to relabel, and rows to exclude, which --exclude d.csv applies."
    assert told in run(*words, "--relabel", "d.csv", "--out", "c").json["notes"]


def test_a_resumed_run_must_have_the_same_decisions(run: Run, tmp_path: Path) -> None:
    news = write_news(tmp_path / "more.csv", 40)
    Path("d.csv").write_text("number,decision,label\n3,exclude,\n", encoding="utf-8")
    small = ["--set", "hidden=4", "--set", "embedding=5", "--epochs", 1, "--quiet"]
    assert run("train", news, "--out", "run", "--exclude", "d.csv", *small).code == 0
    check_failed(run("train", news, "--out", "run", "--resume", *small), 1, "run")
    assert run("train", news, "--out", "run", "--exclude", "d.csv", "--resume", *small).code == 0


def test_folds_learn_the_linear_branch_again(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, recipes = replace(make_branched(), record={"training": {"seed": 1}}), []

    def answered(documents: Any, labels: Any, *, recipe: Recipe, **others: Any) -> Any:
        recipes.append(recipe)
        return np.full((len(documents), 3), 1 / 3, dtype=np.float32)

    monkeypatch.setattr("recurra.tuning.out_of_fold.out_of_fold", answered)
    write_bundle(bundle, tmp_path / "model.safetensors")
    (tmp_path / "rows.csv").write_text("label,text\n" + "a,oil prices\nb,the team\nc,in rome\n" * 4)
    ran = run(
        "inspect", tmp_path / "model.safetensors", "--view", "doubts", "--data", tmp_path / "rows.csv", "--folds", 2
    )
    assert ran.code == 0
    assert bundle.branch is not None
    assert [one.branch for one in recipes] == [bundle.branch.settings]
    assert "the linear branch has no states" in " ".join(ran.out.split())


@pytest.mark.parametrize("option", ["--html", "--queue"])
def test_what_is_read_is_not_written_over(option: str, run: Run, trained: Path, news: Path) -> None:
    before, model = news.read_bytes(), trained / "model.safetensors"
    ran = run("inspect", model, "--data", news, "--view", "doubts", option, news)
    check_failed(ran, 2, f"{option} {news} is {news} itself", "Name another file")
    assert news.read_bytes() == before


def test_the_model_is_not_written_over_by_its_page(run: Run, trained: Path) -> None:
    model = trained / "model.safetensors"
    before = model.read_bytes()
    check_failed(run("inspect", model, "oil", "--html", model), 2, f"--html {model} is {model} itself")
    assert model.read_bytes() == before


def test_a_table_is_no_text(run: Run, trained: Path, news: Path) -> None:
    ran = run("inspect", trained / "model.safetensors", news)
    check_failed(ran, 2, "is the name of a file", "--data", f"--data {news} --view flags, or --view states, doubts or")


@pytest.mark.parametrize("view", VIEWS)
def test_rows_without_a_label_are_skipped_on_request(view: str, run: Run, trained: Path, news: Path) -> None:
    words = ["inspect", trained / "model.safetensors", "--view", view, "--data", "gaps.csv"]
    Path("gaps.csv").write_text(news.read_text() + ",Oil,again\n,Team,again\n")
    check_failed(run(*words), 1, "holds no label", "inspect and data skip them with --skip-unlabelled")
    notes = run(*words, "--skip-unlabelled", "--json").json["notes"]
    assert "2 of 62 rows of gaps.csv have no label and are skipped." in notes
