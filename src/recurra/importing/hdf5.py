"""Reads HDF5 files, which are not trusted, in a process of its own with limited memory and time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.errors import ModelFileError
from recurra.importing.hdf5_process import MISSING, REFUSED, cpu_seconds
from recurra.importing.source import HDF5, SAVE_KERAS

__all__ = ["Hdf5", "read_hdf5"]

# A busy machine gives a process less than a processor.
_WAIT = 5


@dataclass(frozen=True, eq=False)
class Hdf5:
    """What of an HDF5 file describes a model.

    Attributes:
        datasets: float32 arrays by their paths.
        attributes: of groups by their paths ("" is the file itself): texts, or lists of texts, by name.
    """

    datasets: dict[str, npt.NDArray[np.float32]]
    attributes: dict[str, dict[str, Any]]

    def text(self, path: str, name: str) -> str | None:
        """The attribute of a group if it is a text."""
        value = self.attributes.get(path, {}).get(name)
        return value if isinstance(value, str) else None

    def texts(self, path: str, name: str) -> list[str]:
        """The attribute of a group if it is a list of texts; otherwise an empty one."""
        value = self.attributes.get(path, {}).get(name)
        return value if isinstance(value, list) else []


def read_hdf5(data: bytes) -> Hdf5:
    """Reads all weights but the optimiser's.

    Args:
        data: of the file.

    Raises:
        ModelFileError: pyfive is not installed, or the file is damaged, hostile, or not laid out as Keras does.
    """
    if not data.startswith(HDF5):
        raise ModelFileError("its weights are no HDF5 file", SAVE_KERAS)
    # -P: no module of the folder that one happens to stand in is imported.
    command = [sys.executable, "-P", "-m", "recurra.importing.hdf5_process"]
    # A thread for each processor would reserve memory for each.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    seconds = cpu_seconds(len(data))
    try:
        ran = subprocess.run(  # noqa: S603
            command,
            input=data,
            capture_output=True,
            check=False,
            env=environment,
            timeout=_WAIT * seconds,
        )
    except subprocess.TimeoutExpired:
        raise ModelFileError("its HDF5 takes too long to read", SAVE_KERAS) from None
    told = ran.stderr.decode("ascii", "replace")
    if ran.returncode == REFUSED:
        raise ModelFileError(told, SAVE_KERAS)
    if ran.returncode == MISSING:
        raise ModelFileError(
            f"Reading Keras's files needs {told.strip()}, which is not installed",
            "Run: pip install 'recurra[keras-import]'",
        )
    if ran.returncode:
        raise ModelFileError(
            f"its HDF5 cannot be read within {seconds} s and the memory that a file of its size may need, "
            f"exit code {ran.returncode}",
            SAVE_KERAS,
        )
    from safetensors.numpy import load

    size = int.from_bytes(ran.stdout[:8], "little")
    header = json.loads(ran.stdout[8 : 8 + size])
    return Hdf5(load(ran.stdout), json.loads(header["__metadata__"]["attributes"]))
