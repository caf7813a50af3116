"""The page of a state space: where documents end in it, and the ways of some, word by word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recurra.report.formatting import percent, plural
from recurra.report.page import render
from recurra.report.palette import INK, MANY, SERIES, look
from recurra.report.picture import Picture, picture
from recurra.report.translation import translate, translate_result

__all__ = ["states_page"]

# Words of a document whose way is drawn: more would cross each other.
WORDS = 60


def states_page(found: Mapping[str, Any], *, data_name: str) -> str:
    """A self-contained HTML page about the state space of a model.

    Args:
        found: plain values of :class:`recurra.inspection.states.States`.
        data_name: what the documents were taken from.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    ends = {label: [one for one in found["points"] if one["label"] == label] for label in found["labels"]}
    ends = {label: own for label, own in ends.items() if own}
    ways = _ways(found, ends)
    return render(
        "states.html",
        model=found["model"],
        data_name=data_name,
        documents=plural(found["fitted_on"], "document"),
        shares=[percent(share, 1) for share in found["explained_variance"]],
        notes=[translate_result(note) for note in found["notes"]],
        pictures=[_ends_picture(ends, found), *([_ways_picture(ways, found)] if ways else [])],
        classes=[
            {
                "label": label,
                "ends": len(own),
                "right": sum(one["predicted"] == label for one in own) / len(own),
                "x": sum(one["x"] for one in own) / len(own),
                "y": sum(one["y"] for one in own) / len(own),
            }
            for label, own in ends.items()
        ],
        ways=ways,
        words=WORDS,
    )


def _largest(ends: Mapping[Any, Sequence[Any]]) -> list[Any]:
    """The classes with the most documents, as many as have a colour, in their own order."""
    most = sorted(ends, key=lambda label: -len(ends[label]))[: len(SERIES)]
    return [label for label in ends if label in most]


def _places(shown: Sequence[Any], found: Mapping[str, Any]) -> list[int]:
    """Where the classes that are drawn have their looks: at their places among the model's, or in order among many."""
    if len(found["labels"]) > MANY:
        return list(range(len(shown)))
    return [found["labels"].index(label) for label in shown]


def _ways(found: Mapping[str, Any], ends: Mapping[Any, Sequence[Any]]) -> list[dict[str, Any]]:
    """For each class that is drawn, the first document with words that is predicted rightly, else the first."""
    ways = []
    for label in _largest(ends):
        own = [one for one in found["documents"] if one["label"] == label and one["path"]]
        own.sort(key=lambda one: one["predicted"] != label)
        ways += own[:1]
    return ways


def _ends_picture(ends: Mapping[Any, Sequence[Any]], found: Mapping[str, Any]) -> Picture:
    shown = _largest(ends)
    places = _places(shown, found)
    others = [one for label, own in ends.items() if label not in shown for one in own]

    def draw(axes: Any) -> None:
        axes.plot(
            [one["x"] for one in others], [one["y"] for one in others],
            linestyle="none", marker=".", color=INK, alpha=0.2,
        )  # fmt: skip
        for label, place in zip(shown, places, strict=True):
            x, y = ([one[axis] for one in ends[label]] for axis in "xy")
            drawn = look(place)
            axes.plot(
                x, y, linestyle="none", marker=drawn.marker, markersize=5, alpha=0.6, color=drawn.colour,
                markeredgewidth=0,
            )  # fmt: skip
        axes.set(**_axes(found))

    said = translate("; ").join(
        translate(
            "{label}: {count} ends, on average at {x}, {y}",
            label=label,
            count=len(own),
            x=f"{sum(one['x'] for one in own) / len(own):.2f}",
            y=f"{sum(one['y'] for one in own) / len(own):.2f}",
        )
        for label, own in ends.items()
    )
    title = translate("Where the documents end")
    if others:
        grey = plural(len(others), "document")
        title = translate("Where the documents end; {documents} of other classes in grey", documents=grey)
    return picture(
        draw,
        name="ends",
        title=title,
        description=translate("{said}.", said=said),
        legend=[str(label) for label in shown],
        places=places,
        height=360,
    )


def _ways_picture(ways: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> Picture:
    places = _places([one["label"] for one in ways], found)

    def draw(axes: Any) -> None:
        for one, place in zip(ways, places, strict=True):
            x, y = zip(found["start"], *one["path"][:WORDS], strict=True)
            drawn = look(place)
            axes.plot(x, y, color=drawn.colour, linestyle=drawn.line, marker=drawn.marker, markersize=3, linewidth=1.1)
            axes.plot(*one["path"][:WORDS][-1], color=drawn.colour, marker=drawn.marker, markersize=9)
        axes.plot(*found["start"], color=INK, marker="x", markersize=9)
        axes.set(**_axes(found))

    said = translate("; ").join(
        translate(
            "{label}: to {x}, {y} in {words}",
            label=one["label"],
            x=f"{one['path'][-1][0]:.2f}",
            y=f"{one['path'][-1][1]:.2f}",
            words=plural(len(one["path"]), "word"),
        )
        for one in ways
    )
    return picture(
        draw,
        name="ways",
        title=translate("The way of one document of each class, from the cross"),
        description=translate(
            "From {x}, {y}. {said}.", x=f"{found['start'][0]:.2f}", y=f"{found['start'][1]:.2f}", said=said
        ),
        legend=[str(one["label"]) for one in ways],
        places=places,
        height=360,
    )


def _axes(found: Mapping[str, Any]) -> dict[str, str]:
    shares = [*found["explained_variance"], 0.0]
    return {
        f"{axis}label": translate("component {number}, {share} of the variance", number=number, share=percent(share, 1))
        for axis, number, share in zip("xy", (1, 2), shares, strict=False)
    }
