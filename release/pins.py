"""Writes requirements/*.txt: the versions of constraints.txt with the hashes of their files.

    make pins

Each file is whole, so that `pip install --require-hashes` takes it, and holds for every platform. Left out are Recurra
and torch, which has builds for several kinds of machine; what torch itself needs is among the others.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"

# What is installed from each file: extras and groups of pyproject.toml.
SETS = {
    "build": ["--group", "build"],
    "serve": ["pyproject.toml", "--extra", "serve"],
    "all": ["pyproject.toml", "--extra", "all", "--group", "beside-torch"],
    "scale": ["pyproject.toml", "--extra", "mlflow", "--extra", "ray", "--extra", "spark"],
    "dev": ["pyproject.toml", "--extra", "all", "--extra", "dev", "--group", "beside-torch"],
    "release": ["--group", "release"],
}
# Of Python 3.11 the first that all of development's tools support.
PYTHON = "3.11.5"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        without_torch = Path(folder, "overrides.txt")
        without_torch.write_text("torch ; python_version < '0'\n", encoding="utf-8")
        for name, wanted in SETS.items():
            command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-config", "--universal"]
            command += ["--python-version", PYTHON, "--generate-hashes", "--no-annotate", "--no-emit-index-url"]
            command += ["--custom-compile-command", "make pins", "--constraint", "constraints.txt"]
            command += ["--override", str(without_torch), "--output-file", f"requirements/{name}.txt", *wanted]
            subprocess.run(command, cwd=ROOT, check=True)
            sys.stdout.write(f"requirements/{name}.txt\n")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    main()
