"""Writes the tables of the READMEs from ``benchmarks/results``; with ``--check`` only says whether they are stale."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from recurra.report.published import PUBLISHED

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
HEADS = {
    "README.md": (
        "| network | parameters | training rows | test accuracy, median of {n} seeds (lowest–highest) "
        "| documents/s in training | Keras 3.15, same rows, one seed | the lesson, 120,000 rows |",
        "{name}, {rows}, {test:,} test rows, {epochs} epoch; {cores} cores of {cpu}. Command: `{command}`",
    ),
    "README.ja.md": (
        "| ネットワーク | パラメータ数 | 学習行数 | テスト正解率({n} シードの中央値、最小–最大) "
        "| 学習時の文書数/秒 | Keras 3.15(同じ行、1 シード) | 授業の値(120,000 行) |",
        "{name}、{rows}、テスト {test:,} 行、{epochs} エポック。{cpu} の {cores} コア。コマンド:`{command}`",
    ),
}


def lesson_lines(readme: str) -> list[str]:
    """The table of the lesson's networks on AG News."""
    result = json.loads((RESULTS / "lesson-agnews.json").read_text(encoding="utf-8"))
    head, foot = HEADS[readme]
    lines = [head.format(n=len(result["models"][0]["runs"])), "|---|---:|---|---|---:|---|---|"]
    for model in result["models"]:
        others = PUBLISHED[model["preset"]]
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


def filled(readme: str, text: str) -> str:
    """The README with its table written anew between the markers."""
    start, end = "<!-- table: lesson -->\n", "<!-- end of table -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        sys.exit(f"{readme} has no lines {start.strip()} and {end}.")
    return before + start + "\n" + "\n".join(lesson_lines(readme)) + "\n\n" + end + after


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for readme in HEADS:
        path = ROOT / readme
        text = path.read_text(encoding="utf-8")
        if filled(readme, text) != text:
            stale.append(readme)
            if not check:
                path.write_text(filled(readme, text), encoding="utf-8")
    if check and stale:
        sys.exit(f"{' and '.join(stale)}: the tables are not those of benchmarks/results. Run: make tables")


if __name__ == "__main__":
    main()
