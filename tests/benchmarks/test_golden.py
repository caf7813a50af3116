"""benchmarks/golden.py notices a single bit, and nothing where only times and versions differ."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import golden  # noqa: E402
from golden_differences import IGNORED, differences  # noqa: E402
from golden_jobs import JOBS  # noqa: E402
from golden_rows import write_files  # noqa: E402
from golden_worker import with_needs  # noqa: E402

WEIGHTS = {"W_H": np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4), "ids": np.arange(3)}


def write(folder: Path, change: Callable[[Path], None] | None = None) -> Path:
    """A job's folder as a run leaves it."""
    (folder / "run").mkdir(parents=True)
    save_model(folder, WEIGHTS)
    document = {"rows": 4, "seconds": 1.5, "validation": {"accuracy": 0.75, "lost": None}, "classes": ["a", "b"]}
    (folder / "1-train.json").write_text(json.dumps(document))
    (folder / "labelled.csv").write_text("text,label,probability\noil,a,0.7500000\nmatch,b,0.6250000\n")
    (folder / "trials.csv").write_text("trial,seconds,loss\n0,1.25,0.5\n")
    (folder / "model-card.md").write_text(f"| made with | recurra 0.1.0 |\n| SHA-256 | `{'0' * 64}` |\n")
    np.savez(folder / "answers.npz", probabilities=np.array([[0.0, 1.0]], dtype=np.float32))
    if change:
        change(folder)
    return folder


def save_model(folder: Path, tensors: dict[str, np.ndarray], **about: object) -> None:
    values = {"format": 1, "digest": "ab", "record": {"epochs": 2, "versions": {"recurra": "0.1.0"}}, **about}
    save_file(tensors, folder / "run" / "model.safetensors", {"recurra": json.dumps(values)})


def next_bit(folder: Path) -> None:
    weights = WEIGHTS["W_H"].copy()
    weights[2, 3] = np.nextafter(weights[2, 3], np.float32(2))
    save_model(folder, {**WEIGHTS, "W_H": weights})


def negative_zero(folder: Path) -> None:
    np.savez(folder / "answers.npz", probabilities=np.array([[-0.0, 1.0]], dtype=np.float32))


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return change


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (next_bit, "run/model.safetensors: W_H: up to 1.19e-07 apart"),
        (lambda folder: save_model(folder, {**WEIGHTS, "b": WEIGHTS["ids"]}),
         "run/model.safetensors: b: only in NEW"),
        (lambda folder: save_model(folder, {**WEIGHTS, "ids": WEIGHTS["ids"].astype(np.int32)}),
         "run/model.safetensors: ids: int64[3] and int32[3]"),
        (lambda folder: save_model(folder, WEIGHTS, record={"epochs": 3}),
         "run/model.safetensors: recurra.record.epochs: 2 and 3"),
        (lambda folder: save_model(folder, WEIGHTS, task="single"), "run/model.safetensors: recurra.task: only in NEW"),
        (negative_zero, "answers.npz: probabilities: up to 0 apart"),
        (replaced("1-train.json", "0.75", "0.7500000000000001"),
         "1-train.json: validation.accuracy: 0.75 and 0.7500000000000001"),
        (replaced("1-train.json", "4", "4.0"), "1-train.json: rows: 4 and 4.0"),
        (replaced("1-train.json", '"b"', '"c"'), "1-train.json: classes[1]: 'b' and 'c'"),
        (replaced("1-train.json", ', "b"', ""), "1-train.json: classes: ['a', 'b'] and ['a']"),
        (replaced("labelled.csv", "0.6250000", "0.6250001"),
         "labelled.csv: line 3: b'b,0.6250000\\n' and b'b,0.6250001\\n'"),
        (lambda folder: (folder / "labelled.csv").write_bytes((folder / "labelled.csv").read_bytes()[:-1]),
         "labelled.csv: line 3: b',0.6250000\\n' and b',0.6250000'"),
        (replaced("trials.csv", "0.5", "0.25"), "trials.csv: [0].loss: '0.5' and '0.25'"),
        (replaced("model-card.md", "made", "Made"),
         "model-card.md: line 1: b'| made with |  |\\n' and b'| Made with |  |\\n'"),
        (lambda folder: (folder / "more.txt").write_text(""), "more.txt: only in NEW"),
        (lambda folder: (folder / "trials.csv").unlink(), "trials.csv: only in OLD"),
        (lambda folder: (folder / "failed.log").write_text("Traceback:\n\nValueError: no rows\n"),
         "failed in NEW: ValueError: no rows"),
    ],
)  # fmt: skip
def test_a_change_is_one_line(change: Callable[[Path], None], line: str, tmp_path: Path) -> None:
    assert differences(write(tmp_path / "old"), write(tmp_path / "new", change)) == [line]


def test_what_failed_alike_is_no_success(tmp_path: Path) -> None:
    sides = [tmp_path / side for side in ("old", "new")]
    for side in sides:
        write(side, lambda folder: (folder / "failed.log").write_text("ValueError: no rows"))
    assert differences(*sides) == ["failed in both: ValueError: no rows"]


def test_times_and_versions_may_differ(tmp_path: Path) -> None:
    def later(folder: Path) -> None:
        save_model(folder, WEIGHTS, digest="cd", record={"epochs": 2, "versions": {"recurra": "0.2.0"}})
        replaced("1-train.json", "1.5", "2.5")(folder)
        replaced("trials.csv", "1.25", "7.5")(folder)
        replaced("model-card.md", "recurra 0.1.0", "recurra 0.2.0rc1")(folder)
        replaced("model-card.md", "0" * 64, "a" * 64)(folder)

    assert differences(write(tmp_path / "old"), write(tmp_path / "new", later)) == []


def test_keys_can_be_let_differ(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old"), write(tmp_path / "new", lambda folder: save_model(folder, WEIGHTS, task="one"))
    assert differences(old, new, IGNORED | {"task"}) == []


def test_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for side in ("old", "new"):
        write(tmp_path / side / "direct", None)
        write(tmp_path / side / "check", next_bit if side == "new" else None)
    assert golden.table(tmp_path / "old", tmp_path / "new", ["direct"], IGNORED)
    assert not golden.table(tmp_path / "old", tmp_path / "new", ["check", "tune", "direct"], IGNORED)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "direct  equal",
        "check   run/model.safetensors: W_H: up to 1.19e-07 apart",
        "tune    not run",
        "direct  equal",
    ]


def test_a_job_comes_behind_those_it_needs() -> None:
    order = with_needs(["compare", "direct-lstm"])
    assert order[-1] == "compare"
    assert sorted(order[:-1]) == sorted(JOBS["compare"].needs)
    assert all(need in JOBS for job in JOBS.values() for need in job.needs)


def test_the_rows_are_the_same_each_time(tmp_path: Path) -> None:
    for side in ("old", "new"):
        (tmp_path / side).mkdir()
        write_files(tmp_path / side)
    assert (tmp_path / "old" / "news.csv").stat().st_size > 10_000
    assert differences(tmp_path / "old", tmp_path / "new") == []


def test_a_checkout_is_equal_to_itself() -> None:
    here = BENCHMARKS.parent
    command = [sys.executable, str(BENCHMARKS / "golden.py"), str(here), str(here)]
    ran = subprocess.run([*command, "--only", "direct-gru-bytes-several", "data"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[:2] == ["direct-gru-bytes-several  equal", f"{'data':<24}  equal"]
