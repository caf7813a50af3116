"""The evaluation's page: its numbers, its safety, its sentences."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from recurra.errors import RecurraError
from recurra.evaluation import Evaluation, evaluate
from recurra.report.class_sentences import (
    calibration_sentence,
    class_sentences,
    f1_sentences,
    majority_share,
    mix_ups,
)
from recurra.report.evaluation_page import evaluation_page
from recurra.tasks import SINGLE_LABEL, Predictions

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><b>", "{{ 7 * 7 }}\x00\ud800\u202e"]


def measured(classes: list[Any], *, rows: int = 300, right: float = 0.8) -> tuple[Evaluation, Predictions]:
    """A classifier that is right in about this share of rows, with 90 % for its class."""
    generator = np.random.default_rng(len(classes))
    targets = generator.integers(0, len(classes), rows)
    called = np.where(generator.random(rows) < right, targets, generator.integers(0, len(classes), rows))
    probabilities = np.full((rows, len(classes)), 0.1 / (len(classes) - 1), dtype=np.float32)
    probabilities[np.arange(rows), called] = 0.9
    documents = [HOSTILE[row % 4] + " text" for row in range(rows)]
    return evaluate(probabilities, targets, classes, class_numbers=True, resamples=30), Predictions(
        probabilities, targets, documents, classes
    )


def test_the_page_shows_what_was_measured(check_page: Callable[[str], Any]):
    evaluation, found = measured(["World", "Sports", "Business", "Sci/Tech"])
    html = evaluation_page(
        SINGLE_LABEL, evaluation, found, model_name="news.safetensors", data_name="test.csv", trained_on="7 of 9 rows"
    )
    text = check_page(html).text
    low, high = evaluation.intervals["accuracy"]
    assert f"{100 * evaluation.accuracy:.2f}" in text
    assert f"{100 * low:.2f}–{100 * high:.2f}" in text
    assert f"{evaluation.log_loss:.4f}" in text
    assert f"{evaluation.ece:.4f}" in text
    assert "300 rows, trained on 7 of 9 rows." in text
    for score in evaluation.classes:
        assert f"{score.label} {score.precision:.3f} {score.recall:.3f} {score.f1:.3f} {score.support}" in text
    row = evaluation.confusion[1].tolist()
    assert f"Sports {row[0]} {row[1]} {row[2]} {row[3]}" in text
    assert html == evaluation_page(
        SINGLE_LABEL, evaluation, found, model_name="news.safetensors", data_name="test.csv", trained_on="7 of 9 rows"
    )


def test_a_linear_branch_is_named(check_page: Callable[[str], Any]):
    evaluation, found = measured(["a", "b"])
    names = {"model_name": "m", "data_name": "d"}
    text = check_page(evaluation_page(SINGLE_LABEL, evaluation, found, branch=True, **names)).text
    assert "300 rows. The answers add the outputs of a recurrent network and of a linear branch, which is not" in text
    assert "branch" not in check_page(evaluation_page(SINGLE_LABEL, evaluation, found, **names)).text


def test_hostile_text_stays_text(check_page: Callable[[str], Any]):
    evaluation, found = measured(HOSTILE)
    html = evaluation_page(
        SINGLE_LABEL, evaluation, found, model_name=HOSTILE[0], data_name=HOSTILE[1], trained_on=HOSTILE[2]
    )
    page = check_page(html)
    assert "<script>alert(1)</script>" in page.text
    assert '"><img src=x onerror=alert(1)>' in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert "\x00" not in html
    assert "</style><b>" in page.text


@pytest.mark.parametrize("classes", [[False, True], [0, 1, 2], [0.5, 1.5], [f"class {i}" for i in range(40)]])
def test_labels_of_any_type_and_number(classes: list[Any], check_page: Callable[[str], Any]):
    evaluation, found = measured(classes)
    page = check_page(evaluation_page(SINGLE_LABEL, evaluation, found, model_name="m", data_name="d"))
    assert all(str(label) in page.text for label in classes)
    assert ("Shown are 12 of 40 classes" in page.text) == (len(classes) > 25)


def test_a_perfect_classifier_of_one_row_has_a_page(check_page: Callable[[str], Any]):
    predictions = Predictions(np.array([[0.9, 0.1]], dtype=np.float32), np.array([0]), ["some text"], ["a", "b"])
    evaluation = evaluate(
        predictions.probabilities, predictions.targets, predictions.classes, class_numbers=True, resamples=5
    )
    text = check_page(evaluation_page(SINGLE_LABEL, evaluation, predictions, model_name="m", data_name="d")).text
    assert "No row was classified wrongly." in text
    assert "There are none: every row was classified rightly." in text


def judged(confusion: list[list[int]], confidence: float) -> Any:
    """The JSON of a classifier with this confusion matrix, which gives its class always the same probability."""
    counts = np.array(confusion)
    targets, called = np.repeat(np.argwhere(counts >= 0), counts.ravel(), axis=0).T
    probabilities = np.full((len(targets), len(counts)), (1 - confidence) / (len(counts) - 1), dtype=np.float32)
    probabilities[np.arange(len(targets)), called] = confidence
    return evaluate(probabilities, targets, ["red", "green", "blue"], class_numbers=True, resamples=5).to_dict()


def test_all_classes_with_the_lowest_score_are_named():
    scores = [{"label": f"c{place}", "support": 5, "f1": f1} for place, f1 in enumerate([0.9, 0.0, 0.0004, 0.5])]
    assert f1_sentences(scores) == ["The highest F1 is that of c0 (0.900), the lowest that of c2 and c1 (0.000)."]
    many = [*scores, *({"label": f"d{place}", "support": 5, "f1": 0.0} for place in range(3))]
    assert f1_sentences(many) == ["The highest F1 is that of c0 (0.900), the lowest that of 5 classes (0.000)."]


def test_sentences_about_classes_follow_the_numbers():
    evaluation = judged([[90, 10, 0], [4, 50, 6], [0, 0, 40]], 0.9)
    assert mix_ups(evaluation)[0] == {"label": "red", "predicted": "green", "rows": 10, "share": 0.1}
    best, most = class_sentences(evaluation)
    assert best == "The highest F1 is that of blue (0.930), the lowest that of green (0.833)."
    assert most == "The most frequent mix-up: 10\xa0rows of red (10.0\xa0% of them) called green."
    assert majority_share(evaluation) == 0.5
    turned = judged([[40, 0, 0], [6, 50, 4], [0, 10, 90]], 0.9)
    best, most = class_sentences(turned)
    assert best == "The highest F1 is that of red (0.930), the lowest that of green (0.833)."
    assert most == "The most frequent mix-up: 10\xa0rows of blue (10.0\xa0% of them) called green."


def test_equally_frequent_mix_ups_are_not_called_the_most_frequent():
    sentences = class_sentences(judged([[9, 1, 0], [1, 9, 0], [0, 0, 10]], 0.9))
    assert sentences[1] == "One of 2 equally frequent mix-ups: 1\xa0row of red (10.0\xa0% of them) called green."
    alike = class_sentences(judged([[9, 0, 0], [0, 9, 0], [0, 0, 9]], 0.9))
    assert alike == ["No row was classified wrongly."]


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [(0.99, "surer than it is right"), (0.5, "less sure than it is right"), (0.9, "agree within the interval")],
)
def test_calibration_in_words(confidence: float, expected: str):
    sentence = calibration_sentence(judged([[90, 10, 0], [10, 90, 0], [0, 10, 90]], confidence))
    assert expected in sentence
    assert f"{100 * confidence:.2f}\xa0%" in sentence


@pytest.mark.parametrize("missing", ["matplotlib", "jinja2"])
def test_a_missing_package_is_named_with_its_mend(missing: str, monkeypatch: pytest.MonkeyPatch):
    real = importlib.import_module

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == missing:
            raise ImportError(name)
        return real(name, *rest)

    evaluation, found = measured(["a", "b"], rows=20)
    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(RecurraError, match=rf"{missing}, which is not installed.*pip install 'recurra\[report\]'"):
        evaluation_page(SINGLE_LABEL, evaluation, found, model_name="m", data_name="d")


def test_nothing_of_the_report_is_imported_before_a_page_is_made():
    code = (
        "import sys, recurra.report.evaluation_page, recurra.lesson.page\n"
        "print([m for m in ('matplotlib', 'jinja2', 'torch', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


def test_of_many_classes_the_worst_come_first_and_the_matrix_is_cut() -> None:
    targets = np.repeat(np.arange(30), 4)
    answers = targets.copy()
    answers[[28, 29, 40]] = 5  # two of the four rows of class 7, one of class 10
    probabilities = np.full((120, 30), 0.01, dtype=np.float32)
    probabilities[np.arange(120), answers] = 0.71
    classes = [f"class {n}" for n in range(30)]
    found = Predictions(probabilities, targets, [f"text {n}" for n in range(120)], classes)
    evaluation = SINGLE_LABEL.evaluate(probabilities, targets, classes, ())
    page = evaluation_page(SINGLE_LABEL, evaluation, found, model_name="/a/b/model.safetensors", data_name="/c/d.csv")
    assert "<title>b on d.csv</title>" in page
    assert "/a/" not in page
    assert "/c/" not in page
    scores = page.split("Scores of each class", 2)[2].split("</table>")[0]
    # F1: 2 of 4 with none beside is 0.667, 4 of 7 given is 0.727, 3 of 4 is 0.857.
    assert re.findall(r'scope="row" dir="auto">([^<]*)<', scores)[:4] == [
        "class 7", "class 5", "class 10", "class 0",
    ]  # fmt: skip
    assert "Shown are 3 of 30 classes" in page
