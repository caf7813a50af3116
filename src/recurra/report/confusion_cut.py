"""The part of a large confusion matrix in which most mix-ups lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from recurra.evaluation import EvaluationJson
from recurra.evaluation.confusions import top_confusions
from recurra.report.formatting import count

__all__ = ["WHOLE", "confusion_cut"]

# Classes whose matrix a page shows whole, and those of the part that is cut out if there are more.
WHOLE, SHOWN = 25, 12


def confusion_cut(evaluation: EvaluationJson) -> dict[str, Any] | None:
    """The rows and columns of the classes with the most frequent mix-ups; ``None`` if there are none.

    Returns:
        ``classes``: their scores, in the order in which mix-ups name them; ``counts``: a row for each, with a
        column for each and one for all other classes together; ``about``: a sentence on what is left out.
    """
    scores, counts = evaluation["classes"], np.array(evaluation["confusion"], dtype=np.int64)
    pairs = top_confusions(counts, range(len(scores)))
    places = list(dict.fromkeys(int(place) for pair in pairs for place in (pair["label"], pair["predicted"])))[:SHOWN]
    if not places:
        return None
    inside = counts[np.ix_(places, places)]
    others = counts[places].sum(axis=1, keepdims=True) - inside.sum(axis=1, keepdims=True)
    wrong = counts.sum() - np.trace(counts)
    here = inside.sum() - np.trace(inside)
    return {
        "classes": [scores[place] for place in places],
        "counts": np.hstack([inside, others]).tolist(),
        "about": f"Shown are {len(places)} of {count(len(scores))} classes, those of the most frequent mix-ups, with "
        f"{count(here)} of {count(wrong)} mistakes; answers of other classes stand under “others”. The whole matrix is "
        "in the evaluation’s JSON.",
    }
