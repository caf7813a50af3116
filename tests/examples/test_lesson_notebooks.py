"""The lesson's notebooks run from top to end on a small slice, and say the same in both languages."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("lesson.ipynb", "lesson_ja.ipynb")


@pytest.fixture(scope="module")
def notebooks() -> dict[str, Any]:
    nbformat = pytest.importorskip("nbformat", reason="no nbformat: pip install 'recurra[dev]'")
    return {name: nbformat.read(EXAMPLES / name, as_version=4) for name in NAMES}


def sources(notebook: Any, kind: str) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def test_both_languages_have_the_same_code(notebooks: dict[str, Any]) -> None:
    english, japanese = (notebooks[name] for name in NAMES)
    assert sources(english, "code") == sources(japanese, "code")
    assert [cell.cell_type for cell in english.cells] == [cell.cell_type for cell in japanese.cells]
    assert all(re.search("[\u3040-\u30ff\u4e00-\u9fff]", text) for text in sources(japanese, "markdown"))


def test_nothing_that_was_measured_is_kept_in_the_files(notebooks: dict[str, Any]) -> None:
    for notebook in notebooks.values():
        assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.cells if "outputs" in cell)


# The kernel's own warnings, such as that it speaks over TCP, are not ours.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
def test_the_notebook_runs_and_shows_its_pictures(
    notebooks: dict[str, Any], data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = pytest.importorskip("nbclient", reason="no nbclient: pip install 'recurra[dev]'")
    pytest.importorskip("ipykernel", reason="no ipykernel: pip install 'recurra[dev]'")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = copy.deepcopy(notebooks[NAMES[0]])
    (parameters,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    parameters.source = (
        f"take, take_test, models = 300, 200, ['simple-rnn-masked', 'lstm', 'gru', 'fast']\n"
        f"data_dir, out = {str(data_dir)!r}, {str(tmp_path / 'run')!r}"
    )
    client.NotebookClient(notebook, timeout=200, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pages = ["".join(output.data["text/html"]) for output in outputs if "text/html" in output.get("data", {})]
    # Accuracy, curves of four networks, masks, order, vocabulary with bucketing, answer, gates, of fast too, gradients.
    assert len(pages) == 12
    titles = set(re.findall("<figcaption>(.*?)</figcaption>", "".join(pages)))
    assert titles >= {"Test accuracy with 95 % intervals", "Words in order and shuffled", "The answer after each word"}
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    assert re.search(r"completeness error 0\.\d\d%", printed)
    assert re.search(r"fast \(minGRU.*element-wise steps alone", printed)
    assert re.search(r"where lstm learns \d", printed)
    assert "300" in printed
    assert (tmp_path / "run" / "lesson.html").is_file()
