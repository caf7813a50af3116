"""What `make dist` checks, on made-up archives and bills; it builds and installs nothing."""

from __future__ import annotations

import tarfile
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from distribution.bill import wrong_in_bill
from distribution.contents import NEEDED, SDIST, files_in, wrong_in_sdist, wrong_in_wheel
from distribution.environments import CheckError
from distribution.extras import checked_extras, lower_bounds, read_project, read_readme

ROOT = Path(__file__).parents[2]
SOURCES = [one if not one.endswith("/") else f"{one}some.html" for one in NEEDED] + ["recurra/cli/app.py"]
ABOUT = ["recurra-1.dist-info/METADATA", "recurra-1.dist-info/licenses/LICENSE"]


def test_a_sound_wheel_and_sdist() -> None:
    assert wrong_in_wheel([*SOURCES, *ABOUT], SOURCES) == []
    assert wrong_in_sdist([*SDIST, *(f"src/{one}" for one in SOURCES), "src/recurra.egg-info/PKG-INFO"], SOURCES) == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([*SOURCES[1:], *ABOUT], ["lacks recurra/py.typed", "lacks recurra/py.typed"]),
        ([*SOURCES, ABOUT[0]], ["lacks its licence"]),
        ([*SOURCES, *ABOUT, "recurra/big.csv"], ["has recurra/big.csv, which is no source"]),
        ([*SOURCES, *ABOUT, "tests/rows.csv"], ["has tests/rows.csv"]),
        (
            [*SOURCES, *ABOUT, "recurra/__pycache__/a.pyc"],
            ["has recurra/__pycache__/a.pyc, which is no source", "has recurra/__pycache__/a.pyc, of a cache"],
        ),
    ],
)
def test_an_unsound_wheel(files: list[str], said: list[str]) -> None:
    assert wrong_in_wheel(files, SOURCES) == said


def test_an_unsound_sdist() -> None:
    files = [*SDIST[1:], *(f"src/{one}" for one in SOURCES), "tests/test_a.py", "src/recurra/x.nbi"]
    assert wrong_in_sdist(files, SOURCES) == [
        "lacks LICENSE",
        "has src/recurra/x.nbi",
        "has tests/test_a.py",
        "has src/recurra/x.nbi, of a cache",
    ]


def test_files_of_archives(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("abc")
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.write(tmp_path / "a.txt", "recurra/a.txt")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as sdist:
        sdist.add(tmp_path / "a.txt", "recurra-1/src/a.txt")
    assert files_in(tmp_path / "a.whl") == {"recurra/a.txt": 3}
    assert files_in(tmp_path / "a.tar.gz") == {"src/a.txt": 3}


def test_package_data_names_every_file_that_is_no_python() -> None:
    import tomllib

    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"][
        "recurra"
    ]
    package = ROOT / "src" / "recurra"
    others = [one.relative_to(package).as_posix() for one in package.rglob("*") if one.is_file()]
    others = [one for one in others if not one.endswith((".py", ".pyc"))]
    assert len(others) > 40
    assert not [one for one in others if not any(fnmatch(one, pattern.replace("**/", "")) for pattern in patterns)]


def test_every_extra_has_a_check_and_every_requirement_a_lower_bound() -> None:
    project = read_project()
    assert {"data", "serve", "train", "thai"} <= set(checked_extras(project))
    assert "import recurra" in read_readme()
    bounds = lower_bounds(project)
    assert {"numba==0.62", "torch==2.4", "uvloop==0.21", "mkdocstrings==1.0"} <= set(bounds)
    assert len({one.split("==")[0] for one in bounds}) == len(bounds)
    assert not any(one.startswith("torch") for one in lower_bounds(project, without=frozenset({"train"})))


@pytest.mark.parametrize(
    ("extras", "said"),
    [({"braille": ["liblouis>=3"]}, "'braille'.*have no check"), ({}, "which are no extras")],
)
def test_an_extra_cannot_be_forgotten(extras: dict[str, list[str]], said: str) -> None:
    known: Any = read_project()["optional-dependencies"]
    with pytest.raises(CheckError, match=said):
        checked_extras({"optional-dependencies": {**known, **extras} if extras else {"data": ["pyarrow>=19"]}})


def test_a_requirement_without_a_lower_bound() -> None:
    with pytest.raises(CheckError, match="'numpy<3' has no lower bound"):
        lower_bounds({"dependencies": ["numpy<3"], "optional-dependencies": {}})


def test_a_bill_is_compared_with_what_is_installed() -> None:
    bill: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "metadata": {"component": {"name": "recurra", "version": "1"}},
        "components": [{"name": "typing_extensions", "version": "4"}, {"name": "NumPy", "version": "2"}],
    }
    installed = {"recurra": "1", "typing-extensions": "4", "numpy": "2"}
    assert wrong_in_bill(bill, installed) == []
    assert wrong_in_bill(bill, installed | {"rich": "1"}) == ["lacks rich 1"]
    assert wrong_in_bill(bill, {"recurra": "1", "numpy": "3"}) == [
        "has typing-extensions, which is not installed",
        "has numpy 2, not 3",
    ]
    assert wrong_in_bill({}, {}) == ["is no CycloneDX"]
