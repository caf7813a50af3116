"""Writes the tables of the documents from ``benchmarks/results``; with ``--check`` only says whether they are stale."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

import cell_tables
import checking_tables
import distributed_tables
import finding_tables
import inspection_tables
import large_file_tables
import own_files_robustness_tables
import own_files_tables
import page_tables
import parity_tables
import peer_tables
import ray_scoring_tables
import segmenter_tables
import serving_tables
import several_tables
import training_tables

from recurra.lesson.published_scores import PUBLISHED_SCORES

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
HEADS = {
    "README.md": (
        "| network | parameters | training rows | test accuracy, median of {n} seeds (lowest–highest) "
        "| documents/s in training | Keras 3.15, same rows, one seed | the lesson, 120,000 rows |",
        "{name}, {rows}, {test:,} test rows, {epochs} epoch; {cores} cores of {cpu}. Command: `{command}`",
    ),
    "README.ja.md": (
        "| ネットワーク | パラメータ数 | 学習行数 | テスト正解率（{n} シードの中央値、最小–最大） "
        "| 学習時の文書数/秒 | Keras 3.15（同じ行、1 シード） | レッスンの値（120,000 行） |",
        "{name}、{rows}、テスト {test:,} 行、{epochs} エポック。{cpu} の {cores} コア。コマンド：`{command}`",
    ),
}


def lesson_lines(readme: str) -> list[str]:
    """The table of the lesson's networks on AG News."""
    result = json.loads((RESULTS / "lesson-agnews.json").read_text(encoding="utf-8"))
    head, foot = HEADS[readme]
    lines = [head.format(n=len(result["models"][0]["runs"])), "|---|---:|---|---|---:|---|---|"]
    for model in result["models"]:
        others = PUBLISHED_SCORES[model["preset"]]
        lines.append(
            f"| `{model['preset']}` | {model['parameters']:,} | {model['train_rows'].removesuffix(' training rows')} "
            f"| {model['test_accuracy']:.2%} ({model['lowest']:.2%}–{model['highest']:.2%}) "
            f"| {model['docs_per_second']:,.0f} | {percent(others.keras)} | {percent(others.lesson)} |"
        )
    linear = result["baseline"]
    lines.append(f"| {linear['name']} | {linear['parameters']:,} | | {linear['test_accuracy']:.2%} | | | |")
    machine = result["machine"]
    note = foot.format(
        name=result["dataset"],
        rows=result["train_rows"],
        test=result["test_rows"],
        epochs=result["epochs"],
        cores=machine["cores"],
        cpu=machine["processor"],
        command=result["command"],
    )
    return [*lines, "", note]


def percent(share: float | None) -> str:
    """A share as people write it; a dash where there is none."""
    return "–" if share is None else f"{share:.2%}"


def filled(name: str, text: str) -> str:
    """The document with its tables rewritten between their markers."""
    tables = TABLES[name]
    for table, lines in tables.items():
        start, end = f"<!-- table: {table} -->\n", "<!-- end of table -->"
        before, found, rest = text.partition(start)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            sys.exit(f"{name} has no lines {start.strip()} and {end}.")
        text = before + start + "\n" + "\n".join(lines()) + "\n\n" + end + after
    return text


TABLES = (
    {readme: {"lesson": partial(lesson_lines, readme)} for readme in HEADS}
    | {
        "docs/benchmarks.md": peer_tables.TABLES,
        "docs/scale/serving.md": serving_tables.SCALE_TABLES,
        "docs/serving.md": serving_tables.TABLES,
        "docs/training.md": training_tables.TABLES,
    }
    | {"docs/large-files.md": large_file_tables.TABLES, "docs/scale/scoring.md": ray_scoring_tables.TABLES}
    | inspection_tables.TABLES
    | own_files_tables.TABLES
    | page_tables.TABLES
    | segmenter_tables.TABLES
    | several_tables.TABLES
)
TABLES |= checking_tables.TABLES | cell_tables.TABLES | parity_tables.TABLES | distributed_tables.TABLES
TABLES["docs/own-files.md"] = {**TABLES["docs/own-files.md"], **own_files_robustness_tables.TABLES["docs/own-files.md"]}
TABLES["docs/findings.md"] = {**TABLES["docs/findings.md"], **finding_tables.TABLES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for name in TABLES:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        if filled(name, text) != text:
            stale.append(name)
            if not check:
                path.write_text(filled(name, text), encoding="utf-8")
    if check and stale:
        sys.exit(f"{' and '.join(stale)}: the tables are not those of benchmarks/results. Run: make tables")


if __name__ == "__main__":
    main()
