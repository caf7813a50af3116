"""The folder of a page: what is in it, and that nothing of anyone's is replaced."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from page_models import make_page_model

from recurra.errors import RecurraError
from recurra.export import web_page
from recurra.export.web_page import check_page_folder, page_bytes, page_files, static_files, write_page

RUNTIME = {"ort.wasm.bundle.min.mjs": b"export {};", "ort-wasm-simd-threaded.wasm": b"\0asm"}


def files(**others: Any) -> dict[str, bytes]:
    bundle = others.pop("bundle", None) or make_page_model("words")
    return page_files(bundle, b"onnx", **{"name": "tickets", "runtime": RUNTIME, "notices": b"thanks", **others})


def there(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_all_that_the_page_names() -> None:
    made = files()
    assert {"index.html", "page.json", "unicode.json", "model.onnx", "runtime/LICENSE.txt", "icon.svg"} <= set(made)
    assert made["model.onnx"] == b"onnx"
    assert made["runtime/ort.wasm.bundle.min.js"] == b"export {};"
    assert made["runtime/ort-wasm-simd-threaded.wasm"] == b"\0asm"
    assert made["runtime/ThirdPartyNotices.txt"] == b"thanks"
    html = made["index.html"].decode()
    for place in re.findall(r'(?:src|href)="([^"]+)"', html):
        assert place in made
    for path, content in made.items():
        if path.startswith("js/"):
            for place in re.findall(r'from "\./([^"]+)"|from "\.\./([^"]+)"', content.decode()):
                assert (f"js/{place[0]}" if place[0] else place[1]) in made
    # Nothing inline, nothing from elsewhere, no server's absolute path.
    assert not re.search(r"<script(?! type=\"module\" src=)|<style| style=| on\w+=", html)
    assert not re.search(rb"https?://(?!www\.w3\.org|localhost)", b"".join(static_files().values()))
    about = json.loads(made["page.json"])
    assert about["files"] == sorted(made)
    assert about["load_bytes"] == len(b"onnx") + len(b"\0asm") + len(made["unicode.json"])
    assert (about["name"], about["labels"], about["thresholds"]) == ("tickets", ["a", "b", "c"], None)
    assert about["network"] == {"cell": "LSTM", "layers": 1, "units": 4, "bidirectional": False, "branch": True}


def test_what_the_page_says_of_other_models() -> None:
    model = make_page_model(
        "characters", labels=(3, 7), thresholds=(0.25, 0.5), cell="gru", layers=2, branch=False,
        text={"field": "title", "max_tokens": 9},
    )  # fmt: skip
    about = json.loads(files(bundle=model, notices=None)["page.json"])
    assert (about["labels"], about["thresholds"]) == (["3", "7"], [0.25, 0.5])
    assert (about["max_tokens"], about["reads_title"], about["notices"]) == (9, True, None)
    assert about["network"] == {"cell": "GRU", "layers": 2, "units": 4, "bidirectional": False, "branch": False}
    branched = make_page_model("words", text={"max_tokens": 9}, branch_max_tokens=20)
    assert json.loads(files(bundle=branched)["page.json"])["max_tokens"] == 20


def test_bytes_are_counted_by_group() -> None:
    made = files()
    sizes = page_bytes(made)
    assert sum(sizes.values()) == sum(map(len, made.values()))
    assert sizes["model"] == 4
    assert sizes["text"] == len(made["unicode.json"])
    assert sizes["runtime"] == 10 + 4 + 6 + len(made["runtime/LICENSE.txt"])


def test_a_page_is_written_whole_and_replaces_a_page(tmp_path: Path) -> None:
    made = files()
    assert write_page(made, tmp_path / "site") is False
    assert there(tmp_path / "site") == made
    other = files(name="other", notices=None)
    assert write_page(other, tmp_path / "site") is True
    assert there(tmp_path / "site") == other
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    (tmp_path / "link").symlink_to(tmp_path / "site")
    assert write_page(made, tmp_path / "link") is True
    assert there(tmp_path / "site") == made
    assert (tmp_path / "link").is_symlink()


def test_nothing_else_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "page.json").write_text('{"files": ["page.json"]}')
    write_page(files(), tmp_path / "site")
    (tmp_path / "site" / "js" / "mine.js").write_text("x")
    before = there(tmp_path)
    refusals = {
        "file": "is a file, and a page is a folder",
        "notes": "with 'page.json', which no export of a page wrote",
        "site": "with 'js/mine.js', which no export of a page wrote; it is kept",
        "no/site": "there is no folder",
    }
    for name, words in refusals.items():
        with pytest.raises(RecurraError, match=words):
            check_page_folder(tmp_path / name)
        with pytest.raises(RecurraError, match=words):
            write_page(files(), tmp_path / name)
    assert there(tmp_path) == before


def test_an_empty_folder_may_be_taken(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    write_page(files(), tmp_path / "site")
    assert set(there(tmp_path / "site")) == set(files())


@pytest.mark.parametrize("about", ["[" * 100_000, "[]", '{"format": "recurra page 1", "files": 3}', "\udc80"])
def test_a_damaged_list_of_files_makes_it_no_page(tmp_path: Path, about: str) -> None:
    write_page(files(), tmp_path / "site")
    (tmp_path / "site" / "page.json").write_bytes(about.encode("utf-8", "surrogateescape"))
    with pytest.raises(RecurraError, match="which no export of a page wrote"):
        check_page_folder(tmp_path / "site")


def test_a_failure_leaves_the_old_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = files()
    write_page(made, tmp_path / "site")
    full = OSError(28, "No space left on device")

    def fail(_: int) -> None:
        raise full

    with monkeypatch.context() as patched:
        patched.setattr(web_page.os, "fsync", fail)
        with pytest.raises(RecurraError, match=r"No space left on device\. Free some space"):
            write_page(files(name="other"), tmp_path / "site")
    rename = Path.rename

    def fail_once(path: Path, target: Path) -> Path:
        if path.name.endswith(".tmp"):
            raise full
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", fail_once)
        with pytest.raises(RecurraError, match="No space left on device"):
            write_page(files(name="other"), tmp_path / "site")
    assert there(tmp_path / "site") == made
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def words_of(language: str) -> dict[str, str]:
    """The page's words in one language by their keys, as written in the source: "…" or { one: "…", other: "…" }."""
    source = static_files()["js/words.js"].decode()
    block = re.search(rf"^  {language}: {{$(.*?)^  }},$", source, re.MULTILINE | re.DOTALL)
    assert block is not None
    return dict(re.findall(r"^    (\w+):\s*(.+?),$", block[1], re.MULTILINE | re.DOTALL))


def test_both_languages_say_the_same_things() -> None:
    english, japanese = words_of("en"), words_of("ja")
    assert list(english) == list(japanese)
    for key, text in english.items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", japanese[key])), key
        assert re.search("[\u3001\u3040-\u9fff]", japanese[key]), key
    sources = "".join(content.decode() for path, content in static_files().items() if path.startswith("js/"))
    asked = set(re.findall(r'\bt\("(\w+)"', sources))
    # Chosen by a condition, or by the name of a file.
    asked |= {"title", "text", "licence", "notices", "columnText", "columnLabel", "columnShare"}
    assert asked == set(english)


def test_texts_never_become_markup_or_code() -> None:
    sources = "".join(content.decode() for path, content in static_files().items() if path.startswith("js/"))
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", sources)
