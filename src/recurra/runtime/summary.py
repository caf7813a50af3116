"""A model as a table: its parts, their output shapes, and their numbers of parameters."""

from __future__ import annotations

from recurra.bundle import Bundle
from recurra.networks.shapes import count_parameters

__all__ = ["parameters_by_part", "summary_of"]


def parameters_by_part(bundle: Bundle) -> dict[str, int]:
    """Number of parameters of each part of the network, from the input to the output."""
    counts = count_parameters(
        bundle.network, rows=bundle.pipeline.rows, classes=bundle.task.outputs(len(bundle.labels))
    )
    if bundle.branch is not None:
        counts["branch"] = bundle.branch.W.size + bundle.branch.U.size
    return counts


def summary_of(bundle: Bundle) -> str:
    """Lines of text with part, output shape for a document and parameters, and the total at the end.

    The total names the stored type of the weights if that is not float32.
    """
    network, classes = bundle.network, len(bundle.labels)
    parts = parameters_by_part(bundle)
    rows = [("tokens", f"[words] of {bundle.pipeline.rows:,}", "")]
    if network.input == "one_hot":
        rows.append(("one_hot", f"[words, {bundle.pipeline.rows}]", "0"))
    for name, count in parts.items():
        if name == "embedding":
            rows.append((name, f"[words, {network.embedding}]", f"{count:,}"))
        elif name.startswith("layers."):
            both = ", both directions" if network.bidirectional else ""
            rows.append((f"{name} ({network.cell}{both})", f"[words, {network.state_size}]", f"{count:,}"))
    rows.append(
        (f"pooling ({', '.join(network.pooling)})", f"[{network.pooled_size}]", f"{parts.get('attention', 0):,}")
    )
    rows.append((f"output ({bundle.task.link_name})", f"[{classes}]", f"{parts['output']:,}"))
    if bundle.branch is not None:
        counted = f"{len(bundle.branch.ngrams):,} n-grams" + (
            f", {len(bundle.branch.subwords):,} subwords" if bundle.branch.subwords else ""
        )
        rows.append((f"linear branch ({counted})", f"[{classes}], added", f"{parts['branch']:,}"))
    stored = "" if bundle.weights == "float32" else f"{bundle.weights} weights"
    rows.append(("total", stored, f"{sum(parts.values()):,}"))
    header = ("part", "gives", "parameters")
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(3)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in [header, *rows]]
    rule = "-" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])
