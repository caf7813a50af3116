"""The space, sizes, cut vocabularies, storages and presets of a study."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import make_rows

from recurra.bundle import int8_bundle
from recurra.bundle.format import encode
from recurra.data.corpus import InMemoryRows
from recurra.errors import RecurraError, SettingsError
from recurra.file_size.estimate import bytes_of, cut, fitting_vocabulary, header_room, shown_bytes, tensor_bytes
from recurra.linear_branch import learn_branch
from recurra.networks.shapes import count_parameters
from recurra.presets import Recipe, load_preset, preset_names
from recurra.training.callbacks import Callback
from recurra.training.fit import fit
from recurra.training.prepare import prepare
from recurra.tuning.initial_trials import initial_trials, smallest
from recurra.tuning.limits import StudyLimits
from recurra.tuning.recipe_toml import recipe_toml
from recurra.tuning.rows import StudyRows
from recurra.tuning.space import SPACE, Choice, IntChoice, parameters_of, space_around, suggested, with_parameters
from recurra.tuning.storage import shown, storage_of

DOCUMENTS, LABELS = make_rows(120)
ANY = StudyLimits(trials=1)


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_a_point_of_the_space_around_it(name: str) -> None:
    preset = load_preset(name)
    if preset.text.tokens == "auto":
        preset = replace(preset.with_options({"tokens": "words"}), characters={})
    space = space_around(preset)
    own = parameters_of(preset, space)
    assert suggested(optuna.trial.FixedTrial(own), preset, space) == preset
    for parameters in initial_trials(preset, space, small=True):
        assert parameters.keys() == own.keys()
        given = suggested(optuna.trial.FixedTrial(parameters), preset, space)
        assert parameters_of(given, space) == parameters
    assert initial_trials(preset, space, small=False)[0] == own


def test_every_range_has_a_reason_and_stands_in_the_documents() -> None:
    text = (Path(__file__).parents[2] / "docs" / "tune.md").read_text(encoding="utf-8")
    for one in SPACE:
        assert one.why.endswith(".")
        assert re.search(rf"^\| `{one.name}` \|", text, re.MULTILINE), one.name
        assert one.why in text


def test_settings_that_make_no_sense_are_not_searched() -> None:
    one_hot = load_preset("characters").with_options({"input": "one_hot"})
    assert "embedding" not in {one.name for one in space_around(one_hot)}
    every = load_preset("default").with_options({"tokens": "words", "every_step": 0.2, "pooling": ["last"]})
    assert "pooling" not in {one.name for one in space_around(every)}
    assert with_parameters(every, smallest(every, space_around(every))).network.pooling == ("last",)


def cells_of(recipe: Recipe) -> tuple[object, ...]:
    return next(one for one in space_around(recipe) if isinstance(one, Choice) and one.name == "cell").options


def test_cells_without_a_product_are_tried_where_its_weights_are_not_dropped() -> None:
    plain = load_preset("default").with_options({"tokens": "words"})
    assert cells_of(plain) == ("lstm", "gru", "sru", "min_gru", "min_lstm")
    assert cells_of(plain.with_options({"cell": "simple_rnn"})) == (*cells_of(plain), "simple_rnn")
    tried = [one["cell"] for one in initial_trials(plain, space_around(plain), small=True)]
    assert tried == ["lstm", "gru", "lstm", "gru", "gru", "min_gru", "min_gru"]
    fast = initial_trials(plain, space_around(plain), small=False)[-1]
    assert with_parameters(plain, fast).network == load_preset("fast").network
    dropped = plain.with_options({"weight_drop": 0.2})
    space = space_around(dropped)
    assert cells_of(dropped) == ("lstm", "gru")
    for parameters in initial_trials(dropped, space, small=True):
        assert with_parameters(dropped, parameters).network.cell in ("lstm", "gru")
    # Nothing else of the space makes a smaller file.
    least = smallest(plain, space_around(plain))
    networks = {str(cell): plain.network.replace(cell=str(cell), hidden=16) for cell in cells_of(plain)}
    sizes = {cell: sum(count_parameters(one, rows=252, classes=2).values()) for cell, one in networks.items()}
    assert min(sizes, key=lambda cell: sizes[cell]) == least["cell"]


@given(st.floats(0, 1), st.integers(0, 10))
def test_a_drawn_size_is_the_nearest_one(share: float, place: int) -> None:
    sizes = next(one for one in SPACE if isinstance(one, IntChoice) and one.name == "hidden")
    drawn = min(sizes.values[0] * (sizes.values[-1] / sizes.values[0]) ** share, sizes.values[-1])
    found = sizes.suggested(optuna.trial.FixedTrial({"hidden": drawn}))
    assert found in sizes.values
    assert all(
        max(found, drawn) / min(found, drawn) <= max(one, drawn) / min(one, drawn) + 1e-9 for one in sizes.values
    )
    exact = sizes.values[place % len(sizes.values)]
    assert sizes.suggested(optuna.trial.FixedTrial({"hidden": exact})) == exact


@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tokens": "bytes", "cell": "simple_rnn", "layers": 2},
        {"cell": "gru", "pooling": ["attention", "max"], "bidirectional": False},
        {"input": "one_hot", "tokens": "characters", "pooling": ["last"], "fixed_rows": True, "vocabulary_size": 300},
    ],
)
def test_the_size_is_known_before_training(
    options: dict[str, object], int8: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recurra.file_size.estimate.LEAST_VOCABULARY", 5)
    preset = load_preset("default").with_options(
        {"tokens": "words", "epochs": 1, "hidden": 5, "embedding": 7, "branch": False, **options}
    )
    bundle = fit(DOCUMENTS, LABELS, recipe=preset).bundle
    data = encode(int8_bundle(bundle) if int8 else bundle)
    weights = "int8" if int8 else "float32"
    header = 8 + int.from_bytes(data[:8], "little")
    assert len(data) - header == tensor_bytes(preset.network, bundle.pipeline, classes=4, weights=weights)
    assert header < header_room(bundle.labels)
    # The largest vocabulary that fits is found: one token more would be too much.
    room = len(data) - header - 40
    fitting = fitting_vocabulary(preset.network, bundle.pipeline, classes=4, weights=weights, room=room)
    if preset.text.tokens == "bytes":
        assert fitting is None
    else:
        assert fitting is not None
        known = len(fitting.vocabulary)
        assert fitting.vocabulary.tokens == bundle.vocabulary.tokens[:known]
        assert tensor_bytes(preset.network, fitting, classes=4, weights=weights) <= room
        # Rows that are there for no token go first.
        assert known == len(bundle.vocabulary) if preset.text.fixed_rows else known < len(bundle.vocabulary)
        one_more = cut(bundle.pipeline, known + 1) if known < len(bundle.vocabulary) else bundle.pipeline
        assert tensor_bytes(preset.network, one_more, classes=4, weights=weights) > room


@pytest.mark.parametrize("tokens", ["words", "characters", "bytes", "lesson"])
@pytest.mark.parametrize("size", [3, 12, 29, 20_000])
def test_a_cut_vocabulary_is_the_one_that_would_be_learned(tokens: str, size: int) -> None:
    preset = load_preset("default").with_options({"tokens": tokens, "vocabulary_size": size})
    rows = StudyRows(InMemoryRows(DOCUMENTS, LABELS), preset, callbacks=Callback())
    found = rows.prepared(preset, ANY)
    assert found is not None
    wanted = prepare(rows._kept, preset.text, preset.training, folder=None, callbacks=Callback())
    assert found.pipeline == wanted.pipeline
    assert found.held is not None
    assert wanted.held is not None
    for ours, plain in ((found.rows, wanted.rows), (found.held, wanted.held)):
        assert (ours.documents.values == plain.documents.values).all()
        assert (ours.documents.offsets == plain.documents.offsets).all()
        assert (ours.targets == plain.targets).all()


@pytest.mark.parametrize("tokens", ["words", "characters"])
@pytest.mark.parametrize("size", [3, 12, 20_000])
def test_a_branch_learns_the_same_from_a_cut_vocabulary(tokens: str, size: int) -> None:
    preset = load_preset("default").with_options({"tokens": tokens, "vocabulary_size": size, "branch": True})
    rows = StudyRows(InMemoryRows(DOCUMENTS, LABELS), preset, callbacks=Callback())
    wanted = prepare(rows._kept, preset.text, preset.training, branch=preset.branch, folder=None, callbacks=Callback())
    learned = []
    for one in (rows.prepared(preset, ANY), wanted):
        assert one is not None
        assert one.branch_rows is not None
        assert len(one.branch_rows.held) > 0
        targets = np.eye(len(rows.classes), dtype=np.float32)[one.rows.targets]
        branch = learn_branch(one.branch_rows.rows, targets, one.pipeline, preset.branch)
        learned.append((branch.ngrams.table, branch.W, branch.U, branch.logits(one.branch_rows.held)))
    for ours, plain in zip(*learned, strict=True):
        np.testing.assert_array_equal(ours, plain)


def test_no_row_is_in_two_parts() -> None:
    unique = [f"{document[1]} {row}" for row, document in enumerate(DOCUMENTS)]
    preset = load_preset("default")
    rows = StudyRows(InMemoryRows(unique, LABELS), preset, callbacks=Callback())
    aside = set(rows.aside)
    others = {text for block in rows._kept.corpus.blocks() for text in block}
    assert len(aside) == 12
    assert aside.isdisjoint(others)
    assert aside | others == set(unique)
    of = dict(zip(unique, LABELS, strict=True))
    assert [rows.classes.classes[target] for target in rows.aside_targets] == [of[text] for text in rows.aside]
    assert {of[text] for text in aside} == set(LABELS)


@pytest.mark.parametrize(
    ("text", "size"), [("800kB", 800_000), ("5MB", 5_000_000), ("1.5 MiB", 1_572_864), ("12345", 12_345), ("2gb", 2e9)]
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-5MB", "5 apples", "0.1b", "nan", "1e9", "5MB!"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="The size"):
        bytes_of(text)


def test_sizes_are_shown() -> None:
    assert [shown_bytes(size) for size in (12, 1_200, 5_600_000, 3 * 10**9)] == [
        "12 bytes",
        "1.2 kB",
        "5.6 MB",
        "3.0 GB",
    ]


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("trials", ["'trials'", "sqlite:///", ".log"]),
        ("postgresql://me:secret@localhost/x", ["postgresql://me:***@localhost/x", "needs psycopg", "pip install"]),
        ("mysql://me:secret@localhost/x", ["mysql://me:***@localhost/x", "mysqlclient"]),
        ("nosuch://me:secret@localhost/x", ["nosuch", "not installed"]),
        ("redis://me:secret@localhost/0", ["pickles", "journal"]),
        ("sqlite:////no/such/folder/x.db", ["cannot be opened", "unable to open"]),
        ("/no/such/folder/x.log", ["/no/such/folder/x.log"]),
    ],
)
def test_storages_that_cannot_be_used(url: str, parts: list[str], tmp_path: Path) -> None:
    with pytest.raises(RecurraError) as caught:
        storage_of(url, tmp_path)
    for part in parts:
        assert part in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_url_is_shown_without_its_password() -> None:
    assert shown("postgresql://me:p:w@host/x") == "postgresql://me:***@host/x"
    assert shown("sqlite:///trials.db") == "sqlite:///trials.db"


def test_a_preset_reads_its_toml_back(tmp_path: Path) -> None:
    preset = load_preset("default").with_options({"pooling": ["last", "attention"], "learning_rate": 3e-7, "seed": 4})
    preset = replace(preset, name="x", about='Says "ü" and \\ and a\nnew line.', characters={})
    path = tmp_path / "own.toml"
    path.write_text(recipe_toml(preset), encoding="utf-8")
    read = load_preset(str(path))
    assert (read.about, read.text, read.network, read.training) == (
        preset.about,
        preset.text,
        preset.network,
        preset.training,
    )
