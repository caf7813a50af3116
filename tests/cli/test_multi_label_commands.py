"""Commands on rows of several labels, and answers that are held back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle
from commands import Run, check_failed
from rows import write_news, write_table
from topics import TOPICS, topic_rows

import recurra
from recurra.bundle import write_bundle
from recurra.cli import main
from recurra.cli.train_output import threshold_line
from recurra.evaluation.multi_label_scores import MultiLabelRowScores
from recurra.tasks.multi_label_indicator import multi_label_indicator

SMALL = ["--model", "lesson/gru", "--set", "hidden=16", "--set", "embedding=16", "--set", 'pooling=["max"]']
SMALL += ["--set", "fixed_rows=false", "--set", "batch_size=16", "--learning-rate", "0.02", "--epochs", "5"]
SMALL += ["--set", "validation=0.2", "--set", "calibrate=true", "--set", "vocabulary_from=all", "--quiet"]


def write_topics(path: Path, count: int, *, seed: int = 0, mark: str = "|") -> Path:
    texts, labels = topic_rows(count, seed=seed)
    if path.suffix == ".jsonl":
        lines = [json.dumps({"text": text, "labels": one}) for text, one in zip(texts, labels, strict=True)]
        path.write_text("\n".join(lines) + "\n")
        return path
    return write_table(
        path, ("text", "labels"), [(text, mark.join(one)) for text, one in zip(texts, labels, strict=True)]
    )


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the topics, learned from a .csv file with | between labels."""
    folder = tmp_path_factory.mktemp("topics")
    data = write_topics(folder / "rows.csv", 500)
    assert main(["train", str(data), "--label-separator", "|", "--out", str(folder / "run"), *SMALL]) == 0
    return folder / "run" / "model.safetensors"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rows.csv", "rows.csv looks like several labels a row, 5 distinct ones, such as"),
        ("rows.jsonl", "rows.jsonl looks like several labels a row, 5 distinct ones, such as"),
    ],
)
def test_what_looks_like_several_labels_is_asked_about(run: Run, tmp_path: Path, name: str, said: str) -> None:
    texts = topic_rows(60)
    rows = [pair for pair in zip(*texts, strict=True) if pair[1] or name.endswith("l")]
    if name.endswith(".csv"):
        write_table(tmp_path / name, ("text", "labels"), [(text, "|".join(one)) for text, one in rows])
    else:
        write_topics(tmp_path / name, 60)
    ran = run("train", name, "--out", "run", "--quiet")
    check_failed(ran, 1, said, "in row ", "Say --multi-label")
    assert not Path("run").exists()


def test_lists_and_marks_give_the_same_model(run: Run, tmp_path: Path) -> None:
    csv, lines = write_topics(tmp_path / "rows.csv", 80), write_topics(tmp_path / "rows.jsonl", 80)
    options = ["--set", "hidden=4", "--set", "embedding=4", "--epochs", 1, "--model", "lesson/gru"]
    found = run("train", csv, "--multi-label", "--out", "a", *options, "--json")
    assert found.code == 0, found.err
    assert "Labels are split at '|': 5 distinct ones." in found.json["notes"]
    assert run("train", lines, "--multi-label", "--out", "b", *options).code == 0
    one, other = (recurra.load(f"{name}/model.safetensors") for name in "ab")
    assert all(np.array_equal(one.bundle.tensors[name], other.bundle.tensors[name]) for name in one.bundle.tensors)
    assert (one.record["label_separator"], "label_separator" in other.record) == ("|", False)
    assert one.classes_.tolist() == list(TOPICS)


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_unlabelled_rows_are_skipped_on_request(run: Run, tmp_path: Path, name: str) -> None:
    """The model is the one of a file without them; without the option they are learned."""
    texts, labels = topic_rows(90)
    rows = [pair for pair in zip(texts, labels, strict=True) if pair[1]]
    # An empty cell says nothing, an empty list that there are none.
    empty = () if name.endswith(".csv") else None
    bare: list[tuple[str, Any]] = [("nobody looked at this", empty), ("nor at that", None)]
    gaps = [rows[0], bare[0], *rows[1:40], bare[1], *rows[40:]]
    options = ["--set", "hidden=4", "--set", "embedding=4", "--epochs", 1, "--model", "lesson/gru", "--multi-label"]
    for path, some in ((tmp_path / name, gaps), (tmp_path / f"whole-{name}", rows)):
        if name.endswith("l"):
            lines = [json.dumps({"text": text, "labels": own}) for text, own in some]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        else:
            cells = [(text, "  " if own is None else "|".join(own)) for text, own in some]
            write_table(path, ("text", "labels"), cells)
    learned = run("train", name, "--out", "all", *options, "--json").json
    assert learned["rows"] == len(gaps)
    skipped = run("train", name, "--out", "run", *options, "--skip-unlabelled", "--json").json
    told = f"2 of {len(gaps)} rows of {name} have no label and are skipped."
    assert told in skipped["notes"]
    assert skipped["rows"] == len(rows)
    assert run("train", f"whole-{name}", "--out", "whole", *options).code == 0
    assert Path("run/model.safetensors").read_bytes() == Path("whole/model.safetensors").read_bytes()
    # Decisions are about the file as it is, and may give such a row its labels.
    number = 3 if name.endswith(".csv") else 2
    Path("d.csv").write_text(f"number,decision\n{number},exclude\n", encoding="utf-8")
    words = ["train", name, "--out", "fewer", *options, "--skip-unlabelled", "--exclude", "d.csv", "--json"]
    assert f"1 of {len(gaps) - 1} rows of {name} has no label and is skipped." in run(*words).json["notes"]
    model = Path("run/model.safetensors")
    tested = run("evaluate", model, name, "--skip-unlabelled", "--json").json
    assert (tested["rows"], told in tested["notes"]) == (len(rows), True)
    assert run("evaluate", model, name, "--json").json["rows"] == len(gaps)
    compared = run("compare", model, "all/model.safetensors", "--data", name, "--skip-unlabelled", "--json").json
    assert told in compared["notes"]
    held = ["--validation", name, "--skip-unlabelled", "--out", "held", "--json"]
    assert run("train", f"whole-{name}", *options, *held).json["held_out"] == len(rows)


def test_an_unlabelled_row_may_be_relabelled_with_several_labels(run: Run, tmp_path: Path) -> None:
    texts, labels = topic_rows(60)
    rows = [(text, "|".join(own)) for text, own in zip(texts, labels, strict=True) if own]
    write_table(tmp_path / "rows.csv", ("text", "labels"), [*rows, ("a", ""), ("b", "")])
    cell = f"{TOPICS[1]}|{TOPICS[0]}|{TOPICS[2]}"
    Path("d.csv").write_text(f"number,decision,label\n{len(rows) + 2},relabel,{cell}\n", encoding="utf-8")
    words = ["train", "rows.csv", "--out", "run", "--label-separator", "|", "--skip-unlabelled", *SMALL, "--json"]
    values = run(*words, "--relabel", "d.csv").json
    assert f"1 of {len(rows) + 2} rows of rows.csv has no label and is skipped." in values["notes"]
    assert values["classes"] == sorted(TOPICS)
    Path("d.csv").write_text(f"number,decision,label\n{len(rows) + 2},relabel,None\n", encoding="utf-8")
    words[words.index("run")] = "other"
    check_failed(run(*words, "--relabel", "d.csv"), 1, "relabelled 'None', which no row of rows.csv has")


def test_a_cell_that_only_looks_like_several_is_one_label(run: Run, tmp_path: Path) -> None:
    rows = [(f"text {place}", ("a|b", "a", "b|c", "c")[place % 4]) for place in range(40)]
    path = write_table(tmp_path / "rows.csv", ("text", "label"), rows)
    options = ["--set", "hidden=4", "--set", "embedding=4", "--epochs", 1, "--quiet"]
    assert run("train", path, "--single-label", "--out", "run", *options).code == 0
    assert recurra.load("run/model.safetensors").classes_.tolist() == ["a", "a|b", "b|c", "c"]
    check_failed(run("train", path, "--single-label", "--multi-label", "--out", "x", "--quiet"), 2, "Choose one")


def test_check_counts_single_labels_and_says_what_to_type(run: Run, tmp_path: Path) -> None:
    path = write_topics(tmp_path / "rows.csv", 300)
    counts = {label: sum(label in one for one in topic_rows(300)[1]) for label in TOPICS}
    asked = run("check", path)
    assert (asked.code, asked.err) == (0, "")
    assert "error: cells that look like several labels, " in asked.out
    assert "5 distinct labels if they are split at '|'" in asked.out
    again = f"next: recurra check {path} --multi-label --label-separator '|'\n"
    assert again in asked.out
    assert run("check", path, "--strict", "--quiet").code == 3
    told = run("check", path, "--multi-label", "--out", "found")
    assert "Labels are split at '|': 5 distinct ones." in told.out
    assert f"5 labels, {sum(counts.values()) / 300:.2f} a row: art {counts['art']}" in " ".join(told.out.split())
    assert f"{sum(counts.values()) / 300:.2f} a row; columns: " in Path("found/check.html").read_text()
    assert "Labels are split at '|': 5 distinct ones." in json.loads(Path("found/check.json").read_text())["notes"]
    assert told.out.endswith(f"next: recurra train {path} --label-separator '|' --out runs/rows\n")
    values = run("check", path, "--label-separator", "|", "--json").json
    assert values["files"]["train"]["classes"] == counts
    assert (values["multi_label"], values["label_separator"]) == (True, "|")
    single = run("check", path, "--single-label", "--json").json
    assert "art|law" in single["files"]["train"]["classes"]
    assert "--single-label" in single["next"]


def test_check_asks_before_it_cleans(run: Run, tmp_path: Path) -> None:
    path = write_topics(tmp_path / "rows.csv", 100)
    lines = path.read_text().splitlines()
    lines[3] = lines[3].rpartition(",")[0] + ",law|ART"
    path.write_text("\n".join(lines) + "\n")
    check_failed(run("check", path, "--fix", "clean.csv"), 1, "looks like several labels", "Say --multi-label")
    assert not Path("clean.csv").exists()
    ran = run("check", path, "--multi-label", "--fix", "clean.csv")
    assert ran.code == 0, ran.err
    assert "1 relabelled" in ran.out
    assert ran.out.endswith("next: recurra train clean.csv --label-separator '|' --out runs/rows\n")
    lines[3] = lines[3].replace("ART", "art")
    assert Path("clean.csv").read_text().splitlines() == lines
    lists = write_topics(tmp_path / "lists.jsonl", 100)
    lists.write_text(lists.read_text().replace('"art"', '"Art"', 1))
    assert "--multi-label --fix lists.clean.jsonl" in run("check", lists, "--multi-label").out


def test_check_takes_labels_as_the_model_learned_them(run: Run, tmp_path: Path, topics: Path, model: Path) -> None:
    path = write_topics(tmp_path / "new.csv", 100, seed=3)
    values = run("check", path, "--model", topics, "--json").json
    assert values["label_separator"] == "|"
    assert set(values["files"]["train"]["classes"]) == set(TOPICS)
    assert not [one for one in values["findings"] if one["severity"] == "error"]
    other = write_topics(tmp_path / "other.csv", 100, seed=3, mark=";")
    assert not run("check", other, "--model", topics, "--label-separator", ";", "--json").json["counts"]["errors"]
    unknown = run("check", other, "--model", topics, "--json").json["findings"][0]
    assert unknown["kind"] == "unknown labels"
    for words, parts in (
        (["--model", topics, "--single-label"], ["--single-label is given with", "several labels"]),
        (["--model", model, "--multi-label"], ["--multi-label is given with", "one label a row"]),
        (["--model", model, "--label-separator", "|"], ["--label-separator is given with", "one label a row"]),
        (["--single-label", "--multi-label"], ["Choose one"]),
    ):
        check_failed(run("check", path, *words), 2, *parts)
    lists = write_topics(tmp_path / "lists.jsonl", 20)
    check_failed(run("check", lists, "--model", model), 1, "holds lists of labels, such as [", "] in row ")


def test_training_tells_thresholds_and_scores(run: Run, tmp_path: Path) -> None:
    path = write_topics(tmp_path / "rows.csv", 120)
    options = ["--set", "hidden=4", "--set", "embedding=4", "--epochs", 1]
    ran = run("train", path, "--multi-label", "--out", "run", *options)
    assert ran.code == 0, ran.err
    assert "validation on 12 rows: micro F1 " in ran.out
    assert "rows with exactly the right labels" in " ".join(ran.out.split())
    assert "thresholds: 5 labels with few rows share 0." in " ".join(ran.out.split())


def test_evaluate_scores_each_label(run: Run, tmp_path: Path, topics: Path) -> None:
    test = write_topics(tmp_path / "test.csv", 200, seed=5)
    ran = run("evaluate", topics, test, "--json", "--out", "scores")
    assert ran.code == 0, ran.err
    model = recurra.load(topics)
    texts, labels = topic_rows(200, seed=5)
    assert model.bundle.thresholds is not None
    targets = multi_label_indicator(model.bundle.labels, labels)
    rows = MultiLabelRowScores(model.predict_proba(texts), targets, model.classes_, thresholds=model.bundle.thresholds)
    expected = rows.scores()
    for name, value in expected.items():
        assert ran.json[name] == pytest.approx(value, abs=1e-6)
    assert ran.json["micro_f1"] > 0.9
    assert [one["label"] for one in ran.json["labels"]] == list(TOPICS)
    page = Path("scores/evaluation.html").read_text()
    assert "Scores of each label" in page
    assert json.loads(Path("scores/metrics.json").read_text())["micro_f1"] == ran.json["micro_f1"]
    shown = run("evaluate", topics, test).out
    assert f"micro F1           {expected['micro_f1']:.4f}" in shown
    assert "threshold" in shown
    other = write_topics(tmp_path / "other.csv", 50, seed=5, mark=";")
    check_failed(run("evaluate", topics, other, "--quiet"), 1, "labels with ';' between them", "--label-separator ';'")
    assert run("evaluate", topics, other, "--label-separator", ";").code == 0
    # One cell with another separator than the others does not send from one to the other.
    other.write_text(other.read_text() + "some words,law|art\n")
    ran = run("evaluate", topics, other, "--label-separator", ";", "--json")
    assert (ran.code, ran.json["rows"], ran.json["unknown_labels"]) == (0, 51, 1)
    skipped = run("evaluate", topics, other, "--label-separator", ";", "--unknown-labels", "skip", "--json").json
    assert skipped["rows"] == 50
    words = ("check", other, "--model", topics, "--label-separator", ";", "--fix", "same.csv", "--drop-unknown")
    assert "1 removed (unknown label)" in run(*words).out
    cleaned = run("evaluate", topics, "same.csv", "--label-separator", ";", "--json").json
    assert (cleaned["rows"], cleaned["log_loss"]) == (50, skipped["log_loss"])


def test_labels_that_training_never_saw(run: Run, tmp_path: Path, topics: Path) -> None:
    test = write_topics(tmp_path / "test.csv", 100, seed=5)
    more = [*test.read_text().splitlines(), "some words,chess", f"some words,{next(iter(TOPICS))}|chess|go"]
    (tmp_path / "more.csv").write_text("\n".join(more) + "\n")
    before, after = (run("evaluate", topics, name, "--json").json for name in ("test.csv", "more.csv"))
    assert (before["unknown_labels"], after["unknown_labels"], after["rows"]) == (0, 2, 102)
    assert after["subset_accuracy"] == pytest.approx(before["subset_accuracy"] * 100 / 102)
    assert after["macro_f1"] < before["macro_f1"] * 5 / 6
    assert "2 of 102 rows have a label that training never saw ('chess' 2, 'go' 1): counted" in " ".join(after["notes"])
    shown = run("evaluate", topics, "more.csv", "--quiet", "--out", "scores").out
    assert " labels each, 2 with a label that training never saw\n" in shown
    assert "2\xa0rows have a label that training never saw" in Path("scores/evaluation.html").read_text()
    skipped = run("evaluate", topics, "more.csv", "--unknown-labels", "skip", "--json").json
    assert (skipped["rows"], skipped["unknown_labels"]) == (100, 2)
    assert skipped["log_loss"] == before["log_loss"]
    refused = run("evaluate", topics, "more.csv", "--unknown-labels", "error", "--quiet")
    check_failed(refused, 1, "more.csv has the label 'chess' (2 rows), which training never saw")
    Path("copy.safetensors").write_bytes(topics.read_bytes())
    values = run("compare", topics, "copy.safetensors", "--data", "more.csv", "--json").json
    assert (values["rows"], values["unknown_labels"]) == (102, 2)
    assert [one["accuracy"] for one in values["models"]] == [after["subset_accuracy"]] * 2


def test_compare_of_two_models(run: Run, tmp_path: Path, topics: Path, model: Path) -> None:
    bundle = recurra.load(topics).bundle
    other = tmp_path / "other.safetensors"
    tensors = {name: one.copy() for name, one in bundle.tensors.items()}
    tensors["b_O"][:2] -= 3
    write_bundle(replace(bundle, tensors=tensors), other)
    test = write_topics(tmp_path / "test.csv", 200, seed=5)
    ran = run("compare", topics, other, "--data", test, "--json")
    assert (ran.code, ran.err) == (0, "")
    texts, labels = topic_rows(200, seed=5)
    right = [
        np.array([set(given) == set(had) for given, had in zip(recurra.load(path).predict(texts), labels, strict=True)])
        for path in (topics, other)
    ]
    assert [one["accuracy"] for one in ran.json["models"]] == [one.mean() for one in right]
    pair = ran.json["pairs"][0]
    assert (pair["only_a"], pair["only_b"]) == ((right[0] & ~right[1]).sum(), (right[1] & ~right[0]).sum())
    alone = [run("evaluate", path, test, "--json").json for path in (topics, other)]
    for name in ("micro_f1", "macro_f1", "log_loss"):
        assert pair["differences"][name] == pytest.approx(alone[0][name] - alone[1][name])
        low, high = pair["intervals"][name]
        assert low < pair["differences"][name] < high
    assert {one["name"]: one["rows"] for one in ran.json["slices"]}["class art"] == sum("art" in one for one in labels)

    shown = run("compare", topics, other, "--data", test).out
    for part in ("exactly right", "micro F1", "macro F1", "class art", "no label", f"{right[1].mean():.4f}", " says "):
        assert part in shown
    marked = write_topics(tmp_path / "marked.csv", 200, seed=5, mark=";")
    again = run("compare", topics, other, "--data", marked, "--label-separator", ";", "--json").json
    assert again["pairs"] == ran.json["pairs"]
    check_failed(
        run("compare", topics, model, "--data", test, "--quiet"), 1, "gives several labels a row, and", "gives one"
    )
    write_bundle(make_bundle(seed=1), tmp_path / "second.safetensors")
    words = ["compare", model, "second.safetensors", "--data", test, "--label-separator", "|"]
    check_failed(run(*words), 2, "--label-separator '|' is given", "Leave it out")


def test_predict_shows_the_labels_given(run: Run, topics: Path) -> None:
    texts = ["art1 law2 common3 art0 law1", "common1 common2"]
    ran = run("predict", topics, *texts, "--json")
    assert [one["labels"] for one in ran.json] == [["art", "law"], []]
    assert all(set(one["probabilities"]) == set(TOPICS) for one in ran.json)
    lines = run("predict", topics, *texts).out.splitlines()
    assert lines[0].split()[0] in ("art", "law")
    assert {"art", "law"} <= set(lines[0].split())
    assert lines[1].startswith("–")


@pytest.mark.parametrize(
    "words", [["inspect", "--view", "flags", "--data"], ["inspect", "--view", "gradients", "--data"]]
)
def test_views_of_whole_files_say_that_they_are_not_for_it(
    run: Run, tmp_path: Path, topics: Path, words: Sequence[str]
) -> None:
    path = write_news(tmp_path / "news.csv", 20)
    command, *options = words
    check_failed(run(command, topics, *options, path, "--quiet"), 1, "this model gives several labels")


def test_inspect_reads_a_text_with_its_labels(run: Run, topics: Path) -> None:
    ran = run("inspect", topics, "art1 law2 common3 art0 law1", "--attribution", "--json")
    assert ran.code == 0, ran.err
    found = ran.json[0]
    assert found["given"] == ["art", "law"]
    assert len(found["thresholds"]) == 5
    assert found["attribution"]["completeness_error"] < 0.01
    Path("m.safetensors").write_bytes(topics.read_bytes())
    lines = run("inspect", "m.safetensors", "art1 law2 common3 art0 law1").out.splitlines()
    p = dict(zip(found["labels"], found["probabilities"][-1], strict=True))
    threshold = dict(zip(found["labels"], found["thresholds"], strict=True))
    said = {one: f"{one}  {100 * p[one]:.1f} % (threshold {100 * threshold[one]:.1f} %)" for one in found["labels"]}
    assert lines[0] == f"m.safetensors: {said['art']}, {said['law']}"
    Path("a-long-name-of-a-model.safetensors").write_bytes(topics.read_bytes())
    long = run("inspect", "a-long-name-of-a-model.safetensors", "art1 law2 common3 art0 law1").out.splitlines()
    assert long[:3] == ["a-long-name-of-a-model.safetensors:", f"  {said['art']}", f"  {said['law']}"]
    assert f"explained is the most probable label: {said[found['label']]}" in lines
    assert run("inspect", topics, "common1 common2").out.splitlines()[0].endswith(": no label")


@pytest.mark.parametrize("words", [["predict", "a text"], ["evaluate", "news.csv"]])
def test_several_labels_are_not_held_back(run: Run, tmp_path: Path, words: Sequence[str]) -> None:
    write_bundle(make_bundle(thresholds=(0.5, 0.5, 0.5)), tmp_path / "m.safetensors")
    write_news(tmp_path / "news.csv", 20)
    command, *rest = words
    ran = run(command, "m.safetensors", *rest, "--abstain-below", "0.5")
    check_failed(ran, 2, "abstain_below is 0.5 for a model that gives several labels")


def test_predict_holds_back(run: Run, model: Path) -> None:
    texts = ["oil prices", "the team wins", "rome again", "a late match"]
    p = recurra.load(model).predict_proba(texts).max(axis=1)
    below = float(np.sort(p)[2])
    found = run("predict", model, *texts, "--abstain-below", below, "--json").json
    assert [one["label"] is None for one in found] == (p < np.float32(below)).tolist()
    assert all(len(one["probabilities"]) == 3 for one in found)
    lines = run("predict", model, *texts, "--abstain-below", below).out.splitlines()
    assert [line.startswith("–") for line in lines] == (p < np.float32(below)).tolist()
    check_failed(run("predict", model, "x", "--abstain-below", "2"), 2, "Give a probability above 0, up to 1")


def test_evaluate_tells_what_holding_back_is_worth(run: Run, tmp_path: Path, trained: Path) -> None:
    test = write_news(tmp_path / "test.csv", 40, seed=9)
    model = recurra.load(trained / "model.safetensors")
    from rows import make_rows

    documents, labels = make_rows(40, seed=9)
    p = model.predict_proba(documents)
    below = float(np.sort(p.max(axis=1))[10])
    ran = run("evaluate", trained / "model.safetensors", test, "--abstain-below", below, "--json", "--out", "scores")
    found = ran.json["abstaining"]
    sure = p.max(axis=1) >= np.float32(below)
    right = model.predict(documents) == np.array(labels)
    assert (found["answered"], found["withheld"]) == (sure.sum(), (~sure).sum())
    assert found["accuracy"] == pytest.approx(right[sure].mean())
    assert found["withheld_right"] == (right & ~sure).sum()
    assert "What if it may abstain?" in Path("scores/evaluation.html").read_text()
    shown = run("evaluate", trained / "model.safetensors", test, "--abstain-below", below).out
    assert f"held back: {(~sure).sum()} answers, {(right & ~sure).sum()} of them right" in shown


def test_export_keeps_labels_and_thresholds(run: Run, tmp_path: Path, topics: Path) -> None:
    test = write_topics(tmp_path / "test.csv", 100, seed=6)
    ran = run("export", topics, test, "--int8", "--out", "small.safetensors", "--json")
    assert ran.code == 0, ran.err
    before, after = recurra.load(topics), recurra.load("small.safetensors")
    assert np.array_equal(before.bundle.thresholds, after.bundle.thresholds)
    texts, labels = topic_rows(100, seed=6)
    sets = [[set(one) for one in model.predict(texts)] for model in (before, after)]
    assert ran.json["changed"] == sum(one != other for one, other in zip(*sets, strict=True))
    shares = [np.mean([one == set(had) for one, had in zip(found, labels, strict=True)]) for found in sets]
    assert (ran.json["accuracy"]["before"], ran.json["accuracy"]["after"]) == pytest.approx(shares)
    targets = multi_label_indicator(before.bundle.labels, labels)
    p = np.clip(before.predict_proba(texts).astype(float), 1e-7, 1 - 1e-7)
    assert ran.json["log_loss"]["before"] == pytest.approx(-np.log(np.where(targets, p, 1 - p)).mean(), rel=1e-3)
    assert run("export", topics, "--int8", "--out", "other.safetensors", "--json").code == 0
    words = ["export", topics, "--int8", "--out", "third.safetensors", "--label-separator", ";", "--quiet"]
    check_failed(run(*words), 2, "without rows of several labels")


def test_the_rows_that_the_model_learned_from_are_told(run: Run, topics: Path) -> None:
    rows = topics.parent.parent / "rows.csv"
    said = "These are the rows that the model learned from: the scores say how well they are remembered."
    assert said in run("evaluate", topics, rows, "--json").json["notes"]
    head, *others = rows.read_text("utf-8").splitlines(keepends=True)
    Path("turned.csv").write_text("".join([head, *reversed(others)]), "utf-8")
    assert said not in run("evaluate", topics, "turned.csv", "--json").json["notes"]


def test_training_goes_on_with_the_format_of_the_models_labels(run: Run, tmp_path: Path, topics: Path) -> None:
    rows = write_topics(tmp_path / "more.csv", 80, seed=3)
    words = ["train", rows, "--from", topics, "--epochs", 1, "--no-baseline", "--json"]
    values = run(*words, "--out", "next").json
    assert "Labels are split at '|', as those of the model were." in values["notes"]
    both = [recurra.load(path).classes_.tolist() for path in (topics, "next/model.safetensors")]
    assert both[0] == both[1]


def test_thresholds_are_told_as_they_are() -> None:
    found = {"own": 2, "shared": None, "micro_f1": 1.0, "cross_fitted_micro_f1": 0.5}
    told = "; micro F1 1.0000 on the rows that chose them, 0.5000 where each tenth has the others' thresholds"
    of_two = "thresholds: chosen one by one for 2 of 2 labels"
    assert threshold_line(found, [0.5, 0.5]) == f"{of_two}, all of them 0.5{told}"
    assert threshold_line(found, [0.5, 0.25]) == f"{of_two}, 1 of them 0.5{told}"
    assert threshold_line(found, [0.125, 0.25]) == f"{of_two}{told}"
    few = threshold_line({**found, "shared": 0.5}, [0.25, 0.125, 0.5])
    assert few == f"thresholds: chosen one by one for 2 of 3 labels; 1 with few rows share 0.500{told}"
