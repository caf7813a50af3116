"""The lesson's notebooks: stored outputs, one code in both languages, and a run from top to end on a small slice."""

from __future__ import annotations

import copy
import csv
import random
import re
from pathlib import Path
from typing import Any

import pytest

LESSON = "https://github.com/microsoft/AI-For-Beginners/tree/main/lessons/5-NLP/16-RNN"
EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("lesson.ipynb", "lesson_ja.ipynb")
# As much as a version control system and a page that shows notebooks take easily.
MOST_BYTES = 1_500_000


@pytest.fixture(scope="module")
def notebooks() -> dict[str, Any]:
    nbformat = pytest.importorskip("nbformat", reason="no nbformat: pip install 'recurra[dev]'")
    return {name: nbformat.read(EXAMPLES / name, as_version=4) for name in NAMES}


@pytest.fixture(scope="module")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with news in four classes, made of a few words of each and of none; an eighth has no title."""
    generator = random.Random(0)
    folder = tmp_path_factory.mktemp("data")
    (folder / "news").mkdir()
    own = {label: [f"{label}{number}" for number in range(8)] for label in ("art", "law", "sea", "trade")}
    common = ["the", "a", "old", "new", "long", "after", "home", "time"]
    for name, rows in {"train": 320, "test": 120}.items():
        with (folder / "news" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["label", "title", "description"])
            for row in range(rows):
                label = list(own)[row % 4]
                title = " ".join(generator.choices(own[label], k=2) + generator.choices(common, k=2))
                words = generator.choices(own[label], k=3) + generator.choices(common, k=generator.randint(2, 12))
                generator.shuffle(words)
                writer.writerow([label, "" if row % 8 == 7 else title, " ".join(words)])
    return folder


def sources(notebook: Any, kind: str) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def printed(notebook: Any) -> str:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def images(notebook: Any) -> list[str]:
    """The alternative texts of the pictures, which begin with their titles."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pages = ["".join(output.data["text/html"]) for output in outputs if "text/html" in output.get("data", {})]
    return re.findall('<img src="data:image/svg.xml;base64,[^"]*"[^>]* alt="([^"]*)"', "".join(pages))


def test_both_languages_have_the_same_code(notebooks: dict[str, Any]) -> None:
    english, japanese = (notebooks[name] for name in NAMES)
    assert sources(english, "code") == sources(japanese, "code")
    assert [cell.id for cell in english.cells] == [cell.id for cell in japanese.cells]
    assert all(re.search("[\u3040-\u30ff\u4e00-\u9fff]", text) for text in sources(japanese, "markdown"))


def test_both_name_and_link_the_lesson_first(notebooks: dict[str, Any]) -> None:
    assert all(LESSON in notebook.cells[0].source for notebook in notebooks.values())


def test_no_line_breaks_a_japanese_sentence(notebooks: dict[str, Any]) -> None:
    # A line break is shown as a space.
    for text in sources(notebooks[NAMES[1]], "markdown"):
        assert not re.search("[\u3040-\u30ff\u4e00-\u9fff\u3001\u3002]\n[\u3040-\u30ff\u4e00-\u9fff]", text)


def test_outputs_are_stored_whole_and_the_same_in_both_languages(notebooks: dict[str, Any]) -> None:
    english, japanese = ([cell for cell in notebooks[name].cells if cell.cell_type == "code"] for name in NAMES)
    assert [cell.execution_count for cell in english] == list(range(1, len(english) + 1))
    assert [cell.outputs for cell in english] == [cell.outputs for cell in japanese]
    # What only sets values shows nothing.
    silent = [cell for cell in english if not cell.outputs]
    assert all({"parameters", "guess"} & set(cell.metadata.get("tags", [])) for cell in silent)
    assert "10,000 of 120,000 training rows" in printed(notebooks[NAMES[0]])
    assert len(images(notebooks[NAMES[0]])) >= 30


def test_stored_outputs_have_no_warnings_errors_or_paths(notebooks: dict[str, Any]) -> None:
    for name, notebook in notebooks.items():
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        assert all(output.output_type != "error" and output.get("name") != "stderr" for output in outputs)
        assert not re.search(r"/(home|root|work|tmp|Users)/", printed(notebook))
        assert (EXAMPLES / name).stat().st_size < MOST_BYTES


# The kernel's own warnings, such as that it speaks over TCP, are not ours.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
@pytest.mark.parametrize(
    # The code of both is the same.
    "name",
    [pytest.param(name, marks=[pytest.mark.exhaustive] if "_ja" in name else []) for name in NAMES],
)
def test_the_notebook_runs_from_top_to_end_with_its_solutions(
    name: str, notebooks: dict[str, Any], small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = pytest.importorskip("nbclient", reason="no nbclient: pip install 'recurra[dev]'")
    pytest.importorskip("ipykernel", reason="no ipykernel: pip install 'recurra[dev]'")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = copy.deepcopy(notebooks[name])
    (parameters,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    parameters.source += (
        f"\ntake, models = 300, ['simple-rnn-masked', 'gru', 'lstm', 'fast']\n"
        f"dataset, data_dir, out = 'news', {str(small_set)!r}, {str(tmp_path / 'run')!r}"
    )
    (best,) = [cell for cell in notebook.cells if cell.id == "guess-best"]
    best.source = "guess_best, guess_accuracy = 'bilstm', 12.5"
    client.NotebookClient(notebook, timeout=200, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = printed(notebook)
    assert "300 of 320 training rows" in said or "300 training rows" in said
    assert "(your guess: bilstm)" in said
    assert "(your guess: 12.5)" in said
    difference = re.search(r"largest difference from predict_proba: (\S+)", said)
    assert difference is not None
    assert float(difference[1]) < 1e-5
    # Single words have no order to lose.
    assert re.search(r"linear, single words +\+0\.00\n", said)
    assert re.search(r"completeness error 0\.\d\d%", said)
    for line in (r"300 rows, with vectors: \d", r"both: \d+\.\d%", r"seed 4: \d+% right", r"GRU: \d+% right"):
        assert re.search(line, said)
    titles = " ".join(images(notebook))
    for title in ("Test accuracy with 95 % intervals", "Words in order and shuffled", "The answer after each word"):
        assert title in titles
    assert (tmp_path / "run" / "lesson.html").is_file()
