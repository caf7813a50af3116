"""Peers compute the very network that we do: its parameters and its answers."""

from __future__ import annotations

import ast
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from harness.jobs import MODEL, write_job, write_onnx
from harness.peers.job import Job
from harness.worker import PROGRAMS
from test_jobs import made_rows, small

from recurra.networks.shapes import weight_shapes
from recurra.runtime import load

NETWORKS: list[dict[str, Any]] = [
    {"cell": "simple_rnn"},
    {"cell": "gru", "bidirectional": True},
    {"cell": "lstm", "layers": 2, "bidirectional": True},
]


def job_of(folder: Path, **options: Any) -> Job:
    """A job whose biases and recurrent weights differ gate by gate, so that an exchange of gates shows."""
    write_job(folder, "predict", small(masked=True, **options), made_rows(), take=30, pools=True)
    generator = np.random.default_rng(1)
    weights = {
        name: generator.uniform(-0.9, 0.9, one.shape).astype(np.float32)
        for name, one in Job.read(folder).weights.items()
    }
    np.savez(folder / "weights.npz", **weights)
    bundle = load(folder / MODEL).bundle
    write_onnx(replace(bundle, tensors=weights), folder)
    return Job.read(folder)


def our_answers(job: Job) -> npt.NDArray[np.float32]:
    """Probabilities by falling length, as the peers give them."""
    model = load(job.folder / MODEL)
    for name, array in job.weights.items():
        model.bundle.tensors[name][...] = array
    return load_again(model).predict_proba(job.texts)[np.argsort(-job.lengths, kind="stable")]


def load_again(model: Any) -> Any:
    return type(model)(model.bundle)


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("options", NETWORKS, ids=lambda options: options["cell"])
def test_torch_trains_as_many_numbers_and_answers_alike(tmp_path: Path, options: dict[str, Any]) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    from harness.peers.torch_network import TorchNetwork, trained_parameters
    from harness.peers.torch_prediction import answers

    job, preset = job_of(tmp_path, **options), small(masked=True, **options)
    shapes = weight_shapes(preset.network, rows=job.settings["rows"], classes=job.settings["classes"])
    assert trained_parameters(TorchNetwork(job, packed=False)) == sum(int(np.prod(shape)) for shape in shapes.values())
    np.testing.assert_allclose(softmax(answers(job)), our_answers(job), atol=1e-5)


@pytest.fixture(scope="session")
def peers_python() -> str:
    """The peers' interpreter; tests that need it are skipped elsewhere."""
    path = Path(os.environ.get("RECURRA_PEERS_PYTHON") or Path(__file__).parents[2] / ".venv-peers" / "bin" / "python")
    if not path.is_file():
        pytest.skip(f"there is no {path}: run make peers, or set RECURRA_PEERS_PYTHON")
    return str(path)


POOLED = {"cell": "lstm", "bidirectional": True, "pooling": ["max", "last", "mean"]}


@pytest.mark.parametrize(
    ("program", "options"),
    [
        *((name, one) for name in ("onnx_prediction", "keras_prediction") for one in NETWORKS),
    ],
    ids=str,
)
def test_peers_of_another_environment_answer_alike(
    tmp_path: Path, peers_python: str, program: str, options: dict[str, Any]
) -> None:
    job = job_of(tmp_path, **options)
    code = (
        "import sys, numpy; from pathlib import Path; sys.path.append(sys.argv[1]);"
        f"from peers.job import Job; from peers.{program} import answers;"
        "numpy.save(sys.argv[3], answers(Job.read(Path(sys.argv[2]))))"
    )
    words = [peers_python, "-c", code, str(PROGRAMS.parents[1]), str(tmp_path), str(tmp_path / "answers.npy")]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run(words, check=True, env=environment, capture_output=True)
    got = np.load(tmp_path / "answers.npy")
    np.testing.assert_allclose(got, our_answers(job), atol=1e-5)


@pytest.mark.parametrize("options", [*NETWORKS, POOLED], ids=str)
def test_onnx_runtime_answers_alike(tmp_path: Path, options: dict[str, Any]) -> None:
    from harness.peers.onnx_prediction import answers

    job = job_of(tmp_path, **options)
    np.testing.assert_allclose(answers(job), our_answers(job), atol=1e-5)


def imported(source: str) -> set[str]:
    """The first names of the modules that a file imports, wherever in it; ``.`` for those beside it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level or str(node.module).partition(".")[0])
    return names


def test_what_a_file_imports() -> None:
    source = "import os.path\ndef f():\n  from recurra.text import Labels\nfrom .job import Job\nfrom .. import run\n"
    assert imported(source) == {"os", "recurra", ".", ".."}


@pytest.mark.parametrize("path", sorted(PROGRAMS.parent.glob("*.py")), ids=lambda path: path.name)
def test_a_peer_imports_nothing_of_ours(path: Path) -> None:
    # Its interpreter has neither Recurra nor the package that the programs lie in.
    assert not imported(path.read_text(encoding="utf-8")) & {"recurra", "harness", ".."}
