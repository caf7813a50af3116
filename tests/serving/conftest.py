"""A running service for the tests of its answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from services import asking, make_service
from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """A client of a service with two models, as it is by default."""
    with asking(make_service()) as client:
        yield client
