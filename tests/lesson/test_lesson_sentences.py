"""The lesson's sentences follow its numbers, in whichever direction these point."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.evaluation import wilson
from recurra.lesson.accuracy_sentences import accuracy_sentences
from recurra.lesson.experiment_sentences import (
    bucketing_sentences,
    curve_sentences,
    masking_sentences,
    shuffled_sentences,
    vocabulary_sentences,
)
from recurra.lesson.held_out_sentences import held_out_sentences

SPACE = "\N{NO-BREAK SPACE}"


def score(accuracy: float, rows: int = 1_000) -> dict[str, Any]:
    return {"accuracy": accuracy, "interval": list(wilson(round(accuracy * rows), rows))}


def model(result: dict[str, Any], preset: str, accuracy: float, **changes: Any) -> dict[str, Any]:
    """A network with this test accuracy on 1,000 rows."""
    return {
        **result["models"][0],
        "preset": preset,
        "train_phrase": result["train_phrase"],
        "test_accuracy": accuracy,
        "train_accuracy": accuracy,
        "interval": score(accuracy)["interval"],
        "lesson_accuracy": None,
        "keras_accuracy": None,
        **changes,
    }


def told(result: dict[str, Any], models: list[dict[str, Any]], **changes: Any) -> str:
    """All accuracy sentences, with plain spaces."""
    return " ".join(accuracy_sentences({**result, "models": models, **changes})).replace(SPACE, " ")


def test_the_best_network_is_named_with_what_is_clearly_worse(result: dict[str, Any]):
    models = [model(result, "lesson/gru", 0.80), model(result, "lesson/lstm", 0.90), model(result, "own.toml", 0.89)]
    text = told(result, models)
    assert "lstm has the highest accuracy, 90.00 % (87.98–91.71)" in text
    assert "clearly higher than gru; no clear difference from own.toml" in text
    assert "after learning from 58,337 of 120,000 training rows" in text
    turned = told(result, [model(result, "lesson/gru", 0.90), model(result, "lesson/lstm", 0.80)])
    assert "gru has the highest accuracy, 90.00 %" in turned
    assert "clearly higher than lstm" in turned
    assert "gru scores 90.00 %" in told(result, models=[model(result, "lesson/gru", 0.90)])
    alike = told(result, [model(result, "lesson/gru", 0.90), model(result, "lesson/lstm", 0.90)])
    assert "gru and lstm share the highest accuracy, 90.00 %." in alike


def test_other_training_rows_are_named(result: dict[str, Any]):
    other = model(result, "lesson/gru", 0.8, train_phrase="40,899 of 120,000 training rows")
    assert "other rows: gru (40,899 of 120,000 training rows)." in told(result, [other, model(result, "x", 0.9)])
    assert "other rows" not in told(result, [model(result, "x", 0.9)])


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [(0.95, "clearly higher than lstm"), (0.80, "clearly lower than lstm"), (0.90, "no clear difference from lstm")],
)
def test_the_baseline_may_win_or_lose(result: dict[str, Any], baseline: float, expected: str):
    entry = {**result["baseline"], "test_accuracy": baseline, "interval": score(baseline)["interval"]}
    assert expected in told(result, [model(result, "lesson/lstm", 0.90)], baseline=entry)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(1.0, "more than lstm"), (99.0, "less than lstm"), (8.52, "to train.")]
)
def test_the_baseline_may_be_quicker_or_slower(result: dict[str, Any], seconds: float, expected: str):
    text = told(result, [model(result, "lesson/lstm", 0.90, seconds=seconds)])
    assert "The linear model took 8.52 s to train" in text
    assert expected in text


def test_without_a_baseline_none_is_spoken_of(result: dict[str, Any]):
    assert "TF-IDF" not in told(result, [model(result, "lesson/lstm", 0.9)], baseline=None)


@pytest.mark.parametrize(
    ("accuracy", "expected"),
    [(0.9, "lstm clearly above"), (0.257, "not clearly different"), (0.1, "lstm clearly below")],
)
def test_guessing_is_the_first_bar(result: dict[str, Any], accuracy: float, expected: str):
    assert expected in told(result, [model(result, "lesson/lstm", accuracy)])


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        (0.99, "above the test interval for lstm; the largest gap is 9.00 points (lstm)"),
        (0.90, "inside the test interval for lstm; none is better on its own rows"),
        (0.80, "below the test interval for lstm; none is better on its own rows"),
    ],
)
def test_the_gap_between_known_and_new_rows(result: dict[str, Any], train: float, expected: str):
    assert expected in told(result, [model(result, "lesson/lstm", 0.90, train_accuracy=train)])


@pytest.mark.parametrize(("figure", "expected"), [(0.95, "above"), (0.90, "inside"), (0.80, "below")])
def test_the_figures_of_others(result: dict[str, Any], figure: float, expected: str):
    text = told(result, [model(result, "lesson/lstm", 0.90, keras_accuracy=figure, lesson_accuracy=1.0)])
    assert f"Keras's figure (58,337 rows, of titles 40,899, one epoch) lies {expected} our interval for lstm." in text
    assert "The lesson's own figure (all 120,000 rows, one epoch) lies above our interval for lstm." in text
    assert "Keras" not in told(result, [model(result, "lesson/lstm", 0.90)])


def test_a_network_that_reads_less_may_win(result: dict[str, Any]):
    less = model(result, "lesson/simple-rnn-titles", 0.87, reads="first 10 words", masked=False)
    more = model(result, "lesson/simple-rnn-masked", 0.82, reads="first 40 words", masked=True)
    text = told(result, [less, more])
    assert (
        "simple-rnn-titles reads less than simple-rnn-masked (first 10 words, not first 40 words) and scores clearly "
        "higher: 87.00 % against 82.00 %. They differ in the mask, too: simple-rnn-masked leaves pads out, "
        "simple-rnn-titles reads them."
    ) in text
    assert "differ in the mask" not in told(result, [less, {**more, "masked": False}])
    # The wider reader wins, the intervals overlap, or both read alike.
    for changed in ({"test_accuracy": 0.95}, {"test_accuracy": 0.86}, {"reads": "first 10 words"}):
        accuracy = changed.get("test_accuracy", 0.82)
        assert "reads less" not in told(result, [less, {**more, **changed, "interval": score(accuracy)["interval"]}])
    whole = {**more, "reads": "whole texts"}
    assert "reads less than simple-rnn-masked (titles, not whole" in told(result, [{**less, "reads": "titles"}, whole])


def test_speed_follows_the_numbers(result: dict[str, Any]):
    models = [model(result, "a", 0.9, docs_per_second=10.0), model(result, "b", 0.9, docs_per_second=20.0)]
    assert "Quickest to train was b with 20 documents a second, slowest a with 10." in told(result, models)
    assert "Quickest" not in told(result, models[:1])


def curve(*losses: float) -> dict[str, list[float]]:
    epochs = [(place + 1) / len(losses) for place in range(len(losses))]
    return {"epochs": epochs, "loss": list(losses), "accuracy": [0.5 for _ in losses]}


def test_a_cell_without_a_product_is_explained_beside_the_lstm(result: dict[str, Any]):
    assert not any("element-wise" in sentence for sentence in accuracy_sentences(result))
    lstm = next(model for model in result["models"] if model["preset"] == "lesson/lstm")
    fast = {**lstm, "preset": "fast", "cell": "min_gru", "test_accuracy": 0.912, "docs_per_second": 20_000.0}
    *_, explained, compared = accuracy_sentences({**result, "models": [lstm, fast]})
    assert explained.startswith("fast (minGRU, here without its linear branch) carries its state by element-wise steps")
    accuracy = f"{100 * lstm['test_accuracy']:.2f}\u00a0%"
    assert compared.startswith(f"It scores 91.20\u00a0% where lstm scores {accuracy}, and learns 20,000 documents ")
    *_, alone = accuracy_sentences({**result, "models": [fast]})
    assert alone == explained


def test_curves_that_fall_rise_or_are_missing(result: dict[str, Any]):
    def said(train: dict[str, Any], held: dict[str, Any]) -> str:
        curves = {"train_curve": train, "validation_curve": held}
        return " ".join(curve_sentences({**result["models"][0], **curves}))

    assert "loss of 0.400 and an accuracy of 50.00" in said(curve(1.0, 0.3), curve(0.9, 0.4))
    assert "that loss is the lowest measured" in said(curve(1.0, 0.3), curve(0.9, 0.4))
    assert "The last training loss is 0.300, lower by 0.100." in said(curve(1.0, 0.3), curve(0.9, 0.4))
    assert "the lowest loss was 0.400, at 0.50 epochs" in said(curve(1.0, 1.3), curve(0.4, 0.9))
    assert "The last training loss is 1.300, higher by 0.400." in said(curve(1.0, 1.3), curve(0.4, 0.9))
    assert "the same to three decimals" in said(curve(0.4), curve(0.4))
    assert "lowest" not in said(curve(0.4), curve(0.4))
    assert said(curve(0.4), curve()) == "No rows were held out, so there is no validation curve."


def masked(without: float, with_mask: float, *pads: tuple[int, float]) -> str:
    points = [{"pads": count, **score(accuracy)} for count, accuracy in pads or ((0, 0.6),)]
    sentences = masking_sentences(
        {
            "train_phrase": "7 of 9 training rows",
            "without_mask": score(without),
            "with_mask": score(with_mask),
            "pad_to": 40,
            "mean_pads": 5.25,
            "appended": [{"name": "LSTM", "points": points}],
            "majority_share": 0.25,
        }
    )
    return " ".join(sentences).replace(SPACE, " ")


def test_a_mask_may_help_harm_or_neither():
    assert "Learned from 7 of 9 training rows" in masked(0.6, 0.8)
    assert "with the mask it is clearly better, by 20.00 points" in masked(0.6, 0.8)
    assert "with the mask it is clearly worse, by 20.00 points" in masked(0.8, 0.6)
    assert "no clear difference (1.00 points)" in masked(0.6, 0.61)
    assert "Without a mask it is clearly above always naming the most frequent class (25.00 %)" in masked(0.6, 0.8)
    assert "Without a mask it is not clearly different from always" in masked(0.25, 0.8)
    assert "Without a mask it is clearly below always" in masked(0.1, 0.8)


def test_pads_are_counted_and_fewer_may_be_worse_too():
    said = masked(0.78, 0.8, (0, 0.70))
    assert "up to 40 words, as long as a training batch is on average: behind a test text stand 5.2 of them" in said
    assert "With its usual pads it scores 78.00 %, with none at all 70.00 %: it learned with pads and expects" in said
    assert "with none at all 86.00 %: without them it is clearly better." in masked(0.78, 0.8, (0, 0.86))
    assert "with none at all 77.00 %: no clear difference." in masked(0.78, 0.8, (0, 0.77))
    assert "with none at all" not in masked(0.78, 0.8, (5, 0.7))


def test_appended_pads_may_lower_raise_or_change_nothing():
    falling = masked(0.6, 0.8, (0, 0.8), (10, 0.7), (500, 0.25))
    assert "LSTM scores 80.00 % (77.41–82.36) with no pads appended and 25.00 %" in falling
    assert "with 500: clearly lower, by 55.00 points; at the end not clearly different from always naming" in falling
    rising = masked(0.6, 0.8, (0, 0.25), (500, 0.8))
    assert "clearly higher, by 55.00 points." in rising
    dip = masked(0.6, 0.8, (5, 0.8), (50, 0.4), (500, 0.8))
    assert "with 5 pads appended and 80.00 %" in dip
    assert "no clear difference; lowest with 50, 40.00 %." in dip
    assert "LSTM scores 60.00 % (56.93–62.99) with no pads appended." in masked(0.6, 0.8)


@pytest.mark.parametrize(
    ("shares", "seconds", "expected"),
    [
        ((0.4, 0.03), (100.0, 60.0), ("less padding", "40 % less time with bucketing")),
        ((0.03, 0.4), (60.0, 90.0), ("more padding", "50 % more time with bucketing")),
        ((0.4, 0.40001), (100.0, 103.0), ("the same.", "about the same (medians of 3 runs each, in turn)")),
    ],
)
def test_bucketing_may_save_or_cost(
    shares: tuple[float, float], seconds: tuple[float, float], expected: tuple[str, str]
):
    parts = [{"padding_share": share, "seconds": time} for share, time in zip(shares, seconds, strict=True)]
    sentences = bucketing_sentences(
        {
            "preset": "lesson/bilstm",
            "train_phrase": "7 of 9 training rows",
            "batch_size": 16,
            "runs": 3,
            "computation": "packed",
            "without_bucketing": parts[0],
            "with_bucketing": parts[1],
        }
    )
    padding, time = (sentence.replace(SPACE, " ") for sentence in sentences)
    assert expected[0] in padding
    assert expected[1] in time
    assert "bilstm on 7 of 9 training rows, leaving the pads out of the computation" in time


def test_shuffling_may_lower_raise_or_change_nothing():
    entries = [
        {"name": "a", "in_order": score(0.9), "shuffled": score(0.7)},
        {"name": "b", "in_order": score(0.7), "shuffled": score(0.9)},
        {"name": "c", "in_order": score(0.7), "shuffled": score(0.69)},
    ]
    first, *rest = (sentence.replace(SPACE, " ") for sentence in shuffled_sentences(entries))
    assert "clearly lower for a (−20.00 points); clearly higher for b (+20.00 points)" in first
    assert "no clear difference for c (−1.00 points)" in first
    assert len(rest) == 2
    assert len(shuffled_sentences(entries[1:2])) == 1
    assert "has used the order" not in " ".join(shuffled_sentences(entries[1:]))


@pytest.mark.parametrize(
    ("unknown", "accuracy", "expected"),
    [
        (0.04, 0.95, ("are unknown: fewer.", "is clearly higher with full text: 95.00 %")),
        (0.40, 0.80, ("are unknown: more.", "is clearly lower with full text: 80.00 %")),
        (0.29, 0.90, ("are unknown: the same.", "shows no clear difference with full text: 90.00 %")),
    ],
)
def test_a_vocabulary_may_help_or_harm(unknown: float, accuracy: float, expected: tuple[str, str]):
    rules = [
        {"name": "the first 2,000 titles", "tokens": 5_000, "unknown_share": 0.29, **score(0.9)},
        {"name": "full text", "tokens": 1, "unknown_share": unknown, **score(accuracy)},
    ]
    result = {"preset": "lesson/lstm", "train_phrase": "7 of 9 training rows", "rules": rules}
    text = " ".join(vocabulary_sentences(result)).replace(SPACE, " ")
    assert "Learned from the first 2,000 titles, the vocabulary has 5,000 words, and 29.00 % of" in text
    assert "Learned from full text, it has 1 word, and" in text
    assert "Accuracy of lstm on 7 of 9 training rows" in text
    assert all(part in text for part in expected)


@pytest.mark.parametrize(
    ("unknown", "accuracy", "surprising"),
    [(0.04, 0.80, True), (0.40, 0.95, True), (0.04, 0.95, False), (0.40, 0.80, False), (0.04, 0.90, False)],
)
def test_a_vocabulary_that_knows_more_may_score_less(unknown: float, accuracy: float, surprising: bool):
    rules = [
        {"name": "a", "tokens": 5_000, "unknown_share": 0.29, **score(0.9)},
        {"name": "b", "tokens": 1, "unknown_share": unknown, **score(accuracy)},
    ]
    said = " ".join(vocabulary_sentences({"preset": "lesson/lstm", "train_phrase": "rows", "rules": rules}))
    assert ("leaves fewer words unknown comes with clearly lower accuracy here" in said) is surprising


def test_what_was_held_out_is_counted(result: dict[str, Any]):
    titles, *_, last = result["models"]
    last["validation_curve"] = {"epochs": [0.5, 1.0], "loss": [0.4, 0.3], "accuracy": [0.5, 0.9]}
    rows, chosen = held_out_sentences([titles, last])
    assert rows.endswith(
        ": simple-rnn-titles learned from 39,899\xa0rows and held 1,000 out; bilstm learned from 57,337\xa0rows and "
        "held 1,000 out."
    )
    # Wilson's interval of 891 of 990.
    assert "of bilstm is chosen by 990\xa0rows held out, of which it gets 90.00\xa0% (87.97–91.72) right" in chosen
    assert held_out_sentences([{**last, "held_out": 0, "choosing": 0, "best_epoch": None}]) == []


@given(st.lists(st.integers(0, 1_000), min_size=2, max_size=2), st.integers(0, 1_000))
def test_clearly_is_said_exactly_where_intervals_do_not_overlap(right: list[int], majority: int):
    without, with_mask = (score(count / 1_000) for count in right)
    sentence = masking_sentences(
        {
            "train_phrase": "rows",
            "without_mask": without,
            "with_mask": with_mask,
            "pad_to": 40,
            "mean_pads": 5.25,
            "appended": [],
            "majority_share": majority / 1_000,
        }
    )[0]
    (low, high), (masked_low, masked_high) = without["interval"], with_mask["interval"]
    assert ("clearly better" in sentence) == (masked_low > high)
    assert ("clearly worse" in sentence) == (masked_high < low)
    assert ("no clear difference" in sentence) == (max(low, masked_low) <= min(high, masked_high))
