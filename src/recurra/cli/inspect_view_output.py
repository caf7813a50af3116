"""``recurra inspect --view``: prints flags, states, doubts and gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recurra.cli.output import LINE, Output, aligned, cut, excerpt, folded, width
from recurra.report.reading_sentences import BRANCH_FLOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recurra.inspection.flag_results import Flags
    from recurra.inspection.gradient_flow import FlowJson
    from recurra.inspection.label_issue_results import LabelIssue, LabelIssues
    from recurra.inspection.states import States

__all__ = ["show_doubts", "show_flags", "show_flows", "show_states"]

# Width of a label in a table.
LABEL = 14
# Bars of eight heights; nothing is drawn for zero.
HEIGHTS = " ▁▂▃▄▅▆▇█"
# Words shown before the one that switches a unit on.
AROUND = 5
# Distances in the table of gradients, and the most steps and the fewest that are drawn.
DISTANCES = (1, 5, 10, 20, 40)
MOST, FEWEST = 24, 6


def show_flags(found: Flags, output: Output) -> None:
    """Prints the most flag-like units, the phrases that switch them on, and what they are worth."""
    output.result(f"{found.documents:,} documents, accuracy {found.accuracy:.4f}, {len(found.scores):,} units")
    rows = [("unit", "score", "on", "stays", "jump", "speaks for", "weight", "drop", "random")]
    switched = [("unit", "switched on by")]
    for one in found.units:
        place = f"{one.unit.layer}{' b' if one.unit.direction == 'backward' else ''} {one.unit.number}"
        random = "" if one.drop_random is None else f"{one.drop_random:+.4f}"
        shares = (f"{one.score:.2f}", f"{one.ends_on:.0%}", f"{one.stays:.0%}", f"{one.jump:.2f}")
        rows.append((place, *shares, cut(str(one.speaks_for), LABEL), f"{one.weight:+.2f}", f"{one.drop:+.4f}", random))
        phrases = [f"{cut(phrase.phrase, 40)} {phrase.count}/{phrase.of}" for phrase in one.on]
        switched.append((place, _listed(phrases, LINE - 10) or "–"))
    output.result(aligned(rows, right=(1, 2, 3, 4, 6, 7, 8)))
    output.result("\n" + aligned(switched))
    together = found.together
    if together.units:
        mean = sum(together.random_drops) / len(together.random_drops)
        output.result(
            folded(
                f"the first {together.units} silenced together: accuracy {together.accuracy_silenced:.4f} "
                f"({together.drop:+.4f} lost; {mean:+.4f} with as many random units)"
            )
        )
    elif not any(round(score, 3) for score in found.scores):
        output.result("no unit works like a flag: every score is 0")
    for one in found.units[:3]:
        for example in one.examples[:1]:
            words = [f"[{word}]" if place == example.flip else word for place, word in enumerate(example.tokens)]
            first = max(0, example.flip - AROUND)
            said = f"{'…' if first else ''}{' '.join(words[first:])}"
            output.detail(excerpt(f"unit {one.unit.number}, {example.label}: {said}", LINE))


def show_states(space: States, output: Output) -> None:
    """Prints what the plane explains, and where the documents of each class end in it on average."""
    shares = " + ".join(f"{share:.1%}" for share in space.explained_variance)
    output.result(
        folded(f"{space.fitted_on:,} documents; principal components explain {shares} of the states' variance")
    )
    rows = [("class", "ends", "x", "y")]
    for label in space.labels:
        own = [point for point in space.points if point.label == label]
        if own:
            x, y = (sum(getattr(point, axis) for point in own) / len(own) for axis in "xy")
            rows.append((cut(str(label), 40), f"{len(own):,}", f"{x:+.3f}", f"{y:+.3f}"))
    output.result(aligned(rows, right=(1, 2, 3)))
    output.detail("A picture of the ends is in --html, the ways word by word are in --json.")


def show_doubts(doubted: LabelIssues, output: Output) -> None:
    """Prints how many rows are in doubt, and a table of some for each reason."""
    for what, count in doubted.counts.items():
        output.result(f"{what}: {count:.4f}" if isinstance(count, float) else f"{what}: {count:,}")
    if doubted.rows:
        output.detail(f"Rows are numbered as in messages about the file: the first is row {doubted.row_numbers.first}.")
    by_reason: dict[str, list[LabelIssue]] = {}
    for one in doubted.rows:
        by_reason.setdefault(one.reason, []).append(one)
    for reason, issues in by_reason.items():
        rows = [("row", "label", "suggested", "p", "text")]
        for one in issues:
            labels = (cut(str(one.label), LABEL), cut(str(one.suggested), LABEL))
            rows.append((str(one.number), *labels, f"{one.suggested_probability:.2f}", one.text))
        output.detail(f"\n{reason}:\n{aligned(_fitted(rows), right=(0, 3))}")


def show_flows(flows: list[FlowJson], output: Output) -> None:
    """Prints the share of the gradient that is left at some distances, per network, before and after training."""
    for name in dict.fromkeys(flow["name"] for flow in flows):
        own = [flow for flow in flows if flow["name"] == name]
        rows, norms = [("steps back", "half is gone", *map(str, DISTANCES))], []
        for flow in own:
            by_state = {"h": (flow["norm"], flow["half_distance"])}
            if flow["cell_norm"] is not None:
                by_state["c"] = (flow["cell_norm"], flow["cell_half_distance"])
            for state, (norm, half) in by_state.items():
                reached = "not reached" if half is None else f"{half:.1f} steps"
                left = (f"{norm[d]:.2g}" if d < len(norm) else "" for d in DISTANCES)
                rows.append((f"{flow['when']}, {state}", reached, *left))
                norms.append(norm)
        lines = aligned(rows, right=range(1, len(rows[0]))).split("\n")
        steps = min(MOST, LINE - 2 - max(map(width, lines)), max(map(len, norms)))
        if steps >= FEWEST:
            drawn = [f"{steps} steps", *(_heights(norm[:steps]) for norm in norms)]
            lines = aligned(list(zip(lines, drawn, strict=True))).split("\n")
        output.result("\n".join([f"{name}: {own[0]['cell']}", *lines]))
    notes = [f"Medians over {min(flow['documents'] for flow in flows):,} documents or more, relative to the last step."]
    if any(flow["cell_norm"] is not None for flow in flows):
        notes.append("An LSTM's memory is its cell state c: how far back it can learn is said by the norm by c.")
    if pads := sorted({flow["name"] for flow in flows if flow["pads"] is not None}):
        notes.append(f"The last steps of {', '.join(pads)} are pads.")
    if branched := sorted({flow["name"] for flow in flows if "branch" in flow}):
        notes.append(f"{', '.join(branched)}: {BRANCH_FLOW}")
    output.detail("\n".join(map(folded, notes)))


def _listed(phrases: Sequence[str], columns: int) -> str:
    """As many whole phrases as fit, with commas."""
    kept = ""
    for phrase in phrases:
        longer = f"{kept}, {phrase}" if kept else phrase
        if kept and width(longer) > columns:
            break
        kept = longer
    return kept


def _fitted(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The rows of a table, the texts in the last column shortened to what the others leave of a line."""
    taken = sum(max(map(width, column)) + 2 for column in list(zip(*rows, strict=True))[:-1])
    return [(*row[:-1], excerpt(row[-1], LINE - taken)) for row in rows]


def _heights(shares: Sequence[float]) -> str:
    """A bar for each number from 0 to 1."""
    return "".join(HEIGHTS[round((len(HEIGHTS) - 1) * min(max(share, 0.0), 1.0))] for share in shares)
