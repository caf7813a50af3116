"""Words of languages without spaces: what is cut, what is stored, what happens where a segmenter is missing."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import recurra
from recurra.bundle import write_bundle
from recurra.errors import SettingsError
from recurra.presets import load_preset
from recurra.text import TextPipeline, TextSettings
from recurra.text.segmenters import AT_ONCE, SEGMENTERS, segmenter_versions, tokeniser, version_mismatch
from recurra.training.fit import fit


def installed(name: str) -> str:
    """The segmenter's name; the test is skipped where it is not installed."""
    try:
        for package in SEGMENTERS[name].packages:
            importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError as error:
        pytest.skip(f"{error.name} is not installed: pip install 'recurra[{SEGMENTERS[name].extra}]'")
    return name


# Sentences whose cuts stand in the segmenters' own documentation, or that have one reading.
KNOWN = {
    "jieba": ("我来到北京清华大学。 Hello", ["我", "来到", "北京", "清华大学", "。", "hello"]),
    "sudachi": ("東京都に行く。 TEST", ["東京", "都", "に", "行く", "。", "test"]),
    "newmm": ("ฉันรักภาษาไทย Hello", ["ฉัน", "รัก", "ภาษาไทย", "hello"]),
}
LABELS = ["money", "money", "sport", "sport"] * 8
TEXTS = {
    "jieba": ["股票市场上涨", "银行利率下调", "球队赢得比赛", "球员进球得分"] * 8,
    "sudachi": ["株価が上がる", "銀行の金利", "試合に勝つ", "選手が得点"] * 8,
    "newmm": ["หุ้นขึ้น", "ธนาคารไทย", "ทีมชนะ", "นักกีฬาไทย"] * 8,
}
NAMES = list(SEGMENTERS)
unspaced = st.text(
    st.one_of(
        st.characters(min_codepoint=0x4E00, max_codepoint=0x4F00),
        st.characters(min_codepoint=0x3040, max_codepoint=0x30FF),
        st.characters(min_codepoint=0x0E01, max_codepoint=0x0E3A),
        st.characters(),
    ),
    max_size=40,
)


@pytest.mark.parametrize("name", NAMES)
def test_known_cuts(name: str) -> None:
    text, words = KNOWN[installed(name)]
    assert tokeniser(name)(text) == words
    assert tokeniser(name)("") == tokeniser(name)(" \n\t") == []


@pytest.mark.parametrize("name", NAMES)
@given(text=unspaced)
def test_nothing_is_lost_and_nothing_added(name: str, text: str) -> None:
    words = tokeniser(installed(name))(text)
    sound = text.encode("utf-8", "replace").decode()
    assert "".join("".join(words).split()) == "".join("".join(sound.split()).lower().split())
    assert all(word and word == word.strip() for word in words)


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_those_of_the_tokens(name: str) -> None:
    documents = TEXTS[installed(name)]
    pipeline = TextPipeline.learn(documents, TextSettings(tokens=name, vocabulary_size=8))
    ids = pipeline.encode([*documents, ""])
    for place, document in enumerate(documents):
        wanted = [pipeline.vocabulary.ids.get(token, 1) for token in pipeline.tokens(document)]
        assert ids.values[ids.offsets[place] : ids.offsets[place + 1]].tolist() == wanted
    assert ids.lengths[-1] == 0
    assert {1, 2} <= set(ids.values.tolist())


@pytest.mark.parametrize("name", NAMES)
def test_long_texts_are_cut_in_bounded_parts(name: str) -> None:
    sentence = KNOWN[installed(name)][0]
    words = tokeniser(name)(sentence * (3 * AT_ONCE // len(sentence)))
    alone = tokeniser(name)(sentence)
    assert words.count(alone[0]) >= 3 * AT_ONCE // len(sentence) - 3
    # No border anywhere: parts are cut where they must.
    assert "".join(tokeniser(name)("𠮷" * (2 * AT_ONCE + 1))) == "𠮷" * (2 * AT_ONCE + 1)


@pytest.mark.parametrize("name", NAMES)
def test_threads_give_the_same_words(name: str) -> None:
    cut = tokeniser(installed(name))
    texts = TEXTS[name] * 20
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(cut, texts)) == [cut(text) for text in texts]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_learned_saved_loaded_and_read(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = TEXTS[installed(name)]
    small = {"tokens": name, "hidden": 6, "embedding": 6, "epochs": 12, "learning_rate": 0.05, "batch_size": 4}
    preset = load_preset("default").with_options(small)
    fitted = fit(documents, LABELS, recipe=preset)
    write_bundle(fitted.bundle, tmp_path / "model.safetensors")
    model = recurra.load(tmp_path / "model.safetensors")
    assert model.bundle.text.tokens == name
    assert segmenter_versions(name).items() <= model.record["versions"].items()
    assert model.predict(documents).tolist() == LABELS
    reading = model.read(documents[0])
    assert reading.tokens == tokeniser(name)(documents[0])
    assert reading.probabilities.shape == (len(reading.tokens), 2)
    assert capsys.readouterr().err == ""
    # Words are cut otherwise by another version: said once, when the model is loaded.
    package = SEGMENTERS[name].packages[0]
    record = {**model.record, "versions": {**model.record["versions"], package: "0.0.1"}}
    write_bundle(replace(model.bundle, record=record), tmp_path / "old.safetensors")
    capsys.readouterr()
    recurra.load(tmp_path / "old.safetensors")
    assert f"learned its words with {package} 0.0.1" in capsys.readouterr().err


def test_versions_that_a_file_says_are_not_trusted() -> None:
    name = installed("jieba")
    for versions in (None, 3, ["rjieba"], {"rjieba": ["x" * 999]}, {}):
        assert len(version_mismatch(name, versions)) < 300
        assert "rjieba" in version_mismatch(name, versions)
    assert version_mismatch(name, segmenter_versions(name)) == ""
    assert version_mismatch("words", None) == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_segmenter_is_one_line_that_names_the_extra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(package: str) -> str:
        raise importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    for ask in (lambda: segmenter_versions(name), lambda: version_mismatch(name, {})):
        with pytest.raises(SettingsError) as caught:
            ask()
        assert f"pip install 'recurra[{SEGMENTERS[name].extra}]'" in str(caught.value)
        assert SEGMENTERS[name].packages[0] in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_and_nothing_fetched(name: str, tmp_path: Path) -> None:
    installed(name)
    code = (
        "import socket, sys, warnings; warnings.simplefilter('error')\n"
        "def refuse(*words): raise AssertionError('it asked the network')\n"
        "socket.socket.connect = refuse\n"
        "from recurra.text.segmenters import tokeniser\n"
        "print(len(tokeniser(sys.argv[1])(sys.argv[2])))"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["XDG_CACHE_HOME"] = str(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", code, name, KNOWN[name][0]], env=environment, capture_output=True, text=True, timeout=120
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert int(ran.stdout) == len(KNOWN[name][1])
    assert list(tmp_path.iterdir()) == []


def test_words_need_no_segmenter() -> None:
    code = (
        "import sys; import recurra.runtime, recurra.text.pipeline; "
        "sys.exit(bool({'rjieba', 'sudachipy', 'pythainlp'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
