"""What the tests of the classifier share."""

from __future__ import annotations

import pytest
from small_classifier import TEXTS, TOPICS, network

from recurra import TextClassifier


@pytest.fixture(scope="session")
def fitted() -> TextClassifier:
    """Trained on the texts."""
    return network().fit(TEXTS, TOPICS)
