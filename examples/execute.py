"""Runs the lesson's notebook and stores what it prints and draws, in both languages: `make notebooks`.

The two have the same code, so that it runs once and the same numbers stand in both. The data are those of RECURRA_DATA,
or are fetched.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
NAMES = ("lesson.ipynb", "lesson_ja.ipynb")


def main() -> None:
    """Executes the first notebook in a folder of its own and writes both."""
    notebooks = [nbformat.read(FOLDER / name, as_version=4) for name in NAMES]
    codes = [[cell.source for cell in notebook.cells if cell.cell_type == "code"] for notebook in notebooks]
    if codes[0] != codes[1]:
        sys.exit(f"{' and '.join(NAMES)} have different code: make their code cells equal.")
    executed = notebooks[0]
    with tempfile.TemporaryDirectory() as folder:
        # Times of the cells would differ at every run.
        client = NotebookClient(executed, timeout=1200, record_timing=False, resources={"metadata": {"path": folder}})
        client.execute()
    for notebook, name in zip(notebooks, NAMES, strict=True):
        for cell, ran in zip(notebook.cells, executed.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = joined(ran.outputs), ran.execution_count
        # The versions of the Python that ran it.
        notebook.metadata.language_info = {"name": "python"}
        nbformat.write(notebook, FOLDER / name)
        print(f"{name}: {(FOLDER / name).stat().st_size / 1e6:.2f} MB")


def joined(outputs: list[Any]) -> list[Any]:
    """Lines that were printed one after the other are one output, however they came."""
    found: list[Any] = []
    for output in outputs:
        if output.output_type == "stream" and found and found[-1].get("name") == output.name:
            found[-1].text += output.text
        else:
            found.append(output)
    return found


if __name__ == "__main__":
    main()
