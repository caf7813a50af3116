"""The charts of pages; each takes plain numbers and repeats them in its alternative text."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recurra.evaluation.intervals import wilson
from recurra.report.palette import INK, SERIES, look
from recurra.report.picture import Picture, in_lines, picture, plain
from recurra.report.translation import translate

__all__ = ["Line", "Point", "bar_chart", "interval_chart", "line_chart", "reliability_chart"]

# Bars up to which each has much room.
FEW = 8

Point = tuple[float, float, float]
"""(value, low, high): a score and its 95 % interval; all three are equal if there is none."""


@dataclass(frozen=True)
class Line:
    """A named series of numbers.

    Attributes:
        name: for the legend.
        x: positions, rising.
        y: the number at each.
        intervals: (low, high) of each number, drawn as a band; empty for none.
        place: of the class among the model's, by which it is drawn; ``None`` is the line's place among the lines.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    intervals: Sequence[tuple[float, float]] = ()
    place: int | None = None


def line_chart(
    lines: Sequence[Line],
    *,
    name: str,
    title: str,
    x_label: str,
    y_label: str,
    y_limits: tuple[float, float] | None = None,
    x_ticks: Sequence[float] | None = None,
    log_y: bool = False,
    marks: Sequence[tuple[str, float]] = (),
) -> Picture:
    """A line chart, such as loss over epochs or accuracy over appended pads.

    Args:
        lines: at most six, each with at least one number.
        name: unique on the page.
        title: what is shown.
        x_label: of the axis, with its unit.
        y_label: of the axis, with its unit.
        y_limits: limits of the axis, to make pictures comparable; ``None`` fits the numbers.
        x_ticks: the only ticks; the axis is then logarithmic above the first tick that is not 0.
        log_y: logarithmic y axis, for numbers above 0.
        marks: (name, position) of vertical lines, labelled at the top; far enough apart for their names.
    """
    places = [number if line.place is None else line.place for number, line in enumerate(lines)]

    def draw(axes: Any) -> None:
        for number, line in enumerate(lines):
            drawn, every = look(places[number]), max(1, len(line.x) // 8)
            axes.plot(
                line.x,
                line.y,
                color=drawn.colour,
                linestyle=drawn.line,
                marker=drawn.marker,
                # Markers of several lines at the same positions would hide each other.
                markevery=(min(number * every // 2, len(line.x) - 1), every),
            )
            if line.intervals:
                low, high = zip(*line.intervals, strict=True)
                axes.fill_between(line.x, low, high, color=drawn.colour, alpha=0.15, linewidth=0)
        if x_ticks is not None:
            positive = [tick for tick in x_ticks if tick > 0]
            if positive:
                axes.set_xscale("symlog", linthresh=positive[0])
            axes.set_xticks(x_ticks, [f"{tick:g}" for tick in x_ticks])
            axes.minorticks_off()
        elif all(isinstance(x, int) for line in lines for x in line.x):
            # There is nothing between two words or steps.
            axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(xlabel=x_label, ylabel=y_label)
        if log_y:
            axes.set_yscale("log")
            # The style does not parse mathematics, in which the usual labels of powers are written.
            axes.yaxis.set_major_formatter(lambda value, place: f"{value:g}")
            axes.minorticks_off()
        if y_limits is not None:
            axes.set_ylim(*y_limits)
        for label, place in marks:
            axes.axvline(place, color=INK, alpha=0.6, linestyle=(0, (3, 3)), linewidth=1)
            axes.annotate(
                plain(label),
                (place, 1),
                xycoords=("data", "axes fraction"),
                xytext=(-4, -3),
                textcoords="offset points",
                ha="right",
                va="top",
            )

    said = translate("; ").join(
        translate(
            "{name}: from {first} at {start} to {last} at {end}",
            name=line.name,
            first=f"{line.y[0]:.4g}",
            start=f"{line.x[0]:.4g}",
            last=f"{line.y[-1]:.4g}",
            end=f"{line.x[-1]:.4g}",
        )
        for line in lines
    )
    marked = [translate("{label}: {place}.", label=label, place=f"{place:.4g}") for label, place in marks]
    against = translate("{y_label} against {x_label}. {said}.", y_label=y_label, x_label=x_label, said=said)
    return picture(
        draw,
        name=name,
        title=title,
        description=translate(" ").join([against, *marked]),
        legend=[line.name for line in lines] if len(lines) > 1 else (),
        places=places,
    )


def interval_chart(
    rows: Sequence[str],
    series: Sequence[tuple[str, Sequence[Point | None]]],
    *,
    name: str,
    title: str,
    x_label: str,
) -> Picture:
    """Scores as points with their intervals, a row for each name; the axis fits the numbers.

    Args:
        rows: names, the first at the top.
        series: (name, a point for each row or ``None``), at most six.
        name: unique on the page.
        title: what is shown.
        x_label: of the axis, with its unit.
    """
    names = [in_lines(row) for row in rows]
    lines = max((name.count("\n") + 1 for name in names), default=1)

    def draw(axes: Any) -> None:
        for row in range(len(rows)):
            found = [(number, point) for number, (_, points) in enumerate(series) if (point := points[row]) is not None]
            for place, (number, (value, low, high)) in enumerate(found):
                # The points of one row are below each other, centred on its name.
                y = row + 0.22 * (place - (len(found) - 1) / 2)
                axes.plot([low, high], [y, y], color=look(number).colour, linewidth=2.2, solid_capstyle="butt")
                axes.plot([value], [y], color=look(number).colour, marker=look(number).marker, linestyle="none")
        axes.set_yticks(range(len(rows)), names)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(x_label)

    said = translate("; ").join(
        translate(
            "{row}, {label}: {value} ({low} to {high})",
            row=row,
            label=label,
            value=f"{point[0]:.4g}",
            low=f"{point[1]:.4g}",
            high=f"{point[2]:.4g}",
        )
        for place, row in enumerate(rows)
        for label, points in series
        if (point := points[place]) is not None
    )
    return picture(
        draw,
        name=name,
        title=title,
        description=translate("{x_label}. {said}.", x_label=x_label, said=said),
        legend=[label for label, _ in series] if len(series) > 1 else (),
        height=70 + len(rows) * (10 + 16 * lines + 8 * (len(series) - 1)),
    )


def bar_chart(
    rows: Sequence[tuple[str, float, str]], *, name: str, title: str, x_label: str, whole: float | None = None
) -> Picture:
    """Horizontal bars from 0.

    Args:
        rows: (name, amount of 0 or more, the amount as text), the first at the top.
        name: unique on the page.
        title: what is shown.
        x_label: of the axis, with its unit.
        whole: the total of which the amounts are shares, drawn behind them; ``None`` if they are not shares.
    """
    longest = whole or max((amount for _, amount, _ in rows), default=0.0) or 1.0

    def draw(axes: Any) -> None:
        places = range(len(rows))
        if whole is not None:
            axes.barh(places, [whole] * len(rows), height=0.5, color=INK, alpha=0.08)
        axes.barh(places, [amount for _, amount, _ in rows], height=0.5, color=SERIES[0])
        for place, (_, amount, text) in enumerate(rows):
            axes.annotate(plain(text), (amount, place), xytext=(5, 0), textcoords="offset points", va="center")
        axes.set_yticks(places, [in_lines(label) for label, _, _ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, longest if whole is not None else longest * 1.25)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(x_label)

    said = translate("; ").join(translate("{label}: {text}", label=label, text=text) for label, _, text in rows)
    return picture(
        draw,
        name=name,
        title=title,
        description=translate("{x_label}. {said}.", x_label=x_label, said=said),
        height=70 + (44 if len(rows) <= FEW else 28) * len(rows),
    )


def reliability_chart(
    bins: Sequence[tuple[int, float, float]],
    *,
    name: str,
    title: str,
    x_label: str = "top probability, %",
    y_label: str = "right, %",
    below: str = "rows",
) -> Picture:
    """A reliability diagram: accuracy against confidence by bins, with the size of each bin below.

    Args:
        bins: (rows, mean probability, share that is right) of each bin; empty bins are not drawn.
        name: unique on the page.
        title: what is shown.
        x_label: of the probability.
        y_label: of the share.
        below: what is counted in a bin.
    """
    full = [(rows, promised, kept) for rows, promised, kept in bins if rows]

    def draw(panels: Any) -> None:
        upper, lower = panels
        upper.plot([0, 100], [0, 100], color=INK, alpha=0.5, linestyle=(0, (3, 3)), linewidth=1)
        for rows, promised, kept in full:
            low, high = wilson(round(kept * rows), rows)
            upper.plot([100 * promised] * 2, [100 * low, 100 * high], color=SERIES[0], linewidth=1.2, alpha=0.7)
        upper.plot([100 * p for _, p, _ in full], [100 * k for _, _, k in full], color=SERIES[0], marker="o")
        upper.set(ylabel=y_label, ylim=(0, 104), xlim=(0, 102))
        edges = list(itertools.pairwise(100 * edge / len(bins) for edge in range(len(bins) + 1)))
        centres = [(left + right) / 2 for left, right in edges]
        lower.bar(centres, [rows for rows, _, _ in bins], width=90 / len(bins), color=SERIES[0], alpha=0.7)
        lower.set(xlabel=x_label, ylabel=below)
        lower.locator_params(axis="y", nbins=2)

    said = "; ".join(f"{100 * p:.1f} promised, {100 * k:.1f} kept, {rows} {below}" for rows, p, k in full)
    return picture(
        draw,
        name=name,
        title=title,
        description=f"{y_label} against {x_label}, by bins. {said}.",
        height=320,
        panels=(4, 1),
    )
