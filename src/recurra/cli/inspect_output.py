"""``recurra inspect``: prints readings (words, bars of evidence, probabilities, important units) and writes pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from recurra.cells import cell_named
from recurra.cli.output import LINE, Output, cut, excerpt, folded, plain, width
from recurra.report.reading_sentences import branch_sentences, pads_sentences

if TYPE_CHECKING:
    from rich.text import Text

    from recurra.inspection.read import LayerJson, ReadingJson, TokenJson

__all__ = ["show_reading", "write_page"]

# Width of a bar, an odd number: half for each sign, and the middle. Where there is less room than for the narrowest,
# there is none.
BAR, NARROWEST = 21, 7
# Width of a number with its sign, such as -12.34.
NUMBER = 6
# Widths of words and of labels in the table; labels have more room beside a single column of numbers.
WORD, LABEL, LONG_LABEL = 24, 11, 20
BEFORE = "before any word"
# Behind a word that is not in the vocabulary.
UNKNOWN = "*"
# Number of units shown per layer.
UNITS = 6
LEVELS = "▁▂▃▄▅▆▇█"


def show_reading(reading: ReadingJson, output: Output) -> None:
    """Prints the predicted label, one line per word, and the layers and attributions of a reading.

    Args:
        reading: reading of a text.
        output: output of the command.
    """
    from rich.text import Text

    labels, answer = reading["labels"], reading["labels"].index(reading["label"])
    last = reading["probabilities"][-1] if reading["tokens"] else reading["start"]
    multi_label = "given" in reading

    def said(place: int) -> str:
        threshold = f" (threshold {100 * reading['thresholds'][place]:.1f} %)" if multi_label else ""
        return f"{plain(str(labels[place]))}  {100 * last[place]:.1f} %{threshold}"

    def detail(text: str) -> None:
        output.detail(folded(text))

    found = [said(labels.index(one)) for one in reading["given"]] or ["no label"] if multi_label else [said(answer)]
    head = f"{reading['model']}: {', '.join(found)}"
    # A single answer stays in the line of the model, however long its path is.
    if len(found) > 1 and width(head) > LINE:
        head = "\n  ".join([f"{reading['model']}:", *found])
    output.shown(Text(head, style="bold"), wrapped=False)
    detail(excerpt(reading["text"], 200))
    detail(reading["method"])
    if multi_label:
        detail(f"explained is the most probable label: {said(answer)}")
    _show_words(reading, answer, output)
    unknown = sum(not token["known"] for token in reading["tokens"])
    if unknown:
        detail(f"{unknown} of {len(reading['tokens'])} words, marked {UNKNOWN}, are not in the vocabulary.")
    for sentence in (*pads_sentences(reading), *branch_sentences(reading)):
        detail(sentence)
    if "branch" in reading and reading["tokens"]:
        # Beside the phrase of one word its own number would puzzle.
        mean = "" if multi_label else " above the mean of all"
        detail(
            f"Numbers are logits of {plain(str(labels[answer]))}{mean}; that of a word under linear branch is its part "
            "of every phrase that it stands in and of its letters."
        )
    if (why := reading.get("attribution")) is not None:
        detail(
            f"integrated gradients add up to {why['score'] - why['baseline_score']:+.4f} with an error of "
            f"{100 * why['completeness_error']:.2g} % ({why['steps']:,} gradients)"
        )
    if "branch" in reading and "layers" in reading:
        detail("states, gates and what units do are the recurrent network's alone")
    for layer in reading.get("layers", []):
        _show_layer(layer, output)


def _marked(token: TokenJson) -> str:
    """A word in the width of its column, with a mark that also a pipe shows if it is not in the vocabulary."""
    return cut(token["text"], WORD) if token["known"] else f"{cut(token['text'], WORD - 2)} {UNKNOWN}"


def write_page(path: Path, html: str, output: Output) -> None:
    """Writes a page and says where."""
    from recurra.atomic import write_atomically

    write_atomically(path, html.encode("utf-8", "replace"))
    output.detail(f"page: {path}")


def _show_words(reading: ReadingJson, answer: int, output: Output) -> None:
    """The table of words: what each changes by one or more measures, the probability and the answer after it."""
    from rich.table import Table
    from rich.text import Text

    label, tokens = str(reading["label"]), reading["tokens"]
    columns = {f"evidence for {cut(label, LONG_LABEL)}": [row[answer] for row in reading["evidence"]]}
    if (branch := reading.get("branch")) is not None:
        columns["linear branch"] = branch["words"]
    if (why := reading.get("attribution")) is not None:
        columns |= {"integrated gradients": why["integrated_gradients"], "occlusion": why["occlusion"]}
    answers = [str(reading["labels"][max(range(len(row)), key=row.__getitem__)]) for row in reading["probabilities"]]
    heading = "most probable so far" if "given" in reading else "answer so far"
    longest = LONG_LABEL if len(columns) == 1 else LABEL
    shown = max(len("probable"), *(min(longest, width(one)) for one in answers), 0)
    words = min(WORD, max(len(BEFORE), *(width(plain(_marked(token))) for token in tokens), 0))
    room = LINE - len("100.0 %") - shown - 2 * (len(columns) + 2)
    bar = min(BAR, (room - words) // len(columns) - 1 - NUMBER)
    # An odd number, or none; names of narrow columns take two lines.
    bar = 0 if bar < NARROWEST else bar - 1 + bar % 2
    widths = [bar + 1 + NUMBER if bar else max(map(len, name.partition(" for ")[0].split())) for name in columns]
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("word", width=min(words, room - sum(widths)), no_wrap=True)
    for name, wide in zip(columns, widths, strict=True):
        table.add_column(name, width=wide)
    table.add_column("p", width=len("100.0 %"), justify="right")
    table.add_column(heading, width=shown)
    table.add_row(Text(BEFORE, style="dim"), *[""] * len(columns), _percent(reading["start"][answer]), "")
    largest = {name: max(map(abs, values), default=0.0) or 1.0 for name, values in columns.items()}
    for t, token in enumerate(tokens):
        table.add_row(
            Text(_marked(token), style="" if token["known"] else "dim"),
            *(_bar(values[t], largest[name], bar) for name, values in columns.items()),
            _percent(reading["probabilities"][t][answer]),
            Text(cut(answers[t], longest), style="" if answers[t] == label else "dim", no_wrap=True),
        )
    output.shown(table)


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
    heading = (
        f"layer {layer['layer'] + 1}, {layer['direction']}: the {len(units)} of {len(layer['roles'])} units with the "
        f"largest part in the answer, h after each word from {-largest:.3g} to {largest:.3g}"
        f"{f'; mean gates: {said}' if said else ''}"
    )
    output.detail("\n" + folded(heading))
    if not output.quiet:
        output.shown(table)


def _bar(value: float, largest: float, columns: int) -> Text:
    """A bar from the middle, to the right for evidence for the label, to the left against it; and the number."""
    from rich.text import Text

    half, number = columns // 2, f"{value:+.2f}"
    if float(number) == 0:
        number, value = " 0.00", 0.0
    cells = round(half * abs(value) / largest)
    left, right = (0, cells) if value >= 0 else (cells, 0)
    drawn = f"{' ' * (half - left)}{'█' * left}│{'█' * right}{' ' * (half - right)} " if columns else ""
    return Text(drawn + number, style="green" if value > 0 else "red" if value < 0 else "dim", no_wrap=True)


def _line(values: list[float], lowest: float, highest: float) -> str:
    """A mark of eight heights for each number."""
    steps = len(LEVELS) - 1
    return "".join(LEVELS[min(max(round(steps * (value - lowest) / (highest - lowest)), 0), steps)] for value in values)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
