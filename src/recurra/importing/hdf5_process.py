"""A process that reads the weights of an HDF5 file: ``python -m recurra.importing.hdf5_process``.

The file comes on standard input. On standard output it writes a safetensors file: float32 datasets by their paths, and
the attributes that are asked for as JSON. A file that it refuses gives one line on standard error and the exit code
:data:`REFUSED`.

pyfive is Python and cannot be made to run foreign code, but a hostile file can keep it busy or let it ask for memory
without end. So it runs here, where memory and time are limited (memory on Linux alone, and on Windows only
time, by the process that waits).
"""

from __future__ import annotations

import contextlib
import io
import json
import signal
import sys
import warnings
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["ATTRIBUTES", "MISSING", "REFUSED", "cpu_seconds", "extract"]

REFUSED, MISSING = 3, 4
"""Exit codes for a file that cannot be used, and for a package that is not installed."""

ATTRIBUTES = ("keras_version", "model_config", "weight_names")
"""The attributes that are read, of any group."""

OBJECTS = 10_000
"""Most groups and datasets that are visited."""

LARGEST_TEXT = 1 << 24
"""Most characters in all attributes together."""

# Of the training, which prediction does not need; at the top of a file.
_LEFT_OUT = ("optimizer", "optimizer_weights")
_MEMORY, _SECONDS, _BYTES_A_SECOND = 1 << 30, 4, 1 << 25


class RefusedError(Exception):
    """What is wrong with the file, in one line."""


def cpu_seconds(size: int) -> int:
    """Most seconds of a processor for a file of ``size`` bytes."""
    return _SECONDS + size // _BYTES_A_SECOND


def extract(data: bytes) -> tuple[dict[str, npt.NDArray[np.float32]], dict[str, dict[str, Any]]]:
    """The datasets and attributes of a file.

    Args:
        data: of the HDF5 file, which is not trusted.

    Returns:
        Datasets by their paths without the first slash; :data:`ATTRIBUTES` of each group that has some: texts, or lists
        of them.

    Raises:
        RefusedError: the file is damaged, too large in itself, or not laid out as Keras does.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _extract(data)
    except RefusedError:
        raise
    except MemoryError:
        raise RefusedError("it asks for more memory than a file of its size may need") from None
    except Exception as error:
        # pyfive checks by assertions, struct and NumPy: whatever they raise means that the file is damaged.
        raise RefusedError(f"its HDF5 is damaged ({type(error).__name__}: {error!s:.80})") from None


def _extract(data: bytes) -> tuple[dict[str, npt.NDArray[np.float32]], dict[str, dict[str, Any]]]:
    import pyfive

    file = pyfive.File(io.BytesIO(data))
    datasets: dict[str, npt.NDArray[np.float32]] = {}
    attributes: dict[str, dict[str, Any]] = {}
    visited = text = size = 0
    queue: deque[tuple[str, Any]] = deque([("", file)])
    while queue:
        path, found = queue.popleft()
        visited += 1
        if visited > OBJECTS:
            raise RefusedError(f"it has more than {OBJECTS:,} groups and weights")
        if isinstance(found, pyfive.Group):
            wanted = {name: _texts(found.attrs[name]) for name in ATTRIBUTES if name in found.attrs}
            text += sum(map(len, (one for value in wanted.values() for one in value)))
            if text > LARGEST_TEXT:
                raise RefusedError(f"its attributes have more than {LARGEST_TEXT:,} characters")
            if wanted:
                attributes[path] = wanted
            names = [name for name in found if path or name not in _LEFT_OUT]
            if len(queue) + len(names) > OBJECTS:
                raise RefusedError(f"it has more than {OBJECTS:,} groups and weights")
            queue.extend((f"{path}/{name}" if path else name, found.get_lazy_view(name)) for name in names)
        elif isinstance(found, pyfive.Dataset) and found.dtype.kind not in "iu":
            # Whole numbers are states of random generators, which prediction does not need.
            size += _size(path, found)
            if size > len(data):
                raise RefusedError(f"its weights would have more bytes than the file, at {path!r:.100}")
            datasets[path] = np.array(found[()], dtype=np.float32).reshape(found.shape)
    return datasets, attributes


def _size(path: str, dataset: Any) -> int:
    """The bytes of a dataset that may be read."""
    if dataset.chunks is not None or dataset.compression is not None:
        raise RefusedError(f"the weight {path!r:.100} is stored in chunks, as Keras stores none")
    if dataset.dtype != np.dtype("<f4"):
        raise RefusedError(f"the weight {path!r:.100} is {dataset.dtype!s:.40}, and only float32 is read")
    size = int(dataset.dtype.itemsize)
    for side in dataset.shape:
        size *= int(side)
    return size


def _texts(value: Any) -> Any:
    """An attribute's text, or the list of its texts."""
    if isinstance(value, np.ndarray):
        return [str(_texts(one)) for one in value.ravel().tolist()]
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str):
        return value
    raise RefusedError(f"an attribute is {type(value).__name__}, not a text")


def _limit(size: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        seconds = cpu_seconds(size)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        # Libraries have reserved some by now, the more the more processors there are.
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + _MEMORY + 6 * size,) * 2)


def main() -> int:
    """Reads the file and writes what is in it; returns the exit code."""
    from safetensors.numpy import save

    try:
        import pyfive  # noqa: F401
    except ModuleNotFoundError as error:
        print(error.name, file=sys.stderr)
        return MISSING
    # Ctrl-C is for the process that waits.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    data = sys.stdin.buffer.read()
    _limit(len(data))
    try:
        datasets, attributes = extract(data)
        found = save(datasets, metadata={"attributes": json.dumps(attributes)})
    except RefusedError as error:
        print(str(error).encode("ascii", "backslashreplace").decode(), file=sys.stderr)
        return REFUSED
    sys.stdout.buffer.write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
