"""What ``pip install recurra`` alone can do: predict, score and evaluate files of text, as with all packages."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest
from commands import Run, check_failed, everything, run_without

# What extras bring. (Pydantic as well, but typer needs it.)
EXTRAS = [
    "pyarrow",
    "huggingface_hub",
    "openpyxl",
    "pyfive",
    "numcodecs",
    "torch",
    "sklearn",
    "scipy",
    "jinja2",
    "matplotlib",
    "fastapi",
    "uvicorn",
    "optuna",
    "rjieba",
    "sudachipy",
    "pythainlp",
    "pandas",
    "polars",
]


@pytest.mark.parametrize("name", ["news.csv", "news.tsv", "news.jsonl", "news.json", "news.csv.gz"])
def test_evaluate_and_score_need_no_extra(name: str, run: Run, trained: Path, news: Path) -> None:
    with news.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if "json" in name:
        lines = "\n".join(map(json.dumps, rows))
        Path(name).write_text(lines if name.endswith("l") else json.dumps(rows))
    elif name.endswith("tsv"):
        with Path(name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t")
            writer.writeheader()
            writer.writerows(rows)
    elif name.endswith("gz"):
        Path(name).write_bytes(gzip.compress(news.read_bytes()))
    model = trained / "model.safetensors"
    ran = run_without(EXTRAS, "evaluate", model, name, "--json")
    assert (ran.code, ran.json) == (0, run("evaluate", model, name, "--json").json)
    assert run("score", model, name, "--out", "expected.jsonl", "-q").code == 0
    ran = run_without(EXTRAS, "score", model, name, "--out", "found.jsonl", "-q")
    assert (ran.code, ran.err) == (0, "")
    assert Path("found.jsonl").read_bytes() == Path("expected.jsonl").read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ["inspect", "{model}", "--view", "flags", "--data", "none.csv", "--html", "page.html"],
        ["inspect", "no-model.safetensors", "oil", "--html", "page.html"],
        ["lesson", "--data-dir", "none", "--out", "lesson"],
    ],
)
@pytest.mark.parametrize("package", ["jinja2", "matplotlib"])
def test_a_page_needs_its_packages_before_the_work(
    words: list[str], package: str, trained: Path, tmp_path: Path
) -> None:
    before = everything(tmp_path)
    # What the work needs is not there: it would fail, too.
    ran = run_without([package], *(word.format(model=trained / "model.safetensors") for word in words))
    check_failed(ran, 1, f"Making a page needs {package}, which is not installed", "pip install 'recurra[report]'")
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    ("missing", "words", "written", "page"),
    [
        (EXTRAS, ["evaluate", "{model}", "{news}", "--out", "found"], "metrics.json", "evaluation.html"),
        (["jinja2", "matplotlib"], ["check", "{news}", "--out", "found"], "check.json", "check.html"),
    ],
)
def test_a_folder_of_figures_needs_no_extra(
    missing: list[str], words: list[str], written: str, page: str, trained: Path, news: Path
) -> None:
    """A pipeline reads the figures; a page is for people, and the note says what it needs."""
    words = [word.format(model=trained / "model.safetensors", news=news) for word in words]
    ran = run_without(missing, *words, "--json")
    assert ran.code == 0
    assert [path.name for path in Path("found").iterdir()] == [written]
    (said,) = (note for note in ran.json["notes"] if "is not installed" in note)
    assert said == f"jinja2 is not installed: found gets no {page}. The page needs: pip install 'recurra[report]'"
    ran = run_without(["matplotlib"], *words, "--quiet")
    assert ran.code == 0
    assert ran.out.splitlines()[-1].endswith(f": found/{written}")
