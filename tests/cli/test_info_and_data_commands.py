"""``recurra info`` and ``recurra data``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from branched import make_branched
from bundles import make_bundle
from commands import Run, check_failed
from hypothesis import given
from hypothesis import strategies as st
from rows import TOPICS, make_rows, write_news, write_table

import recurra
from recurra.bundle import digest_of, write_bundle
from recurra.card.facts import Facts
from recurra.cli.info import _about


def test_info_is_what_python_gives(run: Run, trained: Path) -> None:
    path = trained / "model.safetensors"
    values = run("info", path, "--json").json
    assert values == {
        "model": str(path),
        "bytes": path.stat().st_size,
        "digest": digest_of(path),
        **json.loads(json.dumps(recurra.load(path).info)),
    }
    assert {"classes", "text", "network", "vocabulary", "parameters", "record"} <= values.keys()


def test_info_for_people(run: Run, trained: Path) -> None:
    path = trained / "model.safetensors"
    ran, quiet = run("info", path), run("info", path, "--quiet")
    assert (ran.code, ran.err) == (0, "")
    summary = recurra.load(path).summary()
    assert ran.out.endswith(f"\n{summary}\n")
    assert quiet.out == f"{summary}\n"
    assert f"float32 weights, {path.stat().st_size:,} bytes" in ran.out
    for part in (
        "default",
        "4 classes",
        "money, sport, tech, world",
        "120 rows, 12 of them held out",
        "accuracy",
        "tokens  ",
        "  words, ",
        "chosen  ",
        "% of the words are new from one half of the rows to the other",
        "torch",
    ):
        assert part in ran.out


def test_info_tells_of_the_linear_branch(run: Run, tmp_path: Path) -> None:
    branch = {
        "network_factor": 0.25, "branch_factor": 0.75, "network_right": 0.8, "branch_right": 0.9,
        "language_models_share": 0.35,
    }  # fmt: skip
    bundle, path = replace(make_branched(), record={"branch": branch}), tmp_path / "branched.safetensors"
    write_bundle(bundle, path)
    counted = bundle.branch
    assert counted is not None
    assert counted.subwords is not None
    found = run("info", path, "--json").json["branch"]
    grams, subwords = len(counted.ngrams) - 15, len(counted.subwords)
    assert found == {**counted.settings.to_dict(), "known_ngrams": grams, "known_subwords": subwords}
    # Values are folded.
    out = " ".join(run("info", path).out.split())
    assert (
        f"not recurrent; weights of 13 tokens, {grams} n-grams of up to 3 tokens, {subwords} subwords of up to 4" in out
    )
    assert "network 0.25, branch 0.75" in out
    assert "network 0.8000 of the rows held out, branch 0.9000" in out
    assert "of the branch 35 % language models of the classes" in out
    assert "(the linear branch" not in out
    write_bundle(make_branched(max_tokens=5, branch_max_tokens=2000), path)
    assert "title and text, the first 5 tokens (the linear branch 2,000)" in run("info", path).out
    write_bundle(replace(bundle, record={"branch": [1]}), path)
    assert run("info", path).code == 0


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("preset", "rows", "held_out", "scores", "tokens", "versions"), _json),
            "vectors": _json | st.dictionaries(st.sampled_from(["name", "words", "source", "licence"]), _json),
        },
    )
)
def test_info_takes_any_record(record: dict[str, Any]) -> None:
    """A model file may come from anywhere, and its record hold anything."""
    model = recurra.Model(replace(make_bundle(), record=record))
    rows = _about({"bytes": 1234, **model.info}, Facts(model.bundle), model.task)
    assert ("3 classes", "a, b, c") in rows
    assert all("\n" not in value and len(value) <= 240 for _, value in rows)


def test_data_shows_how_a_file_is_read(run: Run, news: Path) -> None:
    values = run("data", news, "--json").json
    documents, labels = make_rows(60)
    assert values["rows"] == 60
    assert values["columns"] == {"text": "description", "title": "title", "label": "label"}
    assert {one["label"]: one["rows"] for one in values["classes"]} == dict.fromkeys(TOPICS, 15)
    first = [(one["label"], one["title"], one["text"]) for one in values["first"]]
    assert first == [(label, *pair) for pair, label in zip(documents[:5], labels[:5], strict=True)]
    assert len(values["notes"]) == 1


def test_data_skips_rows_without_a_label_as_training_does(run: Run, tmp_path: Path) -> None:
    rows = [("tech", "a chip for a phone"), ("", "no label here"), ("sport", "the team wins a match")]
    write_table(tmp_path / "some.csv", ("label", "text"), rows * 2)
    check_failed(run("data", "some.csv", "-q"), 1, "row 3", "holds no label", "data skip them with --skip-unlabelled")
    values = run("data", "some.csv", "--skip-unlabelled", "--json").json
    assert (values["rows"], {one["label"] for one in values["classes"]}) == (4, {"tech", "sport"})
    assert "2 of 6 rows of some.csv have no label and are skipped." in values["notes"]


def test_data_for_people(run: Run, news: Path) -> None:
    ran, named = run("data", news), run("data", news, "--text", "description", "--label", "title", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    documents, labels = make_rows(60)
    for part in (
        "60 rows",
        "columns: text 'description', title 'title', label 'label'",
        "4 classes (str)",
        documents[0][0],
    ):
        assert part in ran.out
    assert f"  {labels[0]}: {documents[0][0]}" in ran.out
    assert "columns: text 'description', label 'title'" in named.out
    assert "guessed" not in named.out


def test_many_classes_are_cut_for_people_and_whole_in_json(run: Run, tmp_path: Path) -> None:
    rows = [(f"kind {n % 30}", f"text {n} of many words here") for n in range(300)]
    write_table(tmp_path / "many.csv", ("label", "text"), rows)
    assert "… 10 more" in run("data", "many.csv").out
    values = run("data", "many.csv", "--json").json
    assert len(values["classes"]) == 30
    assert values["first"][0] == {"label": "kind 0", "title": None, "text": "text 0 of many words here"}


def test_data_lists_the_named_sets(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "sets" / "tiny"
    folder.mkdir(parents=True)
    write_news(folder / "train.csv", 30)
    write_news(folder / "test.csv", 12)
    ran, values = run("data", "--data-dir", "sets"), run("data", "--data-dir", "sets", "--json").json
    assert (ran.code, ran.err) == (0, "")
    by_name = {one["name"]: one for one in values["sets"]}
    assert {"tiny", "agnews", "r8", "r52", "20newsgroups"} <= by_name.keys()
    assert (by_name["tiny"]["train_rows"], by_name["tiny"]["test_rows"], by_name["tiny"]["classes"]) == (30, 12, 4)
    lines = {line.split()[0]: line.split() for line in ran.out.splitlines()}
    assert lines["tiny"][1:] == ["30", "12", "4", str(folder)] or lines["tiny"][1:4] == ["30", "12", "4"]
    assert lines["r8"][1:4] == ["5,485", "2,189", "8"]
    shown = run("data", "tiny", "--data-dir", "sets", "--json").json
    assert shown["rows"] == 30


@pytest.mark.parametrize("name", ["news.csv", "news.tsv"])
def test_label_types_are_told(name: str, run: Run, tmp_path: Path) -> None:
    separator = "\t" if name.endswith("tsv") else ","
    lines = [separator.join(("label", "text")), *(separator.join((str(n % 2), f"some text {n}")) for n in range(20))]
    (tmp_path / name).write_text("\n".join(lines) + "\n")
    assert "2 classes (int)" in run("data", name).out
    assert run("data", name, "--json").json["classes"] == [{"label": 0, "rows": 10}, {"label": 1, "rows": 10}]
