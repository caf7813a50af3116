"""Each part of the default taken out of the same training, on rows that were kept for asking."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import numpy as np
import own_files
import pytest
from rows import make_rows, write_table

sys.path.insert(0, str(Path(own_files.__file__).parent / "own_files"))
import ablation


def test_every_part_is_asked_for_the_same_rows(tmp_path: Path) -> None:
    pairs, labels = make_rows(1100, seed=5)
    random = Random(5)
    # A fifth of the texts says nothing, so that there is something to be unsure of.
    texts = [text if place % 5 else f"and so on {random.random()}" for place, (_, text) in enumerate(pairs)]
    path = write_table(tmp_path / "train.csv", ("text", "label"), list(zip(texts, labels, strict=True)))
    runs = [ablation.measured(path, 0)]
    words = {name for name, variant in ablation.VARIANTS.items() if "ngram_min_count" not in variant.settings}
    assert set(runs[0]) == {*words, "the network alone", "the branch alone"}
    asked = round(ablation.SHARE * len(texts))
    for right, losses in runs[0].values():
        assert len(right) == len(losses) == pytest.approx(asked, abs=2)
        assert set(right.tolist()) <= {0.0, 1.0}
        assert np.isfinite(losses).all()
    found = ablation.summary(runs)["variants"]
    assert found["default"]["accuracy"] == pytest.approx(0.8 + 0.2 / 4, abs=0.1)
    assert found["default"]["log_loss_difference"] == 0
    right, losses = runs[0]["the branch alone"]
    assert found["the branch alone"]["log_loss_difference"] == pytest.approx(
        float(np.mean(losses - runs[0]["default"][1]))
    )
