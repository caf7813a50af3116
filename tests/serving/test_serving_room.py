"""What the page begins with, single rows, and no path of this machine in what it is told."""

from __future__ import annotations

from bundles import make_bundle
from services import asking, make_service

from recurra.bundle import Bundle, digest_in
from recurra.card import model_card
from recurra.data.row_numbers import RowNumbers
from recurra.data.table import Table
from recurra.runtime import Model
from recurra.serving.file_views import VIEWS

TEXTS = ["a team wins", "a market falls", "a chip is sold", "a team loses", "", "x" * 600]
TABLE = Table(TEXTS, list("ababab"), "text", None, "label", "/secret/place/rows.csv", row_numbers=RowNumbers(2))


def model(*labels: str, **record: object) -> Model:
    bundle = make_bundle(labels=labels)
    return Model(Bundle(**{**bundle.__dict__, "record": {**bundle.record, **record}}))


def test_examples_are_rows_of_the_file_if_the_model_knows_their_labels() -> None:
    kept = [{"kind": "right", "text": "kept", "label": "c", "answer": "c", "probability": 0.5}]
    models = {"own": model("a", "b"), "other": model("c", "d", examples=kept), "bare": model("c", "d")}
    with asking(make_service(models=models, data=TABLE)) as client:
        own = client.get("/v1/examples?model=own").json()
        assert (own["source"], own["rows"]) == ("data", client.get("/v1/examples").json()["rows"])
        for row in own["rows"]:
            assert TEXTS[row["number"] - 2] == row["text"]
            answer = models["own"].predict_proba([row["text"]])[0]
            assert row["answer"] == "ab"[answer.argmax()]
            assert row["kind"] == "doubtful" or (row["kind"] == "right") == (row["answer"] == row["label"])
        # Neither empty nor so long that it would have to be cut.
        assert {row["text"] for row in own["rows"]} <= set(TEXTS[:4])
        assert client.get("/v1/examples?model=other").json() == {"model": "other", "source": "card", "rows": kept}
        assert client.get("/v1/examples?model=bare").json() == {"model": "bare", "source": None, "rows": []}


def test_a_row_comes_whole_as_the_model_reads_it() -> None:
    table = Table(
        [("a title", "and a text")] * 2, ["a", "b"], "text", "title", "label", "rows.csv", row_numbers=RowNumbers(2)
    )
    with asking(make_service(models={"m": model("a", "b")}, data=table)) as client:
        assert client.get("/v1/row?number=3").json() == {"number": 3, "text": "a title and a text", "label": "b"}
        assert client.get("/v1/row?number=4").status_code == client.get("/v1/row?number=1").status_code == 404
        for query in ("", "?number=x", "?number=-1", f"?number={'9' * 40}"):
            assert client.get(f"/v1/row{query}").status_code == 422
    with asking(make_service()) as client:
        assert client.get("/v1/row?number=2").status_code == 404


def test_a_text_is_found_among_the_rows_with_their_labels() -> None:
    table = Table(
        ["a team\nwins", "a market", "a team wins"],
        list("aba"),
        "text",
        None,
        "label",
        "/x/rows.csv",
        row_numbers=RowNumbers(2),
    )
    with asking(make_service(models={"m": model("a", "b")}, data=table)) as client:
        ask = lambda text: client.post("/v1/same-rows", json={"text": text, "model": "m"}).json()  # noqa: E731
        assert ask(" a team  wins") == {
            "file": "rows.csv", "rows": [{"number": 2, "label": "a"}, {"number": 4, "label": "a"}],
        }  # fmt: skip
        assert ask("a market")["rows"] == [{"number": 3, "label": "b"}]
        assert ask("a")["rows"] == ask("")["rows"] == []
        assert client.post("/v1/same-rows", json={"text": "a", "model": "n"}).status_code == 404
    with asking(make_service(models={"m": model("a", "b")})) as client:
        assert client.post("/v1/same-rows", json={"text": "a"}).json() == {"file": None, "rows": []}


def test_a_model_s_card_and_shapes_are_those_of_its_file() -> None:
    one = model("a", "b")
    with asking(make_service(models={"m": one}, data=TABLE)) as client:
        found = client.get("/v1/card?model=m").json()
        assert client.get("/v1/card?model=n").status_code == 404
    assert found["markdown"] == model_card(one.bundle, digest=digest_in(one.bundle))
    assert {name: tuple(shape) for name, shape in found["shapes"].items()} == {
        name: weight.shape for name, weight in one.bundle.tensors.items()
    }


def test_no_answer_names_the_folder_of_the_rows() -> None:
    with asking(make_service(models={"m": model("c", "d")}, data=TABLE)) as client:
        for view in VIEWS:
            while (answer := client.get(f"/v1/{view}")).status_code == 202:
                pass
            assert "rows.csv has the label" in answer.text
            assert "secret" not in answer.text
