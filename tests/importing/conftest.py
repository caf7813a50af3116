"""Models that Keras saved; benchmarks/keras/make_import_fixtures.py wrote them, and what Keras answers."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from made_up_texts import made_up_texts

FOLDER = Path(__file__).parents[1] / "fixtures" / "keras_import"


@dataclass(frozen=True, eq=False)
class KerasModel:
    """A model that Keras saved.

    Attributes:
        data: the bytes of its file.
        name: of the file.
        texts: that Keras was asked about.
        answers: Keras's, float32[texts, outputs].
        vocabulary: what ``get_vocabulary()`` lists, where the file has none.
        pad_to: length to which the texts were padded outside the model.
    """

    data: bytes
    name: str
    texts: list[str]
    answers: npt.NDArray[np.float32]
    vocabulary: list[str] | None
    pad_to: int | None

    def write(self, folder: Path) -> Path:
        """Writes the file."""
        path = folder / self.name
        path.write_bytes(self.data)
        return path


@cache
def _about(version: str) -> Any:
    return json.loads((FOLDER / f"{version}.json").read_text(encoding="ascii"))


@cache
def keras_model(name: str) -> KerasModel:
    """A model by its name; those of Keras 2 begin with ``keras2_``."""
    version = "keras2" if name.startswith("keras2_") else "keras3"
    about = _about(version)
    case = about["cases"][name]
    with zipfile.ZipFile(FOLDER / f"{version}_models.zip") as archive:
        data = archive.read(case["file"])
    with np.load(FOLDER / f"{version}_answers.npz", allow_pickle=False) as file:
        answers = file[name]
    texts = made_up_texts(about["seed"], about["texts"])
    if case["reading"] == "alone":
        # Keras cannot read a text without tokens by itself.
        texts = [text for text in texts if text]
    padded = case["length"] if case["reading"] == "ids" else None
    return KerasModel(data, case["file"], texts, answers, case.get("vocabulary"), padded)


@pytest.fixture(scope="session")
def keras_models() -> Any:
    """The function :func:`keras_model`."""
    return keras_model
