"""Arrow strings as text buffers: what pyarrow hands over against what pyarrow itself reads in it."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.errors import DataError
from recurra.text import TextPipeline, TextSettings, Vocabulary
from recurra.text.arrow import from_arrow, is_arrow
from recurra.text.arrow_structs import ArrowArray, ArrowStream
from recurra.text.buffer import TextBuffer

pa = pytest.importorskip("pyarrow")

TYPES = {
    "u": pa.string(),
    "U": pa.large_string(),
    "vu": pa.string_view(),
    "dictionary of u": pa.dictionary(pa.int16(), pa.string()),
    "dictionary of U": pa.dictionary(pa.uint32(), pa.large_string()),
    "dictionary of vu": pa.dictionary(pa.int64(), pa.string_view()),
}
TEXTS = ["ab", None, "", "é中" * 9, "x", "a text that is longer than twelve bytes", "", None, "\0", "exactly 12 by"]

texts = st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=30), max_size=12)


def arrow(values: Sequence[str | None], kind: str) -> Any:
    if kind.startswith("dictionary"):
        distinct = sorted({value for value in values if value is not None})
        indices = [None if value is None else distinct.index(value) for value in values]
        words = pa.array(distinct, TYPES[kind].value_type)
        return pa.DictionaryArray.from_arrays(pa.array(indices, TYPES[kind].index_type), words)
    return pa.array(values, TYPES[kind])


def read(buffer: TextBuffer) -> list[str]:
    return [buffer[place] for place in range(len(buffer))]


def filled(values: Sequence[str | None]) -> list[str]:
    return [value or "" for value in values]


class Only:
    """Hands over an Arrow array and can do nothing else."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        pair: tuple[object, object] = self.array.__arrow_c_array__(requested_schema)
        return pair


class OnlyStream:
    def __init__(self, source: Any) -> None:
        self.source = source

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        capsule: object = self.source.__arrow_c_stream__(requested_schema)
        return capsule


@pytest.mark.parametrize("kind", TYPES)
@given(values=texts, cuts=st.tuples(st.integers(0, 12), st.integers(0, 12)))
def test_any_texts_in_any_slice(kind: str, values: list[str | None], cuts: tuple[int, int]) -> None:
    whole = arrow(values, kind)
    part = whole.slice(*cuts)
    assert read(from_arrow(whole)) == filled(values)
    assert read(from_arrow(part)) == filled(part.to_pylist())


@pytest.mark.parametrize("kind", TYPES)
@given(chunks=st.lists(texts, max_size=4))
def test_streams_of_any_chunks(kind: str, chunks: list[list[str | None]]) -> None:
    chunked = pa.chunked_array([arrow(chunk, kind) for chunk in chunks], TYPES[kind])
    assert read(from_arrow(chunked)) == filled([value for chunk in chunks for value in chunk])
    assert read(from_arrow(chunked.slice(1, 5))) == filled(chunked.slice(1, 5).to_pylist())


@pytest.mark.parametrize("kind", TYPES)
def test_what_it_needs_of_an_object_is_one_method(kind: str) -> None:
    array = arrow(TEXTS, kind)
    assert read(from_arrow(Only(array))) == filled(TEXTS)
    assert read(from_arrow(OnlyStream(pa.chunked_array([array, array])))) == filled(TEXTS) * 2
    assert is_arrow(Only(array))
    assert is_arrow(OnlyStream(None))
    assert not any(map(is_arrow, (TEXTS, "text", np.array(["text"]), iter(TEXTS), None)))


def test_nulls_that_hide_a_text_are_empty() -> None:
    """Arrow says nothing about what lies under a null."""
    shown = pa.array(["one", "two", "three"])
    for kind in ("u", "U"):
        _, offsets, data = shown.cast(TYPES[kind]).buffers()
        hidden = pa.Array.from_buffers(TYPES[kind], 3, [pa.py_buffer(bytes([0b101])), offsets, data])
        assert hidden.to_pylist() == ["one", None, "three"]
        assert read(from_arrow(hidden)) == ["one", "", "three"]
        assert read(from_arrow(hidden[1:])) == ["", "three"]


def test_columns_of_nothing_are_empty_texts() -> None:
    assert read(from_arrow(pa.nulls(3))) == ["", "", ""]
    assert read(from_arrow(pa.array([]))) == []


@pytest.mark.parametrize("kind", ["u", "U"])
def test_text_is_not_copied(kind: str) -> None:
    array = arrow(filled(TEXTS), kind)
    buffer = from_arrow(array[3:])
    assert buffer.data.ctypes.data == array.buffers()[2].address
    assert buffer.offsets[0] == len(b"ab")
    assert from_arrow(pa.chunked_array([array])).data.ctypes.data == array.buffers()[2].address
    # The kernels are compiled for one kind of array: as TextBuffer.of gives it.
    for ours, plain in ((buffer, TextBuffer.of(["a"])), (from_arrow(arrow(TEXTS, "vu")), TextBuffer.of(["a"]))):
        for name in ("data", "offsets"):
            one, other = getattr(ours, name), getattr(plain, name)
            assert (one.dtype, one.flags.writeable, one.flags.aligned) == (other.dtype, other.flags.writeable, True)


@pytest.fixture(scope="module")
def _quick_collection() -> Iterator[None]:
    """What was there before is looked through once: with all that a run of tests has imported that takes long."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_quick_collection")
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_memory_is_held_as_long_as_it_is_read_and_no_longer(kind: str, chunks: int) -> None:
    gc.collect()
    before = pa.total_allocated_bytes()
    values = [f"text {place} é" * (place % 7) for place in range(1000)]
    source = arrow(values, kind)
    if chunks:
        source = pa.chunked_array([source] * chunks)
    buffer = from_arrow(source)
    data = buffer.data
    del source
    gc.collect()
    # New arrays take the place of memory that was freed too early.
    others = [pa.array(["overwritten " * 9] * 1000) for _ in range(8)]
    assert read(buffer) == values * max(chunks, 1)
    body = bytes(data[buffer.offsets[0] : buffer.offsets[-1]])
    del buffer, others
    gc.collect()
    assert bytes(data[-len(body) :]) == body
    del data
    gc.collect()
    assert pa.total_allocated_bytes() == before


@pytest.mark.parametrize("wrap", [lambda array: array, lambda array: pa.chunked_array([array])])
@pytest.mark.parametrize(
    ("array", "shown"),
    [
        (pa.array([1, 2]), "'l'"),
        (pa.array([b"a"]), "'z'"),
        (pa.array([["a"]]), "'+l'"),
        (pa.array([{"a": "b"}]), "'+s'"),
        (pa.array([1, 1]).dictionary_encode(), "'l' (dictionary-encoded)"),
    ],
)
def test_other_types_are_named(array: Any, shown: str, wrap: Callable[[Any], Any]) -> None:
    gc.collect()
    before = pa.total_allocated_bytes()
    message = complaint(wrap(array))
    assert f"has the format {shown}, which is not strings. Give one column of strings (cast it" in message
    gc.collect()
    assert pa.total_allocated_bytes() == before


def complaint(source: Any) -> str:
    with pytest.raises(DataError) as caught:
        from_arrow(source)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_table_is_no_column() -> None:
    assert "'+s'" in complaint(pa.table({"text": ["a"]}))


def offsets_of(kind: str, offsets: Sequence[int], data: bytes) -> Any:
    numbers = np.array(offsets, dtype="i4" if kind == "u" else "i8")
    return pa.Array.from_buffers(
        TYPES[kind], len(offsets) - 1, [None, pa.py_buffer(numbers.tobytes()), pa.py_buffer(data)]
    )


@pytest.mark.parametrize("kind", ["u", "U"])
@pytest.mark.parametrize("offsets", [(0, 3, 2, 4), (-1, 2, 3, 4), (2, 1, 3, 4), (0, -5, 3, 4)])
def test_offsets_are_checked(kind: str, offsets: tuple[int, ...]) -> None:
    assert "offsets that fall or are below 0" in complaint(offsets_of(kind, (0, *offsets), b"four")[1:])


@pytest.mark.parametrize("kind", ["u", "U"])
def test_text_that_is_not_utf8_is_named(kind: str) -> None:
    for body, offsets, place in (
        (b"abc\xffd", (0, 3, 5), 1),
        (b"\xc3\xa9\xe4\xb8", (0, 2, 4), 1),
        # Valid as a whole, but cut amid a character.
        (b"a\xc3\xa9", (0, 2, 3), 0),
        ("é".encode(), (0, 1, 1, 2), 0),
    ):
        assert f"Text {place} (counted from 0) of the Arrow array is not UTF-8" in complaint(
            offsets_of(kind, offsets, body)
        )
    # What lies outside the slice is nobody's text.
    assert read(from_arrow(offsets_of(kind, (0, 1, 3, 4), b"\xff\xc3\xa9\xff")[1:2])) == ["é"]


@given(st.binary(max_size=8), st.lists(st.integers(0, 8), min_size=1, max_size=5))
def test_only_utf8_passes(data: bytes, cuts: list[int]) -> None:
    offsets = sorted(min(cut, len(data)) for cut in cuts)
    parts = [data[a:b] for a, b in pairwise(offsets)]
    try:
        expected = [part.decode() for part in parts]
    except UnicodeDecodeError:
        assert "is not UTF-8" in complaint(offsets_of("U", offsets, data))
    else:
        assert read(from_arrow(offsets_of("U", offsets, data))) == expected


def test_views_and_indices_are_checked() -> None:
    text = b"a text that is longer than twelve bytes"
    view = np.array([len(text), 0, 0, 0], dtype="<i4")
    for place, wrong in ((0, 400), (0, -1), (2, 1), (2, -1), (3, 1), (3, -1)):
        broken = view.copy()
        broken[place] = wrong
        source = pa.Array.from_buffers(pa.string_view(), 1, [None, pa.py_buffer(broken.tobytes()), pa.py_buffer(text)])
        assert "point outside its buffers" in complaint(source)
    for index in (-1, 2):
        source = pa.DictionaryArray.from_arrays(pa.array([0, index]), pa.array(["a", "b"]), safe=False)
        assert "indices outside its dictionary of 2 texts" in complaint(source)


class Altered(Only):
    """An array with one number of its struct changed, as a broken producer would hand it over."""

    def __init__(self, array: Any, **changes: Any) -> None:
        super().__init__(array)
        self.changes = changes

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        schema, array = super().__arrow_c_array__(requested_schema)
        name = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
            ("PyCapsule_GetPointer", ctypes.pythonapi)
        )
        struct = ArrowArray.from_address(name(array, b"arrow_array"))
        for field, value in self.changes.items():
            setattr(struct, field, value)
        return schema, array


@pytest.mark.parametrize(
    ("changes", "shown"),
    [({"length": -1}, "length -1"), ({"offset": -2}, "offset -2"), ({"n_buffers": 1}, "1 buffers")],
)
def test_structs_are_checked(changes: dict[str, int], shown: str) -> None:
    assert shown in complaint(Altered(pa.array(["a"]), **changes))


def test_capsules_are_checked() -> None:
    class Swapped(Only):
        def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
            schema, array = super().__arrow_c_array__(requested_schema)
            return array, schema

    class Nothing(Only):
        def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
            return None, None

    assert "A capsule 'arrow_schema' was expected, not <capsule" in complaint(Swapped(pa.array(["a"])))
    assert "A capsule 'arrow_schema' was expected, not None" in complaint(Nothing(pa.array(["a"])))
    kept = pa.chunked_array([["a"]]).__arrow_c_stream__()
    pa.chunked_array(type("Kept", (), {"__arrow_c_stream__": lambda self, requested_schema=None: kept})())

    class Again:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return kept

    assert "is empty: it has been read before" in complaint(Again())


def test_a_stream_that_breaks_off_says_why() -> None:
    """A stream written by hand: its first array comes, its second does not."""
    gc.collect()
    before, given = pa.total_allocated_bytes(), []

    def next_array(stream: int, out: int) -> int:
        if given:
            return 5
        given.append(True)
        pa.array(["a"])._export_to_c(out)
        return 0

    fields = dict(ArrowStream._fields_)
    free = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda stream: None)
    stream = ArrowStream(
        fields["get_schema"](lambda stream, out: pa.string()._export_to_c(out) or 0),
        fields["get_next"](next_array),
        fields["get_last_error"](lambda stream: ctypes.addressof(reason)),
        ctypes.cast(free, ctypes.c_void_p),
    )
    reason = ctypes.create_string_buffer(b"the cable\nwas cut")
    new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
        ("PyCapsule_New", ctypes.pythonapi)
    )

    class Cable:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return new(ctypes.addressof(stream), b"arrow_array_stream", None)

    assert "The Arrow stream broke off with error 5: the cable was cut" in complaint(Cable())
    gc.collect()
    assert pa.total_allocated_bytes() == before


@pytest.mark.parametrize("tokens", ["lesson", "words", "characters", "bytes"])
@pytest.mark.parametrize("kind", TYPES)
def test_slices_are_encoded_as_their_texts(tokens: str, kind: str) -> None:
    settings = TextSettings(tokens=tokens)
    known = tuple(map(chr, range(256))) if tokens == "bytes" else ("ab", "x", "é", "中", "a", "text", " ")
    pipeline = TextPipeline(settings, Vocabulary(known))
    column = arrow(TEXTS, kind)
    for part in (column, column[2:], column[3:5], column[4:4]):
        ours, theirs = pipeline.encode_buffer(from_arrow(part)), pipeline.encode(filled(part.to_pylist()))
        np.testing.assert_array_equal(ours.values, theirs.values)
        np.testing.assert_array_equal(ours.offsets, theirs.offsets)
