from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from bundles import WORDS, make_bundle
from hypothesis import given
from hypothesis import strategies as st

from recurra.bundle import Bundle, file, read_bundle, write_bundle
from recurra.bundle import format as model_format
from recurra.errors import ModelFileError, RecurraError, SettingsError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def same(one: Bundle, other: Bundle) -> bool:
    plain = all(
        getattr(one, name) == getattr(other, name)
        for name in ("text", "network", "vocabulary", "labels", "pad_to", "record")
    )
    return plain and all(np.array_equal(one.tensors[name], other.tensors[name]) for name in one.tensors | other.tensors)


@pytest.mark.parametrize(
    "network",
    [
        {"cell": "simple_rnn", "masked": False},
        {"cell": "gru", "bidirectional": True, "layers": 2, "pooling": ("max", "attention")},
        {"cell": "gru_reset_before", "input": "one_hot"},
        {"cell": "lstm", "dropout": 0.25},
        {"cell": "sru", "bidirectional": True, "layers": 2},
        {"cell": "min_gru", "masked": False},
        {"cell": "min_lstm"},
    ],
)
def test_what_is_written_is_read(tmp_path: Path, network: dict[str, object]) -> None:
    bundle = make_bundle(**network)
    write_bundle(bundle, tmp_path / "m.safetensors")
    assert same(bundle, read_bundle(tmp_path / "m.safetensors"))
    assert names(tmp_path) == ["m.safetensors"]


@pytest.mark.parametrize(
    "labels", [(0, 1), (False, True), (0.5, 2.0), ("1", "2"), (-(10**30), 10**30), ("ü\ud800", "z")]
)
def test_labels_keep_their_type(labels: tuple[object, ...]) -> None:
    read = model_format.decode(model_format.encode(make_bundle(labels=labels))).labels.classes
    assert read == labels
    assert list(map(type, read)) == list(map(type, labels))


def test_the_same_model_gives_the_same_bytes() -> None:
    bundle = make_bundle()
    shuffled = Bundle(
        **{name: getattr(bundle, name) for name in ("text", "network", "vocabulary", "labels", "pad_to")},
        tensors=dict(reversed(bundle.tensors.items())),
        record=dict(reversed(bundle.record.items())),
    )
    assert model_format.encode(bundle) == model_format.encode(bundle) == model_format.encode(shuffled)


def test_another_process_gives_the_same_bytes() -> None:
    code = "import sys; from bundles import make_bundle; from recurra.bundle.format import encode; "
    code += "sys.stdout.buffer.write(encode(make_bundle()))"
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "7"}
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=environment).stdout
    assert out == model_format.encode(make_bundle())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_plain_record_comes_back(value: object) -> None:
    bundle = make_bundle()
    bundle.record["value"] = value
    bundle.record["digest"] = "0" * 64
    assert model_format.decode(model_format.encode(bundle)).record == bundle.record


def test_other_software_can_read_the_file(tmp_path: Path) -> None:
    bundle = make_bundle(cell="gru")
    write_bundle(bundle, tmp_path / "m.safetensors")
    tensors = safetensors.numpy.load_file(tmp_path / "m.safetensors")
    assert tensors.pop("vocabulary.bytes").tobytes() == "".join(WORDS).encode()
    assert tensors.pop("vocabulary.offsets").tolist() == [0, *np.cumsum(list(map(len, WORDS)))]
    assert tensors.keys() == bundle.tensors.keys()
    assert all(np.array_equal(tensors[name], bundle.tensors[name]) for name in tensors)
    with safetensors.safe_open(tmp_path / "m.safetensors", "np") as opened:
        assert list(opened.metadata()) == ["recurra"]


def test_transposed_weights_are_written_in_their_own_order() -> None:
    bundle = make_bundle()
    plain = model_format.encode(bundle)
    bundle.tensors["W_O"] = np.asfortranarray(bundle.tensors["W_O"])
    assert model_format.encode(bundle) == plain


@pytest.mark.parametrize("record", [{"loss": float("nan")}, {"path": Path("x")}, {"a": {1, 2}}])
def test_a_record_that_is_no_json_is_refused(record: dict[str, object]) -> None:
    bundle = make_bundle()
    bundle.record.update(record)
    with pytest.raises(ModelFileError, match="record is no plain JSON"):
        model_format.encode(bundle)


def test_a_file_too_large_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_format, "LARGEST_HEADER", 100)
    with pytest.raises(ModelFileError, match="Make it smaller"):
        write_bundle(make_bundle(), tmp_path / "m.safetensors")
    assert names(tmp_path) == []


def test_a_bundle_that_cannot_be_read_is_not_written(tmp_path: Path) -> None:
    bundle = make_bundle()
    bundle.tensors["W_O"][0, 0] = np.nan
    with pytest.raises(ModelFileError, match=r"W_O holds nan\. Train the model again"):
        write_bundle(bundle, tmp_path / "m.safetensors")
    assert names(tmp_path) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecurraError, match="Make its folder first"):
        write_bundle(make_bundle(), tmp_path / "none" / "m.safetensors")


@pytest.mark.parametrize(("name", "more"), [("m.onnx", "; recurra.export.export_onnx(model).save("), ("m.PKL", ".")])
def test_a_name_of_another_format_is_refused(name: str, more: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        write_bundle(make_bundle(), tmp_path / name)
    said = f"A model file was to be written as '{name}'. It is a safetensors file: name it 'm.safetensors'{more}"
    assert str(caught.value).startswith(said)
    assert names(tmp_path) == []


def test_missing_files_and_folders_are_python_s_own_errors_as_well(tmp_path: Path) -> None:
    for tried in (lambda path: write_bundle(make_bundle(), path), read_bundle):
        with pytest.raises(FileNotFoundError, match="none") as caught:
            tried(tmp_path / "none" / "m.safetensors")
        assert isinstance(caught.value, RecurraError)
        again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own object
        assert (type(again), str(again)) == (type(caught.value), str(caught.value))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"There is no file .*none\.safetensors\. Check the path"):
        read_bundle(tmp_path / "none.safetensors")


def test_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"is a folder\. Give a model file; there is no model\.safetensors in it"):
        read_bundle(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="no regular file"):
        read_bundle(tmp_path / "pipe")


def test_a_null_character_in_the_path_is_named() -> None:
    with pytest.raises(ModelFileError, match="null"):
        read_bundle("a\0b")


def test_a_file_below_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(ModelFileError, match=r"cannot be read: .*Check the path"):
        read_bundle(tmp_path / "a" / "b")


def test_a_file_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bundle(make_bundle(), tmp_path / "m.safetensors")

    # The tests may run as root, whom no mode stops: the refusal itself is what is simulated.
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(ModelFileError, match="may not be read"):
        read_bundle(tmp_path / "m.safetensors")


def test_a_file_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bundle(make_bundle(), tmp_path / "m.safetensors")
    monkeypatch.setattr(file, "LARGEST_FILE", 1000)
    with pytest.raises(ModelFileError, match="the limit of a model is 1,000"):
        read_bundle(tmp_path / "m.safetensors")


@pytest.mark.parametrize("data", [b"", b"\0", b"label,text\n1,a\n" * 20, b"PK\x03\x04" + b"\0" * 200, b"\xff" * 100])
def test_other_files_are_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(data)
    with pytest.raises(ModelFileError, match=r"m\.safetensors cannot be used: The file is no safetensors file\. Give"):
        read_bundle(tmp_path / "m.safetensors")


def test_other_safetensors_files_are_named(tmp_path: Path) -> None:
    safetensors.numpy.save_file({"x": np.zeros(3, np.float32)}, tmp_path / "m.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelFileError, match="none of recurra's"):
        read_bundle(tmp_path / "m.safetensors")
