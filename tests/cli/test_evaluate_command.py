"""``recurra evaluate``: scores as Python gives them, files, labels of another type."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from bundles import make_bundle
from commands import Run, check_failed
from rows import make_rows, write_news, write_table

import recurra
from recurra.bundle import write_bundle
from recurra.cli.output import width
from recurra.evaluation import evaluate

PROMISED = {"rows", "accuracy", "macro_f1", "log_loss", "ece"}


@pytest.fixture
def test_rows(tmp_path: Path) -> Path:
    """30 generated rows that training did not see."""
    return write_news(tmp_path / "test.csv", 30, seed=9)


def test_json_is_what_python_gives(run: Run, trained: Path, test_rows: Path) -> None:
    ran = run("evaluate", trained / "model.safetensors", test_rows, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json.keys() >= PROMISED | {"weighted_f1", "intervals", "classes", "confusion"}
    model = recurra.load(trained / "model.safetensors")
    documents, labels = make_rows(30, seed=9)
    expected = evaluate(model.predict_proba(documents), labels, model.classes_).to_dict()
    for name in PROMISED:
        assert ran.json[name] == pytest.approx(expected[name], abs=1e-6)
    assert ran.json["confusion"] == expected["confusion"]
    assert ran.json["accuracy"] == (model.predict(documents) == labels).mean()
    assert ran.json["notes"][0].casefold().startswith("columns of the model: text 'description'")


def test_the_rows_that_the_model_learned_from_are_told(run: Run, trained: Path) -> None:
    model, learned = trained / "model.safetensors", trained.parent / "news.csv"
    said = "These are the rows that the model learned from: the scores say how well they are remembered."
    ran = run("evaluate", model, learned, "--json")
    assert (ran.json["notes"].count(said), ran.json["known_rows"]) == (1, "training")
    assert ran.err == f"recurra: warning: {said}\n"
    assert " ".join(run("evaluate", model, learned).out.split()).count(said) == 1
    # As many rows, and one of them is another.
    head, first, *others = learned.read_text("utf-8").splitlines(keepends=True)
    Path("other.csv").write_text("".join([head, first.replace(",", ",again ", 1), *others]), "utf-8")
    other = run("evaluate", model, "other.csv", "--json").json
    assert (said in other["notes"], other["known_rows"]) == (False, None)


def test_lines_for_people(run: Run, trained: Path, test_rows: Path) -> None:
    words = ["evaluate", trained / "model.safetensors", test_rows]
    values, ran, quiet = run(*words, "--json").json, run(*words), run(*words, "--quiet")
    assert (ran.code, ran.err) == (0, "")
    low, high = values["intervals"]["accuracy"]
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["accuracy", f"{values['accuracy']:.4f}", f"{low:.4f}–{high:.4f}"] in lines
    for one in values["classes"]:
        numbers = [f"{one[key]:.4f}" for key in ("precision", "recall", "f1")]
        assert [one["label"], *numbers, str(one["support"])] in lines
    assert ran.out.splitlines()[0].casefold().startswith("columns of the model: text 'description'")
    # Where the path is long it begins the next line.
    assert quiet.out.startswith("30 rows of")
    assert set(quiet.out.splitlines()) < set(ran.out.splitlines())


@pytest.fixture
def many_classes(tmp_path: Path) -> tuple[Path, Path]:
    """A model of 23 classes with random weights, one of them of a long name, and 400 rows of 22 of them."""
    names = ["class " + "m" * 60, *(f"class {number:02}" for number in range(22))]
    write_bundle(make_bundle(labels=tuple(names)), tmp_path / "many.safetensors")
    generator = random.Random(3)
    words = ["oil", "prices", "rise", "again", "the", "team", "wins", "a", "late", "match", "rome", "court"]
    rows = [(generator.choice(names[:22]), " ".join(generator.choices(words, k=4))) for _ in range(400)]
    write_table(tmp_path / "many.csv", ("label", "text"), rows)
    return Path("many.safetensors"), Path("many.csv")


def test_the_worst_classes_come_first(run: Run, many_classes: tuple[Path, Path]) -> None:
    words = ["evaluate", *many_classes]
    values, ran, every = run(*words, "--json").json, run(*words), run(*words, "--all-classes")
    by_f1 = sorted(
        values["classes"], key=lambda one: (not (one["support"] or one["given"]), one["f1"], -one["support"])
    )
    assert by_f1[0]["f1"] < by_f1[-2]["f1"]
    assert by_f1[-1]["support"] == 0

    def shown(out: str) -> list[str]:
        table = out.split(" precision ")[1].split("\n\n")[0].splitlines()[1:]
        return [line[:8] for line in table]

    labels = [one["label"][:8] for one in by_f1]
    assert shown(ran.out) == labels[:10]
    assert shown(every.out) == labels
    assert "the 10 worst of 23 classes (--all-classes, --json and --out DIR give all):" in ran.out
    assert "worst of" not in every.out
    assert shown(run(*words, "--all-classes", "--quiet").out) == labels
    assert max(map(width, every.out.splitlines())) <= 80


def test_the_most_frequent_confusions_are_printed(run: Run, many_classes: tuple[Path, Path]) -> None:
    values, ran = run("evaluate", *many_classes, "--json").json, run("evaluate", *many_classes)
    names = [one["label"] for one in values["classes"]]
    pairs = [
        (rows, names[true], names[given])
        for true, counts in enumerate(values["confusion"])
        for given, rows in enumerate(counts)
        if true != given and rows
    ]
    head, *lines = ran.out.split("\n\n")[-1].splitlines()
    assert head.split() == ["most", "frequent", "confusions", "(true", "→", "predicted)", "rows"]
    assert len(lines) == 10
    for line, expected in zip(lines, sorted(pairs, key=lambda pair: -pair[0]), strict=False):
        pair, rows = line.rsplit(maxsplit=1)
        assert int(rows) == expected[0]
        true, given = (name.rstrip(" …") for name in pair.split(" → "))
        assert any(n == int(rows) and a.startswith(true) and b.startswith(given) for n, a, b in pairs)
    assert "confusions" not in run("evaluate", *many_classes, "--quiet").out


def test_files(run: Run, trained: Path, test_rows: Path) -> None:
    words = ["evaluate", trained / "model.safetensors", test_rows, "--out", "made/scores"]
    values = run(*words, "--json").json
    assert sorted(path.name for path in Path("made/scores").iterdir()) == ["evaluation.html", "metrics.json"]
    assert json.loads(Path("made/scores/metrics.json").read_text()) == values
    page = Path("made/scores/evaluation.html").read_text()
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert f"{100 * values['accuracy']:.2f}" in page
    again = run(*words)
    assert again.code == 0
    assert "made/scores/evaluation.html" in again.out


@pytest.mark.parametrize(
    ("classes", "written"),
    [
        # In the training file other labels made texts or floats of them; here all are whole numbers, or true and false.
        (("1", "2", "other"), ["1", "2", "1"]),
        ((1.0, 2.0, 2.5), ["1", "2", "1"]),
        (("false", "true", "unknown"), ["true", "False", "TRUE"]),
        ((1, 2), ["1.0", "2.0", "1.0"]),
        # Two classes that differ by case, and a column of booleans.
        (("FALSE", "False", "True", "unsure"), ["True", "False", "True"]),
    ],
)
def test_labels_of_another_type_are_compared_as_written(
    classes: tuple[object, ...], written: list[str], run: Run, tmp_path: Path
) -> None:
    write_bundle(make_bundle(labels=classes), "typed.safetensors")
    table = write_table(tmp_path / "test.csv", ("label", "text"), [(label, "oil prices") for label in written])
    ran = run("evaluate", "typed.safetensors", table, "--label", "label", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert any("compared as they are written" in note for note in ran.json["notes"])
    supports = {str(one["label"]).casefold(): one["support"] for one in ran.json["classes"]}
    if isinstance(classes[0], float):
        supports = {name.removesuffix(".0"): rows for name, rows in supports.items()}
    plain = [label.removesuffix(".0").casefold() for label in written]
    for label in set(plain):
        assert supports[label] == plain.count(label)


def test_a_number_that_is_no_class_is_named(run: Run, tmp_path: Path) -> None:
    write_bundle(make_bundle(labels=("1", "2")), "typed.safetensors")
    table = write_table(tmp_path / "test.csv", ("label", "text"), [(n, "oil") for n in (1, 2, 3)])
    words = ("evaluate", "typed.safetensors", table, "--label", "label")
    check_failed(
        run(*words, "--unknown-labels", "error", "--quiet"), 1, "has the label 3 (1 row), which training never saw"
    )
    assert "1 of 3 rows has a label that training never saw (3 1)" in " ".join(run(*words, "--json").json["notes"])


def test_labels_that_training_never_saw_count_as_wrong_and_it_is_said(
    run: Run, trained: Path, test_rows: Path, tmp_path: Path
) -> None:
    model = trained / "model.safetensors"
    rows = test_rows.read_text().splitlines()
    more = [*rows, "law,Court,the court again", "law,Court,again", "<b>,Vote,the vote"]
    (tmp_path / "more.csv").write_text("\n".join(more) + "\n")
    before, after = (run("evaluate", model, name, "--json").json for name in (test_rows, "more.csv"))
    assert (before["unknown_labels"], after["unknown_labels"], after["rows"]) == (0, 3, 33)
    assert after["accuracy"] == pytest.approx(before["accuracy"] * 30 / 33)
    assert after["macro_f1"] < before["macro_f1"]
    assert after["log_loss"] == pytest.approx(before["log_loss"])
    assert [one["label"] for one in after["classes"]] == [one["label"] for one in before["classes"]]
    said = "3 of 33 rows have a label that training never saw ('law' 2, '<b>' 1)"
    assert f"{said}: counted as wrong; the log loss is that of known labels." in after["notes"]

    quiet = run("evaluate", model, "more.csv", "--quiet", "--out", "scores")
    assert quiet.out.startswith("33 rows of more.csv, 3 with a label that training never saw\n")
    page = " ".join(Path("scores/evaluation.html").read_text().replace("\xa0", " ").split())
    assert "3 rows have a label that training never saw: counted as wrong; the log loss is that of known" in page
    assert "No row was classified wrongly" not in page
    assert "&lt;b&gt;" in page
    assert json.loads(Path("scores/metrics.json").read_text())["unknown_labels"] == 3

    skipped = run("evaluate", model, "more.csv", "--unknown-labels", "skip", "--json").json
    assert f"{said} and are left out." in skipped["notes"]
    assert (skipped["rows"], skipped["unknown_labels"]) == (30, 3)
    assert {name: skipped[name] for name in PROMISED} == {name: before[name] for name in PROMISED}
    refused = run("evaluate", model, "more.csv", "--unknown-labels", "error", "--quiet")
    check_failed(refused, 1, "more.csv has the label 'law' (2 rows), which training never saw (1 other labels neither)")


def test_what_is_held_back_counts_unknown_labels_as_wrong(run: Run, model: Path, tmp_path: Path) -> None:
    rows = [("a", "oil prices"), ("x", "oil prices"), ("x", "the team")]
    write_table(tmp_path / "test.csv", ("label", "text"), rows)
    values = run("evaluate", model, "test.csv", "--abstain-below", "0.01", "--json").json
    assert (values["abstaining"]["answered"], values["abstaining"]["coverage"]) == (3, 1)
    assert values["abstaining"]["accuracy"] == values["accuracy"] <= 1 / 3


def test_rows_without_a_title_are_left_out_and_said(run: Run, tmp_path: Path) -> None:
    from dataclasses import replace

    bundle = make_bundle()
    write_bundle(replace(bundle, text=bundle.text.replace(field="title", first_words=None)), "titles.safetensors")
    rows = [("a", "oil", "one"), ("b", "", "two"), ("c", "team", "three"), ("a", "rome", "four")]
    write_table(tmp_path / "test.csv", ("label", "title", "text"), rows)
    values = run("evaluate", "titles.safetensors", "test.csv", "--json").json
    assert values["rows"] == 3
    assert "1 of 4 rows have no title and are left out." in values["notes"]


def test_a_named_set_gives_its_test_rows(run: Run, trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sets" / "tiny"
    folder.mkdir(parents=True)
    write_news(folder / "train.csv", 30)
    write_news(folder / "test.csv", 12, seed=3)
    values = run("evaluate", trained / "model.safetensors", "tiny", "--data-dir", "sets", "--json").json
    assert values["rows"] == 12


def test_a_model_that_learned_from_numbers_is_scored_on_a_set_whose_classes_have_names(
    run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "sets" / "sst2"
    folder.mkdir(parents=True)
    for part in ("train", "test"):
        write_table(folder / f"{part}.csv", ("label", "text"), [(0, "oil"), (1, "team wins"), (1, "rome")])
    supports = {}
    for classes in ((0, 1), ("negative", "positive")):
        write_bundle(make_bundle(labels=classes), "named.safetensors")
        values = run("evaluate", "named.safetensors", "sst2", "--data-dir", "sets", "--json").json
        supports |= {one["label"]: one["support"] for one in values["classes"]}
        assert values["unknown_labels"] == 0
    assert supports == {0: 1, 1: 2, "negative": 1, "positive": 2}
