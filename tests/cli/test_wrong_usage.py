"""Words that are no command, packages that are missing, and errors that are ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Run, check_failed, run_without

from recurra.cli.failures import failure_of

WRONG_USAGE = [
    (["trian", "x.csv"], ["'trian'", "The commands are lesson, check, train, "]),
    (["--modle"], ["recurra has no option --modle", "See recurra --help."]),
    (["train", "x.csv", "--out", "run", "--modle", "gru"], ["no option --modle", "Did you mean --model?"]),
    (["train"], ["no DATA", "Give DATA", "recurra train --help"]),
    (["train", "x.csv"], ["no --out", "Give --out DIR"]),
    (["train", "x.csv", "--out"], ["--out", "requires an argument"]),
    (["train", "x.csv", "y.csv", "--out", "run"], ["y.csv", "recurra train --help"]),
    (["train", "x.csv", "--out", "run", "--epochs", "three"], ["--epochs", "'three'", "whole number, 1 or more"]),
    (["train", "x.csv", "--out", "run", "--epochs", "0"], ["--epochs", "'0'", "1 or more"]),
    (["train", "x.csv", "--out", "run", "--seed", "-1"], ["--seed", "'-1'", "0 or more"]),
    (["train", "x.csv", "--out", "run", "--learning-rate", "nan"], ["--learning-rate", "'nan'", "above 0"]),
    (["train", "x.csv", "--out", "run", "--checkpoint-every", "-1"], ["--checkpoint-every", "'-1'", "0 or more"]),
    (["predict"], ["no MODEL", "recurra predict --help"]),
    (["predict", "m.safetensors", "-5 degrees"], ["no option -5", "Put -- before a text"]),
    (["predict", "m.safetensors", "x", "--top-k", "0"], ["--top-k", "'0'", "1 or more"]),
    (["predict", "m.safetensors", "--json=yes", "x"], ["--json", "does not take a value"]),
    (["evaluate", "m.safetensors"], ["no DATA", "recurra evaluate --help"]),
    (["info"], ["no MODEL", "recurra info --help"]),
    (["info", "m.safetensors", "more"], ["more", "recurra info --help"]),
    (["export", "m.safetensors", "--int8"], ["no --out", "Give --out FILE"]),
    (["export", "--int8", "--out", "x"], ["no MODEL", "recurra export --help"]),
    (["data", "x.csv", "--lable", "y"], ["no option --lable", "Did you mean --label?"]),
    (["bench", "train"], ["recurra bench train", "python benchmarks/compare.py train"]),
    (["bench", "predict", "x.csv", "--peers", "keras"], ["python benchmarks/compare.py predict"]),
    (["bench", "latency", "--model", "lesson/gru"], ["python benchmarks/compare.py latency"]),
    (["bench", "recurrence", "--device", "cuda"], ["python benchmarks/compare.py recurrence"]),
    (["lesson", "--take", "few"], ["--take", "'few'", "1 or more"]),
]


@pytest.mark.parametrize(("words", "parts"), WRONG_USAGE)
def test_wrong_usage(words: list[str], parts: list[str], run: Run) -> None:
    check_failed(run(*words), 2, *parts)


@pytest.mark.parametrize(
    ("module", "words", "extra"),
    [
        ("torch", ["train", "news.csv", "--out", "run", "-q"], "recurra[train]"),
        ("pyarrow", ["check", "news.csv"], "recurra[data]"),
        ("openpyxl", ["data", "{book}"], "recurra[excel]"),
        ("jinja2", ["inspect", "{model}", "oil", "--html", "why.html", "-q"], "recurra[report]"),
        ("matplotlib", ["inspect", "{model}", "oil", "--html", "why.html", "-q"], "recurra[report]"),
    ],
)
def test_a_package_that_is_not_installed(module: str, words: list[str], extra: str, trained: Path, news: Path) -> None:
    Path("book.xlsx").write_bytes(b"PK")
    ran = run_without([module], *(word.format(model=trained / "model.safetensors", book="book.xlsx") for word in words))
    check_failed(ran, 1, module, "not installed", f"pip install '{extra}'")
    assert not Path("run").exists()
    assert not Path("scores").exists()


def test_a_package_that_is_broken_is_not_reported_as_missing() -> None:
    assert failure_of(ModuleNotFoundError("No module named 'torch'", name="torch")) is not None
    for name in ("torch._C", "typing_extensions", None):
        assert failure_of(ModuleNotFoundError("broken", name=name)) is None


def test_messages_cannot_act_on_the_terminal(run: Run, model: Path) -> None:
    ran = run("info", "no\x1b[31m\nsuch.safetensors")
    check_failed(ran, 1, "no\ufffd[31m such.safetensors")


def test_a_bug_shows_its_traceback(monkeypatch: pytest.MonkeyPatch, run: Run, model: Path) -> None:
    def broken(path: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr("recurra.runtime.load", broken)
    with pytest.raises(ZeroDivisionError, match="a mistake of ours"):
        run("info", model)


def test_a_library_that_cannot_be_loaded_is_no_matter_of_paths() -> None:
    loading = "Could not find/load shared object file 'libllvmlite.so'. It could not be resolved."
    segment = "libx.so: failed to map segment from shared object"
    hint = "If the memory does not suffice, raise its limit (ulimit -v); else install the library again."
    for error in (OSError(loading), ImportError(segment)):
        said = f"error: A library cannot be loaded: {str(error).rstrip('.')}. {hint}"
        assert failure_of(error) == (said, 1)
    assert failure_of(ImportError("cannot import name 'x'")) is None


@pytest.mark.parametrize("error", [MemoryError("Unable to allocate 4.0 GiB"), RuntimeError("can't start new thread")])
def test_too_little_memory_is_one_line(error: Exception) -> None:
    failure = failure_of(error)
    assert failure is not None
    assert failure.code == 1
    assert failure.line.startswith(f"error: The memory does not suffice: {error}. Raise its limit")
    assert failure_of(RuntimeError("a bug")) is None
