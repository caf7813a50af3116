"""The part of a large confusion matrix in which most mix-ups lie."""

from __future__ import annotations

from typing import Any

from recurra.report.confusion_cut import confusion_cut


def matrix(size: int, mistakes: dict[tuple[int, int], int]) -> Any:
    counts = [
        [10 if row == column else mistakes.get((row, column), 0) for column in range(size)] for row in range(size)
    ]
    return {"classes": [{"label": f"c{n}", "support": sum(counts[n])} for n in range(size)], "confusion": counts}


def test_the_most_frequent_mix_ups_are_cut_out_in_their_order() -> None:
    # Thirteen classes take part in the mix-ups: the last one finds no room.
    mistakes = {
        (20, 3): 9,
        (3, 20): 8,
        (7, 20): 7,
        **{(place, place + 40): 2 for place in (30, 31, 32, 33)},
        (34, 35): 1,
    }
    cut = confusion_cut(matrix(77, mistakes))
    assert cut is not None
    assert [one["label"] for one in cut["classes"]] == [
        "c20", "c3", "c7", "c30", "c70", "c31", "c71", "c32", "c72", "c33", "c73", "c34",
    ]  # fmt: skip
    assert cut["counts"][0] == [10, 9, *[0] * 10, 0]
    assert cut["counts"][1] == [8, 10, *[0] * 10, 0]
    # What the class was called outside of the part: under "others".
    assert cut["counts"][11] == [*[0] * 11, 10, 1]
    assert "Shown are 12 of 77 classes, those of the most frequent mix-ups, with 32 of 33 mistakes" in cut["about"]


def test_without_mistakes_there_is_nothing_to_cut_out() -> None:
    assert confusion_cut(matrix(30, {})) is None
