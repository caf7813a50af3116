"""``recurra inspect``: prints readings (words, bars of evidence, probabilities, important units) and gradient flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recurra.cells import cell_named
from recurra.cli.output import Output, cut, plain
from recurra.report.reading_sentences import BRANCH_FLOW, branch_sentences

if TYPE_CHECKING:
    from rich.text import Text

    from recurra.inspection.gradient_flow import FlowJson
    from recurra.inspection.read import LayerJson, ReadingJson

__all__ = ["show_flows", "show_reading"]

# Width of a bar, an odd number: half for each sign, and the middle.
BAR = 21
# Number of units shown per layer.
UNITS = 6
LEVELS = "▁▂▃▄▅▆▇█"
DISTANCES = (1, 5, 10, 20, 40)
# Number of steps in the line plot.
DRAWN = 24


def show_reading(reading: ReadingJson, output: Output) -> None:
    """Prints the predicted label, one line per word, and the layers and attributions of a reading.

    Args:
        reading: reading of a text.
        output: output of the command.
    """
    from rich.table import Table
    from rich.text import Text

    labels, answer = reading["labels"], reading["labels"].index(reading["label"])
    last = reading["probabilities"][-1] if reading["tokens"] else reading["start"]
    multi_label = "given" in reading

    def said(place: int) -> str:
        threshold = f" (threshold {100 * reading['thresholds'][place]:.1f} %)" if multi_label else ""
        return f"{plain(str(labels[place]))}  {100 * last[place]:.1f} %{threshold}"

    found = [said(labels.index(one)) for one in reading["given"]] or ["no label"] if multi_label else [said(answer)]
    output.shown(Text(f"{reading['model']}: {', '.join(found)}", style="bold"))
    output.detail(f"{cut(reading['text'], 200)}\n{reading['method']}")
    if multi_label:
        output.detail(f"explained is the most probable label: {said(answer)}")
    why, branch = reading.get("attribution"), reading.get("branch")
    columns = {"evidence": [row[answer] for row in reading["evidence"]]}
    if branch is not None:
        columns["linear branch"] = branch["words"]
    if why is not None:
        columns |= {"integrated gradients": why["integrated_gradients"], "occlusion": why["occlusion"]}
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("word", max_width=24, no_wrap=True)
    for name in columns:
        table.add_column(f"{name} for {cut(str(reading['label']), 16)}" if name == "evidence" else name)
    table.add_column(cut(str(reading["label"]), 16), justify="right")
    table.add_column("most probable so far" if multi_label else "answer so far", no_wrap=True)
    table.add_row(Text("before any word", style="dim"), *[""] * len(columns), _percent(reading["start"][answer]), "")
    largest = {name: max(map(abs, values), default=0.0) or 1.0 for name, values in columns.items()}
    for t, token in enumerate(reading["tokens"]):
        after = reading["probabilities"][t]
        best = max(range(len(labels)), key=after.__getitem__)
        table.add_row(
            Text(cut(token["text"], 24), style="" if token["known"] else "dim italic"),
            *(_bar(values[t], largest[name]) for name, values in columns.items()),
            _percent(after[answer]),
            Text(cut(str(labels[best]), 20), style="" if best == answer else "dim"),
        )
    output.shown(table)
    unknown = sum(not token["known"] for token in reading["tokens"])
    if unknown:
        output.detail(f"{unknown} of {len(reading['tokens'])} words, in italics, are not in the vocabulary.")
    for sentence in branch_sentences(reading):
        output.detail(sentence)
    if why is not None:
        output.detail(
            f"integrated gradients add up to {why['score'] - why['baseline_score']:+.4f} with an error of "
            f"{100 * why['completeness_error']:.2g} % ({why['steps']:,} gradients)"
        )
    if branch is not None and "layers" in reading:
        output.detail("states, gates and what units do are the recurrent network's alone")
    for layer in reading.get("layers", []):
        _show_layer(layer, output)


def show_flows(flows: list[FlowJson], output: Output) -> None:
    """Prints the share of the gradient that is left at some distances, per network, before and after training."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("model", "cell", "when", "by"):
        table.add_column(name)
    table.add_column("half is gone after", justify="right")
    for distance in DISTANCES:
        table.add_column(str(distance), justify="right")
    table.add_column(f"{DRAWN} steps")
    for flow in flows:
        by_state = {"h": (flow["norm"], flow["half_distance"])}
        if flow["cell_norm"] is not None:
            by_state["c"] = (flow["cell_norm"], flow["cell_half_distance"])
        for state, (norm, half) in by_state.items():
            table.add_row(
                cut(flow["name"], 50),
                flow["cell"],
                flow["when"],
                state,
                "not reached" if half is None else f"{half:.1f} steps",
                *(f"{norm[d]:.2g}" if d < len(norm) else "" for d in DISTANCES),
                _line(norm[:DRAWN], 0.0, 1.0),
            )
    output.shown(table)
    if any(flow["cell_norm"] is not None for flow in flows):
        output.detail("An LSTM's memory is its cell state c: how far back it can learn is said by the norm by c.")
    pads = sorted({flow["name"] for flow in flows if flow["pads"] is not None})
    output.detail(
        f"Medians over {min(flow['documents'] for flow in flows):,} documents or more, relative to the last step."
        + (f" The last steps of {', '.join(pads)} are pads." if pads else "")
    )
    if branched := sorted({flow["name"] for flow in flows if "branch" in flow}):
        output.detail(f"{', '.join(branched)}: {BRANCH_FLOW}")


def _show_layer(layer: LayerJson, output: Output) -> None:
    """The units with the largest share in the prediction, their states as a line, and the means of the gates."""
    from rich.table import Table
    from rich.text import Text

    if not layer["h"]:
        return
    units, cell = layer["order"][:UNITS], cell_named(layer["cell"])
    largest = cell.state_bound or max(abs(row[unit]) for row in layer["h"] for unit in units) or 1.0
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    table.add_column()
    for unit in units:
        states = [row[unit] for row in layer["h"]]
        table.add_row(f"unit {unit}", Text(_line(states, -largest, largest), style="cyan"), plain(layer["roles"][unit]))
    candidates = [gate.name for gate in cell.gates if gate.candidate]
    means = {
        name: sum(map(sum, values)) / (len(values) * len(values[0]))
        for name, values in layer["gates"].items()
        # Candidates are signed, so their mean is not informative.
        if name not in candidates
    }
    said = ", ".join(f"{name} {mean:.2f}" for name, mean in means.items())
    output.detail(
        f"\nlayer {layer['layer'] + 1}, {layer['direction']}: the {len(units)} of {len(layer['roles'])} units with the "
        f"largest part in the answer, h after each word from {-largest:.3g} to {largest:.3g}"
        f"{f'; mean gates: {said}' if said else ''}"
    )
    if not output.quiet:
        output.shown(table)


def _bar(value: float, largest: float) -> Text:
    """A bar from the middle: to the right for evidence for the label, to the left against it."""
    from rich.text import Text

    half = BAR // 2
    cells = round(half * abs(value) / largest)
    left, right = (0, cells) if value >= 0 else (cells, 0)
    text = f"{' ' * (half - left)}{'█' * left}│{'█' * right}{' ' * (half - right)} {value:+.2f}"
    return Text(text, style="green" if value >= 0 else "red", no_wrap=True)


def _line(values: list[float], lowest: float, highest: float) -> str:
    """A mark of eight heights for each number."""
    steps = len(LEVELS) - 1
    return "".join(LEVELS[min(max(round(steps * (value - lowest) / (highest - lowest)), 0), steps)] for value in values)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
