from __future__ import annotations

import copy
import gc
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import WORDS, make_bundle
from hypothesis import given
from hypothesis import strategies as st

from recurra import load
from recurra.bundle import write_bundle
from recurra.bundle.format import decode, encode
from recurra.errors import DataError, ModelFileError
from recurra.presets import load_preset
from recurra.runtime import Model
from recurra.runtime import reading as runtime_reading
from recurra.text import Labels, TextSettings, Vocabulary

TEXTS = ["Oil prices rise again", "", "the team WINS a late match in Rome, again!", "something unknown", "  "]
any_text = st.lists(st.sampled_from([*WORDS, "unknown"]), max_size=9).map(" ".join)


def test_ids_reach_the_network_as_the_vocabulary_says() -> None:
    """Two words against the formula written out for them."""
    bundle = make_bundle(cell="simple_rnn")
    w = {name: array.astype(np.float64) for name, array in bundle.tensors.items()}
    x1, x2 = w["embedding"][2 + WORDS.index("oil")], w["embedding"][1]
    W_I, W_H, b = (w[f"layers.0.forward.{name}"] for name in ("W_I", "W_H", "b"))
    state = np.tanh(x2 @ W_I + b + np.tanh(x1 @ W_I + b) @ W_H)
    powers = np.exp(state @ w["W_O"] + w["b_O"])
    np.testing.assert_allclose(Model(bundle).predict_proba(["Oil, crude"])[0], powers / powers.sum(), atol=1e-6)


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (("a", "b", "c"), "U"),
        ((1, 2, 30), "i"),
        ((False, True), "b"),
        ((0.5, 1.5), "f"),
        ((1, 10**30), "O"),
        (("a", "a\0"), "O"),
    ],
)
def test_predict_gives_the_most_probable_label_as_it_was_written(labels: tuple[Any, ...], kind: str) -> None:
    bundle = make_bundle(labels=labels, scale=3)
    bundle.tensors["b_O"][:] = 0
    model = Model(bundle)
    predicted = model.predict(WORDS)
    assert predicted.dtype.kind == kind
    # As those of scikit-learn's classifiers, they are indexed by an array.
    assert predicted.tolist() == model.classes_[model.predict_proba(WORDS).argmax(axis=1)].tolist()
    assert (model.classes_.tolist(), model.classes_.dtype.kind) == (list(labels), kind)
    assert len(set(predicted.tolist())) > 1


def test_pairs_are_title_and_text() -> None:
    model = Model(make_bundle())
    pairs = [("Oil prices", "rise again"), ("", "the team"), ("the team", "")]
    np.testing.assert_array_equal(
        model.predict_proba(pairs), model.predict_proba(["Oil prices rise again", "the team", "the team"])
    )


@pytest.mark.parametrize("documents", [[], (), np.array([], dtype=str)])
def test_no_documents_give_no_rows(documents: Any) -> None:
    model = Model(make_bundle(labels=(1, 2, 3)))
    assert model.predict_proba(documents).shape == (0, 3)
    assert model.predict_proba(documents).dtype == np.float32
    assert model.predict(documents).shape == (0,)
    assert model.predict(documents).dtype == np.int64


def test_any_iterable_of_texts_is_read() -> None:
    model = Model(make_bundle())
    expected = model.predict_proba(TEXTS)
    for documents in (tuple(TEXTS), iter(TEXTS), np.array(TEXTS), np.array(TEXTS, dtype=object)):
        np.testing.assert_array_equal(model.predict_proba(documents), expected)


def test_a_single_text_asks_for_a_list() -> None:
    with pytest.raises(DataError, match=r"given one text: 'Oil prices'\. Give a list of texts: predict\(\[text\]\)"):
        Model(make_bundle()).predict("Oil prices")


@pytest.mark.parametrize("documents", [None, 3, 2.5])
def test_what_is_no_list_is_named(documents: Any) -> None:
    with pytest.raises(DataError, match=rf"given {documents} \({type(documents).__name__}\)\. Give a list of texts"):
        Model(make_bundle()).predict_proba(documents)


@pytest.mark.parametrize("wrong", [3, b"text", ["a", "b"], ("a",), ("a", None), ("a", "b", "c")])
def test_what_is_no_document_is_named_with_its_place(wrong: Any) -> None:
    with pytest.raises(DataError, match="Document 1 ") as caught:
        Model(make_bundle()).predict(["good", wrong])
    assert repr(wrong) in str(caught.value)
    with pytest.raises(DataError, match=r"^Document 0 |^One text"):
        Model(make_bundle()).read(wrong)


@pytest.mark.parametrize("wrong", [None, float("nan")])
def test_missing_documents_are_named_with_their_places(wrong: Any) -> None:
    with pytest.raises(DataError, match=r"There is no text in rows 1, 3 \(counted from 0\)\. Leave these rows out"):
        Model(make_bundle()).predict(["good", wrong, "good", wrong])


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("pooling", [("last",), ("max", "attention")])
@pytest.mark.parametrize("budget", [runtime_reading.PREFIX_TOKENS, 7])
def test_reading_is_predicting_every_prefix(
    monkeypatch: pytest.MonkeyPatch, masked: bool, bidirectional: bool, pooling: tuple[str, ...], budget: int
) -> None:
    model = Model(make_bundle(masked=masked, bidirectional=bidirectional, pooling=pooling, layers=2))
    monkeypatch.setattr(runtime_reading, "PREFIX_TOKENS", budget)
    words = TEXTS[2].split()
    reading = model.read(TEXTS[2])
    assert reading.tokens == ["the", "team", "wins", "a", "late", "match", "in", "rome", "again"]
    prefixes = [" ".join(words[: k + 1]) for k in range(len(words))]
    np.testing.assert_allclose(reading.probabilities, model.predict_proba(prefixes), atol=2e-6)
    np.testing.assert_allclose(reading.probabilities[-1], model.predict_proba([TEXTS[2]])[0], atol=2e-6)


def test_reading_nothing_gives_no_rows() -> None:
    reading = Model(make_bundle()).read("")
    assert reading.tokens == []
    assert reading.probabilities.shape == (0, 3)
    assert reading.probabilities.dtype == np.float32


def test_reading_a_pair_reads_the_title_first() -> None:
    assert Model(make_bundle()).read(("Oil prices", "rise")).tokens == ["oil", "prices", "rise"]


@given(st.lists(any_text, max_size=5), st.booleans(), st.sampled_from(["lstm", "gru"]), st.integers(0, 9))
def test_a_saved_model_answers_the_same(texts: list[str], masked: bool, cell: str, seed: int) -> None:
    bundle = make_bundle(cell=cell, masked=masked, seed=seed)
    data = encode(bundle)
    again = decode(data)
    assert encode(again) == data
    np.testing.assert_array_equal(Model(again).predict_proba(texts), Model(bundle).predict_proba(texts))


def test_an_odd_text_is_only_a_text() -> None:
    model = Model(make_bundle())
    out = model.predict_proba(["\ud800", "\0", "oil " * 5000, "🦜\u200d", "\r\n\t"])
    assert np.isfinite(out).all()
    assert out[1].tolist() == model.predict_proba(["zzz"])[0].tolist()


def test_loading_and_predicting_import_no_framework(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    bundle = make_bundle()
    write_bundle(bundle, path)
    code = (
        "import json, sys, recurra; model = recurra.load(sys.argv[1]); texts = json.loads(sys.argv[2]); "
        "rows = model.predict_proba(texts).tolist(); model.read(texts[0]); model.summary(); "
        "heavy = {'torch', 'sklearn', 'pyarrow', 'pandas', 'matplotlib'} & set(sys.modules); "
        "print(json.dumps([rows, sorted(heavy)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), json.dumps(TEXTS)], capture_output=True, check=True, cwd=tmp_path
    )
    rows, heavy = json.loads(done.stdout)
    assert heavy == []
    np.testing.assert_allclose(rows, Model(bundle).predict_proba(TEXTS), atol=1e-6)


def test_load_reads_a_path_or_a_string_and_names_what_is_missing(tmp_path: Path) -> None:
    write_bundle(make_bundle(), tmp_path / "m.safetensors")
    assert (
        load(tmp_path / "m.safetensors").record == load(str(tmp_path / "m.safetensors")).record == make_bundle().record
    )
    with pytest.raises(ModelFileError, match="There is no file"):
        load(tmp_path / "n.safetensors")


@pytest.mark.parametrize(
    ("preset", "parameters"),
    [
        ("lesson/simple-rnn-titles", 1_281_364),
        ("lesson/simple-rnn-masked", 1_281_364),
        ("lesson/gru", 1_281_812),
        ("lesson/lstm", 1_282_372),
        ("lesson/bilstm", 2_758_148),
    ],
)
def test_the_summary_counts_the_parameters_of_the_lesson(preset: str, parameters: int) -> None:
    settings = load_preset(preset)
    small = make_bundle(labels=(0, 1, 2, 3))
    bundle = type(small)(
        text=settings.text,
        network=settings.network,
        vocabulary=Vocabulary(("oil",)),
        labels=Labels((0, 1, 2, 3)),
        pad_to=None if settings.network.masked else 40,
        tensors={"b_O": np.zeros(4, np.float32)},
        record={},
    )
    model = Model(bundle)
    last = model.summary().splitlines()[-1].split()
    assert last == ["total", f"{parameters:,}"]
    assert model.info["parameters"]["total"] == parameters


def test_the_summary_names_every_part() -> None:
    model = Model(make_bundle(cell="gru", layers=2, bidirectional=True, pooling=("max", "attention")))
    # embedding 15·3; layer 0: 2·(3·12 + 4·12 + 12 + 12); layer 1: 2·(8·12 + 4·12 + 12 + 12); attention 8·8 + 8 + 8;
    # output 16·3 + 3
    assert [line.split() for line in model.summary().splitlines()] == [
        ["part", "gives", "parameters"],
        [model.summary().splitlines()[1]],
        ["tokens", "[words]", "of", "15"],
        ["embedding", "[words,", "3]", "45"],
        ["layers.0", "(gru,", "both", "directions)", "[words,", "8]", "216"],
        ["layers.1", "(gru,", "both", "directions)", "[words,", "8]", "336"],
        ["pooling", "(max,", "attention)", "[16]", "80"],
        ["output", "(softmax)", "[3]", "51"],
        [model.summary().splitlines()[1]],
        ["total", "728"],
    ]
    assert sum(array.size for array in model.bundle.tensors.values()) == 728


def test_a_one_hot_model_shows_its_input() -> None:
    lines = Model(make_bundle(input="one_hot", cell="simple_rnn")).summary().splitlines()
    assert lines[3].split() == ["one_hot", "[words,", "15]", "0"]
    assert lines[4].split() == ["layers.0", "(simple_rnn)", "[words,", "4]", str(15 * 4 + 4 * 4 + 4)]


def test_info_is_json() -> None:
    info = Model(make_bundle(masked=False)).info
    assert json.loads(json.dumps(info)) == info
    assert info["pad_to"] == 5
    assert info["vocabulary"] == len(WORDS)
    assert TextSettings.from_dict(info["text"], where="info") == make_bundle().text
    assert repr(Model(make_bundle())) == "Model(lstm, hidden=4, layers=1, classes=3)"


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view"])
def test_arrow_strings_are_documents(kind: str) -> None:
    pa = pytest.importorskip("pyarrow")
    model = Model(make_bundle(scale=3))
    column = pa.array([*TEXTS, None], getattr(pa, kind)())
    expected = model.predict_proba([*TEXTS, ""])
    np.testing.assert_array_equal(model.predict_proba(column), expected)
    np.testing.assert_array_equal(model.predict_proba(pa.chunked_array([column[:2], column[2:]])), expected)
    np.testing.assert_array_equal(model.predict_proba(column[1:4]), model.predict_proba(TEXTS[1:4]))
    assert model.predict(column).tolist() == model.predict([*TEXTS, ""]).tolist()
    assert model.predict_proba(column[:0]).shape == (0, 3)
    with pytest.raises(DataError, match="the format 'l', which is not strings"):
        model.predict(pa.array([1, 2]))


def test_a_series_that_needs_pyarrow_is_listed_without_it() -> None:
    class Series(list[str]):
        """As of pandas, where pyarrow is missing."""

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise ImportError("Missing optional dependency 'pyarrow'")

    model = Model(make_bundle())
    np.testing.assert_array_equal(model.predict_proba(Series(TEXTS)), model.predict_proba(TEXTS))


def test_a_copy_has_tables_of_its_own() -> None:
    model = Model(make_bundle())
    before = model.predict_proba(TEXTS)
    sent = pickle.dumps(model)
    for copied in (copy.deepcopy(model), pickle.loads(sent)):  # noqa: S301 - our own
        del model
        gc.collect()
        np.testing.assert_array_equal(copied.predict_proba(TEXTS), before)
        model = copied
    with pytest.raises(TypeError, match="copy its model"):
        copy.copy(model._network)
