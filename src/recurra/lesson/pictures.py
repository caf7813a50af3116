"""The pictures of the lesson's page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from recurra.lesson.result import (
    BucketingResult,
    Curve,
    LessonResult,
    MaskingResult,
    ModelResult,
    Score,
    ShuffledResult,
    VocabularyResult,
)
from recurra.report.charts import Line, Point, bar_chart, interval_chart, line_chart
from recurra.report.formatting import amount, percent, short_name
from recurra.report.picture import Picture
from recurra.report.translation import translate

__all__ = [
    "accuracy_picture",
    "bucketing_pictures",
    "curve_pictures",
    "masking_pictures",
    "shuffled_picture",
    "vocabulary_pictures",
]


def _accuracy() -> str:
    return translate("test accuracy, %")


def accuracy_picture(result: LessonResult) -> Picture:
    """Test accuracy of every network and the baseline, and published scores if there are any."""
    models, baseline = result["models"], result["baseline"]
    rows = [short_name(model["preset"]) for model in models]
    ours: list[Point | None] = [_point(model["test_accuracy"], model["interval"]) for model in models]
    if baseline is not None:
        rows.append(baseline["name"])
        ours.append(_point(baseline["test_accuracy"], baseline["interval"]))
    series = [(translate("measured here"), ours)]
    others = {
        translate("the lesson's own"): [model["lesson_accuracy"] for model in models],
        "Keras": [model["keras_accuracy"] for model in models],
    }
    for name, figures in others.items():
        if any(figure is not None for figure in figures):
            points = [None if figure is None else _point(figure, [figure, figure]) for figure in figures]
            series.append((name, points + [None] * (len(rows) - len(points))))
    return interval_chart(
        rows, series, name="accuracy", title=translate("Test accuracy with 95 % intervals"), x_label=_accuracy()
    )


def curve_pictures(models: Sequence[ModelResult]) -> list[tuple[Picture, Picture]]:
    """Loss and accuracy during training for each network, all on the same scale."""
    losses = _limits(models, lambda curve: curve["loss"])
    accuracies = _limits(models, lambda curve: [100 * value for value in curve["accuracy"]])
    pictures = []
    for number, model in enumerate(models):
        both = (
            (translate("training"), model["train_curve"]),
            (translate("validation"), model["validation_curve"]),
        )
        curves = [(name, curve) for name, curve in both if curve["epochs"]]
        pictures.append(
            (
                line_chart(
                    [Line(name, curve["epochs"], curve["loss"]) for name, curve in curves],
                    name=f"loss-{number}",
                    title=translate("Loss"),
                    x_label=translate("epochs"),
                    y_label=translate("loss, nats"),
                    y_limits=losses,
                ),
                line_chart(
                    [
                        Line(name, curve["epochs"], [100 * value for value in curve["accuracy"]])
                        for name, curve in curves
                    ],
                    name=f"learned-{number}",
                    title=translate("Accuracy"),
                    x_label=translate("epochs"),
                    y_label=translate("accuracy, %"),
                    y_limits=accuracies,
                ),
            )
        )
    return pictures


def masking_pictures(masking: MaskingResult) -> list[Picture]:
    """SimpleRNN without and with a mask, and accuracy of models without one as pads are appended."""
    pictures = [
        interval_chart(
            [translate("without a mask"), translate("with a mask")],
            [("SimpleRNN", [_scored(masking["without_mask"]), _scored(masking["with_mask"])])],
            name="masking",
            title=translate("The same SimpleRNN"),
            x_label=_accuracy(),
        )
    ]
    if masking["appended"]:
        lines = [
            Line(
                series["name"],
                [point["pads"] for point in series["points"]],
                [100 * point["accuracy"] for point in series["points"]],
                [(100 * point["interval"][0], 100 * point["interval"][1]) for point in series["points"]],
            )
            for series in masking["appended"]
        ]
        pictures.append(
            line_chart(
                lines,
                name="pads",
                title=translate("Accuracy as pads are appended"),
                x_label=translate("pads appended to every test document"),
                y_label=_accuracy(),
                x_ticks=sorted({pads for line in lines for pads in line.x}),
            )
        )
    return pictures


def bucketing_pictures(bucketing: BucketingResult) -> list[Picture]:
    """Share of padding, and time of one epoch."""
    parts = (
        (translate("random batches"), bucketing["without_bucketing"]),
        (translate("batches of similar length"), bucketing["with_bucketing"]),
    )
    return [
        bar_chart(
            [(name, 100 * part["padding_share"], percent(part["padding_share"], 1)) for name, part in parts],
            name="padding",
            title=translate("Share of padding"),
            x_label=translate("pads, % of all positions"),
            whole=100,
        ),
        bar_chart(
            [(name, part["seconds"], amount(part["seconds"], "s")) for name, part in parts],
            name="seconds",
            title=translate("Time of one epoch"),
            x_label=translate("seconds"),
        ),
    ]


def shuffled_picture(shuffled: Sequence[ShuffledResult]) -> Picture:
    """Accuracy with the words in order and shuffled."""
    return interval_chart(
        [entry["name"] for entry in shuffled],
        [
            (translate("words in order"), [_scored(entry["in_order"]) for entry in shuffled]),
            (translate("words shuffled"), [_scored(entry["shuffled"]) for entry in shuffled]),
        ],
        name="shuffled",
        title=translate("Words in order and shuffled"),
        x_label=_accuracy(),
    )


def vocabulary_pictures(vocabulary: VocabularyResult) -> list[Picture]:
    """Share of unknown words and accuracy under each rule."""
    rules = vocabulary["rules"]
    return [
        bar_chart(
            [(rule["name"], 100 * rule["unknown_share"], percent(rule["unknown_share"], 1)) for rule in rules],
            name="unknown",
            title=translate("Unknown words in the test documents"),
            x_label=translate("unknown, % of all words"),
            whole=100,
        ),
        interval_chart(
            [rule["name"] for rule in rules],
            [(short_name(vocabulary["preset"]), [_scored(rule) for rule in rules])],
            name="vocabulary",
            title=translate("Accuracy by vocabulary"),
            x_label=_accuracy(),
        ),
    ]


def _point(accuracy: float, interval: Sequence[float]) -> Point:
    return 100 * accuracy, 100 * interval[0], 100 * interval[1]


def _scored(score: Score) -> Point:
    return _point(score["accuracy"], score["interval"])


def _limits(models: Sequence[ModelResult], values: Callable[[Curve], list[float]]) -> tuple[float, float] | None:
    """The limits of an axis for the curves of all networks."""
    found = [
        value for model in models for key in (model["train_curve"], model["validation_curve"]) for value in values(key)
    ]
    if not found:
        return None
    margin = 0.05 * (max(found) - min(found)) or 0.5
    return min(found) - margin, max(found) + margin
