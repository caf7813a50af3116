"""What Recurra would compute otherwise than Keras is refused in one line with the layer's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from archives import archive_of, members_of, with_config

from recurra.errors import ModelFileError, RecurraError, SettingsError
from recurra.importing.model import import_model
from recurra.importing.options import ImportOptions

# The layers of bilstm_stacked.
INPUT, TEXT, EMBEDDING, SPATIAL, FIRST, DROPOUT, SECOND, _, DENSE = range(9)


def refused(path: Path, options: ImportOptions | None = None, kind: type[RecurraError] = ModelFileError) -> str:
    """The line with which a file is refused."""
    with pytest.raises(kind) as caught:
        import_model(path, options)
    line = caught.value.for_commands
    assert "\n" not in line
    assert len(line) < 700
    return line


def layer(place: int, **options: Any) -> Callable[[Any], None]:
    """Changes options of a layer."""

    def change(config: Any) -> None:
        config["config"]["layers"][place]["config"].update(options)

    return change


def inner(place: int, which: str = "layer", **options: Any) -> Callable[[Any], None]:
    """Changes options of the layer in a Bidirectional."""

    def change(config: Any) -> None:
        config["config"]["layers"][place]["config"][which]["config"].update(options)

    return change


def class_of(place: int, kind: str, **more: Any) -> Callable[[Any], None]:
    """Makes a layer one of another class."""

    def change(config: Any) -> None:
        config["config"]["layers"][place].update({"class_name": kind, **more})

    return change


def model_of(kind: str) -> Callable[[Any], None]:
    """Makes the model one of another class."""
    return lambda config: config.update({"class_name": kind})


def without(place: int) -> Callable[[Any], None]:
    """Takes a layer out."""
    return lambda config: config["config"]["layers"].pop(place)


CODE = {"class_name": "__lambda__", "config": {"value": "4wEAAAAAAAAA"}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (model_of("Functional"), "it is a 'Functional' model, and only Sequential is read"),
        (class_of(SPATIAL, "Lambda"), "is a 'Lambda', which is not read"),
        (class_of(SPATIAL, "Lambda", config={"name": "hidden", "function": CODE}), "the layer 'hidden' is a 'Lambda'"),
        (class_of(SPATIAL, "Conv1D"), "is a 'Conv1D', which is not read. Recurra computes TextVec"),
        (class_of(EMBEDDING, "Embedding", registered_name="mine>Embedding"), "is a 'Embedding', which is not read"),
        (class_of(EMBEDDING, "Embedding", module="mine.layers"), "is a 'Embedding', which is not read"),
        (layer(TEXT, standardize="lower"), "the TextVectorization layer 'text_vectorization' has standardize 'lower'"),
        (layer(TEXT, standardize=CODE), "has standardize {'class_name': '__lambda__'"),
        (layer(TEXT, split="character"), "has split 'character'. Recurra computes only split 'whitespace'"),
        (layer(TEXT, ngrams=2), "has ngrams 2"),
        (layer(TEXT, output_mode="multi_hot"), "has output_mode 'multi_hot'"),
        (layer(TEXT, vocabulary=[1, 2]), "has a vocabulary that is not of texts"),
        (layer(TEXT, vocabulary=["a", "a"]), "the token 'a' is twice in the vocabulary in the file"),
        (layer(TEXT, vocabulary=["a", ""]), "line 2 of the vocabulary in the file is empty"),
        (layer(TEXT, vocabulary=[f"w{k}" for k in range(300)]), "the embedding has 210 rows, and the vocabulary 302"),
        (layer(TEXT, output_sequence_length=-3), "has output_sequence_length -3"),
        (layer(EMBEDDING, input_dim=211), "needs [211, 6] numbers, and the file has [210, 6] numbers"),
        (layer(EMBEDDING, output_dim=10**30), "has output_dim 1000000000000000000000000000000"),
        (layer(EMBEDDING, mask_zero="yes"), "has mask_zero 'yes'"),
        (layer(EMBEDDING, lora_rank=4), "has the option 'lora_rank' 4"),
        (layer(EMBEDDING, dtype="mixed_float16"), "has dtype 'mixed_float16'"),
        (layer(FIRST, merge_mode="sum"), "the Bidirectional layer 'bidirectional' has merge_mode 'sum'"),
        (inner(FIRST, go_backwards=True), "the LSTM layer 'bidirectional' has go_backwards True"),
        (inner(FIRST, activation="relu"), "has activation 'relu'. Recurra computes only activation 'tanh'"),
        (inner(FIRST, recurrent_activation="hard_sigmoid"), "has recurrent_activation 'hard_sigmoid'"),
        (inner(FIRST, return_state=True), "has return_state True"),
        (inner(FIRST, return_sequences=False), "before another one, returns its last state"),
        (inner(SECOND, return_sequences=True), "the last recurrent layer, returns sequences"),
        (inner(SECOND, "backward_layer", go_backwards=False), "has the backward layer"),
        (inner(SECOND, "backward_layer", units=3), "the two directions of the Bidirectional layer"),
        (inner(SECOND, units=3), "the two directions of the Bidirectional layer"),
        (inner(FIRST, use_bias=False), "the two directions of the Bidirectional layer"),
        (layer(DENSE, activation="linear"), "the Dense layer 'classes' has 4 units with activation 'linear'"),
        (layer(DENSE, activation=CODE), "with activation {'class_name': '__lambda__'"),
        (layer(DENSE, use_bias=False), "it has weights that none of its layers needs, at 'layers/dense/vars/1'"),
        (layer(DENSE, units=0), "has units 0"),
        (without(DENSE), "its layers are InputLayer, TextVectorization"),
        (without(EMBEDDING), "its layers are InputLayer, TextVectorization"),
        (without(FIRST), "it has weights that none of its layers needs, at 'layers/bidirectional_1/"),
    ],
)  # fmt: skip
def test_what_is_computed_otherwise_is_refused(
    change: Callable[[Any], None], said: str, keras_models: Callable[[str], Any], tmp_path: Path
) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(with_config(keras_models("bilstm_stacked").data, change))
    line = refused(path)
    assert line.startswith(f"{path} cannot be imported: ")
    # Keras numbers the layers of one kind that a process makes.
    assert said in re.sub(r"'text_vectorization_\d+'", "'text_vectorization'", line)


@pytest.mark.parametrize(
    "change",
    [
        inner(FIRST, stateful=True, unroll=True, dropout=0.5, recurrent_dropout=0.5, seed=3),
        inner(FIRST, kernel_regularizer={"class_name": "L2", "config": {"l2": 0.1}}),
        layer(EMBEDDING, trainable=False, option_of_a_later_keras=None),
        layer(DROPOUT, rate=0.9),
        class_of(DROPOUT, "Dropout", registered_name="Dropout"),
    ],
)
def test_what_changes_no_answer_is_read(
    change: Callable[[Any], None], keras_models: Callable[[str], Any], tmp_path: Path
) -> None:
    data, path = keras_models("bilstm_stacked").data, tmp_path / "model.keras"
    path.write_bytes(data)
    as_it_is = import_model(path).bundle.tensors
    path.write_bytes(with_config(data, change))
    changed = import_model(path).bundle.tensors
    assert as_it_is.keys() == changed.keys()
    assert all((as_it_is[name] == changed[name]).all() for name in as_it_is)


def test_layers_of_a_stack_are_alike(keras_models: Callable[[str], Any], tmp_path: Path) -> None:
    def change(config: Any) -> None:
        for which in ("layer", "backward_layer"):
            inner(SECOND, which, units=3)(config)

    path = tmp_path / "model.keras"
    path.write_bytes(with_config(keras_models("bilstm_stacked").data, change))
    assert "the layers 'bidirectional" in (line := refused(path))
    assert "differ in cell, units or direction" in line


@pytest.mark.parametrize(
    ("name", "options", "kind", "said"),
    [
        (
            "bilstm_stacked",
            {"vocabulary": "words.txt"},
            SettingsError,
            "vocabulary is given, and the model has a voc",
        ),
        ("bilstm_stacked", {"tokens": "words"}, SettingsError, "tokens is given, and the model says by its TextVec"),
        ("bilstm_stacked", {"pad_to": 9}, SettingsError, "pad_to is given, and the Embedding masks pads"),
        ("bigru_fixed", {"pad_to": 9}, SettingsError, "pad_to is given, and the model itself pads texts to 20"),
        ("bilstm_stacked", {"pooling": "mean"}, SettingsError, "pooling is given, and a Keras model says it by its"),
        ("bilstm_stacked", {"multi_label": True}, SettingsError, "multi_label is given, and a Keras model"),
        ("bilstm_stacked", {"labels": "a,b"}, SettingsError, "labels 'a,b' has 2 labels, and the network tells 4"),
        ("whole_bilstm", {}, SettingsError, "The file has no vocabulary. Give vocabulary=FILE"),
        ("whole_bilstm", {"vocabulary": "missing.txt"}, ModelFileError, "There is no file missing.txt"),
        ("whole_bilstm", {"vocabulary": "empty.txt"}, ModelFileError, "empty.txt has no token"),
        ("whole_bilstm", {"vocabulary": "latin.txt"}, ModelFileError, "latin.txt is not UTF-8 at byte 1"),
        ("whole_bilstm", {"vocabulary": "turned.txt"}, ModelFileError, "the unknown token before the pad"),
    ],
)
def test_options_that_are_missing_or_one_too_many(
    name: str,
    options: dict[str, Any],
    kind: type[RecurraError],
    said: str,
    keras_models: Callable[[str], Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_text("a\nb\n", encoding="utf-8")
    Path("empty.txt").write_text("\n\n", encoding="utf-8")
    Path("latin.txt").write_bytes("zé".encode("latin-1"))
    Path("turned.txt").write_text("[UNK]\n[PAD]\na\n", encoding="utf-8")
    if "vocabulary" in options:
        options = {**options, "vocabulary": Path(options["vocabulary"])}
    assert said in refused(keras_models(name).write(tmp_path), ImportOptions(**options), kind)


def test_weights_alone_are_no_model(keras_models: Callable[[str], Any], tmp_path: Path) -> None:
    members = members_of(keras_models("bilstm_stacked").data)
    path = tmp_path / "model.weights.h5"
    path.write_bytes(members["model.weights.h5"])
    assert "it has weights without a model. Save the whole model" in refused(path)
    path.write_bytes(archive_of({name: one for name, one in members.items() if "weights" not in name}))
    assert "its zip archive has no model.weights.h5" in refused(path)
