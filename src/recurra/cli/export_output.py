"""What ``recurra export`` says of an exported model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from recurra.cli.output import Output, aligned, folded

if TYPE_CHECKING:
    from recurra.evaluation.paired import PredictionDifferences, ScoreChange
    from recurra.export import ExportedModel

__all__ = ["Exactness", "export_values", "show_export"]

ODD = "among them empty ones, one of 5,000 tokens, unknown words and any Unicode"


class Exactness(NamedTuple):
    """How exactly another format computes what the same weights give here.

    Attributes:
        documents: number of documents, odd ones among them.
        largest_difference: of a probability.
    """

    documents: int
    largest_difference: float


def export_values(
    apart: PredictionDifferences, scores: ScoreChange | None, exactness: Exactness | None
) -> dict[str, Any]:
    """The comparison as JSON holds it; without true classes there are no scores."""
    values: dict[str, Any] = {
        "rows": apart.rows,
        "changed": apart.changed,
        "largest_difference": apart.largest,
        "mean_difference": apart.mean,
        "accuracy": None,
        "log_loss": None,
        "exactness": None if exactness is None else exactness._asdict(),
    }
    if scores is not None:
        values["accuracy"] = {
            **dict(zip(("before", "after"), scores.accuracy, strict=True)),
            "gained": scores.gained,
            "lost": scores.lost,
            "interval": list(scores.interval),
        }
        values["log_loss"] = dict(zip(("before", "after"), scores.log_loss, strict=True))
    return values


def show_export(
    exported: ExportedModel,
    sizes: dict[str, int],
    source: str,
    apart: PredictionDifferences,
    scores: ScoreChange | None,
    exactness: Exactness | None,
    output: Output,
) -> None:
    """Prints the comparison."""
    output.result(folded(f"{apart.rows:,} {'rows of ' if scores else ''}{source}"))
    table = [("", "model", exported.format, "change")]
    if scores:
        (was, now), (loss, new_loss) = scores.accuracy, scores.log_loss
        low, high = scores.interval
        table.append(
            ("accuracy", f"{was:.4f}", f"{now:.4f}", f"{now - was:+.4f} (95 % interval {low:+.4f} to {high:+.4f})")
        )
        table.append(("log loss", f"{loss:.4f}", f"{new_loss:.4f}", f"{new_loss - loss:+.4f}"))
    small = sizes["before"] / sizes["after"]
    table.append(
        (
            "bytes",
            f"{sizes['before']:,}",
            f"{sizes['after']:,}",
            f"{small:.2f} times smaller" if small >= 1 else f"{1 / small:.2f} times larger",
        )
    )
    output.result(aligned(table, right=(1, 2)))
    share = 100 * (1 - apart.changed / apart.rows)
    kept = f"{apart.rows - apart.changed:,} of {apart.rows:,} ({share:.2f} %) keep their label"
    if scores:
        kept += f"; newly right: {scores.gained:,}, newly wrong: {scores.lost:,}"
    output.result(f"{folded(kept)}\nlargest change of a probability {apart.largest:.4f}, mean {apart.mean:.6f}")
    if exactness is not None:
        output.detail(
            folded(
                f"from strings to probabilities ONNX Runtime is within {exactness.largest_difference:.1e} of the same "
                f"weights in recurra, on {exactness.documents:,} documents, {ODD}"
            )
        )
