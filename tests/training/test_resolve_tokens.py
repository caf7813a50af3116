"""``tokens = "auto"``: chosen by the rows that are trained on, said, kept in the model; what is set wins."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rows import make_rows
from training.runs import PLAIN, SHORT

import recurra
from recurra.data.corpus import InMemoryRows
from recurra.data.split import hold_out
from recurra.errors import SettingsError
from recurra.presets import Recipe
from recurra.text import TextPipeline, TextSettings
from recurra.training.callbacks import Callback
from recurra.training.fit import FitResult, RunOptions, fit
from recurra.training.prepare import labelled_rows, resolve_tokens
from recurra.training.run import MODEL

AUTO = TextSettings(tokens="auto")
DIFFERING = {"embedding": 5, "vocabulary_size": 7, "learning_rate": 0.5}


class Heard(Callback):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def on_message(self, text: str) -> None:
        self.lines.append(text)


def chinese(count: int) -> tuple[list[str], list[str]]:
    generator = random.Random(3)
    topics = {"球": "比赛进球队员冠军联赛", "钱": "股市银行价格市场石油"}
    labels = [list(topics)[place % 2] for place in range(count)]
    return ["".join(generator.choices(topics[label], k=6)) for label in labels], labels


def trained(
    rows: tuple[list[Any], list[str]], text: TextSettings = AUTO, **options: Any
) -> tuple[FitResult, list[str]]:
    heard = Heard()
    fitted = fit(
        *rows,
        recipe=Recipe(text=text, network=PLAIN, training=SHORT, characters=DIFFERING),
        run=RunOptions(**options),
        callbacks=[heard],
    )
    return fitted, heard.lines


def test_chinese_is_read_by_characters_and_the_model_says_so(tmp_path: Path) -> None:
    fitted, lines = trained(chinese(40), folder=tmp_path / "run")
    assert lines[0] == "Chinese text, 100 % Han: read by characters"
    model = recurra.load(tmp_path / "run" / MODEL)
    assert model.bundle.text == TextSettings(tokens="characters", vocabulary_size=7)
    assert model.bundle.network.embedding == 5
    assert model.record["training"]["learning_rate"] == 0.5
    assert model.record["tokens"] == {"setting": "auto", "chosen": "characters", "reason": "Chinese text, 100 % Han"}
    assert len(model.bundle.vocabulary) == 5
    assert fitted.bundle.record == model.record


def test_prose_is_read_by_words_with_the_settings_as_they_are() -> None:
    fitted, lines = trained(make_rows(60))
    assert lines[0].endswith("read by words")
    assert fitted.bundle.text == TextSettings(tokens="words")
    assert fitted.bundle.network == PLAIN
    assert fitted.bundle.record["training"] == SHORT.to_dict()
    assert fitted.bundle.record["tokens"]["chosen"] == "words"


@pytest.mark.parametrize("tokens", ["words", "characters", "bytes", "lesson"])
def test_what_is_set_wins_and_nothing_is_said(tokens: Any) -> None:
    fitted, lines = trained(chinese(40), TextSettings(tokens=tokens))
    assert lines == []
    assert fitted.bundle.text.tokens == tokens
    assert fitted.bundle.network == PLAIN
    assert "tokens" not in fitted.bundle.record


def test_the_chosen_run_is_the_run_that_was_told() -> None:
    chosen, _ = trained(chinese(40))
    told = fit(
        *chinese(40),
        recipe=Recipe(
            text=TextSettings(tokens="characters", vocabulary_size=7),
            network=PLAIN.replace(embedding=5),
            training=SHORT.replace(learning_rate=0.5),
        ),
    )
    for name, tensor in told.bundle.tensors.items():
        assert np.array_equal(chosen.bundle.tensors[name], tensor)


def resolved(documents: list[str], labels: list[str], *, validation: float) -> Recipe:
    labelled = labelled_rows(InMemoryRows(documents, labels), AUTO, Callback())
    recipe = Recipe(text=AUTO, network=PLAIN, training=SHORT.replace(validation=validation))
    return resolve_tokens(labelled, recipe)[0]


def test_held_out_rows_are_not_looked_at() -> None:
    documents, labels = chinese(60)
    kept, held = hold_out(labels, share=0.4, seed=SHORT.seed)
    for row in held:
        documents[row] = "plain English words that would change the shares of all letters " * 3
    assert resolved(documents, labels, validation=0.4).text.tokens == "characters"
    assert resolved(documents, labels, validation=0.0).text.tokens == "words"
    for row in kept:
        documents[row] = "plain English words"
    for row in held:
        documents[row] = "比赛进球队员冠军联赛" * 9
    assert resolved(documents, labels, validation=0.4).text.tokens == "words"


def test_titles_are_looked_at_where_titles_are_read() -> None:
    texts, labels = chinese(20)
    pairs = [(text, "plain English words " * 9) for text in texts]
    for field, tokens in (("title", "characters"), ("all", "words")):
        text = TextSettings(tokens="auto", field=field)
        labelled = labelled_rows(InMemoryRows(pairs, labels), text, Callback())
        recipe = Recipe(text=text, network=PLAIN, training=SHORT)
        assert resolve_tokens(labelled, recipe)[0].text.tokens == tokens


def test_a_vocabulary_is_not_learned_before_the_choice() -> None:
    with pytest.raises(SettingsError, match="Choose first"):
        TextPipeline.learn(["some text"], AUTO)


def test_the_default_preset_reads_chinese_by_characters_in_python() -> None:
    clf = recurra.TextClassifier(options={"epochs": 1, "hidden": 4}).fit(*chinese(40))
    assert clf.model_.bundle.text.tokens == "characters"
    assert clf.model_.settings.hidden == 4


PRESET = {"text": {"tokens": "auto"}, "network": {"hidden": 9}, "characters": {"hidden": 5, "epochs": 3}}


def test_options_win_over_the_table_for_characters() -> None:
    preset = Recipe.from_dict(PRESET, name="own").with_options({"hidden": 7})
    assert preset.network.hidden == 7
    assert preset.characters == {"epochs": 3}


def test_characters_by_option_come_with_their_table() -> None:
    preset = Recipe.from_dict(PRESET, name="own").with_options({"tokens": "characters", "epochs": 2})
    assert (preset.text.tokens, preset.network.hidden, preset.training.epochs) == ("characters", 5, 2)
    assert preset.characters == {}
    words = Recipe.from_dict(PRESET, name="own").with_options({"tokens": "words"})
    assert (words.network.hidden, words.training.epochs) == (9, 1)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"hiden": 5}, "There is no setting 'hiden'"),
        ({"hidden": 0}, "hidden is 0"),
        ({"hidden": "5"}, r"hidden in \[characters\] of the preset own is '5'"),
        ({"validation": 0.3}, r"\[characters\] of the preset own sets validation"),
        ({"tokens": "bytes"}, "sets tokens"),
        (5, "Make it a table"),
    ],
)
def test_mistakes_in_the_table_are_named(table: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Recipe.from_dict({**PRESET, "characters": table}, name="own")
