"""Reads the Containerfile, and does on this machine what its build and its start would do: no builder is needed."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from urllib.error import HTTPError

from distribution.environments import CheckError, Environment, wait_until
from distribution.service import ask, free_port, stopped_after

__all__ = ["Instruction", "copied", "instructions", "is_ignored", "rehearse"]


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name in capitals, and the rest of its line, continuations joined."""

    name: str
    rest: str


def instructions(text: str) -> list[Instruction]:
    """The instructions of a Containerfile, without comments."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Instruction(*line.split(None, 1)) for line in whole.splitlines() if line.strip()]


def copied(found: Sequence[Instruction]) -> list[str]:
    """The files and folders that are copied from the context."""
    sources = []
    for one in found:
        words = shlex.split(one.rest)
        if one.name == "COPY" and not any(word.startswith("--from=") for word in words):
            sources += [word for word in words[:-1] if not word.startswith("--")]
    return sources


def is_ignored(path: str, ignore: str) -> bool:
    """Whether .dockerignore leaves a file out: the last pattern that matches it, or a folder above it, decides."""
    parts, ignored = Path(path).parts, False
    above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    for line in ignore.splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        anywhere = pattern.startswith("**/")
        tested = [name.rpartition("/")[2] for name in above] if anywhere else above
        depth = pattern.count("/")
        if any(
            fnmatch(name, pattern.removeprefix("**/")) and (anywhere or name.count("/") == depth) for name in tested
        ):
            ignored = not line.startswith("!")
    return ignored


def rehearse(root: Path, environment: Environment, model: Path) -> None:
    """Runs the build's commands with its folders in the environment's empty one, then starts the service and asks it.

    Args:
        root: of the repository.
        environment: takes the place of ``/opt/recurra``; nothing is installed there yet.
        model: is served.

    Raises:
        CheckError: a command fails, or the service does not answer.
    """
    found = instructions((root / "Containerfile").read_text("utf-8"))
    stages = [place for place, one in enumerate(found) if one.name == "FROM"]
    build, final, folder = found[stages[0] : stages[1]], found[stages[1] :], environment.work
    places = {
        "/opt/recurra": environment.folder,
        "/build": folder / "build",
        "/var/cache": folder / "cache",
        "/models": folder / "models",
        "/run/secrets": folder / "secrets",
    }

    def here(text: str) -> str:
        for path, place in places.items():
            text = re.sub(rf"(?<![\w.]){path}(?=[/\s'\"]|$)", str(place), text)
        return text

    for place in places.values():
        place.mkdir(parents=True, exist_ok=True)
    variables = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    for one in build:
        if one.name == "COPY":
            *sources, target = shlex.split(here(one.rest))
            for source in sources:
                _copy(root / source, Path(places["/build"], target), into=len(sources) > 1 or target.endswith("/"))
        elif one.name == "ENV":
            variables |= dict(word.split("=", 1) for word in shlex.split(here(one.rest)))
        elif one.name == "RUN" and "-m venv" not in one.rest:
            _run(here(one.rest), places["/build"], variables)

    (folder / "secrets" / "token").write_text("a-token-for-the-check", encoding="utf-8")
    (folder / "secrets" / "token").chmod(0o600)
    shutil.copy(model, folder / "models" / "model.safetensors")
    port = free_port()
    *_, entry = (json.loads(here(one.rest)) for one in final if one.name == "ENTRYPOINT")
    *_, command = (json.loads(here(one.rest)) for one in final if one.name == "CMD")
    *_, health = (one.rest.partition("CMD")[2].replace("8000", str(port)) for one in final if one.name == "HEALTHCHECK")
    for one in (one for one in final if one.name == "ENV"):
        variables |= dict(
            word.split("=", 1) for word in shlex.split(here(one.rest.replace(":$PATH", ":/usr/bin:/bin")))
        )
    # Compiled kernels must be there already, and nothing else may be written.
    before = _files(folder / "cache")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*entry, *command, "--port", str(port)], cwd="/", env=variables, stdout=log, stderr=log
        )
        with stopped_after(process):
            wait_until(
                lambda: _run(shlex.join(json.loads(health)), Path("/"), variables, OSError), process, folder / "log"
            )
            if ask(f"http://127.0.0.1:{port}", "a-token-for-the-check") != "money":
                raise CheckError("the container's service gives a wrong answer")
            try:
                ask(f"http://127.0.0.1:{port}")
            except HTTPError as error:
                if error.code != 401:
                    raise CheckError(f"without a token the container's service says {error.code}") from error
            else:
                raise CheckError("the container's service answers without a token")
    if process.returncode:
        raise CheckError(f"the container's service ends with {process.returncode} on SIGTERM")
    said = (folder / "log").read_text("utf-8")
    if "Compiled" in said or _files(folder / "cache") != before:
        raise CheckError(f"the container's service compiles kernels when it is started: {said[-200:]!r}")


def _copy(source: Path, target: Path, *, into: bool) -> None:
    target = target / source.name if into else target
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    else:
        target = target / source.name if target.is_dir() else target
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _run(command: str, folder: Path, variables: dict[str, str], error: type[Exception] = CheckError) -> None:
    ended = subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        said = (ended.stderr.strip() or ended.stdout.strip()).splitlines() or ["nothing"]
        raise error(f"{command[:200]}: {ended.returncode}, {said[-1]}")


def _files(folder: Path) -> set[Path]:
    return {one for one in folder.rglob("*") if one.is_file()}
