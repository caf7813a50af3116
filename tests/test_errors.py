"""The one line of an error, and the name that its hint had before."""

from __future__ import annotations

import inspect
import pickle

import pytest

from recurra.cli.failures import failure_of
from recurra.data.read import read_table
from recurra.errors import DataError
from recurra.training.run import RunOptions


def test_an_error_is_one_line_and_crosses_processes() -> None:
    error = DataError("Row 3\n holds  nothing.", "Leave\tit out.")
    assert str(error) == "Row 3 holds nothing. Leave it out."
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own object
    assert (type(again), again.received, again.hint) == (DataError, "Row 3 holds nothing.", "Leave it out.")


def test_the_hint_has_its_old_name_for_a_release() -> None:
    with pytest.warns(DeprecationWarning, match="hint"):
        assert DataError("a", "b").mend == "b"


@pytest.mark.parametrize(
    ("hint", "python"),
    [
        ("Set it with --set validation=0.", 'Set it with options={"validation": 0}.'),
        ("Say --set tokens=characters, or more.", 'Say options={"tokens": "characters"}, or more.'),
        ("Name it with --label, or add a row.", "Name it with label=, or add a row."),
        ("Read it with --encoding utf-16.", "Read it with encoding='utf-16'."),
        ("Name its --encoding.", "Name its encoding=."),
        ("Go on with --resume, or not.", "Go on with resume=True, or not."),
        (
            "Hold out others (--validation), or --validation-data.",
            "Hold out others (validation_data=(X, y)), or --validation-data.",
        ),
        # These have other names there, or none.
        ("Say --multi-label --label-separator '|'.", "Say --multi-label --label-separator '|'."),
    ],
)
def test_python_is_told_of_arguments_and_the_commands_of_options(hint: str, python: str) -> None:
    error = DataError("Row 3 is --label", hint)
    assert str(error) == f"Row 3 is --label. {python}"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - our own object
    failure = failure_of(error)
    assert failure is not None
    assert failure.line == f"error: Row 3 is --label. {hint}"


def test_arguments_of_that_name_exist() -> None:
    assert {"text", "title", "label", "encoding", "format"} <= inspect.signature(read_table).parameters.keys()
    assert "resume" in inspect.signature(RunOptions).parameters
