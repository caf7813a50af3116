"""A running service for the tests of its answers, in this process and in one of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from processes import Service, write_models
from services import asking, make_service
from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """A client of a service with two models, as it is by default."""
    with asking(make_service()) as client:
        yield client


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A process that serves two models."""
    folder = tmp_path_factory.mktemp("serve")
    (folder / "runs").mkdir()
    with Service(*write_models(folder), "--runs", folder / "runs") as service:
        yield service
