"""A model in another format, not yet written to a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.atomic import write_atomically
from recurra.bundle import Bundle
from recurra.bundle.file import check_ending
from recurra.data.documents import Document
from recurra.errors import SettingsError

__all__ = ["ExportedModel", "program_path"]


class ExportedModel(NamedTuple):
    """The result of an export.

    Attributes:
        format: name of the format, as in the command's option.
        data: the bytes of the file.
        bundle: the model with the weights that the file holds, whose answers are the file's.
        predict: a function from B documents to float32[B, C], computed from ``data`` alone, so that exactly what is
            written is checked.
        program: text of a Python file that goes beside it, empty if there is none.
    """

    format: str
    data: bytes
    bundle: Bundle
    predict: Callable[[Sequence[Document]], npt.NDArray[np.float32]]
    program: str = ""

    def save(self, path: str | Path) -> None:
        """Writes the file and, beside it, the Python file if there is one: ``tickets_onnx.py`` beside ``tickets.onnx``.

        Args:
            path: the file; its folder must exist. Earlier files of an export are replaced, each as a whole.

        Raises:
            RecurraError: a file cannot be written.
            SettingsError: ``path`` is none, or ends as a file of another format does, such as ``.safetensors`` for
                ONNX; or the Python file's name is taken by a file that no export wrote.
        """
        if not isinstance(path, str | Path):
            raise SettingsError(f"save was given {path!r:.60}", 'Give the path of a file, such as "tickets.onnx".')
        check_ending(Path(path), ".onnx" if self.format == "onnx" else ".safetensors")
        program = program_path(path) if self.program else None
        # The program last: without the file it would be of no use.
        write_atomically(path, self.data)
        if program is not None:
            write_atomically(program, self.program.encode())

    def __repr__(self) -> str:
        """One line: the bytes would fill the screen."""
        return f"ExportedModel({self.format}, {len(self.data):,} bytes)"


def program_path(out: str | Path) -> Path:
    """Where the Python file beside an ONNX file goes; its name can be imported.

    Raises:
        SettingsError: a file is there that no export wrote.
    """
    from recurra.export import onnx_predictor

    path = Path(out).with_name(re.sub(r"\W", "_", f"{Path(out).stem}_onnx") + ".py")
    first = (onnx_predictor.__doc__ or "").splitlines()[0]
    if path.exists() and first not in path.read_text(encoding="utf-8", errors="replace")[:200]:
        raise SettingsError(
            f"{path} is there already, and an earlier export did not write it",
            "Give the new file another name, or move this one.",
        )
    return path
