"""Scores one part of many Parquet files into a file of its own, whole or not at all, and any number of times.

A worker may be killed and its part given to another one, or to two. As the file takes its name only when it is whole,
and its bytes follow from the part alone, nothing is lost or doubled by that.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from recurra.atomic import AtomicFile, told
from recurra.batch_prediction.document_batches import DocumentBatch, batches_of_table
from recurra.batch_prediction.parquet import ParquetSink
from recurra.batch_prediction.predict import predict_batches
from recurra.batch_prediction.resumable_file import Tally
from recurra.batch_prediction.scoring_parts import Part, digest_of_part
from recurra.data.blocks import ParquetBlocks
from recurra.data.content import FileContent
from recurra.data.content_digest import content_digest
from recurra.data.parquet import open_parquet, plain_column
from recurra.data.plain_columns import Column
from recurra.data.table_reader import TableReader
from recurra.errors import DataError, ModelFileError, RecurraError
from recurra.runtime import Model, load
from recurra.text.settings import TextSettings
from recurra.version import VERSION

__all__ = ["ATTEMPTS", "ScoredPart", "ScoringJob", "load_job_model", "read_scored_part", "score_part"]

ATTEMPTS = 4
"""Workers that may end over a part: Ray alone would give it to new ones for ever."""

_KEY = "recurra.score"


@dataclass(frozen=True)
class ScoringJob:
    """What all workers do with their parts.

    Attributes:
        model: absolute path of the model file.
        digest: what :func:`recurra.data.content_digest.content_digest` says of it.
        out: absolute path of the output folder.
        text: the text column.
        title: the title column, ``None`` if there is none.
        keep: the columns that are copied to the output.
        names: the columns of the output.
        below: as for :func:`recurra.batch_prediction.predict.predict_batches`.
        version: of recurra.
    """

    model: str
    digest: str
    out: str
    text: str | None
    title: str | None
    keep: tuple[str, ...]
    names: tuple[str, ...]
    below: float | None = None
    version: str = VERSION


class ScoredPart(NamedTuple):
    """What a file of answers says of itself.

    Attributes:
        contents: SHA-256 of the part that it was made from.
        tally: its rows.
    """

    contents: str
    tally: Tally


def load_job_model(job: ScoringJob) -> Model:
    """Loads the model of a job.

    Raises:
        ModelFileError: it is not here, cannot be used, or is another one than the job began with.
        RecurraError: another version of recurra is installed here.
    """
    if job.version != VERSION:
        raise RecurraError(
            f"A worker has recurra {VERSION}, and this is {job.version}", "Install the same version on every machine."
        )
    model = load(job.model)
    if content_digest(Path(job.model)) != job.digest:
        raise ModelFileError(
            f"A worker sees another model at {job.model}", "Put the model file where all machines see the same one."
        )
    return model


def score_part(model_of: Callable[[], Model], part: Part, job: ScoringJob) -> Tally:
    """Scores a part, unless its file of answers is there already.

    Args:
        model_of: returns the model; called if it is needed.
        part: the part.
        job: what is done with it.

    Raises:
        DataError: a row cannot be read, or the file has changed since the job began.
        RecurraError: the answers cannot be written, were made from other rows, or several workers ended over them.
    """
    target = Path(job.out, part.name)
    contents = digest_of_part(part)
    if target.exists():
        before = read_scored_part(target)
        if before.contents != contents:
            raise RecurraError(
                f"{target} was made from other contents of {part.source}",
                "Give another folder with --out, or remove that file to score these rows again.",
            )
        return before.tally
    with told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    # Each worker that was killed has left one.
    if len(list(target.parent.glob(f".{glob.escape(target.name)}.*.tmp"))) >= ATTEMPTS:
        raise RecurraError(
            f"{ATTEMPTS} workers have ended over {part.rows:,} rows of {part.source}, perhaps for want of memory",
            "Run the command again with fewer --workers, or write smaller row groups.",
        )
    with AtomicFile(target) as file:
        model = model_of()
        sink = ParquetSink(file, job.names, model.bundle.labels.classes)
        batches = _batches(part, job, model.bundle.text)
        found = predict_batches(model, batches, sink, done=lambda rows: None, below=job.below)
        if found.rows != part.rows:
            raise DataError(
                f"{part.source} gave {found.rows:,} rows where its footer tells of {part.rows:,}",
                "Write it again, and only then run the command again.",
            )
        counts = tuple(count for _, count in found.counts)
        tally = Tally(found.rows, found.empty, found.unanswered, counts, found.without_text)
        sink.close({_KEY: json.dumps({"contents": contents, **tally._asdict()})})
    return tally


def read_scored_part(path: Path) -> ScoredPart:
    """Reads what a file of answers says of itself, and compares its number of rows.

    Raises:
        RecurraError: it is not a whole one that :func:`score_part` wrote.
    """
    try:
        with open_parquet(FileContent(path, source=str(path))) as opened:
            rows, found = opened.metadata.num_rows, (opened.metadata.metadata or {}).get(_KEY.encode())
        record = json.loads(found or b"null")
        numbers = {name: int(record[name]) for name in ("rows", "empty", "unanswered", "without_text")}
        tally = Tally(**numbers, counts=tuple(map(int, record["counts"])))
        if rows == tally.rows:
            return ScoredPart(str(record["contents"]), tally)
    except (DataError, ValueError, KeyError, TypeError):
        pass
    raise RecurraError(
        f"{path} is not a whole file of answers that recurra score --ray has written",
        "Remove it, or give another folder with --out.",
    )


def _batches(part: Part, job: ScoringJob, settings: TextSettings) -> Iterator[DocumentBatch]:
    content = FileContent(Path(part.file), source=part.source)
    if not part.rows:
        yield DocumentBatch([], 0, 0, _empty_columns(content, job.keep))
        return
    table = TableReader(ParquetBlocks(content, range(*part.groups)), text=job.text, title=job.title, labelled=False)
    yield from batches_of_table(table, job.keep, settings)


def _empty_columns(content: FileContent, keep: tuple[str, ...]) -> dict[str, Column]:
    with open_parquet(content) as opened:
        table = opened.schema_arrow.empty_table()
    return {name: plain_column(table.column(name)) for name in keep}
