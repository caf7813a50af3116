"""Decisions that the page makes: a file that training takes, whoever else writes it, and nobody from another site."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from services import asking, make_service

from recurra.data.model_columns import ModelColumns
from recurra.data.review_decisions import Decision, apply_decisions, decisions_csv, read_decisions
from recurra.data.row_numbers import RowNumbers
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.locks import open_locked
from recurra.serving import Access, decisions
from recurra.serving.access import LOCAL_NAMES
from recurra.serving.decisions import DecisionStore, Made
from recurra.serving.http_errors import RequestError

TEXTS = ["=one, or the first", "two", "three", "four"]
TABLE = Table(TEXTS, ["a", "b", "a", "b"], "text", None, "label", "/somewhere/rows.csv", row_numbers=RowNumbers(2))
EXCLUDE, KEEP, RELABEL = Made("exclude"), Made("keep"), Made("relabel", "b")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "decisions.csv"


def test_the_file_is_what_training_takes_and_a_restart_finds_it_again(file: Path) -> None:
    store = DecisionStore(file, TABLE)
    assert store.made() == {}
    assert [store.change(number, made, was=None) for number, made in ((2, RELABEL), (3, EXCLUDE), (5, KEEP))] == [
        1,
        2,
        3,
    ]
    found = read_decisions(file, numbers=RowNumbers(2))
    assert [(one.row, one.decision, one.label) for one in found] == [
        (0, "relabel", "b"),
        (1, "exclude", ""),
        (3, "keep", ""),
    ]
    rows, cleaning = apply_decisions(TABLE.corpus, exclude=found, relabel=found)
    assert [list(block) for block in rows.blocks()] == [["=one, or the first", "three", "four"]]
    assert (rows.labels.plain(), cleaning.excluded, cleaning.relabelled) == (["b", "a", "b"], 1, 1)
    again = DecisionStore(file, TABLE)
    assert again.made() == {2: RELABEL, 3: EXCLUDE, 5: KEEP}
    # Taken back, and changed.
    assert again.change(3, None, was=EXCLUDE) == 2
    assert again.change(2, EXCLUDE, was=RELABEL) == 2
    assert store.made() == {2: EXCLUDE, 5: KEEP}


def test_views_show_rows_of_a_label_that_decisions_took_away(file: Path) -> None:
    """A model that learned from them does not know it, and the file still has it."""
    table = replace(TABLE, labels=["a", "b", "A.", "b"])
    store = DecisionStore(file, table)
    store.change(4, Made("relabel", "a"), was=None)
    store.change(3, Made("relabel", "a"), was=None)
    again = DecisionStore(file, table)
    assert again.table_for(["a", "b"]).labels == ["a", "b", "a", "b"]
    assert again.table_for(["a", "b", "A."]).labels == table.labels


def test_two_who_decide_at_the_same_time(file: Path) -> None:
    one, two = DecisionStore(file, TABLE), DecisionStore(file, TABLE)
    one.change(2, EXCLUDE, was=None)
    # Of different rows both are kept; the same decision twice is one.
    assert two.change(3, KEEP, was=None) == two.change(2, EXCLUDE, was=None) == 2
    before = file.read_bytes()
    for wanted, was in ((KEEP, None), (None, KEEP), (RELABEL, KEEP)):
        with pytest.raises(RequestError, match="Row 2 is exclude by now: somebody else decided") as raised:
            two.change(2, wanted, was=was)
        assert raised.value.status == 409
    assert file.read_bytes() == before


def test_a_queue_keeps_its_columns_and_its_undecided_rows(file: Path) -> None:
    queue = [Decision(0, "keep", "b", TEXTS[0]), Decision(2, "relabel", "b", TEXTS[2])]
    notes = [{"reason": "confident mistake"}, {"reason": "near-duplicate"}]
    file.write_text(decisions_csv(queue, notes, numbers=RowNumbers(2)))
    store = DecisionStore(file, TABLE)
    # A suggested label beside "keep" is a decision to be made.
    assert store.made() == {4: RELABEL}
    assert store.change(2, KEEP, was=None) == 2
    assert store.change(3, EXCLUDE, was=None) == 3
    assert store.made() == {2: KEEP, 3: EXCLUDE, 4: RELABEL}
    header, first, *_ = file.read_text().splitlines()
    assert (header, first) == (
        "row,number,decision,label,reason,text",
        '0,2,keep,,confident mistake,"\'=one, or the first"',
    )


def test_a_queue_s_rows_come_with_what_it_says_of_them_and_a_decision_taken_back_leaves_its_suggestion(
    file: Path,
) -> None:
    lines = ["number,decision,label,probability,reason", "4,keep,b,0.8750,suspected label error; near-duplicate"]
    # Neither decided on the page before nor edited by hand does harm.
    file.write_text("\n".join([*lines, "2,keep,b,87 %,", "3,exclude,,,", "5,relabel,a,2,mine", ""]))
    store = DecisionStore(file, TABLE)
    both = ["suspected label error", "near-duplicate"]
    three = {"row": 2, "number": 4, "text": "three", "head": "three", "label": "a", "suggested": "b"}
    one = {"row": 0, "number": 2, "text": TEXTS[0], "head": TEXTS[0], "label": "a", "suggested": "b"}
    four = {"row": 3, "number": 5, "text": "four", "head": "four", "label": "b", "suggested": None}
    wanted = [
        {**three, "probability": 0.875, "reasons": both},
        {**one, "probability": None, "reasons": []},
        {**four, "probability": None, "reasons": ["mine"]},
    ]
    assert store.queue() == {"rows": wanted, "more": 0}
    before = file.read_text()
    assert store.change(4, Made("relabel", "b"), was=None) == 3
    assert store.queue()["rows"][0] == wanted[0]
    assert store.change(4, None, was=Made("relabel", "b")) == 2
    assert file.read_text().splitlines()[1] == before.splitlines()[1]
    with asking(make_service(data=TABLE, decisions=store)) as client:
        assert client.get("/v1/queue").json() == {"rows": wanted, "more": 0}
    with asking(make_service(data=TABLE)) as client:
        assert client.get("/v1/queue").json() == {"rows": [], "more": 0}


@pytest.mark.parametrize(
    ("number", "made", "status", "words"),
    [
        (6, KEEP, 404, "rows.csv has no row 6. Its last row is 5."),
        (1, KEEP, 404, "rows.csv has no row 1."),
        (2, Made("relabel", "c"), 422, "No row of rows.csv has the label 'c'."),
        (2, Made("relabel"), 422, "No row of rows.csv has the label ''."),
        (2, Made("drop"), 422, "The decision is 'drop'."),
        (2, Made("keep", "a"), 422, "The decision keep has a label."),
    ],
)
def test_what_training_would_not_take_is_refused_and_nothing_is_written(
    file: Path, number: int, made: Made, status: int, words: str
) -> None:
    with pytest.raises(RequestError) as raised:
        DecisionStore(file, TABLE).change(number, made, was=None)
    assert (raised.value.status, words in str(raised.value)) == (status, True)
    assert not file.exists()


def test_a_file_about_other_rows_or_of_another_kind_is_refused_at_the_start(file: Path) -> None:
    for content in ("number,decision,label,text\n2,keep,,other\n", "text,label\na,b\n", "number,decision\n2,keep\n"):
        file.write_text(content)
        with pytest.raises(DataError):
            DecisionStore(file, TABLE)
        assert file.read_text() == content


def test_a_file_that_another_process_holds_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "LOCK_SECONDS", 0.05)
    store = DecisionStore(file, TABLE)
    with open_locked(file.with_name(".decisions.csv.lock")), pytest.raises(RequestError) as raised:  # type: ignore[union-attr]
        store.change(2, KEEP, was=None)
    assert raised.value.status == 503


def test_over_http_only_this_pages_own_requests_decide(file: Path) -> None:
    body: dict[str, Any] = {"number": 2, "decision": "relabel", "label": "b", "was": None}
    with asking(make_service(data=TABLE, decisions=DecisionStore(file, TABLE))) as client:
        refused = [
            ({"sec-fetch-site": "cross-site"}, 403),
            ({"sec-fetch-site": "same-site"}, 403),
            ({"origin": "http://elsewhere.example"}, 403),
            ({"origin": "null"}, 403),
            ({"content-type": "text/plain"}, 415),
            ({"host": "elsewhere.example"}, 421),
        ]
        for headers, status in refused:
            assert client.post("/v1/decisions", json=body, headers=headers).status_code == status
        assert not file.exists()
        own = {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}
        assert client.post("/v1/decisions", json=body, headers=own).json() == {"number": 2, "decided": 1}
        found = client.get("/v1/decisions").json()
        assert found.pop("decisions") == [{"number": 2, "decision": "relabel", "label": "b"}]
        assert found == {"file": "decisions.csv", "data": "rows.csv", "columns": ""}
        for wrong in ({**body, "number": "2"}, {**body, "more": 1}, {"number": 2}):
            assert client.post("/v1/decisions", json=wrong).status_code == 422
        assert client.post("/v1/decisions", json={"number": 3, "decision": "keep"}).json()["decided"] == 2
        assert client.post("/v1/decisions", json={"number": 3, "decision": "exclude"}).status_code == 409


def test_a_service_with_a_token_takes_decisions_only_with_it(file: Path) -> None:
    access = Access(token="a-token-of-sixteen-letters", hosts=LOCAL_NAMES)  # noqa: S106 - a made-up one
    with asking(make_service(access=access, data=TABLE, decisions=DecisionStore(file, TABLE))) as client:
        body = {"number": 2, "decision": "keep"}
        assert client.post("/v1/decisions", json=body).status_code == 401
        bearing = {"authorization": "Bearer a-token-of-sixteen-letters"}
        assert client.post("/v1/decisions", json=body, headers=bearing).status_code == 200


def test_without_a_file_the_service_says_that_it_keeps_none() -> None:
    table = replace(TABLE, named_columns=ModelColumns("the text", label="kind"))
    with asking(make_service(data=table)) as client:
        columns = "--text 'the text' --label kind"
        assert client.get("/v1/decisions").json() == {
            "file": None,
            "data": "rows.csv",
            "decisions": [],
            "columns": columns,
        }
        answer = client.post("/v1/decisions", json={"number": 2, "decision": "keep"})
        assert (answer.status_code, "--decisions" in answer.json()["error"]) == (404, True)
