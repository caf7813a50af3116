"""Parquet files as parts, their answers in a folder, and what is refused there."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from bundles import WORDS, make_bundle

from recurra.batch_prediction import scoring_parts
from recurra.batch_prediction.part_scorer import ATTEMPTS, ScoringJob, load_job_model, read_scored_part, score_part
from recurra.batch_prediction.scored_folder import PLAN, check_every_row, check_folder_of, remove_unfinished, write_plan
from recurra.batch_prediction.scoring_parts import Part, digest_of_part, matching_files, parted_file, parted_files
from recurra.bundle import write_bundle
from recurra.data.content_digest import content_digest
from recurra.errors import DataError, RecurraError, SettingsError
from recurra.kernels.threads import cpu_count, limit_threads
from recurra.runtime import load

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

CLASSES = 3


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(path: str, rows: int, group: int = 10) -> Path:
    texts = [" ".join(WORDS[(n * 7 + k) % len(WORDS)] for k in range(n % 6)) for n in range(rows)]
    table = pa.table({"id": pa.array(range(rows), pa.int64()), "text": pa.array(texts, pa.string())})
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, path, row_group_size=group)
    return Path(path)


def parts_of(*paths: str) -> list[Part]:
    files = [Path(path) for path in paths]
    return [part for file in parted_files(files, Path("lake")) for part in file.parts]


def job_of(every: bool = True) -> ScoringJob:
    model = Path("model.safetensors").absolute()
    write_bundle(make_bundle(scale=3), model)
    names = ["id", "label", "probability"]
    if every:
        names += [f"probability_{label}" for label in load(model).bundle.labels.classes]
    return ScoringJob(
        str(model), content_digest(model), str(Path("out").absolute()), "text", None, ("id",), tuple(names)
    )


def test_parts_are_whole_groups_and_cover_each_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("lake/a.parquet", 95)
    assert [(part.name, part.groups, part.rows) for part in parts_of("lake/a.parquet")] == [("a.parquet", (0, 10), 95)]
    monkeypatch.setattr(scoring_parts, "PART_ROWS", 34)
    parts = parts_of("lake/a.parquet")
    assert [part.name for part in parts] == [f"a-0000{n}-of-00004.parquet" for n in range(4)]
    assert [part.groups for part in parts] == [(0, 3), (3, 6), (6, 9), (9, 10)]
    assert [part.rows for part in parts] == [30, 30, 30, 5]
    places = [part.place for part in parts]
    assert [begin for begin, _ in places] == [0, *(end for _, end in places[:-1])]
    assert places[-1][1] == path.stat().st_size
    # A byte that changes anywhere changes the digest of one part, and of that one alone.
    before, whole = [digest_of_part(part) for part in parts], path.read_bytes()
    for place in (4, places[1][0], places[2][1] - 1, len(whole) - 9):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        differ = [one != other for one, other in zip(before, map(digest_of_part, parts), strict=True)]
        assert differ == [begin <= place < end for begin, end in places]


def test_empty_files_and_large_groups_are_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_parts, "PART_ROWS", 5)
    write("lake/none.parquet", 0)
    write("lake/large.parquet", 25)
    assert [part.rows for part in parts_of("lake/none.parquet", "lake/large.parquet")] == [0, 10, 10, 5]


def test_what_data_matches() -> None:
    for name in ("b.parquet", "a.parquet", "in/c.parquet", "_hidden/d.parquet", ".e.parquet", "_f.parquet"):
        write(f"lake/{name}", 3)
    Path("lake/notes.txt").write_text("")
    names = [path.relative_to("lake").as_posix() for path in matching_files("lake")[1]]
    assert names == ["a.parquet", "b.parquet", "in/c.parquet"]
    for pattern, base, found in (
        ("lake/*.parquet", "lake", ["lake/a.parquet", "lake/b.parquet"]),
        ("lake/**/*.parquet", "lake", ["lake/a.parquet", "lake/b.parquet", "lake/in/c.parquet"]),
        ("l*/in/*", ".", ["lake/in/c.parquet"]),
        ("lake/in/c.parquet", "lake/in", ["lake/in/c.parquet"]),
    ):
        assert matching_files(pattern) == (Path(base), [Path(one) for one in found])
    with pytest.raises(DataError, match=r"No file matches 'lake/x\*\.parquet'"):
        matching_files("lake/x*.parquet")
    with pytest.raises(SettingsError, match=r"'lake/notes\.txt' is none"):
        matching_files("lake/*")
    with pytest.raises(SettingsError, match="is an address"):
        matching_files("s3://lake/a.parquet")


def test_two_parts_have_no_name_in_common(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_parts, "PART_ROWS", 10)
    write("lake/a.parquet", 20)
    write("lake/a-00000-of-00002.parquet", 5)
    with pytest.raises(RecurraError, match=r"answers of two files would be called 'a-00000-of-00002\.parquet'"):
        parts_of("lake/a.parquet", "lake/a-00000-of-00002.parquet")
    Path("broken.parquet").write_bytes(Path("lake/a.parquet").read_bytes()[:-5])
    with pytest.raises(DataError, match="is not a whole Parquet file"):
        parted_file(Path("broken.parquet"), PurePosixPath("broken.parquet"))


def test_each_row_is_answered_once_however_often_a_part_is_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_parts, "PART_ROWS", 30)
    write("lake/a.parquet", 95)
    write("lake/in/b.parquet", 20)
    write("lake/none.parquet", 0)
    paths = ("lake/a.parquet", "lake/in/b.parquet", "lake/none.parquet")
    parts, job, out = parts_of(*paths), job_of(), Path("out")
    out.mkdir()
    assert check_folder_of(out, {"a": 1}, parts) == []
    write_plan(out, {"a": 1})
    limit_threads(1)
    try:
        assert cpu_count() == 1
        model = load_job_model(job)
        tallies = [score_part(lambda: model, part, job) for part in parts]
    finally:
        limit_threads(None)
    assert [tally.rows for tally in tallies] == [30, 30, 30, 5, 20, 0]
    written = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.rglob("*.parquet")}
    # Once more: nothing is computed, nothing is written.
    assert [score_part(lambda: pytest.fail("loaded"), part, job) for part in parts] == tallies
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.rglob("*.parquet")} == written
    assert check_folder_of(out, {"a": 1}, parts) == parts
    total = check_every_row(out, parts)
    assert (total.rows, sum(total.counts), total.empty) == (115, 115, sum(n % 6 == 0 for n in [*range(95), *range(20)]))
    # The answers are the model's, to the bit, with all threads and whatever the batch.
    answers = pa.concat_tables([parquet.read_table(out / part.name) for part in parts])
    rows = pa.concat_tables([parquet.read_table(path) for path in paths])
    assert answers["id"].equals(rows["id"])
    probabilities = load(job.model).predict_proba(rows["text"].to_pylist())
    found = np.stack([answers.column(place).to_numpy() for place in range(3, 3 + CLASSES)], axis=1)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, probabilities)
    assert answers["label"].to_pylist() == load(job.model).predict(rows["text"].to_pylist()).tolist()


def test_rows_that_changed_are_refused() -> None:
    path = write("lake/a.parquet", 20)
    (part,), job = parts_of("lake/a.parquet"), job_of()
    model = load_job_model(job)
    score_part(lambda: model, part, job)
    before = Path("out/a.parquet").read_bytes()
    write("lake/a.parquet", 21)
    (changed,) = parts_of("lake/a.parquet")
    with pytest.raises(RecurraError, match=r"was made from other contents of lake/a\.parquet"):
        score_part(lambda: model, changed, job)
    # The footer was read before the file was changed.
    Path("out/a.parquet").unlink()
    with pytest.raises(DataError, match=r"lake/a\.parquet was changed since this run began"):
        score_part(lambda: model, part, job)
    assert not list(Path("out").iterdir())
    os.utime(write("lake/a.parquet", 20), (1, 1))
    score_part(lambda: model, part, job)
    assert Path("out/a.parquet").read_bytes() == before
    assert path.exists()


def test_what_lies_in_the_folder_is_checked() -> None:
    write("lake/a.parquet", 20)
    write("lake/b.parquet", 20)
    parts, job, out = parts_of("lake/a.parquet", "lake/b.parquet"), job_of(), Path("out")
    model = load_job_model(job)
    out.mkdir()
    plan = {"columns": ["id"], "contents of the model": "1"}
    assert check_folder_of(out, plan, parts) == []
    write_plan(out, plan)
    assert json.loads((out / PLAN).read_text()) == plan
    score_part(lambda: model, parts[0], job)
    with pytest.raises(RecurraError, match=r"b\.parquet is missing, with the answers to 20 rows"):
        check_every_row(out, parts)
    with pytest.raises(RecurraError, match=r"out was begun with other contents of the model\. .*choose another folder"):
        check_folder_of(out, {**plan, "contents of the model": "2"}, parts)
    with pytest.raises(RecurraError, match=r"a\.parquet answers none of the rows"):
        check_folder_of(out, plan, parts[1:])
    (out / PLAN).unlink()
    with pytest.raises(RecurraError, match=r"a\.parquet is there, and no _recurra_score\.json"):
        check_folder_of(out, plan, parts)
    (out / PLAN).write_text("[]")
    with pytest.raises(RecurraError, match=r"_recurra_score\.json cannot be read"):
        check_folder_of(out, plan, parts)
    # A file of as many rows that somebody else wrote.
    (out / "b.parquet").write_bytes(Path("lake/b.parquet").read_bytes())
    with pytest.raises(RecurraError, match=r"b\.parquet is not a whole file of answers"):
        check_every_row(out, parts)
    with pytest.raises(RecurraError, match=r"b\.parquet is not a whole file of answers"):
        score_part(lambda: model, parts[1], job)
    # Rows of another part, under this one's name.
    write("lake/c.parquet", 7)
    score_part(lambda: model, parts_of("lake/c.parquet")[0], job)
    (out / "c.parquet").replace(out / "b.parquet")
    assert read_scored_part(out / "b.parquet").tally.rows == 7
    with pytest.raises(RecurraError, match=r"b\.parquet has 7 rows, and its part of lake/b\.parquet 20"):
        check_every_row(out, parts)


def test_a_file_in_the_place_of_a_folder() -> None:
    write("lake/in/a.parquet", 5)
    (part,), job = parts_of("lake/in/a.parquet"), job_of()
    Path("out").mkdir()
    Path("out/in").write_text("")
    with pytest.raises(RecurraError, match=r"out/in/a\.parquet cannot be written: "):
        score_part(lambda: pytest.fail("loaded"), part, job)


def test_a_part_that_ends_its_workers_is_given_up() -> None:
    write("lake/a.parquet", 20)
    (part,), job, out = parts_of("lake/a.parquet"), job_of(), Path("out")
    out.mkdir()
    model = load_job_model(job)
    for number in range(ATTEMPTS):
        (out / f".a.parquet.{number}.tmp").write_bytes(b"")
        (out / f".b.parquet.{number}.tmp").write_bytes(b"")
    with pytest.raises(RecurraError, match=r"4 workers have ended over 20 rows of lake/a\.parquet"):
        score_part(lambda: model, part, job)
    remove_unfinished(out)
    assert not list(out.iterdir())
    assert score_part(lambda: model, part, job).rows == 20


def test_workers_have_the_same_model_and_version() -> None:
    job = job_of()
    with pytest.raises(RecurraError, match="sees another model at"):
        load_job_model(replace(job, digest="0"))
    with pytest.raises(RecurraError, match=r"A worker has recurra .*, and this is 9\.9"):
        load_job_model(replace(job, version="9.9"))
