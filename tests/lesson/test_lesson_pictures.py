"""What the pictures of the lesson are drawn from: the numbers of the result, in per cent, on scales that are shared."""

from __future__ import annotations

from typing import Any

import pytest

from recurra.lesson import pictures

KINDS = ("interval_chart", "line_chart", "bar_chart")


class Charts(list[dict[str, Any]]):
    """The charts asked for, in order; none is drawn."""


@pytest.fixture
def charts(monkeypatch: pytest.MonkeyPatch) -> Charts:
    asked = Charts()

    def kept(kind: str) -> Any:
        return lambda *words, **named: asked.append({"kind": kind, "given": words, **named}) or len(asked)

    for kind in KINDS:
        monkeypatch.setattr(pictures, kind, kept(kind))
    return asked


def point(score: dict[str, Any], accuracy: str = "accuracy") -> Any:
    low, high = score["interval"]
    return pytest.approx((100 * score[accuracy], 100 * low, 100 * high))


def test_the_accuracies_of_all_networks_and_the_linear_model(result: dict[str, Any], charts: Charts) -> None:
    pictures.accuracy_picture(result)
    rows, series = charts[0]["given"]
    models = result["models"]
    assert rows == [*(one["preset"].removeprefix("lesson/") for one in models), result["baseline"]["name"]]
    found = dict(series)
    assert list(found) == ["measured here", "the lesson's own", "Keras"]
    assert found["measured here"] == [point(one, "test_accuracy") for one in [*models, result["baseline"]]]
    for name, key in (("the lesson's own", "lesson_accuracy"), ("Keras", "keras_accuracy")):
        figures = [*(one[key] for one in models), None]
        assert found[name] == [None if figure is None else pytest.approx((100 * figure,) * 3) for figure in figures]


def test_figures_that_nobody_has_are_no_series(result: dict[str, Any], charts: Charts) -> None:
    pictures.accuracy_picture({**result, "models": result["models"][2:3], "baseline": None})
    rows, series = charts[0]["given"]
    assert (rows, [name for name, _ in series]) == (["gru"], ["measured here"])


def test_curves_of_all_networks_share_their_scales(result: dict[str, Any], charts: Charts) -> None:
    models = result["models"]
    models[0]["validation_curve"] = {"epochs": [], "loss": [], "accuracy": []}
    models[1]["train_curve"]["loss"][3] = 9.0
    models[2]["validation_curve"] |= {"loss": [0.01] * 10, "accuracy": [0.999] * 10}
    assert pictures.curve_pictures(models) == [(2 * place + 1, 2 * place + 2) for place in range(len(models))]
    for place, key, factor in ((0, "loss", 1), (1, "accuracy", 100)):
        values = [
            factor * value for one in models for name in ("train_curve", "validation_curve") for value in one[name][key]
        ]
        margin = 0.05 * (max(values) - min(values))
        for number, model in enumerate(models):
            chart = charts[2 * number + place]
            assert chart["y_limits"] == pytest.approx((min(values) - margin, max(values) + margin))
            curves = {"training": model["train_curve"], "validation": model["validation_curve"]}
            lines = {line.name: line for line in chart["given"][0]}
            assert list(lines) == (["training"] if number == 0 else ["training", "validation"])
            for name, line in lines.items():
                assert line.x == curves[name]["epochs"]
                assert line.y == pytest.approx([factor * value for value in curves[name][key]])


def test_a_curve_that_is_level_has_room_and_none_has_no_scale(result: dict[str, Any], charts: Charts) -> None:
    empty = {"epochs": [], "loss": [], "accuracy": []}
    level = {"epochs": [1.0], "loss": [2.0], "accuracy": [0.5]}
    pictures.curve_pictures([{**result["models"][0], "train_curve": level, "validation_curve": empty}])
    pictures.curve_pictures([{**result["models"][0], "train_curve": empty, "validation_curve": empty}])
    assert [chart["y_limits"] for chart in charts] == [(1.5, 2.5), (49.5, 50.5), None, None]


def test_masks_and_pads(result: dict[str, Any], charts: Charts) -> None:
    masking = result["masking"]
    assert len(pictures.masking_pictures(masking)) == 2
    rows, series = charts[0]["given"]
    assert rows == ["without a mask", "with a mask"]
    assert series == [("SimpleRNN", [point(masking["without_mask"]), point(masking["with_mask"])])]
    lines = charts[1]["given"][0]
    assert charts[1]["x_ticks"] == [0, 10, 20, 50, 100, 200, 500]
    for line, appended in zip(lines, masking["appended"], strict=True):
        assert (line.name, line.x) == (appended["name"], [one["pads"] for one in appended["points"]])
        drawn = [(y, *interval) for y, interval in zip(line.y, line.intervals, strict=True)]
        assert drawn == [point(one) for one in appended["points"]]
    charts.clear()
    assert len(pictures.masking_pictures({**masking, "appended": []})) == len(charts) == 1


def test_padding_and_time_with_and_without_bucketing(result: dict[str, Any], charts: Charts) -> None:
    pictures.bucketing_pictures(result["bucketing"])
    space = "\N{NO-BREAK SPACE}"
    assert [chart["given"][0] for chart in charts] == [
        [
            ("random batches", pytest.approx(41.2), f"41.2{space}%"),
            ("batches of similar length", pytest.approx(3.1), f"3.1{space}%"),
        ],
        [("random batches", 371.6, f"372{space}s"), ("batches of similar length", 228.4, f"228{space}s")],
    ]
    assert charts[0]["whole"] == 100


def test_words_in_order_and_shuffled(result: dict[str, Any], charts: Charts) -> None:
    pictures.shuffled_picture(result["shuffled"])
    rows, series = charts[0]["given"]
    assert rows == [entry["name"] for entry in result["shuffled"]]
    assert dict(series) == {
        "words in order": [point(entry["in_order"]) for entry in result["shuffled"]],
        "words shuffled": [point(entry["shuffled"]) for entry in result["shuffled"]],
    }


def test_unknown_words_and_accuracy_by_vocabulary(result: dict[str, Any], charts: Charts) -> None:
    pictures.vocabulary_pictures(result["vocabulary"])
    rules = result["vocabulary"]["rules"]
    bars, (rows, series) = charts[0]["given"][0], charts[1]["given"]
    assert [(name, pytest.approx(value)) for name, value, _ in bars] == [
        (rule["name"], 100 * rule["unknown_share"]) for rule in rules
    ]
    assert rows == [rule["name"] for rule in rules]
    assert series == [("lstm", [point(rule) for rule in rules])]
