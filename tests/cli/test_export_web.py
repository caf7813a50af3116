"""``recurra export --web``: the folder, what is said of it, and when nothing is written."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from bundles import make_bundle
from commands import Run, check_failed, everything
from rows import write_news

from recurra.bundle import int8_bundle, write_bundle
from recurra.data.wheel import PinnedFile
from recurra.export import export_onnx, web_check, web_runtime

pytest.importorskip("onnxruntime", reason="no onnxruntime: pip install 'recurra[onnx]'")

# A runtime that answers the first class to everything.
STAND_IN = b"""
export const env = { wasm: {} };
export class Tensor { constructor(type, data) { this.data = data; } }
export const InferenceSession = { create: async () => ({ run: async () => ({ probabilities: { data: [1, 0, 0] } }) }) };
"""
CONTENTS = {"ort.wasm.bundle.min.mjs": STAND_IN, "ort-wasm-simd-threaded.wasm": b"\0asm\1\0\0\0"}


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with small files in the place of ONNX Runtime's."""
    folder = tmp_path / "runtime"
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    pinned = [PinnedFile(name, hashlib.sha256(data).hexdigest(), len(data)) for name, data in CONTENTS.items()]
    monkeypatch.setattr(web_runtime, "RUNTIME_FILES", tuple(pinned))
    return folder


@pytest.fixture
def no_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_check, "find_node", lambda: None)


@pytest.mark.usefixtures("no_node")
def test_the_folder_is_written(run: Run, model: Path, runtime: Path) -> None:
    ran = run("export", model, "--web", "--out", "site", "--runtime", runtime)
    assert ran.code == 0, ran.err
    assert Path("site/model.onnx").read_bytes() == export_onnx(make_bundle()).data
    assert Path("site/runtime/ort.wasm.bundle.min.js").read_bytes() == STAND_IN
    about = json.loads(Path("site/page.json").read_text())
    assert about["name"] == model.parent.name
    assert about["files"] == sorted(
        path.relative_to("site").as_posix() for path in Path("site").rglob("*") if path.is_file()
    )
    said = " ".join(ran.out.split())
    assert "from strings to probabilities ONNX Runtime is within" in said
    assert "Not checked: the page's JavaScript and onnxruntime-web 1.30.0, for there is no Node.js here" in said
    assert said.endswith("page: site see it: python -m http.server --directory site")
    again = run("export", model, "--web", "--int8", "--out", "site", "--runtime", runtime)
    assert "page: site, which replaces the earlier page\n" in again.out
    assert Path("site/model.onnx").read_bytes() == export_onnx(int8_bundle(make_bundle())).data


@pytest.mark.usefixtures("no_node")
def test_json_holds_the_bytes_of_each_group(run: Run, trained: Path, runtime: Path) -> None:
    rows = write_news(Path("test.csv"), 40, seed=9)
    words = ["export", trained / "model.safetensors", rows, "--web", "--out", "site", "--runtime", runtime, "--json"]
    values = run(*words).json
    sizes = {path: path.stat().st_size for path in Path("site").rglob("*") if path.is_file()}
    assert values["format"] == "web"
    assert values["page"]["bytes"]["model"] == values["bytes"]["after"] == sizes[Path("site/model.onnx")]
    assert sum(values["page"]["bytes"].values()) == sum(sizes.values())
    assert (values["page"]["node"], values["program"]) == (None, None)
    assert values["page"]["runtime"] == "onnxruntime-web 1.30.0"
    assert values["exactness"]["largest_difference"] <= 1e-5
    assert values["accuracy"]["before"] == values["accuracy"]["after"]


@pytest.mark.skipif(shutil.which("node") is None, reason="no node: install Node.js 20 or later")
def test_a_page_with_other_answers_is_not_written(run: Run, model: Path, runtime: Path, tmp_path: Path) -> None:
    before = everything(tmp_path)
    failed = run("export", model, "--web", "--out", "site", "--runtime", runtime, "-q")
    check_failed(failed, 1, "a probability that differs by", "and 1e-05 is allowed; nothing is written")
    assert everything(tmp_path) == before


@pytest.mark.skipif(shutil.which("node") is None, reason="no node: install Node.js 20 or later")
def test_a_node_that_fails_is_told(
    run: Run, model: Path, runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "read.mjs"
    script.write_text("throw new TypeError('too old');")
    monkeypatch.setattr(web_check, "SCRIPT", script)
    failed = run("export", model, "--web", "--out", "site", "--runtime", runtime, "-q")
    check_failed(failed, 1, "Node.js fails: TypeError: too old", "Update Node.js")
    assert not Path("site").exists()


def test_what_cannot_be_used(run: Run, model: Path, runtime: Path, tmp_path: Path) -> None:
    Path("notes").mkdir()
    Path("notes/mine.txt").write_text("x")
    before = everything(tmp_path)
    both = run("export", model, "--onnx", "--web", "--out", "site")
    check_failed(both, 2, "--onnx and --web were given. Give one of them")
    lone = run("export", model, "--onnx", "--out", "a.onnx", "--runtime", runtime)
    check_failed(lone, 2, f"--runtime {runtime} is given without --web")
    for out in ("notes", model, "none/site"):
        taken = run("export", model, "--web", "--out", out, "--runtime", runtime)
        assert taken.code in (1, 2)
        assert taken.out == ""
    empty = run("export", model, "--web", "--out", "site", "--runtime", "notes", "-q")
    check_failed(
        empty, 2, "--runtime notes has neither onnxruntime-web-1.30.0.tgz nor", "npm pack onnxruntime-web@1.30.0"
    )
    assert everything(tmp_path) == before


def test_without_npm_one_line_says_what_to_do(
    run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    failed = run("export", model, "--web", "--out", "site", "-q")
    check_failed(
        failed, 1, "npm is missing", "Install npm. Or fetch it elsewhere with `npm pack onnxruntime-web@1.30.0`"
    )
    assert everything(tmp_path) == before


def test_other_tokenizers_are_refused_before_anything_is_fetched(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rjieba", reason="no rjieba: pip install 'recurra[chinese]'")
    from dataclasses import replace

    bundle = make_bundle()
    write_bundle(replace(bundle, text=bundle.text.replace(tokens="jieba")), "jieba.safetensors")
    monkeypatch.setattr(web_runtime, "read_runtime", lambda *_: pytest.fail("fetched"))
    failed = run("export", "jieba.safetensors", "--web", "--out", "site", "-q")
    # What comes before is said of the segmenter's version.
    last = failed._replace(err=failed.err.splitlines()[-1])
    check_failed(last, 2, "reads the words of the segmenter jieba", "Export a model of characters")
