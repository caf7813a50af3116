"""Code and limits of the pages beside the tutorial: they do what the page says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from recurra import load
from recurra.bundle.format import FORMAT, LARGEST_FILE, LARGEST_HEADER
from recurra.bundle.schema import LARGEST_PAD_TO, LARGEST_PAD_WORK
from recurra.linear_branch.settings import LONGEST
from recurra.text.labels import LONGEST_LABEL, MOST_DIGITS

ROOT = Path(__file__).parents[2]
FILE_FORMAT = (ROOT / "docs" / "file-format.md").read_text(encoding="utf-8")


def python_block(page: str) -> str:
    return re.search(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1]


def run(code: str, folder: Path) -> str:
    ran = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_model_file_is_read_without_recurra(tmp_path: Path) -> None:
    model = ROOT / "tests" / "fixtures" / "models" / "linear-branch.safetensors"
    shutil.copy(model, tmp_path / "model.safetensors")
    code = python_block(FILE_FORMAT)
    assert "recurra." not in code
    shown = run(f"{code}\nprint(about['format'], *tokens)", tmp_path)
    assert shown.split() == ["5", *load(model).bundle.vocabulary.tokens]


def test_the_six_lines_answer_and_are_those_of_the_readme(tmp_path: Path) -> None:
    code = python_block((ROOT / "docs" / "index.md").read_text(encoding="utf-8"))
    assert code == python_block((ROOT / "README.md").read_text(encoding="utf-8"))
    assert run(code, tmp_path).startswith("['billing' 'bug']\n[[")


def test_the_limits_are_those_of_the_program() -> None:
    assert f"| the file; its weights as float32 | {LARGEST_FILE // 2**30} GiB |" in FILE_FORMAT
    assert f"| the header: labels, settings and record | {LARGEST_HEADER // 2**20} MiB |" in FILE_FORMAT
    assert f"| a label, or a text in the record | {LONGEST_LABEL:,} characters |" in FILE_FORMAT
    assert f"| a whole number | {MOST_DIGITS} digits; in settings 64 bits |" in FILE_FORMAT
    assert f"| `pad_to` | {LARGEST_PAD_TO:,} tokens, and {LARGEST_PAD_WORK:,} multiplications |" in FILE_FORMAT
    assert f"| tokens of an n-gram, characters of a subword | {LONGEST} |" in FILE_FORMAT
    assert int(re.findall(r"^\| (\d) \|", FILE_FORMAT, re.MULTILINE)[-1]) == FORMAT
