"""``recurra serve``: what it is given, before anybody asks."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from commands import Run, check_failed
from rows import write_table

import recurra
from recurra.cli.data_argument import ReadOptions
from recurra.cli.output import Output
from recurra.cli.serve import rows_for_views
from recurra.data.model_columns import ModelColumns
from recurra.errors import DataError, SettingsError
from recurra.serving.model_registry import paths_by_name


def write_token(folder: Path, mode: int) -> Path:
    path = folder / "token"
    path.write_text("correct-horse-battery\n")
    path.chmod(mode)
    return path


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "models.example"])  # noqa: S104
def test_other_machines_need_a_token(host: str, run: Run, model: Path) -> None:
    check_failed(run("serve", model, "--host", host), 2, f"--host {host!r} lets other machines ask", "--token-file")


def test_a_token_that_everybody_can_read(run: Run, model: Path, tmp_path: Path) -> None:
    path = write_token(tmp_path, 0o644)
    check_failed(run("serve", model, "--token-file", path), 2, "Everybody on this machine", f"chmod 600 {path}")


def test_a_port_that_is_taken(run: Run, model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        check_failed(run("serve", model, "--port", port), 1, f"cannot listen on '127.0.0.1' port {port}", "--port")


@pytest.mark.parametrize("host", ["192.0.2.1", "no such name"])
def test_an_address_that_is_not_ours(host: str, run: Run, model: Path, tmp_path: Path) -> None:
    words = ["--host", host, "--token-file", write_token(tmp_path, 0o600)]
    check_failed(run("serve", model, *words), 1, f"cannot listen on {host!r} port 8000", "--host")


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (["--port", "70000"], 2, ["--port is 70000", "65535"]),
        (["--port", "x"], 2, ["'x'"]),
        (["--workers", "0"], 2, ["'0'", "1 or more"]),
        (["--workers", "2", "--data", "x.csv"], 2, ["--data is given with --workers 2", "at another --port"]),
        (["--data", "missing.csv"], 1, ["missing.csv"]),
        (["--runs", "missing"], 1, ["There is no folder missing", "--runs"]),
        (["--token-file", "missing"], 2, ["--token-file missing cannot be read"]),
        (["missing.safetensors"], 1, ["There is no file missing.safetensors"]),
    ],
)
def test_mistakes_are_one_line(words: list[str], code: int, parts: list[str], run: Run, model: Path) -> None:
    check_failed(run("serve", model, *words), code, *parts)


def test_no_model_at_all(run: Run) -> None:
    check_failed(run("serve"), 2, "was given no MODEL")


def test_two_models_of_one_name(run: Run, model: Path) -> None:
    check_failed(run("serve", f"a={model}", f"a={model}"), 2, "Two models are called 'a'", "NAME=PATH")


def test_models_that_learned_from_several_label_columns(capsys: pytest.CaptureFixture[str]) -> None:
    models: Any = {
        name: SimpleNamespace(
            columns=ModelColumns("text", None, label), bundle=SimpleNamespace(text=SimpleNamespace(field="all"))
        )
        for name, label in (("a", "label"), ("b", "topic"))
    }
    learned = "a learned from the column 'label', b learned from the column 'topic'"
    rows = [(f"text {place}", "xy"[place % 2], "zuv"[place % 3]) for place in range(12)]
    output = Output(as_json=False, quiet=True)
    write_table(Path("odd.csv"), ("text", "topic", "category"), rows)
    with pytest.raises(DataError) as caught:
        rows_for_views("odd.csv", ReadOptions(), models, output)
    assert str(caught.value) == (
        f"odd.csv: the label column may be any of 'topic', 'category'; {learned}. Name it with label=."
    )
    write_table(Path("both.csv"), ("text", "label", "topic"), rows)
    assert rows_for_views("both.csv", ReadOptions(), models, output).label_column == "label"
    assert output.notes[-1] == f"{learned}: the views show labels of 'label'; name another with --label."


def test_names_of_models(tmp_path: Path) -> None:
    (tmp_path / "a=b.safetensors").touch()
    words = [
        "runs/news/model.safetensors",
        "lstm.safetensors",
        "x=some/where.safetensors",
        str(tmp_path / "a=b.safetensors"),
    ]
    assert paths_by_name(words) == {
        "news": Path("runs/news/model.safetensors"),
        "lstm": Path("lstm.safetensors"),
        "x": Path("some/where.safetensors"),
        "a=b": tmp_path / "a=b.safetensors",
    }
    for word in ("a\x1b[2J=m.safetensors", "x" * 81 + "=m.safetensors"):
        with pytest.raises(SettingsError, match="has no name that can be shown"):
            paths_by_name([word])


@pytest.mark.parametrize(("host", "with_token"), [(None, False), ("0.0.0.0", True), ("::1", True)])  # noqa: S104
def test_the_line_for_curl_works_as_it_is_printed(
    host: str | None, with_token: bool, model: Path, tmp_path: Path
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    if host == "::1" and not Path("/proc/net/if_inet6").exists():
        pytest.skip("there is no IPv6 here")
    (tmp_path / "my files").mkdir()
    options = ["--token-file", write_token(tmp_path / "my files", 0o600)] if with_token else []
    options += [] if host is None else ["--host", host]
    command = [sys.executable, "-m", "recurra", "serve", model, "--port", "0", *options]
    with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            while not lines or not lines[-1].startswith("ready: "):
                line = process.stdout.readline()
                assert line, process.communicate(timeout=30)[1]
                lines.append(line)
            asked = next(line.removeprefix("to ask: ") for line in lines if line.startswith("to ask: "))
            ran = subprocess.run(asked, shell=True, capture_output=True, text=True, check=False, timeout=30)  # noqa: S602
        finally:
            process.kill()
    assert ran.returncode == 0, ran.stderr
    (answer,) = json.loads(ran.stdout)["results"]
    assert answer["label"] in recurra.load(model).classes_
