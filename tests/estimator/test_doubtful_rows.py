"""Texts and labels that may be a mistake are warned of, and what cannot be read is answered with what to write."""

from __future__ import annotations

import ast
import enum
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_matrix
from small_classifier import PAIRS, TEXTS, TOPICS, network

import recurra
from recurra import TextClassifier
from recurra.errors import DataError, SettingsError
from recurra.inspection import compare

WORDS = [text.split()[:2] for text in TEXTS]
# Four rows of one topic are written otherwise.
MONEY = [place for place, topic in enumerate(TOPICS) if topic == "money"]
UPPER, SPACED = (
    [other if place in MONEY[:4] else topic for place, topic in enumerate(TOPICS)] for other in ("MONEY", "money ")
)


class Topic(enum.Enum):
    OIL = 1
    TEAM = 2


@pytest.mark.parametrize(
    ("X", "y", "said"),
    [
        (
            TEXTS,
            UPPER,
            f"Labels that differ in case or white space alone are classes of their own: 'MONEY' (4) is 'money' "
            f"({len(MONEY) - 4}). Write each class in one way, such as y.replace({{'MONEY': 'money'}}).",
        ),
        (
            TEXTS,
            SPACED,
            f"Labels that differ in case or white space alone are classes of their own: 'money ' (4) is 'money' "
            f"({len(MONEY) - 4}). Write each class in one way, such as y.str.strip().",
        ),
        (
            TEXTS,
            np.array([*TOPICS[:-3], *[np.nan] * 3]),
            "class 'nan' (3 rows): a missing label that became text? Leave such rows out of X and y.",
        ),
        (
            TEXTS,
            [*TOPICS[:-3], "NaT", "None", "<NA>"],
            "classes 'NaT' (1 row), 'None' (1 row), '<NA>' (1 row): a missing label that became text? Leave such rows "
            "out of X and y.",
        ),
        (
            TEXTS,
            [*TOPICS[:-2], "-", "-"],
            "class '-' (2 rows): does it stand for a missing label? Leave such rows out of X and y.",
        ),
        (
            np.array(WORDS),
            TOPICS,
            f"every row of X is a list of two words, such as {WORDS[0]!r}, and is read as (title, text): if they are "
            'tokens, give " ".join(tokens)',
        ),
        (
            pd.DataFrame({"text": TEXTS * 3, "subject": [f"{topic}_x" for topic in TOPICS * 3]}),
            TOPICS * 3,
            f"the column 'subject', which is read as titles, tells every label: it has {len(set(TOPICS))} values in "
            f"{3 * len(TOPICS)} rows, and each has one label. If it is made of the labels, give the texts alone",
        ),
        (
            np.array([*TEXTS[:-2], np.nan, None], dtype=object).astype(str)[[*range(len(TEXTS)), -1]],
            [*TOPICS, TOPICS[-1]],
            "2 texts are 'None': missing texts that became text? Leave such rows out of X and y.",
        ),
    ],
    ids=["case", "space", "nan", "several", "placeholder", "tokens", "titles", "missing texts"],
)
def test_rows_that_may_be_a_mistake_are_a_warning(
    X: Any, y: Any, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.warns(UserWarning, match=f"^{re.escape(said)}$") as found:
        network(epochs=1, verbose=True).fit(X, y)
    assert len(found) == 1
    assert Path(found[0].filename) == Path(__file__)
    # What is a warning is not printed as well.
    assert "classes of their own" not in capsys.readouterr().out


@pytest.mark.parametrize("X", [PAIRS, np.array(PAIRS)], ids=["pairs", "array"])
def test_pairs_of_titles_and_texts_are_no_tokens(X: Any) -> None:
    # Warnings are errors here.
    network(epochs=1).fit(X, TOPICS).predict(X)


def test_pairs_and_texts_are_told_apart() -> None:
    for given, other, said in (
        (TEXTS, WORDS, "The model learned from texts alone, and is given pairs, which it reads as (title, text)"),
        (PAIRS, TEXTS, "The model learned from titles and texts, and is given texts alone"),
    ):
        fitted = network(epochs=1).fit(given, TOPICS)
        fitted.predict(given)
        with pytest.warns(UserWarning, match=f"^{re.escape(said)}") as found:
            fitted.predict_proba(other)
        assert len(found) == 1
        assert Path(found[0].filename) == Path(__file__)
        # Once is enough.
        fitted.score(other, TOPICS)


def test_a_score_of_other_labels(fitted: TextClassifier) -> None:
    with pytest.raises(DataError, match=r"^No label of y is a class, .*Write score\(texts, labels\)\.$"):
        fitted.score(TOPICS, TEXTS)
    with pytest.warns(UserWarning, match="^no label of y is a class, such as 'other': the classes are such as 'money'"):
        assert fitted.score(TEXTS, ["other"] * len(TEXTS)) == 0


@pytest.mark.parametrize(
    ("task", "y", "hint"),
    [
        ("multi_label", ["A|B", "A", "B"] * 16, "Give lists, such as y.str.split('|'), or leave task out."),
        ("multi_label", TOPICS, "Give lists, such as [[label] for label in y], or leave task out."),
        (
            "single_label",
            [[one] for one in TOPICS],
            "[labels[0] for labels in y], or matrix.argmax(axis=1).",
        ),
    ],
)
def test_labels_of_another_task(task: str, y: Any, hint: str) -> None:
    with pytest.raises(DataError) as found:
        network(task=task).fit(TEXTS, y)
    assert str(found.value).endswith(hint)


@pytest.mark.parametrize(
    ("X", "y", "said"),
    [
        ([text.encode() for text in TEXTS], TOPICS, "Give a text, or a pair (title, text): text.decode()."),
        ([text.split() for text in TEXTS], TOPICS, '(title, text): " ".join(tokens), if these are tokens.'),
        (csr_matrix(np.eye(48)), TOPICS, "csr_matrix [48, 48]. Give the texts themselves: they go in directly"),
        (np.ones((48, 2)), TOPICS, "ndarray [48, 2]. Give the texts themselves: they go in directly, without a vec"),
        (TEXTS, [topic.encode() for topic in TOPICS], "(bytes). Give texts: label.decode() for each."),
        (TEXTS, [Topic.OIL, Topic.TEAM] * 24, "(Topic). Give texts: label.name for each."),
        (TEXTS, pd.date_range("2020", periods=48), "(Timestamp). Give texts: y.astype(str), or str(label) for each."),
        (pd.DataFrame({"text": TEXTS, "label": TOPICS}), "label", "fit(frame, frame['label'])."),
        (
            TEXTS,
            [3, *TOPICS[1:]],
            f"y has labels of 2 types: 3 (int) in row 0, {TOPICS[1]!r} (str) in row 1 (counted from 0). Write all of "
            "them the same way, such as [str(label) for label in y].",
        ),
    ],
)
def test_what_is_no_text_or_label_is_answered_with_how_to_make_one(X: Any, y: Any, said: str) -> None:
    with pytest.raises(DataError) as found:
        network().fit(X, y)
    assert said in str(found.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pooling": "avg"}, "Name one or more of last, max, mean, attention, each once, such as max+mean."),
        ({"pooling": 3}, "Give a list of one or more of last, max, mean, attention, such as ['last']."),
        ({"pooling": "max+avg"}, "Name one or more of last, max, mean, attention, each once, such as max+mean."),
        ({"bidirectional": 1}, "Give True or False."),
    ],
)
def test_values_of_options(options: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as found:
        network(options=options).fit(TEXTS, TOPICS)
    assert str(found.value).endswith(said)


def test_values_of_options_that_are_written_otherwise() -> None:
    given = {"pooling": "last+max", "class_weights": None, "decay": None, "hidden": 6, "embedding": 8, "branch": False}
    model = TextClassifier(options=given, epochs=1).fit(TEXTS, TOPICS, callbacks=None).model_
    assert model.settings.pooling == ("last", "max")
    assert {name: model.record["training"][name] for name in ("class_weights", "decay")} == {
        "class_weights": "none",
        "decay": "none",
    }


TAGS = [[topic, "new"] if place % 3 else [topic] for place, topic in enumerate(TOPICS)]


@pytest.mark.parametrize(
    ("y", "call", "lists"),
    [
        ([str(tags) for tags in TAGS], "y.map(ast.literal_eval)", lambda y: y.map(ast.literal_eval)),
        ([json.dumps(tags) for tags in TAGS], "y.map(json.loads)", lambda y: y.map(json.loads)),
        (
            [str(np.array(tags)) for tags in TAGS],
            """y.str.findall(r"'([^']*)'")""",
            lambda y: y.str.findall(r"'([^']*)'"),
        ),
        ([", ".join(tags) for tags in TAGS], "y.str.split(', ')", lambda y: y.str.split(", ")),
        (
            [" | ".join(tags) for tags in TAGS],
            "y.str.split(' | ', regex=False)",
            lambda y: y.str.split(" | ", regex=False),
        ),
        (
            [(", " if place % 2 else ",").join(tags) for place, tags in enumerate(TAGS)],
            r'y.str.split(r"\s*,\s*", regex=True)',
            lambda y: y.str.split(r"\s*,\s*", regex=True),
        ),
    ],
    ids=["python", "json", "numpy", "comma", "bar", "mixed"],
)
def test_what_makes_lists_of_texts_makes_the_lists(y: list[str], call: str, lists: Any) -> None:
    with pytest.warns(UserWarning, match="give lists, such as ") as found:
        network(epochs=1).fit(TEXTS, y)
    assert str(found[0].message).rpartition("give lists, such as ")[2] == call
    assert lists(pd.Series(y)).tolist() == TAGS


def test_an_index_in_another_order_is_a_warning(fitted: TextClassifier) -> None:
    texts, labels = pd.Series(TEXTS), pd.Series(TOPICS)
    turned = labels[::-1]
    for fit_or_score in (network(epochs=1).fit, fitted.score):
        with pytest.warns(
            UserWarning, match=r"^X and y have the same index in another order.*y\.loc\[X\.index\]$"
        ) as said:
            fit_or_score(texts, turned)
        assert Path(said[0].filename) == Path(__file__)
    with pytest.warns(UserWarning, match="^in validation_data: X and y have the same index"):
        network(epochs=1).fit(texts[:40], labels[:40], validation_data=(texts[40:], labels[40:][::-1]))
    with pytest.warns(UserWarning, match="^X and sample_weight have the same index"):
        network(epochs=1).fit(texts, labels, sample_weight=pd.Series(1.0, index=turned.index))
    with pytest.warns(UserWarning, match="^X and y have the same index"):
        compare({"one": fitted, "two": fitted}, texts, turned)
    # What follows has no such index, or the same one.
    assert fitted.score(texts, turned.loc[texts.index]) == fitted.score(TEXTS, TOPICS)
    fitted.score(texts, turned.reset_index(drop=True))
    fitted.score(texts, pd.Series(TOPICS, index=range(1, 1 + len(TOPICS))))


def test_copies_of_held_out_texts_and_empty_texts_are_warnings_where_they_are_many() -> None:
    half = TEXTS[: len(TEXTS) // 2]
    own = len(TEXTS) - len(half)
    with pytest.warns(UserWarning, match=f"^{own} of {own} rows held out have the same text as a row that is learned"):
        network(epochs=1).fit(TEXTS, TOPICS, validation_data=(TEXTS[own:], TOPICS[own:]))
    with pytest.warns(UserWarning, match="^5 of 48 texts are empty$"):
        network(epochs=1).fit([*TEXTS[:-5], *["", " "] * 2, ""], TOPICS)
    # A tenth is 4.8.
    network(epochs=1).fit([*TEXTS[:-4], *[""] * 4], TOPICS)


def test_tensors_are_answered_with_what_to_give(fitted: TextClassifier) -> None:
    numbers = torch.zeros(48, 3)
    for given in (lambda: network().fit(numbers, TOPICS), lambda: fitted.predict_proba(numbers)):
        with pytest.raises(DataError, match=r"^X is a tensor of torch \[48, 3\]\. Give the texts themselves"):
            given()
    with pytest.raises(DataError, match=r"^predict was given a tensor of torch"):
        fitted.model_.predict(numbers)
    with pytest.raises(DataError, match=r"^y is a tensor of torch \[48\]\. Give y\.tolist\(\)\.$"):
        network().fit(TEXTS, torch.zeros(48, dtype=torch.int64))


def test_texts_as_labels_of_which_none_can_be_held_out() -> None:
    with pytest.raises(DataError, match=r"^30 rows, one a label: none can.*Are texts and labels swapped\?$"):
        TextClassifier(epochs=1).fit(TOPICS[:30], [f"{text} in number {row}" for row, text in enumerate(TEXTS[:30])])


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("partial_fit", r"fit\(X, y, initial=classifier\)"),
        ("evaluate", r"recurra\.evaluate\(classifier\.predict_proba\(X\), y, classifier\.classes_\)"),
        ("to_onnx", r"recurra\.export\.export_onnx\(classifier\)\.save\(path\)"),
        ("export_onnx", r"recurra\.export\.export_onnx\(classifier\)\.save\(path\)"),
        ("history_", r"model_\.record has the scores"),
        ("validation_", r"model_\.record has the scores"),
        ("attribute", r"recurra\.inspection\.attribute\(classifier, text\)"),
        ("explain", r"recurra\.inspection\.attribute\(classifier, text\)"),
        ("summary", r"classifier\.model_\.summary\(\)"),
        ("tune", r"recurra\.tuning\.Tuner\("),
    ],
)
def test_what_a_classifier_lacks_is_answered_with_what_to_write(name: str, instead: str) -> None:
    assert not hasattr(network(), name)
    with pytest.raises(AttributeError, match=rf"^TextClassifier has no {name}: .*{instead}"):
        getattr(network(), name)


def test_two_columns_of_one_name_are_answered_with_what_to_write() -> None:
    frame = pd.DataFrame([[text, text] for text in TEXTS], columns=["text", "text"])
    with pytest.raises(DataError, match=r"2 columns 'text'.*frame\.loc\[:, ~frame\.columns\.duplicated\(\)\]\.$"):
        network().fit(frame, TOPICS)
    network(epochs=1).fit(frame.loc[:, ~frame.columns.duplicated()], TOPICS)


def test_a_model_saves_itself(fitted: TextClassifier, tmp_path: Path) -> None:
    fitted.save(tmp_path / "one.safetensors")
    recurra.load(tmp_path / "one.safetensors").save(tmp_path / "two.safetensors")
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()
