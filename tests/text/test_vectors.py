import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save_file

from recurra.errors import DataError
from recurra.text import Vocabulary, load_vectors
from recurra.text.vectors import LONGEST_LINE

WORDS = ["oil", "été", "中", "a\u00a0b", "don't"]
MATRIX = np.array([[1, 2, 3], [-0.5, 1e-7, 0], [7, 8, 9], [0.1, 0.2, 0.3], [4, 5, 6]], dtype=np.float32)
TOKENS = ["中", "absent", "oil", "a\u00a0b"]


def write_text(path, words, matrix, *, header=False, ending="\n"):
    lines = [f"{len(words)} {matrix.shape[1]}"] if header else []
    lines += [" ".join([word, *map(repr, row)]) for word, row in zip(words, matrix.tolist(), strict=True)]
    path.write_bytes("".join(line + ending for line in lines).encode())


def write_npy(path, words, matrix, *, listed=".vocab"):
    np.save(path, matrix)
    path.with_suffix(listed).write_text("".join(word + "\n" for word in words), encoding="utf-8")


def write_safetensors(path, words, matrix, **more):
    text, offsets = Vocabulary(tuple(words)).to_tensors()
    save_file({"vectors": matrix, "vocabulary.bytes": text, "vocabulary.offsets": offsets, **more}, path)


@pytest.fixture(
    params=[
        ("v.txt", write_text, {}),
        ("v.vec", write_text, {"header": True}),
        ("v.VEC", write_text, {"header": True, "ending": " \r\n"}),
        ("v.npy", write_npy, {}),
        ("v.npy", write_npy, {"listed": ".txt"}),
        ("v.safetensors", write_safetensors, {}),
    ],
    ids=["plain", "header", "fastText's line ends", "npy .vocab", "npy .txt", "safetensors"],
)
def write(request, tmp_path):
    """Writes words and vectors in one of the formats and gives the path."""
    name, writer, options = request.param

    def written(words, matrix):
        writer(tmp_path / name, words, matrix, **options)
        return tmp_path / name

    return written


def test_rows_come_in_the_order_of_the_tokens(write):
    vectors, found, _ = load_vectors(write(WORDS, MATRIX), TOKENS)
    assert (vectors.dtype, found.dtype) == (np.float32, np.bool_)
    assert found.tolist() == [True, False, True, True]
    assert vectors.tolist() == [MATRIX[2].tolist(), [0, 0, 0], MATRIX[0].tolist(), MATRIX[3].tolist()]


def test_none_of_the_tokens(write):
    with pytest.raises(DataError, match=r"none of the 2 tokens, such as \['Oil', 'x'\]"):
        load_vectors(write(WORDS, MATRIX), ["Oil", "x"])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite(write, value):
    matrix = MATRIX.copy()
    matrix[2, 1] = value
    with pytest.raises(DataError, match=r"'中' .* not finite"):
        load_vectors(write(WORDS, matrix), TOKENS)


def test_numbers_too_large_for_float32(write):
    with pytest.raises(DataError, match="not finite"):
        load_vectors(write(["a", "b"], np.array([[1e39, 1.0], [1.0, 1.0]])), ["a"])


@given(
    hnp.arrays(
        np.float32, st.tuples(st.integers(1, 6), st.integers(2, 5)), elements=st.floats(-(2.0**99), 2.0**99, width=32)
    ),
    st.booleans(),
    st.data(),
)
def test_text_holds_float32_exactly(tmp_path_factory, matrix, header, data):
    letters = st.characters(exclude_categories=("Cs",), exclude_characters=" \n\r")
    word = st.text(letters, min_size=1, max_size=5)
    words = data.draw(st.lists(word, min_size=len(matrix), max_size=len(matrix), unique=True))
    path = tmp_path_factory.mktemp("vectors") / "v.vec"
    write_text(path, words, matrix, header=header)
    vectors, found, _ = load_vectors(path, words[::-1])
    assert found.all()
    np.testing.assert_array_equal(vectors, matrix[::-1])


@pytest.mark.parametrize("lines", ["a 1 2\na 3 4\n", "2 2\na 1 2\n\na 3 4"])
def test_the_first_of_equal_words_counts(tmp_path, lines):
    (tmp_path / "v.txt").write_text(lines)
    assert load_vectors(tmp_path / "v.txt", ["a"])[0].tolist() == [[1, 2]]


def test_the_first_of_equal_words_counts_in_npy(tmp_path):
    write_npy(tmp_path / "v.npy", ["a", "a"], MATRIX[:2])
    assert load_vectors(tmp_path / "v.npy", ["a"])[0].tolist() == [[1, 2, 3]]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_npy_of_other_layouts(tmp_path, order, kind):
    write_npy(tmp_path / "v.npy", WORDS, np.asarray(MATRIX, dtype=kind, order=order))
    expected = MATRIX[[2]].astype(kind).astype(np.float32)
    assert load_vectors(tmp_path / "v.npy", ["中"])[0].tolist() == expected.tolist()


def test_words_with_spaces_in_them(tmp_path):
    (tmp_path / "v.txt").write_text("a 1 2\n. . 3 4\n  5 6\nat name@domain.com 7 8\n")
    vectors, found, _ = load_vectors(tmp_path / "v.txt", [" ", ". .", "a"])
    assert found.all()
    assert vectors.tolist() == [[5, 6], [3, 4], [1, 2]]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("a 1 2\nb 3\n", r"Line 2 of v.txt has 1 numbers.*a word and 2 numbers"),
        ("a 1 2\n\nb 3 4 5\n", "Line 3 of v.txt has 3 numbers"),
        ("2 2\na 1 2\nb 3 4 5\n", "Line 3 of v.txt has 3 numbers"),
        ("2 3\na 1 2\n", "Line 2 of v.txt has 2 numbers.*a word and 3 numbers"),
        ("a 1 2\nb\n", "Line 2 of v.txt has 0 numbers"),
        ("b 1 2\na 1 x\n", "Line 2 of v.txt holds something else than numbers: b'a 1 x'"),
        ("a 1  2\n", "Line 1 .*something else"),
        ("", "says 0 numbers"),
        ("a\n", "says 0 numbers"),
        ("a\t1\t2\n", "separated by spaces"),
        ("5 999999\n", "says 999999 numbers"),
        ("5 " + "9" * 5000 + "\n", "none of the 1 tokens"),
        ("a" * LONGEST_LINE, "says 0 numbers"),
        ("b 1\n" + "a" * LONGEST_LINE, "Line 2 of v.txt has over"),
    ],
)
def test_wrong_lines_are_named(tmp_path, lines, said):
    (tmp_path / "v.txt").write_text(lines)
    with pytest.raises(DataError, match=said) as caught:
        load_vectors(tmp_path / "v.txt", ["a"])
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", ["v.txt", "v.npy", "v.safetensors"])
def test_no_such_file(tmp_path, name):
    (tmp_path / "v.vocab").write_text("a\n")
    with pytest.raises(DataError, match=f"{name} cannot be read: No such file.*Check the path"):
        load_vectors(tmp_path / name, ["a"])


def test_unknown_ending(tmp_path):
    with pytest.raises(DataError, match=r"'v.w2v' have no known format.*\.txt, \.vec, \.bin, \.npy, \.safetensors"):
        load_vectors(tmp_path / "v.w2v", ["a"])


def test_npy_without_or_with_wrong_words(tmp_path):
    np.save(tmp_path / "v.npy", MATRIX)
    with pytest.raises(DataError, match=r"without their words.*v\.vocab or v\.txt"):
        load_vectors(tmp_path / "v.npy", ["a"])
    (tmp_path / "v.vocab").write_bytes(b"a\xff\n")
    with pytest.raises(DataError, match=r"v\.vocab are not UTF-8"):
        load_vectors(tmp_path / "v.npy", ["a"])
    (tmp_path / "v.vocab").write_text("a\nb\n")
    with pytest.raises(DataError, match=r"float32\[5, 3\] with 2 words"):
        load_vectors(tmp_path / "v.npy", ["a"])


@pytest.mark.parametrize("matrix", [np.ones((2, 3), dtype=np.int64), np.ones(2), np.ones((2, 0)), np.ones((2, 1, 1))])
def test_npy_of_a_wrong_shape_or_type(tmp_path, matrix):
    write_npy(tmp_path / "v.npy", ["a", "b"], matrix)
    with pytest.raises(DataError, match=r"Give floats \[words, D\]"):
        load_vectors(tmp_path / "v.npy", ["a"])


class Trap:
    """Unpickling it would be seen."""

    sprung = False

    def __reduce__(self):
        return setattr, (Trap, "sprung", True)


@pytest.mark.parametrize("how", ["object array", "bare pickle", "cut", "empty"])
def test_npy_is_never_unpickled(tmp_path, how):
    path = tmp_path / "v.npy"
    write_npy(path, ["a"], np.array([Trap()], dtype=object) if how == "object array" else np.ones((1, 3)))
    if how == "bare pickle":
        path.write_bytes(pickle.dumps(Trap()))
    if how in {"cut", "empty"}:
        path.write_bytes(path.read_bytes()[:-4] if how == "cut" else b"")
    with pytest.raises(DataError, match=r"v\.npy cannot be read"):
        load_vectors(path, ["a"])
    assert not Trap.sprung


def _safetensors(vectors_type: str) -> bytes:
    parts = {
        "vectors": (vectors_type, [1, 2], 4),
        "vocabulary.bytes": ("U8", [1], 1),
        "vocabulary.offsets": ("I64", [2], 16),
    }
    header, place = {}, 0
    for name, (kind, shape, size) in parts.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [place, place + size]}
        place += size
    text = json.dumps(header).encode()
    return (
        len(text).to_bytes(8, "little") + text + bytes(4) + b"a" + (0).to_bytes(8, "little") + (1).to_bytes(8, "little")
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"x" * 100, (2**60).to_bytes(8, "little") + b"{}", _safetensors("F16")[:-1], _safetensors("BF16")],
    ids=["empty", "no header", "a header too large", "cut", "bfloat16"],
)
def test_broken_safetensors_give_one_error(tmp_path, content):
    (tmp_path / "v.safetensors").write_bytes(content)
    # NumPy knows bfloat16 as soon as another test has imported onnx: then the type is what is refused.
    with pytest.raises(DataError, match=r"v\.safetensors (cannot be read|are bfloat16\[1, 2\])"):
        load_vectors(tmp_path / "v.safetensors", ["a"])


def test_safetensors_made_by_hand_can_be_read(tmp_path):
    # What makes the broken ones above broken is then only what their names say.
    (tmp_path / "v.safetensors").write_bytes(_safetensors("F16"))
    vectors, found, _ = load_vectors(tmp_path / "v.safetensors", ["a"])
    assert vectors.tolist() == [[0, 0]]
    assert found.all()


def test_safetensors_without_the_vocabulary_or_with_a_wrong_one(tmp_path):
    path = tmp_path / "v.safetensors"
    save_file({"vectors": MATRIX}, path)
    with pytest.raises(DataError, match=r"cannot be read.*vocabulary\.bytes and vocabulary\.offsets"):
        load_vectors(path, ["a"])
    text, _ = Vocabulary(("a", "b")).to_tensors()
    save_file({"vectors": MATRIX, "vocabulary.bytes": text, "vocabulary.offsets": np.array([0, 9])}, path)
    with pytest.raises(DataError, match="cannot be read"):
        load_vectors(path, ["a"])


@pytest.mark.parametrize("kind", [np.int32, np.uint16, np.int64])
def test_words_that_share_a_vector(tmp_path, kind):
    path = tmp_path / "v.safetensors"
    write_safetensors(path, WORDS, MATRIX[:3], rows=np.array([2, 0, 1, 1, 2], dtype=kind))
    vectors, found, _ = load_vectors(path, ["don't", "absent", "oil", "a\u00a0b"])
    assert found.tolist() == [True, False, True, True]
    assert vectors.tolist() == [MATRIX[2].tolist(), [0, 0, 0], MATRIX[2].tolist(), MATRIX[1].tolist()]


@pytest.mark.parametrize(
    "rows", [[0, 1, 2, 3], [0, 1, 2, 3, 3], [0, 1, 2, 1, -1], [0.0, 1, 2, 1, 1], [[0], [1], [2], [1], [1]]]
)
def test_rows_that_are_not_there(tmp_path, rows):
    path = tmp_path / "v.safetensors"
    write_safetensors(path, WORDS, MATRIX[:3], rows=np.array(rows))
    with pytest.raises(DataError, match=r"The rows in v\.safetensors are .* with 5 words and 3 vectors.*from 0"):
        load_vectors(path, ["oil"])
