"""A tokenizer of one's own, from its function to what a trained model can say."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import make_branched, make_bundle
from rows import make_rows
from sklearn.model_selection import cross_val_score
from text.own_tokenizer import NAME, halves, register_halves

import recurra
from recurra.bench.texts import generated_texts
from recurra.bundle import Bundle, digest_in, read_bundle, write_bundle
from recurra.card import model_card
from recurra.cli import main
from recurra.errors import DataError, ModelFileError, SettingsError
from recurra.export import export_int8
from recurra.inspection.read import read
from recurra.runtime import Model
from recurra.text import TextPipeline, TextSettings, Vocabulary
from recurra.text.encoding import encoder
from recurra.text.segmenters import SEGMENTERS
from recurra.text.tokens import TOKENISERS
from recurra.tokenizers import BUILT_IN, LOWERCASE_CHARACTERS, TOKENIZERS, register, tokenizer_named


@pytest.fixture(autouse=True)
def _known_here() -> Iterator[None]:
    """The tokenizer is known while one of these tests runs, and no longer."""
    register_halves()
    yield
    TOKENIZERS.clear()


def texts_of(count: int, *, seed: int = 0) -> tuple[list[str], list[str]]:
    pairs, topics = make_rows(count, seed=seed)
    return [text for _, text in pairs], topics


def trained(**options: Any) -> recurra.TextClassifier:
    options = {"tokens": NAME, "hidden": 8, "embedding": 8, "patience": 0} | options
    classifier = recurra.TextClassifier(options=options, epochs=6, batch_size=8, learning_rate=0.05)
    return classifier.fit(*texts_of(64))


def read_by_halves(bundle: Bundle) -> Bundle:
    """A model of random weights whose texts are cut in halves."""
    return replace(bundle, text=bundle.text.replace(tokens=NAME))


def test_the_whole_walk(tmp_path: Path) -> None:
    texts, topics = texts_of(40, seed=1)
    classifier = trained(validation=0)
    assert classifier.score(texts, topics) > 0.9
    path = tmp_path / "own.safetensors"
    classifier.save(path)

    learned = Counter(token for text in texts_of(64)[0] for token in halves(text))
    vocabulary = read_bundle(path).vocabulary
    assert vocabulary.tokens == tuple(sorted(learned, key=lambda token: (learned[token], token), reverse=True))
    assert any(token.startswith("##") for token in vocabulary.tokens)

    # In another process, which knows the tokenizer only where its file is imported.
    program = (
        "import json, sys; sys.path.insert(0, {tests!r}); import recurra; {first}\n"
        "model = recurra.load({path!r}); print(json.dumps(model.predict_proba({texts!r}).tolist()))\n"
        "assert 'torch' not in sys.modules"
    )
    values = {"tests": str(Path(__file__).parents[1]), "path": str(path), "texts": texts}
    registers = program.format(first="from text.own_tokenizer import register_halves; register_halves()", **values)
    ended = subprocess.run([sys.executable, "-c", registers], capture_output=True, text=True, check=True)
    elsewhere = np.array(json.loads(ended.stdout.splitlines()[-1]), dtype=np.float32)
    model = recurra.load(path)
    np.testing.assert_array_equal(elsewhere, model.predict_proba(texts))
    ended = subprocess.run([sys.executable, "-c", program.format(first="", **values)], capture_output=True, text=True)
    assert ended.returncode == 1
    assert f"There is no tokenizer '{NAME}'" in ended.stderr.splitlines()[-1]
    assert (
        "Register yours in each process, those of n_jobs too: recurra.tokenizers.register"
        in ended.stderr.splitlines()[-1]
    )

    reading = model.read("Oil pricing rises")
    assert reading.tokens == ["Oil", "pri", "##cing", "ris", "##es"]
    why = read(model, "market goal", name="own", attribution=True)
    assert [token["text"] for token in why["tokens"]] == ["mar", "##ket", "goa", "##l"]
    assert len(why["attribution"]["integrated_gradients"]) == 4
    assert abs(why["attribution"]["completeness_error"]) < 0.01


def test_the_file_holds_the_name_alone(tmp_path: Path) -> None:
    write_bundle(read_by_halves(make_bundle()), tmp_path / "own.safetensors")
    data = (tmp_path / "own.safetensors").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert json.loads(header["__metadata__"]["recurra"])["text"]["tokens"] == NAME
    assert b"own_tokenizer" not in data
    assert b"##" not in data


@pytest.mark.parametrize("bundle", [make_bundle(), make_branched()], ids=["network", "branch"])
def test_ids_and_answers_are_those_of_the_function_s_tokens(bundle: Bundle) -> None:
    """A model of the same weights, given the same tokens as words between spaces, answers alike."""
    tokens = ("oil", "pri", "##ces", "ris", "##e", "aga", "##in", "the", "tea", "##m", "win", "##s", "a")
    own = replace(read_by_halves(bundle), vocabulary=Vocabulary(tokens))
    # In names without punctuation, which the lesson's words lose.
    plain = tuple(token.replace("##", "rest") for token in tokens)
    spaced = replace(bundle, vocabulary=Vocabulary(plain))
    if bundle.branch is not None:
        # Subwords are letters of the tokens, which differ here.
        own, spaced = (
            replace(one, branch=replace(bundle.branch, vocabulary=one.vocabulary, U=0 * bundle.branch.U))
            for one in (own, spaced)
        )
    texts = ["oil prices rise again", "the teams win", "", " ", "a new word", "oil"]
    cut = [" ".join(token.replace("##", "rest") for token in halves(text)) for text in texts]
    np.testing.assert_array_equal(Model(own).predict_proba(texts), Model(spaced).predict_proba(cut))
    alone = [Model(own).predict_proba([text])[0] for text in texts]
    np.testing.assert_allclose(alone, Model(spaced).predict_proba(cut), atol=1e-6)
    ids = own.pipeline.encode(texts)
    assert ids.lengths.tolist() == [len(halves(text)) for text in texts]
    unknown: list[str] = []
    own.pipeline.encode(texts, unknown)
    assert unknown == [token for text in texts for token in halves(text) if token not in tokens]


def test_threads_and_copies_answer_alike() -> None:
    model = Model(read_by_halves(make_branched()))
    texts, _ = texts_of(32)
    wanted = model.predict_proba(texts)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(model.predict_proba, [texts] * 8):
            np.testing.assert_array_equal(found, wanted)
    copy = pickle.loads(pickle.dumps(model))  # noqa: S301  (our own)
    np.testing.assert_array_equal(copy.predict_proba(texts), wanted)


def test_a_warm_start_reads_with_it(tmp_path: Path) -> None:
    first = trained(branch=False)
    more = ["Zeppelin flights again", "a zeppelin"] * 16, ["air", "money"] * 16
    with pytest.warns(UserWarning, match="it may forget them"):
        again = recurra.TextClassifier(epochs=1).fit(*more, initial=Model(first.model_.bundle))
    bundle = again.model_.bundle
    assert bundle.text.tokens == NAME
    assert set(bundle.vocabulary.tokens) >= {"Zep", "zep", "##pelin", *first.model_.bundle.vocabulary.tokens}


def test_a_command_reads_with_it_where_it_is_registered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.safetensors"
    write_bundle(read_by_halves(make_bundle()), path)
    assert main(["inspect", str(path), "prices", "--json"]) == 0
    assert [token["text"] for token in json.loads(capsys.readouterr().out)[0]["tokens"]] == ["pri", "##ces"]
    del TOKENIZERS[NAME]
    assert main(["predict", str(path), "prices"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"There is no tokenizer '{NAME}'" in line
    assert "recurra.tokenizers.register" in line


def test_export_refuses_it_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = read_by_halves(make_bundle())
    with pytest.raises(SettingsError, match=f"The model reads with the tokenizer '{NAME}', which is your own"):
        export_int8(bundle)
    path = tmp_path / "own.safetensors"
    write_bundle(bundle, path)
    assert main(["export", str(path), "--int8", "--out", str(tmp_path / "small.safetensors")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "an export carries no code" in line
    assert [file.name for file in tmp_path.iterdir()] == ["own.safetensors"]


def test_the_card_says_what_to_register() -> None:
    bundle = read_by_halves(make_bundle())
    said = f"Its tokenizer, {NAME}, is not part of Recurra: `recurra.tokenizers.register` it first."
    assert said in model_card(bundle, digest=digest_in(bundle))
    assert "is not part of Recurra" not in model_card(make_bundle(), digest="")


def test_texts_made_to_measure_on_have_spaces() -> None:
    (text,) = generated_texts(read_by_halves(make_bundle()), 1, 12)
    assert set(text.split()) <= set(make_bundle().vocabulary.tokens)


def test_without_it_nothing_is_read_as_something_else() -> None:
    """A copy in another process, whose settings were checked here."""
    vocabulary = Vocabulary(("a", "b"))
    del TOKENIZERS[NAME]
    with pytest.raises(SettingsError, match=f"There is no tokenizer '{NAME}'"):
        encoder(NAME, vocabulary)
    with pytest.raises(SettingsError, match=f"There is no tokenizer '{NAME}'"):
        TextSettings(tokens=NAME)


def test_a_hostile_name_is_one_short_line(tmp_path: Path) -> None:
    long = "x" * 100_000
    register(long, str.split)
    bundle = make_bundle()
    write_bundle(replace(bundle, text=bundle.text.replace(tokens=long)), tmp_path / "own.safetensors")
    del TOKENIZERS[long]
    with pytest.raises(ModelFileError, match="There is no tokenizer") as refused:
        recurra.load(tmp_path / "own.safetensors")
    assert len(str(refused.value)) < 600 + len(str(tmp_path))
    assert "\n" not in str(refused.value)


def test_a_model_whose_tokenizer_is_not_registered_is_answered_in_one_line(tmp_path: Path) -> None:
    register("mine", str.split)
    bundle = make_bundle()
    write_bundle(replace(bundle, text=bundle.text.replace(tokens="mine")), path := tmp_path / "own.safetensors")
    del TOKENIZERS["mine"]
    with pytest.raises(ModelFileError) as refused:
        recurra.load(path)
    assert str(refused.value) == (
        f"The model {path} cannot be used: There is no tokenizer 'mine'. The tokenizers are "
        f"{', '.join((*BUILT_IN, *TOKENIZERS))}. Register yours in each process, those of n_jobs too: "
        "recurra.tokenizers.register('mine', function), before loading."
    )
    assert "".join(traceback.format_exception(refused.value)).count("Traceback") == 1


def test_names_of_those_that_ship() -> None:
    assert {*BUILT_IN, LOWERCASE_CHARACTERS} == {"auto", *TOKENISERS, *SEGMENTERS}
    for name in (*BUILT_IN, LOWERCASE_CHARACTERS):
        with pytest.raises(SettingsError, match="built in"):
            register(name, str.split)


def test_as_a_decorator_and_a_new_version_takes_the_place_of_the_old() -> None:
    @recurra.tokenizers.register("marks")
    def marks(text: str) -> list[str]:
        return text.split("|")

    assert marks("a|b") == ["a", "b"]
    assert TOKENIZERS["marks"] is marks
    with pytest.warns(UserWarning, match="'marks'"):
        assert register("marks", str.split) is str.split
    pipeline = TextPipeline.learn(["a|b c"], TextSettings(tokens="marks"))
    assert pipeline.vocabulary.tokens == ("c", "a|b")


@pytest.mark.parametrize(
    ("name", "function", "message"),
    [
        ("own", "str.split", "'str.split' is no function. Give a function from a text to its tokens."),
        ("", str.split, "A tokenizer is registered as ''. Give its name: a text that is not empty."),
        (3, str.split, "A tokenizer is registered as 3. Give its name: a text that is not empty."),
        ("words", str.split, "The tokenizer 'words' is built in. Register yours under another name."),
        ("jieba", str.split, "The tokenizer 'jieba' is built in. Register yours under another name."),
        ("auto", str.split, "The tokenizer 'auto' is built in. Register yours under another name."),
    ],
)
def test_what_cannot_be_registered_is_named(name: Any, function: Any, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        register(name, function)
    assert str(refused.value) == message
    assert list(TOKENIZERS) == [NAME]


@pytest.mark.parametrize(
    ("returned", "shown"),
    [
        ("a b", "'a b' (str)"),
        (None, "None (NoneType)"),
        (["a", 1], "['a', 1] (list)"),
        ([b"a"], "[b'a'] (list)"),
        (iter(["a"]), "(list_iterator)"),
        ("a" * 200, "aaa' (str)"),
        (["a" * 200, 1], "aaa', 1] (list)"),
    ],
)
def test_what_is_no_list_of_texts_is_named(returned: Any, shown: str) -> None:
    register("odd", lambda _: returned)
    with pytest.raises(DataError) as refused:
        TextPipeline.learn(["a text"], TextSettings(tokens="odd"))
    assert str(refused.value).startswith("The tokenizer 'odd' returned ")
    assert shown in str(refused.value)
    assert str(refused.value).endswith(" for 'a text'. Let it return a list of texts.")


def test_a_name_that_is_missing_is_said() -> None:
    for misused in (lambda: register(str.split), lambda: register(str.split, "mine")):  # type: ignore[call-overload]
        with pytest.raises(
            SettingsError, match=r'^A tokenizer is registered as <.* Give its name first: register\("name", '
        ):
            misused()
    with pytest.raises(SettingsError, match="Give its name: a text that is not empty"):
        register("")


def test_a_long_text_is_quoted_whole_or_shortened_within_its_quotes() -> None:
    register("odd", lambda _: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(DataError, match=r" for 'a word a [^']*\.\.\.[^']*'\. Let it return"):
        tokenizer_named("odd")("a word " * 30)


def test_tokens_are_sound() -> None:
    given = []

    def odd(text: str) -> tuple[str, ...]:
        given.append(text)
        return ("", "a\ud800", "ł", "", "x y\n")

    register("odd", odd)
    assert tokenizer_named("odd")("b\udfff") == ["a?", "ł", "x y\n"]
    assert given == ["b?"]
    pipeline = TextPipeline.learn(["b"], TextSettings(tokens="odd"))
    assert Vocabulary.from_tensors(*pipeline.vocabulary.to_tensors()) == pipeline.vocabulary


def test_processes_of_n_jobs_register_it_themselves() -> None:
    texts, topics = texts_of(16)
    options = {"hidden": 4, "embedding": 4, "validation": 0, "branch": False}
    here = recurra.TextClassifier(options={**options, "tokens": NAME}, epochs=1)
    with pytest.raises(SettingsError, match=f"no tokenizer '{NAME}'.* Register yours"):
        cross_val_score(here, texts, topics, cv=2, n_jobs=2, error_score="raise")
    # A class of the file that registers it has the file imported: here no earlier, as other tests list the tokenizers.
    from text.registering_tokenizer import Shouting

    there = Shouting(options={**options, "tokens": "shouted"}, epochs=1)
    assert len(cross_val_score(there, texts, topics, cv=2, n_jobs=2, error_score="raise")) == 2


def test_another_function_under_a_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(TOKENIZERS, "by lines", raising=False)

    def lines(mark: str = "\n") -> Any:
        return lambda text: text.split(mark)

    register("by lines", lines())
    with warnings.catch_warnings():
        # The same cell of a notebook, run again.
        warnings.simplefilter("error")
        register("by lines", lines())
    with pytest.warns(UserWarning, match="Another function takes the place of the tokenizer 'by lines'"):
        register("by lines", lines("|"))
    with pytest.warns(UserWarning, match="'by lines'"):
        register("by lines", str.split)


def test_a_tokenizer_that_calls_itself_or_holds_an_array_may_be_registered_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(TOKENIZERS, "by halves", raising=False)
    held = np.arange(3)

    def register_halves_of_halves() -> None:
        @register("by halves")
        def cut(text: str) -> list[str]:
            half = len(text) // 2
            return [text] if half < len(held) else [*cut(text[:half]), *cut(text[half:])]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            register_halves_of_halves()
    assert TOKENIZERS["by halves"]("abcdefgh") == ["abcd", "efgh"]
