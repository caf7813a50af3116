"""The Python file beside an ONNX file: its text pipeline on any text, and alone in a folder."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from branched import make_branched
from bundles import make_bundle
from hypothesis import given
from hypothesis import strategies as st

from recurra.errors import SettingsError
from recurra.export import ExportedModel, export_int8, export_onnx
from recurra.export.onnx_predictor import TOKENIZERS, Classifier
from recurra.runtime import Model
from recurra.text import TextSettings, Vocabulary
from recurra.text.fields import input_texts
from recurra.text.tokens import TOKENISERS

CHARACTERS = st.characters(exclude_categories=()) | st.sampled_from("aBzΣσİ.' ’\n\x00\x1cÿé中\u0301\u200d\ud800\udc00")
TEXTS = st.text(CHARACTERS, max_size=30)


@pytest.mark.parametrize("name", sorted(TOKENISERS))
def test_tokens_are_ours_on_any_text(name: str) -> None:
    @given(TEXTS)
    def check(text: str) -> None:
        assert TOKENIZERS[name](text) == TOKENISERS[name](text)

    check()
    everything = "".join(map(chr, range(0x110000)))
    assert TOKENIZERS[name](everything) == TOKENISERS[name](everything)


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Classifier, Model]]:
    """The predictor and the model, by words and by characters."""
    bundles = [
        make_branched(), make_branched(max_tokens=2, branch_max_tokens=4),
        make_branched(tokens="characters"), make_branched(tokens="characters", lowercase=True),
    ]  # fmt: skip
    return [(Classifier(export_onnx(bundle).data), Model(bundle)) for bundle in bundles]


def test_inputs_are_ours_on_any_text(pairs: list[tuple[Classifier, Model]]) -> None:
    known = ("oil", "prices", "rise", "team", "the", "zebra", "ea", "again", "łań")
    words = st.lists(st.sampled_from(known), max_size=12).map(" ".join)

    @given(words | TEXTS)
    def check(text: str) -> None:
        for classifier, model in pairs:
            found, branch = classifier._inputs(text), model.bundle.branch
            opened = model.bundle.open([text])
            assert found["ids"] == opened.closed[0].tolist()
            assert branch is not None
            assert sorted(found["ngrams"]) == sorted(branch.ngrams.find(opened.ids)[0].tolist())
            if branch.subwords is not None:
                tokens = model.bundle.whole_pipeline.tokens(text)
                assert found["subwords"] == branch.subwords.find(tokens).values.tolist()

    check()


@pytest.mark.parametrize("settings", [{}, {"field": "title"}, {"field": "title", "first_words": None}])
def test_titles_and_texts(settings: dict[str, Any]) -> None:
    text = TextSettings(tokens="lesson", **settings)
    bundle = replace(make_bundle(), text=text)
    classifier, model = Classifier(export_onnx(bundle).data), Model(bundle)
    long = "rise again and the team wins a late match in rome oil oil prices"
    documents: list[Any] = [("oil prices", "rise"), ("", "rise"), ("oil", ""), long, f"\u2003{long}\x1c"]
    np.testing.assert_allclose(classifier.predict_proba(documents), model.predict_proba(documents), rtol=0, atol=1e-6)
    assert classifier._inputs(long)["ids"] == model.bundle.pipeline.encode(input_texts([long], text))[0].tolist()


def test_it_runs_alone(tmp_path: Path) -> None:
    bundle = replace(make_bundle(), vocabulary=Vocabulary(("oil", "ÉTÉ")), tensors=make_bundle().tensors)
    bundle = replace(bundle, tensors=bundle.tensors | {"embedding": bundle.tensors["embedding"][:4]})
    export_onnx(bundle).save(tmp_path / "m.onnx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.onnx", "m_onnx.py"]
    # Only onnxruntime and NumPy, and nothing that the checkout could lend.
    program = (
        "import sys; sys.modules['recurra'] = None; import m_onnx; "
        "print(m_onnx.Classifier('m.onnx').predict(['oil', 'ÉTÉ oil', '']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert ran.stdout.strip() == str(Model(bundle).predict(["oil", "ÉTÉ oil", ""]).tolist())
    shell = [sys.executable, "m_onnx.py"]
    ran = subprocess.run([*shell, "m.onnx", "oil"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == f"{Model(bundle).predict(['oil'])[0]}\toil\n"
    ran = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "Usage: python m_onnx.py MODEL.onnx TEXT ...\n")
    (tmp_path / "rows.csv").write_text("text\noil\n", encoding="utf-8")
    for wrong in ("none.onnx", "rows.csv"):
        ran = subprocess.run([*shell, wrong, "oil"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (1, "", 1)
        assert ran.stderr.startswith(f"{wrong} cannot be read as a model that Recurra exported: ")


def test_a_program_that_no_export_wrote_is_kept(tmp_path: Path) -> None:
    exported = export_onnx(make_bundle())
    (tmp_path / "m_onnx.py").write_text("mine", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"m_onnx.py is there already, and an earlier export did not write it"):
        exported.save(str(tmp_path / "m.onnx"))
    assert [path.name for path in tmp_path.iterdir()] == ["m_onnx.py"]
    exported._replace(program="").save(tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_bytes() == exported.data


@pytest.mark.parametrize(
    ("export", "name", "said"),
    [
        (export_onnx, "m.safetensors", "It is an ONNX file: name it 'm.onnx'."),
        (export_onnx, "m.pkl", "It is an ONNX file: name it 'm.onnx'."),
        (
            export_int8,
            "m.onnx",
            "It is a safetensors file: name it 'm.safetensors'; recurra.export.export_onnx(model).",
        ),
    ],
)
def test_an_export_is_not_written_under_the_name_of_another_format(
    export: Callable[[Any], ExportedModel], name: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(SettingsError) as caught:
        export(make_bundle()).save(tmp_path / name)
    assert str(caught.value).startswith(f"A model file was to be written as '{name}'. {said}")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(name, b"mine")]


@pytest.mark.parametrize("wrong", ["oil", [("a",)], [1], [None], [("a", None)]])
def test_what_is_no_list_of_documents_is_refused(wrong: Any) -> None:
    classifier = Classifier(export_onnx(make_bundle()).data)
    with pytest.raises(ValueError, match=r"Give a list of texts|Give a text, or a \(title, text\) pair"):
        classifier.predict(wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (pd.DataFrame({"text": ["oil"] * 3}), 'a whole DataFrame. Give its texts, such as df["text"].'),
        (pa.table({"text": ["oil"] * 3}), 'a whole Table. Give its texts, such as df["text"].'),
        (pl.LazyFrame({"text": ["oil"] * 3}), 'a whole LazyFrame. Give its texts, such as df["text"].'),
        ({"text": ["oil"] * 3}, 'a whole dict. Give its texts, such as df["text"].'),
        ({"oil"}, "a set, which has no order. Give a list of texts."),
        (None, "None (NoneType). Give a list of texts: [text]."),
        (np.array("oil"), "array('oil', dtype='<U3') (ndarray). Give a list of texts: [text]."),
        (b"oil", "one text: b'oil'. Give a list of texts: [text]."),
    ],
)
def test_names_of_columns_are_not_classified(wrong: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(f'predict was given {said}')}$"):
        Classifier(export_onnx(make_bundle()).data).predict(wrong)


def test_columns_and_arrays_are_lists_of_texts() -> None:
    classifier, texts = Classifier(export_onnx(make_bundle()).data), ["oil", "the team wins", ""]
    frame = pd.DataFrame({"text": texts})
    for form in (
        frame["text"],
        frame["text"].to_numpy(),
        np.array(texts),
        pl.Series(texts),
        tuple(texts),
        iter(texts),
    ):
        assert classifier.predict(form) == classifier.predict(texts)


def test_only_onnxruntime_and_numpy_are_imported() -> None:
    program = export_onnx(make_bundle()).program
    imported = {line.split()[1].split(".")[0] for line in program.splitlines() if line.startswith(("import ", "from "))}
    assert imported - sys.stdlib_module_names == {"numpy", "onnxruntime"}
