"""The package's own names."""

from __future__ import annotations

import pytest
from missing_packages import python_without

import recurra

NAMES = {
    "Model",
    "TextClassifier",
    "__version__",
    "callbacks",
    "cells",
    "evaluate",
    "load",
    "preset_names",
    "read_table",
    "tokenizers",
}


def test_every_name_is_there() -> None:
    assert set(dir(recurra)) == set(recurra.__all__) == NAMES
    assert all(getattr(recurra, name) is not None for name in dir(recurra))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = recurra.nonsense


def test_the_names_are_those_of_their_modules() -> None:
    from recurra.evaluation import evaluate
    from recurra.presets import preset_names
    from recurra.training import callbacks

    assert (recurra.evaluate, recurra.preset_names, recurra.callbacks) == (evaluate, preset_names, callbacks)
    assert "lesson/lstm" in recurra.preset_names()


@pytest.mark.parametrize("name", ["presets", "inspection", "errors", "text", "networks", "tasks"])
def test_modules_need_no_import_of_their_own(name: str) -> None:
    ended = python_without(["torch", "sklearn"], f"import recurra; print(recurra.{name}.__name__)")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"recurra.{name}\n", "")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TextClasifier", "TextClassifier"),
        ("read_tabel", "read_table"),
        ("inspecton", "inspection"),
        ("preset", "presets"),
    ],
)
def test_a_misspelt_name_suggests_the_right_one(name: str, meant: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(recurra, name)
    assert str(caught.value) == f"module 'recurra' has no attribute {name!r}. Did you mean recurra.{meant}?"


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("compare", "recurra.inspection.compare({name: model, …}, table)"),
        ("tune", "recurra.tuning.Tuner(table, recipe=…, folder=…, limits=…).run()"),
    ],
)
def test_a_command_without_a_function_of_its_name_says_what_to_write(name: str, instead: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(recurra, name)
    assert str(caught.value) == f"module 'recurra' has no attribute {name!r}: write {instead}"


@pytest.mark.parametrize(
    "program",
    [
        "import recurra.callbacks",
        "from recurra.callbacks import Callback, History",
        "import recurra; recurra.callbacks; import recurra.callbacks",
        "from recurra import callbacks",
    ],
)
def test_callbacks_are_one_module_under_both_names(program: str) -> None:
    """And it is there without the packages that training needs."""
    same = "import recurra, recurra.training.callbacks as home; assert recurra.callbacks is home"
    ended = python_without(["torch", "sklearn"], f"{program}; {same}")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_all_but_training_is_there_without_its_packages() -> None:
    """A plain installation has neither torch nor scikit-learn; nor may a name import them."""
    others = sorted(NAMES - {"TextClassifier"})
    ended = python_without(["torch", "sklearn"], f"import recurra; [getattr(recurra, name) for name in {others}]")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("missing", ["sklearn", "torch"])
def test_training_without_its_packages_says_what_to_install(missing: str) -> None:
    ended = python_without([missing], "import recurra; recurra.load; recurra.TextClassifier")
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ImportError: TextClassifier needs torch and scikit-learn, and {missing} is not installed")
    assert last.endswith("pip install 'recurra[train]'")


@pytest.mark.parametrize("missing", ["numba", "sklearn.base"])
def test_what_else_is_missing_is_named_as_it_is(missing: str) -> None:
    """Another package, or a part of a broken one: to install torch would not help."""
    ended = python_without([missing], "import recurra; recurra.TextClassifier")
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines()[-1] == f"ModuleNotFoundError: No module named {missing!r}"
