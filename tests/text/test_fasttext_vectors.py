"""fastText's models beside what fastText itself says (benchmarks/fasttext_fixtures.py), and files that are none."""

from __future__ import annotations

import random
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from recurra.card.facts import pretrained_vectors
from recurra.errors import DataError
from recurra.text import load_vectors
from recurra.text.fasttext_vectors import read_fasttext
from recurra.text.named_vectors import load_pretrained

FOLDER = Path(__file__).parents[1] / "fixtures" / "fasttext"
GIVEN = np.load(FOLDER / "vectors.npz")
WORDS = bytes(GIVEN["words"]).decode().split("\n")
SKIPGRAM = (FOLDER / "skipgram.bin").read_bytes()
# Where its parts begin: the settings, the dictionary, its first entry ("a"), the input matrix, the output matrix.
SETTINGS, DICTIONARY, ENTRIES, OUTPUTS = 8, 64, 92, len(SKIPGRAM) - 17 - 15 * 5 * 4
INPUTS = OUTPUTS - 17 - 315 * 5 * 4


def put(content: bytes, place: int, form: str, *values: float) -> bytes:
    new = struct.pack(f"<{form}", *values)
    return content[:place] + new + content[place + len(new) :]


def complaint(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_vectors(path, WORDS)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    return str(caught.value)


def test_where_the_parts_begin() -> None:
    assert struct.unpack_from("<3i2q", SKIPGRAM, DICTIONARY) == (15, 15, 0, 1799, -1)
    assert SKIPGRAM[ENTRIES : ENTRIES + 2] == b"a\0"
    assert struct.unpack_from("<b2q", SKIPGRAM, INPUTS) == (0, 315, 5)
    assert struct.unpack_from("<b2q", SKIPGRAM, OUTPUTS) == (0, 15, 5)


@pytest.mark.parametrize(
    ("name", "vectors"),
    [
        ("skipgram", 29),
        ("short", 29),
        ("whole_words", 15),
        ("supervised", 28),
        ("skipgram_11", 29),
        ("supervised_11", 15),
    ],
)
def test_vectors_are_fasttexts_to_the_bit(tmp_path: Path, name: str, vectors: int) -> None:
    content = (FOLDER / f"{name.removesuffix('_11')}.bin").read_bytes()
    path = tmp_path / "v.BIN"
    path.write_bytes(put(content, 4, "i", 11) if name.endswith("_11") else content)
    read, found, from_ngrams = load_vectors(path, WORDS)
    np.testing.assert_array_equal(read, GIVEN[name], strict=True)
    np.testing.assert_array_equal(found & ~from_ngrams, GIVEN[f"{name}_known"])
    np.testing.assert_array_equal(found, GIVEN[name].any(axis=1))
    assert found.sum() == vectors


def test_fasttexts_text_file_has_the_same_vectors() -> None:
    known = [word for word, is_known in zip(WORDS, GIVEN["skipgram_known"], strict=True) if is_known]
    assert len(known) == 15
    text, found, _ = load_vectors(FOLDER / "skipgram.vec", known)
    assert found.all()
    np.testing.assert_allclose(text, load_vectors(FOLDER / "skipgram.bin", known).vectors, rtol=1e-4)


def test_a_text_file_with_fewer_words_than_its_header_says(tmp_path: Path) -> None:
    lines = (FOLDER / "skipgram.vec").read_text("utf-8").split("\n")
    (tmp_path / "head.vec").write_text("\n".join(lines[:3]), "utf-8")
    assert load_vectors(tmp_path / "head.vec", ["a", "in", "oil"]).found.tolist() == [True, True, False]


def test_what_is_said_of_words_from_ngrams(tmp_path: Path) -> None:
    said: list[str] = []
    tokens = ["oil", "price", "oils"]
    read = load_pretrained(FOLDER / "skipgram.bin", tokens, say=said.append)
    assert said == [
        "2 of 3 words of the vocabulary (66.7%) are in skipgram.bin; "
        "1 (33.3%) more get a vector from their character n-grams."
    ]
    assert read.to_record() == {"name": "skipgram.bin", "dimensions": 5, "words": 3, "from_ngrams": 1}
    assert pretrained_vectors({"vectors": read.to_record()}) == [
        "skipgram.bin for 3 words, 1 of them from their character n-grams alone"
    ]
    read = load_pretrained(FOLDER / "whole_words.bin", tokens, say=said.append)
    assert said[1:] == ["2 of 3 words of the vocabulary (66.7%) have a vector in whole_words.bin."]
    assert pretrained_vectors({"vectors": read.to_record()}) == ["whole_words.bin for 2 words"]


@pytest.mark.parametrize("name", ["quantized.ftz", "pruned.ftz"])
@pytest.mark.parametrize("ending", [".ftz", ".bin"])
def test_quantized_models_are_refused(tmp_path: Path, name: str, ending: str) -> None:
    said = complaint(tmp_path / f"v{ending}", (FOLDER / name).read_bytes())
    assert said == f"v{ending} is quantized, so its vectors are lost. Give the .bin that it was made from."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "v.bin is empty"),
        (b"3 5\noil \0\0\0\0", r"no fastText model: it begins with b'3 5\\noil.*word2vec's binary vectors as text"),
        (put(SKIPGRAM, 4, "i", 13), "fastText's version 13.*11 and 12"),
        (SKIPGRAM[:60], "is cut: it ends at byte 60"),
        (SKIPGRAM[:OUTPUTS], "is cut"),
        (SKIPGRAM[:-1], "is cut"),
        (put(SKIPGRAM, SETTINGS, "i", 0), "0 numbers a word"),
        (put(SKIPGRAM, SETTINGS, "i", 2**31 - 1), "2147483647 numbers a word, which may be 1 to 8192"),
        (put(SKIPGRAM, SETTINGS, "i", 6), r"vectors \[315, 5\] for 15 words and 300 n-grams of 6 numbers"),
        (put(SKIPGRAM, SETTINGS + 32, "i", 0), "0 rows for n-grams of 2 to 4 characters"),
        (put(SKIPGRAM, SETTINGS + 32, "i", -300), "-300 rows"),
        (put(SKIPGRAM, SETTINGS + 32, "i", 301), r"vectors \[315, 5\] for 15 words and 301 n-grams"),
        (put(SKIPGRAM, SETTINGS + 36, "i", -1), "n-grams of -1 to 4"),
        (put(SKIPGRAM, SETTINGS + 40, "i", 101), "n-grams of 2 to 101"),
        (put(SKIPGRAM, DICTIONARY, "3i", 2**31 - 1, 2**31 - 1, 0), "is cut"),
        (put(SKIPGRAM, DICTIONARY, "3i", 14, 15, -1), "14 entries, of which 15 are words and -1 labels"),
        (put(SKIPGRAM, DICTIONARY, "3i", 15, 14, 0), "15 entries, of which 14 are words and 0 labels"),
        (put(SKIPGRAM, DICTIONARY, "3i", 15, 14, 1), "a wrong kind of entry at byte"),
        (put(SKIPGRAM, DICTIONARY, "3i", 14, 14, 0), "no sound fastText model"),
        (put(SKIPGRAM, ENTRIES + 10, "b", 2), "a wrong kind of entry at byte 102"),
        (SKIPGRAM[:ENTRIES] + b"a" * 70_000, "a word without an end at byte 92"),
        (put(SKIPGRAM, INPUTS + 1, "2q", 2**62, 2**62), "is cut"),
        (put(SKIPGRAM, INPUTS + 1, "2q", -315, -5), r"vectors \[-315, -5\]"),
        (put(SKIPGRAM, INPUTS + 1, "2q", 0, 5), r"vectors \[0, 0\]|no sound"),
        (put(SKIPGRAM, OUTPUTS + 1, "2q", 2**62, 2), "is cut"),
        (put(SKIPGRAM, INPUTS + 17, "f", np.inf), "'a' in v.bin holds numbers that are not finite"),
    ],
)
def test_unsound_files(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        raise DataError(complaint(tmp_path / "v.bin", content), "")


def test_none_of_the_tokens(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"whole_words\.bin has a vector for none of the 1 tokens"):
        load_vectors(FOLDER / "whole_words.bin", ["oils"])


@pytest.mark.parametrize("path", ["none.bin", "folder.bin"])
def test_no_file(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder.bin").mkdir()
    with pytest.raises(DataError, match=f"{path} cannot be read: .*Check the path"):
        load_vectors(tmp_path / path, WORDS)


def test_large_files_take_little_memory(tmp_path: Path) -> None:
    # 2 GB, of which the disk holds a few kilobytes: all but the first rows are a hole.
    buckets, path = 100_000_000, tmp_path / "v.bin"
    content = put(put(SKIPGRAM[:OUTPUTS], SETTINGS + 32, "i", buckets), INPUTS + 1, "2q", 15 + buckets, 5)
    with path.open("wb") as file:
        file.write(content)
        file.truncate(INPUTS + 17 + (15 + buckets) * 5 * 4 + 17)
    tracemalloc.start()
    try:
        vectors, found, _ = read_fasttext(path, WORDS)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 300_000
    assert found.all()
    # "京": a row of its own and those of <京, 京> and <京>, which are zeros here.
    row = [line.split(" ")[0] for line in (FOLDER / "skipgram.vec").read_text("utf-8").split("\n")[1:]].index("京")
    own = np.frombuffer(SKIPGRAM, "<f4", 5, INPUTS + 17 + 20 * row)
    np.testing.assert_array_equal(vectors[WORDS.index("京")], own * np.float32(1 / 4))


def mutated(draw: random.Random) -> bytes:
    """A model with some bytes changed, mostly where its sizes and words are, and perhaps cut or longer."""
    content = bytearray(SKIPGRAM)
    for _ in range(draw.randint(1, 4)):
        start = draw.choice([0, SETTINGS, DICTIONARY, ENTRIES, INPUTS, OUTPUTS])
        place = start + draw.randrange(28)
        number = draw.choice([0, 1, -1, 2**31 - 1, -(2**31), draw.randrange(-(2**31), 2**31), draw.randrange(400)])
        if draw.random() < 0.5:
            content[place] = draw.randrange(256)
        else:
            content[place : place + 4] = struct.pack("<i", number)
    if draw.random() < 0.3:
        del content[draw.randrange(len(content)) :]
    elif draw.random() < 0.1:
        content += draw.randbytes(draw.randint(1, 50))
    return bytes(content)


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.exhaustive])])
def test_mutations_are_read_or_refused_in_one_line(tmp_path: Path, count: int) -> None:
    draw, path, refused = random.Random(count), tmp_path / "v.bin", []
    for _ in range(count):
        path.write_bytes(mutated(draw))
        try:
            vectors, found, _ = load_vectors(path, WORDS)
        except DataError as error:
            refused.append(str(error))
        else:
            assert np.isfinite(vectors).all()
            assert vectors.shape == (len(WORDS), 5)
            assert found.any()
    assert count * 0.5 < len(refused) < count
    assert not any("\n" in line or len(line) > 300 for line in refused)


def test_every_cut_is_refused(tmp_path: Path) -> None:
    kinds = ("empty", "cut", "without an end", "no fastText")
    for length in range(0, len(SKIPGRAM), 23):
        said = complaint(tmp_path / "v.bin", SKIPGRAM[:length])
        assert any(kind in said for kind in kinds)
