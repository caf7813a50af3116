"""The one line of an error, and the name that its hint had before."""

from __future__ import annotations

import pickle

import pytest

from recurra.errors import DataError


def test_an_error_is_one_line_and_crosses_processes() -> None:
    error = DataError("Row 3\n holds  nothing.", "Leave\tit out.")
    assert str(error) == "Row 3 holds nothing. Leave it out."
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own object
    assert (type(again), again.received, again.hint) == (DataError, "Row 3 holds nothing.", "Leave it out.")


def test_the_hint_has_its_old_name_for_a_release() -> None:
    with pytest.warns(DeprecationWarning, match="hint"):
        assert DataError("a", "b").mend == "b"
