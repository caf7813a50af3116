"""``recurra check`` as it is typed."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path

import pyarrow as pa
import pytest
from bundles import make_bundle
from commands import Run, check_failed, everything
from planted import HEADER, clean_rows
from pyarrow import parquet
from rows import write_table

import recurra
from recurra.bundle import write_bundle
from recurra.cli import main, output
from recurra.cli.failures import FOUND


def write(path: str, count: int, *, seed: int = 1, flaws: bool = False) -> list[list[str]]:
    """Clean rows; with flaws, one of each of four kinds."""
    rows = clean_rows(count, seed=seed)
    if flaws:
        rows[3][2], rows[6][1] = "", "Sport"
        rows[8] = ["again", rows[5][1], rows[5][2]]
        rows[9][2] += " cafÃ©"
    write_table(Path(path), HEADER, rows)
    return rows


@pytest.fixture(autouse=True)
def _rows() -> None:
    write("train.csv", 240, flaws=True)
    write("test.csv", 60, seed=2)


def test_the_number_of_classes_that_are_not_listed(run: Run) -> None:
    rows = [(f"text {place}", f"kind {letter}") for letter in "abcdefgh" for place in range(20 - ord(letter) % 8)]
    write_table(Path("many.csv"), ("text", "label"), rows)
    said = " ".join(run("check", "many.csv").out.split())
    assert "8 classes: kind h 20, kind a 19, kind b 18, " in said
    assert ", kind e 15 and 2 more, the smallest kind g 13 vocabulary" in said


def test_findings_rows_meaning_hint_and_what_to_type_next(run: Run) -> None:
    ran = run("check", "train.csv", "--test", "test.csv")
    assert (ran.code, ran.err) == (0, "")
    for part in (
        "columns guessed: label 'label', text 'text'",
        "train: train.csv, 240 rows (the header is row 1)",
        "warning: empty texts, 1 row in train.csv",
        "    row  5  sport",
        "warning: one class in several spellings, 1 row in train.csv",
        "note: duplicates, 1 row in train.csv",
        "     = row   7  tech",
        "cafÃ©",
        "→ --fix leaves them out.",
        "next: recurra check train.csv --test test.csv --fix train.clean.csv",
    ):
        assert part in ran.out
    # Sentences are folded.
    assert "'Sport' (1) is 'sport' (79)" in " ".join(ran.out.split())
    quiet = run("check", "train.csv", "--test", "test.csv", "--quiet")
    assert "→" not in quiet.out
    assert "note: duplicates, 1 row in train.csv\n" in quiet.out
    assert "0 errors, 3 warnings, 1 note" in quiet.out


def test_one_row_and_one_class_are_counted_as_one(run: Run) -> None:
    write_table(Path("one.csv"), ["text", "label"], [["oil prices rise", "money"]])
    head = " ".join(run("check", "one.csv").out.split())
    assert "train: one.csv, 1 row (" in head
    assert ", 1 class: money 1" in head
    assert "1 rows" not in head


def test_json_is_one_document_with_all_rows(run: Run) -> None:
    values = run("check", "train.csv", "--test", "test.csv", "--json").json
    found = {(one["kind"], one["part"]): one for one in values["findings"]}
    assert found["duplicates", "train"]["rows"][0]["row"] == 8
    assert found["duplicates", "train"]["rows"][0]["number"] == 10
    assert found["duplicates", "train"]["rows"][0]["other"]["row"] == 5
    assert {found["duplicates", "train"][key] for key in ("hint", "mend")} == {"--fix leaves the later ones out."}
    assert values["counts"]["warnings"] == 3
    assert values["files"]["test"]["rows"] == 60
    assert values["fixed"] is None
    assert len(values["notes"]) == 1


def test_the_cleaned_copy_and_its_check(run: Run) -> None:
    ran = run("check", "train.csv", "--test", "test.csv", "--fix", "clean.csv")
    assert ran.code == 0
    assert "cleaned copy: clean.csv, 238 rows; " in ran.out
    assert "1 relabelled, 1 text repaired" in ran.out
    assert "next: recurra train clean.csv --out runs/train" in ran.out
    with Path("clean.changes.csv").open(encoding="utf-8", newline="") as file:
        assert [row["row"] for row in csv.DictReader(file)] == ["3", "6", "8", "9"]
    replaced = run("check", "train.csv", "--test", "test.csv", "--fix", "clean.csv", "--quiet")
    assert "which replaces the earlier file" in " ".join(replaced.out.split())
    again = run("check", "clean.csv", "--test", "test.csv", "--strict", "--json")
    assert again.code == 0
    assert again.json["counts"]["warnings"] == again.json["counts"]["errors"] == 0


def test_strict_fails_on_warnings_alone_and_prints_all_the_same(run: Run) -> None:
    assert run("check", "train.csv").code == 0
    ran = run("check", "train.csv", "--strict")
    assert (ran.code, ran.err) == (3, "")
    assert "warning: empty texts" in ran.out
    write("good.csv", 240)
    good = run("check", "good.csv", "--strict")
    assert good.code == 0
    assert "nothing found" in good.out
    assert "Looked for wrong encodings, empty texts" in good.out
    assert "next: recurra train good.csv --out runs/good" in good.out


def test_the_next_command_runs_as_it_is_printed(run: Run) -> None:
    rows = [[text, label] for _, label, text in write("train.csv", 240, flaws=True)]
    write_table(Path("my rows.csv"), ("the text", "kind"), rows)
    data = Path("my rows.csv")
    data.write_bytes(data.read_text(encoding="utf-8").encode("utf-16"))
    data = data.rename("my rows.data")
    columns = ["--text", "the text", "--label", "kind"]
    read = [*columns, "--encoding", "utf-16", "--format", "csv"]
    command = ["check", str(data), "--similarity", "0.7", *read]
    fix = run(*command, "--json").json["next"]
    assert shlex.split(fix)[:3] == ["recurra", "check", str(data)]
    assert sorted(shlex.split(fix)[3:]) == sorted([*command[2:], "--fix", "my rows.clean.csv"])
    train = run(*shlex.split(fix)[1:], "--json").json["next"]
    assert shlex.split(train) == ["recurra", "train", "my rows.clean.csv", *columns, "--out", "runs/my rows"]
    assert run(*shlex.split(train)[1:], "--model", "fast", "--epochs", 1, "--quiet").code == 0


def test_the_next_command_has_the_test_rows_and_the_model(run: Run, trained: Path) -> None:
    model = str(trained / "model.safetensors")
    words = ["check", "train.csv", "--test", "test.csv", "--model", model, "--inside"]
    assert shlex.split(run(*words, "--json").json["next"]) == ["recurra", *words, "--fix", "train.clean.csv"]


def test_a_folder_with_the_page(run: Run) -> None:
    ran = run("check", "train.csv", "--test", "test.csv", "--out", "runs/check")
    assert ran.code == 0
    assert "page: runs/check/check.html" in ran.out
    values = json.loads(Path("runs/check/check.json").read_text(encoding="utf-8"))
    printed = run("check", "train.csv", "--test", "test.csv", "--json").json
    assert values == {name: value for name, value in printed.items() if name != "fixed"}
    assert "duplicates" in Path("runs/check/check.html").read_text(encoding="utf-8")


def test_a_named_set_has_its_test_rows(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "sets" / "tiny"
    folder.mkdir(parents=True)
    write(str(folder / "train.csv"), 240)
    test = write(str(folder / "test.csv"), 60, seed=2)
    test[4][1] = "weather"
    write_table(folder / "test.csv", ("id", "label", "text"), test)
    values = run("check", "tiny", "--data-dir", "sets", "--json").json
    assert [(one["kind"], one["part"]) for one in values["findings"]] == [("unknown labels", "test")]


def test_rows_for_a_model(run: Run, trained: Path) -> None:
    write("new.csv", 40)
    rows = [["1", "weather", "sun and rain"], ["2", "sport", "the team wins"]]
    write_table(Path("new.csv"), ("id", "label", "text"), rows)
    values = run("check", "new.csv", "--model", trained / "model.safetensors", "--json").json
    unknown = next(one for one in values["findings"] if one["kind"] == "unknown labels")
    assert [row["row"] for row in unknown["rows"]] == [0]
    assert str(trained / "model.safetensors") in unknown["meaning"]
    assert values["words"]["whose"] == f"of {trained / 'model.safetensors'}"


def test_rows_of_labels_that_the_model_does_not_know_can_be_left_out(run: Run, trained: Path) -> None:
    model = trained / "model.safetensors"
    rows = [[f"{n}", f"row {n}", f"the team wins match {n}"] for n in range(8)]
    labels = ["sport", "Sport ", "sport", "law", "tech", "tech", "Law", "money"]
    write_table(
        Path("new.csv"),
        ("label", "title", "text"),
        [[label, *row[1:]] for label, row in zip(labels, rows, strict=True)],
    )
    known = set(recurra.load(model).classes_)
    assert {"sport", "tech"} <= known
    unknown = [label for label in labels if label.strip().casefold() not in known]
    words = ("check", "new.csv", "--model", model, "--fix", "kept.csv")
    kept = run(*words, "--json").json["fixed"]
    assert (kept["rows"], kept["relabelled"], kept["removed"]) == (8, 2, {})
    fixed = run(*words, "--drop-unknown", "--json").json["fixed"]
    assert (fixed["rows"], fixed["removed"]) == (8 - len(unknown), {"unknown label": len(unknown)})
    with Path("kept.csv").open(encoding="utf-8", newline="") as file:
        left = [row["label"] for row in csv.DictReader(file)]
    assert left == [label.strip().casefold() for label in labels if label not in unknown]
    found = run("check", "kept.csv", "--model", model, "--json").json["findings"]
    assert not {"unknown labels", "one class in several spellings"} & {one["kind"] for one in found}


def test_near_copies_inside_and_the_similarity(run: Run) -> None:
    rows = write("near.csv", 240)
    rows[10][2] = rows[6][2] + " afterwards"
    write_table(Path("near.csv"), ("id", "label", "text"), rows)
    assert run("check", "near.csv", "--strict").code == 0
    values = run("check", "near.csv", "--inside", "--json").json
    assert [(one["kind"], one["rows"][0]["row"]) for one in values["findings"]] == [("near-copies", 10)]
    assert run("check", "near.csv", "--inside", "--similarity", "0.99", "--strict").code == 0


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (["--drop-conflicts"], 2, ["--drop-conflicts is given without --fix"]),
        (["--drop-unknown"], 2, ["--drop-unknown is given without --fix"]),
        (["--drop-unknown", "--fix", "clean.csv"], 2, ["--drop-unknown is given without --model"]),
        (["--unescape"], 2, ["--unescape is given without --fix"]),
        (["--fix", "clean.txt"], 2, ["clean.txt", ".csv, .tsv, .jsonl, .xlsx, .parquet"]),
        (["--fix", "train.csv"], 2, ["train.csv itself", "another file"]),
        (["--fix", "nowhere/clean.csv"], 1, ["nowhere/clean.csv cannot be written", "Make its folder first"]),
        (["--similarity", "1.5", "--test", "test.csv"], 2, ["threshold is 1.5", "at most 1"]),
        (["--similarity", "0"], 2, ["'0'", "above 0"]),
        (["--text", "nothing"], 1, ["no column 'nothing'"]),
        (["--test", "missing.csv"], 1, ["No file 'missing.csv'"]),
        (["--model", "missing.safetensors"], 1, ["no file missing.safetensors"]),
    ],
)
def test_wrong_usage_is_one_line_and_leaves_nothing(
    words: list[str], code: int, parts: list[str], run: Run, tmp_path: Path
) -> None:
    before = everything(tmp_path)
    check_failed(run("check", "train.csv", *words, "--json"), code, *parts)
    assert everything(tmp_path) == before


def test_a_file_whose_rows_cannot_be_told(run: Run) -> None:
    Path("bad.csv").write_text("label,text\na,one\nb,two,three\n")
    check_failed(run("check", "bad.csv"), 1, "row 3", "3 fields for 2 columns")
    Path("texts.txt").write_text("one\ntwo\n")
    Path("mixed.jsonl").write_text('{"text": [1], "label": "a"}\n{"text": "b", "label": "b"}\n')
    for words in (["check"], ["train", "--out", "run"]):
        # Training says the same.
        check_failed(run(*words, "texts.txt"), 1, "texts.txt holds texts and no labels", "a folder per class")
        check_failed(run(*words, "mixed.jsonl", "--text", "text"), 1, "such as [1] in row 1. Write a text in every row")


def test_ctrl_c_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("recurra.checking.fix.decisions_csv", interrupted)
    before = everything(tmp_path)
    assert main(["check", "train.csv", "--fix", "clean.csv", "-q"]) == 130
    assert everything(tmp_path) == before
    assert capsys.readouterr().err.startswith("recurra: interrupted")


def test_columns_that_the_model_learned_from_and_the_file_lacks(run: Run, trained: Path, tmp_path: Path) -> None:
    model = trained / "model.safetensors"
    text = "".join(f"{label},rows of {label} {n}\n" for n in range(20) for label in ("money", "sport"))
    Path("other.csv").write_text("label,body\n" + text)
    ran = run("check", "other.csv", "--model", model, "--strict", "--json")
    assert ran.code == FOUND
    missing = [one for one in ran.json["findings"] if one["kind"] == "columns missing"]
    assert {one["severity"] for one in missing} == {"warning"}
    assert "no title is read from other.csv" in missing[-1]["meaning"]
    assert missing[-1]["hint"] == "Name its column with --title."
    assert not any("learned from" in note for note in ran.json["notes"])


def test_a_cleaned_copy_of_a_cleaned_copy_has_another_name_and_no_encoding(run: Run) -> None:
    write("train.clean.csv", 60, flaws=True)
    found = run("check", "train.clean.csv", "--encoding", "cp1252", "--json").json
    assert found["next"] == "recurra check train.clean.csv --fix train.clean2.csv"
    # No file that is there is named, nor its list of changes; the month is part of the name.
    write("2026.june.csv", 60, flaws=True)
    for made, named in (("none", "2026.june.clean.csv"), ("2026.june.clean.csv", "2026.june.clean2.csv")):
        Path(made).touch()
        assert run("check", "2026.june.csv", "--json").json["next"] == f"recurra check 2026.june.csv --fix {named}"
    Path("2026.june.clean2.changes.csv").touch()
    assert run("check", "2026.june.csv", "--json").json["next"].endswith("--fix 2026.june.clean3.csv")
    wrong = next(one for one in found["findings"] if one["kind"] == "wrong encoding")
    assert (wrong["facts"]["likely"], wrong["hint"][:31]) == ("utf-8", "Leave out --encoding cp1252; --")


def test_a_copy_without_a_header_row_is_nothing_to_train_on(run: Run) -> None:
    Path("bare.csv").write_text("".join(f"{'ab'[n % 2]},words {n} of a text\n" for n in range(30)))
    ran = run("check", "bare.csv", "--fix", "b.csv")
    assert ran.out.splitlines()[-1] == "next: add a header row, then recurra check bare.csv"


def test_placeholder_labels_can_be_left_out(run: Run) -> None:
    rows = clean_rows(60)
    rows[3][1], rows[9][1] = "N/A", "-"
    write_table(Path("train.csv"), HEADER, rows)
    fixed = run("check", "train.csv", "--fix", "kept.csv", "--drop-placeholders", "--json").json["fixed"]
    assert (fixed["rows"], fixed["removed"]) == (58, {"placeholder label": 2})


def test_rows_that_a_model_knows_are_evaluated_next(run: Run, trained: Path) -> None:
    model = trained / "model.safetensors"
    rows = clean_rows(40)
    rows[0][1] = rows[0][1].upper()
    write_table(Path("new.csv"), HEADER, rows)
    found = run("check", "new.csv", "--model", model, "--json").json
    assert "unknown labels" not in [one["kind"] for one in found["findings"]]
    found = run("check", "new.csv", "--model", model, "--fix", "kept.csv", "--json").json
    assert found["next"] == shlex.join(["recurra", "evaluate", str(model), "kept.csv"])
    # Rows of other classes count as wrong there: a model is to learn them, unless they are left out.
    rows[1][1] = "weather"
    write_table(Path("new.csv"), HEADER, rows)
    words = ["check", "new.csv", "--model", model, "--fix", "kept.csv", "--json"]
    learn = shlex.join(["recurra", "train", "kept.csv", "--from", str(model), "--out", "runs/new"])
    assert run(*words).json["next"] == learn
    assert run(*words, "--drop-unknown").json["next"] == shlex.join(["recurra", "evaluate", str(model), "kept.csv"])
    assert run("check", "kept.csv", "--model", model, "--json").json["next"].startswith("recurra evaluate")
    rows[0][1] = rows[0][1].lower()
    write_table(Path("new.csv"), HEADER, rows)
    found = run("check", "new.csv", "--model", model, "--json").json
    assert found["next"] == learn.replace("kept.csv", "new.csv")


def test_the_copy_is_written_before_anything_is_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(text: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(output, "_write", closed)
    assert run("check", "train.csv", "--fix", "kept.csv").code != 0
    assert Path("kept.csv").read_text(encoding="utf-8").startswith(",".join(HEADER))


def test_texts_without_labels_are_cleaned_alone(run: Run, model: Path) -> None:
    """Every row stays, as each is to be classified; an empty column of labels is none."""
    rows = [["1", "C &amp; D, cafÃ©"], ["2", ""], ["3", "some words"], ["4", "some words"]]
    rows += [[str(number), "some words"] for number in range(5, 13)]
    write_table(Path("new.csv"), ("id", "text"), rows)
    hint = "For rows without labels say --unlabelled."
    check_failed(run("check", "new.csv", "--text", "text", "--quiet"), 1, hint)
    write_table(Path("empty.csv"), ("id", "text", "label"), [[*row, ""] for row in rows])
    ran = run("check", "empty.csv", "--fix", "copy.csv", "--quiet")
    assert (ran.code, hint in ran.err) == (1, True)
    for name in ("new.csv", "empty.csv"):
        found = json.loads(run("check", name, "--unlabelled", "--unescape", "--fix", "copy.csv", "--json").out)
        assert [one["kind"] for one in found["findings"]] == ["empty texts", "mojibake", "HTML entities"]
        assert (found["fixed"]["rows"], found["fixed"]["mended"], found["fixed"]["removed"]) == (12, 1, {})
        assert found["files"]["train"]["classes"] == {}
        assert found["next"] == "recurra score MODEL copy.csv"
        with Path("copy.csv").open(encoding="utf-8", newline="") as file:
            assert [row["text"] for row in csv.DictReader(file)] == ["C & D, café", "", *["some words"] * 10]
    ran = run("check", "new.csv", "--unlabelled", "--model", model)
    assert ran.code == 0
    assert "12 rows (the header is row 1), median 10 characters, no labels" in " ".join(ran.out.split())
    assert ran.out.endswith(f"next: recurra check new.csv --model {model} --unlabelled --fix new.clean.csv\n")
    check_failed(run("check", "new.csv", "--unlabelled", "--label", "id"), 2, "--label is given with --unlabelled")


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".parquet"])
def test_numbers_with_decimals_are_the_labels_of_a_model_that_has_whole_ones(
    kind: str, run: Run, tmp_path: Path
) -> None:
    """As pandas writes a column of whole numbers of which one was missing."""
    write_bundle(make_bundle(labels=(1, 5)), tmp_path / "stars.safetensors")
    rows = [(1.0 + 4 * (place % 2), f"oil prices {place}") for place in range(20)]
    if kind == ".csv":
        write_table(tmp_path / "rows.csv", ("label", "text"), rows)
    elif kind == ".jsonl":
        lines = (json.dumps({"label": label, "text": text}) for label, text in rows)
        (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    else:
        columns = {"label": [label for label, _ in rows], "text": [text for _, text in rows]}
        parquet.write_table(pa.table(columns), tmp_path / "rows.parquet")
    found = {
        one["kind"] for one in run("check", f"rows{kind}", "--model", "stars.safetensors", "--json").json["findings"]
    }
    assert not found & {"unknown labels", "classes without rows", "one class in several spellings"}
    evaluated = run("evaluate", "stars.safetensors", f"rows{kind}", "--json").json
    assert evaluated["unknown_labels"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--exclude", "d.csv", "--fix", "d.csv"], "--fix d.csv is --exclude d.csv itself"),
        (["--relabel", "d.csv", "--fix", "d.csv"], "--fix d.csv is --relabel d.csv itself"),
        (
            ["--exclude", "x.changes.csv", "--fix", "x.csv"],
            "--fix x.csv writes its changes to x.changes.csv, which is --exclude x.changes.csv itself",
        ),
        (["--test", "x.changes.csv", "--fix", "x.csv"], "which is --test x.changes.csv itself"),
    ],
)
def test_a_copy_and_its_changes_replace_no_file_that_is_read(
    words: list[str], said: str, run: Run, tmp_path: Path
) -> None:
    write_table(tmp_path / "train.csv", HEADER, clean_rows(40))
    for name in ("d.csv", "x.changes.csv"):
        write_table(tmp_path / name, HEADER, clean_rows(6))
    before = everything(tmp_path)
    check_failed(run("check", "train.csv", *words), 2, said, "Name another file")
    assert everything(tmp_path) == before


def test_changes_that_replace_earlier_ones_are_named(run: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "train.csv", HEADER, clean_rows(40))
    assert "replaces" not in run("check", "train.csv", "--fix", "clean.csv").out
    said = " ".join(run("check", "train.csv", "--fix", "clean.csv").out.split())
    assert "changes: clean.changes.csv, which replaces the earlier file" in said


def test_no_command_that_must_fail_is_named_for_a_model_of_numbers(run: Run, tmp_path: Path) -> None:
    write_bundle(make_bundle(labels=(1, 5)), tmp_path / "stars.safetensors")
    rows = [(("1", "5", "N7")[place % 3], f"oil prices {place}") for place in range(30)]
    write_table(tmp_path / "rows.csv", ("label", "text"), rows)
    found = run("check", "rows.csv", "--model", "stars.safetensors", "--json").json
    (unknown,) = [one for one in found["findings"] if one["kind"] == "unknown labels"]
    assert unknown["hint"].startswith("The labels of the model are numbers: give these numbers, train a new model")
    assert "--from" not in found["next"]
