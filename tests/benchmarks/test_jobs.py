"""What participants are given, and how much work it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness.flop import flop_per_document
from harness.jobs import MODEL, Rows, write_job
from harness.participants import chosen_peers
from harness.peers.job import Job
from rows import make_rows

from recurra.batches import Ragged
from recurra.data.table import Table
from recurra.errors import SettingsError
from recurra.networks.settings import NetworkSettings
from recurra.presets import Recipe, load_preset
from recurra.runtime import load


def made_rows(count: int = 60) -> Rows:
    """Documents of 4 to 11 words."""
    pairs, labels = make_rows(count)
    others, answers = make_rows(count // 2, seed=1)
    for some in (pairs, others):
        some[:] = [(title, " ".join(text.split()[: 1 + place % 8])) for place, (title, text) in enumerate(some)]
    table = Table(list(pairs), list(labels), "description", "title", "label", "train")
    return Rows(table, Table(list(others), list(answers), "description", "title", "label", "test"), "made rows")


def small(name: str = "lesson/lstm", **options: Any) -> Recipe:
    return load_preset(name).with_options({"vocabulary_size": 40, "embedding": 6, "hidden": 5, **options})


def test_training_batches_cover_the_rows_and_are_padded_to_their_longest(tmp_path: Path) -> None:
    assert write_job(tmp_path, "train", small(), made_rows(), take=50) == 50
    job = Job.read(tmp_path)
    assert len(job) == 50
    for bucketed in (False, True):
        batches = list(job.shuffled(3, bucketed=bucketed))
        assert [len(batch.targets) for batch in batches].count(8) == 6
        seen = sorted(
            tuple(row[:length])
            for batch in batches
            for row, length in zip(batch.ids.tolist(), batch.lengths, strict=True)
        )
        assert seen == sorted(tuple(job.document(place).tolist()) for place in range(50))
        for batch in batches:
            assert batch.ids.shape[1] == batch.lengths.max()
            assert all(not row[length:].any() for row, length in zip(batch.ids, batch.lengths, strict=True))
    # Bucketing is what saves pads.
    shuffled, bucketed = (sum(one.ids.size for one in job.shuffled(3, bucketed=way)) for way in (False, True))
    assert bucketed < shuffled


def test_ids_targets_and_texts_belong_together(tmp_path: Path) -> None:
    rows = made_rows()
    write_job(tmp_path, "predict", small(masked=True), rows, take=20)
    job, model = Job.read(tmp_path), load(tmp_path / MODEL)
    for place, (title, text) in enumerate(rows.test.documents[:20]):
        assert job.texts[place] == f"{title} {text}"
        np.testing.assert_array_equal(job.document(place), model.bundle.pipeline.encode([f"{title} {text}"])[0])
        assert model.classes_[job.rows["targets"][place]] == (rows.test.labels or [])[place]
    assert job.train[1] == rows.train.labels


def test_where_pads_are_words_the_peers_get_them(tmp_path: Path) -> None:
    write_job(tmp_path, "predict", small(), made_rows(), take=20)
    job, pad_to = Job.read(tmp_path), load(tmp_path / MODEL).bundle.pad_to
    assert pad_to is not None
    assert 4 < pad_to <= 11
    assert job.lengths.min() == pad_to


def test_networks_of_titles_get_titles(tmp_path: Path) -> None:
    rows = made_rows()
    rows.train.documents[:10] = [("", text) for _, text in rows.train.documents[:10]]
    assert write_job(tmp_path, "train", small("lesson/simple-rnn-titles"), rows, take=99) == 50
    titles = {title for title, _ in rows.train.documents if title}
    assert set(json.loads((tmp_path / "texts.json").read_text(encoding="utf-8"))) == titles


@pytest.mark.parametrize(
    ("options", "named"),
    [({"pooling": ["max"]}, "pooling"), ({"dropout": 0.2}, "dropout"), ({"cell": "gru_reset_before"}, "cell")],
)
def test_networks_that_the_peers_do_not_have(tmp_path: Path, options: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=f"^{named} is"):
        write_job(tmp_path, "train", small(**options), made_rows(), take=9)


def test_peers_that_pool_get_networks_that_do(tmp_path: Path) -> None:
    options = {"pooling": ["max", "mean"]}
    assert write_job(tmp_path, "predict", small(masked=True, **options), made_rows(), take=9, pools=True) == 9
    with pytest.raises(SettingsError, match=r"^pooling is"):
        write_job(tmp_path, "predict", small(pooling=["attention"]), made_rows(), take=9, pools=True)


def test_operations_counted_by_hand() -> None:
    # Two documents: 3 words, 2 of them different; 1 word. LSTM(2), 2 layers, 2 directions, 3 inputs, 5 classes.
    documents = Ragged.from_lists([[4, 4, 6], [4]])
    network = NetworkSettings(cell="lstm", hidden=2, layers=2, bidirectional=True, embedding=3)
    batches = [np.array([0, 1])]
    fused = 2 * 4 * 2
    words, different = 4, 2
    products = different * 3 * fused + 2 * words * 2 * fused + words * 4 * fused + 2 * 4 * 5
    assert flop_per_document(documents, batches, network, classes=5) == 6 * products / 2
    # Alone, each document has its own different words.
    apart = flop_per_document(documents, [np.array([0]), np.array([1])], network, classes=5)
    assert apart == 6 * (products + 1 * 3 * fused) / 2
    # Pads are words of an unmasked network, and one more different one.
    padded = flop_per_document(documents, batches, network.replace(masked=False), classes=5)
    assert padded == 6 * (products + 1 * 3 * fused + 2 * 2 * (2 * fused) + 2 * 4 * fused) / 2


def test_the_lessons_bilstm_costs_what_its_sizes_say() -> None:
    # 16 documents of 40 words, all different: 40 · (128 + 64 + 128 + 64) · 512 products of two operations, three times.
    documents = Ragged.from_lists([range(16 * 40)[place * 40 : place * 40 + 40] for place in range(16)])
    network = load_preset("lesson/bilstm").network
    got = flop_per_document(documents, [np.arange(16)], network, classes=4)
    assert got == pytest.approx(3 * 2 * (40 * (128 + 64 + 128 + 64) * 512 + 128 * 4))


def test_peers_by_name() -> None:
    assert [peer.name for peer in chosen_peers(None, "train")] == ["keras", "keras-steps", "torch", "packed", "peak"]
    assert [peer.name for peer in chosen_peers(["linear", "keras", "linear"], "predict")] == ["linear", "keras"]
    with pytest.raises(
        SettingsError, match=r"train has no peer 'linear'. Its peers are keras, keras-steps, torch, packed, peak"
    ):
        chosen_peers(["keras", "linear"], "train")
    with pytest.raises(SettingsError, match="No peer is named"):
        chosen_peers([], "train")
