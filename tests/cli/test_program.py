"""The program as a process: help, version, start-up, pipes."""

from __future__ import annotations

import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest
from commands import Run

import recurra

COMMANDS = (
    "lesson",
    "check",
    "train",
    "tune",
    "evaluate",
    "predict",
    "score",
    "serve",
    "inspect",
    "compare",
    "info",
    "export",
    "import",
    "push",
    "data",
    "bench",
)
SCRIPT = Path(sysconfig.get_path("scripts"), "recurra")


def test_without_a_command_it_shows_what_there_is(run: Run) -> None:
    bare, asked = run(), run("--help")
    assert bare == asked
    assert (bare.code, bare.err) == (0, "")
    for name in COMMANDS:
        assert f"\n  {name} " in bare.out
    # What a command is for is said whole.
    assert "..." not in bare.out.split("Commands:")[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_short_and_ends_with_examples(command: str, run: Run) -> None:
    ran = run(command, "--help")
    assert (ran.code, ran.err) == (0, "")
    head, examples = ran.out.split("  Examples:\n")
    assert head.startswith(f"Usage: recurra {command} ")
    assert len(ran.out.splitlines()) < 86
    for option in ("--json", "--quiet", "--help"):
        assert option in head
    for line in examples.strip().splitlines():
        assert line.strip().startswith(f"recurra {command}")
    assert run(command, "-h") == ran


@pytest.mark.parametrize("command", COMMANDS)
def test_the_options_of_the_examples_exist(command: str, run: Run) -> None:
    head, examples = run(command, "--help").out.split("  Examples:\n")
    for word in examples.split():
        if word.startswith("--"):
            assert f"{word} " in head


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"recurra {recurra.__version__}\n", "")


def test_the_installed_script_says_one_line_and_no_traceback(tmp_path: Path) -> None:
    if not SCRIPT.exists():
        pytest.skip(f"there is no {SCRIPT}: the package is not installed here")
    ran = subprocess.run([SCRIPT, "info", "missing"], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "recurra: error: There is no file missing. Check the path of the model.\n"


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["train", "--help"],
        ["predict", "{}", "the team wins"],
        ["info", "{}"],
        ["export", "{}", "--int8", "--out", "small.safetensors"],
        ["bench", "{}", "--rounds", "1", "--take", "20"],
    ],
)
def test_what_needs_no_training_imports_nothing_of_it(words: list[str], model: Path) -> None:
    code = (
        "import sys; from recurra.cli import main; code = main(sys.argv[1:]); "
        "heavy = {'torch', 'sklearn', 'pyarrow', 'pandas', 'matplotlib', 'jinja2'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    command = [sys.executable, "-c", code, *(word.format(model) for word in words)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout


# What a process may import besides Python's own library: more makes every start slower.
TYPER = {"annotated_doc", "click", "rich", "shellingham", "typer", "typing_extensions"}
PYDANTIC = {"annotated_types", "pydantic", "pydantic_core", "typing_inspection"}  # by which Typer reads values
# Numba imports colorama where another package, such as the documentation's theme, has brought it.
NUMBA = {"cython_runtime", "llvmlite", "numba", "numpy", "scipy", "yaml", "colorama"}
RECURRA = {"recurra.cli", "recurra.data", "recurra.errors", "recurra.interrupt", "recurra.version"}
PREDICTING = {
    "recurra.atomic", "recurra.batches", "recurra.bundle", "recurra.cells", "recurra.evaluation", "recurra.kernels",
    "recurra.hub", "recurra.linear_branch", "recurra.networks", "recurra.representation", "recurra.runtime",
    "recurra.settings", "recurra.tasks",
    "recurra.text", "recurra.tokenizers",
}  # fmt: skip


def imported(words: list[str]) -> set[str]:
    """The modules that a process of ``recurra`` imports, but those of Python's own library."""
    code = (
        "import sys; before = set(sys.modules); from recurra.cli import main; code = main(sys.argv[1:]); "
        "own = sys.stdlib_module_names; sys.stderr.write(' '.join(name for name in set(sys.modules) - before "
        "if name.partition('.')[0] not in own)); sys.exit(code)"
    )
    ran = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, timeout=60)
    return {name for name in ran.stderr.split() if not name.startswith("_")}


def packages_of(modules: set[str]) -> set[str]:
    """The packages of modules; those of recurra with their first part."""
    parts = (name.split(".") for name in modules)
    return {".".join(part[:2]) if part[0] == "recurra" else part[0] for part in parts} - {"recurra"}


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_what_help_imports(words: list[str]) -> None:
    modules = imported(words)
    # Commands name the model of a run, lock its folder and draw bars.
    more = {"recurra.folders", "recurra.locks", "recurra.representation", "recurra.training"}
    assert packages_of(modules) <= TYPER | RECURRA | more
    assert {name for name in modules if name.startswith(("recurra.training.", "recurra.data."))} <= {
        "recurra.training.callbacks", "recurra.training.distributed", "recurra.training.run",
        "recurra.training.trackers", "recurra.data.documents", "recurra.data.label_format",
    }  # fmt: skip


def test_what_a_prediction_imports(model: Path) -> None:
    words = ["predict", str(model), "the team wins"]
    # Compiles kernels where they are not in the cache.
    subprocess.run([sys.executable, "-m", "recurra", *words], capture_output=True, check=True, timeout=240)
    modules = imported(words)
    assert packages_of(modules) <= TYPER | PYDANTIC | NUMBA | {"safetensors"} | RECURRA | PREDICTING
    assert {name.removeprefix("recurra.cli.") for name in modules if name.startswith("recurra.cli.")} == {
        "app", "command", "failures", "given_files", "next_command", "options", "output", "predict",
    }  # fmt: skip
    # Compiling needs them, and loading what was compiled does not.
    assert not {"numba.np.arraymath", "numba.np.linalg", "scipy.linalg", "recurra.data.frames"} & modules


@pytest.mark.parametrize("words", [("info", "{model}"), ("--version",)])
def test_a_full_disk_behind_standard_output(words: tuple[str, ...], model: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "recurra", *(word.format(model=model) for word in words)]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert ran.returncode == 1
    assert ran.stderr.splitlines() == [
        "recurra: error: Standard output cannot be written: No space left on device. "
        "Free some space, or send it elsewhere."
    ]


def test_a_reader_that_has_seen_enough(model: Path, tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_bytes(b"the team wins\n" * 20_000)
    command = [sys.executable, "-m", "recurra", "predict", str(model)]
    with (tmp_path / "lines.txt").open("rb") as lines:
        process = subprocess.Popen(command, stdin=lines, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


def wait_for_a_read(process: int) -> None:
    """Until a process waits for its standard input, as Linux tells; elsewhere a second."""
    call = Path(f"/proc/{process}/syscall")
    for _ in range(600):
        try:
            # read(0, …): its number on x86-64, and on ARM64.
            if call.read_text().split()[:2] in (["0", "0x0"], ["63", "0x0"]):
                return
        except OSError:
            time.sleep(1)
            return
        time.sleep(0.05)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_while_it_waits_for_text(number: signal.Signals, code: int, model: Path) -> None:
    program = "import sys; from recurra.cli import main; print('ready', flush=True); sys.exit(main(sys.argv[1:]))"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", program, "predict", str(model)]
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "ready\n"
        wait_for_a_read(process.pid)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert err == "recurra: interrupted before it was done. Run the command again.\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_training_that_is_ended_keeps_what_it_learned(number: signal.Signals, code: int, news: Path) -> None:
    words = ["train", str(news), "--out", "run", "--epochs", "1000000", "--set", "patience=1000000", "--no-baseline"]
    command = [sys.executable, "-m", "recurra", *words, "--checkpoint-every", "0", "--set", "hidden=4", "-q"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 300
        while not Path("run/checkpoint.safetensors").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        _, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    assert err.startswith("recurra: interrupted after ")
    assert err.endswith("; --resume goes on.\n")
    assert Path("run/checkpoint.safetensors").exists()
    assert len(recurra.load("run/model.safetensors").predict(["team win"])) == 1


def test_help_has_the_exit_codes(run: Run) -> None:
    codes = run("--help").out.split("Exit codes:\n")[1].splitlines()
    assert [line.split()[0] for line in codes if line] == ["0", "1", "2", "3", "130"]
