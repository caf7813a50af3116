"""``recurra score --ray``: Parquet files into a folder of Parquet files, on one machine or on many."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from recurra.cli.data_argument import ReadOptions
from recurra.cli.options import model_name
from recurra.cli.output import Output
from recurra.cli.progress import Bars
from recurra.cli.score_input import open_rows
from recurra.cli.score_output import output_columns, report_scored
from recurra.errors import DataError, RecurraError, SettingsError
from recurra.interrupt import exit_code

if TYPE_CHECKING:
    from recurra.batch_prediction.part_scorer import ScoringJob
    from recurra.batch_prediction.scoring_parts import Part, PartedFile

__all__ = ["score_with_ray"]


def score_with_ray(
    model: Path,
    data: str,
    out: Path | None,
    reading: ReadOptions,
    kept: tuple[str, ...] | None,
    every: bool,
    abstain_below: float | None,
    address: str | None,
    workers: int | None,
    output: Output,
) -> None:
    """Scores all rows of many Parquet files, each part of them into a file of its own; goes on where it stopped.

    Args:
        model: the model file.
        data: a file, a folder, or a pattern.
        out: the folder for the answers.
        reading: the columns to read.
        kept: the columns to keep, ``None`` for all.
        every: whether to write the probability of every class.
        abstain_below: see ``recurra score``.
        address: of the Ray cluster.
        workers: how many.
        output: prints what was done.

    Raises:
        RecurraError: Ray, a file or a row cannot be used, or not every row is there in the end.
    """
    from recurra.batch_prediction.part_scorer import ScoringJob
    from recurra.batch_prediction.predict import PredictionSummary
    from recurra.batch_prediction.resume_plan import CONTENTS
    from recurra.batch_prediction.scored_folder import check_every_row, check_folder_of, remove_unfinished
    from recurra.data.content_digest import content_digest
    from recurra.folders import locked_folder
    from recurra.runtime import load

    if out is None:
        raise SettingsError("--ray is given without --out", "Name a folder for the answers with --out.")
    start = time.perf_counter()
    files = _files(data, out, reading)
    classifier = load(model)
    below = classifier.checked_abstaining(abstain_below)
    head = next((file for file in files if file.rows), files[0])
    source = open_rows(str(head.path), reading.of_model(classifier), kept, classifier.bundle.text, output)
    names = output_columns(source, classifier, every, output)
    text, title = (source.columns.text, source.columns.title) if source.columns else (None, None)
    _check_columns(files, head, source.keep if kept is not None else head.names, [text, title])
    digest = content_digest(model)
    job = ScoringJob(str(model.absolute()), digest, str(out.absolute()), text, title, source.keep, tuple(names), below)
    plan = {
        f"{CONTENTS}the model": digest,
        "columns (--keep, --all)": names,
        "--abstain-below": below,
        "columns to read": source.read_as,
        "version of recurra": job.version,
    }
    parts = [part for file in files for part in file.parts]
    try:
        with locked_folder(out):
            done = check_folder_of(out, plan, parts)
            if done:
                output.note(f"going on: {len(done):,} of {len(parts):,} files of answers are there from an earlier run")
            try:
                used = _score(parts, done, plan, job, address, workers, output)
            finally:
                remove_unfinished(out)
            tally = check_every_row(out, parts)
    except KeyboardInterrupt:
        print(f"recurra: interrupted. The same command goes on with {out}.", file=sys.stderr)
        raise typer.Exit(exit_code()) from None
    rows = sum(file.rows for file in files)
    if tally.rows != rows:
        raise RecurraError(
            f"{data} has {rows:,} rows, and {out} has {tally.rows:,}", "Look for a file whose footer is damaged."
        )
    counts = list(zip(classifier.bundle.labels.classes, tally.counts, strict=True))
    before = sum(part.rows for part in done)
    seconds = time.perf_counter() - start
    summary = PredictionSummary(tally.rows, before, tally.empty, tally.unanswered, counts, seconds, tally.without_text)
    output.note(
        f"{rows:,} rows in {len(files):,} files of {data}, {tally.rows:,} answers in {len(parts):,} files of {out}"
    )
    more = {"files": len(files), "files_of_answers": len(parts), "workers": used}
    report_scored(summary, model_name(model), data, out, names, below, output, "", source.columns, **more)


def _files(data: str, out: Path, reading: ReadOptions) -> list[PartedFile]:
    from recurra.batch_prediction.scoring_parts import matching_files, parted_files
    from recurra.data.formats import require_pyarrow

    if data == "-":
        raise SettingsError("--ray is given with standard input", "Name Parquet files, or leave out --ray.")
    for option, value, usual in (("--encoding", reading.encoding, "utf-8"), ("--format", reading.format, "parquet")):
        if value not in (None, usual):
            raise SettingsError(f"{option} {value:.80} is given with --ray, which reads Parquet", "Leave it out.")
    require_pyarrow("Reading .parquet")
    base, found = matching_files(data)
    inside = [path for path in found if path.resolve().is_relative_to(out.resolve())]
    if inside or (found != [Path(data)] and out.resolve() == base.resolve()):
        raise SettingsError(f"--out {out} holds the files to score", "Name another folder.")
    if out.resolve().is_relative_to(base.resolve()) and (Path(data).is_dir() or "**" in data):
        raise SettingsError(f"--out {out} lies in {base}, all of which is scored", "Name a folder beside it.")
    return list(parted_files(found, base))


def _check_columns(
    files: Sequence[PartedFile], head: PartedFile, keep: Sequence[str], read: Sequence[str | None]
) -> None:
    """All files must have the columns that are read and kept, and where all are kept no others."""
    needed = dict.fromkeys([*keep, *filter(None, read)])
    for file in files:
        missing = next((name for name in needed if name not in file.names), None)
        if missing is not None:
            raise DataError(
                f"{file.path} has no column {missing!r:.80}, which {head.path} has",
                "Name the columns to keep with --keep, or score these files by themselves.",
            )


def _score(
    parts: Sequence[Part],
    done: Sequence[Part],
    plan: Mapping[str, Any],
    job: ScoringJob,
    address: str | None,
    workers: int | None,
    output: Output,
) -> int:
    """Scores parts; returns the number of workers. Those that are done are compared with their rows once more."""
    from recurra.batch_prediction.ray_workers import ray_workers
    from recurra.batch_prediction.scored_folder import write_plan

    total = sum(part.rows for part in parts)
    before = {part.name for part in done}
    # First, so that rows that have changed are found before anything else is computed.
    ordered = [*done, *(part for part in parts if part.name not in before)]
    with _ray_says(output), ray_workers(address, workers) as ray, Bars(output) as bars:
        write_plan(Path(job.out), plan)
        count = bars.counting("scoring")
        for part in ray.score(ordered, job):
            count(part.rows, total)
        return min(ray.count, len(ordered))


@contextlib.contextmanager
def _ray_says(output: Output) -> Iterator[None]:
    """What Ray prints of workers that ended goes to standard error; standard output has the result alone."""
    with contextlib.ExitStack() as stack:
        to = stack.enter_context(open(os.devnull, "w", encoding="utf-8")) if output.quiet else sys.stderr  # noqa: PTH123
        stack.enter_context(contextlib.redirect_stdout(to))
        yield
