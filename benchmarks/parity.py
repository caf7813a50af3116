"""The same answer everywhere: every kind of model on every engine, in the runtime and in every export.

    python benchmarks/parity.py          # the table in docs/engines.md
    python benchmarks/parity.py --check  # writes nothing; ends with 1 where a difference is too large

A line is a model, trained for two epochs on generated rows; a column is a way of computing it. A number is the largest
difference of a probability from the same weights in float64, step by step in NumPy; 1e-5 is allowed, and where a
network is chaotic ten times what the runtime differs. The documents are drawn from the model's vocabulary, and odd:
empty, of 5,000 tokens, of unknown words, of any Unicode; engines that are slow there (the reference, Triton's
interpreter) get the short ones. The page is run by Node.js with onnxruntime-web, if both are there: RECURRA_WEB_RUNTIME
names a folder that has the latter, or an earlier export fetched it. The column Keras compares a model that
`recurra import` read with what Keras answered to texts of its own (tests/fixtures/keras_import).
Results: benchmarks/results/parity.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from golden_worker import forced, interpret_triton
from parity_tables import table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "importing"))

from made_up_texts import made_up_texts

import recurra
from recurra.batches import Ragged
from recurra.bench.machine import machine
from recurra.bundle import Bundle, int8_bundle
from recurra.cells import cell_named
from recurra.export import TOLERANCE, generated_documents, odd_documents, probabilities_in_float64
from recurra.export.onnx_graph import onnx_graph
from recurra.export.onnx_predictor import Classifier
from recurra.export.web_check import answers_in_node, browser_texts
from recurra.export.web_page import page_files
from recurra.export.web_runtime import cached_runtime, read_runtime
from recurra.importing.model import import_model
from recurra.importing.options import ImportOptions
from recurra.presets import preset_names
from recurra.runtime import Model

RESULTS = Path(__file__).parent / "results" / "parity.json"
TOPICS = {
    "money": ("bank", "stock", "price", "market", "oil", "trade", "tax"),
    "sport": ("goal", "match", "team", "win", "league", "cup", "player"),
    "tech": ("chip", "phone", "software", "web", "robot", "data", "code"),
}
EVERYTHING = {"layers": 2, "bidirectional": True, "pooling": ["last", "max", "mean", "attention"], "fixed_rows": False}
# Of other cells than the presets have, and of more of everything.
NETWORKS: dict[str, dict[str, Any]] = {
    cell: {"cell": cell, **EVERYTHING}
    for cell in ("simple_rnn", "gru", "gru_reset_before", "lstm", "sru", "min_gru", "min_lstm")
}
NETWORKS["bytes, one-hot"] = {"tokens": "bytes", "input": "one_hot", "cell": "gru", "fixed_rows": False}
KERAS = Path(__file__).parents[1] / "tests" / "fixtures" / "keras_import"
# Models of Keras with a vocabulary of their own.
IMPORTED = ("simple_rnn_masked", "gru_masked", "gru_reset_before", "bilstm_stacked", "several_labels")
# Tokens of the documents that slow engines get, and how many of them.
SHORT, FEW = 12, 12

Array = npt.NDArray[np.float32]


class Column(NamedTuple):
    """A way of computing a model.

    Attributes:
        compute: from a model and documents to probabilities; ``None`` if the model has no such form.
        int8: whether the weights are rounded first.
        slow: whether it gets a few short documents.
    """

    compute: Callable[[Bundle, Sequence[str]], Array | None]
    int8: bool = False
    slow: bool = False


def rows(count: int = 90) -> tuple[list[str], list[str]]:
    """Texts and their topics."""
    generator = np.random.default_rng(0)
    topics = [list(TOPICS)[place % 3] for place in range(count)]
    return [" ".join(generator.choice([*TOPICS[topic], "the", "again"], size=9)) for topic in topics], topics


def models(names: Sequence[str] = ()) -> dict[str, Bundle]:
    """The lines of the table; some of them, if they are named."""
    texts, topics = rows()
    several = [[topic, "all"] if place % 4 else [] for place, topic in enumerate(topics)]
    found = {}
    for name, preset, options, labels in (
        *((name, name, {}, topics) for name in preset_names()),
        *((name, "lesson/gru", options | {"masked": True}, topics) for name, options in NETWORKS.items()),
        ("several labels", "default", {}, several),
    ):
        if names and name not in names:
            continue
        small = {"embedding": 8} if preset.startswith("lesson/") and name != preset else {}
        classifier = recurra.TextClassifier(
            preset, epochs=2, learning_rate=0.02, options={"patience": 0, **small, **options}
        )
        found[name] = classifier.fit(texts, labels).model_.bundle
    return found


def of_runtime(bundle: Bundle, texts: Sequence[str]) -> Array:
    """The runtime, all documents together."""
    return Model(bundle).predict_proba(texts)


def of_one_text(bundle: Bundle, texts: Sequence[str]) -> Array:
    """The runtime, each document alone."""
    model = Model(bundle)
    return np.concatenate([model.predict_proba([text]) for text in texts])


def of_engine(engine: str) -> Column:
    """The network in torch with one of its engines, and the branch beside it."""

    def compute(bundle: Bundle, texts: Sequence[str]) -> Array | None:
        import torch

        from recurra.models.batch import Batch
        from recurra.models.network import Network

        forms = cell_named(bundle.network.cell).compiled
        if engine != "reference" and getattr(forms, engine) is None:
            return None
        opened = bundle.open(texts)
        read = opened.closed.padded_to(bundle.pad_to) if bundle.pad_to else opened.closed
        with torch.no_grad(), forced("triton" if engine == "triton" and not torch.cuda.is_available() else "") as used:
            network = Network(bundle.network, bundle.tensors, engine=engine).eval()
            logits = network(Batch.of(Ragged(read.values, read.offsets))).logits.numpy()
        if engine == "triton" and not (torch.cuda.is_available() or used):
            raise RuntimeError("Triton's kernels computed nothing")
        if bundle.branch is not None:
            logits = (logits + bundle.branch.logits(opened)).astype(np.float32)
        return np.asarray(bundle.task.probabilities(logits), dtype=np.float32)

    return Column(compute, slow=engine in ("reference", "triton"))


def of_page(bundle: Bundle, texts: Sequence[str]) -> Array | None:
    """A static page, run by Node.js; ``None`` where that or onnxruntime-web is not there."""
    given = os.environ.get("RECURRA_WEB_RUNTIME")
    runtime = read_runtime(Path(given), print) if given else cached_runtime()
    if runtime is None:
        return None
    readable = browser_texts(texts)
    files = page_files(bundle, onnx_graph(bundle).SerializeToString(), name="m", runtime=runtime, notices=None)
    found = answers_in_node(readable, files)
    return None if found is None else found


def of_onnx(bundle: Bundle, texts: Sequence[str]) -> Array:
    """An ONNX file in ONNX Runtime, with the Python file beside it."""
    found: Array = Classifier(onnx_graph(bundle).SerializeToString()).predict_proba(texts)
    return found


COLUMNS = {
    "runtime": Column(of_runtime),
    "one text": Column(of_one_text),
    "reference": of_engine("reference"),
    "torch": of_engine("torch"),
    "numba": of_engine("numba"),
    "triton": of_engine("triton"),
    "int8": Column(of_runtime, int8=True),
    "ONNX": Column(of_onnx),
    "ONNX int8": Column(of_onnx, int8=True),
    "page": Column(of_page, slow=True),
}


def documents_of(bundle: Bundle) -> list[str]:
    """What is compared on."""
    return [*generated_documents(bundle.pipeline)[::9], *odd_documents(bundle.pipeline)]


def imported(name: str) -> tuple[Bundle, list[str], Array]:
    """A model of Keras as `recurra import` reads it, texts, and what Keras answered to them."""
    about = json.loads((KERAS / "keras3.json").read_text(encoding="ascii"))
    case = about["cases"][name]
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(KERAS / "keras3_models.zip") as archive:
        path = archive.extract(case["file"], folder)
        bundle = import_model(Path(path), ImportOptions()).bundle
    with np.load(KERAS / "keras3_answers.npz", allow_pickle=False) as file:
        texts = made_up_texts(about["seed"], about["texts"])
        # Keras cannot read a text without tokens by itself.
        return bundle, [text for text in texts if text] if case["reading"] == "alone" else texts, file[name]


def line(bundle: Bundle, keras: tuple[list[str], Array] | None = None) -> dict[str, dict[str, float] | None]:
    """The largest difference of each column, and what is allowed.

    Args:
        bundle: the model.
        keras: texts, and Keras's answers to them, if it is Keras's model.
    """
    texts = documents_of(bundle)
    lengths = bundle.pipeline.encode(texts).lengths
    short = [text for text, length in zip(texts, lengths.tolist(), strict=True) if length <= SHORT]
    short = short[:: max(1, len(short) // FEW)]
    weights = {False: bundle, True: int8_bundle(bundle)}
    wide = {int8: probabilities_in_float64(one, texts) for int8, one in weights.items()}
    own = {int8: np.abs(of_runtime(one, texts) - wide[int8]).max(axis=1) for int8, one in weights.items()}
    found: dict[str, dict[str, float] | None] = {}
    for name, column in COLUMNS.items():
        of, chosen = weights[column.int8], short if column.slow else texts
        places = [texts.index(text) for text in chosen]
        answers = column.compute(of, chosen)
        if answers is None:
            found[name] = None
            continue
        apart = np.abs(answers - wide[column.int8][places]).max(axis=1)
        allowed = np.maximum(TOLERANCE, 10 * own[column.int8][places])
        # NaN is too far.
        worst = int(np.argmax(np.where(np.isfinite(apart), apart / allowed, np.inf)))
        found[name] = {
            "largest": float(apart.max()),
            "too_far": float(not apart[worst] <= allowed[worst]),
            "documents": len(chosen),
        }
    found["Keras"] = None
    if keras is not None:
        texts, theirs = keras
        # A sigmoid of one output is the second of two classes.
        apart = np.abs(of_runtime(bundle, texts)[:, -theirs.shape[1] :] - theirs)
        too_far = float(not apart.max() <= TOLERANCE)
        found["Keras"] = {"largest": float(apart.max()), "too_far": too_far, "documents": len(texts)}
    return found


def main() -> int:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where a difference is too large")
    parser.add_argument("--models", nargs="+", help="some of the lines")
    given = parser.parse_args()
    import torch

    if not torch.cuda.is_available():
        interpret_triton()
    found = {name: line(bundle) for name, bundle in models(given.models or ()).items()}
    for name in () if given.models else IMPORTED:
        bundle, texts, answers = imported(name)
        found[f"imported {name.replace('_', ' ')}"] = line(bundle, (texts, answers))
    print("\n".join(table(found)))
    wrong = [f"{name} on {way}" for name, ways in found.items() for way, one in ways.items() if one and one["too_far"]]
    for one in wrong:
        print(f"too far: {one}", file=sys.stderr)
    if not given.check:
        RESULTS.write_text(json.dumps({"machine": machine(), "models": found}, indent=1) + "\n", encoding="utf-8")
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
