"""Views take what people hold: a model, a fitted classifier, a bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bundles import make_bundle
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

import recurra
from recurra import TextClassifier
from recurra.data.table import Table
from recurra.errors import DataError, SettingsError
from recurra.inspection import (
    attribute,
    compare,
    compare_text,
    confusions,
    examples,
    flags,
    gradients,
    label_issues,
    read,
    search_states,
    states,
)
from recurra.runtime import Model

BUNDLE = make_bundle()
DATA = Table(["oil prices", "the team wins", "oil"], list(BUNDLE.labels.classes), "text", None, "label", "memory")
# Trained from a seed that its record tells.
SEEDED = Model(replace(BUNDLE, record={"training": {"seed": 0}}))


def classifier() -> TextClassifier:
    fitted = TextClassifier()
    fitted.model_ = Model(BUNDLE)
    return fitted


@pytest.mark.parametrize("form", [list, tuple, np.array, pd.Series])
def test_labels_are_doubted_of_texts_and_labels(form: Any) -> None:
    frame = pd.DataFrame({"text": DATA.documents, "label": DATA.labels})
    expected = label_issues(Model(BUNDLE), frame).to_dict()
    assert expected["rows"]
    assert label_issues(Model(BUNDLE), form(DATA.documents), form(DATA.labels)).to_dict() == expected


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        (pd.DataFrame({"text": ["oil"]}), ["world"], r"^The texts are a DataFrame. Give lists, arrays or columns"),
        ("data.csv", ["world"], r"^The texts are 'data.csv'. Give lists, arrays or columns"),
        (["oil"], "world", r"^The labels are 'world'. Give lists, arrays or columns"),
        (["oil"], [None], r"^There is no label in row 0 \(counted from 0\). Leave these rows out"),
        (["oil", None], ["world"] * 2, r"^There is no text in row 1 \(counted from 0\)"),
        (["oil", "gas"], ["world"], r"2 documents and 1 labels"),
    ],
)
def test_texts_and_labels_that_cannot_be_read(texts: Any, labels: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        label_issues(Model(BUNDLE), texts, labels)


@pytest.mark.parametrize("given", [Model(BUNDLE), BUNDLE, classifier()])
def test_an_answer_is_explained_for_whatever_holds_the_model(given: Any) -> None:
    expected = attribute(Model(BUNDLE), "oil prices")
    np.testing.assert_array_equal(attribute(given, "oil prices").integrated_gradients, expected.integrated_gradients)


@pytest.mark.parametrize(
    "view",
    [
        lambda model: read(model, "oil prices", name="m", attribution=True),
        lambda model: compare_text({"one": model, "two": model}, "oil"),
        lambda model: flags(model, DATA).to_dict(),
        lambda model: states(model, DATA).to_dict(),
        lambda model: label_issues(model, DATA).to_dict(),
    ],
)
def test_views_take_a_fitted_classifier(view: Callable[[Any], Any]) -> None:
    assert view(classifier()) == view(Model(BUNDLE))


@pytest.mark.parametrize(
    "view",
    [
        lambda data: flags(Model(BUNDLE), data).to_dict(),
        lambda data: states(Model(BUNDLE), data).to_dict(),
        lambda data: label_issues(Model(BUNDLE), data, train=data).to_dict(),
        lambda data: gradients(SEEDED, data, name="m").to_dict(),
        lambda data: compare({"one": Model(BUNDLE), "two": Model(BUNDLE)}, data, resamples=5).to_dict(),
    ],
)
def test_views_take_a_frame_and_a_file(view: Callable[[Any], Any], tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": DATA.documents, "label": DATA.labels})
    frame.to_csv(tmp_path / "data.csv", index=False)
    from_frame = view(frame)
    assert from_frame == view(recurra.read_table(frame))
    assert (
        view(tmp_path / "data.csv")
        == view(str(tmp_path / "data.csv"))
        == view(recurra.read_table(tmp_path / "data.csv"))
    )
    for given in (DATA.documents, (DATA.documents, DATA.labels), None):
        with pytest.raises(
            DataError, match=r"^The rows are .* Give recurra.read_table\(...\), a data frame with columns"
        ):
            view(given)


def test_views_of_a_frame_read_the_columns_of_the_model() -> None:
    columns = {"text": "short", "label": "topic"}
    model = Model(replace(BUNDLE, record={"columns": columns}))
    frame = pd.DataFrame(
        {"short": DATA.documents, "long": [f"{text} " * 9 for text in DATA.documents], "topic": DATA.labels}
    )
    assert without_numbers(flags(model, frame).to_dict()) == without_numbers(flags(model, DATA).to_dict())


@pytest.mark.parametrize(
    "view",
    [
        lambda *given: flags(Model(BUNDLE), *given),
        lambda *given: states(Model(BUNDLE), *given),
        lambda *given: confusions(Model(BUNDLE), *given),
        lambda *given: examples(Model(BUNDLE), *given),
        lambda *given: search_states(Model(BUNDLE), *given, units=[0]),
        lambda *given: gradients(SEEDED, *given, name="m"),
    ],
)
def test_views_take_texts_and_labels(view: Callable[..., Any]) -> None:
    frame = pd.DataFrame({"text": DATA.documents, "label": DATA.labels})
    expected = without_numbers(view(DATA).to_dict())
    assert without_numbers(view(DATA.documents, DATA.labels).to_dict()) == expected
    assert without_numbers(view(frame["text"], frame["label"].to_numpy()).to_dict()) == expected
    with pytest.raises(DataError, match=r"or texts and labels: \(model, texts, labels\)\.$"):
        view(DATA.documents)


def test_examples_are_shown_as_a_table() -> None:
    found = examples(Model(BUNDLE), DATA)
    lines = repr(found).splitlines()
    assert lines[0] == f"Examples: {len(found.rows)} rows"
    assert lines[1].split() == ["kind", "label", "answer", "text"]
    assert lines[2].split()[:3] == [found.rows[0][name] for name in ("kind", "label", "answer")]


@pytest.mark.parametrize(
    ("wrapped", "hint"),
    [
        (SimpleNamespace(best_estimator_=TextClassifier()), "search.best_estimator_"),
        (SimpleNamespace(best_estimator_=make_pipeline(TextClassifier())), "search.best_estimator_[-1]"),
        (make_pipeline(TextClassifier()), "pipeline[-1]"),
    ],
)
def test_what_a_model_is_wrapped_in_is_named(wrapped: Any, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        flags(wrapped, DATA)
    assert str(caught.value).endswith(f"Give what recurra.load returns, or a fitted TextClassifier, such as {hint}.")


def test_a_pipeline_of_another_library_is_no_model() -> None:
    said = r"Only Recurra's models can be given, not a DummyClassifier: give what recurra\.load returns, or a fitted"
    with pytest.raises(SettingsError, match=said):
        flags(make_pipeline(DummyClassifier()), DATA)


@pytest.mark.parametrize(("given", "kind"), [(["oil", "prices"], "list"), (pd.Series(["oil", "prices"]), "Series")])
def test_one_text_is_read(given: Any, kind: str) -> None:
    with pytest.raises(DataError, match=rf"^One text or pair \(title, text\) is read, and a {kind} of 2 was given\. "):
        Model(BUNDLE).read(given)


def without_numbers(found: Any) -> Any:
    """Without the numbers of rows: those of a frame begin at 0, and a table's where its file says."""
    if isinstance(found, dict):
        return {name: without_numbers(value) for name, value in found.items() if name != "number"}
    return [without_numbers(one) for one in found] if isinstance(found, list | tuple) else found


@pytest.mark.parametrize("given", [TextClassifier(), "model.safetensors", None])
def test_what_is_no_model_is_named(given: Any) -> None:
    for view in (lambda: attribute(given, "oil"), lambda: gradients(given, DATA, name="m"), lambda: flags(given, DATA)):
        with pytest.raises(SettingsError) as caught:
            view()
        assert str(caught.value) == (
            f"The model is {given!r}. Give what recurra.load returns, or a fitted TextClassifier."
        )
