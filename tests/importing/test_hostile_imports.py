"""Hostile and damaged files: each is refused in one line, within bounds of memory and time, and writes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archives import archive_of, members_of, with_config

from recurra.errors import ModelFileError
from recurra.importing import hdf5
from recurra.importing.model import import_model


def line_of(data: bytes, folder: Path) -> str:
    """The line with which a file is refused."""
    path = folder / "hostile.keras"
    path.write_bytes(data)
    before = sorted(folder.iterdir())
    with pytest.raises(ModelFileError) as caught:
        import_model(path)
    assert sorted(folder.iterdir()) == before
    assert "\n" not in caught.value.for_commands
    return caught.value.for_commands


@pytest.fixture
def keras(keras_models: Callable[[str], Any]) -> bytes:
    """A ``.keras`` file."""
    data: bytes = keras_models("bilstm_stacked").data
    return data


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/evil", "..\\evil", "C:evil"])
def test_names_that_lead_out_of_the_archive(name: str, keras: bytes, tmp_path: Path) -> None:
    line = line_of(archive_of({**members_of(keras), name: b"x"}), tmp_path)
    assert "would lie outside the archive" in line


def test_a_bomb_is_not_unpacked(keras: bytes, tmp_path: Path) -> None:
    members = members_of(keras)
    for name in ("config.json", "model.weights.h5"):
        bomb = archive_of({**members, name: bytes(1 << 24)}, compression=zipfile.ZIP_DEFLATED)
        assert f"its member '{name}' grows from" in line_of(bomb, tmp_path)
    long = archive_of({**members, "config.json": os.urandom(1 << 10) * (1 << 15)})
    assert "its member 'config.json' has 33,554,432 bytes, and 16,777,216 are allowed" in line_of(long, tmp_path)


def test_a_member_that_is_longer_than_announced(keras: bytes, tmp_path: Path) -> None:
    """The directory says 10 bytes; what is stored unpacks to more."""
    data = bytearray(archive_of(members_of(keras), compression=zipfile.ZIP_DEFLATED))
    size = len(members_of(keras)["config.json"]).to_bytes(4, "little")
    places = [place for place in range(len(data)) if data[place : place + 4] == size]
    for place in places:
        data[place : place + 4] = (10).to_bytes(4, "little")
    assert places
    assert "zip archive is damaged" in line_of(bytes(data), tmp_path)


def test_too_many_members_and_twins(keras: bytes, tmp_path: Path) -> None:
    members = members_of(keras)
    many = archive_of({**members, **{f"assets/{k}": b"" for k in range(10_001)}})
    assert "members, and 10,000 are allowed" in line_of(many, tmp_path)
    with warnings.catch_warnings():
        # Python warns of the second member.
        warnings.simplefilter("ignore")
        path = tmp_path / "twins"
        path.write_bytes(archive_of(members))
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("config.json", "{}")
    assert "two members of one name" in line_of(path.read_bytes(), tmp_path)


def test_pickles_are_never_read(keras: bytes, tmp_path: Path) -> None:
    marker = tmp_path / "run"
    evil = b"cos\nsystem\n(S'touch " + str(marker).encode() + b"'\ntR."
    assert "begins with b'cos" in line_of(evil, tmp_path)
    assert "is a pickle, which may run code" in line_of(b"\x80\x04" + evil, tmp_path)
    for name in ("model.pkl", "assets/layers/text_vectorization/vocabulary.pkl"):
        path = tmp_path / "with_pickle.keras"
        path.write_bytes(archive_of({**members_of(keras), name: evil}))
        import_model(path)
    assert not marker.exists()


def test_json_that_is_hostile(keras: bytes, tmp_path: Path) -> None:
    members = members_of(keras)
    for config in (b"[" * 100_000, b'{"a": 1, "a": 2}', b'{"a": NaN}', b"\xff", b"9" * 5_000, b'"Sequential"'):
        line = line_of(archive_of({**members, "config.json": config}), tmp_path)
        assert "config.json is no JSON that Keras writes" in line or "describes no model" in line


def test_json_of_every_depth(keras: bytes, tmp_path: Path) -> None:
    for depth in (*range(2, 900, 100), *range(900, 1_010, 3)):

        def change(config: Any) -> None:
            config["config"]["layers"][1]["config"]["standardize"] = "deep"

        members = members_of(with_config(keras, change))
        deep = members["config.json"].replace(b'"deep"', b"[" * depth + b"]" * depth)
        line = line_of(archive_of({**members, "config.json": deep}), tmp_path)
        assert "has standardize [[" in line or "is nested too deeply" in line or "is no JSON that Keras writes" in line


def test_a_vocabulary_with_half_a_character(keras: bytes, tmp_path: Path) -> None:
    def change(config: Any) -> None:
        config["config"]["layers"][1]["config"]["vocabulary"] = ["fine", "half\ud800"]

    assert "is no text in Unicode" in line_of(with_config(keras, change), tmp_path)


def test_a_vocabulary_of_another_encoding(keras: bytes, tmp_path: Path) -> None:
    members = members_of(keras)
    latin = {name: "zé".encode("latin-1") for name in members if name.endswith("vocabulary.txt")}
    assert latin
    assert "the vocabulary in the file is not UTF-8 at byte 1" in line_of(archive_of({**members, **latin}), tmp_path)


def test_weights_that_are_not_finite(keras: bytes, tmp_path: Path) -> None:
    members = members_of(keras)
    weights = members["model.weights.h5"]
    bias = hdf5.read_hdf5(weights).datasets["layers/dense/vars/1"].astype("<f4").tobytes()
    assert weights.count(bias) == 1
    hostile = weights.replace(bias, np.full(4, np.nan, dtype="<f4").tobytes())
    assert "The weight b_O holds nan" in line_of(archive_of({**members, "model.weights.h5": hostile}), tmp_path)


def test_shapes_that_nothing_could_hold(keras: bytes, tmp_path: Path) -> None:
    def change(config: Any) -> None:
        config["config"]["layers"][2]["config"].update(input_dim=2**31 - 1, output_dim=2**31 - 1)

    assert "needs [2147483647, 2147483647] numbers" in line_of(with_config(keras, change), tmp_path)
    members = members_of(keras)
    weights = members["model.weights.h5"]
    # The dataspace of the embedding: its two sides as 64-bit numbers.
    shape = b"".join(side.to_bytes(8, "little") for side in (210, 6))
    assert shape in weights
    hostile = weights.replace(shape, b"".join(side.to_bytes(8, "little") for side in (2**40, 2**20)))
    assert "more bytes than the file" in line_of(archive_of({**members, "model.weights.h5": hostile}), tmp_path)


def test_every_cut_of_a_file_is_refused(keras: bytes, keras_models: Callable[[str], Any], tmp_path: Path) -> None:
    for share in (0.1, 0.5, 0.9, 0.999):
        assert "zip archive is damaged" in line_of(keras[: int(share * len(keras))], tmp_path)
    whole = keras_models("whole_bilstm").data
    assert "HDF5 is damaged" in line_of(whole[: len(whole) // 8], tmp_path)
    assert "begins with b''" in line_of(b"", tmp_path)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a package pyfive that is found before the real one."""
    package = tmp_path / "packages" / "pyfive"
    package.mkdir(parents=True)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(package.parent), *sys.path]))
    return package / "__init__.py"


def test_a_reader_that_does_not_end_is_ended(keras: bytes, stand_in: Path, tmp_path: Path) -> None:
    """What pyfive does with a file cannot be known: time and memory are bounded from outside."""
    path = tmp_path / "model.keras"
    path.write_bytes(keras)
    stand_in.write_text("Group = Dataset = ()\ndef File(data):\n    while True:\n        pass\n")
    with pytest.raises(ModelFileError, match=r"its HDF5 (cannot be read within 4 s|takes too long to read)"):
        import_model(path)
    stand_in.write_text("Group = Dataset = ()\ndef File(data):\n    return bytes(2 << 30)\n")
    with pytest.raises(ModelFileError, match="asks for more memory than a file of its size may need"):
        import_model(path)


@pytest.mark.parametrize("missing", ["pyfive", "numcodecs"])
def test_without_pyfive_the_error_names_the_extra(missing: str, keras: bytes, stand_in: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(keras)
    stand_in.write_text(f"raise ModuleNotFoundError(name={missing!r})\n")
    with pytest.raises(ModelFileError) as caught:
        import_model(path)
    assert caught.value.for_commands == (
        f"{path} cannot be imported: Reading Keras's files needs {missing}, which is not installed. "
        "Run: pip install 'recurra[keras-import]'"
    )


def test_modules_beside_the_file_are_not_run(keras: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("pyfive", "numpy", "recurra"):
        Path(f"{name}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w')\n")
    Path("model.keras").write_bytes(keras)
    import_model("model.keras")
    assert not Path("run").exists()


def _read_damaged(kind: str, first: int, count: int) -> None:
    program = Path(__file__).with_name("mutations.py")
    words = [sys.executable, program, kind, str(first), str(count)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=280)
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout)
    assert told["failures"] == []
    assert sum(told["found"].values()) == count
    # Some are damaged where it does not matter, and some where it does.
    assert set(told["found"]) >= {"refused", "accepted"}
    assert told["slowest"] < 6
    assert told["peak_kb"] < 2 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory and time as on Linux")
@pytest.mark.parametrize("kind", ["keras", "h5", "safetensors"])
def test_damaged_files_are_refused_or_read(kind: str) -> None:
    _read_damaged(kind, 0, 250)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory and time as on Linux")
@pytest.mark.parametrize("first", [0, 2_000, 4_000, 6_000])
@pytest.mark.parametrize("kind", ["keras", "h5", "safetensors"])
def test_thousands_of_damaged_files_are_refused_or_read(kind: str, first: int) -> None:
    """24,000 in all."""
    _read_damaged(kind, first, 2_000)
