"""The page of an inspection: the numbers it was given, in words, bars and pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from branched import make_branched
from made_up_readings import CLASSES, flow, made_up_reading
from parsed_pages import written

from recurra.report.formatting import percent
from recurra.report.inspection_page import flow_parts, inspection_page, reading_parts
from recurra.report.reading_pictures import UNITS, WORDS, layer_pictures
from recurra.report.reading_sentences import branch_sentences, flow_sentences, reading_sentences, stable_from


def test_the_page_shows_what_was_read(check_page: Callable[[str], Any]):
    reading = made_up_reading(cell="lstm", bidirectional=True, layers=2)
    page = check_page(inspection_page([reading], [], about="One text."))
    answer = CLASSES.index(reading["label"])
    for t, token in enumerate(reading["tokens"]):
        assert token["text"] in page.text
        assert written(reading["evidence"][t][answer]) in page.text
        assert f"{100 * reading['probabilities'][t][answer]:.1f}" in page.text
        for method in ("integrated_gradients", "occlusion"):
            assert written(reading["attribution"][method][t]) in page.text
    for layer in (1, 2):
        for direction in ("forward", "backward"):
            assert f"Layer {layer}, {direction}, LSTM: states and gates" in page.text
    # The answer, and for each of four layers and directions the two states and four gates.
    pictures = [tag for tag, attributes in page.elements if tag == "svg" and "aria-hidden" not in attributes]
    assert len(pictures) == 1 + 4 * 6
    assert "reads in both directions" in page.text
    assert reading["method"] in page.text
    assert sum("unknown" in (value or "") for value in page.values("class")) == 2  # zzz, in the text and in the table


def test_gradients_are_shown_before_and_after_training(check_page: Callable[[str], Any]):
    flows = [flow(name, when, 0.8) for name in ("lesson/gru", "b") for when in ("before training", "after training")]
    page = check_page(inspection_page([], flows, about="Measured."))
    assert "Inside gru, b" in page.text
    assert f"{np.log(0.5) / np.log(0.8):.1f} steps" in page.text
    assert f"{0.8**40:.2g}" in page.text
    assert "Before training" in page.text
    assert len(flow_parts(flows * 4)["pictures"]) == 4  # of eight networks six fit into one picture
    by_cell = [flow("lesson/lstm", when, 0.5, cell_norm=0.9) for when in ("before training", "after training")]
    page = check_page(inspection_page([], by_cell, about="Measured."))
    assert "By the cell state c" in page.text
    assert f"lstm after training, c: from 1 at 0 to {0.9**44:.4g} at 44" in page.text
    assert f"{0.9**40:.2g}" in page.text


@pytest.mark.parametrize("text", ["", "oil"])
def test_few_or_no_words_make_a_page(text: str, check_page: Callable[[str], Any]):
    from bundles import make_bundle

    from recurra.inspection import read
    from recurra.runtime import Model

    reading = read(Model(make_bundle()), text, name="m", gates=True, attribution=True)
    page = check_page(inspection_page([reading], [], about="A text."))
    assert ("There is no word to read" in page.text) is (text == "")


def test_the_linear_branch_is_named_with_its_share_and_its_phrases(check_page: Callable[[str], Any]):
    from recurra.inspection import read
    from recurra.runtime import Model

    reading = read(Model(make_branched(cell="lstm")), "oil prices zoil again", name="m", gates=True, attribution=True)
    page, branch = check_page(inspection_page([reading], [], about="A text.")), reading["branch"]
    assert f"{100 * branch['share']:.0f} % of the evidence" in page.text
    assert f"which is not recurrent: it adds {written(branch['score'])} to the score" in page.text
    assert "unknown token for each, and the linear branch their letters" in page.text
    assert "Linear branch" in reading_parts(reading, name="r")["columns"]
    for value in branch["words"]:
        assert written(value) in page.text
    for phrase in branch["phrases"]:
        assert phrase["text"] in page.text
        assert written(phrase["share"]) in page.text
    assert "recurrent network’s alone" in page.text
    assert "branch" not in check_page(inspection_page([made_up_reading()], [], about="A text.")).text


@pytest.mark.parametrize(
    ("score", "network", "said"),
    [(3.0, 1.0, "75 % of the evidence for a"), (-1.0, 3.0, "25 % of the evidence for and against a"),
     (-1.0, -1.0, "50 % of the evidence against a")],
)  # fmt: skip
def test_the_branch_may_speak_against_the_answer(score: float, network: float, said: str):
    phrases = [{"text": "oil prices", "count": 1, "share": score}]
    branch = {
        "score": score, "network": network, "share": abs(score) / (abs(score) + abs(network)), "phrases": phrases,
        "subwords": [0.5],
    }  # fmt: skip
    reading: Any = {"label": "a", "tokens": [{"text": "oil", "known": True}], "branch": branch}
    first, second = branch_sentences(reading)
    assert first.replace("\N{NO-BREAK SPACE}", " ").startswith(said)
    assert f"{written(score)} to the score (n-grams {written(score - 0.5)}, letters of words +0.50)" in first
    assert second.startswith("By phrases of the branch, letters of words apart, most ")
    assert f"“oil prices” ({written(score)})" in second
    assert branch_sentences({**reading, "branch": {**branch, "subwords": [0.0]}})[1].startswith(
        "By phrases of the branch, most "
    )
    assert branch_sentences({**reading, "tokens": []}) == []


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a\x00b\ud800"])
def test_hostile_text_stays_text(hostile: str, check_page: Callable[[str], Any]):
    reading = made_up_reading()
    reading = {**reading, "model": hostile, "label": hostile, "labels": [hostile, "b", "c", "d"], "text": hostile}
    reading["tokens"] = [{"text": hostile, "known": False} for _ in reading["tokens"]]
    reading["layers"] = [{**layer, "roles": [hostile] * 8} for layer in reading["layers"]]
    check_page(inspection_page([reading], [flow(hostile, "after training", 0.9)], about=hostile))


def test_the_bars_are_shares_of_the_largest():
    reading = made_up_reading()
    parts = reading_parts(reading, name="r")
    answer = CLASSES.index(reading["label"])
    evidence = np.array(reading["evidence"])[:, answer]
    assert [word["bars"][0][0] for word in parts["words"]] == evidence.tolist()
    assert [word["share"] for word in parts["words"]] == pytest.approx((evidence / np.abs(evidence).max()).tolist())
    assert max(abs(word["bars"][1][1]) for word in parts["words"]) == 1


def test_a_layer_shows_the_units_that_count_and_the_first_words():
    reading = json.loads(json.dumps(made_up_reading(hidden=UNITS + 4)))
    layer = reading["layers"][0]
    state = layer_pictures(reading, layer, name="x")[0]
    assert state.svg.count("<text") == UNITS + len(reading["tokens"])
    for unit in layer["order"][:UNITS]:
        assert f" · {unit}</text>" in state.svg
    assert f" · {layer['order'][-1]}</text>" not in state.svg
    assert f"the {UNITS} of {UNITS + 4} units" in reading_parts(reading, name="r")["layers"][0]["cut"]
    long = {**reading, "tokens": reading["tokens"] * 30}
    many = {**layer, "h": layer["h"] * 30, "gates": {}}
    assert layer_pictures(long, many, name="x")[0].svg.count("<text") == UNITS + WORDS


def two_classes(path: list[float], evidence: list[float], **more: Any) -> Any:
    """A reading whose first class has these probabilities, before any word and after each."""
    rows = [[p, 1 - p] for p in path]
    return {
        "labels": ["yes", "no"], "start": rows[0], "probabilities": rows[1:], "label": "yes", "exact": True,
        "evidence": [[e, -e] for e in evidence],
        "tokens": [{"text": f"w{t}", "known": t != 1} for t in range(len(path) - 1)], **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "settled"), [([0.4, 0.6, 0.4, 0.9], 3), ([0.4, 0.6, 0.7], 1), ([0.6, 0.7], 0), ([0.6, 0.4, 0.6, 0.7], 2)]
)
def test_an_answer_settles_where_it_changes_for_the_last_time(path: list[float], settled: int):
    reading = two_classes(path, [1.0] * (len(path) - 1))
    assert stable_from(reading) == settled
    said = " ".join(reading_sentences(reading))
    assert (f"since word {settled} of {len(path) - 1}, “w{settled - 1}”" in said) is bool(settled)


@pytest.mark.parametrize(
    ("thresholds", "words", "first"),
    [
        ([0.5, 0.25], "The labels given are yes , no", "Given: yes with 60.0\xa0% (threshold 50.0\xa0%) and no with "),
        ([0.75, 0.25], "The label given is no", "Given: no with 40.0\xa0% (threshold 25.0\xa0%)."),
        ([0.75, 0.5], "No label is given", "No label reaches its threshold."),
    ],
)
def test_labels_are_given_by_their_thresholds(
    check_page: Callable[[str], Any], thresholds: list[float], words: str, first: str
):
    """The most probable label is no answer where a text may have several: it may be below its threshold."""
    given = [label for label, p, bound in zip(["yes", "no"], [0.6, 0.4], thresholds, strict=True) if p >= bound]
    more = {"model": "m", "text": "w0 w1", "method": "m", "thresholds": thresholds, "given": given}
    reading = two_classes([0.4, 0.5, 0.6], [0.5, 1.0], **more)
    said = reading_sentences(reading)
    assert said[0].startswith(first)
    assert (
        said[1] == f"Explained is the most probable label, yes with 60.0\xa0% (threshold {percent(thresholds[0], 1)})."
    )
    text = check_page(inspection_page([reading], [], about="")).text
    assert words in text
    for absent in ("The answer is", "Answer so far", "The answer after each word", "mean of all logits"):
        assert absent not in text
    empty = {**reading, "tokens": [], "probabilities": []}
    start = words.replace(" ,", " and") if given else words
    assert reading_sentences(empty) == [f"There is no word to read; without any, {start[0].lower()}{start[1:]}."]


def test_sentences_name_the_words_that_count():
    said = reading_sentences(two_classes([0.4, 0.6, 0.45, 0.9, 0.8], [0.5, -0.25, 2.0, -1.0]))
    assert said == [
        "The answer is yes, with 80.0\xa0%.",
        "yes has been the most probable class since word 3 of 4, “w2”; before, it and others took turns.",
        "By evidence, most for yes speak w2 (+2.00) and w0 (+0.50); most against w3 (−1.00) and w1 (−0.25).",
        "1\xa0word of 4 is not in the vocabulary: the network reads the same unknown token for each.",
    ]


def test_an_answer_that_no_word_before_had_is_said_so():
    said = reading_sentences(two_classes([0.4, 0.3, 0.45, 0.9, 0.8], [0.5, -0.25, 2.0, -1.0]))
    assert said[1] == "yes has been the most probable class since word 3 of 4, “w2”; before, another was."


def test_flow_sentences_compare_with_before():
    said = flow_sentences([flow("lesson/lstm", "before training", 0.5), flow("lesson/lstm", "after training", 0.99)])
    assert said == [
        "lstm: after training the gradient's norm is 81.8\xa0% of that at the last step 20\xa0steps before the end, "
        "and still a half or more where measuring ends; before training a half of the gradient's norm is gone 1.0 "
        "steps before the end, and less than 0.001\xa0% is left 20\xa0steps before the end."
    ]
    by_cell = flow_sentences([flow("lesson/lstm", "after training", 0.5, cell_norm=0.9)])
    assert by_cell[0].endswith(
        "; by the cell state c, where an LSTM's memory lies, 12.2\xa0% is left there after training."
    )
