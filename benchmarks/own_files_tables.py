"""The tables of docs/own-files.md: rows of Markdown from ``benchmarks/results/own_files.json``."""

from __future__ import annotations

import json
import statistics
from functools import partial
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "own_files.json"
FAST = RESULT.with_name("fast_model.json")
UNSEEN = RESULT.with_name("own_files_unseen.json")
ABLATION = RESULT.with_name("own_files_ablation.json")

# The expected calibration error that is allowed: with so many test rows this much, with fewer what chance explains.
FIXED_BOUND_ROWS, FIXED_BOUND = 5000, 0.02

__all__ = ["TABLES"]


def _read(path: Path = RESULT) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _median(runs: list[Any], key: str) -> float:
    return float(statistics.median(run[key] for run in runs))


def _best(baselines: list[Any], name: str) -> Any:
    """The baseline of a kind that was best on held-out training rows."""
    return max(
        (one for one in baselines if one["name"].startswith(name)), key=lambda one: one["chosen_on"], default=None
    )


def _score(baseline: Any) -> str:
    return f"{baseline['accuracy']:.2%} ({baseline['seconds']:.1f} s)" if baseline else "–"


def score_lines(path: Path = RESULT) -> list[str]:
    """Accuracy and seconds of each set, beside the baselines."""
    lines = [
        "| set | training rows, classes | read by | seeds | `recurra train FILE`: test accuracy, median "
        "(lowest–highest) | 95 % interval | the whole command, by the clock | file | documents a second "
        "| TF-IDF of words + LinearSVC | TF-IDF of characters + LinearSVC | fastText |",
        "|---|---|---|---:|---|---|---|---|---|---|---|---|",
    ]
    result = _read(path)
    for one in result["sets"].values():
        runs, low_high = one["runs"], one["interval"]
        scores = [run["accuracy"] for run in runs]
        linear = [_best(one["baselines"], f"TF-IDF of {by}") for by in ("words", "characters")]
        lines.append(
            f"| {one['about']} | {one['train_rows']:,}, {one['classes']} | {runs[0]['tokens']} | {len(runs)} "
            f"| **{one['accuracy']:.2%}** ({min(scores):.2%}–{max(scores):.2%}) | {low_high[0]:.2%}–{low_high[1]:.2%} "
            f"| {_median(runs, 'wall_seconds'):.0f} s | {_median(runs, 'bytes') / 1e6:.1f} MB "
            f"| {_median(runs, 'documents_per_second'):,.0f} "
            f"| {_score(linear[0])} | {_score(linear[1])} | {_score(_best(one['baselines'], 'fastText'))} |"
        )
    machine = next(iter(result["sets"].values()))["machine"]
    told = f"{machine['cores']} cores of {machine['processor']}. Command: `{result['command']}`"
    if seconds := result.get("lesson_lstm_seconds"):
        told += f". In the same run lesson/lstm took {seconds:.0f} s on AG News (58,337 of 120,000 training rows)."
    return [*lines, "", told]


def fast_lines() -> list[str]:
    """The preset fast beside default."""
    result, default = _read(FAST), _read()["sets"]
    lines = [
        "| set | read by | `--model fast`: test accuracy, median (lowest–highest) | default "
        "| the whole command, by the clock | file | documents a second | one text alone |",
        "|---|---|---|---|---|---|---:|---|",
    ]
    for name, one in result["sets"].items():
        runs = one["runs"]
        found = [run["accuracy"] for run in runs]
        lines.append(
            f"| {one['about']} | {runs[0]['tokens']} "
            f"| **{statistics.median(found):.2%}** ({min(found):.2%}–{max(found):.2%}) "
            f"| {default[name]['accuracy']:.2%} "
            f"| {_median(runs, 'wall_seconds'):.0f} s | {_median(runs, 'bytes') / 1e6:.1f} MB "
            f"| {_median(runs, 'documents_per_second'):,.0f} | {_median(runs, 'one_text_microseconds'):.0f} µs |"
        )
    machine = result["machine"]
    told = (
        f"{machine['cores']} cores of {machine['processor']}. Command: `python benchmarks/fast_model.py`. In the same "
        f"run lesson/lstm took {result['lesson_lstm_seconds']:.0f} s on AG News (58,337 of 120,000 training rows)."
    )
    return [*lines, "", told]


def ablation_lines() -> list[str]:
    """What accuracy and log loss change by where a part is taken out."""
    sets = _read(ABLATION)["sets"]
    lines = [f"| | {' | '.join(sets)} |", f"|---|{'---|' * len(sets)}"]
    for name in dict.fromkeys(name for one in sets.values() for name in one["variants"]):
        cells = []
        for one in sets.values():
            found = one["variants"].get(name)
            if found is None:
                cells.append("–")
            elif name == "default":
                cells.append(f"{found['accuracy']:.1%}, {found['log_loss']:.3f}")
            else:
                accuracy = f"{100 * found['accuracy_difference']:+.1f} ± {100 * found['accuracy_error']:.1f}"
                cells.append(f"{accuracy}, {found['log_loss_difference']:+.3f} ± {found['log_loss_error']:.3f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def branch_lines() -> list[str]:
    """What network and branch are right on alone."""
    lines = [
        "| set | the network alone, on rows held out | the linear branch alone | the network's factor | the branch's |",
        "|---|---|---|---|---|",
    ]
    for one in _read()["sets"].values():
        parts = [run["branch"] for run in one["runs"]]
        right = [f"{_median(parts, f'{name}_right'):.1%}" for name in ("network", "branch")]
        factors = [f"{_median(parts, f'{name}_factor'):.2f}" for name in ("network", "branch")]
        lines.append(f"| {one['about']} | {' | '.join([*right, *factors])} |")
    return lines


def reason_lines() -> list[str]:
    """What may explain the scores."""
    lines = [
        "| set | tokens of the test rows that are not in the vocabulary | test rows with such | accuracy on these "
        "| accuracy on the others | accuracy when each text's tokens are shuffled |",
        "|---|---|---|---|---|---|",
    ]
    for one in _read()["sets"].values():
        keys = ("unknown_tokens", "rows_with_unknown", "accuracy_with_unknown", "accuracy_without_unknown")
        shares = [_median(one["runs"], key) for key in (*keys, "accuracy_shuffled")]
        lines.append(f"| {one['about']} | {' | '.join(f'{share:.1%}' for share in shares)} |")
    return lines


def calibration_lines() -> list[str]:
    """The calibration error of each set beside its bound."""
    lines = [
        "| set | test rows | expected calibration error, median (lowest–highest) "
        "| a perfectly calibrated model: 90th percentile | bound | seeds within |",
        "|---|---:|---|---|---|---|",
    ]
    for one in _read()["sets"].values():
        runs, large = one["runs"], one["test_rows"] >= FIXED_BOUND_ROWS
        found = [run["ece"] for run in runs]
        cells = [f"{statistics.median(found):.2%} ({min(found):.2%}–{max(found):.2%})", "–", "–", "–"]
        # Results of before have no simulation.
        if all("ece_if_calibrated" in run for run in runs):
            simulated = _median(runs, "ece_if_calibrated")
            within = sum(run["ece"] <= (FIXED_BOUND if large else run["ece_if_calibrated"]) for run in runs)
            cells[1:] = [f"{simulated:.2%}", f"{FIXED_BOUND if large else simulated:.2%}", f"{within} of {len(runs)}"]
        lines.append(f"| {one['about']} | {one['test_rows']:,} | {' | '.join(cells)} |")
    return lines


def check_lines() -> list[str]:
    """What ``recurra check`` found first, the graver findings before the others."""
    lines = ["| set | `recurra check train.csv --test test.csv` finds | seconds |", "|---|---|---:|"]
    for one in _read()["sets"].values():
        grave = [f"{_where(finding)} {finding['count']:,}" for finding in _findings(one) if not _is_note(finding)]
        notes = sum(map(_is_note, _findings(one)))
        found = [*grave, *([f"{notes} note{'' if notes == 1 else 's'}"] if notes else [])]
        lines.append(f"| {one['about']} | {', '.join(found) or 'nothing'} | {one['check']['seconds']:.1f} |")
    return lines


def _findings(one: Any) -> list[Any]:
    return list(one["check"]["findings"])


def _where(finding: Any) -> str:
    """``duplicates``, ``duplicates in the test``; some kinds name both files."""
    kind = str(finding["kind"])
    return kind if finding["part"] == "train" or "training" in kind else f"{kind} in the test"


def _is_note(finding: Any) -> bool:
    return bool(finding["severity"] == "note")


TABLES = {
    "docs/own-files.md": {
        "own-files-check": check_lines,
        "own-files": score_lines,
        "own-files-fast": fast_lines,
        "own-files-unseen": partial(score_lines, UNSEEN),
        "own-files-branch": branch_lines,
        "own-files-ablation": ablation_lines,
        "own-files-reasons": reason_lines,
        "own-files-calibration": calibration_lines,
    }
}
