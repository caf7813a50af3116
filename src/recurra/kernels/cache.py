"""Numba's cache of compiled functions on disk, with checksums: damaged files are compiled again."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, UserProvidedCacheLocator
from numba.core.runtime import rtsys

__all__ = ["KernelCache"]

DIGEST = hashlib.sha256().digest_size


class _CheckedFiles(IndexDataCacheFile):
    """Files that end with their SHA-256: a changed byte would end the process, or change answers."""

    @contextlib.contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
        whole = io.BytesIO()
        with super()._open_for_write(filepath) as file:
            yield whole
            # Numba's reader stops at the end of what Numba wrote.
            file.write(whole.getvalue() + hashlib.sha256(whole.getvalue()).digest())

    def _load_index(self) -> Any:
        _check(Path(self._index_path))
        return super()._load_index()

    def _load_data(self, name: str) -> Any:
        _check(Path(self._data_path(name)))
        return super()._load_data(name)


def _check(path: Path) -> None:
    """Raises a ``ValueError`` if a file exists and does not end with its digest."""
    with contextlib.suppress(FileNotFoundError):
        data = path.read_bytes()
        if hashlib.sha256(data[:-DIGEST]).digest() != data[-DIGEST:]:
            raise ValueError(f"{path.name} has another SHA-256")


class _Locator(UserProvidedCacheLocator):
    """The folder of a module's kernels. Numba's own locator takes only one that can be written; here reading is enough.

    That it can be written is found out when a kernel is saved.
    """

    @classmethod
    def from_function(cls, py_func: FunctionType, py_file: str) -> _Locator:
        return cls(py_func, py_file)


class _Files(CompileResultCacheImpl):
    _locator_classes = (_Locator,)


class KernelCache(FunctionCache):
    """The cached code of one kernel. Numba writes each file under another name first, so none is ever incomplete.

    Args:
        function: the kernel, in Python.

    Attributes:
        damaged: whether there were files that could not be used; they are replaced when the kernel is compiled.
        write_error: why the compiled kernel could not be written, or ``None``.
    """

    _impl_class = _Files

    def __init__(self, function: FunctionType) -> None:
        super().__init__(function)
        self._cache_file = _CheckedFiles(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self._impl.locator.get_source_stamp(),
        )
        self.damaged = False
        self.write_error: str | None = None

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled kernel, or ``None`` if it is missing or damaged."""
        try:
            # Numba's own method first imports all that compiling needs, which takes longer than everything else here.
            # Loading needs the symbols of Numba's runtime alone.
            rtsys.initialize(target_context)
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)
        except Exception:
            # Damaged files make Numba, pickle and LLVM raise errors of many kinds.
            self.damaged = True
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Writes the compiled kernel, if that is possible."""
        try:
            if self.damaged:
                # Saving reads the index first, which may be what is damaged.
                self.flush()
            super().save_overload(sig, data)
        except OSError as error:
            self.write_error = error.strerror or str(error)
