"""What is said where a run is to go on with something else than it began with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recurra.batch_prediction.resume_plan import CONTENTS, check_same_plan
from recurra.errors import RecurraError, SettingsError

MANY = [f"column {n}" for n in range(300)]


@pytest.mark.parametrize(
    ("name", "before", "now", "said"),
    [
        (f"{CONTENTS}the data", "a" * 64, "b" * 64, "other contents of the data"),
        ("--abstain-below", 0.5, None, "--abstain-below 0.5, and this run has none"),
        ("--abstain-below", None, 0.5, "no --abstain-below, and this run has 0.5"),
        ("columns", ["id", "label"], ["label", "channel"], "other columns, missing now: 'id'; new: 'channel'"),
        ("columns", ["id", "label"], ["label", "id"], "other columns, the same ones in another order"),
        (
            "columns",
            ["id"],
            ["id", *MANY],
            "other columns, new: 'column 0', 'column 1', 'column 2', 'column 3', 'column 4' and 295 more",
        ),
        ("data", "x" * 500, "y", f"data '{'x' * 77}…', and this run has 'y'"),
    ],
)
def test_the_first_difference_is_said_in_words(name: str, before: Any, now: Any, said: str) -> None:
    check_same_plan(Path("out.csv"), {name: before}, {name: before})
    with pytest.raises(RecurraError) as caught:
        check_same_plan(Path("out.csv"), {"same": 1, name: before}, {"same": 1, name: now})
    assert caught.value.received == f"out.csv was begun with {said}"
    # Nothing is wrong with how the command is written: it is the run that does not fit.
    assert not isinstance(caught.value, SettingsError)
