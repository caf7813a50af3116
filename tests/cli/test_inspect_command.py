"""``recurra inspect``: tables for people, the shared JSON, a page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from branched import make_branched
from bundles import make_bundle
from commands import Run, check_failed

from recurra import load
from recurra.bundle import write_bundle
from recurra.inspection import gradients, read

TEXT = "the team wins a late match zzz"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Two directions and layers."""
    write_bundle(make_bundle(cell="gru", bidirectional=True, layers=2), tmp_path / "other.safetensors")
    return tmp_path / "other.safetensors"


def test_a_line_for_each_word(run: Run, model: Path) -> None:
    ran = run("inspect", model, TEXT)
    assert (ran.code, ran.err) == (0, "")
    reading = load(model).read(TEXT)
    lines = ran.out.splitlines()
    answer = int(reading.probabilities[-1].argmax())
    assert lines[0] == f"{model}: {'abc'[answer]}  {100 * reading.probabilities[-1, answer]:.1f} %"
    assert lines[1] == TEXT
    assert lines[2].startswith("one pass")
    table = lines[lines.index(next(line for line in lines if line.startswith("before any word"))) + 1 :]
    for t, token in enumerate(TEXT.split()):
        assert table[t].startswith(token)
        assert f"{reading.evidence[t, answer]:+.2f}" in table[t]
        assert f"{100 * reading.probabilities[t, answer]:.1f} %" in table[t]
        bar = table[t][table[t].index("│") - 10 : table[t].index("│") + 11]
        assert ("█" in bar[11:], "█" in bar[:10]) == (
            round(10 * reading.evidence[t, answer] / abs(reading.evidence[:, answer]).max()) > 0,
            round(-10 * reading.evidence[t, answer] / abs(reading.evidence[:, answer]).max()) > 0,
        )
    assert "1 of 7 words, marked *, are not in the vocabulary." in ran.out
    assert "\x1b" not in ran.out


def test_gates_and_attribution_add_to_it(run: Run, other: Path) -> None:
    out = run("inspect", other, TEXT, "--gates", "--attribution").out
    for layer in (1, 2):
        for direction in ("forward", "backward"):
            assert f"layer {layer}, {direction}: the 4 of 4 units" in out
    assert out.count("mean gates: z 0.") == 4
    assert "integrated gradients add up to" in out
    assert "prefixes and suffixes" in out
    plain = run("inspect", other, TEXT).out
    assert "layer 1" not in plain
    assert "integrated" not in plain


def test_the_linear_branch_has_a_column_a_share_and_phrases(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "branched.safetensors"
    write_bundle(make_branched(cell="gru"), path)
    out, branch = run("inspect", path, TEXT, "--gates").out, read(load(path), TEXT, name="m").get("branch")
    assert branch is not None
    table = out[out.index("before any word") :].splitlines()[1:]
    for line, value in zip(table, branch["words"], strict=False):
        assert (f"{value:+.2f}" if abs(value) >= 0.005 else "│        0.00") in line
    assert f"{100 * branch['share']:.0f}\N{NO-BREAK SPACE}% of the evidence" in out
    assert "comes from the linear branch, which is not recurrent" in out
    label = read(load(path), TEXT, name="m")["label"]
    assert f"Numbers are logits of {label} above the mean of all; that of a word" in " ".join(out.split())
    assert f"“{branch['phrases'][0]['text']}” ({branch['phrases'][0]['share']:+.2f})".replace("-", "−") in out
    assert "states, gates and what units do are the recurrent network's alone" in out
    assert "of the evidence" not in run("inspect", path, TEXT, "--quiet").out


def test_json_is_the_shared_one(run: Run, other: Path) -> None:
    ran = run("inspect", other, TEXT, "oil prices", "--gates", "--attribution", "--json")
    model = load(other)
    expected = [read(model, text, name=str(other), gates=True, attribution=True) for text in (TEXT, "oil prices")]
    assert ran.json == json.loads(json.dumps(expected))
    assert ran.err == ""


def test_texts_come_from_standard_input(run: Run, model: Path) -> None:
    found = run("inspect", model, "--json", stdin=b"oil prices\n\nteam\n").json
    assert [one["text"] for one in found] == ["oil prices", "", "team"]
    assert run("inspect", model, "-", stdin=b"oil\n").out.startswith(f"{model}: ")


def test_quiet_is_the_table_alone(run: Run, model: Path) -> None:
    out = run("inspect", model, TEXT, "--quiet", "--gates", "--attribution").out
    assert "one pass" not in out
    assert "unit 0" not in out
    assert "before any word" in out


def test_words_cannot_act_on_the_terminal(run: Run, model: Path) -> None:
    out = run("inspect", model, "oil\x1b[31m [red]prices[/red] \u202etxt").out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "redpricesred" in out


def test_a_page_is_written(run: Run, model: Path) -> None:
    ran = run("inspect", model, TEXT, "--gates", "--html", "page.html")
    assert ran.out.splitlines()[-1] == "page: page.html"
    html = Path("page.html").read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "Forget gate f" in html


def test_gradients_of_several_models(run: Run, trained: Path, news: Path) -> None:
    model = trained / "model.safetensors"
    twin = news.parent / "twin.safetensors"
    twin.write_bytes(model.read_bytes())
    ran = run(
        "inspect", model, twin, "--view", "gradients", "--data", news, "--rows", "40", "--json", "--html", "page.html"
    )
    found = ran.json["models"]
    assert [(one["name"], one["when"]) for one in found] == [
        (str(path), when) for path in (model, twin) for when in ("before training", "after training")
    ]
    from recurra.data.read import read_table

    expected = gradients(load(model), read_table(news), name=str(model), limit=40).to_dict()["models"]
    assert found[:2] == json.loads(json.dumps(expected))
    assert found[0]["documents"] == 40
    words = ("inspect", model, "--view", "gradients", "--data", news, "--rows", "9", "--seed", "3", "--json")
    drawn = gradients(load(model), read_table(news), name=str(model), limit=9, seed=3).to_dict()["models"]
    assert run(*words).json["models"] == json.loads(json.dumps(drawn))
    assert found[2]["norm"] == found[0]["norm"]
    assert "Vanishing gradients" in Path("page.html").read_text(encoding="utf-8")
    out = run("inspect", model, "--view", "gradients", "--data", news).out
    assert f"{found[1]['norm'][5]:.1g}"[:1] in out
    assert "before training" in out
    assert "Medians over 60 documents" in out


def test_the_gradient_s_numbers_are_in_the_table(run: Run, trained: Path, news: Path) -> None:
    model = trained / "model.safetensors"
    words = ("inspect", model, "--view", "gradients", "--data", news)
    flows, lines = run(*words, "--json").json["models"], run(*words).out.splitlines()
    for flow in flows:
        line = next(line for line in lines if flow["when"] in line)
        assert f" {flow['norm'][1]:.2g} " in line
        assert f" {flow['norm'][5]:.2g} " in line
        half = flow["half_distance"]
        assert ("not reached" if half is None else f"{half:.1f} steps") in line
    assert np.isfinite(flows[0]["norm"]).all()


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (
            ["x", "--data", "news.csv"],
            ["--data news.csv is given without --view", "flags, states, doubts or gradients"],
        ),
        (["x", "--gates", "--rows", "9"], ["--rows goes with --data and --view, not with a text"]),
        (["x", "--folds", "3"], ["--folds goes with --view doubts, not with a text"]),
        (["x", "--text", "message"], ["--text goes with --data and --view, not with a text"]),
        (
            ["--gradients", "--data", "news.csv"],
            ["no option --gradients. Did you mean --view gradients?"],
        ),
        (["--view", "gradients"], ["--view gradients needs labelled rows", "--data DATA"]),
        (
            ["--view", "gradients", "--gates", "--data", "n.csv"],
            ["--gates goes with a text, not with --view gradients"],
        ),
        (["--view", "gradients", "--top", "3", "--data", "n.csv"], ["--top goes with --view flags or --view doubts"]),
        (["--view", "gradients", "--data", "news.csv", "--rows", "0"], ["--rows", "'0'"]),
    ],
)
def test_wrong_usage(words: list[str], parts: list[str], run: Run, model: Path, news: Path) -> None:
    check_failed(run("inspect", model, *words), 2, *parts)


def test_a_text_may_look_like_an_old_option(run: Run, model: Path) -> None:
    assert run("inspect", model, "--json", "--", "--gradients").json[0]["text"] == "--gradients"


def test_lines_fit_a_terminal_and_keep_their_words(run: Run, other: Path, tmp_path: Path) -> None:
    branched = tmp_path / "branched.safetensors"
    write_bundle(make_branched(cell="gru"), branched)
    for path in (other, branched):
        for options in ([], ["--attribution"], ["--gates", "--attribution"]):
            lines = run("inspect", path.name, f"{TEXT} {TEXT}", *options).out.splitlines()
            assert max(map(len, lines)) <= 80
            # Nothing is left out: neither a heading nor a word of the text.
            assert not any("…" in line for line in lines)


def test_no_bar_is_drawn_for_zero(run: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from recurra.cli.inspect_output import _bar
    from recurra.cli.inspect_view_output import _heights

    assert _bar(-0.001, 1.0, 9).plain == "    │      0.00"
    assert _bar(-0.5, 1.0, 9).plain == "  ██│     -0.50"
    assert _bar(1.0, 1.0, 0).plain == "+1.00"
    assert _heights([0.0, 1e-9, 0.5, 1.0, 3.0]) == "  ▄██"


def test_models_without_a_seed_and_labels_that_are_not_known(run: Run, model: Path, trained: Path, news: Path) -> None:
    check_failed(run("inspect", model, "--view", "gradients", "--data", news, "-q"), 1, "training never saw")
    Path("other.csv").write_text("label,text\na,oil prices rise\nb,the team wins\n", encoding="utf-8")
    check_failed(run("inspect", model, "--view", "gradients", "--data", "other.csv", "-q"), 1, "with which seed")
    Path("bare.csv").write_text("text\noil prices rise\nthe team wins\n", encoding="utf-8")
    ran = run("inspect", trained / "model.safetensors", "--view", "gradients", "--data", "bare.csv", "-q")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1


def test_the_page_is_in_the_language_that_is_asked_for(run: Run, model: Path, trained: Path, news: Path) -> None:
    ran = run("inspect", model, TEXT, "--gates", "--html", "page.html", "--language", "ja")
    assert ran.code == 0
    assert "1 of 7 words, marked *, are not in the vocabulary." in ran.out
    html = Path("page.html").read_text(encoding="utf-8")
    assert '<html lang="ja">' in html
    assert "一語ずつ読んだ文章：1 件。" in html
    assert "忘却ゲート f" in html
    for view, title in {"states": "の状態空間", "gradients": "news.csv の 40 行で測りました。"}.items():
        words = ("--view", view, "--data", news, "--rows", "40", "--html", "view.html", "--language", "ja")
        assert run("inspect", trained / "model.safetensors", *words).code == 0
        assert title in Path("view.html").read_text(encoding="utf-8")


def test_a_language_needs_a_page_and_must_be_known(run: Run, model: Path) -> None:
    check_failed(
        run("inspect", model, TEXT, "--language", "ja"), 2, "--language is the language of the page. Give --html"
    )
    check_failed(run("inspect", model, TEXT, "--html", "p.html", "--language", "fr"), 2, "'fr'. Give en or ja")
    assert not Path("p.html").exists()
