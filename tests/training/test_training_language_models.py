"""Language models of the classes in a training: their share, and where there are none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rows import make_rows
from training.runs import SHORT, train

from recurra.bundle import Bundle
from recurra.data.split import hold_out
from recurra.linear_branch import BranchSettings, OpenDocuments, class_language_models, learn_branch
from recurra.linear_branch.fuse import language_model_factors

WITH = BranchSettings(branch=True, ngrams=3, language_models=True)
HELD = SHORT.replace(validation=0.5)


@pytest.fixture(scope="module")
def uncertain() -> tuple[Any, list[str]]:
    """Rows of which a third has another label than its words say."""
    documents, labels = make_rows(300, seed=2)
    generator = np.random.default_rng(1)
    return documents, [generator.choice(sorted(set(labels))) if generator.random() < 0.33 else one for one in labels]


def parts(bundle: Bundle, documents: Any, labels: list[str]) -> tuple[Any, Any]:
    """The regression of these rows, and the language models over its n-grams."""
    opened = OpenDocuments.of(bundle.pipeline, documents)
    targets = np.array([bundle.labels.classes.index(label) for label in labels])
    regression = learn_branch(opened, np.eye(4, dtype=np.float32)[targets], bundle.pipeline, WITH)
    models = class_language_models(regression.ngrams, opened.ids, targets, 4)
    return regression, replace(regression, W=models, U=np.zeros_like(regression.U))


def test_the_share_is_that_of_the_held_out_rows_and_the_weights_are_of_all_rows(
    uncertain: tuple[Any, list[str]],
) -> None:
    documents, labels = uncertain
    bundle = train(rows=uncertain, training=HELD, branch=WITH).bundle
    kept, held = hold_out(labels, share=0.5, seed=0)
    regression, models = parts(bundle, [documents[row] for row in kept], [labels[row] for row in kept])
    asked = OpenDocuments.of(bundle.pipeline, [documents[row] for row in held])
    targets = np.array([bundle.labels.classes.index(labels[row]) for row in held])
    factors = language_model_factors(regression.logits(asked), models.logits(asked), targets)
    record = bundle.record["branch"]
    assert 0 < record["language_models_share"] < 1
    assert record["language_models_share"] == pytest.approx(1 - factors[0])
    order = [*kept, *held]
    regression, models = parts(bundle, [documents[row] for row in order], [labels[row] for row in order])
    expected = record["branch_factor"] * (factors[0] * regression.W + factors[1] * models.W)
    assert bundle.branch is not None
    np.testing.assert_allclose(bundle.branch.W, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        bundle.branch.U, record["branch_factor"] * factors[0] * regression.U, rtol=1e-4, atol=1e-5
    )


def test_without_enough_rows_held_out_answers_to_rows_that_were_not_seen_choose_the_share(
    uncertain: tuple[Any, list[str]],
) -> None:
    record = train(rows=uncertain, training=SHORT.replace(validation=0.0), branch=WITH).bundle.record["branch"]
    assert not record["chosen_on_held_out_rows"]
    assert 0 < record["language_models_share"] < 1


def test_where_nothing_can_choose_there_are_none() -> None:
    record = train(count=60, training=SHORT, branch=WITH).bundle.record["branch"]
    assert "language_models_share" not in record


def test_training_that_goes_on_from_a_model_keeps_its_weights_and_adds_none(uncertain: tuple[Any, list[str]]) -> None:
    before = train(rows=uncertain, training=HELD, branch=WITH).bundle
    again = train(rows=uncertain, training=HELD, branch=WITH, initial=before).bundle
    assert "language_models_share" not in again.record["branch"]
    assert again.branch is not None
    assert before.branch is not None
    assert np.corrcoef(again.branch.W.ravel(), before.branch.W.ravel())[0, 1] > 0.9
