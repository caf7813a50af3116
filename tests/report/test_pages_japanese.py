"""The pages of an inspection in Japanese, about texts and labels in Japanese."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from branched import make_branched
from bundles import make_bundle
from japanese_pages import english_left, spaces_between_japanese
from made_up_readings import CLASSES, flow, made_up_reading
from rows import make_rows

from recurra.data.table import Table
from recurra.inspection import flags, label_issues, read, states
from recurra.report.doubts_page import doubts_page
from recurra.report.flags_page import flags_page
from recurra.report.inspection_page import inspection_page
from recurra.report.states_page import states_page
from recurra.report.translation import translate_result, use_language
from recurra.runtime import Model

LABELS = ("経済", "スポーツ", "技術", "国際")


@pytest.fixture(scope="module")
def model() -> Model:
    """A network with random weights."""
    return Model(make_bundle(cell="lstm", hidden=6, scale=2.0, labels=LABELS))


@pytest.fixture(scope="module")
def table() -> Table:
    """40 generated rows: their labels in Japanese, and of every text only its words."""
    documents, labels = make_rows(40)
    names = dict(zip(dict.fromkeys(labels), LABELS, strict=False))
    return Table(documents, [names[label] for label in labels], "text", "title", "label", "news.csv")


def japanese(make: Callable[[], str]) -> str:
    with use_language("ja"):
        page = make()
    assert '<html lang="ja">' in page
    assert spaces_between_japanese(page) == []
    return page


def without_texts(page: str, table: Table) -> list[str]:
    """What looks English, but for the texts of the rows, which pages show with a dash after the title."""
    words = {word for document in table.documents for part in document for word in re.findall(r"\w+", part.lower())}
    return [found for found in english_left(page, ()) if not set(re.findall(r"\w+", found.lower())) <= words]


def test_readings_and_gradients() -> None:
    readings = [
        made_up_reading(cell="lstm", bidirectional=True, layers=2),
        read(Model(make_branched(cell="lstm")), "oil prices zoil again", name="m", gates=True, attribution=True),
        read(Model(make_bundle(labels=LABELS)), "", name="m", gates=True, attribution=True),
    ]
    flows = [flow("lesson/lstm", when, 0.5, cell_norm=0.9) for when in ("before training", "after training")]
    page = japanese(lambda: inspection_page(readings, flows, about="一語ずつ読んだ文章：3 件。"))
    assert english_left(page, CLASSES) == []
    assert "第 1 層・順方向・LSTM：状態とゲート" in page
    assert "忘却ゲート f" in page
    assert "読む語がありません" in page


def test_flags(model: Model, table: Table) -> None:
    found = flags(model, table, name="m", units=3).to_dict()
    page = japanese(lambda: flags_page(found, data_name="news.csv"))
    assert without_texts(page, table) == []
    assert "<bdi>news.csv</bdi> の 40 文書、正解率" in page
    assert f"第 1 層・順方向・ユニット {found['units'][0]['unit']}：「<bdi>" in page
    assert without_texts(japanese(lambda: flags_page({**found, "units": []}, data_name="news.csv")), table) == []


def test_states(model: Model, table: Table) -> None:
    found = states(model, table, name="m").to_dict()
    page = japanese(lambda: states_page(found, data_name="news.csv"))
    assert without_texts(page, table) == []
    assert "第 1 成分（分散の" in page


@pytest.mark.parametrize("with_train", [False, True])
def test_doubts(model: Model, table: Table, with_train: bool) -> None:
    found = label_issues(model, table, name="m", train=table if with_train else None).to_dict()
    page = japanese(lambda: doubts_page(found, data_name="news.csv"))
    assert without_texts(page, table) == []
    assert "<code>--queue</code>" in page


def test_notes_of_views_are_in_japanese(table: Table) -> None:
    branched = Model(make_branched(cell="lstm", labels=LABELS))
    notes = [
        *flags(branched, table, name="m", units=1).notes,
        *states(branched, table, name="m").notes,
        *label_issues(branched, table, name="m").notes,
    ]
    assert len(notes) == 3
    with use_language("ja"):
        assert all(re.search("[\u3040-\u30ff]", translate_result(note)) for note in notes)
