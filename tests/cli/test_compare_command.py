"""``recurra compare``: models on a file and on a text."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from bundles import make_bundle
from commands import Run, check_failed
from rows import make_rows, write_table

import recurra
from recurra.bundle import write_bundle


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A model with random weights and the classes of the generated rows."""
    path = tmp_path / "other" / "model.safetensors"
    path.parent.mkdir()
    write_bundle(make_bundle(labels=("money", "sport", "tech", "world")), path)
    return path


def test_on_a_file(run: Run, trained: Path, other: Path, news: Path) -> None:
    good = trained / "model.safetensors"
    ran = run("compare", good, other, "--data", news, "--json")
    assert (ran.code, ran.err) == (0, "")
    values = ran.json
    pairs, labels = make_rows(60)
    expected = [float(np.mean(recurra.load(path).predict(pairs) == labels)) for path in (good, other)]
    assert [(one["name"], one["accuracy"]) for one in values["models"]] == [
        ("run", expected[0]),
        ("other", expected[1]),
    ]
    pair = values["pairs"][0]
    assert pair["difference"] == pytest.approx(expected[0] - expected[1])
    assert pair["interval"][0] < pair["difference"] < pair["interval"][1]
    assert pair["only_a"] + pair["only_b"] + pair["both"] + pair["neither"] == values["rows"] == 60
    assert pair["p"] < 0.01
    assert {one["name"] for one in values["slices"]} >= {"class money", "class world"}

    ran = run("compare", good, other, "--data", news, "--quiet")
    assert ran.out.startswith("60 rows\n")
    assert f"{expected[0]:.4f}" in ran.out
    assert "class money" not in ran.out
    assert "class money" in run("compare", good, other, "--data", news).out
    assert run("compare", good, other, "--data", news, "--take", 9, "--json").json["rows"] == 9


def test_labels_that_training_never_saw(run: Run, trained: Path, other: Path, news: Path, tmp_path: Path) -> None:
    good = trained / "model.safetensors"
    (tmp_path / "more.csv").write_text(news.read_text() + "law,Court,again\nlaw,Vote,again\n")
    before, after = (run("compare", good, other, "--data", name, "--json").json for name in (news, "more.csv"))
    assert (before["unknown_labels"], after["unknown_labels"], after["rows"]) == (0, 2, 62)
    for one, two in zip(before["models"], after["models"], strict=True):
        assert two["accuracy"] == pytest.approx(one["accuracy"] * 60 / 62)
        assert two["scores"]["log_loss"] == pytest.approx(one["scores"]["log_loss"])
    (slice_,) = (one for one in after["slices"] if one["name"] == "unknown label")
    assert (slice_["rows"], slice_["accuracy"]) == (2, [0, 0])
    assert "unknown label" not in {one["name"] for one in before["slices"]}
    shown = run("compare", good, other, "--data", "more.csv").out
    assert "2 of 62 rows have a label that training never saw ('law' 2): counted as wrong" in shown
    assert "62 rows, 2 with a label that not all models know\n" in shown
    skipped = run("compare", good, other, "--data", "more.csv", "--unknown-labels", "skip", "--json").json
    assert (skipped["rows"], skipped["unknown_labels"]) == (60, 2)
    assert skipped["models"] == before["models"]
    words = ("compare", good, other, "--data", "more.csv", "--unknown-labels")
    assert "60 rows\n" in run(*words, "skip").out
    check_failed(run(*words, "error", "--quiet"), 1, "has the label 'law' (2 rows), which training never saw")


def test_an_upgrade_by_a_new_class(run: Run, trained: Path, news: Path) -> None:
    """--unknown-labels is about rows whose label the old model, too, does not know."""
    new = trained / "model.safetensors"
    write_bundle(make_bundle(labels=("money", "sport", "tech")), "old.safetensors")
    pairs, labels = make_rows(60)
    places = [place for place, label in enumerate(labels) if label != "world"]
    hidden = 60 - len(places)
    words = ("compare", "old.safetensors", new, "--data", news)
    wrong, skipped = (run(*words, "--unknown-labels", how, "--json").json for how in ("wrong", "skip"))
    assert (wrong["rows"], wrong["unknown_labels"]) == (60, hidden)
    assert (skipped["rows"], skipped["unknown_labels"]) == (len(places), hidden)
    for path, counted, left in zip(("old.safetensors", new), wrong["models"], skipped["models"], strict=True):
        given = recurra.load(path).predict(pairs)
        assert counted["accuracy"] == pytest.approx(np.mean(given == labels))
        assert left["accuracy"] == pytest.approx(np.mean([given[place] == labels[place] for place in places]))
        assert counted["scores"]["log_loss"] == pytest.approx(left["scores"]["log_loss"])
        assert counted["scores"]["log_loss"] < 5
    which, world = f"old.safetensors does not know a label of {hidden} of 60 rows", f"('world' {hidden})"
    assert f"{which} {world}: left out." in skipped["notes"]
    assert any(note.startswith(f"{which} {world}: counted as wrong for it; the log loss is") for note in wrong["notes"])
    assert f"60 rows, {hidden} with a label that not all models know\n" in run(*words, "--quiet").out
    check_failed(run(*words, "--unknown-labels", "error", "--quiet"), 1, f"{which} of ", f"news.csv {world}")


def test_on_texts(run: Run, trained: Path, other: Path) -> None:
    good = trained / "model.safetensors"
    ran = run("compare", good, other, "--on", "Bank stock rise", "--json")
    assert ran.json["text"] == "Bank stock rise"
    assert [one["model"] for one in ran.json["models"]] == ["run", "other"]
    for path, one in zip((good, other), ran.json["models"], strict=True):
        assert one["label"] == recurra.load(path).predict(["Bank stock rise"])[0]
        assert len(one["probabilities"]) == 3
    ran = run("compare", good, other, "--on", "Bank stock", "--on", "", "--json")
    assert [one["text"] for one in ran.json] == ["Bank stock", ""]
    lines = run("compare", good, other, "--on", "Bank stock rise").out.splitlines()
    assert lines[0] == "Bank stock rise"
    assert lines[2].split()[:2] == ["run", recurra.load(good).predict(["Bank stock rise"])[0]]


def test_lines_fit_a_terminal_and_keep_their_words(run: Run, trained: Path, other: Path, tmp_path: Path) -> None:
    good = trained / "model.safetensors"
    third = other.parent.parent / "a-model-with-a-long-name" / "model.safetensors"
    third.parent.mkdir()
    third.write_bytes(other.read_bytes())
    pairs, labels = make_rows(60)
    long_rows = [(label, title, f"{text} " * 9) for label, (title, text) in zip(labels, pairs, strict=True)]
    news = write_table(tmp_path / "news.csv", ("label", "title", "text"), long_rows)
    ran = run("compare", good, other, third, "--data", news)
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    texts = [line.strip() for line in lines if line.startswith("  ") and line.endswith("…")]
    rows = [f"{title} — {text}" for _, title, text in long_rows]
    assert texts
    assert all(any(f"{row} ".startswith(f"{text[:-1]} ") for row in rows) for text in texts)
    long = "Bank stock rises again " * 9
    first = run("compare", good, other, "--on", long).out.splitlines()[0]
    assert len(first) <= 80
    assert long.startswith(f"{first[:-1]} ")


@pytest.mark.parametrize(("name", "first", "hint"), [("rows.csv", 2, " (the header is row 1)"), ("rows.jsonl", 1, "")])
def test_rows_have_the_numbers_of_messages(
    run: Run, trained: Path, other: Path, news: Path, name: str, first: int, hint: str
) -> None:
    with news.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if name == "rows.csv":
        write_table(Path(name), list(rows[0]), [list(row.values()) for row in rows])
    else:
        Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    words = ("compare", trained / "model.safetensors", other, "--data", name)
    examples = run(*words, "--json").json["pairs"][0]["examples"]
    assert examples
    said = " ".join(run(*words).out.split())
    assert f"Examples, by their row in {name}{hint}: row " in said
    for one in examples:
        assert one["number"] == one["row"] + first
        assert rows[one["row"]]["description"].split()[0] in one["text"]
        assert f"row {one['number']}, {one['label']}: {one['right']} is right, " in said


def test_labels_are_cut_between_words(run: Run, news: Path) -> None:
    long = "sport and whatever else a label may have for its name"
    for name, seed in (("one", 1), ("two", 2)):
        write_bundle(make_bundle(labels=("money", long, "tech", "world"), seed=seed), f"{name}.safetensors")
    news.write_text(news.read_text(encoding="utf-8").replace("sport", long), encoding="utf-8")
    said = " ".join(run("compare", "one.safetensors", "two.safetensors", "--data", news).out.split())
    assert "sport and whatever else a label may…" in said
    assert "class sport and…" in said
    write_bundle(make_bundle(labels=tuple(f"label {n}" for n in range(30))), "three.safetensors")
    write_bundle(make_bundle(labels=tuple(f"name {n}" for n in range(30))), "four.safetensors")
    ran = run("compare", "three.safetensors", "four.safetensors", "--data", news, "-q")
    check_failed(ran, 1, "…, four.safetensors 'name 0', ")


def test_two_models_are_told_apart(run: Run, trained: Path, other: Path, news: Path) -> None:
    words = ("compare", trained / "model.safetensors", other, "--data", news)
    pair, lines = run(*words, "--json").json["pairs"][0], run(*words).out.splitlines()
    for name, key in (("accuracy", "accuracy"), ("macro F1", "macro_f1"), ("log loss", "log_loss")):
        line = next(line for line in lines if line.startswith(f"{name} "))
        low, high = pair["intervals"][key]
        assert line.endswith(f"{pair['differences'][key]:+.4f}  {low:+.4f} to {high:+.4f}")
    assert "difference: run minus other" in lines
    counts = f"rows right: run alone {pair['only_a']}, other alone {pair['only_b']}, both {pair['both']}, "
    said = " ".join(" ".join(lines).split())
    assert f"{counts}neither {pair['neither']}; sign test p={pair['p']:.2g}" in said
    assert any(line.startswith("macro F1") for line in run(*words, "--quiet").out.splitlines())


def test_old_spellings_say_the_new_ones(run: Run, model: Path) -> None:
    check_failed(run("compare", model, model, "--text", "Oil prices rise"), 2, "Give a text", "--on 'Oil prices rise'")
    words = ("compare", model, model, "--data", "x.csv", "--text-column")
    check_failed(run(*words, "message"), 2, "no option --text-column. Did you mean --text?")


def test_text_is_a_column(run: Run, trained: Path, other: Path, news: Path) -> None:
    good = trained / "model.safetensors"
    Path("renamed.csv").write_text(news.read_text().replace("description", "words", 1))
    plain = run("compare", good, other, "--data", news, "--json").json
    words = ("compare", good, other, "--data", "renamed.csv", "--label", "label", "--title", "title")
    assert run(*words, "--text", "words", "--json").json["models"] == plain["models"]
    check_failed(run(*words, "--text", "colour"), 1, "no column 'colour'")


def test_wrong_usage(run: Run, trained: Path, other: Path, model: Path, news: Path) -> None:
    good = trained / "model.safetensors"
    check_failed(run("compare", good, other), 2, "neither --data nor --on")
    check_failed(run("compare", good, other, "--data", news, "--on", "x"), 2, "both --data and --on")
    check_failed(run("compare", good, "--data", news), 2, "given one model")
    check_failed(run("compare", good, good, "--data", news), 2, "the same model is given twice")
    check_failed(run("compare", good, model, "--data", news, "--quiet"), 1, "knows the classes")
    check_failed(run("compare", good, "none.safetensors", "--data", news), 1, "none.safetensors")


def test_rows_without_a_label_are_skipped_on_request(run: Run, trained: Path, other: Path, news: Path) -> None:
    good = trained / "model.safetensors"
    Path("gaps.csv").write_text(news.read_text() + ",Oil,again\n,Team,again\n")
    check_failed(run("compare", good, other, "--data", "gaps.csv"), 1, "holds no label", "--skip-unlabelled")
    skipped = run("compare", good, other, "--data", "gaps.csv", "--skip-unlabelled", "--json").json
    assert "2 of 62 rows of gaps.csv have no label and are skipped." in skipped["notes"]
    whole = run("compare", good, other, "--data", news, "--json").json
    assert skipped["models"] == whole["models"]


def test_a_model_that_is_worse_fails_on_request(run: Run, trained: Path, other: Path, news: Path) -> None:
    """The second model is the candidate; the exit code is that of check --strict."""
    good = trained / "model.safetensors"
    pairs, labels = make_rows(60)
    best, low = (int(np.sum(recurra.load(path).predict(pairs) == labels)) for path in (good, other))
    points = 100 * (best - low) / 60
    words = ("--data", news, "--json", "--fail-if-worse")
    for allowed in (0, 1, f"{points - 0.01:.2f}"):
        ran = run("compare", good, other, *words, allowed)
        assert ran.code == 3
        low_end, high_end = (100 * end for end in ran.json["pairs"][0]["interval"])
        assert ran.err == (
            f"recurra: other is worse than run: accuracy is {points:.2f} points lower (95 % interval {low_end:.2f} to "
            f"{high_end:.2f}), and --fail-if-worse allows {float(allowed):g}.\n"
        )
        verdict = {"points": float(allowed), "loss": pytest.approx(points), "worse": True}
        assert ran.json["fail_if_worse"] == verdict
    for models, allowed in (((good, other), repr(points)), ((good, other), 100), ((other, good), 0)):
        ran = run("compare", *models, *words, allowed)
        assert (ran.code, ran.err, ran.json["fail_if_worse"]["worse"]) == (0, "", False)
    copy = good.with_name("copy.safetensors")
    copy.write_bytes(good.read_bytes())
    same = run("compare", copy, good, *words, 0)
    assert (same.code, [one["name"] for one in same.json["models"]]) == (0, ["copy.safetensors", "run"])

    hint = "Give two models, first the old one, and --data."
    check_failed(run("compare", good, other, copy, *words, 0), 2, "given with 3 models", hint)
    check_failed(run("compare", good, other, "--on", "x", "--fail-if-worse", 0), 2, "--on, which has no right", hint)
    check_failed(run("compare", good, other, *words, "-1"), 2, "'-1'. Give a number, 0 or more")


def test_the_document_says_which_files(run: Run, trained: Path, other: Path, news: Path) -> None:
    paths = (trained / "model.safetensors", other)
    expected = [(str(path), run("info", path, "--json").json["digest"]) for path in paths]
    for words in (("--data", news), ("--on", "oil")):
        models = run("compare", *paths, *words, "--json").json["models"]
        assert [(one["path"], one["digest"]) for one in models] == expected
