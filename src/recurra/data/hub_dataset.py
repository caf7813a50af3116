"""AG News with titles, downloaded from the Hugging Face Hub at a fixed revision, and verified."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from recurra.data.documents import Document, Label
from recurra.data.hub_download import download_file
from recurra.data.table import Table
from recurra.errors import DataError

__all__ = ["AGNEWS_CLASSES", "AGNEWS_ROWS", "LIMIT_SECONDS", "REACH_SECONDS", "fetch_agnews"]

REPOSITORY = "sh0416/ag_news"
REVISION = "70e3fa1915be9a8daebec5e840f20df9a8e18793"
AGNEWS_CLASSES = ("World", "Sports", "Business", "Sci/Tech")
AGNEWS_ROWS = {"train": 120_000, "test": 7_600}

REACH_SECONDS = 5.0
"""Timeout in seconds for the first answer of the hub."""

LIMIT_SECONDS = 60.0
"""Timeout in seconds for the download of both files (36 MB)."""

_MAX_FILE_BYTES = 1 << 27
_ADVICE = "Name a folder that holds agnews/train.csv and agnews/test.csv with --data-dir, or take the set r8."

T = TypeVar("T")


def fetch_agnews(*, reach_seconds: float = REACH_SECONDS, limit_seconds: float = LIMIT_SECONDS) -> tuple[Table, Table]:
    """The 120,000 training and 7,600 test rows of AG News, from the library's cache or the hub.

    No token is sent to the hub. ``HF_ENDPOINT``, ``HF_HOME`` and ``HF_HUB_OFFLINE`` work as in the library.

    Args:
        reach_seconds: timeout for the first answer.
        limit_seconds: timeout for the download.

    Returns:
        Training and test table: (title, description) pairs, labels World, Sports, Business and Sci/Tech.

    Raises:
        DataError: the library is not installed, the hub does not answer in time, or the files are not as published.
    """
    try:
        import huggingface_hub as hub
    except ImportError:
        raise DataError(
            "The hub needs huggingface_hub, which is not installed", "Run: pip install 'recurra[data]'."
        ) from None

    endpoint = os.environ.get("HF_ENDPOINT") or None
    names = {part: f"{part}.jsonl" for part in AGNEWS_ROWS}

    def cached() -> bool:
        found = [
            hub.try_to_load_from_cache(REPOSITORY, name, revision=REVISION, repo_type="dataset")
            for name in names.values()
        ]
        return all(isinstance(path, str) for path in found)

    def reach() -> None:
        url = hub.hf_hub_url(REPOSITORY, names["train"], repo_type="dataset", revision=REVISION, endpoint=endpoint)
        hub.get_hf_file_metadata(url, token=False, timeout=reach_seconds)

    def download() -> dict[str, Path]:
        return {
            part: download_file(
                _MAX_FILE_BYTES,
                DataError(f"The hub sends more than {_MAX_FILE_BYTES:,} bytes of {REPOSITORY} {name}", _ADVICE),
                repo_id=REPOSITORY,
                filename=name,
                repo_type="dataset",
                revision=REVISION,
                endpoint=endpoint,
                token=False,
            )
            for part, name in names.items()
        }

    if not cached():
        _within(reach_seconds, reach, "did not answer")
    files = _within(limit_seconds, download, "did not deliver")
    return _read(files["train"], "train"), _read(files["test"], "test")


def _within(seconds: float, work: Callable[[], T], failed: str) -> T:
    """The result of ``work`` if it finishes in time.

    The library's timeouts apply to single requests, and host name lookup has none. A thread that is late is abandoned
    and ends with the process at the latest.
    """
    done: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            done.append(work())
        except Exception as error:  # including those of the library's HTTP client, which depends on the version
            errors.append(error)

    thread = threading.Thread(target=run, name="recurra-hub", daemon=True)
    thread.start()
    thread.join(seconds)
    if done:
        return done[0]
    if errors and isinstance(errors[0], DataError):
        raise errors[0]
    why = f"{type(errors[0]).__name__}: {errors[0]}"[:120] if errors else f"nothing within {seconds:g} s"
    raise DataError(f"The Hugging Face Hub {failed} ({why})", _ADVICE)


def _read(file: Path, part: str) -> Table:
    """One downloaded file as a table; verifies the number of rows and that classes are balanced."""
    source = f"{REPOSITORY} {part}.jsonl"
    documents: list[Document] = []
    labels: list[Label] = []
    try:
        if file.stat().st_size > _MAX_FILE_BYTES:
            raise DataError(f"{source} has {file.stat().st_size:,} bytes", _hint(file))
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                documents.append((_string(row["title"]), _string(row["description"])))
                labels.append(AGNEWS_CLASSES[(1, 2, 3, 4).index(row["label"])])
    except DataError:
        raise
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise DataError(
            f"{source}: row {len(labels) + 1:,} is not a title, a description and a label 1 to 4", _hint(file)
        ) from None
    rows = AGNEWS_ROWS[part]
    counts = Counter(labels)
    if len(labels) != rows:
        raise DataError(f"{source} holds {len(labels):,} rows and not {rows:,}", _hint(file))
    if set(counts.values()) != {rows // 4} or len(counts) != 4:
        raise DataError(f"{source} holds {dict(counts)} and not {rows // 4:,} rows a class", _hint(file))
    return Table(documents, labels, "description", "title", "label", source)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value


def _hint(file: Path) -> str:
    return f"Delete {file} so that it is fetched again, or use a set of your own with --data-dir."
