"""What every test may use."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Read when torch is first imported: the tests' tensors are so small that threads cost more than they save.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shared, noisy machine: slow examples are not failures.
settings.register_profile("recurra", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("recurra")


# What a shell starts in the background ignores Ctrl-C, and so would the commands that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of our own."""
    parser.addoption(
        "--refresh-tutorial", action="store_true", help="write what is printed today into docs/tutorial instead"
    )


@pytest.fixture(scope="session", autouse=True)
def compiled_kernels() -> None:
    """Compiles the kernels first: the line that says so would stand among what a command prints."""
    from recurra.cells import CELLS
    from recurra.kernels.compiled import kernels_of

    for cell in CELLS.values():
        if (form := cell.compiled.numba) is not None:
            kernels_of(f"training.{form.kernels}")
            kernels_of(f"inference.{form.kernels}")
    for name in (
        "token_ids",
        "token_table",
        "unique_ids",
        "delimited",
        "minhash",
        "packing",
        "adam",
        "job_list",
        "spin_wait",
        "training.dense",
        "training.single_label_loss",
        "training.output",
        "training.pooling",
        "training.dual_ascent",
        "ngrams",
        "subwords",
        "linear_sums",
        "inference.dense",
        "inference.batching",
        "inference.pooling",
        "inference.probabilities",
    ):
        kernels_of(name)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data sets; tests that need it are skipped elsewhere."""
    folder = Path(os.environ.get("RECURRA_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not (folder / "agnews" / "train.csv").is_file():
        pytest.skip(f"no real data in {folder}: set RECURRA_DATA to a folder that holds agnews/train.csv")
    return folder
