"""The files of requirements/ hold what constraints.txt holds, with hashes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_in(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8").splitlines()
    found = [re.match(r"([A-Za-z0-9][A-Za-z0-9_.-]*)==([^ ;\\]+)", line) for line in lines]
    return {normal(one[1]): one[2] for one in found if one}


CONSTRAINTS = pins_in(ROOT / "constraints.txt")


def needed(*extras: str) -> set[str]:
    """Names of what base and some extras need, without Recurra and torch."""
    wanted = [*PROJECT["dependencies"], *(one for extra in extras for one in PROJECT["optional-dependencies"][extra])]
    names = [re.match(r"([A-Za-z0-9_.-]+)(\[.*\])?", one) for one in wanted]
    direct = {normal(name[1]) for name in names if name} - {"recurra", "torch"}
    nested = [name[2] for name in names if name and name[1] == "recurra"]
    return direct.union(*(needed(*one[1:-1].split(",")) for one in nested))


def test_every_pin_but_torchs_has_hashes_somewhere() -> None:
    assert {path.stem for path in FILES} == {"all", "build", "dev", "release", "scale", "serve"}
    covered = {name for path in FILES for name in pins_in(path)}
    assert covered == set(CONSTRAINTS) - {"torch"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_is_whole_and_has_the_versions_of_the_constraints(path: Path) -> None:
    text = path.read_text("utf-8")
    pins = pins_in(path)
    assert {name: CONSTRAINTS[name] for name in pins} == pins
    requirements = re.sub(r"\\\n", " ", text).splitlines()
    for line in requirements:
        assert re.fullmatch(r"#.*|[A-Za-z0-9_.-]+==[^ ]+( ; [^\\]*?)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+", line), line[
            :80
        ]
    assert len([line for line in requirements if not line.startswith("#")]) == len(pins)
    # No address of a package index, which everybody may choose.
    assert "://" not in text
    assert "--index" not in text


@pytest.mark.parametrize(
    ("name", "extras"),
    [("serve", ["serve"]), ("all", ["all"]), ("dev", ["all", "dev"]), ("scale", ["mlflow", "ray", "spark"])],
)
def test_a_file_holds_what_its_extras_need(name: str, extras: list[str]) -> None:
    pins = set(pins_in(ROOT / "requirements" / f"{name}.txt"))
    assert needed(*extras) <= pins
    if name == "serve":
        assert not pins & {"torch", "scikit-learn", "pyarrow", "matplotlib"}
