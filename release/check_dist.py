"""Builds wheel and sdist into dist/, and sees that what is installed from them works.

    make dist

Builds, checks what is inside, installs the wheel into empty environments (base with the newest and with the oldest
packages that pyproject.toml allows, each extra alone) and runs Recurra there, does what the Containerfile's build and
start would do, and writes a bill of materials of base beside the wheel. Only building and the checks of contents need
no network. `--quick` leaves out all extras but one, the oldest packages and the container, and takes the versions of
constraints.txt.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from distribution.bill import write_bill, wrong_in_bill
from distribution.containerfile import rehearse
from distribution.contents import LARGEST_WHEEL, files_in, wrong_in_sdist, wrong_in_wheel
from distribution.environments import CheckError, Environment
from distribution.extras import CHECKS, MODEL, check_base, checked_extras, lower_bounds, prepare, read_project

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"

# What base must do without.
NOT_IN_BASE = {"torch", "scikit-learn", "pyarrow", "matplotlib", "fastapi"}
# Installed in the check of the oldest packages: torch's oldest would fetch gigabytes.
WITHOUT_OLDEST = frozenset({"train", "tune", "all", "docs", "dev", "ray", "spark"})


def build() -> Path:
    """The wheel, after its contents and the sdist's were checked."""
    for old in (*DIST.glob("recurra-*.whl"), *DIST.glob("recurra-*.tar.gz")):
        old.unlink()
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(DIST), str(ROOT)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise CheckError(f"python -m build: {ended.stderr.strip().splitlines()[-1:]}")
    (wheel,), (sdist,) = DIST.glob("recurra-*.whl"), DIST.glob("recurra-*.tar.gz")
    listed = subprocess.run(["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    sources = [one.removeprefix("src/") for one in listed.splitlines()]
    wrong = [f"{wheel.name} {one}" for one in wrong_in_wheel(files_in(wheel), sources)]
    wrong += [f"{sdist.name} {one}" for one in wrong_in_sdist(files_in(sdist), sources)]
    if wheel.stat().st_size > LARGEST_WHEEL:
        wrong.append(f"{wheel.name} has {wheel.stat().st_size:,} bytes")
    if wrong:
        raise CheckError("; ".join(wrong[:10]))
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist)], check=True)
    return wheel


def base(environment: Environment, wheel: Path) -> None:
    """Base, its size and its bill of materials."""
    environment.install(wheel)
    prepare(environment)
    check_base(environment)
    installed = environment.installed()
    if there := NOT_IN_BASE & set(installed):
        raise CheckError(f"base installs {', '.join(sorted(there))}")
    bill = DIST / f"{wheel.name.split('-py3')[0]}.cdx.json"
    write_bill(environment.python, ROOT / "pyproject.toml", installed["recurra"], bill)
    if wrong := wrong_in_bill(json.loads(bill.read_text("utf-8")), installed):
        raise CheckError(f"{bill.name} {'; '.join(wrong)}")
    sizes = environment.megabytes()
    largest = ", ".join(f"{name} {size:.0f}" for name, size in list(sizes.items())[1:9])
    tell(f"base takes {sizes['all']:.0f} MB: {largest}")


def oldest(environment: Environment, wheel: Path) -> None:
    """Base and the light extras with the lower bounds of pyproject.toml."""
    project = read_project()
    chosen = [extra for extra in checked_extras(project) if extra not in WITHOUT_OLDEST]
    environment.install(f"{wheel}[{','.join(chosen)}]", *lower_bounds(project, without=WITHOUT_OLDEST))
    prepare(environment)
    check_base(environment)
    for extra in chosen:
        CHECKS[extra](environment)


def alone(extra: str) -> Callable[[Environment, Path], None]:
    """The check of one extra."""

    def check(environment: Environment, wheel: Path) -> None:
        environment.install(f"{wheel}[{extra}]")
        prepare(environment)
        CHECKS[extra](environment)

    return check


def container(environment: Environment, _: Path) -> None:
    """The Containerfile's commands."""
    rehearse(ROOT, environment, MODEL)


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="base and [serve] alone, with the versions of constraints.txt"
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        choices=["base", "oldest", "container", *CHECKS],
        help="base, oldest, container or an extra; repeatable",
    )
    chosen = parser.parse_args()
    failed = 0
    try:
        extras = checked_extras(read_project())
        wheel = build()
    except CheckError as error:
        tell(f"FAILED: {error}")
        return 1
    checks = {"base": base, "oldest": oldest, "container": container} | {extra: alone(extra) for extra in extras}
    wanted = chosen.only or (["base", "serve"] if chosen.quick else list(checks))
    # CI's answer must not change with what an index offers today.
    constraints = ROOT / "constraints.txt" if chosen.quick else None
    for name in wanted:
        started = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="recurra-dist-") as folder:
            try:
                checks[name](Environment(Path(folder), constraints), wheel)
                said = "works"
            except CheckError as error:
                said, failed = f"FAILED: {error}", failed + 1
        tell(f"{name}: {said} ({time.perf_counter() - started:.0f} s)")
    tell(f"{len(wanted) - failed} passed, {failed} failed")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
