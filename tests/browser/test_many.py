"""Many texts at once, and the request behind the page as a program that runs."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser_tools import LABELS, TEXT, Site, type_text, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]
ODD = 'oil "again", it\'s $HOME\\n & <b>日本</b>'


@pytest.mark.parametrize("kind", ["Python alone", "Shell (curl)"])
def test_the_program_gets_the_answer_that_the_page_shows(visit: Visit, site: Site, kind: str) -> None:
    page = visit("reading")
    type_text(page, ODD)
    page.locator(".program summary").click()
    page.get_by_role("radio", name=kind).check(force=True)
    code = page.locator(".program code").inner_text()
    command = [sys.executable, "-c", code] if kind.startswith("Python") else ["bash", "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    wanted = site.post("/v1/read", text=ODD, model="lstm")
    assert ran.stdout.strip() == str(wanted) or json.loads(ran.stdout) == wanted
    type_text(page, TEXT)
    assert TEXT in page.locator(".program code").inner_text()


def test_labels_of_many_texts_as_a_table(visit: Visit, site: Site, tmp_path: Path) -> None:
    page = visit("many")
    texts = ["team match goal", "=oil shares, bank", *(f"chip lab {place}" for place in range(300))]
    results = site.post("/v1/classify", texts=texts, model="lstm")["results"]
    page.get_by_label("Texts, one a line").fill("\n".join([texts[0], "", *texts[1:]]))
    page.get_by_role("button", name="Classify").click()
    page.get_by_text("The first 100 of 302").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Labels (CSV)").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"), newline="")))
    assert [row["text"] for row in rows] == [texts[0], f"'{texts[1]}", *texts[2:]]
    assert [row["label"] for row in rows] == [one["label"] for one in results]
    for label in LABELS:
        assert [float(row[f"p({label})"]) for row in rows] == [one["probabilities"][label] for one in results]
    # A file with columns: the one with the longest texts is taken, quotes and line breaks and all.
    file = tmp_path / "texts.csv"
    file.write_text('id,text\n1,"oil, ""bank""\nprices"\n2,goal and coach\n', encoding="utf-8")
    page.get_by_label("or a file").set_input_files(file)
    page.get_by_text("2 texts", exact=True).wait_for()
    page.get_by_role("button", name="Classify").click()
    wait_until(page, "document.querySelectorAll('.view-many tbody tr').length === 2")
    assert page.locator(".view-many tbody th").all_inner_texts()[1] == "goal and coach"
    page.get_by_role("button", name="Read text 1").click()
    page.wait_for_url("**/#/reading?*")
    assert page.get_by_label("Text to read").input_value() == 'oil, "bank"\nprices'


def test_more_than_is_taken_is_said_and_nothing_is_sent(visit: Visit) -> None:
    page = visit("many")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Texts, one a line").evaluate("field => { field.value = 'a\\n'.repeat(5001); }")
    page.get_by_role("button", name="Classify").click()
    page.get_by_text("5,001 texts of 5,001 characters are too many").wait_for()
    assert asked == []


GERMAN = "id,text\n1,das Passwort zurücksetzen – bitte\n2,goal and coach\n"


def test_a_file_that_is_not_utf8_is_read_as_what_it_is_or_refused(visit: Visit, tmp_path: Path) -> None:
    page = visit("many")
    shown = page.locator(".file-note")

    def take(name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)
        page.get_by_label("or a file").set_input_files(tmp_path / name)

    def classified(first: str) -> None:
        page.get_by_text("2 texts", exact=True).wait_for()
        page.get_by_role("button", name="Classify").click()
        page.locator(".view-many tbody th").get_by_text(first, exact=True).wait_for()

    for name, encoding in (("plain.csv", "utf-8"), ("marked.csv", "utf-16")):
        take(name, GERMAN.encode(encoding))
        classified("das Passwort zurücksetzen – bitte")
        assert (shown.inner_text(), page.get_by_label("Encoding").count()) == ("", 0)
    take("old.csv", GERMAN.replace("bitte", "sofort").encode("windows-1252"))
    classified("das Passwort zurücksetzen – sofort")
    assert shown.inner_text() == (
        "old.csv is not UTF-8 and was read as windows-1252: “1,das Passwort zurücksetzen – sofort”. "
        "Choose another encoding if letters are wrong."
    )
    # 0x81 is no letter of Windows-1252: neither the commands nor the page suggest it.
    take("japanese.txt", "株価、上昇\n試合、終了\n".encode("shift_jis"))
    page.get_by_text("japanese.txt is neither UTF-8 nor windows-1252: choose its encoding.").wait_for()
    page.get_by_label("Encoding").select_option("shift_jis")
    classified("株価、上昇")
    for name, content in (("book.xlsx", b"PK\x03\x04\x14\x00\x06\x00texts"), ("wide.txt", "ab".encode("utf-16-le"))):
        take(name, content)
        page.get_by_text(f"{name} is no text file: .csv, .tsv and .txt in UTF-8 or another encoding").wait_for()
        assert page.get_by_label("Encoding").count() == 0


def test_a_model_of_titles_and_texts_reads_both_columns_or_says_that_it_lacks_one(visit: Visit, tmp_path: Path) -> None:
    page = visit("many")

    def learned_from_titles(route: Any) -> None:
        found = route.fetch().json()
        for model in found["models"]:
            model["record"]["columns"] = {"text": "body", "title": "subject", "label": "label"}
        route.fulfill(json=found)

    page.route("**/v1/models", learned_from_titles)
    page.reload()
    alone = page.get_by_text("from titles and texts, the columns “subject” and “body”, and is given texts alone: write")
    alone.wait_for()
    file = tmp_path / "mail.csv"
    file.write_text("body,subject\nteam match,\nshares,a much longer subject than its text\n", encoding="utf-8")
    page.get_by_label("or a file").set_input_files(file)
    alone.wait_for(state="detached")
    for title, wanted in (
        ("1", ["team match", "a much longer subject than its text shares"]),
        ("", ["team match", "shares"]),
    ):
        page.get_by_label("Title column").select_option(title)
        with page.expect_request("**/v1/classify") as asked:
            page.get_by_role("button", name="Classify").click()
        assert asked.value.post_data_json["texts"] == wanted
    alone.wait_for()
