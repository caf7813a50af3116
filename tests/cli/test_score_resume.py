"""``recurra score`` killed at any moment and resumed writes the same file, to the byte."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import WORDS, make_bundle
from commands import Run, check_failed, everything
from rows import write_table

from recurra.batch_prediction import resumable_file
from recurra.batch_prediction.resumable_file import ResumableFile, Tally
from recurra.bundle import write_bundle
from recurra.runtime import Model

ROWS = 100
TEXTS = [" ".join(WORDS[(n * 7 + k) % len(WORDS)] for k in range(n % 6)) for n in range(ROWS)]
OUTS = ["out.csv", "out.jsonl", "out.parquet", "out.csv.gz", "out.jsonl.zst"]

# A process that forks one for each run, which begins at once, with blocks so small that these rows make many, a line of
# the journal after each, and the end at a moment of choice.
SERVER = """
import json, os, signal, sys
import pyarrow.csv, pyarrow.parquet, recurra.runtime, recurra.batch_prediction.predict
from pathlib import Path
from recurra.cli import main
from recurra.cli import score
from recurra.data import blocks, json_lines, sources
from recurra.batch_prediction import compression, document_batches, parquet, resumable_file
blocks.BLOCK_BYTES, blocks.BLOCK_ROWS, json_lines.BLOCK_BYTES, document_batches.BATCH = 512, 9, 300, 4
resumable_file.CHECKPOINT_SECONDS, resumable_file._DISK_SHARE = 0.0, 1e9
parquet.ROW_GROUP, compression.MEMBER_BYTES = 10, 200
calls = 0
# A process that is killed leaves what it wrote, on the disk or on its way there.
os.fsync = lambda descriptor: None

def dying(function, moment, count, after):
    def call(*words, **named):
        global calls
        calls += 1
        if calls < count:
            return function(*words, **named)
        if after:
            function(*words, **named)
        elif moment == "torn":
            words[0]._journal.write(b'{"bytes": 1')
            words[0]._journal.flush()
            words[0]._file.write(b"half a li")
            words[0]._file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    return call

PLACES = {
    "write": (resumable_file.ResumableFile, "write", True),
    "checkpoint": (resumable_file.ResumableFile, "checkpoint", True),
    "torn": (resumable_file.ResumableFile, "checkpoint", False),
    "fsync": (os, "fsync", False),
    "named": (Path, "replace", True),
    "unlinked": (Path, "unlink", False),
}
for line in sys.stdin:
    moment, count, words = json.loads(line)
    if (child := os.fork()) == 0:
        if moment:
            owner, name, after = PLACES[moment]
            setattr(owner, name, dying(getattr(owner, name), moment, count, after))
        os.dup2(2, 1)
        os._exit(main(words))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[subprocess.Popen[str]]:
    if not hasattr(os, "fork"):
        pytest.skip("processes cannot be forked here")
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", SERVER], **pipes) as process:
        yield process


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    write_bundle(make_bundle(scale=3), tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def write_data(kind: str) -> Path:
    rows = [(f'nr "{n}"', text) for n, text in enumerate(TEXTS)]
    if kind == ".jsonl":
        Path("data.jsonl").write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in rows))
        return Path("data.jsonl")
    path = write_table(Path("data.csv"), ("id", "text"), rows)
    if kind == ".csv.gz":
        Path("data.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    return Path(f"data{kind}")


def child(server: subprocess.Popen[str], moment: str, count: int, *words: object) -> int:
    """The exit code of a run, which is -9 for one that was killed."""
    assert server.stdin is not None
    assert server.stdout is not None
    absolute = [str(Path(word).absolute()) if Path(str(word)).suffix else str(word) for word in map(str, words)]
    server.stdin.write(json.dumps([moment, count, absolute]) + "\n")
    server.stdin.flush()
    return int(server.stdout.readline())


MOMENTS = [("write", 1), ("write", 9), ("checkpoint", 1), ("torn", 7), ("fsync", 12), ("named", 1), ("unlinked", 1)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "out", "moments"),
    [
        (".csv", "out.csv", MOMENTS),
        (".csv.gz", "out.parquet", [("torn", 7), ("named", 1), ("unlinked", 1)]),
        (".jsonl", "out.jsonl.gz", [("torn", 7), ("write", 3)]),
    ],
)
def test_killed_and_resumed(kind: str, out: str, moments: list[tuple[str, int]], server: Any, classifier: Path) -> None:
    data = write_data(kind)
    words = ["score", classifier, data, "--out", out, "--all", "--quiet", "--text", "text"]
    assert child(server, "", 0, *words) == 0
    expected = Path(out).read_bytes()
    before = sorted(path.name for path in Path().iterdir())
    for moment, count in moments:
        Path(out).unlink(missing_ok=True)
        assert child(server, moment, count, *words) == -signal.SIGKILL
        # Either it has not its name yet, or it is whole.
        assert not Path(out).exists() or Path(out).read_bytes() == expected
        # Killed once more on the way, where it can be, and then left alone.
        child(server, "checkpoint", 5, *words, "--resume")
        assert child(server, "", 0, *words, "--resume") == 0
        assert Path(out).read_bytes() == expected, (moment, count)
        assert sorted(path.name for path in Path().iterdir()) == before


@pytest.fixture
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    from recurra.batch_prediction import compression, document_batches, parquet
    from recurra.data import blocks

    monkeypatch.setattr(blocks, "BLOCK_BYTES", 512)
    monkeypatch.setattr(document_batches, "BATCH", 4)
    monkeypatch.setattr(resumable_file, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(resumable_file, "_DISK_SHARE", 1e9)
    monkeypatch.setattr(parquet, "ROW_GROUP", 10)
    monkeypatch.setattr(compression, "MEMBER_BYTES", 200)


def interrupted_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after so many lines of the journal."""
    calls: list[Tally] = []
    usual = ResumableFile.checkpoint

    def checkpoint(self: ResumableFile, tally: Tally) -> None:
        usual(self, tally)
        calls.append(tally)
        if len(calls) == count:
            raise KeyboardInterrupt

    monkeypatch.setattr(ResumableFile, "checkpoint", checkpoint)


@pytest.mark.usefixtures("_often")
@pytest.mark.parametrize("out", OUTS)
def test_ctrl_c_keeps_what_was_answered(out: str, run: Run, classifier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_data(".csv")
    words = ["score", classifier, data, "--out", out, "--text", "text"]
    whole = run(*words, "--json").json
    expected = Path(out).read_bytes()
    Path(out).unlink()
    with monkeypatch.context() as patch:
        interrupted_after(6, patch)
        ran = run(*words, "--quiet")
    assert (ran.code, ran.out, ran.err) == (130, "", f"recurra: interrupted. --resume goes on with {out}.\n")
    assert not Path(out).exists()
    found = run(*words, "--resume", "--json").json
    assert Path(out).read_bytes() == expected
    assert 0 < found["resumed_after"] < ROWS
    assert found["notes"][0] == f"going on after {found['resumed_after']:,} rows that an earlier run answered"
    assert (found["rows"], found["labels"]) == (whole["rows"], whole["labels"])
    assert found["notes"][1:] == whole["notes"]


@pytest.mark.usefixtures("_often")
def test_only_the_same_run_goes_on(run: Run, classifier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_data(".csv")
    words = ["score", classifier, data, "--out", "out.csv", "--text", "text"]
    run(*words, "-q")
    expected = Path("out.csv").read_bytes()
    with monkeypatch.context() as patch:
        interrupted_after(3, patch)
        assert run(*words, "-q").code == 130
    left = everything(Path())
    for more, shown in (
        (["--all"], "was begun with other columns (--keep, --all), new: "),
        (["--keep", "id"], "was begun with other columns (--keep, --all), missing now: "),
        (["--encoding", "latin-1"], "was begun with --encoding 'utf-8', and this run has 'latin-1'"),
        (["--abstain-below", "0.5"], "was begun with no --abstain-below, and this run has 0.5"),
    ):
        check_failed(run(*words, "--resume", "-q", *more), 1, shown, "leave out --resume to start again")
        assert everything(Path()) == left
    other = Path("other.safetensors")
    write_bundle(make_bundle(scale=2), other)
    ran = run("score", other, *words[2:], "--resume", "-q")
    check_failed(ran, 1, "was begun with other contents of the model")
    data.write_bytes(data.read_bytes().replace(b"nr", b"no", 1))
    check_failed(run(*words, "--resume", "-q"), 1, "was begun with other contents of the data")
    # Without --resume it starts from the first row and says so, and what was left is gone.
    write_data(".csv")
    ran = run(*words, "--json")
    assert ran.code == 0
    assert any(
        re.match(r"an interrupted run had answered \d+ rows: beginning again at the first row", note)
        for note in ran.json["notes"]
    )
    assert Path("out.csv").read_bytes() == expected
    assert not list(Path().glob(".*"))


@pytest.mark.usefixtures("_often")
def test_files_fetched_again_are_the_same(run: Run, classifier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh container fetches the data and the model again: the same bytes at another time."""
    data = write_data(".csv")
    words = ["score", classifier, data, "--out", "out.csv", "--text", "text"]
    run(*words, "-q")
    expected = Path("out.csv").read_bytes()
    with monkeypatch.context() as patch:
        interrupted_after(3, patch)
        assert run(*words, "-q").code == 130
    for path in (data, Path(classifier)):
        os.utime(path, (1, 1))
    ran = run(*words, "--resume", "--json")
    assert ran.json["resumed_after"] > 0
    assert Path("out.csv").read_bytes() == expected


@pytest.mark.usefixtures("_often")
@pytest.mark.parametrize("out", OUTS)
@pytest.mark.parametrize("several", [False, True])
def test_rows_without_an_answer_are_gone_on_with(
    several: bool, out: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = make_bundle(scale=3, thresholds=(0.6, 0.3, 0.8) if several else None)
    write_bundle(bundle, tmp_path / "model.safetensors")
    data = write_data(".csv")
    # So many rows are answered that a resumed run meets both kinds.
    below = float(np.median(Model(bundle).predict_proba(TEXTS).max(axis=1)))
    own = [] if several else ["--abstain-below", repr(below)]
    words = ["score", "model.safetensors", data, "--out", out, "--text", "text", *own]
    whole = run(*words, "--json").json
    expected = Path(out).read_bytes()
    Path(out).unlink()
    with monkeypatch.context() as patch:
        interrupted_after(6, patch)
        assert run(*words, "-q").code == 130
    if several:
        # As many labels, but another mark between them.
        marked = replace(bundle, record={**bundle.record, "label_separator": "; "})
        write_bundle(marked, tmp_path / "other.safetensors")
        other = ["score", "other.safetensors", *words[2:]]
        check_failed(run(*other, "--resume", "-q"), 1, "was begun with other contents of the model")
    else:
        for value, shown in (([], "none"), (["--abstain-below", "0.5"], "0.5")):
            ran = run(*words[:-2], *value, "--resume", "-q")
            check_failed(ran, 1, f"was begun with --abstain-below {below!r}, and this run has {shown}")
    found = run(*words, "--resume", "--json").json
    assert Path(out).read_bytes() == expected
    assert 0 < found["resumed_after"] < ROWS
    assert 0 < found["unanswered"] < ROWS
    assert all(found[name] == whole[name] for name in ("rows", "labels", "unanswered"))


@pytest.mark.usefixtures("_often")
def test_there_may_be_nothing_to_go_on_from(run: Run, classifier: Path) -> None:
    data = write_data(".csv")
    notes = run("score", classifier, data, "--out", "out.csv", "--resume", "--json").json["notes"]
    assert notes[1] == "there is no earlier run to resume: starting at the first row"
    assert not list(Path().glob(".*"))
    before = Path("out.csv").read_bytes()
    notes = run("score", classifier, data, "--out", "out.csv", "--resume", "--json").json["notes"]
    assert notes[1] == "out.csv exists, and no interrupted run to resume: it is written again from the first row"
    assert Path("out.csv").read_bytes() == before


@pytest.mark.usefixtures("_often")
def test_a_fault_in_the_data_leaves_nothing(run: Run, classifier: Path, tmp_path: Path) -> None:
    data = write_data(".csv")
    data.write_bytes(data.read_bytes() + b"a,b,c\n")
    before = everything(tmp_path)
    check_failed(run("score", classifier, data, "--out", "out.csv", "--text", "text", "-q"), 1, "has 3 fields")
    assert everything(tmp_path) == before


def test_two_at_once_are_refused(run: Run, classifier: Path) -> None:
    pytest.importorskip("fcntl")
    data = write_data(".csv")
    with ResumableFile(Path("out.csv"), {}, resume=False) as part:
        ran = run("score", classifier, data, "--out", "out.csv", "-q")
        check_failed(ran, 1, "out.csv is being written by another process")
        part.write(b"whole")
        part.finish()
    assert Path("out.csv").read_bytes() == b"whole"


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_private_file_stays_private(run: Run, classifier: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(name).write_bytes(b"old")
    Path(name).chmod(0o600)
    modes: list[int] = []
    finish = ResumableFile.finish

    def looked_at(part: ResumableFile, *arguments: Any) -> None:
        modes.append(stat.S_IMODE(Path(f".{name}.part").stat().st_mode))
        finish(part, *arguments)

    monkeypatch.setattr(ResumableFile, "finish", looked_at)
    assert run("score", classifier, write_data(".csv"), "--out", name, "-q").code == 0
    assert modes == [0o600]
    assert Path(name).read_bytes() != b"old"
    assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600


def test_a_link_in_the_parts_place_is_not_followed(run: Run, classifier: Path, tmp_path: Path) -> None:
    data = write_data(".csv")
    (tmp_path / "precious").write_text("precious")
    for name in (".out.csv.part", ".out.csv.part.json"):
        (tmp_path / name).symlink_to(tmp_path / "precious")
        check_failed(run("score", classifier, data, "--out", "out.csv", "-q"), 1, "out.csv cannot be written")
        assert (tmp_path / "precious").read_text() == "precious"
        (tmp_path / name).unlink()


@pytest.mark.parametrize("out", OUTS)
def test_packed_output_holds_what_the_plain_one_does(out: str, run: Run, classifier: Path) -> None:
    if out == "out.parquet":
        return
    pa = pytest.importorskip("pyarrow")
    data = write_data(".csv")
    plain = Path(out).with_suffix("") if out.endswith(("gz", "zst")) else Path(out)
    for name in (plain, out):
        assert run("score", classifier, data, "--out", name, "--text", "text", "-q").code == 0
    content: Any = Path(out).read_bytes()
    if out.endswith("gz"):
        content = gzip.decompress(content)
    elif out.endswith("zst"):
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            content = stream.read()
    assert content == plain.read_bytes()


def test_columns_are_kept_and_answers_get_other_names(run: Run, classifier: Path) -> None:
    write_table(Path("data.csv"), ("label", "text", "id"), [("x", text, n) for n, text in enumerate(TEXTS)])
    found = run("score", classifier, "data.csv", "--out", "out.csv", "--json").json
    own = ["predicted_label", "predicted_probability"]
    assert found["columns"] == ["label", "text", "id", *own]
    assert "the data has columns called as the answers are: these are in 'predicted_label' and so on" in found["notes"]
    assert Path("out.csv").read_text().splitlines()[0] == "label,text,id,predicted_label,predicted_probability"
    # The answers can be answered again.
    again = run("score", classifier, "out.csv", "--out", "again.csv", "--text", "text", "--json").json
    assert again["columns"][5:] == [f"predicted_{name}" for name in own]
    for more, columns in (
        (["--keep", "id"], ["id", "label", "probability"]),
        (["--answers-only"], ["label", "probability"]),
    ):
        assert run("score", classifier, "data.csv", "--out", "out.csv", "--json", *more).json["columns"] == columns


def test_values_of_json_lines_are_kept(run: Run, classifier: Path) -> None:
    rows = [{"text": "oil", "n": 1, "tags": ["a", "b"], "odd": {"k": [1, None]}}, {"text": "gas", "n": 2, "tags": []}]
    Path("data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run("score", classifier, "data.jsonl", "--out", "out.jsonl", "-q").code == 0
    found = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    for row, answer in zip(rows, found, strict=True):
        assert {name: answer[name] for name in ("text", "n", "tags", "odd")} == {"odd": None, **row}


@pytest.mark.usefixtures("_often")
def test_standard_input_leaves_nothing_to_resume(
    run: Run, classifier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = write_data(".csv").read_bytes()
    before = sorted(path.name for path in tmp_path.iterdir())
    with monkeypatch.context() as patch:
        interrupted_after(6, patch)
        ran = run("score", classifier, "-", "--out", "out.csv", "--text", "text", "--quiet", stdin=rows)
    said = "recurra: interrupted before it was done. Run the command again.\n"
    assert (ran.code, ran.out, ran.err) == (130, "", said)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
