"""The package's own names."""

from __future__ import annotations

import subprocess
import sys

import pytest

import recurra


def test_every_name_is_there() -> None:
    assert set(dir(recurra)) == {
        "Model", "TextClassifier", "__version__", "cells", "load", "read_table", "tokenizers"
    }  # fmt: skip
    assert all(getattr(recurra, name) is not None for name in dir(recurra))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = recurra.nonsense


def test_training_without_its_packages_says_what_to_install() -> None:
    program = "import sys; sys.modules['sklearn'] = None; import recurra; recurra.load; recurra.TextClassifier"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: TextClassifier needs torch and scikit-learn")
    assert last.endswith("pip install 'recurra[train]'")
