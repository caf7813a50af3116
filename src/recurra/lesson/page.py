"""The lesson's page: recurrent networks on the same texts, with all measurements in pictures and sentences."""

from __future__ import annotations

from recurra.lesson.accuracy_sentences import accuracy_sentences
from recurra.lesson.experiment_sentences import (
    bucketing_sentences,
    curve_sentences,
    masking_sentences,
    pads_sentences,
    shuffled_sentences,
    vocabulary_sentences,
)
from recurra.lesson.gradient_sentences import gradient_sentences
from recurra.lesson.guesses import guesses
from recurra.lesson.held_out_sentences import held_out_sentences
from recurra.lesson.networks import ORIGIN, described_networks, terms
from recurra.lesson.pictures import (
    accuracy_picture,
    bucketing_pictures,
    curve_pictures,
    masking_pictures,
    shuffled_picture,
    vocabulary_pictures,
)
from recurra.lesson.published_scores import published_notes, share_of_rows
from recurra.lesson.result import LessonResult
from recurra.lesson.table import pads_rows
from recurra.lesson.translated import translated_result
from recurra.report.class_sentences import calibration_sentence, class_sentences
from recurra.report.formatting import plural, short_name
from recurra.report.inspection_page import flow_parts, reading_parts
from recurra.report.page import render

__all__ = ["lesson_page"]


def lesson_page(result: LessonResult) -> str:
    """A self-contained HTML page of the results of ``recurra lesson``.

    Args:
        result: the results; parts that are ``None`` have no section.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    result = translated_result(result)
    models = result["models"]
    masking, bucketing = result["masking"], result["bucketing"]
    shuffled, vocabulary = result["shuffled"], result["vocabulary"]
    reading, gradients = result["reading"], result["gradients"]
    parts = {
        "padding": masking, "pads": result["pads"], "bucketing": bucketing, "reading": reading, "gradients": gradients
    }  # fmt: skip
    learned = [
        {"name": short_name(model["preset"]), "pictures": pictures, "sentences": curve_sentences(model)}
        for model, pictures in zip(models, curve_pictures(models), strict=True)
    ]
    classes = [
        {
            "name": short_name(model["preset"]),
            "evaluation": model["evaluation"],
            "sentences": [*class_sentences(model["evaluation"]), calibration_sentence(model["evaluation"])],
            "mistakes": model["mistakes"],
        }
        for model in models
    ]
    # The table has a column for published scores only if there are any.
    with_lesson = any(model["lesson_accuracy"] is not None for model in models)
    with_keras = any(model["keras_accuracy"] is not None for model in models)
    return render(
        "lesson.html",
        package="recurra.lesson",
        result=result,
        test_rows=plural(result["test_rows"], "test row"),
        with_lesson=with_lesson,
        with_keras=with_keras,
        notes=[*held_out_sentences(models), *published_notes(models)],
        with_best=any(model["best_epoch"] is not None for model in models),
        origin=ORIGIN,
        guesses=guesses(result),
        networks=described_networks(models),
        terms=terms(models, {section for section, part in parts.items() if part}),
        pads_rows=result["pads"] and pads_rows(result["pads"]),
        pads_sentences=result["pads"] and pads_sentences(result["pads"]),
        gradient_sentences=gradients
        and gradient_sentences(gradients, {model["preset"]: model["test_accuracy"] for model in models}),
        table=[{**model, "name": short_name(model["preset"])} for model in models],
        share_of_rows=share_of_rows,
        accuracy_picture=accuracy_picture(result),
        accuracy_sentences=accuracy_sentences(result),
        learned=learned,
        classes=classes,
        masking=masking and {"sentences": masking_sentences(masking), "pictures": masking_pictures(masking)},
        bucketing=bucketing
        and {"sentences": bucketing_sentences(bucketing), "pictures": bucketing_pictures(bucketing)},
        shuffled=shuffled and {"sentences": shuffled_sentences(shuffled), "picture": shuffled_picture(shuffled)},
        vocabulary=vocabulary
        and {"sentences": vocabulary_sentences(vocabulary), "pictures": vocabulary_pictures(vocabulary)},
        reading=reading and reading_parts(reading, name="reading"),
        gradients=gradients and flow_parts(gradients),
    )
