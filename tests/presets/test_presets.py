"""Shipped presets by name, own ones by path, options on top of both."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from recurra.errors import SettingsError
from recurra.networks.settings import NetworkSettings
from recurra.presets import TrainingSettings, load_preset, preset_names
from recurra.text.settings import TextSettings

LESSON = [f"lesson/{name}" for name in ("simple-rnn-titles", "simple-rnn-masked", "gru", "lstm", "bilstm")]


@pytest.mark.parametrize("name", preset_names())
def test_every_shipped_preset_loads_and_says_what_it_is_for(name: str) -> None:
    preset = load_preset(name)
    assert preset.name == name
    assert preset.about.endswith(".")


def test_every_shipped_file_has_a_name() -> None:
    folder = Path(str(resources.files("recurra.presets")))
    files = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.toml")}
    assert files == set(preset_names())
    assert preset_names()[:5] == LESSON


@pytest.mark.parametrize(
    ("name", "text", "network", "training"),
    [
        (
            "simple-rnn-titles",
            {"field": "title"},
            {"cell": "simple_rnn", "hidden": 16, "masked": False},
            {"batch_size": 16},
        ),
        ("simple-rnn-masked", {}, {"cell": "simple_rnn", "hidden": 16}, {"batch_size": 16}),
        ("gru", {}, {"cell": "gru", "hidden": 8}, {"batch_size": 8}),
        ("lstm", {}, {"cell": "lstm", "hidden": 8, "masked": False}, {"batch_size": 8}),
        (
            "bilstm",
            {},
            {"cell": "lstm", "hidden": 64, "layers": 2, "bidirectional": True, "embedding": 128},
            {"batch_size": 16},
        ),
    ],
)
def test_the_lessons_presets_are_the_lessons(
    name: str, text: dict[str, Any], network: dict[str, Any], training: dict[str, Any]
) -> None:
    """All that is not named here keeps a default, and the defaults are the lesson's: one epoch at 1e-3."""
    preset = load_preset(f"lesson/{name}")
    vocabulary = {
        "tokens": "lesson",
        "vocabulary_size": 20_000,
        "vocabulary_from": "titles",
        "vocabulary_documents": 2_000,
    }
    assert preset.text == TextSettings(**vocabulary, fixed_rows=True, **text)
    assert preset.network == NetworkSettings(**{"embedding": 64, **network})
    assert preset.training == TrainingSettings(optimiser="keras_adam", validation=0.02, calibrate=False, **training)
    assert (preset.training.epochs, preset.training.optimiser) == (1, "keras_adam")
    assert (preset.training.learning_rate, preset.training.epsilon) == (1e-3, 1e-7)
    assert (preset.network.masked, preset.network.pooling) == (network.get("masked", True), ("last",))


def test_an_unknown_preset_lists_the_presets() -> None:
    with pytest.raises(SettingsError) as caught:
        load_preset("lesson/transformer")
    assert str(caught.value).startswith("There is no preset 'lesson/transformer'. The presets are ")
    assert all(name in str(caught.value) for name in preset_names())


def own(folder: Path, text: str | bytes) -> str:
    path = folder / "own.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_an_own_preset_is_a_short_file(tmp_path: Path) -> None:
    name = own(tmp_path, 'about = "Mine."\n[network]\ncell = "gru"\npooling = ["max"]\n[training]\nlearning_rate = 1\n')
    default = load_preset("default")
    assert load_preset(name) == replace(
        default,
        name=name,
        about="Mine.",
        base="default",
        network=default.network.replace(cell="gru", pooling=("max",)),
        training=default.training.replace(learning_rate=1.0),
        # What it names holds for characters as well.
        characters={key: value for key, value in default.characters.items() if key not in ("cell", "pooling")},
    )


def test_an_own_preset_may_name_another_base_or_none(tmp_path: Path) -> None:
    text = "[network]\ncell = 'gru'\n[training]\nlearning_rate = 1\n"
    found = load_preset(own(tmp_path, "base = 'none'\n" + text))
    assert (found.network, found.training) == (NetworkSettings(cell="gru"), TrainingSettings(learning_rate=1.0))
    assert (found.branch.branch, found.characters, found.base) == (False, {}, "")
    lesson = load_preset("lesson/lstm")
    found = load_preset(own(tmp_path, "base = 'lesson/lstm'\n" + text))
    assert (found.text, found.network) == (lesson.text, lesson.network.replace(cell="gru"))
    read = load_preset(own(tmp_path, "[text]\ntokens = 'characters'\n"))
    assert (read.network, read.text) == (load_preset("characters").network, load_preset("characters").text)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"\xef\xbb\xbf[network]\nhidden = 9\n")
    assert load_preset(str(tmp_path / "own.toml")).network.hidden == 9


def test_an_empty_file_is_the_default_preset(tmp_path: Path) -> None:
    name = own(tmp_path, "")
    assert load_preset(name) == replace(load_preset("default"), name=name, about="", base="default")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[network]\nunits = 3\n",
            "[network] of the preset {name} has the unknown setting 'units'. Did you mean hidden? The settings here",
        ),
        (
            "[net]\n",
            "The preset {name} has 'net' at its top. There may be about, base, text, network, branch, training, "
            "characters.",
        ),
        ("network = 3\n", "network in the preset {name} is 3. Make it a table: [network]."),
        ('[network]\nhidden = "8"\n', "hidden in [network] of the preset {name} is '8'. Give a whole number."),
        ("[network]\nhidden = 8.0\n", "hidden in [network] of the preset {name} is 8.0. Give a whole number."),
        ("[network]\nhidden = 0\n", "hidden is 0. Give 1 or more."),
        ('[network]\ncell = "gru2"\n', "There is no cell 'gru2'. Did you mean gru? The cells are simple_rnn"),
        ("[training]\nepochs = true\n", "epochs in [training] of the preset {name} is True. Give a whole number."),
        (
            '[training]\ndecay = "steep"\n',
            "decay in [training] of the preset {name} is 'steep'. Choose one of none, linear",
        ),
        (
            '[text]\ntokens = ["words"]\n',
            "tokens in [text] of the preset {name} is ['words']. Give a text.",
        ),
        ("base = 'defaults'\n", "base in the preset {name} is 'defaults'. Did you mean default? The presets are "),
        ("base = 3\n", "base in the preset {name} is 3. The presets are "),
        ("about = 3\n", "about in the preset {name} is 3. "),
        ("[network\n", "The preset {name} is not TOML: "),
        ("[network]\nhidden = 1\nhidden = 2\n", "The preset {name} is not TOML: "),
        (b"about = '\xff'\n", "The preset {name} is not TOML: "),
        (b"\x00\x01", "The preset {name} is not TOML: "),
        ("a = " + "[" * 100_000, "The preset {name} is not TOML: "),
        ("[training]\nseed = " + "9" * 5000, "The preset {name} is not TOML: "),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_mistake_in_an_own_preset_is_one_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    name = own(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_preset(name)
    assert str(caught.value).startswith(message.format(name=name))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["missing.toml", "folder.toml", "nul\0.toml", "x" * 300 + ".toml"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(SettingsError, match=r"cannot be read: .+\. Check the path\."):
        load_preset(str(tmp_path / name))


def test_options_find_their_group() -> None:
    preset = load_preset("lesson/lstm")
    changed = preset.with_options(
        {"hidden": 3, "epochs": 5, "tokens": "words", "pooling": ["max", "mean"], "vocabulary_documents": None}
    )
    assert changed.network == preset.network.replace(hidden=3, pooling=("max", "mean"))
    assert changed.training == preset.training.replace(epochs=5)
    assert changed.text == preset.text.replace(tokens="words", vocabulary_documents=None)
    assert (changed.name, changed.about) == (preset.name, preset.about)
    assert preset == load_preset("lesson/lstm")


def test_no_options_change_nothing_and_none_is_a_value() -> None:
    preset = load_preset("default")
    assert preset.with_options({}) == preset
    with pytest.raises(SettingsError, match="hidden is None"):
        preset.with_options({"hidden": None})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hiden": 3}, "There is no setting 'hiden'. Did you mean hidden?"),
        ({"units": 3}, "There is no setting 'units'. Did you mean hidden?"),
        ({"zzz": 3}, "There is no setting 'zzz'. The settings are averaging, batch_size,"),
        ({"hidden": "3"}, "hidden is '3'. Give a whole number."),
        ({"epochs": 0}, "epochs is 0. Give 1 or more."),
        ({"every_step": 0.5, "pooling": ["max", "mean"]}, "every_step is 0.5 with the poolings max, mean."),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_preset("lesson/lstm").with_options(options)
    assert str(caught.value).startswith(message)


def test_a_typo_among_many_settings_gets_the_suggestion_alone() -> None:
    with pytest.raises(SettingsError) as caught:
        load_preset("default").with_options({"hiden": 3})
    assert str(caught.value) == "There is no setting 'hiden'. Did you mean hidden?"


def test_a_cell_in_a_presets_place_is_said_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load_preset("lstm")
    assert str(caught.value).startswith(
        'There is no preset \'lstm\'. Did you mean lesson/lstm or options={"cell": "lstm"}, the cell? The presets are '
    )


def test_a_model_file_in_a_presets_place_is_sent_where_it_belongs() -> None:
    with pytest.raises(
        SettingsError, match=r"^The preset is 'm.safetensors', which .* TextClassifier.load reads a model"
    ):
        load_preset("m.safetensors")


def test_the_preset_for_characters_is_what_the_default_chooses_for_them() -> None:
    told, default = load_preset("characters"), load_preset("default").with_options({"tokens": "characters"})
    assert (told.text, told.network, told.training) == (default.text, default.network, default.training)
