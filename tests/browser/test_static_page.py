"""The folder of `recurra export --web` in a browser: it answers what the model answers, from any server of files."""

from __future__ import annotations

import csv
import json
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from browser_tools import percent, wait_until
from bundles import make_bundle
from page_models import ODD, TEXTS, make_page_model

from recurra.bundle import Bundle
from recurra.export import export_onnx, odd_documents
from recurra.export.preprocessing import preprocessing
from recurra.export.unicode_tables import unicode_tables
from recurra.export.web_check import browser_texts, network_inputs
from recurra.export.web_page import page_files, static_files, write_page
from recurra.export.web_runtime import cached_runtime, read_notices, read_runtime
from recurra.runtime import Model

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Every code point, once more for each kind of tokens.
EXHAUSTIVE = [pytest.mark.slow, pytest.mark.exhaustive]

ALL = {
    "words": {"bidirectional": True, "pooling": ("max", "mean")},
    "characters": {"cell": "gru", "text": {"max_tokens": 40}},
    "bytes": {"cell": "simple_rnn", "scale": 0.3},
    "lesson": {"pooling": ("attention",), "masked": False},
    "titles": {"text": {"field": "title", "first_words": 3}},
    "several labels": {"labels": ("a", "b", "c", "d"), "thresholds": (0.3, 0.6, 0.5, 0.4)},
}

# In the page: what its modules read of texts.
READ = """async ({ values, unicode, texts }) => {
  const { Inputs } = await import("./js/predictor.js");
  const { Unicode } = await import("./js/unicode.js");
  const inputs = new Inputs(values, new Unicode(unicode));
  return texts.map((text) => inputs.inputs(inputs.tokens(text)));
}"""

# In the page: what its worker answers to texts.
ASK = """async (texts) => {
  const worker = new Worker("js/worker.js", { type: "module" });
  const next = () => new Promise((done) => { worker.onmessage = ({ data }) => done(data); });
  for (let told = await next(); told.kind !== "ready"; told = await next())
    if (told.kind === "failed") throw new Error(told.message);
  const answers = [];
  for (const text of texts) {
    worker.postMessage({ id: answers.length, text });
    answers.push(await next());
  }
  worker.terminate();
  return answers;
}"""

# In the page: a worker that answers when it is told to, and what is shown meanwhile.
STALE = """async () => {
  const { Asking } = await import("./js/asking.js");
  const asked = [], shown = [];
  const asking = new Asking({ postMessage: (question) => asked.push(question) }, ({ text }) => shown.push(text));
  const answer = () => asking.take(asked.at(-1));
  asking.ask("a"); asking.ask("ab"); asking.ask("abc");
  answer(); answer();
  asking.ask("x"); asking.forget();
  answer();
  asking.ask("y");
  answer();
  return [asked.map(({ text }) => text), shown];
}"""


class Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """An empty folder and the address at which Python's own server of files shows it."""
    folder = tmp_path_factory.mktemp("sites")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def runtime() -> dict[str, bytes]:
    """ONNX Runtime for browsers, without asking the network."""
    if given := os.environ.get("RECURRA_WEB_RUNTIME"):
        return read_runtime(Path(given), print)
    found = cached_runtime()
    if found is None:
        pytest.skip(
            "no onnxruntime-web in the cache: run `recurra export MODEL --web --out site` once, or set "
            "RECURRA_WEB_RUNTIME to what --runtime takes"
        )
    return found


@pytest.fixture(scope="module")
def write(sites: tuple[Path, str], runtime: dict[str, bytes]) -> Callable[[str, Bundle], str]:
    """Writes the page of a model; its address."""

    def written(name: str, bundle: Bundle) -> str:
        onnx = pytest.importorskip("onnx", reason="no onnx: pip install 'recurra[onnx]'")
        assert onnx
        folder, address = sites
        data = export_onnx(bundle).data
        write_page(page_files(bundle, data, name=name, runtime=runtime, notices=read_notices()), folder / name)
        return f"{address}/{name}/"

    return written


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address. In the end nothing may have been asked of another host, refused by the policy, or failed."""
    problems: list[str] = []
    contexts = []

    def opened(address: str, *, width: int = 1280, expected: tuple[str, ...] = (), **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        host = urlsplit(address).netloc
        page.on(
            "console",
            lambda told: problems.append(told.text) if not any(words in told.text for words in expected) else None,
        )
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda sent: problems.append(sent.url) if urlsplit(sent.url).netloc != host else None)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def type_text(page: Page, text: str) -> None:
    """Types a text and waits for its answer."""
    page.locator("#text").fill(text)
    wait_until(page, "document.querySelector('.answer-name, .notice') && !document.querySelector('[aria-busy]')")


def bars(page: Page) -> list[str]:
    """The names and shares that the page shows, without what is for screen readers alone."""
    return [
        f"{bar.locator('> span').first.inner_text()} {bar.locator('.figure').evaluate('one => one.firstChild.data')}"
        for bar in page.locator(".bar").all()
    ]


@pytest.mark.parametrize("name", ALL)
def test_the_page_answers_what_the_model_answers(
    name: str, write: Callable[[str, Bundle], str], visit: Callable[..., Page], data_dir: Path
) -> None:
    model = make_page_model(name if name in ("words", "characters", "bytes", "lesson") else "words", **ALL[name])
    rows = (data_dir / "agnews" / "train.csv").read_text(encoding="utf-8").splitlines()[1:40]
    texts = browser_texts([*TEXTS, *odd_documents(model.pipeline), *rows])
    answers = visit(write(name.replace(" ", "-"), model)).evaluate(ASK, texts)
    assert [answer["kind"] for answer in answers] == ["answer"] * len(texts)
    found = np.array([answer["probabilities"] for answer in answers])
    np.testing.assert_allclose(found, Model(model).predict_proba(texts), rtol=0, atol=1e-5)
    read = [len(ids) for ids in model.whole_pipeline.encode(texts)]
    assert [answer["tokens"] for answer in answers] == read


def test_what_is_shown_while_typing(write: Callable[[str, Bundle], str], visit: Callable[..., Page]) -> None:
    model = make_page_model("words")
    page = visit(write("shown", model))
    page.get_by_text("The answer appears while you type.").wait_for()
    assert page.title() == "shown – Recurra"
    page.get_by_label("Text to classify").press_sequentially("Oil prices zzz", delay=15)
    wait_until(page, "document.querySelector('.answer-name') && !document.querySelector('[aria-busy]')")
    (shares,) = Model(model).predict_proba(["Oil prices zzz"]).tolist()
    order = sorted(range(3), key=lambda place: -shares[place])
    assert bars(page) == [f"{'abc'[place]} {percent(shares[place])}" for place in order]
    assert page.locator(".answer-name").inner_text() == "abc"[order[0]]
    unknown = model.pipeline.encode(["Oil prices zzz"]).values.tolist().count(1)
    assert page.locator("#read").inner_text() == f"3 tokens read · {unknown} unknown"
    wait_until(page, f"document.querySelector('#said').textContent === '{'abc'[order[0]]} {percent(max(shares))}'")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("The answer appears while you type.").wait_for()
    assert page.locator("#text").input_value() == ""
    assert page.evaluate("document.activeElement.id") == "text"


def test_a_text_beyond_what_the_model_reads(write: Callable[[str, Bundle], str], visit: Callable[..., Page]) -> None:
    model = make_page_model("words", branch=False, text={"max_tokens": 2})
    page = visit(write("limited", model))
    type_text(page, " ".join(token for token in model.vocabulary.tokens if token.isalpha() and token.isascii()))
    assert page.locator("#read").inner_text() == "2 tokens read · 0 unknown · only the first 2 are read"


def test_markup_stays_text(write: Callable[[str, Bundle], str], visit: Callable[..., Page]) -> None:
    page = visit(write("markup", make_page_model("words", labels=("<img src=x onerror=alert(1)>", "&amp;"))))
    type_text(page, "<b>oil</b>")
    assert {bar.rsplit(" ", 1)[0] for bar in bars(page)} == {"<img src=x onerror=alert(1)>", "&amp;"}
    assert page.locator("main img").count() == 0


def test_several_labels_and_their_thresholds(write: Callable[[str, Bundle], str], visit: Callable[..., Page]) -> None:
    model = make_page_model("words", labels=("a", "b", "c", "d"), thresholds=(0.1, 0.6, 0.2, 0.999))
    page = visit(write("several", model))
    for text in TEXTS:
        type_text(page, text)
        (shares,) = Model(model).predict_proba([text]).tolist()
        given = [place for place in range(4) if shares[place] >= model.thresholds[place]]  # type: ignore[index]
        given.sort(key=lambda place: -shares[place])
        names = ", ".join("abcd"[place] for place in given) or "No label reaches its threshold"
        assert page.locator(".answer-name").inner_text() == names
        assert [bar[2] for bar in bars(page) if bar.startswith("✓ ")] == ["abcd"[place] for place in given]
    high = percent(0.999)
    assert f"(threshold {high})" in page.locator(".bar .figure", has_text=high).inner_text()


def test_of_many_labels_ten_are_in_sight(write: Callable[[str, Bundle], str], visit: Callable[..., Page]) -> None:
    model = make_bundle(labels=tuple(f"card arrival number {place}" for place in range(77)))
    page = visit(write("many", model), width=390)
    type_text(page, "oil prices rise")
    assert page.locator(".bar:visible").count() == 10
    page.get_by_text("67 more labels", exact=True).click()
    assert page.locator(".bar:visible").count() == 77
    shares = np.sort(Model(model).predict_proba(["oil prices rise"])[0])[::-1].tolist()
    assert [bar.rsplit(" ", 1)[1] for bar in bars(page)] == [percent(share) for share in shares]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_no_fault_that_axe_finds(
    width: int, scheme: str, write: Callable[[str, Bundle], str], visit: Callable[..., Page]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe: pip install 'recurra[dev]'")
    labels = tuple(f"label {place}" for place in range(14))
    address = write("axe", make_page_model("words", labels=labels, thresholds=[0.5] * 14))
    page = visit(address, width=width, color_scheme=scheme, reduced_motion="reduce")
    page.get_by_text("The answer appears while you type.").wait_for()
    for text in ("", TEXTS[0]):
        if text:
            type_text(page, text)
            page.locator(".answer summary").click()
            page.get_by_text("Many texts", exact=True).click()
            page.get_by_label("One text a line").fill("oil\nprices")
            page.get_by_role("button", name="Classify").click()
            page.get_by_text("The first 2 of 2").wait_for()
        found = axe.Axe().run(page).response["violations"]
        assert {one["id"]: [node["html"][:200] for node in one["nodes"]] for one in found} == {}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_many_texts_at_once(write: Callable[[str, Bundle], str], visit: Callable[..., Page]) -> None:
    model = make_page_model("words", labels=('a "quoted" one', "b, c", "d"))
    page = visit(write("batch", model), accept_downloads=True)
    texts = ["Oil prices rise", "the team, and “Rome”", 'a "late" match', *(f"oil {place}" for place in range(30))]
    page.get_by_text("Many texts", exact=True).click()
    page.get_by_label("One text a line").fill("\n\n".join(texts))
    page.get_by_role("button", name="Classify").click()
    page.get_by_text("The first 20 of 33").wait_for()
    shares = Model(model).predict_proba(texts)
    cells = page.locator("tbody tr").first.locator("td").all_inner_texts()
    assert cells == [texts[0], str(model.labels.classes[shares[0].argmax()]), percent(shares[0].max())]
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download all as CSV").click()
    with begun.value.path().open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["text", "label", *model.labels.classes]
    assert [row[0] for row in rows] == texts
    assert [row[1] for row in rows] == [model.labels.classes[place] for place in shares.argmax(axis=1)]
    np.testing.assert_allclose(np.array([row[2:] for row in rows], dtype=float), shares, rtol=0, atol=1e-5)
    # The single text is answered as before.
    type_text(page, texts[0])
    assert len(bars(page)) == 3


def test_in_japanese(write: Callable[[str, Bundle], str], visit: Callable[..., Page]) -> None:
    page = visit(write("japanese", make_page_model("characters")), locale="ja-JP")
    type_text(page, "好的")
    assert page.evaluate("document.documentElement.lang") == "ja"
    assert page.locator("#read").inner_text().endswith("未知 0")
    page.get_by_label("言語").select_option("en")
    assert page.locator("#read").inner_text() == "2 tokens read · 0 unknown"
    assert page.locator("#text").input_value() == "好的"


def test_a_folder_that_is_not_complete_says_so(
    sites: tuple[Path, str], write: Callable[[str, Bundle], str], visit: Callable[..., Page]
) -> None:
    address = write("broken", make_page_model("words"))
    (sites[0] / "broken" / "model.onnx").unlink()
    page = visit(address, expected=("404",))
    page.get_by_role("heading", name="The model could not be loaded").wait_for()
    assert "model.onnx: 404" in page.locator(".answer").inner_text()
    wait_until(page, "document.querySelector('#said').textContent.includes('could not be loaded')")


@pytest.fixture(scope="module")
def plain(sites: tuple[Path, str]) -> str:
    """The address of an empty page beside the page's own files, without a model."""
    for path, content in static_files().items():
        place = sites[0] / "plain" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    # Without its icon a browser would ask for another one.
    (sites[0] / "plain" / "empty.html").write_text('<!doctype html><link rel="icon" href="icon.svg">')
    return f"{sites[1]}/plain/empty.html"


@pytest.mark.parametrize(
    "tokens", ["words", *(pytest.param(name, marks=EXHAUSTIVE) for name in ("lesson", "characters", "bytes"))]
)
def test_the_browser_reads_every_code_point_as_python_does(tokens: str, plain: str, visit: Callable[..., Page]) -> None:
    every = [c for c in map(chr, range(0x110000)) if not "\ud800" <= c <= "\udfff"]
    blocks = ["".join(every[first : first + 4001]) for first in range(0, len(every), 4001)]
    model = make_page_model(tokens, texts=blocks[::2], branch=False)
    texts = browser_texts([*TEXTS, *ODD, *blocks])
    sent = {"values": preprocessing(model), "unicode": unicode_tables(model.text), "texts": texts}
    page = visit(plain)
    # As JSON, in which a text of Playwright's protocol may hold a lone surrogate.
    found = page.evaluate(f"async (sent) => JSON.stringify(await ({READ})(JSON.parse(sent)))", json.dumps(sent))
    pairs = zip(json.loads(found), network_inputs(model, texts), strict=True)
    assert [text[:40] for text, (theirs, ours) in zip(texts, pairs, strict=True) if theirs != ours] == []


def test_an_answer_to_an_earlier_text_is_never_shown(plain: str, visit: Callable[..., Page]) -> None:
    asked, shown = visit(plain).evaluate(STALE)
    assert asked == ["a", "abc", "x", "y"]
    assert shown == ["abc", "y"]


def test_opened_as_a_file_it_says_what_to_do(sites: tuple[Path, str], plain: str, browser: Browser) -> None:
    assert plain
    page = browser.new_page()
    page.goto((sites[0] / "plain" / "index.html").as_uri())
    page.get_by_text("It cannot be opened as a file").wait_for()
    assert "python -m http.server" in page.locator("main").inner_text()
    page.close()
