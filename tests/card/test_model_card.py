"""The model card: the same model, the same page; what it says follows from the record; no record breaks it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from branched import make_branched
from bundles import make_bundle
from huggingface_hub import ModelCard
from hypothesis import given
from hypothesis import strategies as st
from rows import make_rows

from recurra.bundle import Bundle, digest_of, int8_bundle, read_bundle, write_bundle
from recurra.card import model_card
from recurra.card.facts import Facts
from recurra.card.limits import never_given
from recurra.card.markdown import plain
from recurra.errors import ModelFileError
from recurra.evaluation.intervals import wilson
from recurra.networks.settings import NetworkSettings
from recurra.presets import Recipe, TrainingSettings
from recurra.text import Labels, TextSettings
from recurra.text.labels import shown_value
from recurra.training.fit import fit
from recurra.training.run import RunOptions

CLASSES = {
    "rows": [100, 100, 100],
    "held_out": [10, 10, 10],
    "precision": [1.0, 1.0, 1.0],
    "recall": [1.0, 1.0, 1.0],
    "f1": [1.0, 1.0, 1.0],
}
SOUND: dict[str, Any] = {
    "rows": 5000,
    "held_out": 500,
    "data_sha256": "ab" * 32,
    "classes": CLASSES,
    "scores": {"validation": {"accuracy": 0.95, "macro_f1": 0.94, "log_loss": 0.2, "ece": 0.01}},
    "intervals": {"validation": {"accuracy": [0.93, 0.97]}},
    "training_accuracy": 0.97,
    "unknown_tokens": 0.01,
    "training": {"epochs": 3, "patience": 0},
}


def card_of(record: dict[str, Any], **model: Any) -> str:
    return model_card(words(make_bundle(**model), record), digest="0" * 64)


def words(bundle: Bundle, record: dict[str, Any]) -> Bundle:
    return replace(bundle, record=record, text=bundle.text.replace(tokens="words"))


def test_the_card_says_that_the_file_holds_words_of_the_texts() -> None:
    data = card_of(SOUND).split("## Training data\n\n")[1].split("\n\n##")[0]
    assert data.endswith(
        "The vocabulary in the model file is words of these texts, names and numbers among them: whoever has the file "
        "can read them."
    )


def limits_of(card: str) -> list[str]:
    part = card.split("## Limits\n\n")[1].split("\n\n##")[0]
    return part.splitlines()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("card") / "run"
    documents, labels = make_rows(80)
    fit(
        documents,
        labels,
        recipe=Recipe(
            text=TextSettings(),
            network=NetworkSettings(cell="gru", hidden=5, embedding=4),
            training=TrainingSettings(epochs=2, batch_size=8, learning_rate=0.02, validation=0.2),
        ),
        run=RunOptions(folder=folder),
    )
    return folder


def test_a_run_has_its_models_card_and_the_file_gives_it_again(run: Path) -> None:
    bundle = read_bundle(run / "model.safetensors")
    card = (run / "model-card.md").read_text(encoding="utf-8")
    assert card == model_card(bundle, digest=digest_of(run / "model.safetensors"))
    assert "| money | 20 | 4 |" in card
    assert f"`{bundle.record['data_sha256']}`" in card


def test_the_record_has_what_the_rows_held_out_gave(run: Path) -> None:
    record = read_bundle(run / "model.safetensors").record
    accuracy = record["scores"]["validation"]["accuracy"]
    assert record["intervals"]["validation"]["accuracy"] == pytest.approx(wilson(round(16 * accuracy), 16))
    assert record["classes"]["rows"] == [20] * 4
    assert record["classes"]["held_out"] == [4] * 4
    assert sum(record["classes"]["given"]) == 16
    assert np.mean(record["classes"]["recall"]) == pytest.approx(accuracy)
    assert np.mean(record["classes"]["f1"]) == pytest.approx(record["scores"]["validation"]["macro_f1"])


def test_the_digest_is_the_sha256_of_the_file_with_zeros_in_its_place(run: Path) -> None:
    data = (run / "model.safetensors").read_bytes()
    digest = digest_of(run / "model.safetensors")
    assert hashlib.sha256(data.replace(digest.encode(), b"0" * 64)).hexdigest() == digest


def test_the_digest_of_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no-model").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelFileError, match="no safetensors file"):
        digest_of(tmp_path / "no-model")


def test_the_hub_reads_the_head(run: Path) -> None:
    bundle = read_bundle(run / "model.safetensors")
    data = ModelCard((run / "model-card.md").read_text(encoding="utf-8")).data
    assert (data.library_name, data.pipeline_tag) == ("recurra", "text-classification")
    assert "gru" in data.tags
    assert data.eval_results is not None
    found = {one.metric_type: one.metric_value for one in data.eval_results}
    for name, value in found.items():
        assert value == pytest.approx(bundle.record["scores"]["validation"][name], rel=1e-5)
    assert found.keys() == {"accuracy", "macro_f1", "log_loss", "ece"}


def test_the_settings_are_a_preset(run: Path) -> None:
    bundle = read_bundle(run / "model.safetensors")
    card = (run / "model-card.md").read_text(encoding="utf-8")
    preset = Recipe.from_dict(tomllib.loads(card.split("```toml\n")[1].split("```")[0]), name="card")
    assert preset.network == bundle.network
    assert preset.text == bundle.text
    assert preset.training.to_dict() == bundle.record["training"]


def test_a_sound_model_has_the_general_limit_alone() -> None:
    (limit,) = limits_of(card_of(SOUND))
    assert "always names one of its classes" in limit


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"held_out": 0}, "No rows were held out"),
        ({"held_out": None}, "does not say whether rows were held out"),
        ({"held_out": 399}, "Only 399 rows were held out"),
        ({"training": {"patience": 2}}, "also chose the epoch"),
        ({"classes": CLASSES | {"rows": [49, 100, 100]}}, "1 class has fewer than 50 rows: 'a' (49)"),
        ({"classes": CLASSES | {"rows": [100, 501, 100]}}, "The largest class has 501 rows and the smallest 100"),
        (
            {"classes": CLASSES | {"f1": [1, 0.59, 0.1]}},
            "2 classes have an F1 below 0.6 on the rows held out: 'c' (0.10)",
        ),
        (
            # Its F1 of 0 is not told again.
            {"classes": CLASSES | {"f1": [0, 1, 1], "given": [0, 10, 10]}},
            "It never predicts 1 class on the rows held out: 'a'.",
        ),
        ({"classes": CLASSES | {"held_out": [0, 10, 10], "given": [0, 10, 10]}}, "No row was held out of 1 class: 'a'"),
        ({"training_accuracy": 1.0}, "right on 100.0% of the rows it learned from, and on 95.0%"),
        ({"unknown_tokens": 0.06}, "6.0% of the tokens"),
    ],
)
def test_a_limit_is_said_where_the_record_has_it(change: dict[str, Any], said: str) -> None:
    found = limits_of(card_of({**SOUND, **change}))
    assert len(found) == 2
    assert said in found[0]


def test_labels_with_spaces_and_commas_can_be_told_apart() -> None:
    labels = Labels(("pay, rent", "pay ", "pay"))
    record = {**SOUND, "classes": {**CLASSES, "given": [0, 0, 0], "rows": [9, 8, 90]}}
    bundle = replace(words(make_bundle(), record), labels=labels)
    (never,) = never_given(Facts(bundle), shown_value)
    assert never == "It never predicts 3 classes on the rows held out: 'pay, rent', 'pay ', 'pay'."
    card = model_card(bundle, digest="0" * 64)
    assert never in card
    assert "2 classes have fewer than 50 rows: 'pay ' (8), 'pay, rent' (9)." in card


def test_limits_of_the_network() -> None:
    (pads, _) = limits_of(card_of(SOUND, masked=False))
    assert "fewer than 5 tokens" in pads
    (rounded, _) = limits_of(model_card(int8_bundle(words(make_bundle(), SOUND)), digest=""))
    assert "8 bits" in rounded
    (split, _) = limits_of(model_card(replace(make_bundle(), record=SOUND), digest=""))
    assert "split at ASCII white space" in split
    bundle = words(make_bundle(), SOUND)
    (first, _) = limits_of(model_card(replace(bundle, text=bundle.text.replace(max_tokens=1500)), digest=""))
    assert "reads the first 1,500 tokens of a text: what" in first
    both = make_branched(tokens="characters", max_tokens=256, branch_max_tokens=2048)
    (first, *_) = limits_of(model_card(replace(both, record=SOUND), digest=""))
    assert "It reads the first 2,048 tokens of a text, its recurrent network the first 256: what" in first


def test_scores_stand_with_their_intervals() -> None:
    card = card_of(SOUND)
    assert "| accuracy | 0.9500 | 0.9300–0.9700 |" in card
    assert "| macro F1 | 0.9400 |  |" in card
    assert "95 % interval" not in card_of({})


BASELINES = {"score": "accuracy", "majority": 0.4, "linear": 0.95, "features": "1- and 2-grams of words"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "accuracy 0.4000 by the most frequent class, 0.9500 by LinearSVC on TF-IDF of 1- and 2-grams of words."),
        ({"linear": 0.98}, "of words. The linear model wins on these rows: 0.9800, and this model has 0.9500."),
        (
            {"linear": 0.9501},
            "wins on these rows: 0.9501, and this model has 0.9500. On 500 rows, up to 3 points may be chance.",
        ),
        ({"linear": None}, "Baselines on the same rows: accuracy 0.4000 by the most frequent class."),
        ({"majority": None}, ""),
        ({"majority": "0.4"}, ""),
        ({"score": "odd"}, ""),
        ({"score": ["accuracy"]}, ""),
    ],
)
def test_baselines_stand_beside_the_scores(change: dict[str, Any], said: str) -> None:
    card = card_of(SOUND | {"baselines": BASELINES | change})
    part = card.split("## Scores\n\n")[1].split("\n\n##")[0]
    if said:
        assert part.endswith(said)
    else:
        assert "on the same rows" not in card


def test_calibration_cleaning_and_parents_are_told() -> None:
    record = {
        **SOUND,
        "calibration": {"temperature": 1.5, "before": {"ece": 0.05}, "cross_fitted": {"ece": 0.01}},
        "cleaning": {"excluded": 3, "relabelled": 2},
        "continued": {"parent": "cd" * 32, "chain": [{"rows": 10, "data_sha256": "ef" * 32}]},
    }
    card = card_of(record)
    assert "a temperature of 1.5, chosen on the same rows: before, the expected calibration error was 0.0500" in card
    assert "measured on it is 0.0100." in card
    assert "3 rows left out, 2 labels changed" in card
    assert f"the model `{'cd' * 32}`" in card
    assert f"10 rows, `{'ef' * 32}`" in card
    alone = card_of({**SOUND, "calibration": {"temperature": 1.0, "before": {"ece": 0.05}}})
    assert "Its logits are as they were trained" in alone
    assert "divided by" not in alone


def test_the_linear_branch_is_called_what_it_is() -> None:
    branch = {
        "network_factor": 0.25, "branch_factor": 0.75, "chosen_on_held_out_rows": True, "network_right": 0.8,
        "branch_right": 0.9, "language_models_share": 0.35,
    }  # fmt: skip
    bundle = words(make_branched(bidirectional=True), {**SOUND, "branch": branch, "unknown_tokens": 0.2})
    card, counted = model_card(bundle, digest="0" * 64), bundle.branch
    assert counted is not None
    assert counted.subwords is not None
    assert "# Text classifier: bidirectional LSTM and a linear branch\n" in card
    assert "| linear branch, not recurrent | weights of 13 tokens, " in card
    assert (
        f", {len(counted.ngrams) - 15} n-grams of up to 3 tokens, {len(counted.subwords)} subwords of up to 4" in card
    )
    assert "0.25 for the network, 0.75 for the branch: chosen on the rows held out" in card
    assert "the recurrent network is right on 80.0% of these rows, and the linear branch" in card
    assert "not recurrent, on 90.0%" in card
    assert " 35% of it are language models of the classes." in card
    assert "look alike to its recurrent network; its linear branch knows them by their letters." in card
    weights = sum(one.size for one in bundle.tensors.values()) + counted.W.size + counted.U.size
    assert f"| parameters | {weights:,}, " in card
    preset = Recipe.from_dict(tomllib.loads(card.split("```toml\n")[1].split("```")[0]), name="card")
    assert preset.branch == counted.settings
    assert "branch" not in card_of({**SOUND, "branch": branch})
    assert "linear branch" in model_card(words(make_branched(), {"branch": {"network_right": "much"}}), digest="0" * 64)


def test_labels_stand_with_their_thresholds() -> None:
    card = card_of(SOUND, thresholds=(0.5, 0.25, 0.75))
    rows = [line.split("|") for line in card.splitlines() if line.startswith(("| label |", "| a |", "| b |", "| c |"))]
    assert [row[-2].strip() for row in rows] == ["threshold", "0.500", "0.250", "0.750"]
    assert "with any of these 3 labels" in card
    assert "by a threshold that was chosen on held-out rows" in card
    # The view of doubts looks at rows of one class.
    assert ("--view doubts" in card, "--view doubts" in card_of(SOUND)) == (False, True)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_odd = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys((*SOUND, "baselines", "calibration", "cleaning", "continued", "versions"), _json),
        "vectors": _json | st.dictionaries(st.sampled_from(["name", "words", "source", "licence"]), _json),
    },
)


@given(_odd)
def test_any_record_has_a_card(record: dict[str, Any]) -> None:
    card = card_of(record)
    assert "## Limits" in card
    tomllib.loads(card.split("```toml\n")[1].split("```")[0])
    card.encode()


@given(st.lists(st.text(max_size=12), min_size=2, max_size=5, unique=True))
def test_labels_break_no_table(labels: list[str]) -> None:
    count = len(labels)
    record = {"classes": {"rows": [60] * count, "held_out": [0] * count}, "held_out": 9, "preset": labels[0]}
    card = card_of(record, labels=tuple(labels))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", card)
    part = card.split("## Classes\n\n")[1].split("\n\n##")[0].splitlines()
    assert len(part) == 2 + count
    for line in part:
        assert len(re.findall(r"(?<!\\)\|", line.replace("\\\\", ""))) == 4


def test_the_head_of_odd_labels_is_yaml() -> None:
    bundle: Bundle = replace(make_bundle(labels=("a: b", "#c", "'\"")), record={**SOUND, "data_sha256": "x: [\n#'\""})
    assert ModelCard(model_card(bundle, digest="")).data.library_name == "recurra"


def test_info_prints_the_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from recurra.cli import main

    path = tmp_path / "model.safetensors"
    write_bundle(replace(make_bundle(), record=SOUND), path)
    assert main(["info", str(path), "--card"]) == 0
    printed = capsys.readouterr().out
    assert printed == model_card(read_bundle(path), digest=digest_of(path))


def classes_of(card: str) -> list[str]:
    return card.split("## Classes\n\n")[1].split("\n\n##")[0].splitlines()


def test_a_card_shows_a_hundred_classes_and_says_how_many_more_there_are() -> None:
    labels = tuple(f"class {place:03}" for place in range(103))
    for shown, first in ((SOUND | {"classes": {"rows": [60] * 103}}, "| class 000 | 60 |"), (SOUND, "- class 000")):
        part = classes_of(card_of(shown, labels=labels))
        assert first in part
        assert not any("class 100" in line for line in part)
    part = classes_of(card_of(SOUND | {"classes": {"rows": [60] * 103}}, labels=labels))
    assert part[-2:] == ["", "3 more classes are not shown."]


def test_what_is_no_score_is_left_out() -> None:
    plainly = ["- a", "- b", "- c"]
    assert classes_of(card_of({})) == plainly
    # Of two classes something is known, and the model has three.
    assert classes_of(card_of({"classes": {"rows": [60, 70]}})) == plainly
    for odd in (True, "0.9", 10**400, None):
        assert "None: no rows were held out." in card_of({"scores": {"validation": {"accuracy": odd}}})


def test_text_in_a_card_is_shown_as_it_is() -> None:
    assert plain("R&D &lt; <b>") == "R&amp;D &amp;lt; \\<b\\>"
    assert plain("in\u202everse \u2066a") == "in\ufffdverse \ufffda"
    assert plain("two\r\nlines\tand") == "two lines and"
