"""recurra import: a model file of a Keras model, which the other commands use."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from commands import Run, check_failed, everything, run_without
from safetensors.numpy import save_file

KERAS = Path(__file__).parents[1] / "fixtures" / "keras_import"


@pytest.fixture
def saved() -> str:
    """A model that Keras saved: SimpleRNN, no mask, texts of 20 tokens, 4 classes."""
    with zipfile.ZipFile(KERAS / "keras3_models.zip") as archive:
        Path("news.keras").write_bytes(archive.read("simple_rnn_fixed.keras"))
    return "news.keras"


@pytest.fixture
def whole() -> str:
    """A whole-model .h5 of Keras 2 without a vocabulary, which is written beside it."""
    with zipfile.ZipFile(KERAS / "keras2_models.zip") as archive:
        Path("news.h5").write_bytes(archive.read("keras2_whole_gru_masked.h5"))
    about = json.loads((KERAS / "keras2.json").read_text(encoding="ascii"))
    words = about["cases"]["keras2_whole_gru_masked"]["vocabulary"]
    Path("words.txt").write_text("\n".join(words), encoding="utf-8")
    return "news.h5"


def test_what_is_imported_works_in_the_other_commands(run: Run, saved: str) -> None:
    ran = run("import", saved, "--labels", "world, sports, business, science", "--out", "news.safetensors")
    assert (ran.code, ran.err) == (0, "")
    *table, last = ran.out.splitlines()
    assert [line.split()[-2:] for line in table[1:]] == [
        ["InputLayer", "0"],
        ["TextVectorization", "0"],
        ["Embedding", "900"],
        ["SimpleRNN", "60"],
        ["Dense", "24"],
    ]
    assert last == "model: news.safetensors"
    with np.load(KERAS / "keras3_answers.npz") as file:
        # The empty text.
        keras = file["simple_rnn_fixed"][49]
    (answer,) = run("predict", "news.safetensors", "", "--json").json
    assert answer["label"] == ["world", "sports", "business", "science"][int(keras.argmax())]
    assert answer["probabilities"][answer["label"]] == pytest.approx(float(keras.max()), abs=1e-5)
    assert run("inspect", "news.safetensors", "ba ke lo").code == 0
    digest = hashlib.sha256(Path(saved).read_bytes()).hexdigest()[:12]
    origin = f"news.keras (keras, Keras 3.15.1, SHA-256 begins {digest})"
    assert f"imported {origin}" in " ".join(run("info", "news.safetensors").out.split())
    assert f"| imported from | {origin} |" in run("info", "news.safetensors", "--card").out


def test_the_document(run: Run, whole: str) -> None:
    ran = run("import", whole, "--vocabulary", "words.txt", "--out", "m.safetensors", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json == {
        "model": whole,
        "out": "m.safetensors",
        "format": "keras-h5",
        "bytes": {"before": Path(whole).stat().st_size, "after": Path("m.safetensors").stat().st_size},
        "parameters": 150 * 6 + 6 * 15 + 5 * 15 + 2 * 15 + 5 * 3 + 3,
        "layers": ran.json["layers"],
        "notes": [
            "texts are cut as TextVectorization cuts them: --tokens chooses another way",
            "labels are the numbers 0 to 2 of the outputs: --labels names them",
        ],
    }
    assert [(layer["kind"], layer["parameters"]) for layer in ran.json["layers"]] == [
        ("InputLayer", 0),
        ("Embedding", 900),
        ("GRU", 195),
        ("Dense", 18),
    ]


def test_a_state_dict_needs_no_extra(run: Run) -> None:
    draw = np.random.default_rng(1)
    shapes = {
        "embed.weight": (258, 3), "out.weight": (2, 4), "out.bias": (2,), "rnn.weight_ih_l0": (16, 3),
        "rnn.weight_hh_l0": (16, 4), "rnn.bias_ih_l0": (16,), "rnn.bias_hh_l0": (16,),
    }  # fmt: skip
    save_file({name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}, "state.safetensors")
    words = ("state.safetensors", "--tokens", "bytes", "--pooling", "last", "--labels", "a,b", "--out", "m.safetensors")
    ran = run_without(["torch", "sklearn", "pyarrow", "pyfive"], "import", *words)
    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[:2] for line in ran.out.splitlines() if "nn." in line and "---" not in line][-3:] == [
        ["embed", "nn.Embedding"],
        ["rnn", "nn.LSTM"],
        ["out", "nn.Linear"],
    ]
    assert run("predict", "m.safetensors", "text").code == 0


def test_labels_may_be_lines_of_a_file(run: Run, saved: str) -> None:
    Path("labels.txt").write_text("Sci, Tech\nb\nc\nd\n", encoding="utf-8")
    assert (
        run("import", saved, "--labels", "labels.txt", "--out", "m.safetensors", "-q").out == "model: m.safetensors\n"
    )
    assert run("info", "m.safetensors", "--json").json["classes"] == ["Sci, Tech", "b", "c", "d"]
    assert run("import", saved, "--labels", "5,4,3,2", "--out", "m.safetensors").code == 0
    assert run("info", "m.safetensors", "--json").json["classes"] == [5, 4, 3, 2]
    again = run("import", saved, "--labels", "labels.txt", "--out", "m.safetensors")
    assert again.out.splitlines()[-1] == "model: m.safetensors, which replaces the earlier file"


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (["missing.keras", "--out", "m.safetensors"], 1, ["There is no file missing.keras"]),
        (["{saved}"], 2, ["no --out"]),
        (["{saved}", "--out", "m.bin"], 2, ["ends in '.bin'", "ends in .safetensors"]),
        (["{saved}", "--labels", "a,b", "--out", "m.safetensors"], 2, ["2 labels", "4 classes"]),
        (["{saved}", "--pad-to", "x", "--out", "m.safetensors"], 2, ["'x'", "a whole number"]),
        (["{model}", "--out", "m.safetensors"], 1, ["it is a model file of Recurra", "recurra predict"]),
        (["{model}", "--out", "{model}"], 2, ["--out", "is FILE itself"]),
        (["{saved}", "--vocab", "w.txt", "--out", "m.safetensors"], 2, ["no option --vocab", "--vocabulary"]),
    ],
)
def test_mistakes_are_one_line_and_write_nothing(
    words: list[str], code: int, parts: list[str], run: Run, saved: str, model: Path, tmp_path: Path
) -> None:
    before = everything(tmp_path)
    check_failed(run("import", *(word.format(saved=saved, model=model) for word in words)), code, *parts)
    assert everything(tmp_path) == before
