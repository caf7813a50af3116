"""The page of a learning-rate range test."""

from __future__ import annotations

from typing import Any

from recurra.report.charts import Line, line_chart
from recurra.report.page import render
from recurra.training.rate_finder import flat_warning

__all__ = ["rate_page"]

TICKS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)


def rate_page(found: dict[str, Any], *, data_name: str) -> str:
    """A self-contained HTML page about the range test of a learning rate.

    Args:
        found: from :meth:`recurra.training.rate_finder.RateFinderResult.to_dict`.
        data_name: of the training data.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    rates, smoothed = found["rates"], found["smoothed"]
    # After the lowest point the loss soon leaves the picture.
    top = max(smoothed[: max(1, len(smoothed) // 2)]) * 1.15
    shown = [(rate, loss) for rate, loss in zip(rates, smoothed, strict=True) if loss <= top]
    line = Line("smoothed loss", [rate for rate, _ in shown], [loss for _, loss in shown])
    picture = line_chart(
        [line],
        name="rate",
        title="Loss while the learning rate rises",
        x_label="learning rate",
        y_label="loss, nats",
        x_ticks=TICKS,
        marks=[("taken", found["suggested"]), ("lowest", found["lowest"])],
    )
    return render(
        "rate.html",
        data_name=data_name,
        suggested=f"{found['suggested']:g}",
        lowest=f"{found['lowest']:.2g}",
        steps=len(rates),
        highest=f"{rates[-1]:.2g}",
        picture=picture,
        # Curves of earlier versions do not say it.
        warning=flat_warning(found) if found.get("flat") else "",
    )
