"""What ``recurra train`` prints at the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recurra.cli.output import Output, cut, folded
from recurra.errors import RecurraError

if TYPE_CHECKING:
    from recurra.runtime import Model
    from recurra.training.fit import FitResult

__all__ = ["model_in", "report", "threshold_line"]

DEFAULT = 0.5  # the threshold of a label whose rows chose no other


def report(fitted: FitResult, model: Model, out: Path, output: Output) -> None:
    """Prints scores, notes and where the model is; and the JSON document.

    Args:
        fitted: the training.
        model: its model.
        out: folder of the run.
        output: of the command.
    """
    from recurra.card.baselines import baseline_sentences
    from recurra.card.facts import Facts
    from recurra.card.limits import always_given, imbalance, never_given
    from recurra.text.labels import shown_value
    from recurra.training.ending import end_of_training

    outcome, info = fitted.outcome, model.info
    rate = outcome.documents / outcome.seconds if outcome.seconds else 0.0
    validation = info["record"]["scores"]["validation"]
    output.detail(f"vocabulary: {info['vocabulary']:,} tokens")
    output.detail(model.summary())
    facts = Facts(model.bundle)
    calibration = info["record"].get("calibration")
    if calibration and "temperature" in calibration:
        output.detail(folded(_calibrated(calibration)))
    output.detail(end_of_training(outcome, info["record"]["training"]["epochs"]))
    rows = f"{fitted.rows:,} rows"
    if facts.validation_file is not None:
        rows = f"{facts.rows:,} rows and {facts.held_out:,} to validate on"
    output.result(f"{rows}, {outcome.seconds:.1f} s of training, {rate:,.0f} documents a second")
    together = {}
    if outcome.processes > 1:
        # Every step has another number of words.
        output.detail(
            f"{outcome.processes} processes, {outcome.bytes_per_step:,} bytes of gradients summed up in a step"
        )
        together = {"processes": outcome.processes, "bytes_per_step": outcome.bytes_per_step}
    if fitted.validation:
        first, *others = (score for score in model.task.scores if score.printed)
        low, high = fitted.validation.intervals[first.key]
        told = ", ".join(f"{one.printed_name} {validation[one.key]:.4f}" for one in others)
        output.result(
            folded(
                f"validation on {validation['rows']:,} rows{_file(info['record'])}: "
                f"{first.printed_name} {validation[first.key]:.4f} ({low:.4f}–{high:.4f}), {told}"
            )
        )
    for sentence in baseline_sentences(facts):
        output.result(folded(sentence))
    for sentence in (*imbalance(facts), *never_given(facts, shown_value), *always_given(facts, shown_value)):
        output.note(sentence)
    for sentence in filter(None, (fitted.lower_loss, fitted.idle)):
        output.note(sentence)
    if found := info["record"].get("thresholds"):
        output.detail(folded(threshold_line(found, model.task.tensors["thresholds"].tolist())))
    output.result(f"model: {model_in(out)}")
    output.document(
        {
            "model": str(model_in(out)),
            "preset": info["record"]["preset"],
            "rows": fitted.rows,
            "held_out": info["record"]["held_out"],
            "validation_data": info["record"].get("validation_data"),
            "cleaning": info["record"].get("cleaning"),
            "continued": info["record"].get("continued"),
            "classes": info["classes"],
            "vocabulary": info["vocabulary"],
            "parameters": info["parameters"]["total"],
            "seconds": outcome.seconds,
            "docs_per_second": rate,
            "epochs": outcome.epochs,
            "best_epoch": outcome.best_epoch,
            "steps": outcome.steps,
            "resumed_after": fitted.resumed_after,
            **together,
            "interrupted": outcome.interrupted,
            "time_is_up": outcome.time_is_up,
            "calibration": calibration,
            "validation": validation,
            "baselines": info["record"].get("baselines"),
            "notes": output.notes,
        }
    )


def _file(record: dict[str, Any]) -> str:
    """Text after the number of validation rows on the file they come from, if they do."""
    name = (record.get("validation_data") or {}).get("source")
    return f" of {cut(name, 60)}" if name else ""


def _calibrated(found: dict[str, Any]) -> str:
    on = f"on {found['rows']:,} validation rows"
    before, after, crossed = (found[name]["ece"] for name in ("before", "after", "cross_fitted"))
    if found["temperature"] == 1:
        return (
            f"calibration: temperature 1, ECE {before:.3f} {on}; "
            "no other lowers the log loss of rows that did not choose it"
        )
    return (
        f"calibration: temperature {found['temperature']:.2f}, ECE {before:.3f} → {after:.3f} {on} "
        f"({crossed:.3f} where each tenth has the others' temperature)"
    )


def threshold_line(found: dict[str, Any], values: Sequence[float]) -> str:
    """What was chosen; ``values`` are the thresholds of all labels."""
    labels, own, shared = len(values), found["own"], found["shared"]
    # Of those that were chosen, which labels have few rows is not recorded.
    usual = sum(value == DEFAULT for value in values) - (labels - own if shared == DEFAULT else 0)
    kept = f", {'all' if usual == own else f'{usual:,}'} of them {DEFAULT:g}" if usual else ""
    said = [f"chosen one by one for {own:,} of {labels:,} labels{kept}"] if own else []
    if shared is not None:
        said.append(f"{labels - own:,} {'' if own else 'labels '}with few rows share {shared:.3f}")
    return (
        f"thresholds: {'; '.join(said)}; micro F1 {found['micro_f1']:.4f} on the rows that chose them, "
        f"{found['cross_fitted_micro_f1']:.4f} where each tenth has the others' thresholds"
    )


def draw_rate(out: Path, data: str, output: Output) -> None:
    """Writes the page with the curve of the learning rate; the packages for pages may be missing."""
    import json

    from recurra.atomic import write_atomically
    from recurra.report.rate_page import rate_page
    from recurra.training.run import RATE

    page = out / "learning-rate.html"
    try:
        write_atomically(page, rate_page(json.loads((out / RATE).read_bytes()), data_name=data).encode())
    except RecurraError as error:
        output.note(f"No picture of the learning rate: {error}")
    else:
        output.detail(f"page: {page}")


def model_in(folder: Path) -> Path:
    """The model file of a run's folder."""
    from recurra.training.run import MODEL

    return folder / MODEL
